//! The conflict check of drafts, beside a bare query for the sessions that lie over theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use entity::id::{EventId, OrganisationId, SessionId};
use pufa::access::{Actor, Rights};
use pufa::dates::Span;
use pufa::db::Db;
use pufa::scheduling::conflict::{Conflict, Sitting, Sort, Subject, find};

use crate::bare::{Bare, Wish};
use crate::table::median;
use crate::world::{BODIES, EVENTS, KINDS, LENGTH, SESSIONS, World, host, is_draft, place, start};
use crate::{ROUNDS, line, timed};

/// Drafts of a round.
const DRAFTS: usize = 30;
/// How long before a session others may have begun that lie over it: as the check has it, which finds sessions of up to
/// 100 days, and as a query may have it that knows that here none lasts longer than a day.
const REACHES: [(&str, TimeDelta); 2] =
    [("conflict check", TimeDelta::days(100)), ("conflict check, none over a day", TimeDelta::days(1))];

/// A draft with four sessions to come, which 25 people of one section must attend, at a place that another session has
/// at the time of the first.
struct Draft {
    event: i64,
    subject: Subject,
}

/// Prints the lines of the check. Every round checks the same drafts in each way, one after the other.
pub async fn measure(world: &World, bare: &mut Bare) {
    let drafts = drafts(world);
    let db = &world.app.db;
    let (mut checked, mut rows, mut found) = (Vec::new(), 0, 0);
    let mut asked = REACHES.map(|_| Vec::new());
    for round in 0..=ROUNDS {
        let (mut by_bare, mut by_check) = (REACHES.map(|_| Vec::new()), Vec::new());
        found = 0;
        for draft in &drafts {
            for ((_, reach), times) in REACHES.iter().zip(&mut by_bare) {
                let (time, over) = timed(draft.over(bare, *reach)).await;
                assert_eq!(over, draft.known(), "{}: the bare query finds the rows of the check", draft.event);
                rows = rows.max(over);
                times.push(time);
            }
            let (time, conflicts) = timed(draft.check(world, db)).await;
            assert!(conflicts.iter().any(|conflict| conflict.sort == Sort::Place), "its place is taken");
            found += conflicts.len();
            by_check.push(time);
        }
        // The first round warms up.
        if round > 0 {
            by_bare.into_iter().zip(&mut asked).for_each(|(times, all)| all.push(median(times)));
            checked.push(median(by_check));
        }
    }
    let check = median(checked);
    for ((name, _), times) in REACHES.iter().zip(asked) {
        line(name, rows, Some(median(times)), check);
    }
    let queries = queries(world, &drafts[0]).await;
    println!("\nConflict check: {DRAFTS} drafts of four sessions, {found} conflicts, {queries} queries a draft.\n");
}

/// How many queries the check of a draft makes; counted apart, so that counting takes no time of what is measured.
async fn queries(world: &World, draft: &Draft) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let (mut db, told) = (world.app.db.clone(), count.clone());
    db.watch(move |_| {
        told.fetch_add(1, Ordering::Relaxed);
    });
    draft.check(world, &db).await;
    count.load(Ordering::Relaxed)
}

fn drafts(world: &World) -> Vec<Draft> {
    let ahead = |event: i64| sessions(event).all(|session| start(session) > world.app.now());
    // The session of that number later begins half an hour later, unless that is the next morning.
    let taken = |event: i64| event % 32 < 30;
    let wanted = |event: &i64| {
        let event = *event;
        is_draft(event) && event % 3 > 0 && host(event) > 1 + BODIES && ahead(event) && taken(event)
    };
    let drafts: Vec<_> = (0..EVENTS).filter(wanted).take(DRAFTS).map(|event| Draft::new(world, event)).collect();
    assert_eq!(drafts.len(), DRAFTS, "enough drafts");
    drafts
}

/// The numbers of an event's sessions.
fn sessions(event: i64) -> impl Iterator<Item = i64> {
    (event..SESSIONS).step_by(10_000)
}

impl Draft {
    fn new(world: &World, event: i64) -> Self {
        let sitting = |session: i64| Sitting {
            session: Some(SessionId(session + 1)),
            key: format!("BS-{session:05}"),
            title: format!("第{event}次法治专题学习"),
            span: Span {
                start: start(session),
                end: start(session) + LENGTH,
                all_day: false,
                zone: world.app.config.zone(),
            },
            location: place((event + 1_826) % EVENTS),
            frozen: false,
            asked: true,
        };
        let subject = Subject {
            event: Some(EventId(event + 1)),
            host: OrganisationId(host(event)),
            kind: KINDS[usize::try_from(event).expect("an index") % KINDS.len()].into(),
            required: true,
            capacity: None,
            audience: None,
            sittings: sessions(event).map(sitting).collect(),
        };
        Self { event, subject }
    }

    /// By the check, for an organiser of the county.
    async fn check(&self, world: &World, db: &Db) -> Vec<Conflict> {
        let actor = Actor { name: "account:1".into(), organisation: OrganisationId(1), rights: Rights::Manage };
        find(db.read(), &world.app.ground(), &actor, &self.subject, world.app.now()).await.expect("the check")
    }

    /// By the bare query, once a session; gives how many rows there are.
    async fn over(&self, bare: &mut Bare, reach: TimeDelta) -> usize {
        let mut rows = 0;
        for Sitting { span, .. } in &self.subject.sittings {
            let (event, host) = (self.event + 1, host(self.event));
            rows += bare.over(&Wish { after: span.start - reach, start: span.start, end: span.end, event, host }).await;
        }
        rows
    }

    /// How many rows there must be.
    fn known(&self) -> usize {
        let seen = |other: i64| other != self.event && (!is_draft(other) || host(other) == host(self.event));
        let over = |span: &Span| {
            let lies = |session: i64| start(session) < span.end && start(session) + LENGTH > span.start;
            (0..SESSIONS).filter(|&session| seen(session % EVENTS) && lies(session)).count()
        };
        self.subject.sittings.iter().map(|sitting| over(&sitting.span)).sum()
    }
}
