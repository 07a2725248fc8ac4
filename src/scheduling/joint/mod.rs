//! Joint events: those who are asked to host together with the host say yes or no, and see to their own part of the
//! roster.
//!
//! Asked and accepted count alike (counting rule 2); who declined is no co-host any more, whatever asks for co-hosts.
//! Each may change its mind until the event begins. A co-host's own lines of the audience reach its own people alone.

pub mod api;
mod ask;
mod decide;
pub mod pages;

mod part;

pub use ask::{accounts_near, decide_for, names_of};
pub(super) use ask::{ask, ask_all};
pub use decide::{Decision, ask_again, decide, remove, set_contact};
pub use part::{own_lines, replace_own_lines};

use chrono::{DateTime, Utc};
use entity::id::{EventId, OrganisationId};
use entity::state::{EventStatus, SessionStatus};
use entity::{event, event_co_host, session};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};

use super::hosted_below;
use crate::access::{Actor, Rights};
use crate::error::{Code, Error, Result};
use crate::people::{self, select_below};

/// Whether a sitting of the event that takes place has begun: from then on nobody changes its mind.
#[must_use]
pub fn has_begun(sessions: &[session::Model], now: DateTime<Utc>) -> bool {
    sessions
        .iter()
        .any(|row| row.status == SessionStatus::Held || row.status == SessionStatus::Scheduled && row.starts_at <= now)
}

/// A condition on `event`: one that the actor sees, or one that it, or somebody below it, was asked to host, whatever
/// was said to that.
fn answerable(id: EventId, actor: &Actor) -> Condition {
    let asked = Query::select()
        .column(event_co_host::Column::EventId)
        .from(event_co_host::Entity)
        .and_where(Expr::col(event_co_host::Column::OrganisationId).in_subquery(select_below(actor.organisation)))
        .to_owned();
    let mine = Expr::col((event::Entity, event::Column::Id)).in_subquery(asked);
    let whose = Condition::any().add(hosted_below(actor.organisation)).add(mine);
    Condition::all().add(event::Column::Id.eq(id)).add(whose)
}

/// The event of that id, for somebody of the host or of any that was asked; else `not-found`.
pub async fn event_to_look_at(db: &impl ConnectionTrait, actor: &Actor, id: EventId) -> Result<event::Model> {
    event::Entity::find().filter(answerable(id, actor)).one(db).await?.ok_or_else(|| Error::new(Code::NotFound))
}

/// The event held until the transaction ends, and the row of a co-host, for somebody who may speak for that co-host:
/// who manages it or what is above it. Anybody else of the event is `forbidden`, a stranger finds nothing.
async fn to_answer(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    organisation: OrganisationId,
) -> Result<(event::Model, event_co_host::Model)> {
    let found = event::Entity::find().filter(answerable(id, actor)).lock_exclusive().one(db).await?;
    let event = found.ok_or_else(|| Error::new(Code::NotFound))?;
    let row = event_co_host::Entity::find_by_id((id, organisation)).one(db).await?;
    let row = row.ok_or_else(|| Error::new(Code::NotFound))?;
    actor.demand(Rights::Manage)?;
    if !people::is_below(db, organisation, actor.organisation).await? {
        return Err(Error::new(Code::Forbidden));
    }
    if event.status == EventStatus::Cancelled {
        return Err(Error::new(Code::Cancelled));
    }
    Ok((event, row))
}
