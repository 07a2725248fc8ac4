//! `pufa doctor` and `pufa mail test`: what is well and what is not, told with what to do; against real mail servers.

mod mail;

use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::TimeDelta;
use entity::outbox;
use entity::state::{MessageKind, MessageState};
use entity::{audit, mail_sender, mail_trouble, revision};
use pufa::access::sign_in::mail_link;
use pufa::config::Config;
use pufa::db::Db;
use pufa::doctor::{Finding, Fonts, Grade, examine};
use pufa::locale::Lang;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use sea_orm_migration::seaql_migrations;
use serde_json::json;

use crate::harness::{Authority, Backend, Certificate, Dovecot, SecureSmtp, TestApp};

const USER: (&str, &str) = ("pufa@example.test", "geheim@:/1");
const SIGNED: &str = "pufa%40example.test:geheim%40%3A%2F1";

/// What the program said, and its exit code.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

/// The real program with these settings, in a folder of its own, speaking English.
fn pufa(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_pufa"))
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .envs(settings.iter().copied())
        .output()
        .expect("pufa starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn fonts() -> Fonts {
    Fonts::Known(vec!["Noto Serif CJK SC".to_owned()])
}

/// What is found, in both languages whole. The tests' clock is years behind PostgreSQL's: that is noticed, and left out.
async fn findings(config: &Config, app: &TestApp) -> Vec<Finding> {
    let mut found = examine(config, &fonts(), app.now()).await.findings;
    let is_usable = found.iter().any(|finding| finding.key == "database-writable");
    let apart = found.iter().filter(|one| one.key == "clock-apart" && one.grade == Grade::Fail).count();
    assert_eq!(apart, usize::from(app.backend == Backend::Postgres && is_usable), "{found:?}");
    found.retain(|finding| finding.key != "clock-apart");
    for finding in &found {
        for lang in Lang::ALL {
            let line = finding.line(lang);
            assert!(!line.contains("doctor-") && !line.contains("{$"), "{line}");
        }
    }
    found
}

fn keys(findings: &[Finding], grade: Grade) -> Vec<&'static str> {
    findings.iter().filter(|finding| finding.grade == grade).map(|finding| finding.key).collect()
}

fn row(key: &str, state: MessageState, app: &TestApp, ago: TimeDelta) -> outbox::ActiveModel {
    outbox::ActiveModel {
        key: Set(key.to_owned()),
        kind: Set(MessageKind::Invitation),
        address: Set("a@example.test".to_owned()),
        domain: Set("example.test".to_owned()),
        state: Set(state),
        attempts: Set(1),
        next_at: Set(app.now() - ago),
        message_id: Set(uuid::Uuid::new_v4().to_string()),
        answer: Set(Some("550 5.1.1 no such mailbox".to_owned())),
        created_at: Set(app.now() - ago),
        ..Default::default()
    }
}

journeys! {
    async fn a_site_that_is_well_is_told_so_and_nothing_is_changed_or_sent(app: &TestApp) {
        let authority = Authority::new();
        let smtp = SecureSmtp::start("starttls", Some(authority.sign(Certificate::Good)), Some(USER));
        let url = smtp.url("smtp", SIGNED, "127.0.0.1");
        let ca = authority.file();
        let settings = [
            ("PUFA__DATABASE__URL", app.config.database.url.as_str()),
            ("PUFA__SERVER__PUBLIC_URL", "https://pufa.example.test"),
            ("PUFA__SERVER__BEHIND_PROXY", "true"),
            ("PUFA__MAIL__URL", &url),
            ("PUFA__MAIL__TLS", "required"),
            ("PUFA__MAIL__CA_FILE", ca.to_str().unwrap()),
            ("PUFA__MAIL__FROM", "普法 <pufa@kj.example.test>"),
        ];
        let said = pufa(app.folder.path(), &["doctor"], &settings);
        assert_eq!(said.code, Some(0), "{}\n{}", said.out, said.err);
        for part in [
            "ok    configuration: read; listens on 127.0.0.1:8080, reached at https://pufa.example.test",
            "ok    database: the schema is up to date", "ok    database: can be written", "TLS 1.3",
"ok    mail: signed in as pufa@example.test",
            "ok    outbox: 0 waiting", "ok    clock: ", "fonts: ", "kj.example.test. IN TXT \"v=spf1 ip4:RELAY_ADDRESS -all\"",
            "pufa._domainkey.kj.example.test. IN TXT", "_dmarc.kj.example.test. IN TXT \"v=DMARC1; p=none;",
        ] {
            assert!(said.out.contains(part), "{part}\n{}", said.out);
        }
        assert!(!said.out.contains("FAIL") && !said.out.contains("geheim"), "{}", said.out);
        // The tests' PostgreSQL is told not to wait for the disk.
        let durable = match app.backend {
            Backend::Sqlite => "ok    database: what is committed is on disk",
            Backend::Postgres => "warn  database: fsync is off",
        };
        assert!(said.out.contains(durable), "{}", said.out);
        let chinese = pufa(app.folder.path(), &["doctor"], &[&settings[..], &[("LC_ALL", "zh_CN.UTF-8")]].concat());
        assert!(chinese.out.contains("邮件：以 pufa@example.test 登录成功"), "{}", chinese.out);
        assert!(smtp.taken().is_empty(), "nothing is sent");
        let counters = revision::Entity::find().filter(revision::Column::Name.eq("doctor"));
        assert_eq!(counters.count(app.db.read()).await.unwrap(), 0, "what it wrote is taken back");
    }

    async fn what_keeps_mail_from_people_is_told_by_number_and_reason(app: &TestApp) {
        app.world().await;
        assert_eq!(keys(&findings(&app.config, app).await, Grade::Fail), Vec::<&str>::new());
        let db = app.db.write();
        let hour = TimeDelta::hours(1);
        for n in 0..3 {
            row(&format!("dead{n}"), MessageState::Dead, app, hour).insert(db).await.unwrap();
        }
        let mut held = row("held", MessageState::Queued, app, hour);
        held.lease_until = Set(Some(app.now() - hour));
        held.leased_by = Set(Some("gone".to_owned()));
        held.insert(db).await.unwrap();
        row("later", MessageState::Failed, app, -hour).insert(db).await.unwrap();
        mail_trouble::Entity::insert(mail_trouble::ActiveModel {
            address: Set("b@example.test".to_owned()),
            permanent: Set(true),
            status: Set("5.1.1".to_owned()),
            reason: Set("no such mailbox".to_owned()),
            times: Set(1),
            first_at: Set(app.now()),
            last_at: Set(app.now()),
        }).exec_without_returning(db).await.unwrap();
        let found = findings(&app.config, app).await;
        let told = |key: &str| found.iter().find(|one| one.key == key).unwrap_or_else(|| panic!("{key}")).line(Lang::En);
        assert!(told("outbox-stuck").starts_with("warn  outbox: 1 should have gone out, the oldest 60 minutes ago"));
        assert!(told("outbox-leases").contains("1 still held"), "{}", told("outbox-leases"));
        assert!(told("outbox-dead").contains("3 given up; the last one's answer: 550 5.1.1"), "{}", told("outbox-dead"));
        assert!(told("outbox-addresses").contains("1 addresses"));
        app.clock.set(app.now() + TimeDelta::days(2));
        assert_eq!(keys(&findings(&app.config, app).await, Grade::Fail), ["outbox-stuck"]);
    }

    async fn a_link_to_sign_in_is_late_once_somebody_waited_for_it(app: &TestApp) {
        app.world().await;
        let tx = app.db.begin().await.unwrap();
        mail_link(&tx, "kj001@example.test", &app.config.access, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        let stuck = async || findings(&app.config, app).await.into_iter().find(|one| one.key == "outbox-stuck");
        assert!(stuck().await.is_none(), "it was asked for just now");
        app.clock.set(app.now() + TimeDelta::minutes(20));
        let found = stuck().await.expect("nobody sends it");
        assert_eq!(found.grade, Grade::Warn);
        assert!(found.line(Lang::En).contains("the oldest 20 minutes ago"), "{}", found.line(Lang::En));
    }

    async fn a_clock_that_went_back_is_noticed(app: &TestApp) {
        audit::ActiveModel {
            at: Set(app.now()), actor: Set("command".to_owned()), action: Set("x".to_owned()),
            subject: Set("x".to_owned()), detail: Set(json!({})), ..Default::default()
        }.insert(app.db.write()).await.unwrap();
        let far = |found: &[Finding]| keys(found, Grade::Fail).contains(&"clock-behind");
        assert!(!far(&findings(&app.config, app).await));
        app.clock.set(app.now() - TimeDelta::minutes(1));
        assert!(!far(&findings(&app.config, app).await), "a little is no matter");
        app.clock.set(app.now() - TimeDelta::minutes(2));
        assert!(far(&findings(&app.config, app).await));
    }

    async fn each_sender_of_an_organisation_gets_its_records(app: &TestApp) {
        app.world().await;
        for (org, address) in [("GQ-SF", "fa@sf.example.test"), ("GQ-TZ", "tz@example.test"), ("ZB-KJ", "科技局")] {
            let sender = mail_sender::ActiveModel {
                organisation_id: Set(app.org_id(org).await), name: Set("普法".to_owned()),
                address: Set(address.to_owned()), updated_at: Set(app.now()), updated_by: Set("command".to_owned()),
            };
            mail_sender::Entity::insert(sender).exec_without_returning(app.db.write()).await.unwrap();
        }
        let report = examine(&app.config, &fonts(), app.now()).await;
        let domains: Vec<_> = report.records.iter().map(|records| records.domain.as_str()).collect();
        assert_eq!(domains, ["example.test", "sf.example.test"]);
        assert_eq!(keys(&findings(&app.config, app).await, Grade::Fail), ["mail-sender"]);
    }

    async fn a_schema_that_is_behind_or_ahead_is_told_apart(app: &TestApp) {
        let step = seaql_migrations::ActiveModel { version: Set("m29990101_000001_later".to_owned()), applied_at: Set(0) };
        step.insert(app.db.write()).await.unwrap();
        assert_eq!(keys(&findings(&app.config, app).await, Grade::Fail), ["database-newer"]);
        seaql_migrations::Entity::delete_by_id("m29990101_000001_later").exec(app.db.write()).await.unwrap();
        app.db.migrate_back(1).await.unwrap();
        let warned = keys(&findings(&app.config, app).await, Grade::Warn);
        assert!(warned.contains(&"database-pending"), "{warned:?}");
    }

    async fn an_empty_database_and_none_are_told_apart(app: &TestApp) {
        app.db.migrate_back(Db::known_migrations().len()).await.unwrap();
        let warned = keys(&findings(&app.config, app).await, Grade::Warn);
        assert!(warned.contains(&"database-empty"), "{warned:?}");
        let mut config = app.config.clone();
        config.database.url = "postgres://nobody:very-secret@127.0.0.1:1/none".to_owned();
        let found = findings(&config, app).await;
        assert_eq!(keys(&found, Grade::Fail), ["database"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_missing_or_damaged_or_something_else_is_told_so() {
    let app = TestApp::start(Backend::Sqlite).await;
    let mut config = app.config.clone();
    let path = |name: &str| app.folder.path().join(name);
    let mut found_in = async |file: PathBuf| {
        config.database.url = format!("sqlite://{}", file.display());
        findings(&config, &app).await
    };
    let missing = path("none/pufa.db");
    assert!(keys(&found_in(missing.clone()).await, Grade::Warn).contains(&"database-missing"));
    assert!(!missing.parent().unwrap().exists(), "looking makes nothing");
    assert_eq!(keys(&found_in("/proc/none/pufa.db".into()).await, Grade::Fail), ["database-folder"]);

    let other = path("other.db");
    std::fs::write(&other, "姓名,单位\n".repeat(1_000)).unwrap();
    assert_eq!(keys(&found_in(other).await, Grade::Fail), ["database"]);

    // A page of a copy overwritten in the middle: the file opens, and its contents are gone.
    let copy = path("copy.db");
    pufa::backup::save(&app.db, &copy, app.now()).await.unwrap();
    assert!(!keys(&found_in(copy.clone()).await, Grade::Fail).contains(&"database-damaged"));
    let mut bytes = std::fs::read(&copy).unwrap();
    let (from, to) = (bytes.len() / 2, bytes.len() - 4_096);
    bytes[from..to].fill(0x5a);
    std::fs::write(&copy, bytes).unwrap();
    let failed = keys(&found_in(copy).await, Grade::Fail);
    assert!(failed.iter().any(|key| ["database-damaged", "database"].contains(key)), "{failed:?}");
}

#[test]
fn settings_that_cannot_be_read_are_a_finding_too() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in
        [("PUFA__MAIL__TLS", "sometimes"), ("PUFA__SERVER__LISTEN", "8080"), ("PUFA__MAIL__QUITE", "x")]
    {
        let said = pufa(folder.path(), &["doctor"], &[(name, value)]);
        assert_eq!(said.code, Some(1), "{}", said.out);
        assert!(said.out.starts_with("FAIL  configuration: cannot be read: "), "{}", said.out);
        assert!(said.out.contains(" — "), "{}", said.out);
    }
    let said =
        pufa(folder.path(), &["doctor"], &[("PUFA__MAIL__URL", "smtps://u:geheim@x/y"), ("PUFA__MAIL__FROM", "x")]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.out.contains("FAIL  mail: the settings are wrong: mail.url: ") && !said.out.contains("geheim"),
        "{}",
        said.out
    );
}

#[test]
fn it_works_beside_a_server_that_runs() {
    // Two at once on one file: the one that writes last waits for the other.
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(pufa(folder.path(), &["migrate"], &[]).code, Some(0));
    let database = folder.path().join("data/pufa.db");
    let other = rusqlite::Connection::open(&database).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let path = folder.path().to_owned();
    let doctor = std::thread::spawn(move || pufa(&path, &["doctor"], &[]));
    std::thread::sleep(std::time::Duration::from_millis(800));
    other.execute_batch("commit").unwrap();
    let said = doctor.join().unwrap();
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("warn  mail: is only kept in the folder"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailbox_is_looked_at_and_left_as_it_is() {
    let app = TestApp::start(Backend::Sqlite).await;
    let dovecot = Dovecot::up(1_000);
    dovecot.deliver(b"From: a@x.test\r\nSubject: hello\r\n\r\nHello.\r\n");
    let mut config = app.config.clone();
    let mut told = async |url: String, ca: &str| {
        (config.mailbox.url, config.mailbox.ca, config.mailbox.timeout) = (url, ca.to_owned(), 2);
        let found = findings(&config, &app).await.into_iter().find(|finding| finding.key.starts_with("mailbox"));
        found.expect("a finding").line(Lang::En)
    };
    let (ca, port, tls_port) = (dovecot.ca(), dovecot.port, dovecot.tls_port);
    let good = told(format!("imaps://pufa:secret%20word@127.0.0.1:{tls_port}"), &ca).await;
    assert!(good.starts_with("ok    mailbox: pufa@127.0.0.1:") && good.contains("1 in the folder"), "{good}");
    assert_eq!(dovecot.held("INBOX"), (1, 0), "nothing is flagged or moved");
    for (url, ca, part) in [
        (format!("imap://pufa:secret%20word@127.0.0.1:{port}/nowhere"), ca.as_str(), "open the folder"),
        (format!("imaps://pufa:secret%20word@127.0.0.1:{tls_port}"), "", "TLS"),
        ("imap://pufa:secret@127.0.0.1:1".to_owned(), "", "connect"),
        ("pop3://pufa:secret@127.0.0.1".to_owned(), "", "mailbox.url"),
        // Last: after a wrong password this server makes the next caller wait.
        (format!("imap://pufa:mistaken@127.0.0.1:{port}"), ca.as_str(), "sign in"),
    ] {
        let line = told(url, ca).await;
        assert!(line.starts_with("FAIL  mailbox: ") && line.contains(part) && line.contains(" — "), "{line}");
        assert!(!line.contains("secret") && !line.contains("mistaken"), "{line}");
    }
}
