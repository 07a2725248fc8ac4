//! Restarts without warning while a crowd is reminded: nobody goes without, and every second copy has its crash.
//!
//! A short run goes through three restarts; `tests/run --long` (PUFA_TEST_LONG) through ten, with 5,000 people.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use entity::state::{MessageKind, MessageState};
use entity::{event, outbox, session};
use pufa::db::Db;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};
use serde_json::json;

use super::{Ground, Mailed, close, ground, now};
use crate::harness::{Backend, Server, Smtp};

/// Mails sent at once.
const CONNECTIONS: usize = 8;
/// What may be taken and not written down at a kill, beside what is just being sent: outcomes are written down many in
/// one transaction, and the server here takes a few hundred mails in a second.
const UNWRITTEN: usize = 256;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_crowd_is_reminded_on_sqlite() {
    restarts(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_crowd_is_reminded_on_postgres() {
    restarts(Backend::Postgres).await;
}

async fn restarts(backend: Backend) {
    let (people, kills) = if std::env::var_os("PUFA_TEST_LONG").is_some() { (5_000, 10) } else { (900, 3) };
    let ground = ground(backend, people, Mailed::Yes).await;
    let smtp = Smtp::up();
    let server = server(&ground, &smtp);
    server.start().await;
    told_long_ago(&server, &ground).await;
    server.killer().kill();

    let mut owed: Vec<HashSet<String>> = Vec::new();
    for kill in 0..kills {
        let before = smtp.taken();
        server.start().await;
        // Each life gets some of the work done, the last what is left.
        let goal = people * (kill + 1) / (kills + 1);
        let from = Instant::now();
        while smtp.taken() < goal.max(before + 1) && smtp.taken() < people {
            assert!(
                from.elapsed() < Duration::from_secs(90),
                "{} of {people} at {kill}:\n{}",
                smtp.taken(),
                server.log()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(server.killer().kill(), "it ran until it was killed");
        // What the mail server was just taking counts.
        tokio::time::sleep(Duration::from_millis(500)).await;
        owed.push(unwritten(&ground, &smtp).await);
    }
    server.start().await;
    let from = Instant::now();
    while !all_sent(&ground, people).await {
        assert!(from.elapsed() < Duration::from_secs(120), "{} of {people}:\n{}", smtp.taken(), server.log());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    // Nothing more comes.
    tokio::time::sleep(Duration::from_secs(4)).await;
    judge(&smtp, &owed, people);
}

/// Everybody has a mail; what came twice was taken just before a kill and could not be written down.
fn judge(smtp: &Smtp, owed: &[HashSet<String>], people: usize) {
    let mut mails: HashMap<String, Vec<String>> = HashMap::new();
    for mail in smtp.accepted() {
        let [to] = mail.to.as_slice() else { panic!("a mail to more than one: {mail:?}") };
        mails.entry(to.clone()).or_default().push(mail.message_id.expect("a Message-ID"));
    }
    assert_eq!(mails.len(), people, "nobody goes without");
    let mut second = 0;
    for (address, ids) in &mails {
        let crashes = owed.iter().filter(|at_kill| at_kill.contains(address)).count();
        assert!(ids.len() <= 1 + crashes, "{address} got {} copies, and {crashes} crashes account for them", ids.len());
        assert!(ids.iter().all(|id| *id == ids[0]), "{address}: copies of one mail have one Message-ID: {ids:?}");
        second += ids.len() - 1;
    }
    let under_way: Vec<_> = owed.iter().map(HashSet::len).collect();
    println!(
        "{people} reminded, {} kills, {second} second copies; taken and unwritten at each kill: {under_way:?}",
        owed.len()
    );
    assert!(under_way.iter().all(|count| *count <= CONNECTIONS + UNWRITTEN), "{under_way:?}");
}

fn server(ground: &Ground, smtp: &Smtp) -> Server {
    let settings = [
        ("PUFA__MAIL__URL", smtp.url()),
        ("PUFA__MAIL__FROM", "普法 <pufa@example.test>".to_owned()),
        ("PUFA__MAIL__TICK", "1".to_owned()),
        ("PUFA__MAIL__CONNECTIONS", CONNECTIONS.to_string()),
        // The test runs at night too.
        ("PUFA__MAIL__QUIET", String::new()),
    ];
    Server::new(&ground.database, &settings.each_ref().map(|(name, value)| (*name, value.as_str())))
}

/// A session that everybody was told of three hours ago, and of which everybody is to be reminded now.
async fn told_long_ago(server: &Server, ground: &Ground) {
    let at = |minutes| (now() + TimeDelta::minutes(minutes)).to_rfc3339();
    let body = json!({
        "key": "CROWD", "kind": "lecture", "title": "专题讲座", "org_code": "GQ-KJ", "location": "礼堂",
        "audience": ["org:HALL"], "required": true, "reminders": ["PT1H"],
        "sessions": [{ "key": "CROWD-1", "starts_at": at(50), "ends_at": at(170) }],
    });
    server.post("/api/v1/events", &ground.token, &body).await;
    // As if it had been published then, and its invitations had gone out: these mails are not what is counted here.
    let db = Db::connect(&ground.database, 1).await.unwrap();
    let told = now() - TimeDelta::hours(3);
    let event = event::Entity::find().one(db.read()).await.unwrap().unwrap();
    let session = session::Entity::find().one(db.read()).await.unwrap().unwrap();
    let mut event = event.into_active_model();
    event.status = Set(entity::state::EventStatus::Scheduled);
    event.mails = Set(true);
    event.published_at = Set(Some(told));
    event.update(db.write()).await.unwrap();
    let mut session = session.into_active_model();
    session.status = Set(entity::state::SessionStatus::Scheduled);
    session.told_at = Set(Some(told));
    session.update(db.write()).await.unwrap();
    close(&db).await;
}

/// Who has a mail of which the outbox does not know yet that it went out.
async fn unwritten(ground: &Ground, smtp: &Smtp) -> HashSet<String> {
    let taken: HashSet<String> = smtp.accepted().into_iter().flat_map(|mail| mail.to).collect();
    let db = Db::connect(&ground.database, 1).await.unwrap();
    let sent: Vec<String> = outbox::Entity::find()
        .select_only()
        .column(outbox::Column::Address)
        .filter(outbox::Column::State.eq(MessageState::Sent))
        .into_tuple()
        .all(db.read())
        .await
        .unwrap();
    close(&db).await;
    let sent: HashSet<String> = sent.into_iter().collect();
    taken.difference(&sent).cloned().collect()
}

async fn all_sent(ground: &Ground, people: usize) -> bool {
    let db = Db::connect(&ground.database, 1).await.unwrap();
    let states: Vec<(MessageKind, MessageState)> = outbox::Entity::find()
        .select_only()
        .columns([outbox::Column::Kind, outbox::Column::State])
        .into_tuple()
        .all(db.read())
        .await
        .unwrap();
    close(&db).await;
    assert!(states.iter().all(|(kind, _)| *kind == MessageKind::Reminder), "{states:?}");
    states.len() == people && states.iter().all(|(_, state)| *state == MessageState::Sent)
}
