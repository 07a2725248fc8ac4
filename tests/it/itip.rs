//! The life of invitations, mail by mail, as the golden files hold it: read by Python's icalendar, ical.js and libical,
//! and followed by a client, whose calendar must come out as the subscription and the rows say.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

use entity::id::OutboxId;
use entity::outbox;
use entity::state::{EventStatus, MessageState, Scope, SessionStatus};
use entity::{event, person, session};
use mail_parser::{MessageParser, MimeHeaders};
use pufa::calendar::subscription;
use pufa::scheduling::session as shown;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::mail::deliver;

/// One story: stages of one event, with the mails that each brought.
struct Story<'a> {
    app: &'a TestApp,
    token: String,
    name: &'static str,
    folder: PathBuf,
    feed: String,
    stages: usize,
    last: OutboxId,
    uids: HashMap<String, usize>,
    /// Whose calendar the client keeps.
    who: &'static str,
    /// Whether they are invited at all.
    invited: bool,
    /// What their calendar must show after each stage.
    truth: BTreeMap<String, Value>,
}

impl<'a> Story<'a> {
    async fn begin(app: &'a TestApp, name: &'static str) -> Self {
        Self::of(app, name, "kj001").await
    }

    /// One in which the client is somebody's.
    async fn of(app: &'a TestApp, name: &'static str, who: &'static str) -> Self {
        app.world().await;
        let person = app.person_id(&who.to_uppercase()).await;
        let feed = subscription::create(app.db.write(), person, app.now()).await.unwrap();
        Self {
            app,
            token: app.token("GQ-KJ", Scope::Manage).await,
            name,
            folder: app.folder.path().join("stages"),
            feed: format!("/calendar/{feed}.ics"),
            stages: 0,
            last: OutboxId(0),
            uids: HashMap::new(),
            who,
            invited: true,
            truth: BTreeMap::new(),
        }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.app.post(path, &self.token, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
        answer.json()
    }

    async fn patch(&self, path: &str, body: Value) -> Value {
        self.app.patch(path, &self.token, body).await.expect(200).json()
    }

    /// Delivers what a stage wrote, compares each calendar with its golden file, and keeps the client's own. Gives
    /// who was told what.
    async fn stage(&mut self, name: &str) -> Vec<String> {
        deliver(self.app).await;
        self.stages += 1;
        let folder = self.folder.join(format!("{:02}", self.stages));
        std::fs::create_dir_all(&folder).unwrap();
        let rows = outbox::Entity::find().filter(outbox::Column::Id.gt(self.last)).order_by_asc(outbox::Column::Id);
        let mut told = Vec::new();
        for (n, row) in rows.all(self.app.db.read()).await.unwrap().into_iter().enumerate() {
            self.last = row.id;
            assert_eq!(row.state, MessageState::Sent, "{}: {:?}", row.key, row.answer);
            let who = row.address.split('@').next().unwrap().to_owned();
            let raw = std::fs::read(self.app.folder.path().join("mail").join(row.answer.unwrap())).unwrap();
            let text = calendar_of(&raw);
            self.golden(&format!("{:02}-{name}-{}-{who}", self.stages, n + 1), &text);
            if who == self.who {
                std::fs::write(folder.join(format!("mail-{:03}.ics", n + 1)), &text).unwrap();
            }
            let method = text.lines().find_map(|line| line.strip_prefix("METHOD:")).unwrap().trim();
            told.push(format!("{who} {} {method}", row.kind));
        }
        let feed = self.app.get(&self.feed, "").await.expect(200).text();
        std::fs::write(folder.join("feed.ics"), feed).unwrap();
        self.truth.insert(format!("{:02}", self.stages), self.truth().await);
        told
    }

    /// What the client must show, by the rows: every session unless they were taken off.
    async fn truth(&self) -> Value {
        if !self.invited {
            return json!([]);
        }
        let rows = session::Entity::find().find_also_related(event::Entity).all(self.app.db.read()).await.unwrap();
        let stands = |(session, event): &(session::Model, event::Model)| {
            event.status == EventStatus::Scheduled && session.status != SessionStatus::Cancelled
        };
        let mut all: Vec<[String; 4]> = rows
            .into_iter()
            .filter_map(|(session, event)| Some((session, event?)))
            .filter(stands)
            .map(|(session, event)| {
                let at = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
                let span = shown::span(&session);
                let (from, to) = if span.all_day {
                    (span.day().to_string(), (span.last_day() + chrono::Days::new(1)).to_string())
                } else {
                    (at(span.start), at(span.end))
                };
                [from, to, shown::title(&event, &session).into(), shown::location(&event, &session).into()]
            })
            .collect();
        all.sort();
        json!(all)
    }

    /// Compares with a golden file, UIDs by their order of appearance; `PUFA_TEST_BLESS=1` writes it.
    fn golden(&mut self, name: &str, text: &str) {
        let unfolded = text.replace("\r\n ", "");
        let mut shown = text.replace("\r\n", "\n");
        for uid in unfolded.lines().filter_map(|line| line.strip_prefix("UID:")) {
            let next = self.uids.len() + 1;
            let n = *self.uids.entry(uid.trim().to_owned()).or_insert(next);
            shown = shown.replace(uid.trim(), &format!("uid-{n}"));
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(self.name);
        let path = folder.join(format!("{name}.ics"));
        if std::env::var_os("PUFA_TEST_BLESS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &shown).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no golden file {}", path.display()));
        assert_eq!(shown, golden, "{} differs", path.display());
    }

    /// Lets the client follow all stages: at each its calendar, the subscription and the rows must show the same, whoever
    /// expands them, and no file may be wrong by any reader.
    fn end(self) {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ical");
        let python = std::env::var("PUFA_TEST_PYTHON").expect("PUFA_TEST_PYTHON is not set: use tests/run");
        let by_python = run(Command::new(python).arg(scripts.join("life.py")).arg(&self.folder));
        assert_eq!(by_python["errors"], json!([]));
        let by_js = run(Command::new("node").arg(scripts.join("expand.mjs")).arg(&self.folder));
        for (stage, truth) in &self.truth {
            for (who, stages) in [("Python", &by_python["stages"]), ("ical.js", &by_js)] {
                for calendar in ["client", "feed"] {
                    assert_eq!(&stages[stage][calendar], truth, "{} of stage {stage}, as {who} reads it", calendar);
                }
            }
        }
    }
}

fn run(command: &mut Command) -> Value {
    let output = command.output().expect("the reader starts: use tests/run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON of the reader")
}

fn calendar_of(raw: &[u8]) -> String {
    let mail = MessageParser::default().parse(raw).expect("a mail");
    let part = mail.parts.iter().find(|p| p.content_type().is_some_and(|t| t.subtype() == Some("calendar")));
    String::from_utf8(part.expect("a calendar part").contents().to_vec()).unwrap()
}

fn id(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

/// The address of the nth sitting.
fn sitting(event: &Value, n: usize) -> String {
    format!("/api/v1/sessions/{}", id(&event["sessions"][n]))
}

fn body(key: &str, more: Value) -> Value {
    let mut body = json!({
        "key": key, "kind": "lecture", "title": "宪法与科技创新：新修订的科学技术进步法要点解读，及其在县域的实施", "org_code": "GQ-KJ",
        "location": "局三楼会议室", "topics": ["科学技术进步法"], "required": true,
        "audience": ["staff:KJ001", "staff:KJ002"],
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Everybody in `who` is told that, in this order.
fn each(who: &[&str], told: &str) -> Vec<String> {
    who.iter().map(|who| format!("{who} {told}")).collect()
}

const BOTH: [&str; 2] = ["kj001", "kj002"];

journeys! {
    async fn of_an_event_with_two_sessions(app: &TestApp) {
        let mut story = Story::begin(app, "plain").await;
        app.at("2025-12-01T09:00");
        let made = story.post("/api/v1/events", body("e", json!({"sessions": [
            {"key": "e-1", "starts_at": "2026-01-15T09:00", "ends_at": "2026-01-15T11:00"},
            {"key": "e-2", "starts_at": "2026-07-15", "ends_at": "2026-07-16", "all_day": true},
        ]}))).await;
        let event = format!("/api/v1/events/{}", id(&made));
        story.post(&format!("{event}/publish"), json!({"override": "另有测试"})).await;
        let told = story.stage("publish").await;
        assert_eq!(told, [each(&BOTH, "invitation REQUEST"), each(&BOTH, "invitation REQUEST")].concat());

        app.at("2025-12-02T09:00");
        story.patch(&sitting(&made, 0), json!({"starts_at": "2026-01-16T14:30", "ends_at": "2026-01-16T16:30"})).await;
        assert_eq!(story.stage("move").await, each(&BOTH, "update REQUEST"));

        app.at("2025-12-03T09:00");
        story.patch(&event, json!({"location": "县政务中心, 报告厅; 二楼"})).await;
        assert_eq!(story.stage("room").await, [each(&BOTH, "update REQUEST"), each(&BOTH, "update REQUEST")].concat());

        // A typo: shown at once in the subscription, and mailed to nobody.
        app.at("2025-12-03T10:00");
        // PostgreSQL gives rows that changed in another order.
        let sequence = |rows: &[session::Model]| rows.iter().map(|row| (row.id, row.sequence)).collect::<BTreeMap<_, _>>();
        let before = sequence(&session::Entity::find().all(app.db.read()).await.unwrap());
        story.patch(&event, json!({"topics": ["科学技术进步法", "宪法"], "contact": "办公室 2222222"})).await;
        assert_eq!(story.stage("typo").await, Vec::<String>::new());
        assert_eq!(sequence(&session::Entity::find().all(app.db.read()).await.unwrap()), before);

        app.at("2025-12-04T09:00");
        story.patch(&event, json!({"audience": ["staff:KJ001", "staff:KJ003"]})).await;
        let told = story.stage("take-off").await;
        let one = ["kj002 cancellation CANCEL", "kj003 invitation REQUEST"];
        assert_eq!(told, [one, one].concat());

        app.at("2025-12-05T09:00");
        story.post(&format!("{}/cancel", sitting(&made, 1)), json!({"reason": "场地检修"})).await;
        assert_eq!(story.stage("cancel-one").await, each(&["kj001", "kj003"], "cancellation CANCEL"));

        app.at("2025-12-06T09:00");
        story.post(&format!("{event}/cancel"), json!({"reason": "改为线上学习"})).await;
        assert_eq!(story.stage("cancel-all").await, each(&["kj001", "kj003"], "cancellation CANCEL"));
        story.end();
    }

    async fn of_a_series_in_one_mail_each(app: &TestApp) {
        let mut story = Story::begin(app, "series").await;
        app.at("2025-12-01T09:00");
        let series = json!({
            "key": "W", "starts_at": "2026-01-01T14:30", "ends_at": "2026-01-01T16:30",
            "rrule": "FREQ=WEEKLY;BYDAY=TH;COUNT=6", "on_day_off": "after",
        });
        let made = story.post("/api/v1/events", body("w", json!({ "series": series }))).await;
        let event = format!("/api/v1/events/{}", id(&made));
        story.post(&format!("{event}/publish"), json!({"override": "另有测试"})).await;
        assert_eq!(story.stage("publish").await, each(&BOTH, "invitation REQUEST"));

        app.at("2025-12-02T09:00");
        story.patch(&sitting(&made, 1), json!({"starts_at": "2026-01-09T09:00", "ends_at": "2026-01-09T11:30"})).await;
        assert_eq!(story.stage("move-one").await, each(&BOTH, "update REQUEST"));

        app.at("2025-12-03T09:00");
        story.patch(&sitting(&made, 2), json!({"location": "二楼"})).await;
        assert_eq!(story.stage("room-of-one").await, each(&BOTH, "update REQUEST"));

        app.at("2025-12-04T09:00");
        story.post(&format!("{}/cancel", sitting(&made, 3)), json!({"reason": "春节前停一次"})).await;
        assert_eq!(story.stage("cancel-one").await, each(&BOTH, "cancellation CANCEL"));

        app.at("2025-12-05T09:00");
        story.patch(&event, json!({"location": "报告厅"})).await;
        assert_eq!(story.stage("room").await, each(&BOTH, "update REQUEST"));

        app.at("2025-12-06T09:00");
        story.patch(&event, json!({"audience": ["staff:KJ001", "staff:KJ003"]})).await;
        assert_eq!(story.stage("take-off").await, ["kj002 cancellation CANCEL", "kj003 invitation REQUEST"]);

        app.at("2025-12-07T09:00");
        story.post(&format!("{}/restore", sitting(&made, 3)), json!({})).await;
        assert_eq!(story.stage("bring-back").await, each(&["kj001", "kj003"], "update REQUEST"));

        // Fridays, and two more: the rule is another one.
        app.at("2025-12-08T09:00");
        let change = json!({"series": {"rrule": "FREQ=WEEKLY;BYDAY=FR;COUNT=8", "starts_at": "2026-01-02T15:00", "ends_at": "2026-01-02T16:30"}});
        story.patch(&event, change).await;
        assert_eq!(story.stage("rule").await, each(&["kj001", "kj003"], "update REQUEST"));

        // From February on at another time: what is earlier stays as the earlier rule left it.
        app.at("2025-12-09T09:00");
        let change = json!({"series": {"starts_at": "2026-01-02T09:00", "ends_at": "2026-01-02T11:00", "from": "2026-02-01"}});
        story.patch(&event, change).await;
        assert_eq!(story.stage("from").await, each(&["kj001", "kj003"], "update REQUEST"));

        app.at("2025-12-10T09:00");
        story.patch(&sitting(&made, 4), json!({"starts_at": "2026-02-03T09:00", "ends_at": "2026-02-03T10:00"})).await;
        assert_eq!(story.stage("move-after").await, each(&["kj001", "kj003"], "update REQUEST"));

        app.at("2025-12-11T09:00");
        story.post(&format!("{event}/cancel"), json!({"reason": "另行安排"})).await;
        assert_eq!(story.stage("cancel-all").await, each(&["kj001", "kj003"], "cancellation CANCEL"));
        story.end();
    }

    async fn across_clock_changes_in_berlin_and_whole_days(app: &TestApp) {
        let mut story = Story::begin(app, "berlin").await;
        app.at("2025-12-01T09:00");
        let series = json!({
            "key": "B", "starts_at": "2026-01-14T09:00", "ends_at": "2026-01-14T11:00", "rrule": "FREQ=MONTHLY;BYDAY=2WE;UNTIL=20260731",
        });
        let more = json!({ "series": series, "time_zone": "Europe/Berlin", "audience": ["staff:KJ001"] });
        let made = story.post("/api/v1/events", body("b", more)).await;
        let event = format!("/api/v1/events/{}", id(&made));
        story.post(&format!("{event}/publish"), json!({"override": "另有测试"})).await;
        assert_eq!(story.stage("publish").await, ["kj001 invitation REQUEST"]);
        let truth = &story.truth["01"];
        assert_eq!((&truth[0][0], &truth[6][0]), (&json!("2026-01-14T08:00:00Z"), &json!("2026-07-08T07:00:00Z")));

        app.at("2025-12-02T09:00");
        story.patch(&sitting(&made, 6), json!({"starts_at": "2026-07-09T09:00", "ends_at": "2026-07-09T11:00"})).await;
        assert_eq!(story.stage("move-july").await, ["kj001 update REQUEST"]);

        let series = json!({"key": "D", "starts_at": "2026-01-05", "ends_at": "2026-01-06", "rrule": "FREQ=WEEKLY;INTERVAL=2;COUNT=4"});
        let made = story.post("/api/v1/events", body("d", json!({ "series": series, "audience": ["staff:KJ001"] }))).await;
        let event = format!("/api/v1/events/{}", id(&made));
        story.post(&format!("{event}/publish"), json!({"override": "另有测试"})).await;
        assert_eq!(story.stage("whole-days").await, ["kj001 invitation REQUEST"]);
        app.at("2025-12-03T09:00");
        story.patch(&sitting(&made, 1), json!({"starts_at": "2026-01-21", "ends_at": "2026-01-21"})).await;
        assert_eq!(story.stage("move-a-day").await, ["kj001 update REQUEST"]);
        app.at("2025-12-04T09:00");
        story.post(&format!("{}/cancel", sitting(&made, 0)), json!({})).await;
        assert_eq!(story.stage("cancel-first").await, ["kj001 cancellation CANCEL"]);
        story.end();
    }

    async fn of_somebody_who_is_taken_off_and_put_back(app: &TestApp) {
        let mut story = Story::of(app, "back", "kj002").await;
        app.at("2025-12-01T09:00");
        let one = json!({"sessions": [{"key": "o-1", "starts_at": "2026-01-15T09:00", "ends_at": "2026-01-15T11:00"}]});
        let one = format!("/api/v1/events/{}", id(&story.post("/api/v1/events", body("o", one)).await));
        let series = json!({"key": "W", "starts_at": "2026-01-08T14:30", "ends_at": "2026-01-08T16:30", "rrule": "FREQ=WEEKLY;COUNT=4"});
        let made = story.post("/api/v1/events", body("w", json!({ "series": series }))).await;
        let weekly = format!("/api/v1/events/{}", id(&made));
        for event in [&one, &weekly] {
            story.post(&format!("{event}/publish"), json!({"override": "另有测试"})).await;
        }
        assert_eq!(story.stage("publish").await, [each(&BOTH, "invitation REQUEST"), each(&BOTH, "invitation REQUEST")].concat());
        for (day, stage) in [("02", "off"), ("05", "off-again")] {
            app.at(&format!("2025-12-{day}T09:00"));
            for event in [&one, &weekly] {
                story.patch(event, json!({"audience": ["staff:KJ001"]})).await;
            }
            story.invited = false;
            assert_eq!(story.stage(stage).await, ["kj002 cancellation CANCEL"; 2]);
            app.at(&format!("2025-12-{day}T09:10"));
            for event in [&one, &weekly] {
                story.patch(event, json!({"audience": ["staff:KJ001", "staff:KJ002"]})).await;
            }
            story.invited = true;
            assert_eq!(story.stage("back").await, ["kj002 invitation REQUEST"; 2]);
        }
        app.at("2025-12-06T09:00");
        story.patch(&sitting(&made, 2), json!({"starts_at": "2026-01-23T14:30", "ends_at": "2026-01-23T16:30"})).await;
        assert_eq!(story.stage("move").await, each(&BOTH, "update REQUEST"));
        story.end();
    }

    async fn deeds_on_a_series_are_taken_back_in_one_mail(app: &TestApp) {
        let mut story = Story::begin(app, "undo").await;
        app.at("2025-12-01T09:00");
        let series = json!({"key": "W", "starts_at": "2026-01-08T14:30", "ends_at": "2026-01-08T16:30", "rrule": "FREQ=WEEKLY;COUNT=4"});
        let made = story.post("/api/v1/events", body("w", json!({ "series": series }))).await;
        let event = format!("/api/v1/events/{}", id(&made));
        story.post(&format!("{event}/publish"), json!({"override": "另有测试"})).await;
        assert_eq!(story.stage("publish").await, each(&BOTH, "invitation REQUEST"));
        app.at("2025-12-02T09:00");
        story.post(&format!("{event}/cancel"), json!({"reason": "误操作"})).await;
        assert_eq!(story.stage("cancel").await, each(&BOTH, "cancellation CANCEL"));
        app.at("2025-12-02T09:01");
        story.post(&format!("{event}/undo"), Value::Null).await;
        assert_eq!(story.stage("undo-cancel").await, each(&BOTH, "invitation REQUEST"));
        app.at("2025-12-03T09:00");
        story.patch(&sitting(&made, 2), json!({"starts_at": "2026-01-23T14:30", "ends_at": "2026-01-23T16:30"})).await;
        assert_eq!(story.stage("move").await, each(&BOTH, "update REQUEST"));
        app.at("2025-12-03T09:01");
        story.post(&format!("{event}/undo"), Value::Null).await;
        assert_eq!(story.stage("undo-move").await, each(&BOTH, "update REQUEST"));
        // Not delivered yet: nobody hears of it.
        app.at("2025-12-04T09:00");
        story.post(&format!("{}/cancel", sitting(&made, 0)), json!({})).await;
        app.at("2025-12-04T09:01");
        story.post(&format!("{event}/undo"), Value::Null).await;
        assert_eq!(story.stage("undo-untold").await, Vec::<String>::new());
        story.end();
    }

    async fn a_whole_invitation_is_read_by_pythons_email_as_it_was_meant(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        // Names and addresses as people have them, and as nobody should.
        for (number, name, address) in [
            ("KJ001", "干部\"KJ\";01\r\nBcc: victim@example.test", "kj001@localhost"),
            ("KJ002", "x\r\nATTENDEE:mailto:victim@example.test", "干部@例子.测试"),
            ("KJ003", "干部KJ03", "\"a b\"@example.test\r\nRCPT TO:<victim@example.test>"),
        ] {
            person::Entity::update_many()
                .col_expr(person::Column::Name, Expr::value(name))
                .col_expr(person::Column::Email, Expr::value(address))
                .filter(person::Column::StaffNo.eq(number))
                .exec(app.db.write())
                .await
                .unwrap();
        }
        let more = json!({
            "audience": ["group:center-group"],
            "sessions": [
                {"key": "m-1", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"},
                {"key": "m-2", "starts_at": "2024-03-27T09:00", "ends_at": "2024-03-27T11:00"},
            ],
        });
        let made = app.post("/api/v1/events", &token, body("m", more)).await.expect(201).json();
        let path = format!("/api/v1/events/{}/publish", id(&made));
        app.post(&path, &token, json!({"override": "另有测试"})).await.expect(200);
        deliver(app).await;
        let rows = outbox::Entity::find().order_by_asc(outbox::Column::Id).all(app.db.read()).await.unwrap();
        let of = |address: &str| rows.iter().filter(|row| row.address.starts_with(address)).collect::<Vec<_>>();
        // An address that is none goes nowhere, and says so.
        assert_eq!(of("\"a b\"").len(), 2);
        for row in of("\"a b\"") {
            assert_eq!(row.state, MessageState::Dead, "{:?}", row.answer);
        }
        let python = std::env::var("PUFA_TEST_PYTHON").expect("PUFA_TEST_PYTHON is not set: use tests/run");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ical/mime.py");
        for (address, count) in [("kj001@localhost", 2), ("干部@", 2)] {
            let mails = of(address);
            assert_eq!(mails.len(), count);
            for (n, row) in mails.into_iter().enumerate() {
                assert_eq!(row.state, MessageState::Sent, "{address}: {:?}", row.answer);
                let file = app.folder.path().join("mail").join(row.answer.as_ref().unwrap());
                let mail = run(Command::new(&python).arg(&script).arg(&file));
                let names: Vec<&str> = mail["headers"].as_array().unwrap().iter().map(|one| one[0].as_str().unwrap()).collect();
                assert_eq!(names, ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"], "{mail}");
                assert_eq!(mail["to"].as_array().unwrap().len(), 1);
                let body = &mail["body"];
                let kinds: Vec<&Value> = body["parts"].as_array().unwrap().iter().map(|part| &part["type"]).collect();
                assert_eq!((&body["type"], kinds), (&json!("multipart/mixed"), vec![&json!("multipart/alternative"), &json!("application/ics")]));
                let inner = body["parts"][0]["parts"].as_array().unwrap();
                let kinds: Vec<&Value> = inner.iter().map(|part| &part["type"]).collect();
                assert_eq!(kinds, ["text/plain", "text/html", "text/calendar"]);
                let calendar = &inner[2];
                assert_eq!(calendar["parameters"], json!({"charset": "utf-8", "method": "REQUEST"}));
                assert_eq!((&calendar["encoding"], &calendar["disposition"]), (&json!("base64"), &Value::Null));
                let attached = &body["parts"][1];
                assert_eq!((&attached["disposition"], &attached["file"]), (&json!("attachment"), &json!("invite.ics")));
                assert_eq!(attached["text"], calendar["text"]);
                assert!(calendar["text"].as_str().unwrap().contains("\r\nMETHOD:REQUEST\r\n"));
                assert!(!mail.to_string().contains("\"defects\":[\""), "{mail}");
                // The first tells of both.
                let text = inner[0]["text"].as_str().unwrap();
                assert_eq!(text.contains("第2场"), n == 0, "{text}");
            }
        }
    }
}
