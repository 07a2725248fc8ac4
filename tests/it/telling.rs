//! Who is told what, and no more than that: of several changes at once, of what is taken back, of people who come and go.

use chrono::NaiveDate;
use entity::outbox::{self, Model as Row};
use entity::state::{MessageKind, MessageState, Role, Scope};
use entity::{event, session};
use pufa::directory;
use pufa::jobs;
use pufa::people::{OrgTree, stays_of};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::directory::desk;
use crate::harness::{Browser, TestApp};
use crate::import::{self, QUIET, TELLING};
use crate::mail::{deliver, rows};

/// An event of GQ-KJ on these days, 09:00 to 11:00, by the API, with whatever `more` says; gives it as it is shown.
async fn make(app: &TestApp, token: &str, key: &str, days: &[&str], more: Value) -> Value {
    let sittings: Vec<_> = days
        .iter()
        .enumerate()
        .map(|(n, day)| json!({"key": format!("{key}-{}", n + 1), "starts_at": format!("{day}T09:00"), "ends_at": format!("{day}T11:00")}))
        .collect();
    let mut body = json!({
        "key": key, "kind": "lecture", "title": format!("讲座{key}"), "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"],
        "location": "三楼会议室", "sessions": sittings,
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    if more.get("series").is_some() {
        body.as_object_mut().unwrap().remove("sessions");
    }
    app.post("/api/v1/events", token, body).await.expect(201).json()
}

/// The same, published, and its invitations delivered.
async fn publish(app: &TestApp, token: &str, key: &str, days: &[&str], more: Value) -> Value {
    let made = make(app, token, key, days, more).await;
    app.post(&format!("{}/publish", path("events", &made)), token, json!({"override": "另有测试"})).await.expect(200);
    deliver(app).await;
    made
}

fn path(list: &str, shown: &Value) -> String {
    format!("/api/v1/{list}/{}", shown["id"].as_str().expect("an id"))
}

fn sitting(shown: &Value, n: usize) -> String {
    path("sessions", &shown["sessions"][n])
}

/// Whom what was written for since the row with that number, and what of it: `kj001 update`.
fn who(rows: &[Row]) -> Vec<String> {
    let mut all: Vec<_> =
        rows.iter().map(|row| format!("{} {}", row.address.split('@').next().unwrap(), row.kind)).collect();
    all.sort();
    all
}

/// The messages of a state.
async fn of(app: &TestApp, state: MessageState) -> Vec<Row> {
    rows(app).await.into_iter().filter(|row| row.state == state).collect()
}

/// Lets somebody's membership end on a day, as the pages of people do.
async fn leaves(app: &TestApp, staff_no: &str, last: &str) {
    let tx = app.db.begin().await.unwrap();
    let before = stays_of(&tx, &[app.person_id(staff_no).await]).await.unwrap();
    let mut after = before.clone();
    after.last_mut().unwrap().to = Some(last.parse::<NaiveDate>().unwrap());
    let tree = OrgTree::load(&tx).await.unwrap();
    directory::apply(&tx, &tree, &before, &after, app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// Puts somebody's name down.
async fn registers(app: &TestApp, token: &str, shown: &Value, staff_no: &str) {
    let to = format!("{}/registrations", path("events", shown));
    app.post(&to, token, json!({ "staff_no": staff_no })).await.expect(201);
}

async fn tick(app: &TestApp, local: &str) {
    app.at(local);
    jobs::freeze_rosters(app).await.unwrap();
    jobs::add_reminders(app).await.unwrap();
    deliver(app).await;
}

fn hidden(page: &str, name: &str) -> String {
    page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Changes the one session of an event, and its place, by the form.
async fn edit(browser: &Browser<'_>, shown: &Value, place: &str, start: &str) {
    let at = format!("/events/{}/edit", shown["id"].as_str().unwrap());
    let page = browser.get(&at).await.expect(200).text();
    let (revision, id) = (hidden(&page, "revision"), hidden(&page, "s_id"));
    let typed = [
        ("act", "save"),
        ("key", "web-x"),
        ("kind", "lecture"),
        ("title", shown["title"].as_str().unwrap()),
        ("org_code", "GQ-KJ"),
        ("audience", "org:GQ-KJ"),
        ("required", "no"),
        ("walk_ins", "yes"),
        ("location", place),
        ("revision", &revision),
        ("s_id", &id),
        ("s_day", "2024-03-20"),
        ("s_start", start),
        ("s_end", "11:00"),
        ("s_last", ""),
        ("why", "另有测试"),
    ];
    browser.post(&at, &typed).await.expect(303);
}

journeys! {
    async fn a_publication_is_taken_back_from_all_who_heard_of_it_whoever_left_since(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let made = publish(app, &token, "A", &["2024-03-20", "2024-03-21"], json!({})).await;
        let event = path("events", &made);
        app.at("2024-03-12T08:05");
        leaves(app, "KJ006", "2024-03-12").await;
        deliver(app).await;
        leaves(app, "KJ005", "2024-03-12").await;
        app.at("2024-03-12T08:06");
        let back = app.post(&format!("{event}/undo"), &token, Value::Null).await.expect(200).json();
        assert_eq!(back["status"], "draft");
        deliver(app).await;
        // Two sittings each, whoever had left: once each.
        let off: Vec<Row> = rows(app).await.into_iter().filter(|row| row.kind == MessageKind::Cancellation).collect();
        let expected: Vec<_> = (1..=6).flat_map(|n| vec![format!("kj00{n} cancellation"); 2]).collect();
        assert_eq!(who(&off), expected);
        assert!(off.iter().all(|row| row.state == MessageState::Sent));
    }

    async fn a_form_that_changes_place_and_time_tells_once_and_is_taken_back_as_one(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let made = publish(app, &token, "A", &["2024-03-20"], json!({})).await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        app.at("2024-03-12T08:05");
        edit(&browser, &made, "二楼", "10:00").await;
        let queued = of(app, MessageState::Queued).await;
        let all: Vec<_> = (1..=6).map(|n| format!("kj00{n} update")).collect();
        assert_eq!(who(&queued), all);
        let row = session::Entity::find().one(app.db.read()).await.unwrap().unwrap();
        for row_of in &queued {
            let detail = row_of.detail.as_ref().unwrap();
            assert_eq!(detail["before"], json!({"starts_at": "2024-03-20T09:00:00+08:00", "ends_at": "2024-03-20T11:00:00+08:00", "location": "三楼会议室"}));
            assert_eq!(detail["sequence"], row.sequence);
        }
        app.at("2024-03-12T08:06");
        let event = path("events", &made);
        let back = app.post(&format!("{event}/undo"), &token, Value::Null).await.expect(200).json();
        assert_eq!((&back["location"], &back["sessions"][0]["starts_at"]), (&json!("三楼会议室"), &json!("2024-03-20T09:00:00+08:00")));
        assert_eq!(who(&of(app, MessageState::Queued).await), Vec::<String>::new(), "nobody hears of it");
        // Delivered first, each hears the contrary once.
        app.at("2024-03-12T08:07");
        edit(&browser, &made, "二楼", "10:00").await;
        deliver(app).await;
        app.at("2024-03-12T08:08");
        app.post(&format!("{event}/undo"), &token, Value::Null).await.expect(200);
        assert_eq!(who(&of(app, MessageState::Queued).await), all);
    }

    async fn who_is_brought_by_a_change_that_moves_the_place_gets_one_invitation(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let made = publish(app, &token, "A", &["2024-03-20"], json!({"audience": ["staff:KJ001", "staff:KJ002", "staff:KJ003"]})).await;
        let event = path("events", &made);
        let change = json!({"audience": ["staff:KJ001", "staff:KJ002", "staff:KJ004"], "location": "二楼"});
        app.at("2024-03-12T08:05");
        app.patch(&event, &token, change).await.expect(200);
        let told = ["kj001 update", "kj002 update", "kj003 cancellation", "kj004 invitation"];
        assert_eq!(who(&of(app, MessageState::Queued).await), told);
        // Taken back is the place, not whom it invites: what says who comes and goes stays.
        app.at("2024-03-12T08:06");
        let back = app.post(&format!("{event}/undo"), &token, Value::Null).await.expect(200).json();
        assert_eq!((&back["location"], &back["audience"][2]), (&json!("三楼会议室"), &json!("staff:KJ004")));
        assert_eq!(who(&of(app, MessageState::Queued).await), ["kj003 cancellation", "kj004 invitation"]);
        deliver(app).await;
        // Somebody else, and the mails are out when it is taken back.
        app.at("2024-03-12T08:07");
        app.patch(&event, &token, json!({"audience": ["staff:KJ001", "staff:KJ002", "staff:KJ005"], "location": "二楼"})).await.expect(200);
        deliver(app).await;
        app.at("2024-03-12T08:08");
        app.post(&format!("{event}/undo"), &token, Value::Null).await.expect(200);
        assert_eq!(who(&of(app, MessageState::Queued).await), ["kj001 update", "kj002 update", "kj005 update"]);
    }

    async fn a_place_and_a_rule_changed_at_once_are_one_mail_of_the_series(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let series = json!({"key": "W", "starts_at": "2024-04-04T14:30", "ends_at": "2024-04-04T16:30", "rrule": "FREQ=WEEKLY;COUNT=3"});
        let made = publish(app, &token, "A", &[], json!({"series": series, "audience": ["staff:KJ001", "staff:KJ002"]})).await;
        app.at("2024-03-12T08:05");
        let change = json!({"location": "二楼", "audience": ["staff:KJ001", "staff:KJ003"], "series": {"starts_at": "2024-04-04T15:00", "ends_at": "2024-04-04T16:30"}});
        app.patch(&path("events", &made), &token, change).await.expect(200);
        let queued = of(app, MessageState::Queued).await;
        assert_eq!(who(&queued), ["kj001 update", "kj002 cancellation", "kj003 invitation"]);
        let update = queued.iter().find(|row| row.kind == MessageKind::Update).unwrap().detail.clone().unwrap();
        let changes = update["changes"].as_array().unwrap();
        assert_eq!(changes.len(), 3, "each sitting once: {update}");
        assert_eq!(changes[0]["before"]["location"], "三楼会议室");
        assert_eq!(changes[0]["before"]["starts_at"], "2024-04-04T14:30:00+08:00");
        deliver(app).await;
        assert_eq!(who(&of(app, MessageState::Sent).await).len(), 5);
    }

    async fn taking_a_title_back_leaves_the_reminders_that_wait(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let more = json!({"audience": ["staff:KJ001", "staff:KJ002"], "reminders": ["PT1H"]});
        let made = publish(app, &token, "A", &["2024-03-20"], more).await;
        app.at("2024-03-20T07:30");
        app.patch(&sitting(&made, 0), &token, json!({"title": "新题目"})).await.expect(200);
        app.at("2024-03-20T08:00");
        jobs::add_reminders(app).await.unwrap();
        assert_eq!(who(&of(app, MessageState::Queued).await), ["kj001 reminder", "kj002 reminder"]);
        app.at("2024-03-20T08:01");
        app.post(&format!("{}/undo", path("events", &made)), &token, Value::Null).await.expect(200);
        assert_eq!(who(&of(app, MessageState::Queued).await), ["kj001 reminder", "kj002 reminder"]);
        tick(app, "2024-03-20T08:02").await;
        let sent = of(app, MessageState::Sent).await;
        assert_eq!(who(&sent[2..]), ["kj001 reminder", "kj002 reminder"]);
    }

    async fn who_is_taken_off_is_reminded_no_more(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let audience = json!(["staff:KJ001", "staff:KJ002", "staff:KJ003"]);
        let made = publish(app, &token, "A", &["2024-03-20"], json!({"audience": audience, "reminders": ["PT1H"]})).await;
        app.at("2024-03-20T08:00");
        jobs::add_reminders(app).await.unwrap();
        assert_eq!(of(app, MessageState::Queued).await.len(), 3);
        // One of them was tried already, and is to be tried again.
        let third = app.person_id("KJ003").await;
        outbox::Entity::update_many()
            .col_expr(outbox::Column::State, Expr::value(MessageState::Failed))
            .col_expr(outbox::Column::Attempts, Expr::value(1))
            .filter(outbox::Column::PersonId.eq(third))
            .filter(outbox::Column::Kind.eq(MessageKind::Reminder))
            .exec(app.db.write())
            .await
            .unwrap();
        app.at("2024-03-20T08:01");
        app.patch(&path("events", &made), &token, json!({"audience": ["staff:KJ001"]})).await.expect(200);
        tick(app, "2024-03-20T08:02").await;
        let sent = of(app, MessageState::Sent).await;
        assert_eq!(who(&sent[3..]), ["kj001 reminder", "kj002 cancellation", "kj003 cancellation"]);
        let dead = of(app, MessageState::Dead).await;
        assert_eq!((who(&dead), dead[0].answer.as_deref()), (vec!["kj003 reminder".to_owned()], Some("通知已由组织者撤回，不再发送")));
    }

    async fn a_quiet_attendance_sheet_mails_nobody_afterwards(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let more = || json!({"required": true, "after": ["make_up", "thanks"], "audience": ["staff:KJ001", "staff:KJ002"]});
        publish(app, &token, "A", &["2024-03-20"], more()).await;
        publish(app, &token, "B", &["2024-03-20"], more()).await;
        tick(app, "2024-03-20T09:00").await;
        app.at("2024-03-20T12:00");
        let sheet = |key: &str| import::only("attendance.csv", &format!("session_key,staff_no,status,checked_in_at,note\n{key},KJ001,present,2024-03-20T08:55,\n"));
        assert!(import::bring(app, sheet("A-1"), QUIET).await.problems.is_empty());
        assert!(import::bring(app, sheet("B-1"), TELLING).await.problems.is_empty());
        tick(app, "2024-03-21T12:00").await;
        let after: Vec<Row> = rows(app).await.into_iter().filter(|row| matches!(row.kind, MessageKind::MakeUp | MessageKind::Thanks)).collect();
        assert_eq!(who(&after), ["kj001 thanks", "kj002 make_up"]);
        let told = event::Entity::find().filter(event::Column::Key.eq("B")).one(app.db.read()).await.unwrap().unwrap();
        assert!(after.iter().all(|row| row.event_id == Some(told.id)));
        let before = import::dump(app).await;
        import::bring(app, sheet("A-1"), QUIET).await;
        assert_eq!(import::dump(app).await, before);
    }

    async fn who_never_got_the_series_gets_the_whole_of_it_with_the_next_change(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let series = json!({"key": "W", "starts_at": "2024-04-04T14:30", "ends_at": "2024-04-04T16:30", "rrule": "FREQ=WEEKLY;COUNT=3"});
        let made = publish(app, &token, "A", &[], json!({"series": series, "audience": ["staff:KJ001", "staff:KJ002"]})).await;
        let first = app.person_id("KJ001").await;
        outbox::Entity::update_many()
            .col_expr(outbox::Column::State, Expr::value(MessageState::Dead))
            .filter(outbox::Column::PersonId.eq(first))
            .exec(app.db.write())
            .await
            .unwrap();
        app.at("2024-03-12T08:05");
        app.patch(&sitting(&made, 1), &token, json!({"location": "二楼"})).await.expect(200);
        let queued = of(app, MessageState::Queued).await;
        let whole: Vec<_> = queued.iter().map(|row| (row.person_id == Some(first), row.series_id.is_some())).collect();
        assert_eq!(whole, [(true, true), (false, false)]);
    }

    async fn who_put_their_name_down_stays_whatever_becomes_of_their_membership(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let made = publish(app, &token, "A", &["2024-03-20", "2024-03-25"], json!({})).await;
        registers(app, &token, &made, "KJ006").await;
        deliver(app).await;
        app.at("2024-03-12T08:05");
        leaves(app, "KJ005", "2024-03-22").await;
        leaves(app, "KJ006", "2024-03-22").await;
        assert_eq!(who(&of(app, MessageState::Queued).await), ["kj005 cancellation"], "of the second sitting");
        deliver(app).await;
        // Invited to the first, registered for the second as well.
        app.at("2024-03-12T08:06");
        app.patch(&path("events", &made), &token, json!({"location": "二楼"})).await.expect(200);
        let mine: Vec<Row> = of(app, MessageState::Queued).await.into_iter().filter(|row| row.address.starts_with("kj006")).collect();
        assert_eq!(mine.len(), 2, "{mine:?}");
        deliver(app).await;
        // To a day on which they are not invited.
        app.at("2024-03-12T08:07");
        app.patch(&sitting(&made, 0), &token, json!({"starts_at": "2024-03-26T09:00", "ends_at": "2024-03-26T11:00"})).await.expect(200);
        let told = of(app, MessageState::Queued).await;
        assert_eq!(who(&told)[4..], ["kj005 cancellation", "kj006 update"]);
    }

    async fn what_a_quiet_import_brought_is_called_off_to_nobody_who_never_heard_of_it(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let events = "event_key,kind,title,org_code,co_host_codes,location,audience,required,status\n\
            Q,lecture,讲座,GQ-KJ,,会议室,org:GQ-KJ,no,scheduled\n";
        let sessions = |hour: u32| format!("session_key,event_key,starts_at,ends_at,all_day,status\n\
            Q-1,Q,2024-04-01T{hour:02}:00,2024-04-01T12:00,no,scheduled\nQ-2,Q,2024-04-02T{hour:02}:00,2024-04-02T12:00,no,scheduled\n");
        let first = sessions(9);
        assert!(import::bring(app, import::files(&[("events.csv", events), ("sessions.csv", &first)]), QUIET).await.problems.is_empty());
        let id = import::session_row(app, "Q-1").await.id;
        app.post(&format!("/api/v1/sessions/{id}/cancel"), &token, json!({})).await.expect(200);
        let event = app.get("/api/v1/events?key=Q", &token).await.json()["items"][0].clone();
        app.post(&format!("{}/cancel", path("events", &event)), &token, json!({})).await.expect(200);
        assert_eq!(rows(app).await.len(), 0);
        assert_eq!(import::session_row(app, "Q-1").await.told_at, None);
        // Told once, and moved quietly since: it stands in calendars.
        let (events, second) = (events.replace("Q,", "R,"), sessions(9).replace('Q', "R"));
        assert!(import::bring(app, import::files(&[("events.csv", &events), ("sessions.csv", &second)]), TELLING).await.problems.is_empty());
        assert_eq!(rows(app).await.len(), 12);
        let moved = sessions(8).replace('Q', "R");
        assert!(import::bring(app, import::only("sessions.csv", &moved), QUIET).await.problems.is_empty());
        let id = import::session_row(app, "R-1").await.id;
        app.post(&format!("/api/v1/sessions/{id}/cancel"), &token, json!({})).await.expect(200);
        let off: Vec<Row> = rows(app).await.into_iter().filter(|row| row.kind == MessageKind::Cancellation).collect();
        assert_eq!(who(&off), (1..=6).map(|n| format!("kj00{n} cancellation")).collect::<Vec<_>>());
    }

    async fn a_slot_alone_shows_in_kept_calendars(app: &TestApp) {
        use entity::{holiday_day, holiday_notice};
        app.world().await;
        app.at("2026-01-05T09:00");
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let notice = holiday_notice::ActiveModel { year: Set(2026), source: Set("test".into()), published: Set(None), imported_at: Set(app.now()) };
        holiday_notice::Entity::insert(notice).exec_without_returning(app.db.write()).await.unwrap();
        let off = holiday_day::ActiveModel { year: Set(2026), day: Set("2026-01-23".parse().unwrap()), name: Set("停".into()), off: Set(true) };
        holiday_day::Entity::insert(off).exec_without_returning(app.db.write()).await.unwrap();
        let series = json!({"key": "W", "starts_at": "2026-01-08T14:30", "ends_at": "2026-01-08T16:30", "rrule": "FREQ=WEEKLY;BYDAY=TH;COUNT=3", "on_day_off": "skip"});
        let made = publish(app, &token, "A", &[], json!({"series": series, "audience": ["staff:KJ001"]})).await;
        let event = path("events", &made);
        // Fridays, of which the third is off; that sitting is brought back by hand, at its Thursday.
        app.patch(&event, &token, json!({"series": {"rrule": "FREQ=WEEKLY;BYDAY=FR;COUNT=3"}})).await.expect(200);
        app.post(&format!("{}/restore", sitting(&made, 2)), &token, Value::Null).await.expect(200);
        let person = app.person_id("KJ001").await;
        let secret = pufa::calendar::subscription::create(app.db.write(), person, app.now()).await.unwrap();
        let feed = format!("/calendar/{secret}.ics");
        let before = app.get(&feed, "").await.expect(200).text();
        // The third Friday is none any more: the rule has a slot for it again.
        holiday_day::Entity::delete_many().exec(app.db.write()).await.unwrap();
        app.at("2026-01-05T09:01");
        let slot = || async { session::Entity::find().order_by_desc(session::Column::Key).one(app.db.read()).await.unwrap().unwrap().slot };
        assert_eq!(slot().await.as_deref(), Some("20260122T143000"));
        app.patch(&event, &token, json!({"series": {}})).await.expect(200);
        assert_eq!(slot().await.as_deref(), Some("20260123T143000"));
        assert_ne!(app.get(&feed, "").await.expect(200).text(), before);
    }
}
