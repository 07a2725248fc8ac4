//! How fast a crowd is reminded, beside what a bare pool of connections does with mails that are ready.
//!
//! `cargo bench --bench mail` on a machine with nothing else to do. 50,000 people (`PUFA_BENCH_COUNT`) are reminded of
//! one session at one moment: the real `pufa serve` as a process of its own writes the reminders down, makes the mails
//! and sends them to a mail server in this process that takes everything. Beside it, by the same number of connections:
//! as many mails of the same size, made before, by lettre's own pool, and by a raw client, which shows what the mail
//! server itself can take. Then once more, while people check in over 16 connections.

#[path = "mail_bare.rs"]
mod bare;
mod client;
#[expect(dead_code, reason = "another bench measures with its own bench too")]
mod postgres;
#[expect(dead_code, reason = "another bench has an empty server beside it")]
mod server;
#[path = "mail_sink.rs"]
mod sink;
#[expect(dead_code, reason = "another bench asks more of it")]
mod world;

use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;
use entity::id::{PersonId, SessionId};
use entity::state::{MessageKind, MessageState};
use entity::{event, outbox, session};
use pufa::clock::{Clock, SystemClock};
use pufa::config::Config;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};

use client::Load;
use postgres::Cluster;
use server::Running;
use sink::{Sink, Taken};
use world::World;

/// The program's own allocator, so that the bare pool has what the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Check-ins at once.
const DOORS: usize = 16;
/// Rounds of check-ins in which as many come as are reminded; one that ends after the last mail does not count.
const ROUNDS: u32 = 25;
/// What is asked for: the share of the bare pool's rate, MB, the share of the check-ins' rate.
const GOALS: (f64, f64, f64) = (0.5, 200.0, 0.5);
/// What the mail server must be able to take, in bare pools.
const ROOM: f64 = 3.0;

fn main() {
    let people = std::env::var("PUFA_BENCH_COUNT").map_or(50_000, |text| text.parse().expect("a number of people"));
    let only = std::env::var("PUFA_BENCH_ONLY").unwrap_or_default();
    let folder = tempfile::Builder::new().prefix("pufa-bench-").tempdir().expect("a folder for the databases");
    let connections = usize::try_from(Config::defaults().expect("defaults").mail.connections).expect("a few");
    // As many threads as `pufa serve` has.
    let runtime = pufa::cli::runtime().expect("a runtime");
    println!("{people} people reminded at once, {connections} connections to the mail server\n");
    let sink = Sink::start();
    if only != "postgres" {
        let url = format!("sqlite://{}", folder.path().join("pufa.db").display());
        runtime.block_on(measure("SQLite, WAL, synchronous=FULL", &sink, &url, folder.path(), (people, connections)));
    }
    if only != "sqlite" {
        let cluster = Cluster::start(folder.path());
        let place = (people, connections);
        runtime.block_on(measure("PostgreSQL, fsync on", &sink, &cluster.url(), folder.path(), place));
    }
}

/// Measures one back end, and prints its table.
async fn measure(name: &str, sink: &Sink, url: &str, folder: &Path, (people, connections): (u32, usize)) {
    let world = World::make(url, people).await;
    remind(&world).await;
    let settings = [
        ("PUFA__MAIL__URL", format!("smtp://127.0.0.1:{}", sink.port)),
        ("PUFA__MAIL__FROM", "普法 <pufa@example.test>".to_owned()),
        // The bench runs at night too.
        ("PUFA__MAIL__QUIET", String::new()),
    ];
    let pufa = Running::pufa_with(url, folder, &settings).await;
    let idle = pufa.memory();
    let alone = doors_alone(&world, pufa.port).await;
    let quiet = mailing(sink, &world).await;
    let mails = bare::Load { port: sink.port, mails: quiet.mails, bytes: quiet.bytes, connections };
    sink.forget();
    mails.by_lettre().await;
    let lettre = sink.taken();
    sink.forget();
    mails.raw().await;
    let raw = sink.taken();
    let (busy, doors) = tokio::join!(mailing(sink, &world), doors_meanwhile(sink, &world, pufa.port));
    let memory = pufa.memory();

    let goal = |share: f64, least: f64| format!("{share:.2} (at least {least})");
    println!("| {name} | | of | |\n|---|---|---|---|");
    let room = goal(raw.rate() / lettre.rate(), ROOM);
    println!("| mail server, raw client, pipelined | {:.0} mails/s | bare pool | {room} |", raw.rate());
    println!(
        "| bare lettre pool, {} connections, {} bytes a mail | {:.0} mails/s | | |",
        lettre.connections,
        quiet.bytes,
        lettre.rate()
    );
    let line = |what: &str, taken: &Taken, share: String| {
        let (rate, seconds, connections) = (taken.rate(), taken.seconds, taken.connections);
        println!(
            "| **{what}**, {connections} connections | **{rate:.0} mails/s**, {seconds:.1} s | bare pool | {share} |"
        );
    };
    line("pufa", &quiet, goal(quiet.rate() / lettre.rate(), GOALS.0));
    println!("| check-ins, {DOORS} connections | {alone:.0} a second | | |");
    println!("| **check-ins meanwhile** | **{doors:.0} a second** | alone | {} |", goal(doors / alone, GOALS.2));
    // Whoever checks in goes first: what is left to mails has no goal.
    line("pufa meanwhile", &busy, format!("{:.2}", busy.rate() / lettre.rate()));
    println!("| most memory (idle {idle:.0}) | {memory:.0} MB | | (at most {}) |\n", GOALS.1);
}

/// From now on the event's invited are reminded an hour before.
async fn remind(world: &World) {
    let change = event::ActiveModel {
        id: Set(world.event),
        mails: Set(true),
        reminders: Set(Some(serde_json::json!(["PT1H"]))),
        ..Default::default()
    };
    change.update(world.db.write()).await.expect("the event takes it");
}

/// A session that everybody heard of hours ago and must be reminded of now; gives what came, each person's mail once.
async fn mailing(sink: &Sink, world: &World) -> Taken {
    sink.forget();
    tell(world).await;
    let mails = u64::from(world.people) + 1;
    sink.wait(mails).await;
    // Nothing comes twice.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let taken = sink.taken();
    assert_eq!(taken.mails, mails, "one mail each");
    assert_eq!(u64::try_from(taken.people).ok(), Some(mails), "each person one");
    taken
}

/// Makes the session, with the invitations to it that went out three hours ago.
async fn tell(world: &World) {
    let told = SystemClock.now() - TimeDelta::hours(3);
    let session = SessionId(world.session_told(None).await);
    let tx = world.db.begin().await.expect("a transaction");
    for people in (0..=world.people).collect::<Vec<_>>().chunks(500) {
        let rows = people.iter().map(|&n| outbox::ActiveModel {
            key: Set(format!("invitation:{session}:0:{}", n + 1)),
            kind: Set(MessageKind::Invitation),
            event_id: Set(Some(world.event)),
            session_id: Set(Some(session)),
            person_id: Set(Some(PersonId(i64::from(n) + 1))),
            address: Set(format!("bk{n}@example.test")),
            domain: Set("example.test".to_owned()),
            state: Set(MessageState::Sent),
            attempts: Set(1),
            next_at: Set(told),
            message_id: Set(format!("invitation-{session}-{n}")),
            answer: Set(Some("250 2.0.0 taken".to_owned())),
            created_at: Set(told),
            sent_at: Set(Some(told)),
            ..Default::default()
        });
        outbox::Entity::insert_many(rows).exec_without_returning(&tx).await.expect("invitations");
    }
    let change = session::ActiveModel { id: Set(session), told_at: Set(Some(told)), ..Default::default() };
    change.update(&tx).await.expect("the session takes it");
    tx.commit().await.expect("all of it");
}

async fn doors_alone(world: &World, port: u16) -> f64 {
    let mut rates = Vec::new();
    for _ in 0..3 {
        rates.push(round(world, port).await);
    }
    rates.sort_by(f64::total_cmp);
    rates[1]
}

/// Rounds while mails come; the mean of those that ended before the last.
async fn doors_meanwhile(sink: &Sink, world: &World, port: u16) -> f64 {
    let all = u64::from(world.people) + 1;
    // From the first mail on.
    sink.wait(1).await;
    let mut rates = Vec::new();
    loop {
        let rate = round(world, port).await;
        if sink.taken().mails >= all {
            break;
        }
        rates.push(rate);
    }
    assert!(!rates.is_empty(), "no round of check-ins was as short as the mailing: take more people");
    #[expect(clippy::cast_precision_loss, reason = "a few rounds")]
    let count = rates.len() as f64;
    rates.iter().sum::<f64>() / count
}

/// Check-ins a second to a session of their own, of which nobody is reminded.
async fn round(world: &World, port: u16) -> f64 {
    let people = (world.people / ROUNDS).max(100);
    let load = Load { port, session: world.session().await, token: world.token.clone(), people };
    // The first check-in reads who is invited; it is the one of nobody who counts.
    load.check_in_one(world.people).await;
    load.run(DOORS).await
}
