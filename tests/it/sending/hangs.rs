//! A server that is down, or hangs at one step of the conversation: it is left after the time that the settings give it.

use std::time::{Duration, Instant};

use super::{Ground, fate, taken};
use crate::harness::{Backend, Smtp};

/// The longest that a step may take here is three seconds.
const SOON: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_noticed_at_every_step_and_the_mail_goes_later() {
    for (how, said) in [
        ("hang greeting", "no answer to connect within 1 seconds"),
        ("hang ehlo", "no answer to connect within 1 seconds"),
        ("hang mail", "no answer to MAIL FROM within 1 seconds"),
        ("hang rcpt", "no answer to RCPT TO within 1 seconds"),
        ("hang data", "no answer to DATA within 1 seconds"),
        ("hang", "no answer to end of data within 3 seconds"),
    ] {
        let smtp = Smtp::up();
        let ground = Ground::make(Backend::Sqlite, 3, smtp.url()).await;
        smtp.behave(how);
        let began = Instant::now();
        ground.deliver(10).await;
        assert!(began.elapsed() < SOON, "{how}: {:?}", began.elapsed());
        for message in ground.shown().await.values() {
            let (state, attempts, answer) = fate(message);
            assert_eq!((state, attempts, answer), ("failed", 1, said), "{how}");
        }
        assert!(taken(&smtp).is_empty(), "{how}");
        smtp.behave("accept");
        ground.deliver(60).await;
        ground.deliver(60).await;
        let mails = taken(&smtp);
        assert_eq!(mails.len(), 3, "{how}");
        assert!(mails.values().all(|copies| copies.len() == 1), "{how}: {mails:?}");
        assert!(ground.shown().await.values().all(|message| fate(message).0 == "sent"), "{how}");
    }
}

/// More messages than it takes to see that nobody is there: the others are spared the attempt, and wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_down_is_left_alone_and_gets_all_of_it_later() {
    let mut smtp = Smtp::down();
    let ground = Ground::make(Backend::Postgres, 60, smtp.url()).await;
    for _ in 0..3 {
        tokio::time::timeout(SOON, ground.deliver(0)).await.expect("a round ends while the server is down");
    }
    let shown = ground.shown().await;
    for message in shown.values() {
        let (state, attempts, answer) = fate(message);
        match (state, attempts) {
            ("failed", 1) => assert!(answer.contains("refused"), "{answer}"),
            ("queued", 0) => assert!(answer.is_empty(), "{message}"),
            other => panic!("{other:?}"),
        }
    }
    let tried = shown.values().filter(|message| fate(message).0 == "failed").count();
    assert!(tried >= 24, "each round tries some: {tried}");
    smtp.start();
    ground.deliver(10).await;
    ground.deliver(60).await;
    ground.deliver(60).await;
    let mails = taken(&smtp);
    assert_eq!(mails.len(), 60);
    assert!(mails.values().all(|copies| copies.len() == 1), "{mails:?}");
}
