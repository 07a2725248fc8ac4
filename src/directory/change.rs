//! Looking at a change of people before it is made, and making it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::id::{MembershipId, PersonId, SeriesId, SessionId};
use entity::{event, membership, membership_group, person, session};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::access::Actor;
use crate::db::{insert_all, is_duplicate};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::{self, OrgTree, Stay};
use crate::scheduling::ahead::{Ahead, Shift, Situation, shifts};
use crate::scheduling::roster;

/// Values of one statement.
const CHUNK: usize = 1_000;

/// What a change does to sessions that have not begun.
#[derive(Debug)]
pub struct Outlook {
    ahead: Ahead,
    /// By session and person.
    pub shifts: BTreeMap<(SessionId, PersonId), Shift>,
}

/// A session that changes, with its event and what becomes of whom.
pub type Shifted<'a> = (&'a event::Model, &'a session::Model, Vec<(PersonId, Shift)>);

/// What a change did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Sessions whose invited changed.
    pub sessions: usize,
    /// Mails that are queued for it.
    pub letters: usize,
}

impl Outlook {
    /// The sessions that change, by start, each with what becomes of whom.
    #[must_use]
    pub fn sessions(&self) -> Vec<Shifted<'_>> {
        let mut of: HashMap<SessionId, Vec<(PersonId, Shift)>> = HashMap::new();
        for (&(session, person), &shift) in &self.shifts {
            of.entry(session).or_default().push((person, shift));
        }
        self.ahead.sessions().filter_map(|(event, session)| Some((event, session, of.remove(&session.id)?))).collect()
    }

    /// The same, telling nobody.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        for shift in self.shifts.values_mut() {
            *shift = Shift::Moves;
        }
        self
    }

    /// How many mails the change would send to people with these addresses.
    #[must_use]
    pub fn letters(&self, addresses: &HashMap<PersonId, String>) -> usize {
        let uids: HashMap<SessionId, Uid> = self
            .ahead
            .sessions()
            .filter(|(event, _)| event.mails)
            .map(|(_, session)| (session.id, uid(session)))
            .collect();
        let told = |((session, person), shift): (&(SessionId, PersonId), &Shift)| {
            let uid = uids.get(session).filter(|_| *shift != Shift::Moves && addresses.contains_key(person))?;
            Some((*uid, *person))
        };
        self.shifts.iter().filter_map(told).collect::<BTreeSet<_>>().len()
    }
}

/// A session's, or that of its series: of one, somebody gets one mail.
type Uid = (Option<SeriesId>, Option<SessionId>);

fn uid(session: &session::Model) -> Uid {
    (session.series_id, Some(session.id).filter(|_| session.series_id.is_none()))
}

/// What becomes of the sessions ahead when `before` becomes `after`.
pub async fn look(
    db: &impl ConnectionTrait,
    before: Situation<'_>,
    after: Situation<'_>,
    now: DateTime<Utc>,
) -> Result<Outlook> {
    let ahead = Ahead::load(db, &[before, after], now).await?;
    let shifts = shifts(&ahead.seats(before), &ahead.seats(after));
    Ok(Outlook { ahead, shifts })
}

/// Refuses what reaches beyond the actor's organisations, or into one that is no more by then. Only what differs is
/// looked at.
pub fn permit(tree: &OrgTree, actor: &Actor, before: &[Stay], after: &[Stay]) -> Result<()> {
    let gone = before.iter().filter(|stay| !after.contains(stay));
    let new: Vec<_> = after.iter().filter(|stay| !before.contains(stay)).collect();
    let ours = |stay: &Stay| tree.is_below(stay.organisation_id, actor.organisation);
    for stay in gone.chain(new.iter().copied()) {
        if !ours(stay) {
            let problem = FieldProblem::new("org_code", "other-body").with("org", tree.name(stay.organisation_id));
            return Err(Error::invalid(vec![problem]));
        }
    }
    for stay in new {
        let last = tree.get(stay.organisation_id).and_then(|org| org.active_to);
        if let Some(last) = last.filter(|last| stay.to.is_none_or(|to| to > *last)) {
            let problem = FieldProblem::new("org_code", "org-gone").with("last", last);
            return Err(Error::invalid(vec![problem]));
        }
    }
    Ok(())
}

/// Fixes the rosters of all that has begun: called in the transaction of any change of people, before it.
pub async fn fix_the_past(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<()> {
    while roster::freeze_due(db, now).await? == 10_000 {}
    Ok(())
}

/// Writes a change of memberships and tells those whom it concerns, in the caller's transaction. `before` was read in
/// it, with the people held.
pub async fn apply(
    db: &impl ConnectionTrait,
    tree: &OrgTree,
    before: &[Stay],
    after: &[Stay],
    now: DateTime<Utc>,
) -> Result<Done> {
    fix_the_past(db, now).await?;
    let (was, will) = (Situation { tree, stays: before }, Situation { tree, stays: after });
    let outlook = look(db, was, will, now).await?;
    match write(db, before, after).await {
        Err(Error::Db(error)) if is_duplicate(&error) => return Err(Error::new(Code::ChangedMeanwhile)),
        other => other?,
    }
    settle(db, &outlook, now).await
}

/// Says that people changed, and tells those whom it concerns.
pub async fn settle(db: &impl ConnectionTrait, outlook: &Outlook, now: DateTime<Utc>) -> Result<Done> {
    people::touch(db).await?;
    let mark = crate::db::revision(db, people::REVISION).await?;
    let concerned: BTreeSet<PersonId> = outlook.shifts.keys().map(|(_, person)| *person).collect();
    let addresses = addresses(db, concerned.into_iter().collect()).await?;
    let letters = outlook.ahead.tell(db, &outlook.shifts, &addresses, mark, now).await?;
    let sessions: BTreeSet<SessionId> = outlook.shifts.keys().map(|(session, _)| *session).collect();
    Ok(Done { sessions: sessions.len(), letters })
}

/// The addresses of those of these people who have one.
pub async fn addresses(db: &impl ConnectionTrait, people: Vec<PersonId>) -> Result<HashMap<PersonId, String>> {
    let mut found = HashMap::new();
    for chunk in people.chunks(CHUNK) {
        let mine = person::Column::Id.is_in(chunk.iter().copied());
        for row in person::Entity::find().filter(mine).all(db).await? {
            found.extend(row.email.map(|email| (row.id, email)));
        }
    }
    Ok(found)
}

/// Writes what differs: first what goes, then what changes, then what is new.
pub async fn write(db: &impl ConnectionTrait, before: &[Stay], after: &[Stay]) -> Result<()> {
    let kept: BTreeSet<MembershipId> = after.iter().filter_map(|stay| stay.id).collect();
    let gone: Vec<_> = before.iter().filter_map(|stay| stay.id).filter(|id| !kept.contains(id)).collect();
    let changed: Vec<&Stay> = after.iter().filter(|stay| stay.id.is_some() && !before.contains(stay)).collect();
    let relabelled = changed.iter().filter_map(|stay| stay.id).chain(gone.iter().copied());
    for chunk in relabelled.collect::<Vec<_>>().chunks(CHUNK) {
        let mine = membership_group::Column::MembershipId.is_in(chunk.iter().copied());
        membership_group::Entity::delete_many().filter(mine).exec(db).await?;
    }
    for chunk in gone.chunks(CHUNK) {
        let mine = membership::Column::Id.is_in(chunk.iter().copied());
        membership::Entity::delete_many().filter(mine).exec(db).await?;
    }
    let mut labels = Vec::new();
    for stay in changed {
        let Some(id) = stay.id else { continue };
        membership::Entity::update(membership::ActiveModel { id: Set(id), ..row(stay) }).exec(db).await?;
        labels.extend(label(id, stay));
    }
    let new: Vec<&Stay> = after.iter().filter(|stay| stay.id.is_none()).collect();
    for chunk in new.chunks(CHUNK) {
        let rows = membership::Entity::insert_many(chunk.iter().map(|stay| row(stay))).exec_with_returning(db).await?;
        let ids: HashMap<_, _> = rows.into_iter().map(|row| ((row.person_id, row.active_from), row.id)).collect();
        for stay in chunk {
            if let Some(&id) = ids.get(&(stay.person_id, stay.from)) {
                labels.extend(label(id, stay));
            }
        }
    }
    insert_all(db, labels, None).await?;
    Ok(())
}

fn row(stay: &Stay) -> membership::ActiveModel {
    membership::ActiveModel {
        person_id: Set(stay.person_id),
        organisation_id: Set(stay.organisation_id),
        title: Set(stay.title.clone()),
        active_from: Set(stay.from),
        active_to: Set(stay.to),
        ..Default::default()
    }
}

fn label(id: MembershipId, stay: &Stay) -> Vec<membership_group::ActiveModel> {
    let row = |name: &String| membership_group::ActiveModel { membership_id: Set(id), name: Set(name.clone()) };
    stay.groups.iter().map(row).collect()
}
