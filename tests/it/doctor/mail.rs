//! Against real mail servers: TLS by each policy, certificates that are wrong, passwords, and `pufa mail test`.

use std::path::Path;

use ::pufa::clock::{Clock, SystemClock};
use ::pufa::config::{Config, TlsPolicy};
use ::pufa::notify::{Cause, Flaw, Look, Mailer, Trouble};
use ::pufa::state::Mode;
use entity::id::OutboxId;
use entity::state::{MessageState, Scope};
use entity::{mail_sender, outbox};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{SIGNED, USER, pufa};
use crate::harness::{Authority, Backend, Certificate, SecureSmtp, Smtp, TestApp};

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

/// Whether the relay lets an organisation's own sender send is seen by sending as it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_test_sends_in_an_organisations_own_name() {
    let app = TestApp::start(Backend::Sqlite).await;
    app.world().await;
    let sender = mail_sender::ActiveModel {
        organisation_id: Set(app.org_id("GQ-KJ").await),
        name: Set("科技局".to_owned()),
        address: Set("kj@example.test".to_owned()),
        updated_at: Set(app.now()),
        updated_by: Set("command".to_owned()),
    };
    mail_sender::Entity::insert(sender).exec_without_returning(app.db.write()).await.unwrap();
    let smtp = Smtp::up();
    smtp.behave("sender pufa@example.test");
    let url = smtp.url();
    let settings = [
        ("PUFA__DATABASE__URL", app.config.database.url.as_str()),
        ("PUFA__MAIL__URL", &url),
        ("PUFA__MAIL__FROM", "普法 <pufa@example.test>"),
    ];
    let test = |org: &[&str]| pufa(app.folder.path(), &[&["mail", "test", "a@example.test"], org].concat(), &settings);
    assert_eq!(test(&[]).code, Some(0), "the site's own may");
    let refused = test(&["--org", "GQ-KJ"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.out.contains("科技局 <kj@example.test>"), "{}", refused.out);
    assert!(refused.err.contains("553 5.7.1 not your address"), "{}", refused.err);
    assert!(test(&["--org", "GQ"]).out.contains("普法 <pufa@example.test>"), "no sender of its own");
    assert_eq!(test(&["--org", "NOWHERE"]).code, Some(1));
    smtp.behave("accept");
    assert_eq!(test(&["--org", "GQ-KJ"]).code, Some(0));
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
    ::pufa::jobs::deliver(&app, &CancellationToken::new()).await.unwrap();
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
