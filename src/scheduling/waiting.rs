//! What waits for a reader: as an organiser, drafts that are due, sittings without attendance and questions of other
//! hosts; as somebody of the staff, the sittings that they must come to.

use std::collections::HashSet;

use chrono::{DateTime, Days, Utc};
use entity::id::{OrganisationId, SessionId};
use entity::state::{CoHostStatus, EventStatus, Role, SessionStatus};
use entity::{account, attendance, event, event_co_host, session};
use sea_orm::sea_query::{Condition, Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QuerySelect};

use super::{Class, Kinds, session as sitting};
use crate::people::OrgTree;

/// Days before its start from which a draft is due.
const DRAFT_DUE: u64 = 14;

/// For whom something may wait.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    /// The organisations that they run; none for who may not organise.
    pub theirs: Vec<OrganisationId>,
    /// Sittings that they must come to.
    pub invited: Vec<SessionId>,
    /// Kinds whose attendance is their results.
    pub exams: Vec<String>,
}

impl Waiting {
    /// On sittings joined with their events: that they wait at `now`.
    #[must_use]
    pub fn condition(&self, now: DateTime<Utc>) -> Condition {
        let theirs = || self.theirs.iter().copied();
        let due = Condition::all()
            .add(event::Column::Status.eq(EventStatus::Draft))
            .add(session::Column::Status.eq(SessionStatus::Scheduled))
            .add(session::Column::StartsAt.lte(now + Days::new(DRAFT_DUE)));
        let to_do = Condition::all()
            .add(event::Column::HostId.is_in(theirs()))
            .add(Condition::any().add(due).add(unfinished(&self.exams, now)));
        let question = Query::select()
            .column(event_co_host::Column::EventId)
            .from(event_co_host::Entity)
            .and_where(event_co_host::Column::Status.eq(CoHostStatus::Asked))
            .and_where(event_co_host::Column::OrganisationId.is_in(theirs()))
            .to_owned();
        let asked = Condition::all()
            .add(Expr::col((event::Entity, event::Column::Id)).in_subquery(question))
            .add(event::Column::Status.ne(EventStatus::Cancelled))
            .add(session::Column::Status.eq(SessionStatus::Scheduled))
            .add(session::Column::EndsAt.gt(now));
        let mine = session::Column::Id.is_in(self.invited.iter().copied());
        Condition::any().add(to_do).add(asked).add(mine)
    }
}

/// On sittings joined with their events: over, of events that people must attend, and nobody recorded who came.
#[must_use]
pub fn unfinished(exams: &[String], now: DateTime<Utc>) -> Condition {
    let session = Expr::col((session::Entity, session::Column::Id));
    let recorded = Query::select()
        .expr(Expr::val(1))
        .from(attendance::Entity)
        .and_where(Expr::col((attendance::Entity, attendance::Column::SessionId)).eq(session))
        .to_owned();
    Condition::all()
        .add(event::Column::Required.eq(true))
        .add(sitting::counts_at(now))
        .add(event::Column::Kind.is_not_in(exams.iter().map(String::as_str)))
        .add(Expr::exists(recorded).not())
}

/// The kinds of class exam: their results say who sat.
#[must_use]
pub fn exams(kinds: &Kinds) -> Vec<String> {
    kinds.iter().filter(|(_, kind)| kind.class == Class::Exam).map(|(key, _)| key.to_owned()).collect()
}

/// What an organiser of `own` runs: it and what lies below, but not what has organisers of its own, or lies below such.
pub async fn run_by(
    db: &impl ConnectionTrait,
    tree: &OrgTree,
    own: OrganisationId,
) -> Result<Vec<OrganisationId>, DbErr> {
    let desks: HashSet<OrganisationId> = account::Entity::find()
        .select_only()
        .column(account::Column::OrganisationId)
        .distinct()
        .filter(account::Column::Role.is_in([Role::Admin, Role::Organizer]))
        .filter(account::Column::DisabledAt.is_null())
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let runs = |id: &OrganisationId| {
        let path = tree.upwards(*id);
        path.contains(&own) && path.iter().take_while(|org| **org != own).all(|org| !desks.contains(org))
    };
    Ok(tree.iter().map(|row| row.id).filter(runs).collect())
}
