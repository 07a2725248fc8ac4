//! The form against the domain's own words.

use super::*;
use crate::error::FieldProblem;
use crate::locale::Lang;

fn typed() -> Typed {
    let text = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    Typed {
        key: "web-1".to_owned(),
        audience: "org:GQ-KJ\n\n -staff:KJ001 ；public".to_owned(),
        topics: "宪法、民法典; ".to_owned(),
        s_id: text(&["", "", ""]),
        s_day: text(&["", "2024-03-12", "2024-05-25"]),
        s_start: text(&["", "09:00", ""]),
        s_end: text(&["", "11:00", ""]),
        s_last: text(&["", "", "2024-05-27"]),
        s_all_day: text(&["2"]),
        ..Typed::default()
    }
}

#[test]
fn blank_rows_are_left_out_and_problems_find_their_row() {
    let (event, rows) = typed().new_event();
    assert_eq!(event.audience, ["org:GQ-KJ", "-staff:KJ001", "public"]);
    assert_eq!(event.topics, ["宪法", "民法典"]);
    assert_eq!(rows, [1, 2]);
    assert_eq!(
        (event.sessions[0].starts_at.as_str(), event.sessions[0].ends_at.as_str()),
        ("2024-03-12T09:00", "2024-03-12T11:00")
    );
    assert!(event.sessions[1].all_day && event.sessions[1].ends_at == "2024-05-27");
    let wrong = Wrong::of(
        &[FieldProblem::new("sessions[0].ends_at", "end-before-start"), FieldProblem::new("audience[1]", "required")],
        &rows,
        Lang::Zh,
    );
    assert_eq!(wrong.0.keys().collect::<Vec<_>>(), ["audience", "s_end_1"]);
}

#[test]
fn another_row_keeps_what_was_typed() {
    let mut form = typed();
    form.act = "more".to_owned();
    form.make_room(ROWS);
    let rows = form.rows();
    assert_eq!(rows.len(), 4);
    assert!(rows[2].all_day && rows[3].is_blank());
    form.add_org = "GQ".to_owned();
    form.take_choices();
    form.add_org = "GQ".to_owned();
    form.take_choices();
    assert_eq!(form.audience_lines().iter().filter(|line| *line == "org:GQ").count(), 1);
}
