//! How fast people get through the door, beside what the machine could do at best.
//!
//! `cargo bench --bench check_in` on a machine with nothing else to do. 20,000 invited people; each round is a session
//! of its own, in which each of them checks in at most once. Everything runs on one machine and shares its cores: the
//! real `pufa serve` as a process of its own, its database, and the load generator in this process.

mod bare;
mod client;
mod empty;
mod postgres;
#[expect(dead_code, reason = "another bench asks for the memory too")]
mod server;
mod table;
#[expect(dead_code, reason = "another bench asks how many people there are")]
mod world;

use std::path::{Path, PathBuf};

use client::Load;
use postgres::Cluster;
use server::Running;
use table::{Figures, median};
use world::World;

/// The program's own allocator, so that the empty handler has what the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// People invited to each session.
const PEOPLE: u32 = 20_000;
/// Check-ins of a round with one connection, which is slow.
const PEOPLE_ALONE: u32 = 4_000;
/// Connections, kept open.
const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// Rounds of which the median counts.
const ROUNDS: usize = 5;

fn main() {
    if let Some(port) = std::env::args().skip_while(|arg| arg != "--empty").nth(1) {
        empty::serve(&port);
        return;
    }
    let folder = tempfile::Builder::new().prefix("pufa-bench-").tempdir().expect("a folder for the databases");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    println!("{PEOPLE} invited people, medians of {ROUNDS} rounds, check-ins a second\n");
    let only = std::env::var("PUFA_BENCH_ONLY").unwrap_or_default();
    let empty = runtime.block_on(measure_empty());
    if only != "postgres" {
        let sqlite = runtime.block_on(measure_sqlite(folder.path(), empty));
        println!("{}", sqlite.table("SQLite, WAL, synchronous=FULL", [0.5, 0.25]));
    }
    if only != "sqlite" {
        let postgres = runtime.block_on(measure_postgres(folder.path(), empty));
        println!("{}", postgres.table("PostgreSQL, fsync on", [0.0, 0.2]));
    }
}

/// An empty handler, in a process of its own, under the same load.
async fn measure_empty() -> [f64; 3] {
    let running = Running::empty().await;
    let mut figures = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (connections, figures) in CONNECTIONS.into_iter().zip(&mut figures) {
            let load = Load { port: running.port, session: 1, token: "0".repeat(64), people: people(connections) };
            figures.push(load.run(connections).await);
        }
    }
    figures.map(median)
}

fn people(connections: usize) -> u32 {
    if connections == 1 { PEOPLE_ALONE } else { PEOPLE }
}

async fn measure_sqlite(folder: &Path, empty: [f64; 3]) -> Figures {
    let file: PathBuf = folder.join("pufa.db");
    let url = format!("sqlite://{}", file.display());
    let world = World::make(&url, PEOPLE).await;
    let (mut one, mut hundred) = (Vec::new(), Vec::new());
    let mut door = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        one.push(bare::sqlite(&file, world.session().await, 1, PEOPLE_ALONE));
        hundred.push(bare::sqlite(&file, world.session().await, 100, PEOPLE));
        measure_door(&url, folder, &world, &mut door).await;
    }
    Figures { bare_one: median(one), bare_hundred: median(hundred), empty, door: door.map(median) }
}

async fn measure_postgres(folder: &Path, empty: [f64; 3]) -> Figures {
    let cluster = Cluster::start(folder);
    let world = World::make(&cluster.url(), PEOPLE).await;
    let (mut one, mut hundred) = (Vec::new(), Vec::new());
    let mut door = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        one.push(cluster.pgbench(world.session().await, 1, PEOPLE_ALONE));
        hundred.push(cluster.pgbench(world.session().await, 100, PEOPLE));
        measure_door(&cluster.url(), folder, &world, &mut door).await;
    }
    Figures { bare_one: median(one), bare_hundred: median(hundred), empty, door: door.map(median) }
}

/// One round at each number of connections, and a look that every answer is a row.
async fn measure_door(url: &str, folder: &Path, world: &World, figures: &mut [Vec<f64>; 3]) {
    let running = Running::pufa(url, folder).await;
    for (connections, figures) in CONNECTIONS.into_iter().zip(figures) {
        let session = world.session().await;
        let load = Load { port: running.port, session, token: world.token.clone(), people: people(connections) };
        // The first check-in reads who is invited; it is the one of nobody who counts.
        load.check_in_one(PEOPLE).await;
        figures.push(load.run(connections).await);
        let rows = world.rows(session).await;
        assert_eq!(rows, u64::from(people(connections)) + 1, "every check-in that was acknowledged is a row");
    }
}
