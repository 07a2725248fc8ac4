//! A server that greylists the first three, refuses one for good, drops after the data, and stalls.

use entity::state::Role;
use serde_json::json;

use super::{Ground, fate, taken};
use crate::harness::{Backend, Browser, Smtp};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_gets_one_mail_and_the_truth_is_told_on_sqlite() {
    scripted(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_gets_one_mail_and_the_truth_is_told_on_postgres() {
    scripted(Backend::Postgres).await;
}

const PEOPLE: usize = 16;
const REFUSED: &str = "h04@example.test";
const KEPT_AND_DROPPED: &str = "h05@example.test";
const DROPPED: &str = "h06@example.test";
const STALLED: &str = "h07@example.test";

async fn scripted(backend: Backend) {
    let smtp = Smtp::up();
    smtp.behave("greylist 3");
    smtp.script(&json!({
        REFUSED: ["550"], KEPT_AND_DROPPED: ["keep-drop"], DROPPED: ["drop"], STALLED: ["hang"],
    }));
    let ground = Ground::make(backend, PEOPLE, smtp.url()).await;
    ground.deliver(2).await;
    let shown = ground.shown().await;
    assert_eq!(shown.len(), PEOPLE);
    let greylisted: Vec<_> =
        shown.values().filter(|message| fate(message).2 == "451 4.7.1 greylisted, come again later").collect();
    assert_eq!(greylisted.len(), 3, "{shown:?}");
    for message in &greylisted {
        assert_eq!((fate(message).0, fate(message).1), ("failed", 1), "{message}");
        assert!(message["sent_at"].is_null());
    }
    assert_eq!(fate(&shown[REFUSED]), ("dead", 1, "550 5.1.1 no such mailbox"));
    for broken in [KEPT_AND_DROPPED, DROPPED] {
        let (state, attempts, answer) = fate(&shown[broken]);
        assert_eq!((state, attempts), ("failed", 1), "{answer}");
        assert!(answer.starts_with("end of data: "), "{answer}");
    }
    assert_eq!(fate(&shown[STALLED]), ("failed", 1, "no answer to end of data within 3 seconds"));
    let sent = shown.values().filter(|message| fate(message).0 == "sent").count();
    assert_eq!(sent, PEOPLE - 7, "none of the others waited: {shown:?}");

    // The organiser's page says the same.
    let secret = ground.app.account("host@example.test", "GQ-KJ", Role::Organizer).await;
    let browser = Browser::new(&ground.app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    let page = browser.get(&format!("/events/{}", ground.event)).await.expect(200).text();
    for (address, message) in &shown {
        let line = page.split("<li>").find(|line| line.contains(&format!("<span>{address}</span>")));
        let (state, attempts, answer) = fate(message);
        if state == "sent" {
            assert!(line.is_none(), "nothing is wrong with {address}");
            continue;
        }
        let line = line.unwrap_or_else(|| panic!("{address} is not on the page: {page}"));
        let chip = if state == "dead" { "未送达" } else { "将重试" };
        let line = line.replace("&#x2f;", "/").replace("&#x27;", "'");
        for part in [chip, &format!("试过 {attempts} 次"), answer] {
            assert!(line.contains(part), "{part} of {address}: {line}");
        }
    }

    ground.deliver(10).await;
    ground.deliver(60).await;
    ground.deliver(24 * 60).await;
    let (last, mails) = (ground.shown().await, taken(&smtp));
    for (address, message) in &last {
        let copies = mails.get(address).cloned().unwrap_or_default();
        let (state, attempts, answer) = fate(message);
        if address == REFUSED {
            assert_eq!((state, attempts, answer), ("dead", 1, "550 5.1.1 no such mailbox"));
            assert!(copies.is_empty(), "{copies:?}");
            continue;
        }
        let again = i64::from(fate(&shown[address]).0 == "failed");
        assert_eq!((state, attempts), ("sent", 1 + again), "{message}");
        assert!(answer.starts_with("250 2.0.0 kept as "), "{answer}");
        assert!(message["sent_at"].is_string(), "{message}");
        // Whoever took it and did not say so gets it again, and can tell that it is the same.
        assert_eq!(copies.len(), if address == KEPT_AND_DROPPED { 2 } else { 1 }, "{address}");
        assert!(copies.iter().all(|id| *id == message["message_id"]), "{copies:?}");
    }
    assert_eq!(smtp.offered().len(), mails.values().map(Vec::len).sum::<usize>() + 3 + 1 + 1 + 1);
}
