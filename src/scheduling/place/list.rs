//! The places that an actor may see, and how often each is used.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Utc};
use entity::id::{OrganisationId, PlaceId};
use entity::state::{EventStatus, SessionStatus};
use entity::{event, place, session};
use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoColumnRef, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::write::Meant;
use crate::access::Actor;
use crate::dates::Zone;
use crate::error::{Code, Error, Result};
use crate::people::select_below;
use crate::scheduling::session as sitting;

/// A condition on `place`: of the organisation, of one below it, or of one above it.
fn visible(organisation: OrganisationId) -> Condition {
    use entity::organisation_closure as closure;
    let owner = || Expr::col((place::Entity, place::Column::OrganisationId));
    let above = Query::select()
        .column((closure::Entity, closure::Column::AncestorId))
        .from(closure::Entity)
        .and_where(closure::Column::DescendantId.eq(organisation))
        .to_owned();
    Condition::any().add(owner().in_subquery(select_below(organisation))).add(owner().in_subquery(above))
}

/// The places that an actor may see, retired ones too, by name.
pub async fn list_places(db: &impl ConnectionTrait, actor: &Actor) -> Result<Vec<place::Model>, DbErr> {
    place::Entity::find()
        .filter(visible(actor.organisation))
        .order_by_asc(place::Column::Name)
        .order_by_asc(place::Column::Id)
        .all(db)
        .await
}

/// The names of places in use that an event of the actor's organisation may be held at: to choose from.
pub async fn offered(db: &impl ConnectionTrait, actor: &Actor) -> Result<Vec<String>, DbErr> {
    let mut names: Vec<_> =
        list_places(db, actor).await?.into_iter().filter(|row| row.retired_at.is_none()).map(|row| row.name).collect();
    names.dedup();
    Ok(names)
}

/// The place of that id; `not-found` when the actor may not see it.
pub async fn place_for(db: &impl ConnectionTrait, actor: &Actor, id: PlaceId) -> Result<place::Model> {
    place::Entity::find_by_id(id)
        .filter(visible(actor.organisation))
        .one(db)
        .await?
        .ok_or_else(|| Error::new(Code::NotFound))
}

/// How many published sessions of this year, past and ahead, are held at each of these places; those without are
/// missing.
pub async fn uses_this_year(
    db: &impl ConnectionTrait,
    places: &[place::Model],
    zone: Zone,
    now: DateTime<Utc>,
) -> Result<HashMap<PlaceId, u32>, DbErr> {
    let mut by_name: HashMap<&str, Vec<&place::Model>> = HashMap::new();
    for place in places {
        by_name.entry(&place.name).or_default().push(place);
    }
    let column = |of| Expr::col(of);
    let location: Expr = Func::coalesce([
        column((session::Entity, session::Column::Location).into_column_ref()),
        column((event::Entity, event::Column::Location).into_column_ref()),
    ])
    .into();
    let rows = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(session::Column::Year.eq(zone.day(now).year()))
        .filter(session::Column::Status.ne(SessionStatus::Cancelled))
        .filter(event::Column::Status.eq(EventStatus::Scheduled))
        .filter(location.is_in(by_name.keys().copied()))
        .all(db)
        .await?;
    let rows: Vec<_> = rows.into_iter().filter_map(|(session, event)| Some((session, event?))).collect();
    let meant = Meant::load(db, rows.iter().map(|(_, event)| event)).await?;
    let mut uses = HashMap::new();
    for (session, event) in &rows {
        let here = by_name.get(sitting::location(event, session)).into_iter().flatten();
        for place in here.filter(|place| meant.is(place, event)) {
            *uses.entry(place.id).or_default() += 1;
        }
    }
    Ok(uses)
}
