//! Which events an organisation may see: those that it, or one below it, hosts or co-hosts (counting rule 2).

use entity::id::OrganisationId;
use entity::state::CoHostStatus;
use entity::{event, event_co_host};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, ExprTrait};

use crate::people::select_below;

/// A condition on `event_co_host`: asked or accepted. Who declined is no co-host any more: its reports, groups and pages
/// do not have the event.
#[must_use]
pub fn stands() -> Condition {
    Condition::all().add(event_co_host::Column::Status.ne(CoHostStatus::Declined))
}

/// A condition on `event`: hosted or co-hosted by `organisation` or by anything below it.
#[must_use]
pub fn hosted_below(organisation: OrganisationId) -> Condition {
    let co_hosted = Query::select()
        .column(event_co_host::Column::EventId)
        .from(event_co_host::Entity)
        .and_where(Expr::col(event_co_host::Column::OrganisationId).in_subquery(select_below(organisation)))
        .cond_where(stands())
        .to_owned();
    Condition::any()
        .add(Expr::col((event::Entity, event::Column::HostId)).in_subquery(select_below(organisation)))
        .add(Expr::col((event::Entity, event::Column::Id)).in_subquery(co_hosted))
}
