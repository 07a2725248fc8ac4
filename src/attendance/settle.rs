//! Check-ins that are not plain, in one transaction: doors made sure of, nonces looked up, what stands read and locked,
//! each fact merged in the order in which it came, and all of it written back in few statements.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::id::{OrganisationId, PersonId, SessionId};
use entity::{answered_nonce, attendance, attendance_change, event, session};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait,
};

use super::batch::{Batches, Doors};
use super::check_in::Waiting;
use super::door::{Door, Found, Revisions};
use super::merge::{Arrival, Merged, State, merge};
use super::record::{Arrived, Guest, Nonce, Record, Recorded, Who};
use crate::error::{Code, Error, Result};
use crate::people;
use crate::scheduling::Kinds;

type Key = (SessionId, PersonId);

/// A state that a row takes in this transaction.
struct Step {
    state: State,
    at: DateTime<Utc>,
    by: String,
}

/// One person in one session: what stood, and what it comes to.
#[derive(Default)]
struct Line {
    before: Option<attendance::Model>,
    organisation_id: Option<OrganisationId>,
    steps: Vec<Step>,
}

/// Answers all of `waiting` in order, or fails as a whole and leaves nothing behind.
pub(super) async fn settle(batches: &mut Batches, waiting: &[Waiting]) -> Result<Vec<Result<Recorded>>> {
    let tx = batches.db.begin().await?;
    refresh(&tx, &mut batches.doors, &batches.kinds, waiting).await?;
    meet(&tx, &mut batches.doors, waiting).await?;
    let known = answered(&tx, waiting).await?;
    let mut round = Round { answered: known, lines: BTreeMap::new(), new_nonces: Vec::new() };
    let judged: Vec<_> = waiting.iter().map(|one| judge(&batches.doors, one)).collect();
    round.read(&tx, &judged).await?;
    let mut answers = Vec::with_capacity(waiting.len());
    for (one, judged) in waiting.iter().zip(judged) {
        answers.push(round.answer(one, judged));
    }
    round.write(&tx).await?;
    tx.commit().await?;
    Ok(answers)
}

/// Makes sure that the door of each session is known and holds.
async fn refresh(db: &DatabaseTransaction, doors: &mut Doors, kinds: &Kinds, waiting: &[Waiting]) -> Result<()> {
    let ids: HashSet<_> = waiting.iter().map(|one| one.check_in.session_id).collect();
    let Some(now) = waiting.iter().map(|one| one.now).max() else { return Ok(()) };
    let people = crate::db::revision(db, people::REVISION).await?;
    let rows: Vec<(SessionId, i64, i64)> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .column(session::Column::Revision)
        .column(event::Column::Revision)
        .join(JoinType::InnerJoin, session::Relation::Event.def())
        .filter(session::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    let present: HashMap<_, _> =
        rows.into_iter().map(|(id, session, event)| (id, Revisions { session, event, people })).collect();
    for id in ids {
        let holds =
            doors.get(&id).is_some_and(|door| present.get(&id) == Some(&door.revisions) && !door.must_freeze(now));
        if holds {
            continue;
        }
        doors.remove(&id);
        if present.contains_key(&id)
            && let Some(door) = Door::load(db, kinds, id, now).await?
        {
            doors.insert(id, door);
        }
    }
    Ok(())
}

/// Looks up people whom the doors do not know, one query a session.
async fn meet(db: &impl ConnectionTrait, doors: &mut Doors, waiting: &[Waiting]) -> Result<()> {
    let mut strangers: BTreeMap<SessionId, Vec<&Who>> = BTreeMap::new();
    for one in waiting {
        let check_in = &one.check_in;
        let Some(door) = doors.get(&check_in.session_id) else { continue };
        if door.show_to(&check_in.actor).is_ok() && matches!(door.find(&check_in.who), Ok(Found::Stranger)) {
            strangers.entry(check_in.session_id).or_default().push(&check_in.who);
        }
    }
    for (id, who) in strangers {
        if let Some(door) = doors.get_mut(&id) {
            door.meet(db, &who).await?;
        }
    }
    Ok(())
}

/// The answers already given to the nonces of this batch.
async fn answered(db: &impl ConnectionTrait, waiting: &[Waiting]) -> Result<HashMap<Nonce, (String, Recorded)>> {
    let nonces: HashSet<_> = waiting.iter().filter_map(|one| one.check_in.nonce.as_ref()).collect();
    if nonces.is_empty() {
        return Ok(HashMap::new());
    }
    let which = nonces.into_iter().fold(Condition::any(), |any, nonce| {
        any.add(
            Condition::all()
                .add(answered_nonce::Column::Scope.eq(nonce.scope.as_str()))
                .add(answered_nonce::Column::Nonce.eq(nonce.text.as_str())),
        )
    });
    let rows = answered_nonce::Entity::find().filter(which).all(db).await?;
    rows.into_iter()
        .map(|row| {
            let record: Record = serde_json::from_value(row.answer).map_err(Error::internal)?;
            let status = if row.status == 201 { Arrived::New } else { Arrived::Again };
            Ok((Nonce { scope: row.scope, text: row.nonce }, (row.body_hash, Recorded { status, record })))
        })
        .collect()
}

/// What one transaction works on.
struct Round {
    answered: HashMap<Nonce, (String, Recorded)>,
    lines: BTreeMap<Key, Line>,
    new_nonces: Vec<answered_nonce::ActiveModel>,
}

/// A check-in that may be: at which door, whose, and what it says.
struct Judged<'a> {
    door: &'a Door,
    guest: &'a Guest,
    arrival: Arrival,
}

impl Judged<'_> {
    fn key(&self) -> Key {
        (self.door.session.id, self.guest.person_id)
    }
}

fn judge<'a>(doors: &'a Doors, one: &Waiting) -> Result<Judged<'a>> {
    let check_in = &one.check_in;
    let door = doors.get(&check_in.session_id).ok_or_else(|| Error::new(Code::NotFound))?;
    door.show_to(&check_in.actor)?;
    let Found::Guest(index) = door.find(&check_in.who)? else { return Err(Error::new(Code::NotFound)) };
    let guest = door.guest(index);
    Ok(Judged { door, guest, arrival: door.judge(guest, check_in, one.now)? })
}

impl Round {
    /// Reads what stands, locked until the commit; in one order, so that two servers do not wait for each other.
    async fn read(&mut self, db: &impl ConnectionTrait, judged: &[Result<Judged<'_>>]) -> Result<()> {
        let mut people: BTreeMap<SessionId, Vec<PersonId>> = BTreeMap::new();
        for one in judged.iter().flatten() {
            people.entry(one.door.session.id).or_default().push(one.guest.person_id);
            self.lines.entry(one.key()).or_default();
        }
        if people.is_empty() {
            return Ok(());
        }
        let which = people.into_iter().fold(Condition::any(), |any, (session, people)| {
            any.add(
                Condition::all()
                    .add(attendance::Column::SessionId.eq(session))
                    .add(attendance::Column::PersonId.is_in(people)),
            )
        });
        let rows = attendance::Entity::find()
            .filter(which)
            .order_by_asc(attendance::Column::Id)
            .lock_exclusive()
            .all(db)
            .await?;
        for row in rows {
            let key = (row.session_id, row.person_id);
            self.lines.entry(key).or_default().before = Some(row);
        }
        Ok(())
    }

    /// Answers one check-in, and notes what it changes.
    fn answer(&mut self, one: &Waiting, judged: Result<Judged<'_>>) -> Result<Recorded> {
        let check_in = &one.check_in;
        let Some(nonce) = &check_in.nonce else { return Ok(self.merge(one, &judged?)) };
        let meaning = check_in.meaning();
        if let Some((before, recorded)) = self.answered.get(nonce) {
            return if *before == meaning { Ok(recorded.clone()) } else { Err(Error::new(Code::NonceReused)) };
        }
        let recorded = self.merge(one, &judged?);
        self.new_nonces.push(answered_nonce::ActiveModel {
            scope: Set(nonce.scope.clone()),
            nonce: Set(nonce.text.clone()),
            body_hash: Set(meaning.clone()),
            status: Set(if recorded.status == Arrived::New { 201 } else { 200 }),
            answer: Set(serde_json::to_value(&recorded.record).map_err(Error::internal)?),
            at: Set(one.now),
        });
        self.answered.insert(nonce.clone(), (meaning, recorded.clone()));
        Ok(recorded)
    }

    fn merge(&mut self, one: &Waiting, judged: &Judged<'_>) -> Recorded {
        let line = self.lines.entry(judged.key()).or_default();
        let stood = line.state();
        let (status, replaced, state) = match &stood {
            None => (Arrived::New, None, judged.arrival.state()),
            Some(before) => match merge(before, &judged.arrival) {
                Merged::Stands => (Arrived::Again, None, before.clone()),
                Merged::Better(state) => (Arrived::Again, None, state),
                Merged::Replaces(state) => (Arrived::New, Some(before.status), state),
            },
        };
        let record = Record { replaced, ..Record::new(judged.door.named(), judged.guest, &state) };
        if stood.as_ref() != Some(&state) {
            line.organisation_id = judged.guest.organisation_id;
            line.steps.push(Step { state, at: one.now, by: one.check_in.actor.name.clone() });
        }
        Recorded { status, record }
    }

    /// Writes back what changed. Fails when another server was faster with a row or a nonce; the whole is then tried
    /// again.
    async fn write(self, db: &impl ConnectionTrait) -> Result<()> {
        let (mut new, mut replacing, mut history) = (Vec::new(), Vec::new(), Vec::new());
        for (key, line) in self.lines {
            let Some((last, earlier)) = line.steps.split_last() else { continue };
            history.extend(line.before.iter().map(replaced));
            history.extend(earlier.iter().map(|step| step.change(key)));
            match &line.before {
                None => new.push(last.row(key, line.organisation_id)),
                Some(before) => replacing.push(last.row(key, before.organisation_id)),
            }
        }
        insert_new(db, new).await?;
        replace(db, replacing).await?;
        if !history.is_empty() {
            attendance_change::Entity::insert_many(history).exec_without_returning(db).await?;
        }
        insert_nonces(db, self.new_nonces).await
    }
}

impl Line {
    fn state(&self) -> Option<State> {
        self.steps.last().map(|step| step.state.clone()).or_else(|| self.before.as_ref().map(State::from))
    }
}

impl Step {
    fn row(&self, (session, person): Key, organisation: Option<OrganisationId>) -> attendance::ActiveModel {
        attendance::ActiveModel {
            id: NotSet,
            session_id: Set(session),
            person_id: Set(person),
            organisation_id: Set(organisation),
            status: Set(self.state.status),
            word: Set(self.state.word),
            checked_in_at: Set(self.state.checked_in_at),
            method: Set(self.state.method.clone()),
            note: Set(self.state.note.clone()),
            recorded_at: Set(self.at),
            recorded_by: Set(self.by.clone()),
        }
    }

    fn change(&self, (session, person): Key) -> attendance_change::ActiveModel {
        attendance_change::ActiveModel {
            id: NotSet,
            session_id: Set(session),
            person_id: Set(person),
            status: Set(self.state.status),
            word: Set(self.state.word),
            checked_in_at: Set(self.state.checked_in_at),
            method: Set(self.state.method.clone()),
            note: Set(self.state.note.clone()),
            recorded_at: Set(self.at),
            recorded_by: Set(self.by.clone()),
        }
    }
}

/// The history's row of a state that is being replaced.
pub(super) fn replaced(row: &attendance::Model) -> attendance_change::ActiveModel {
    Step { state: State::from(row), at: row.recorded_at, by: row.recorded_by.clone() }
        .change((row.session_id, row.person_id))
}

async fn insert_new(db: &impl ConnectionTrait, rows: Vec<attendance::ActiveModel>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let all = rows.len() as u64;
    let inserted = attendance::Entity::insert_many(rows)
        .on_conflict(
            OnConflict::columns([attendance::Column::SessionId, attendance::Column::PersonId]).do_nothing().to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    if inserted == all { Ok(()) } else { Err(Error::internal("another server checked somebody in meanwhile")) }
}

/// Writes rows over those of the same keys, which the transaction holds locked.
async fn replace(db: &impl ConnectionTrait, rows: Vec<attendance::ActiveModel>) -> Result<()> {
    use attendance::Column as C;
    if rows.is_empty() {
        return Ok(());
    }
    let over = OnConflict::columns([C::SessionId, C::PersonId])
        .update_columns([C::Status, C::Word, C::CheckedInAt, C::Method, C::Note, C::RecordedAt, C::RecordedBy])
        .to_owned();
    attendance::Entity::insert_many(rows).on_conflict(over).exec_without_returning(db).await?;
    Ok(())
}

async fn insert_nonces(db: &impl ConnectionTrait, rows: Vec<answered_nonce::ActiveModel>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let all = rows.len() as u64;
    let inserted = answered_nonce::Entity::insert_many(rows)
        .on_conflict(
            OnConflict::columns([answered_nonce::Column::Scope, answered_nonce::Column::Nonce]).do_nothing().to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    if inserted == all { Ok(()) } else { Err(Error::internal("another server answered a nonce meanwhile")) }
}
