//! How quick the calendar's pages and the conflict check are, beside a bare indexed query for the same rows.
//!
//! `cargo bench --bench schedule` on a machine with nothing else to do. 10,000 events with 40,000 sessions over five
//! years, 5,000 people in 200 organisations. The pages go through the whole router, signed in, without a network; the
//! bare query is prepared once, on the same database, and reads the columns that a page shows. Each round asks for the
//! same months, or about the same drafts, in both ways, one after the other; the median of the rounds counts.

#[path = "schedule_bare.rs"]
mod bare;
#[path = "schedule_conflict.rs"]
mod conflict;
#[expect(dead_code, reason = "shared with the bench of check-ins, which has PostgreSQL insert")]
mod postgres;
#[expect(dead_code, reason = "shared with the bench of check-ins, which starts servers")]
mod server;
#[expect(dead_code, reason = "shared with the bench of check-ins, which has another table")]
mod table;
#[path = "schedule_world.rs"]
mod world;

use std::future::Future;
use std::time::Instant;

use bare::Bare;
use chrono::{Datelike, Months, NaiveDate};
use postgres::Cluster;
use table::median;
use world::World;

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rounds of which the median counts.
const ROUNDS: usize = 7;
/// Months of a round.
const MONTHS: u32 = 30;
/// How many times the bare query a page may take.
const LIMIT: f64 = 20.0;

fn main() {
    let folder = tempfile::Builder::new().prefix("pufa-bench-").tempdir().expect("a folder for the databases");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    println!("10,000 events, 40,000 sessions, 5,000 people; medians of {ROUNDS} rounds over {MONTHS} months, in ms\n");
    let only = std::env::var("PUFA_BENCH_ONLY").unwrap_or_default();
    if only != "postgres" {
        let file = folder.path().join("pufa.db");
        runtime.block_on(async {
            let world = World::make(&format!("sqlite://{}", file.display())).await;
            measure("SQLite", &world, &mut Bare::sqlite(&file, &bare::month())).await;
            conflict::measure(&world, &mut Bare::sqlite(&file, bare::OVER)).await;
        });
    }
    if only != "sqlite" {
        let cluster = Cluster::start(folder.path());
        runtime.block_on(async {
            let world = World::make(&cluster.url()).await;
            measure("PostgreSQL", &world, &mut Bare::postgres(&cluster.url(), &bare::month()).await).await;
            conflict::measure(&world, &mut Bare::postgres(&cluster.url(), bare::OVER).await).await;
        });
    }
}

/// The first days of the months asked for, spread over the five years.
fn months() -> impl Iterator<Item = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(2022, 1, 1).expect("a date");
    (0..MONTHS).map(move |n| first + Months::new(n * 2))
}

async fn measure(name: &str, world: &World, bare: &mut Bare) {
    println!("| {name} | rows | bare query | page | times | |\n|---|---|---|---|---|---|");
    for (who, reader) in [("county", &world.county), ("body", &world.body)] {
        let (mut asked, mut shown, mut rows) = (Vec::new(), Vec::new(), 0);
        for round in 0..=ROUNDS {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            for first in months() {
                let (from, to) = grid(first);
                let (time, found) = timed(bare.rows(from, to, reader.organisation)).await;
                assert_eq!(found, world.known(from, to, reader), "{first}: the bare query finds the rows of the page");
                rows = rows.max(found);
                a.push(time);
                let path = format!("/calendar?year={}&month={}", first.year(), first.month());
                b.push(timed(world.page(reader, &path)).await.0);
            }
            // The first round warms up.
            if round > 0 {
                asked.push(median(a));
                shown.push(median(b));
            }
        }
        line(&format!("month, {who}"), rows, Some(median(asked)), median(shown));
        let mut alone = Vec::new();
        for first in months() {
            alone.push(timed(world.sittings(reader, grid(first))).await.0);
        }
        line(&format!("its query alone, {who}"), 0, None, median(alone));
        for (view, path) in [
            ("week", "/week?date=2024-05-15"),
            ("agenda", "/agenda?date=2024-05-15"),
            ("planner", "/planner?year=2024"),
            ("list", "/events?year=2024"),
            ("what needs me", "/agenda?needs=me"),
        ] {
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                times.push(timed(world.page(reader, path)).await.0);
            }
            line(&format!("{view}, {who}"), 0, None, median(times));
        }
    }
}

/// Whole weeks around a month, as the page shows them: the first and the last day.
fn grid(first: NaiveDate) -> (NaiveDate, NaiveDate) {
    let days = pufa::scheduling::month::days(first);
    (days[0], days[days.len() - 1])
}

fn line(name: &str, rows: usize, bare: Option<f64>, page: f64) {
    let rows = if rows > 0 { rows.to_string() } else { String::new() };
    let (bare, times, met) = bare.map_or_else(Default::default, |bare| {
        let times = page / bare;
        let met = if times <= LIMIT { "met" } else { "not met" };
        (format!("{bare:.3}"), format!("{times:.1}"), format!("{met} (at most {LIMIT})"))
    });
    println!("| {name} | {rows} | {bare} | {page:.3} | {times} | {met} |");
}

/// How long it takes, in milliseconds, and what comes of it.
async fn timed<T>(work: impl Future<Output = T>) -> (f64, T) {
    let from = Instant::now();
    let done = work.await;
    (from.elapsed().as_secs_f64() * 1_000.0, done)
}
