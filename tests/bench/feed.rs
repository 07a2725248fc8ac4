//! How fast subscriptions are handed out, beside a bare axum handler that hands out the same bytes.
//!
//! `cargo bench --bench feed` on a machine with nothing else to do. 500 sessions in a person's calendar, 16 connections;
//! everything runs on one machine and shares its cores: the real `pufa serve` as a process of its own, its database, and
//! the load generator in this process. Each figure is measured while nothing changes, and again while an event that is
//! not in that calendar changes ten times a second, through the program's own interface.

#[path = "feed_bare.rs"]
mod bare;
#[path = "feed_client.rs"]
mod client;
#[expect(dead_code, reason = "another bench measures with its own bench too")]
mod postgres;
#[expect(dead_code, reason = "another bench asks for the memory too")]
mod server;
#[path = "feed_world.rs"]
mod world;

use std::path::Path;

use client::{Load, Wish};
use postgres::Cluster;
use server::Running;
use world::World;

/// The program's own allocator, so that the bare handler has what the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections, kept open.
const CONNECTIONS: usize = 16;
/// Rounds of which the median counts; the two servers take turns.
const ROUNDS: usize = 5;

fn main() {
    if let Some(port) = std::env::args().skip_while(|arg| arg != "--empty").nth(1) {
        bare::serve(&port);
        return;
    }
    let folder = tempfile::Builder::new().prefix("pufa-bench-").tempdir().expect("a folder for the databases");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let only = std::env::var("PUFA_BENCH_ONLY").unwrap_or_default();
    println!("{} sessions in a calendar, {CONNECTIONS} connections, medians of {ROUNDS} rounds\n", world::SESSIONS);
    if only != "postgres" {
        let url = format!("sqlite://{}", folder.path().join("pufa.db").display());
        runtime.block_on(measure("SQLite, WAL, synchronous=FULL", &url, folder.path()));
    }
    if only != "sqlite" {
        let cluster = Cluster::start(folder.path());
        runtime.block_on(measure("PostgreSQL, fsync on", &cluster.url(), folder.path()));
    }
}

/// Measures one back end and prints its table.
async fn measure(name: &str, url: &str, folder: &Path) {
    let world = World::make(url).await;
    let pufa = Running::pufa(url, folder).await;
    let version = client::version(pufa.port, &world.path).await;
    bare::keep(folder, &version);
    let bare = Running::empty().await;
    println!("| {name} | bare | pufa | of bare | while another event changes | of bare |\n|---|---|---|---|---|---|");
    for (wish, label, goal) in
        [(Wish::Unchanged, "unchanged (304)", 0.5), (Wish::Plain, "whole", 0.3), (Wish::Packed, "whole, gzip", 0.3)]
    {
        let load = |port: u16| Load { port, path: world.path.clone(), wish, version: version.clone() };
        let (mut limit, mut quiet, mut busy) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            limit.push(load(bare.port).run(CONNECTIONS).await);
            quiet.push(load(pufa.port).run(CONNECTIONS).await);
            let changes = world.change(pufa.port);
            busy.push(load(pufa.port).run(CONNECTIONS).await);
            let made = changes.stop().await;
            assert!(made > 0, "the other event changed");
        }
        let (limit, quiet, busy) = (median(limit), median(quiet), median(busy));
        let share = |rate: f64| format!("{:.2} (at least {goal})", rate / limit);
        println!("| {label} | {limit:.0} | **{quiet:.0}** | {} | **{busy:.0}** | {} |", share(quiet), share(busy));
    }
    println!();
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
