//! Importing the nine files: the worked year in all its forms, bad input, what stands and what is replaced.

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{Request, header};
use entity::id::SessionId;
use entity::state::{MessageKind, Scope};
use entity::{attendance, attendance_change, event, outbox, person, roster_entry, session};
use pufa::import::{self, BadRows, Ground, Notify, Outcome, Reason, Sheets, Upload, Within, from_path, from_uploads};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::harness::TestApp;

mod bad;
mod forms;

/// The folder of the worked year.
pub fn year() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/year-2024")
}

/// Files as they would be sent.
pub fn files(files: &[(&str, &str)]) -> Sheets {
    let uploads: Vec<_> =
        files.iter().map(|(name, text)| Upload { name: (*name).to_owned(), bytes: text.as_bytes().to_vec() }).collect();
    from_uploads(&uploads)
}

/// How to import.
#[derive(Clone, Copy)]
pub struct How {
    pub notify: Notify,
    pub bad_rows: BadRows,
}

pub const QUIET: How = How { notify: Notify::Nobody, bad_rows: BadRows::Refuse };
pub const TELLING: How = How { notify: Notify::Invited, bad_rows: BadRows::Refuse };

/// Imports as the command does.
pub async fn bring(app: &TestApp, sheets: Sheets, how: How) -> Outcome {
    let ground = Ground {
        kinds: &app.kinds,
        zone: app.config.zone(),
        by: "command",
        within: Within::Everything,
        notify: how.notify,
        now: app.now(),
    };
    let tx = app.db.begin().await.unwrap();
    let outcome = import::run(&tx, sheets, &ground, &|_| ()).await.unwrap();
    if outcome.stands(how.bad_rows) {
        tx.commit().await.unwrap();
    } else {
        tx.rollback().await.unwrap();
    }
    outcome
}

/// The same, and fails if a row was bad.
pub async fn good(app: &TestApp, sheets: Sheets) -> Outcome {
    let outcome = bring(app, sheets, QUIET).await;
    let problems: Vec<_> = outcome.problems.iter().map(|p| p.line(pufa::locale::Lang::En)).collect();
    assert_eq!(problems, [""; 0]);
    outcome
}

/// (added, changed, unchanged) over all files.
pub fn sums(outcome: &Outcome) -> (usize, usize, usize) {
    outcome.files.iter().fold((0, 0, 0), |(a, c, u), f| (a + f.added, c + f.changed, u + f.unchanged))
}

/// Every row of every table.
pub async fn dump(app: &TestApp) -> String {
    let copy = pufa::backup::lines(&app.db, Vec::new(), app.now()).await.unwrap();
    let text = String::from_utf8(copy).unwrap();
    let lines: Vec<_> = text.lines().collect();
    lines[1..lines.len() - 1].join("\n")
}

/// A small start: two organisations, three people, an event with a past and a coming session, an exam.
pub fn base() -> Vec<(&'static str, String)> {
    vec![
        ("orgs.csv", "code,name,parent_code,level\nA,甲局,,bureau\nA-1,一科,A,section\n".to_owned()),
        (
            "people.csv",
            "staff_no,name,email,org_code,title,groups,active_from,active_to\n\
             001,干部一,one@example.test,A-1,,lead,2021-01-01,\n\
             002,干部二,two@example.test,A-1,,,2021-01-01,\n\
             003,干部三,,A,,,2021-01-01,2023-12-31\n\
             003,干部三,,A-1,,,2024-01-01,\n"
                .to_owned(),
        ),
        (
            "events.csv",
            "event_key,kind,title,org_code,co_host_codes,location,audience,required,status\n\
             E1,lecture,讲座,A,,会议室,org:A-1;-staff:003,yes,scheduled\n\
             E2,exam,考试,A,,线上,org:A,yes,scheduled\n"
                .to_owned(),
        ),
        (
            "sessions.csv",
            "session_key,event_key,starts_at,ends_at,all_day,status\n\
             S1,E1,2024-03-01T09:00,2024-03-01T11:00,no,held\n\
             S2,E1,2024-04-01T09:00,2024-04-01T11:00,no,scheduled\n\
             X1,E2,2024-03-04,2024-03-05,yes,held\n"
                .to_owned(),
        ),
        (
            "attendance.csv",
            "session_key,staff_no,status,checked_in_at,note\nS1,001,present,2024-03-01T08:55,\nS1,002,excused,,病假\n"
                .to_owned(),
        ),
        ("exam_results.csv", "event_key,staff_no,attempt,score,pass_mark\nE2,001,1,88.5,60\n".to_owned()),
        ("outreach.csv", "event_key,metric,amount,note\nE1,materials,100,\nE1,materials,-30,\n".to_owned()),
        ("plan.csv", "year,org_code,item,target,due\n2024,A,lecture,2,2024-12-31\n2024,A,materials,50,\n".to_owned()),
        ("hours.csv", "staff_no,kind,date,source,hours\n001,online_study,2024-02-01,学院,1.5\n".to_owned()),
    ]
}

/// The small start with one file put in another's place, or added.
pub fn base_with(name: &'static str, text: &str) -> Sheets {
    let mut all = base();
    all.retain(|(other, _)| *other != name);
    all.push((name, text.to_owned()));
    files(&all.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>())
}

/// One file alone.
pub fn only(name: &str, text: &str) -> Sheets {
    files(&[(name, text)])
}

pub fn start() -> Sheets {
    files(&base().iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>())
}

pub async fn session_row(app: &TestApp, key: &str) -> session::Model {
    session::Entity::find().filter(session::Column::Key.eq(key)).one(app.db.read()).await.unwrap().unwrap()
}

async fn roster_of(app: &TestApp, key: &str) -> Vec<String> {
    let id: SessionId = session_row(app, key).await.id;
    let rows =
        roster_entry::Entity::find().filter(roster_entry::Column::SessionId.eq(id)).all(app.db.read()).await.unwrap();
    let mut names: Vec<_> = rows.into_iter().map(|row| row.name).collect();
    names.sort();
    names
}

journeys! {
    async fn a_year_twice_changes_no_row(app: &TestApp) {
        app.at("2025-02-01T09:00");
        let outcome = good(app, from_path(&year()).unwrap()).await;
        assert_eq!(sums(&outcome), (9 + 59 + 23 + 27 + 451 + 38 + 24 + 6 + 60, 0, 0));
        let before = dump(app).await;
        app.at("2025-02-02T09:00");
        let outcome = good(app, from_path(&year()).unwrap()).await;
        assert_eq!(sums(&outcome), (0, 0, 697));
        assert_eq!(dump(app).await, before);
        assert_eq!(outbox::Entity::find().count(app.db.read()).await.unwrap(), 0);
    }

    async fn every_file_can_change_a_row(app: &TestApp) {
        good(app, start()).await;
        for (name, text) in [
            ("orgs.csv", "code,name,parent_code,level\nA-1,第一科,A,section\n"),
            ("people.csv", "staff_no,name,email,org_code,title,groups,active_from,active_to\n001,干部一,uno@example.test,A-1,科长,lead,2021-01-01,\n"),
            ("events.csv", "event_key,kind,title,org_code,co_host_codes,location,audience,required,status\nE1,lecture,讲座,A,A-1,会议室,org:A-1,yes,scheduled\n"),
            ("sessions.csv", "session_key,event_key,starts_at,ends_at,all_day,status\nS2,E1,2024-04-02T09:00,2024-04-02T11:00,no,scheduled\n"),
            ("attendance.csv", "session_key,staff_no,status,checked_in_at,note\nS1,001,late,2024-03-01T09:15,\n"),
            ("exam_results.csv", "event_key,staff_no,attempt,score,pass_mark\nE2,001,1,59,60\n"),
            ("plan.csv", "year,org_code,item,target,due\n2024,A,lecture,3,2024-12-31\n"),
            ("hours.csv", "staff_no,kind,date,source,hours\n001,online_study,2024-02-01,学院,2\n"),
        ] {
            assert_eq!(sums(&good(app, only(name, text)).await), (0, 1, 0), "{name}");
            assert_eq!(sums(&good(app, only(name, text)).await), (0, 0, 1), "{name} again");
        }
        let history = attendance_change::Entity::find().all(app.db.read()).await.unwrap();
        assert_eq!(history.len(), 1);
        assert_eq!(history[0].status.as_str(), "present");
        let moved = session_row(app, "S2").await;
        assert_eq!((moved.sequence, moved.starts_at.to_rfc3339()), (1, "2024-04-02T01:00:00+00:00".to_owned()));
    }

    async fn outreach_rows_add_up_and_replace_what_was_imported(app: &TestApp) {
        use entity::tally;
        use sea_orm::ActiveValue::Set;
        good(app, start()).await;
        let by_hand = tally::ActiveModel {
            event_id: Set(event::Entity::find().filter(event::Column::Key.eq("E1")).one(app.db.read()).await.unwrap().unwrap().id),
            metric: Set("materials".to_owned()),
            amount: Set(-20),
            note: Set(String::new()),
            origin: Set(entity::state::Origin::Entered),
            recorded_at: Set(app.now()),
            recorded_by: Set("account:1".to_owned()),
            ..Default::default()
        };
        tally::Entity::insert(by_hand).exec(app.db.write()).await.unwrap();
        let total = || async {
            let rows = tally::Entity::find().all(app.db.read()).await.unwrap();
            rows.iter().map(|row| row.amount).sum::<i64>()
        };
        assert_eq!(total().await, 50);
        let head = "event_key,metric,amount,note\n";
        good(app, only("outreach.csv", &format!("{head}E1,materials,10,\nE1,materials,10,\nE1,consultations,5,\n"))).await;
        assert_eq!(total().await, 5);
        let refused = bring(app, only("outreach.csv", &format!("{head}E1,materials,19,\n")), QUIET).await;
        assert_eq!(refused.problems[0].reason, Reason::BelowZero);
        assert_eq!(total().await, 5);
    }

    async fn good_rows_stay_when_bad_ones_are_skipped(app: &TestApp) {
        let sheets = base_with(
            "events.csv",
            "event_key,kind,title,org_code,co_host_codes,location,audience,required,status\n\
             E1,party,讲座,A,,会议室,org:A-1,yes,scheduled\n\
             E2,exam,考试,A,,线上,org:A,yes,scheduled\n",
        );
        let how = How { bad_rows: BadRows::Skip, ..QUIET };
        let outcome = bring(app, sheets, how).await;
        let found: Vec<_> =
            outcome.problems.iter().map(|p| (p.file.as_str(), p.line, p.column.as_str(), p.reason)).collect();
        assert_eq!(found, [
            ("attendance.csv", 2, "session_key", Reason::RefersToBad),
            ("attendance.csv", 3, "session_key", Reason::RefersToBad),
            ("events.csv", 2, "kind", Reason::UnknownKind),
            ("outreach.csv", 2, "event_key", Reason::RefersToBad),
            ("outreach.csv", 3, "event_key", Reason::RefersToBad),
            ("sessions.csv", 2, "event_key", Reason::RefersToBad),
            ("sessions.csv", 3, "event_key", Reason::RefersToBad),
        ]);
        assert_eq!(session::Entity::find().count(app.db.read()).await.unwrap(), 1);
        let sessions = outcome.files.iter().find(|file| file.file == "sessions.csv").unwrap();
        assert_eq!((sessions.added, sessions.bad), (1, 2));
    }

    async fn a_word_given_since_stands_and_is_noted(app: &TestApp) {
        use entity::state::Word;
        use sea_orm::sea_query::Expr;
        good(app, start()).await;
        for (number, word) in [("001", Word::Organiser), ("002", Word::CheckIn)] {
            let who = person::Entity::find().filter(person::Column::StaffNo.eq(number)).one(app.db.read()).await.unwrap().unwrap();
            attendance::Entity::update_many()
                .col_expr(attendance::Column::Word, Expr::value(word.as_str()))
                .col_expr(attendance::Column::Status, Expr::value("late"))
                .filter(attendance::Column::PersonId.eq(who.id))
                .exec(app.db.write())
                .await
                .unwrap();
        }
        let before = dump(app).await;
        let outcome = good(app, start()).await;
        assert_eq!(dump(app).await, before);
        let notes: Vec<_> = outcome.notes.iter().map(|n| (n.file.as_str(), n.line, n.reason)).collect();
        assert_eq!(notes, [("attendance.csv", 2, Reason::WordStands), ("attendance.csv", 3, Reason::WordStands)]);
        // The roster stays too: somebody's word was given in this session.
        let people = "staff_no,name,email,org_code,title,groups,active_from,active_to\n004,干部四,,A-1,,,2021-01-01,\n";
        let sessions = "session_key,event_key,starts_at,ends_at,all_day,status\nS1,E1,2024-03-01T09:00,2024-03-01T11:00,no,held\n";
        let outcome = good(app, files(&[("people.csv", people), ("sessions.csv", sessions)])).await;
        assert_eq!(outcome.notes[0].reason, Reason::RosterStands);
        assert_eq!(roster_of(app, "S1").await, ["干部一", "干部二"]);
    }

    async fn a_roster_is_fixed_by_the_import_that_brings_its_session(app: &TestApp) {
        good(app, start()).await;
        assert_eq!(roster_of(app, "S1").await, ["干部一", "干部二"]);
        assert_eq!(roster_of(app, "S2").await, [""; 0], "what has not begun follows memberships");
        let people = "staff_no,name,email,org_code,title,groups,active_from,active_to\n004,干部四,,A-1,,,2021-01-01,\n";
        good(app, only("people.csv", people)).await;
        assert_eq!(roster_of(app, "S1").await, ["干部一", "干部二"], "later people alter nothing");
        let sessions = "session_key,event_key,starts_at,ends_at,all_day,status\nS1,E1,2024-03-01T09:00,2024-03-01T11:00,no,held\n";
        assert_eq!(sums(&good(app, only("sessions.csv", sessions)).await), (0, 1, 0));
        assert_eq!(roster_of(app, "S1").await, ["干部一", "干部二", "干部四"], "brought again, worked out anew");
    }

    async fn what_has_started_is_fixed_before_people_change(app: &TestApp) {
        good(app, start()).await;
        app.at("2024-04-01T10:00");
        let people = "staff_no,name,email,org_code,title,groups,active_from,active_to\n004,干部四,,A-1,,,2021-01-01,\n";
        good(app, only("people.csv", people)).await;
        assert_eq!(roster_of(app, "S2").await, ["干部一", "干部二"]);
    }

    async fn an_import_tells_nobody_unless_asked_to(app: &TestApp) {
        good(app, start()).await;
        assert_eq!(outbox::Entity::find().count(app.db.read()).await.unwrap(), 0);
        assert!(!event::Entity::find().one(app.db.read()).await.unwrap().unwrap().mails);
        let key = |n: u32| format!("event_key,kind,title,org_code,co_host_codes,location,audience,required,status\nN{n},lecture,讲座,A,,会议室,org:A-1,yes,scheduled\n");
        let sessions = "session_key,event_key,starts_at,ends_at,all_day,status\n\
            N1-past,N1,2024-03-01T09:00,2024-03-01T11:00,no,held\nN1-next,N1,2024-05-01T09:00,2024-05-01T11:00,no,scheduled\n";
        let brought = || files(&[("events.csv", &key(1)), ("sessions.csv", sessions)]);
        assert!(bring(app, brought(), TELLING).await.problems.is_empty());
        let told = outbox::Entity::find().all(app.db.read()).await.unwrap();
        assert_eq!(told.len(), 2, "both with an address, of the coming session alone");
        assert!(told.iter().all(|m| m.kind == MessageKind::Invitation && m.session_id == Some(told[0].session_id.unwrap())));
        let before = dump(app).await;
        bring(app, brought(), TELLING).await;
        assert_eq!(dump(app).await, before, "told once");
        let moved = sessions.replace("2024-05-01T09:00", "2024-05-01T08:00");
        bring(app, files(&[("sessions.csv", &moved)]), TELLING).await;
        let updates = outbox::Entity::find().filter(outbox::Column::Kind.eq(MessageKind::Update)).count(app.db.read()).await.unwrap();
        assert_eq!(updates, 2);
    }

    async fn a_quiet_change_brings_no_reminder_either(app: &TestApp) {
        let event = "event_key,kind,title,org_code,co_host_codes,location,audience,required,status\nN1,lecture,讲座,A,,会议室,org:A-1,yes,scheduled\n";
        let session = |key: &str, hour: u32| format!("session_key,event_key,starts_at,ends_at,all_day,status\n{key},N1,2024-03-20T{hour:02}:00,2024-03-20T12:00,no,scheduled\n");
        good(app, start()).await;
        bring(app, files(&[("events.csv", event), ("sessions.csv", &session("N1-1", 9))]), TELLING).await;
        bring(app, files(&[("sessions.csv", &session("N1-1", 8))]), QUIET).await;
        bring(app, files(&[("sessions.csv", &session("N1-2", 9))]), QUIET).await;
        app.at("2024-03-20T07:30");
        pufa::jobs::add_reminders(app).await.unwrap();
        let reminders = outbox::Entity::find().filter(outbox::Column::Kind.eq(MessageKind::Reminder)).count(app.db.read()).await.unwrap();
        assert_eq!(reminders, 0);
    }

    async fn who_is_brought_or_taken_off_by_an_import_hears_of_it_when_asked_to(app: &TestApp) {
        good(app, start()).await;
        let event = |audience: &str| format!("event_key,kind,title,org_code,co_host_codes,location,audience,required,status\nN1,lecture,讲座,A,,会议室,{audience},yes,scheduled\n");
        let session = |day: &str| format!("session_key,event_key,starts_at,ends_at,all_day,status\nN1-1,N1,{day}T09:00,{day}T12:00,no,scheduled\n");
        bring(app, files(&[("events.csv", &event("org:A-1")), ("sessions.csv", &session("2024-05-01"))]), TELLING).await;
        let told = async |sheets: Sheets, how: How| {
            let last = outbox::Entity::find().count(app.db.read()).await.unwrap();
            assert!(bring(app, sheets, how).await.problems.is_empty());
            let rows = outbox::Entity::find().order_by_asc(outbox::Column::Id).all(app.db.read()).await.unwrap();
            let mut new: Vec<_> = rows[usize::try_from(last).unwrap()..].iter().map(|row| format!("{} {}", row.address.split('@').next().unwrap(), row.kind)).collect();
            new.sort();
            new
        };
        let people = "staff_no,name,email,org_code,title,groups,active_from,active_to\n";
        // One leaves in April, another comes.
        let change = format!("{people}002,干部二,two@example.test,A-1,,,2021-01-01,2024-04-30\n005,干部五,five@example.test,A-1,,,2024-04-01,\n");
        assert_eq!(told(only("people.csv", &change), TELLING).await, ["five invitation", "two cancellation"]);
        assert_eq!(told(only("people.csv", &change), TELLING).await, [""; 0]);
        // By another audience alone; a place that changes with it is told in the same mail.
        assert_eq!(told(only("events.csv", &event("staff:001")), TELLING).await, ["five cancellation"]);
        let there = event("staff:001;staff:005").replace("会议室", "礼堂");
        assert_eq!(told(only("events.csv", &there), TELLING).await, ["five invitation", "one update"]);
        // To a day on which other people belong there.
        assert_eq!(told(only("events.csv", &there.replace("staff:001;staff:005", "org:A-1")), TELLING).await, [""; 0]);
        assert_eq!(told(only("sessions.csv", &session("2024-03-20")), TELLING).await, ["five cancellation", "one update", "two invitation"]);
        // Unless nobody is to be told.
        assert_eq!(told(only("sessions.csv", &session("2024-05-02")), QUIET).await, [""; 0]);
        assert_eq!(told(only("people.csv", &format!("{people}006,干部六,six@example.test,A-1,,,2024-04-01,\n")), QUIET).await, [""; 0]);
    }

    async fn a_token_imports_what_is_below_it(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let reader = app.token("GQ-KJ", Scope::Read).await;
        let people = "staff_no,name,email,org_code,title,groups,active_from,active_to\n00123,干部新,,GQ-KJ-FG,,,2024-01-01,\n";
        let answer = upload(app, "/api/v1/imports", &token, &[("people.csv", people)]).await.expect(200).json();
        assert_eq!(answer["files"], json!([{"file": "people.csv", "added": 1, "changed": 0, "unchanged": 0, "bad": 0}]));
        assert_eq!(answer["kept"], true);
        let before = dump(app).await;
        let foreign = "staff_no,name,email,org_code,title,groups,active_from,active_to\n\
            00124,干部新,,GQ-SF,,,2024-01-01,\nSF001,改名,,GQ-KJ-FG,,,2024-01-01,\n";
        let answer = upload(app, "/api/v1/imports", &token, &[("people.csv", foreign)]).await.expect(422).json();
        assert_eq!(answer["kept"], false);
        let problem = &answer["problems"][0];
        assert_eq!(
            (&problem["file"], &problem["line"], &problem["column"], &problem["value"], &problem["code"]),
            (&json!("people.csv"), &json!(2), &json!("org_code"), &json!("GQ-SF"), &json!("not-yours"))
        );
        assert_eq!(answer["problems"][1]["code"], "not-yours");
        let dry = upload(app, "/api/v1/imports?dry_run=true", &token, &[("people.csv", &people.replace("00123", "00125"))]).await;
        assert_eq!(dry.expect(200).json()["files"][0]["added"], 1);
        assert_eq!(dump(app).await, before);
        upload(app, "/api/v1/imports", &reader, &[("people.csv", people)]).await.problem(403, "forbidden");
        upload(app, "/api/v1/imports", "", &[("people.csv", people)]).await.problem(401, "unauthorized");
        app.post("/api/v1/imports", &token, json!({})).await.problem(415, "unsupported-media");
        let skipped = upload(app, "/api/v1/imports?skip_bad_rows=true", &token, &[("people.csv", &format!("{foreign}00126,干部新,,GQ-KJ,,,2024-01-01,\n"))]).await;
        assert_eq!(skipped.expect(200).json()["files"], json!([{"file": "people.csv", "added": 1, "changed": 0, "unchanged": 0, "bad": 2}]));
    }

    async fn an_import_may_be_larger_than_other_bodies(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let mut text = "staff_no,name,email,org_code,title,groups,active_from,active_to\n".to_owned();
        for n in 0..20_000 {
            text += &format!("L{n:05},干部{n},l{n}@example.test,GQ-KJ-FG,一个比较长的职务名称,,2024-01-01,\n");
        }
        assert!(text.len() > app.config.server.body_limit);
        let answer = upload(app, "/api/v1/imports", &token, &[("people.csv", &text)]).await.expect(200).json();
        assert_eq!(answer["files"][0]["added"], 20_000);
    }
}

/// Sends files as a browser or curl does.
async fn upload(app: &TestApp, path: &str, token: &str, files: &[(&str, &str)]) -> crate::harness::Answer {
    let mut body = String::new();
    for (name, text) in files {
        body += &format!(
            "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/csv\r\n\r\n{text}\r\n"
        );
    }
    body += "--x--\r\n";
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    app.send(request.body(Body::from(body)).unwrap()).await
}
