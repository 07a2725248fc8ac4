//! Whose messages an organiser steers.

use chrono::NaiveDate;
use entity::id::{EventId, OrganisationId};
use entity::outbox::Column;
use entity::{event, membership};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, ExprTrait};

use crate::people::select_below;

/// Which messages: of events that an organisation, or one below it, hosts; of one event only; and those of no event
/// that go to its people, or to its accounts.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Whose desk.
    pub organisation: OrganisationId,
    /// Only of that event.
    pub event: Option<EventId>,
    /// On which day somebody is one of its people.
    pub day: NaiveDate,
}

impl Reach {
    /// A condition on `outbox`.
    #[must_use]
    pub fn condition(&self) -> Condition {
        let hosted = Query::select()
            .column(event::Column::Id)
            .from(event::Entity)
            .and_where(Expr::col(event::Column::HostId).in_subquery(select_below(self.organisation)))
            .to_owned();
        let of_events = Condition::all().add(Expr::col(Column::EventId).in_subquery(hosted));
        if let Some(event) = self.event {
            return of_events.add(Column::EventId.eq(event));
        }
        let people = Query::select()
            .column(membership::Column::PersonId)
            .from(membership::Entity)
            .and_where(Expr::col(membership::Column::OrganisationId).in_subquery(select_below(self.organisation)))
            .and_where(membership::Column::ActiveFrom.lte(self.day))
            .cond_where(
                Condition::any()
                    .add(membership::Column::ActiveTo.is_null())
                    .add(membership::Column::ActiveTo.gte(self.day)),
            )
            .to_owned();
        let accounts = Query::select()
            .column(entity::account::Column::Id)
            .from(entity::account::Entity)
            .and_where(Expr::col(entity::account::Column::OrganisationId).in_subquery(select_below(self.organisation)))
            .to_owned();
        let theirs = Condition::any()
            .add(Expr::col(Column::PersonId).in_subquery(people))
            .add(Expr::col(Column::AccountId).in_subquery(accounts));
        Condition::any().add(of_events).add(Condition::all().add(Column::EventId.is_null()).add(theirs))
    }
}
