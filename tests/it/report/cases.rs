//! Case by case: what a careless count gets wrong.

use entity::state::{AttendanceStatus, EventStatus, SessionStatus};
use serde_json::{Value, json};

use super::figures;
use super::year::{Attempt, Came, Event, Item, Member, Online, Org, Session, Tally, Year, local};

/// Bureau `A` with sections `A1` and `A2`, bureau `B`; people P001… by turns in the two sections of `A`, all for good.
pub fn office(year: &mut Year, people: usize) {
    for (code, parent) in [("A", ""), ("A1", "A"), ("A2", "A"), ("B", "")] {
        year.orgs.push(Org { code: code.into(), parent: parent.into() });
    }
    for n in 1..=people {
        member(year, &format!("P{n:03}"), if n % 2 == 1 { "A1" } else { "A2" }, "2021-01-01", "");
    }
}

fn member(year: &mut Year, staff: &str, org: &str, from: &str, to: &str) {
    year.people.push(Member {
        staff: staff.into(),
        org: org.into(),
        groups: Vec::new(),
        from: from.parse().unwrap(),
        to: to.parse().ok(),
    });
}

/// A published event of `A` that all of `A` must attend, with sessions of two hours marked held, `KEY-1`…
pub fn event<'a>(year: &'a mut Year, key: &str, kind: &str, starts: &[&str]) -> &'a mut Event {
    for (n, starts) in starts.iter().enumerate() {
        year.sessions.push(Session {
            key: format!("{key}-{}", n + 1),
            event: key.into(),
            starts: local(starts),
            ends: local(starts) + chrono::TimeDelta::hours(2),
            all_day: false,
            status: SessionStatus::Held,
        });
    }
    year.events.push(Event {
        key: key.into(),
        kind: kind.into(),
        org: "A".into(),
        co_hosts: Vec::new(),
        audience: vec!["org:A".into()],
        required: true,
        status: EventStatus::Scheduled,
        also: Vec::new(),
        zone: "Asia/Shanghai",
    });
    year.events.last_mut().unwrap()
}

fn came(year: &mut Year, session: &str, staff: &[&str], status: AttendanceStatus) {
    for staff in staff {
        year.attendance.push(Came { session: session.into(), staff: (*staff).into(), status });
    }
}

fn sat(year: &mut Year, event: &str, staff: &str, scores: &[f64], pass_mark: f64) {
    for (n, &score) in scores.iter().enumerate() {
        year.results.push(Attempt {
            event: event.into(),
            staff: staff.into(),
            attempt: i32::try_from(n).unwrap() + 1,
            score,
            pass_mark,
        });
    }
}

fn tally(year: &mut Year, event: &str, metric: &str, amount: i64) {
    year.tallies.push(Tally { event: event.into(), metric: metric.into(), amount });
}

fn plan(year: &mut Year, org: &str, item: &str, target: i64) {
    year.plan.push(Item { year: 2024, org: org.into(), item: item.into(), target, due: None });
}

fn started(people: usize) -> Year {
    let mut year = Year::default();
    office(&mut year, people);
    year
}

/// The members of `value` that `names` lists, by spaces.
fn pick(value: &Value, names: &str) -> Vec<Value> {
    names.split(' ').map(|name| value[name].clone()).collect()
}

fn path<'a>(report: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(report, |here, part| &here[part])
}
use AttendanceStatus::{Absent, Excused, Exempt, LeftEarly, MadeUp, Present};

journeys! {
    async fn an_also_kind_counts_in_both_and_once_in_the_total(app: &TestApp) {
        let mut year = started(2);
        event(&mut year, "E1", "party_day", &["2024-03-01T09:00"]).also = vec!["first_topic".into(), "party_day".into()];
        event(&mut year, "E2", "first_topic", &["2024-04-01T09:00"]);
        came(&mut year, "E1-1", &["P001", "P002"], Present);
        came(&mut year, "E2-1", &["P001"], Present);
        plan(&mut year, "A", "first_topic", 2);
        app.at("2024-12-31T09:00");
        year.write(app).await;
        let report = figures(app, "A", 2024).await;
        assert_eq!(pick(&report["kinds"]["party_day"], "events sessions person_times people"), [1, 1, 2, 2]);
        assert_eq!(pick(&report["kinds"]["first_topic"], "events sessions person_times people absent"), [2, 2, 3, 2, 1]);
        assert_eq!(pick(&report["total"], "events sessions expected person_times people"), [2, 2, 4, 3, 2]);
        assert_eq!(report["plan"][0]["done"], 2);
    }

    async fn a_co_hosted_event_counts_once_in_each_report_and_people_in_their_own(app: &TestApp) {
        let mut year = started(2);
        member(&mut year, "B1", "B", "2021-01-01", "");
        let joint = event(&mut year, "E1", "joint_study", &["2024-03-01T09:00"]);
        joint.co_hosts = vec!["B".into(), "A1".into()];
        joint.audience = vec!["org:A".into(), "org:B".into()];
        came(&mut year, "E1-1", &["P001", "B1"], Present);
        app.at("2024-12-31T09:00");
        year.write(app).await;
        for (org, expected, attended) in [("A", 2, 1), ("A1", 1, 1), ("B", 1, 1)] {
            let kind = figures(app, org, 2024).await["kinds"]["joint_study"].clone();
            assert_eq!(pick(&kind, "events sessions expected person_times"), [1, 1, expected, attended], "{org}");
        }
        // A2's people took part, but it hosted nothing.
        assert_eq!(figures(app, "A2", 2024).await["kinds"], json!({}));
    }

    async fn walk_ins_count_where_they_were_that_day_and_only_as_person_times(app: &TestApp) {
        let mut year = started(1);
        member(&mut year, "B1", "B", "2021-01-01", "");
        member(&mut year, "OLD", "A1", "2021-01-01", "2023-12-31");
        member(&mut year, "NEW", "B", "2021-01-01", "2024-03-01");
        member(&mut year, "NEW", "A1", "2024-03-02", "");
        event(&mut year, "E1", "lecture", &["2024-03-01T09:00"]).audience = vec!["staff:P001".into()];
        let open = event(&mut year, "E2", "lecture", &["2024-06-01T09:00"]);
        (open.required, open.audience) = (false, vec!["public".into()]);
        came(&mut year, "E1-1", &["P001", "B1", "OLD", "NEW"], Present);
        came(&mut year, "E2-1", &["P001", "NEW"], LeftEarly);
        app.at("2024-12-31T09:00");
        year.write(app).await;
        let kind = figures(app, "A", 2024).await["kinds"]["lecture"].clone();
        assert_eq!(pick(&kind, "expected present left_early walk_ins person_times people"), [1, 1, 0, 2, 3, 2]);
        assert_eq!(kind["person_hours"], 6.0);
        assert_eq!(kind["attendance_rate"], 1.0);
    }

    async fn the_exempt_are_not_expected_and_no_record_is_absent(app: &TestApp) {
        let mut year = started(7);
        event(&mut year, "E1", "lecture", &["2024-03-01T09:00"]);
        came(&mut year, "E1-1", &["P001"], Present);
        came(&mut year, "E1-1", &["P002"], Exempt);
        came(&mut year, "E1-1", &["P003"], Excused);
        came(&mut year, "E1-1", &["P004"], MadeUp);
        came(&mut year, "E1-1", &["P005"], Absent);
        app.at("2024-12-31T09:00");
        year.write(app).await;
        let kind = figures(app, "A", 2024).await["kinds"]["lecture"].clone();
        assert_eq!(pick(&kind, "expected present excused made_up absent"), [6, 1, 1, 1, 3]);
        assert_eq!(pick(&kind, "attendance_rate net_attendance_rate"), [json!(1.0 / 6.0), json!(1.0 / 5.0)]);
        assert_eq!(kind["coverage_rate"], json!(2.0 / 6.0));
        assert_eq!(kind["person_hours"], 2.0);
        // A rate of nothing is nothing.
        assert_eq!(figures(app, "A", 2024).await["exam"]["pass_rate"], Value::Null);
    }

    async fn whole_days_count_by_their_kind_and_their_zone(app: &TestApp) {
        let mut year = started(1);
        event(&mut year, "E1", "training", &["2024-03-01"]).zone = "America/New_York";
        let session = &mut year.sessions[0];
        (session.all_day, session.ends) = (true, local("2024-03-03"));
        came(&mut year, "E1-1", &["P001"], Present);
        app.at("2024-12-31T09:00");
        year.write(app).await;
        assert_eq!(figures(app, "A", 2024).await["kinds"]["training"]["person_hours"], 24.0);
    }

    async fn what_is_marked_held_counts_whenever_and_a_draft_never(app: &TestApp) {
        let mut year = started(1);
        event(&mut year, "DONE", "lecture", &["2024-03-01T09:00"]);
        event(&mut year, "AHEAD", "lecture", &["2024-12-01T09:00"]);
        event(&mut year, "OVER", "lecture", &["2024-05-31T07:00"]);
        event(&mut year, "GOING", "lecture", &["2024-06-01T09:00"]);
        event(&mut year, "DRAFT", "lecture", &["2024-03-01T09:00"]).status = EventStatus::Draft;
        event(&mut year, "OFF", "lecture", &["2024-03-01T09:00"]).status = EventStatus::Cancelled;
        event(&mut year, "GONE", "lecture", &["2024-03-01T09:00"]);
        for session in &mut year.sessions {
            session.status = match session.event.as_str() {
                "OVER" | "GOING" => SessionStatus::Scheduled,
                "GONE" => SessionStatus::Cancelled,
                _ => SessionStatus::Held,
            };
        }
        for key in ["DONE", "AHEAD", "OVER", "GOING", "DRAFT", "OFF", "GONE"] {
            tally(&mut year, key, "materials", 10);
        }
        app.at("2024-06-01T10:59");
        year.write(app).await;
        let report = figures(app, "A", 2024).await;
        assert_eq!(pick(&report["kinds"]["lecture"], "events sessions absent"), [3, 3, 3]);
        assert_eq!(report["outreach"]["materials"], 30);
        app.at("2024-06-01T11:00");
        assert_eq!(figures(app, "A", 2024).await["kinds"]["lecture"]["sessions"], 4);
    }

    async fn a_year_ends_where_the_event_is(app: &TestApp) {
        let mut year = started(1);
        event(&mut year, "CN", "lecture", &["2024-01-01T00:30"]);
        event(&mut year, "US", "lecture", &["2023-12-31T23:30"]).zone = "America/New_York";
        app.at("2024-12-31T09:00");
        year.write(app).await;
        assert_eq!(figures(app, "A", 2024).await["kinds"]["lecture"]["sessions"], 1);
        assert_eq!(figures(app, "A", 2023).await["kinds"]["lecture"]["sessions"], 1);
    }

    async fn an_event_of_two_years_counts_in_both_and_its_tallies_in_the_first(app: &TestApp) {
        let mut year = started(1);
        event(&mut year, "E1", "training", &["2024-01-05T09:00", "2023-12-30T09:00", "2023-12-29T09:00"]);
        year.sessions[2].status = SessionStatus::Cancelled;
        tally(&mut year, "E1", "materials", 100);
        tally(&mut year, "E1", "materials", -30);
        plan(&mut year, "A", "training", 1);
        plan(&mut year, "A", "materials", 50);
        app.at("2024-12-31T09:00");
        year.write(app).await;
        let (before, after) = (figures(app, "A", 2023).await, figures(app, "A", 2024).await);
        assert_eq!(pick(&before["kinds"]["training"], "events sessions"), [1, 1]);
        assert_eq!(pick(&after["kinds"]["training"], "events sessions"), [1, 1]);
        assert_eq!((&before["outreach"], &after["outreach"]), (&json!({"materials": 70}), &json!({})));
        assert_eq!(after["plan"][0]["done"], 1);
        assert_eq!(pick(&after["plan"][1], "done completion"), [json!(0), json!(0.0)]);
    }

    async fn an_exam_goes_by_its_first_session_and_counts_each_person_once(app: &TestApp) {
        let mut year = started(6);
        event(&mut year, "X", "exam", &["2024-02-01T09:00", "2024-11-01T09:00"]);
        // Moves away between the two sessions, and is still a person of A in the report.
        year.people.retain(|member| member.staff != "P006");
        member(&mut year, "P006", "A2", "2021-01-01", "2024-06-30");
        member(&mut year, "P006", "B", "2024-07-01", "");
        member(&mut year, "B1", "B", "2021-01-01", "");
        came(&mut year, "X-1", &["P004"], Exempt);
        sat(&mut year, "X", "P001", &[40.0, 59.5, 60.0], 60.0);
        sat(&mut year, "X", "P002", &[79.0], 80.0);
        sat(&mut year, "X", "P004", &[100.0], 60.0);
        sat(&mut year, "X", "P006", &[90.0], 60.0);
        sat(&mut year, "X", "B1", &[100.0], 60.0);
        let other = event(&mut year, "Y", "exam", &["2024-05-01T09:00"]);
        // Another's exam that only our people sat.
        (other.org, other.audience) = ("B".into(), vec!["staff:P001".into()]);
        sat(&mut year, "Y", "P001", &[61.0, 100.0], 60.0);
        event(&mut year, "Z", "lecture", &["2024-05-01T09:00"]).also = vec!["exam".into()];
        sat(&mut year, "Z", "P003", &[100.0], 60.0);
        app.at("2024-12-31T09:00");
        year.write(app).await;
        let report = figures(app, "A", 2024).await;
        assert_eq!(pick(&report["exam"], "eligible exempt sat passed"), [6, 1, 4, 3]);
        assert_eq!(report["kinds"]["exam"], json!({"events": 2, "sessions": 3}));
        assert_eq!(pick(&figures(app, "B", 2024).await["exam"], "eligible sat"), [0, 0]);
        assert_eq!(pick(&figures(app, "A2", 2024).await["exam"], "eligible exempt sat passed"), [2, 1, 2, 1]);
    }

    async fn people_are_counted_where_they_were_when_the_session_began(app: &TestApp) {
        let mut year = started(1);
        member(&mut year, "M", "A1", "2021-01-01", "2024-05-31");
        member(&mut year, "M", "B", "2024-06-01", "");
        event(&mut year, "E1", "lecture", &["2024-05-31T09:00", "2024-06-01T09:00"]);
        came(&mut year, "E1-1", &["M"], Present);
        came(&mut year, "E1-2", &["M"], Present);
        for date in ["2024-05-31", "2024-06-01", "2025-01-01"] {
            year.hours.push(Online { staff: "M".into(), kind: "online_study".into(), date: date.parse().unwrap(), hours: 1.5 });
        }
        app.at("2024-12-31T09:00");
        let ids = year.write(app).await;
        let before = figures(app, "A", 2024).await;
        assert_eq!(pick(&before["kinds"]["lecture"], "expected present walk_ins person_times"), [3, 1, 0, 1]);
        assert_eq!(before["hours"], json!({"online_study": {"people": 1, "hours": 1.5}}));
        // A later correction of the membership changes no session that began, but hours go by the day's membership.
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
        entity::membership::Entity::update_many()
            .col_expr(entity::membership::Column::OrganisationId, Expr::value(ids.orgs["B"]))
            .filter(entity::membership::Column::PersonId.eq(ids.people["M"]))
            .exec(app.db.write())
            .await
            .unwrap();
        let after = figures(app, "A", 2024).await;
        assert_eq!(after["kinds"], before["kinds"]);
        assert_eq!(after["hours"], json!({}));
    }

    async fn a_kind_that_the_site_no_longer_has_still_counts(app: &TestApp) {
        let mut year = started(1);
        event(&mut year, "E1", "radio_study", &["2024-03-01"]);
        (year.sessions[0].all_day, year.sessions[0].ends) = (true, local("2024-03-01"));
        came(&mut year, "E1-1", &["P001"], Present);
        plan(&mut year, "A", "radio_study", 2);
        plan(&mut year, "A", "online_study", 5);
        plan(&mut year, "A", "lecture", 0);
        app.at("2024-12-31T09:00");
        year.write(app).await;
        let report = figures(app, "A", 2024).await;
        assert_eq!(pick(path(&report, "kinds.radio_study"), "sessions present person_hours"), [json!(1), json!(1), json!(8.0)]);
        let done: Vec<_> = report["plan"].as_array().unwrap().iter().map(|item| pick(item, "done completion")).collect();
        assert_eq!(done, [vec![json!(1), json!(0.5)], vec![json!(0), json!(0.0)], vec![json!(0), Value::Null]]);
    }

    async fn the_plan_counts_for_each_items_own_organisation(app: &TestApp) {
        let mut year = started(1);
        plan(&mut year, "A1", "lecture", 2);
        plan(&mut year, "A", "lecture", 2);
        plan(&mut year, "A2", "materials", 10);
        plan(&mut year, "B", "lecture", 1);
        event(&mut year, "E1", "lecture", &["2024-03-01T09:00"]).org = "A1".into();
        event(&mut year, "E2", "lecture", &["2024-04-01T09:00"]).co_hosts = vec!["A2".into()];
        tally(&mut year, "E1", "materials", 5);
        tally(&mut year, "E2", "materials", 7);
        app.at("2024-12-31T09:00");
        year.write(app).await;
        let of = |report: &Value| -> Vec<Vec<Value>> {
            report["plan"].as_array().unwrap().iter().map(|item| pick(item, "org_code item done")).collect()
        };
        let row = |org: &str, item: &str, done: i64| vec![json!(org), json!(item), json!(done)];
        let report = figures(app, "A", 2024).await;
        assert_eq!(of(&report), [row("A1", "lecture", 1), row("A", "lecture", 2), row("A2", "materials", 7)]);
        assert_eq!(report["outreach"]["materials"], 12);
        assert_eq!(of(&figures(app, "A1", 2024).await), [row("A1", "lecture", 1)]);
    }
}
