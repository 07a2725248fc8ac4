//! `pufa doctor` and `pufa mail test`: what is well and what is not, told with what to do; against real mail servers.

use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::TimeDelta;
use entity::id::OutboxId;
use entity::outbox;
use entity::state::{MessageKind, MessageState, Scope};
use entity::{audit, mail_sender, mail_trouble, revision};
use pufa::clock::{Clock, SystemClock};
use pufa::config::{Config, TlsPolicy};
use pufa::db::Db;
use pufa::doctor::{Finding, Fonts, Grade, examine};
use pufa::locale::Lang;
use pufa::notify::{Cause, Flaw, Look, Mailer, Trouble};
use pufa::state::Mode;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use sea_orm_migration::seaql_migrations;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::harness::{Authority, Backend, Certificate, SecureSmtp, TestApp};

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

async fn findings(config: &Config, app: &TestApp) -> Vec<Finding> {
    let found = examine(config, &fonts(), app.now()).await.findings;
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
            "ok    database: what is committed is on disk", "ok    mail: signed in as pufa@example.test",
            "ok    outbox: 0 waiting", "ok    clock: ", "fonts: ", "kj.example.test. IN TXT \"v=spf1 ip4:RELAY_ADDRESS -all\"",
            "pufa._domainkey.kj.example.test. IN TXT", "_dmarc.kj.example.test. IN TXT \"v=DMARC1; p=none;",
        ] {
            // What tests run on need not be well kept: only the rest of the line counts.
            assert!(said.out.contains(part), "{part}\n{}", said.out);
        }
        assert!(!said.out.contains("FAIL") && !said.out.contains("geheim"), "{}", said.out);
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
        assert_eq!(keys(&report.findings, Grade::Fail), ["mail-sender"]);
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

/// A look at a server by these settings.
async fn look(url: String, tls: TlsPolicy, ca: Option<&Path>) -> Result<Look, Trouble> {
    let mut mail = Config::defaults().unwrap().mail;
    (mail.url, mail.tls, mail.timeout) = (url, tls, 2);
    mail.ca_file = ca.map(|ca| ca.display().to_string()).unwrap_or_default();
    Mailer::new(&mail).unwrap().look(SystemClock.now()).await.expect("a server")
}

async fn cause(url: String, tls: TlsPolicy, ca: Option<&Path>) -> Cause {
    let trouble = look(url, tls, ca).await.expect_err("a trouble");
    assert!(!trouble.said.contains("geheim"), "{trouble:?}");
    trouble.cause
}

#[tokio::test]
async fn starttls_is_used_as_the_policy_demands() {
    use TlsPolicy::{None as Never, Opportunistic, Required};
    let authority = Authority::new();
    let ca = authority.file();
    let smtp = SecureSmtp::start("starttls", Some(authority.sign(Certificate::Good)), None);
    let url = || smtp.url("smtp", "", "127.0.0.1");
    let trusted = look(url(), Required, Some(&ca)).await.unwrap();
    let tls = trusted.tls.unwrap().unwrap();
    assert_eq!((tls.version.as_str(), tls.certificate, tls.ends_soon), ("TLS 1.3", None, false));
    assert_eq!((trusted.name.as_str(), trusted.user), ("relay.example.test", None));
    let tolerated = look(url(), Opportunistic, None).await.unwrap().tls.unwrap().unwrap();
    assert_eq!(tolerated.certificate, Some(Flaw::UnknownIssuer));
    assert_eq!(cause(url(), Required, None).await, Cause::Certificate(Flaw::UnknownIssuer));
    assert_eq!(look(url(), Never, None).await.unwrap().tls, None);
    let plain = SecureSmtp::start("plain", None, None);
    assert_eq!(look(plain.url("smtp", "", "127.0.0.1"), Opportunistic, None).await.unwrap().tls, None);
    assert_eq!(cause(plain.url("smtp", "", "127.0.0.1"), Required, None).await, Cause::NoTls);
}

#[tokio::test]
async fn a_certificate_that_is_wrong_is_named_by_what_is_wrong() {
    use TlsPolicy::{Opportunistic, Required};
    let authority = Authority::new();
    let ca = authority.file();
    for (certificate, flaw) in [
        (Certificate::Expired, Flaw::Expired),
        (Certificate::Early, Flaw::NotYetValid),
        (Certificate::OtherName, Flaw::OtherName),
    ] {
        let smtp = SecureSmtp::start("starttls", Some(authority.sign(certificate)), None);
        let url = || smtp.url("smtp", "", "127.0.0.1");
        assert_eq!(cause(url(), Required, Some(&ca)).await, Cause::Certificate(flaw.clone()));
        let seen = look(url(), Opportunistic, Some(&ca)).await.unwrap().tls.unwrap().unwrap();
        assert_eq!(seen.certificate, Some(flaw));
    }
    let smtp = SecureSmtp::start("smtps", Some(authority.sign(Certificate::Ending)), None);
    let seen = look(smtp.url("smtps", "", "127.0.0.1"), Required, Some(&ca)).await.unwrap().tls.unwrap().unwrap();
    assert_eq!((seen.certificate, seen.ends_soon), (None, true));
    assert_eq!(
        cause(smtp.url("smtps", "", "127.0.0.1"), Required, None).await,
        Cause::Certificate(Flaw::UnknownIssuer)
    );
}

#[tokio::test]
async fn ports_and_names_that_are_wrong_are_told_apart() {
    use TlsPolicy::{Opportunistic, Required};
    let plain = SecureSmtp::start("plain", None, None);
    assert_eq!(cause(plain.url("smtps", "", "127.0.0.1"), Required, None).await, Cause::Handshake);
    assert_eq!(cause("smtp://127.0.0.1:1".to_owned(), Opportunistic, None).await, Cause::Unreachable);
    assert_eq!(cause("smtp://nowhere.invalid".to_owned(), Opportunistic, None).await, Cause::Unknown);
    let silent = SecureSmtp::start("silent", None, None);
    assert_eq!(cause(silent.url("smtp", "", "127.0.0.1"), Opportunistic, None).await, Cause::Unreachable);
}

#[tokio::test]
async fn a_password_goes_out_encrypted_or_not_at_all() {
    use TlsPolicy::{Opportunistic, Required};
    let authority = Authority::new();
    let ca = authority.file();
    let smtp = SecureSmtp::start("starttls", Some(authority.sign(Certificate::Good)), Some(USER));
    let good = look(smtp.url("smtp", SIGNED, "127.0.0.1"), Required, Some(&ca)).await.unwrap();
    assert_eq!(good.user.as_deref(), Some(USER.0));
    let wrong = smtp.url("smtp", "pufa%40example.test:geheim2", "127.0.0.1");
    assert_eq!(cause(wrong, Required, Some(&ca)).await, Cause::Password);
    // To this machine itself it may go in the clear; 0.0.0.0 is this machine too, under a name that does not say so.
    let plain = SecureSmtp::start("plain", None, Some(USER));
    let here = look(plain.url("smtp", SIGNED, "127.0.0.1"), Opportunistic, None).await.unwrap();
    assert_eq!((here.tls, here.user.as_deref()), (None, Some(USER.0)));
    assert_eq!(cause(plain.url("smtp", SIGNED, "0.0.0.0"), Opportunistic, None).await, Cause::NoTls);
    let open = SecureSmtp::start("starttls", Some(authority.sign(Certificate::Good)), None);
    assert_eq!(
        cause(open.url("smtp", SIGNED, "0.0.0.0"), Opportunistic, None).await,
        Cause::Certificate(Flaw::UnknownIssuer)
    );
}

#[test]
fn mail_test_shows_who_sends_how_it_is_encrypted_and_the_answer() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let smtp = SecureSmtp::start("smtps", Some(authority.sign(Certificate::Good)), Some(USER));
    let (url, ca) = (smtp.url("smtps", SIGNED, "127.0.0.1"), authority.file());
    let settings = [
        ("PUFA__MAIL__URL", url.as_str()),
        ("PUFA__MAIL__CA_FILE", ca.to_str().unwrap()),
        ("PUFA__MAIL__FROM", "普法 <pufa@kj.example.test>"),
    ];
    let said = pufa(folder.path(), &["mail", "test", "a@example.test"], &settings);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    for part in ["普法 <pufa@kj.example.test>", "TLS 1.3", "signed in as pufa@example.test", "250 2.0.0 taken"] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    assert_eq!(pufa(folder.path(), &["mail", "test", "nobody"], &settings).code, Some(1));
    let wrong = url.replace("geheim", "falsch");
    let refused = pufa(
        folder.path(),
        &["mail", "test", "a@example.test"],
        &[&settings[1..], &[("PUFA__MAIL__URL", &wrong)]].concat(),
    );
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("takes neither user nor password: 535") && refused.err.contains(" — "),
        "{}",
        refused.err
    );
    assert!(!refused.err.contains("falsch") && !refused.err.contains("geheim"), "{}", refused.err);
    let taken = smtp.taken();
    assert_eq!(taken.len(), 1, "{taken:?}");
    let mail = &taken[0];
    assert_eq!((mail.to.as_slice(), mail.from.as_str()), (&["a@example.test".to_owned()][..], "pufa@kj.example.test"));
    assert_eq!((mail.tls.as_deref(), mail.user.as_deref()), (Some("TLSv1.3"), Some(USER.0)));
}

/// A password that is wrong is a matter of the settings: mail waits, and goes out once they are right.
async fn wrong_password(backend: Backend) {
    let authority = Authority::new();
    let ca = authority.file();
    let smtp = SecureSmtp::start("starttls", Some(authority.sign(Certificate::Good)), Some(USER));
    let (wrong, right) =
        (smtp.url("smtp", "pufa%40example.test:falsch", "127.0.0.1"), smtp.url("smtp", SIGNED, "127.0.0.1"));
    let app = TestApp::start_with(backend, Mode::Normal, |config| {
        (config.mail.url, config.mail.tls, config.mail.connections) = (wrong, TlsPolicy::Required, 2);
        config.mail.ca_file = ca.display().to_string();
    })
    .await;
    app.world().await;
    let token = app.token("GQ-KJ", Scope::Manage).await;
    let event = json!({
        "key": "E1", "kind": "joint_study", "title": "学法", "org_code": "GQ-KJ", "required": true,
        "audience": ["org:GQ-KJ"],
        "sessions": [{"key": "E1-1", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"}],
    });
    let made = app.post("/api/v1/events", &token, event).await.expect(201).json();
    let id = made["id"].as_i64().map_or_else(|| made["id"].as_str().unwrap().to_owned(), |id| id.to_string());
    app.post(&format!("/api/v1/events/{id}/publish"), &token, json!({"override": "测试"})).await.expect(200);
    pufa::jobs::deliver(&app, &CancellationToken::new()).await.unwrap();
    let rows = outbox::Entity::find().all(app.db.read()).await.unwrap();
    assert!(
        rows.iter().all(|row| [MessageState::Queued, MessageState::Failed].contains(&row.state)),
        "none is given up"
    );
    let tried: Vec<OutboxId> = rows.iter().filter(|row| row.attempts > 0).map(|row| row.id).collect();
    // As many as go out at once; the others are not tried at all.
    assert!((1..=2).contains(&tried.len()) && rows.len() >= 6, "{tried:?} of {}", rows.len());
    assert!(rows.iter().filter(|row| row.attempts > 0).all(|row| row.answer.as_deref().unwrap().starts_with("535 ")));
    assert!(look(right, TlsPolicy::Required, Some(&ca)).await.is_ok(), "the server itself is well");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_burns_no_messages_sqlite() {
    wrong_password(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_burns_no_messages_postgres() {
    wrong_password(Backend::Postgres).await;
}
