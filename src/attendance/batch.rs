//! One batch of check-ins.
//!
//! Most are plain: somebody invited comes for the first time. All the plain ones of a batch are one statement, which is
//! a transaction by itself: it inserts what is not there yet, provided that the session, its event and all people are
//! as they were when the door was read. Whatever that statement did not insert, and whatever is not plain (a nonce, a
//! stranger, a refusal, somebody who is checked in already), goes through [`super::settle`], which reads first.
//!
//! A check-in that is being written while another server cancels its session is as if it had come just before.

use std::collections::{HashMap, HashSet};

use entity::id::{PersonId, SessionId};
use entity::state::Word;
use entity::{attendance, event, revision, session};
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query, SelectStatement, ValueTuple};
use sea_orm::{ConnectionTrait, DbErr, Value};

use super::check_in::Waiting;
use super::door::{Door, Found};
use super::merge::Arrival;
use super::record::{Arrived, Record, Recorded};
use crate::db::Db;
use crate::error::{Code, Error};
use crate::people;
use crate::scheduling::Kinds;

/// Doors kept; and guests of all of them together, some 200 bytes each.
const DOORS: usize = 64;
const GUESTS: usize = 100_000;
/// How often a transaction is tried that another server disturbed.
const TRIES: usize = 4;

/// The doors of the sessions that people come to.
pub(super) type Doors = HashMap<SessionId, Door>;

/// Writes batches, one after the other.
pub(super) struct Batches {
    pub db: Db,
    pub kinds: Kinds,
    pub doors: Doors,
}

/// A check-in of the one statement.
struct Plain {
    waiting: Waiting,
    guest: u32,
    arrival: Arrival,
}

impl Batches {
    pub(super) fn new(db: Db, kinds: Kinds) -> Self {
        Self { db, kinds, doors: HashMap::new() }
    }

    /// Writes a batch and answers everyone in it.
    pub(super) async fn write(&mut self, batch: Vec<Waiting>) {
        let (plain, mut others) = self.sort(batch);
        if !plain.is_empty() {
            others.extend(self.insert(plain).await);
        }
        if !others.is_empty() {
            self.settle(others).await;
        }
    }

    /// Tells plain check-ins from others, by what is known without asking the database.
    fn sort(&self, batch: Vec<Waiting>) -> (Vec<Plain>, Vec<Waiting>) {
        let (mut plain, mut others) = (Vec::with_capacity(batch.len()), Vec::new());
        let mut seen = HashSet::with_capacity(batch.len());
        for waiting in batch {
            match self.plain(&waiting) {
                Some((guest, arrival, key)) if seen.insert(key) => plain.push(Plain { waiting, guest, arrival }),
                _ => others.push(waiting),
            }
        }
        (plain, others)
    }

    fn plain(&self, waiting: &Waiting) -> Option<(u32, Arrival, (SessionId, PersonId))> {
        let check_in = &waiting.check_in;
        let door = self.doors.get(&check_in.session_id)?;
        if check_in.nonce.is_some() || door.must_freeze(waiting.now) || door.show_to(&check_in.actor).is_err() {
            return None;
        }
        let Ok(Found::Guest(index)) = door.find(&check_in.who) else { return None };
        let guest = door.guest(index);
        let arrival = door.judge(guest, check_in, waiting.now).ok()?;
        Some((index, arrival, (check_in.session_id, guest.person_id)))
    }

    /// Inserts the plain ones and answers those that went in; gives the others back.
    async fn insert(&self, plain: Vec<Plain>) -> Vec<Waiting> {
        let statement = self.statement(&plain);
        let inserted = match statement {
            Ok(statement) => self.db.write().query_all(&statement).await.and_then(|rows| {
                rows.iter()
                    .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
                    .collect::<Result<HashSet<(SessionId, PersonId)>, DbErr>>()
            }),
            Err(error) => Err(error),
        };
        let inserted = inserted.unwrap_or_else(|error| {
            tracing::warn!(%error, "check-ins could not be inserted at once; trying them with a transaction");
            HashSet::new()
        });
        let mut left = Vec::new();
        for Plain { waiting, guest, arrival } in plain {
            let id = waiting.check_in.session_id;
            match self.doors.get(&id) {
                Some(door) if inserted.contains(&(id, door.guest(guest).person_id)) => {
                    let record = Record::new(door.named(), door.guest(guest), &arrival.state());
                    // Nobody listens when the caller went away; the row stands.
                    drop(waiting.answer.send(Ok(Recorded { status: Arrived::New, record })));
                }
                _ => left.push(waiting),
            }
        }
        left
    }

    fn statement(&self, plain: &[Plain]) -> Result<InsertStatement, DbErr> {
        use attendance::Column as C;
        let columns = [
            C::SessionId,
            C::PersonId,
            C::OrganisationId,
            C::Status,
            C::Word,
            C::CheckedInAt,
            C::Method,
            C::RecordedAt,
            C::RecordedBy,
        ];
        let sessions: HashSet<_> = plain.iter().map(|one| one.waiting.check_in.session_id).collect();
        let doors: Vec<_> = sessions.iter().filter_map(|id| self.doors.get(id)).collect();
        // Both back ends call the columns of a list of values so.
        let names = ["column1", "column2", "column3", "column4", "column5", "column6", "column7", "column8", "column9"];
        let mut select = Query::select();
        select.columns(names).from_values(
            plain.iter().filter_map(|one| self.doors.get(&one.waiting.check_in.session_id).map(|d| values(d, one))),
            "arrived",
        );
        for guard in doors.iter().map(|door| unchanged(door)) {
            select.and_where(Expr::exists(guard));
        }
        if let Some(door) = doors.first() {
            select.and_where(Expr::exists(people_unchanged(door)));
        }
        let mut insert = Query::insert();
        insert
            .into_table(attendance::Entity)
            .columns(columns)
            .select_from(select)
            .map_err(|error| DbErr::Custom(error.to_string()))?
            .on_conflict(OnConflict::columns([C::SessionId, C::PersonId]).do_nothing().to_owned())
            .returning(Query::returning().columns([C::SessionId, C::PersonId]));
        Ok(insert)
    }

    /// Everything that is not plain; tried again when another server disturbed it.
    async fn settle(&mut self, waiting: Vec<Waiting>) {
        self.make_room(&waiting);
        let mut tries = 0;
        let error = loop {
            match super::settle::settle(self, &waiting).await {
                Ok(answers) => {
                    for (waiting, answer) in waiting.into_iter().zip(answers) {
                        drop(waiting.answer.send(answer));
                    }
                    return;
                }
                Err(error) => {
                    // What was read in a transaction that did not commit may never have been.
                    for one in &waiting {
                        self.doors.remove(&one.check_in.session_id);
                    }
                    tries += 1;
                    if tries == TRIES {
                        break error;
                    }
                }
            }
        };
        tracing::error!(%error, check_ins = waiting.len(), "check-ins could not be written");
        for one in waiting {
            drop(one.answer.send(Err(Error::new(Code::Unavailable))));
        }
    }

    fn make_room(&mut self, waiting: &[Waiting]) {
        let guests: usize = self.doors.values().map(Door::known).sum();
        if self.doors.len() >= DOORS || guests >= GUESTS {
            let needed: HashSet<_> = waiting.iter().map(|one| one.check_in.session_id).collect();
            self.doors.retain(|id, _| needed.contains(id));
        }
    }
}

fn values(door: &Door, one: &Plain) -> ValueTuple {
    let (guest, check_in) = (door.guest(one.guest), &one.waiting.check_in);
    let values: [Value; 9] = [
        check_in.session_id.into(),
        guest.person_id.into(),
        guest.organisation_id.into(),
        one.arrival.status.as_str().into(),
        Word::CheckIn.as_str().into(),
        one.arrival.at.into(),
        one.arrival.method.as_str().into(),
        one.waiting.now.into(),
        check_in.actor.name.as_str().into(),
    ];
    ValueTuple::Many(values.into())
}

/// Finds the session if it and its event are as they were when the door was read.
fn unchanged(door: &Door) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(session::Entity)
        .inner_join(
            event::Entity,
            Expr::col((event::Entity, event::Column::Id)).equals((session::Entity, session::Column::EventId)),
        )
        .and_where(Expr::col((session::Entity, session::Column::Id)).eq(door.session.id))
        .and_where(Expr::col((session::Entity, session::Column::Revision)).eq(door.revisions.session))
        .and_where(Expr::col((event::Entity, event::Column::Revision)).eq(door.revisions.event))
        .take()
}

/// Finds the counter of all people if it is as it was when the door was read.
fn people_unchanged(door: &Door) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(revision::Entity)
        .and_where(Expr::col(revision::Column::Name).eq(people::REVISION))
        .and_where(Expr::col(revision::Column::Value).eq(door.revisions.people))
        .take()
}
