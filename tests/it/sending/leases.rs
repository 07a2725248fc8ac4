//! Leases while a server takes its time: nobody else sends what is under way, and what may be another's is not sent.

use std::time::Duration;

use chrono::TimeDelta;
use entity::state::MessageState;
use pufa::access::sign_in::mail_link;
use pufa::jobs;
use pufa::state::{App, Mode};
use sea_orm::ConnectionTrait;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Ground, taken};
use crate::harness::{Backend, Smtp};

/// A ground whose mail is not sent yet, over so many connections to a server that may take long.
async fn ground(backend: Backend, people: usize, connections: u32, smtp: &Smtp) -> Ground {
    let url = smtp.url();
    let app = Ground::people(backend, people, |config| {
        config.mail.url = url;
        config.mail.connections = connections;
    })
    .await;
    Ground::publish(app).await
}

/// Sends in the background.
fn sending(app: &App) -> JoinHandle<()> {
    let app = app.clone();
    tokio::spawn(async move { jobs::deliver(&app, &CancellationToken::new()).await.unwrap() })
}

async fn seconds(n: f64) {
    tokio::time::sleep(Duration::from_secs_f64(n)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_renewed_while_a_mail_is_under_way() {
    let smtp = Smtp::up();
    smtp.behave("slow 12");
    let ground = ground(Backend::Postgres, 1, 1, &smtp).await;
    let (app, start) = (&ground.app, ground.app.now());
    let two = pufa::app::build(app.config.clone(), app.clock.clone(), Mode::Normal).await.unwrap();
    let sending = sending(app);
    // They are renewed every eight seconds or so; by the clock of the servers twenty pass before.
    seconds(4.0).await;
    app.clock.set(start + TimeDelta::seconds(20));
    seconds(6.0).await;
    app.clock.set(start + TimeDelta::seconds(30));
    jobs::deliver(&two, &CancellationToken::new()).await.unwrap();
    sending.await.unwrap();
    let mails = taken(&smtp);
    assert!(mails.len() == 1 && mails.values().all(|copies| copies.len() == 1), "{mails:?}");
}

/// By the clock they run out at once: the worker finds its own messages due, and has them already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_ran_out_give_a_worker_nothing_twice() {
    let smtp = Smtp::up();
    smtp.behave("slow 3");
    let ground = ground(Backend::Sqlite, 4, 2, &smtp).await;
    let sending = sending(&ground.app);
    seconds(1.5).await;
    ground.app.clock.set(ground.app.now() + TimeDelta::seconds(40));
    sending.await.unwrap();
    let mails = taken(&smtp);
    assert!(mails.len() == 4 && mails.values().all(|copies| copies.len() == 1), "{mails:?}");
}

/// The one writer of SQLite is taken for longer than a lease: what waits for its sender may be somebody else's by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_cannot_be_renewed_keep_mail_from_going_out() {
    let smtp = Smtp::up();
    smtp.behave("slow 26");
    let ground = ground(Backend::Sqlite, 3, 1, &smtp).await;
    let sending = sending(&ground.app);
    seconds(1.0).await;
    let writer = ground.app.db.begin().await.unwrap();
    seconds(27.0).await;
    smtp.behave("accept");
    assert_eq!(smtp.taken(), 1, "its answer came when the leases had run out");
    writer.rollback().await.unwrap();
    sending.await.unwrap();
    let rows = ground.rows().await;
    assert_eq!(rows.iter().filter(|row| row.state == MessageState::Sent).count(), 1, "{rows:?}");
    assert_eq!(smtp.offered().len(), 1);
    ground.app.clock.set(ground.app.now() + TimeDelta::minutes(1));
    ground.deliver(0).await;
    let mails = taken(&smtp);
    assert!(mails.len() == 3 && mails.values().all(|copies| copies.len() == 1), "{mails:?}");
}

/// What was sent cannot be written down: more of that would only go out twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn or_outcomes_that_cannot_be_written_stop_the_sending() {
    let smtp = Smtp::up();
    smtp.behave("slow 0.1");
    let ground = ground(Backend::Sqlite, 40, 2, &smtp).await;
    let db = ground.app.db.write();
    let refuse = "create trigger full before update of sent_at on outbox begin select raise(abort, 'disk full'); end";
    db.execute_unprepared(refuse).await.unwrap();
    let sending = sending(&ground.app);
    seconds(4.0).await;
    let early = smtp.taken();
    assert!((1..=8).contains(&early), "{early} went out while none could be written down");
    db.execute_unprepared("drop trigger full").await.unwrap();
    sending.await.unwrap();
    let mails = taken(&smtp);
    assert!(mails.len() == 40 && mails.values().all(|copies| copies.len() == 1), "{mails:?}");
    assert!(ground.rows().await.iter().all(|row| row.state == MessageState::Sent && row.attempts == 1));
}

/// All connections wait for an answer to a mail: a link to sign in has one of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_mails_that_stall_keep_no_link_waiting() {
    let smtp = Smtp::up();
    smtp.behave("slow 15");
    let ground = ground(Backend::Sqlite, 6, 2, &smtp).await;
    let app = &ground.app;
    let link = "kj001@example.test";
    smtp.script(&json!({ link: ["accept"] }));
    let sending = sending(app);
    seconds(2.0).await;
    mail_to(app, link).await;
    seconds(4.0).await;
    let mails = taken(&smtp);
    assert_eq!(mails.keys().collect::<Vec<_>>(), [link], "it waits for none of the others");
    smtp.behave("accept");
    sending.await.unwrap();
    assert_eq!(taken(&smtp).len(), 7);
}

async fn mail_to(app: &App, address: &str) {
    let tx = app.db.begin().await.unwrap();
    mail_link(&tx, address, &app.config.access, app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_link_that_stalls_keep_no_other_link_waiting() {
    let smtp = Smtp::up();
    let (first, second) = ("kj001@example.test", "kj002@example.test");
    smtp.script(&json!({ first: ["slow 12"] }));
    let ground = ground(Backend::Postgres, 1, 2, &smtp).await;
    ground.deliver(0).await;
    mail_to(&ground.app, first).await;
    let sending = sending(&ground.app);
    seconds(1.5).await;
    mail_to(&ground.app, second).await;
    seconds(4.0).await;
    let mails = taken(&smtp);
    assert!(mails.contains_key(second) && !mails.contains_key(first), "{mails:?}");
    sending.await.unwrap();
    assert_eq!(taken(&smtp).len(), 3);
}
