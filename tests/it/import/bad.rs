//! Bad input: each kind told by file, line, column, value and reason, and nothing half-written.

use super::*;

const ORGS: &str = "code,name,parent_code,level\n";
const PEOPLE: &str = "staff_no,name,email,org_code,title,groups,active_from,active_to\n";
const EVENTS: &str = "event_key,kind,title,org_code,co_host_codes,location,audience,required,status\n";
const SESSIONS: &str = "session_key,event_key,starts_at,ends_at,all_day,status\n";
const ATTENDANCE: &str = "session_key,staff_no,status,checked_in_at,note\n";
const RESULTS: &str = "event_key,staff_no,attempt,score,pass_mark\n";
const OUTREACH: &str = "event_key,metric,amount,note\n";
const PLAN: &str = "year,org_code,item,target,due\n";
const HOURS: &str = "staff_no,kind,date,source,hours\n";

type Found = (u64, &'static str, &'static str, Reason);

/// A file with bad rows, and what is to be said of each.
fn cases() -> Vec<(&'static str, String, Vec<Found>)> {
    use Reason::*;
    let long = "长".repeat(600);
    vec![
        (
            "orgs.csv",
            format!("{ORGS}B,乙,C,bureau\nC,丙,B,bureau\nD,丁,B,bureau\n"),
            vec![(2, "parent_code", "C", Cycle), (3, "parent_code", "B", Cycle), (4, "parent_code", "B", RefersToBad)],
        ),
        ("orgs.csv", format!("{ORGS}A,甲局,A-1,bureau\n"), vec![(2, "parent_code", "A-1", Cycle)]),
        ("orgs.csv", format!("{ORGS}B,乙,B,bureau\n"), vec![(2, "parent_code", "B", Cycle)]),
        ("orgs.csv", format!("{ORGS}B,乙,ZZ,bureau\n"), vec![(2, "parent_code", "ZZ", UnknownOrg)]),
        (
            "orgs.csv",
            format!("{ORGS}B,,A,bureau\n,乙,A,bureau\n"),
            vec![(2, "name", "", Empty), (3, "code", "", Empty)],
        ),
        ("orgs.csv", format!("{ORGS}B,乙,A,bureau\nB,丙,A,bureau\n"), vec![(3, "code", "B", KeyTwice)]),
        ("orgs.csv", "code,parent_code,level\nB,A,bureau\n".to_owned(), vec![(1, "name", "", MissingColumn)]),
        (
            "orgs.csv",
            "code,name,name,parent_code,level\nB,乙,乙,A,bureau\n".to_owned(),
            vec![(1, "name", "name", ColumnTwice)],
        ),
        ("orgs.csv", format!("{ORGS}B,乙,A,bureau,多,余\n"), vec![(2, "", "6", CellCount)]),
        ("orgs.csv", format!("{ORGS}B,\"乙,A,bureau\nC,丙,A,bureau\n"), vec![(2, "", "\"", OpenQuote)]),
        ("orgs.csv", format!("{ORGS}B,乙\u{7}丙,A,bureau\n"), vec![(2, "name", "乙\u{fffd}丙", ControlCharacter)]),
        ("people.csv", format!("{PEOPLE}009,干部九,,,,,2024-01-01,\n"), vec![(2, "org_code", "", Empty)]),
        ("people.csv", format!("{PEOPLE}009,干部九,,ZZ,,,2024-01-01,\n"), vec![(2, "org_code", "ZZ", UnknownOrg)]),
        (
            "people.csv",
            format!("{PEOPLE}009,干部九,nine,A,,,2024-02-30,\n"),
            vec![(2, "active_from", "2024-02-30", BadDate), (2, "email", "nine", BadEmail)],
        ),
        (
            "people.csv",
            format!("{PEOPLE}009,干部九,,A,,,2024-03-01,2024-02-01\n"),
            vec![(2, "active_to", "2024-02-01", EndBeforeStart)],
        ),
        (
            "people.csv",
            format!("{PEOPLE}009,干部九,,A,,,2024-01-01,2024-06-30\n009,干部九,,A-1,,,2024-06-30,\n"),
            vec![(3, "active_from", "2024-06-30", Overlap)],
        ),
        (
            "people.csv",
            format!("{PEOPLE}001,干部一,,A,,,2023-01-01,\n"),
            vec![(2, "active_from", "2023-01-01", Overlap)],
        ),
        (
            "people.csv",
            format!("{PEOPLE}009,干部九,,A,,,2024-01-01,2024-02-01\n009,干部九,,A,,,2024/1/1,2024-02-01\n"),
            vec![(3, "active_from", "2024/1/1", KeyTwice)],
        ),
        (
            "events.csv",
            format!("{EVENTS}E9,party,讲座,A,,,org:A,yes,scheduled\n"),
            vec![(2, "kind", "party", UnknownKind)],
        ),
        (
            "events.csv",
            format!("{EVENTS}E9,lecture,讲座,ZZ,YY,,org:A,yes,scheduled\n"),
            vec![(2, "org_code", "ZZ", UnknownOrg), (2, "co_host_codes", "YY", UnknownOrg)],
        ),
        (
            "events.csv",
            format!("{EVENTS}E9,lecture,,A,,,everyone;org:;staff:999;org:A,maybe,planned\n"),
            vec![
                (2, "audience", "everyone", BadAudience),
                (2, "audience", "org:", BadAudience),
                (2, "audience", "staff:999", UnknownPerson),
                (2, "title", "", Empty),
                (2, "required", "maybe", NotYesNo),
                (2, "status", "planned", UnknownWord),
            ],
        ),
        (
            "events.csv",
            format!("{EVENTS}E9,lecture,{long},A,,,org:A,yes,scheduled\n"),
            vec![(2, "title", Box::leak(format!("{}…", "长".repeat(79)).into_boxed_str()), TooLong)],
        ),
        (
            "events.csv",
            format!("{EVENTS}E2,lecture,考试,A,,线上,org:A,yes,scheduled\n"),
            vec![(2, "kind", "lecture", HasResults)],
        ),
        (
            "sessions.csv",
            format!("{SESSIONS}S9,E1,2024-05-01T11:00,2024-05-01T09:00,no,scheduled\n"),
            vec![(2, "ends_at", "2024-05-01T09:00", EndBeforeStart)],
        ),
        (
            "sessions.csv",
            format!("{SESSIONS}S9,E1,2024-05-02,2024-05-01,yes,scheduled\n"),
            vec![(2, "ends_at", "2024-05-01", EndBeforeStart)],
        ),
        (
            "sessions.csv",
            format!("{SESSIONS}S9,E1,2024-05-01T09:00,2024-05-01,yes,scheduled\n"),
            vec![(2, "starts_at", "2024-05-01T09:00", DateWanted)],
        ),
        (
            "sessions.csv",
            format!("{SESSIONS}S9,E9,2024-13-01T09:00,2024-05-01,no,over\n"),
            vec![
                (2, "event_key", "E9", UnknownEvent),
                (2, "status", "over", UnknownWord),
                (2, "starts_at", "2024-13-01T09:00", BadTime),
                (2, "ends_at", "2024-05-01", BadTime),
            ],
        ),
        (
            "sessions.csv",
            format!(
                "{SESSIONS}S9,E1,2024-05-01T09:00,2024-05-01T10:00,no,scheduled\nS9,E1,2024-05-02T09:00,2024-05-02T10:00,no,scheduled\n"
            ),
            vec![(3, "session_key", "S9", KeyTwice)],
        ),
        (
            "attendance.csv",
            format!("{ATTENDANCE}S1,003,excused,,\nS1,003,absent,,\n"),
            vec![(2, "status", "excused", OffRoster), (3, "session_key", "S1, 003", KeyTwice)],
        ),
        (
            "attendance.csv",
            format!("{ATTENDANCE}S9,999,there,noon,\n"),
            vec![
                (2, "session_key", "S9", UnknownSession),
                (2, "staff_no", "999", UnknownPerson),
                (2, "status", "there", UnknownWord),
                (2, "checked_in_at", "noon", BadTime),
            ],
        ),
        ("exam_results.csv", format!("{RESULTS}E1,001,1,88,60\n"), vec![(2, "event_key", "E1", NotExam)]),
        (
            "exam_results.csv",
            format!("{RESULTS}E2,001,0,-1,x\nE2,002,1.5,88,60\n"),
            vec![
                (2, "attempt", "0", BadNumber),
                (2, "score", "-1", Negative),
                (2, "pass_mark", "x", BadNumber),
                (3, "attempt", "1.5", NotWhole),
            ],
        ),
        (
            "outreach.csv",
            format!("{OUTREACH}E1,materials,10,\nE1,materials,-11,\n"),
            vec![(3, "amount", "-11", BelowZero)],
        ),
        (
            "outreach.csv",
            format!("{OUTREACH}E1,宣传 页,ten,\n"),
            vec![(2, "metric", "宣传 页", UnknownWord), (2, "amount", "ten", BadNumber)],
        ),
        (
            "plan.csv",
            format!("{PLAN}24,A,Lecture!,-1,soon\n"),
            vec![
                (2, "year", "24", BadNumber),
                (2, "item", "Lecture!", UnknownItem),
                (2, "target", "-1", Negative),
                (2, "due", "soon", BadDate),
            ],
        ),
        ("hours.csv", format!("{HOURS}001,yoga,2024-02-31,,-1\n"), vec![(2, "source", "", Empty)]),
        (
            "hours.csv",
            format!("{HOURS}001,yoga,2024-02-31,学院,-1\n"),
            vec![(2, "kind", "yoga", UnknownKind), (2, "date", "2024-02-31", BadDate), (2, "hours", "-1", Negative)],
        ),
    ]
}

journeys! {
    async fn every_bad_row_is_told_and_nothing_is_kept(app: &TestApp) {
        good(app, start()).await;
        let before = dump(app).await;
        for (name, text, wanted) in cases() {
            let outcome = bring(app, only(name, &text), QUIET).await;
            let found: Vec<_> =
                outcome.problems.iter().map(|p| (p.line, p.column.clone(), p.value.clone(), p.reason)).collect();
            let mut wanted: Vec<_> =
                wanted.into_iter().map(|(line, column, value, reason)| (line, column.to_owned(), value.to_owned(), reason)).collect();
            let mut sorted = found.clone();
            for list in [&mut sorted, &mut wanted] {
                list.sort_by(|a, b| (a.0, &a.1, &a.2).cmp(&(b.0, &b.1, &b.2)));
            }
            assert_eq!(sorted, wanted, "{name}:\n{text}");
            assert!(outcome.problems.iter().all(|p| p.file == name));
            assert_eq!(dump(app).await, before, "{name}:\n{text}");
        }
    }

    async fn files_that_are_no_files_are_told(app: &TestApp) {
        good(app, start()).await;
        let before = dump(app).await;
        let upload = |name: &str, bytes: &[u8]| Upload { name: name.to_owned(), bytes: bytes.to_vec() };
        let sent = [
            upload("orgs.csv", b"code,name\n\xff\xff\xff"),
            upload("people.xlsx", b"PK\x03\x04 cut off"),
            upload("holiday.csv", b"a,b\n"),
            upload("plan.csv", PLAN.as_bytes()),
            upload("plan.CSV", PLAN.as_bytes()),
            upload("hours.csv", b""),
        ];
        let outcome = bring(app, from_uploads(&sent), QUIET).await;
        let found: Vec<_> = outcome.problems.iter().map(|p| (p.file.as_str(), p.reason)).collect();
        let missing = ("hours.csv", Reason::MissingColumn);
        assert_eq!(found, [
            ("holiday.csv", Reason::Unreadable), missing, missing, missing, missing, missing,
            ("orgs.csv", Reason::Unreadable), ("people.xlsx", Reason::Unreadable), ("plan.CSV", Reason::FileTwice),
        ]);
        assert_eq!(dump(app).await, before);
    }

    async fn a_membership_may_be_cut_and_followed_by_another(app: &TestApp) {
        good(app, start()).await;
        let text = format!("{PEOPLE}001,干部一,new@example.test,A,,,2024-03-01,\n001,干部一,one@example.test,A-1,,lead,2021-01-01,2024-02-29\n");
        assert_eq!(sums(&good(app, only("people.csv", &text)).await), (1, 1, 0));
        assert_eq!(sums(&good(app, only("people.csv", &text)).await), (0, 0, 2));
        let who = person::Entity::find().filter(person::Column::StaffNo.eq("001")).one(app.db.read()).await.unwrap().unwrap();
        assert_eq!(who.email.as_deref(), Some("new@example.test"), "the address is that of the latest membership");
    }
}
