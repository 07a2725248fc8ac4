//! Check-ins at many connections while the server is killed: an answered one is on disk, and nobody is in twice.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use entity::{attendance, person, session};
use pufa::db::Db;
use reqwest::Client;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{Ground, Mailed, close, ground, id, publish, staff_no};
use crate::harness::{Backend, Killer, Server};

const PEOPLE: usize = 500;
const CONNECTIONS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn survive_a_kill_on_sqlite() {
    rounds(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn survive_a_kill_on_postgres() {
    rounds(Backend::Postgres).await;
}

/// One request: every tenth person is checked in twice, by two requests; every second request has a nonce.
#[derive(Clone)]
struct Attempt {
    staff_no: String,
    nonce: Option<String>,
    /// Status and record, once answered.
    answer: Option<(u16, Value)>,
}

/// Numbers from a seed (SplitMix64), so that a failed run can be repeated: PUFA_TEST_SEED.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let seed = std::env::var("PUFA_TEST_SEED").map_or_else(
            |_| u64::from_le_bytes(*uuid::Uuid::new_v4().as_bytes().first_chunk().unwrap()),
            |text| text.parse().expect("PUFA_TEST_SEED is a number"),
        );
        println!("PUFA_TEST_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

async fn rounds(backend: Backend) {
    let rounds = if std::env::var_os("PUFA_TEST_LONG").is_some() { 100 } else { 10 };
    let mut chance = Chance::new();
    let ground = ground(backend, PEOPLE, Mailed::No).await;
    let server = Server::new(&ground.database, &[]);
    server.start().await;
    let (mut in_the_middle, mut counts) = (0, Vec::new());
    for round in 0..rounds {
        // How many answers have come when the server is killed; up to 64 more are on their way.
        let kill_at = 1 + chance.below(PEOPLE - 1);
        let answered = one_round(&server, &ground, round, kill_at).await;
        if answered > 0 && answered < PEOPLE {
            in_the_middle += 1;
        }
        counts.push(format!("{kill_at}:{answered}"));
    }
    println!("killed at answer:acknowledged before the end, of {PEOPLE} people: {}", counts.join(" "));
    assert!(in_the_middle * 5 >= rounds * 4, "the kill fell in the middle of only {in_the_middle} of {rounds} rounds");
}

/// Gives how many people had been acknowledged by the killed server.
async fn one_round(server: &Server, ground: &Ground, round: usize, kill_at: usize) -> usize {
    let event = publish(server, &ground.token, &format!("K{round}")).await;
    let path = format!("/api/v1/sessions/{}/check-ins", id(&event["sessions"][0]));
    let url = server.url(&path);
    let attempts: Vec<_> = (1..=PEOPLE).chain((1..=PEOPLE).step_by(10)).enumerate().map(attempt).collect();

    let first = send(&url, &ground.token, attempts, Some((server.killer(), kill_at))).await;
    assert!(!server.killer().kill(), "the server was killed while the check-ins came");
    server.start().await;
    let rows = rows(&ground.database, &format!("K{round}-1")).await;
    check_rows(&first, &rows);

    // A device tries again what got no answer, and, by its nonce, also what did.
    let second = send(&url, &ground.token, first.clone(), None).await;
    check_answers(&first, &second);
    let rows = self::rows(&ground.database, &format!("K{round}-1")).await;
    check_rows(&second, &rows);
    assert_eq!(rows.len(), PEOPLE, "after the second try all are in");
    let mut people: Vec<_> = first.iter().filter(|a| a.answer.is_some()).map(|a| &a.staff_no).collect();
    people.sort();
    people.dedup();
    people.len()
}

fn attempt((index, person): (usize, usize)) -> Attempt {
    let nonce = (index % 2 == 0).then(|| format!("device-{index}-{}", uuid::Uuid::new_v4()));
    Attempt { staff_no: staff_no(person), nonce, answer: None }
}

/// Sends all that have no answer, or a nonce, at 64 connections; kills the server after that many answers.
async fn send(url: &str, token: &str, attempts: Vec<Attempt>, kill: Option<(Killer, usize)>) -> Vec<Attempt> {
    let (done, todo): (Vec<_>, Vec<_>) = attempts.into_iter().partition(|a| a.answer.is_some() && a.nonce.is_none());
    let (todo, done) = (Arc::new(Mutex::new(todo)), Arc::new(Mutex::new(done)));
    let (answered, kill) = (Arc::new(AtomicUsize::new(0)), Arc::new(kill));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (todo, done, answered, kill) = (todo.clone(), done.clone(), answered.clone(), kill.clone());
        let (url, token) = (url.to_owned(), token.to_owned());
        workers.spawn(async move {
            let client = Client::builder().pool_max_idle_per_host(1).build().unwrap();
            loop {
                let Some(mut attempt) = todo.lock().unwrap().pop() else { break };
                let answer = check_in(&client, &url, &token, &attempt).await;
                if kill.is_none() {
                    assert!(answer.is_some(), "a running server answers");
                }
                let came = answer.is_some();
                attempt.answer = answer;
                done.lock().unwrap().push(attempt);
                let count = if came { answered.fetch_add(1, Ordering::SeqCst) + 1 } else { 0 };
                if let Some((killer, at)) = kill.as_ref()
                    && count == *at
                {
                    killer.kill();
                }
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker.unwrap();
    }
    Arc::into_inner(done).unwrap().into_inner().unwrap()
}

/// Status and record; None when no whole answer came.
async fn check_in(client: &Client, url: &str, token: &str, attempt: &Attempt) -> Option<(u16, Value)> {
    let mut body = json!({ "staff_no": attempt.staff_no });
    if let Some(nonce) = &attempt.nonce {
        body["nonce"] = json!(nonce);
    }
    let answer = client.post(url).bearer_auth(token).json(&body).send().await.ok()?;
    let status = answer.status().as_u16();
    let record = answer.json().await.ok()?;
    assert!(matches!(status, 200 | 201), "{} answered {status}: {record}", attempt.staff_no);
    Some((status, record))
}

/// When each person came, as the database has it. Fails when somebody is there twice.
async fn rows(database: &str, session_key: &str) -> HashMap<String, DateTime<Utc>> {
    let db = Db::connect(database, 1).await.unwrap();
    let session = session::Entity::find().filter(session::Column::Key.eq(session_key)).one(db.read()).await;
    let found = attendance::Entity::find()
        .filter(attendance::Column::SessionId.eq(session.unwrap().unwrap().id))
        .all(db.read())
        .await
        .unwrap();
    let people = person::Entity::find().all(db.read()).await.unwrap();
    close(&db).await;
    let numbers: HashMap<_, _> = people.into_iter().map(|person| (person.id, person.staff_no)).collect();
    let mut rows = HashMap::new();
    for row in found {
        let person = numbers[&row.person_id].clone();
        assert!(row.status.attended(), "{person} came");
        assert!(rows.insert(person.clone(), row.checked_in_at.unwrap()).is_none(), "{person} is in twice");
    }
    rows
}

/// Every acknowledged check-in is in the database, as it was told.
fn check_rows(attempts: &[Attempt], rows: &HashMap<String, DateTime<Utc>>) {
    for attempt in attempts {
        let Some((status, record)) = &attempt.answer else { continue };
        let row = rows.get(&attempt.staff_no);
        let row = row.unwrap_or_else(|| panic!("{} was told {status} and is not there", attempt.staff_no));
        let told: DateTime<Utc> = record["checked_in_at"].as_str().unwrap().parse().unwrap();
        // Of two facts about one arrival the earlier stands: the other request may have brought it later.
        let twice = attempts.iter().filter(|other| other.staff_no == attempt.staff_no).count() > 1;
        let right = if twice { *row <= told } else { *row == told };
        assert!(right, "{} was told {told}, and {row} is there", attempt.staff_no);
    }
}

/// Over both lives of the server one request a person, at most, was the first; and a nonce gets the same answer again.
fn check_answers(first: &[Attempt], second: &[Attempt]) {
    let by_nonce: HashMap<_, _> = second.iter().filter_map(|a| Some((a.nonce.clone()?, &a.answer))).collect();
    for attempt in first {
        if let (Some(nonce), Some(_)) = (&attempt.nonce, &attempt.answer) {
            assert_eq!(by_nonce[nonce], &attempt.answer, "{nonce} gets its first answer again");
        }
    }
    let mut firsts: HashMap<&str, usize> = HashMap::new();
    for attempt in second {
        if attempt.answer.as_ref().is_some_and(|(status, _)| *status == 201) {
            *firsts.entry(&attempt.staff_no).or_default() += 1;
        }
    }
    for (person, count) in firsts {
        assert_eq!(count, 1, "{person} was told 201 by {count} requests");
    }
}
