//! Adding a place, changing it, and letting it rest.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use entity::id::{EventId, OrganisationId, PlaceId, SessionId};
use entity::state::{CoHostStatus, EventStatus, SessionStatus};
use entity::{event, event_co_host, place, session};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    IntoActiveModel, QueryFilter, QuerySelect,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Places, place_for};
use crate::access::{Actor, Rights, audit};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people;
use crate::scheduling::change::given;
use crate::scheduling::{draft, touch_all, wording};

/// A place as somebody writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewPlace {
    /// Whose it is: a code; those below may use it too.
    #[schema(required = true)]
    pub org_code: String,
    /// As an event's location names it; unique within its organisation.
    #[schema(required = true)]
    pub name: String,
    /// How to get there; may be empty.
    pub address: String,
    /// How many people fit in; null or left out: not known.
    pub capacity: Option<i32>,
}

/// What of a place is to change; what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlaceChange {
    /// As an event's location names it.
    pub name: Option<String>,
    /// How to get there.
    pub address: Option<String>,
    /// How many people fit in; null: not known.
    #[serde(deserialize_with = "given")]
    pub capacity: Option<Option<i32>>,
    /// Whether it is not offered any more.
    pub retired: Option<bool>,
    /// Whether sessions that have not begun and name it by its old name take the new one (yes, unless this says no).
    pub rename_sessions: Option<bool>,
}

fn capacity(value: Option<i32>, wrong: &mut Vec<FieldProblem>) -> Option<i32> {
    if value.is_some_and(|value| !(1..=1_000_000).contains(&value)) {
        wrong.push(FieldProblem::new("capacity", "bad-seats"));
    }
    value
}

fn taken(error: DbErr) -> Error {
    if crate::db::is_duplicate(&error) { Error::field("name", "place-taken") } else { error.into() }
}

/// Adds a place to the actor's organisation or one below it, in the caller's transaction.
pub async fn add_place(
    db: &impl ConnectionTrait,
    actor: &Actor,
    new: &NewPlace,
    now: DateTime<Utc>,
) -> Result<place::Model> {
    actor.demand(Rights::Manage)?;
    let mut wrong = Vec::new();
    let organisation_id = draft::host(db, actor, &new.org_code, &mut wrong).await?;
    let row = place::ActiveModel {
        organisation_id: Set(organisation_id),
        name: Set(wording::needed("name", &new.name, 200, &mut wrong)),
        address: Set(wording::line("address", &new.address, 200, &mut wrong)),
        capacity: Set(capacity(new.capacity, &mut wrong)),
        retired_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    let row = place::Entity::insert(row).exec_with_returning(db).await.map_err(taken)?;
    record(db, actor, "place.add", &row, 0, now).await?;
    Ok(row)
}

/// Changes what is given of a place of the actor's organisation or of one below it, in the caller's transaction. A new
/// name goes, unless the change says no, to the sessions that have not begun and are meant to be there: it is the same
/// room, so nobody is mailed and no SEQUENCE grows. Gives the place and how many events took the new name.
pub async fn change_place(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: PlaceId,
    change: &PlaceChange,
    now: DateTime<Utc>,
) -> Result<(place::Model, usize)> {
    let before = place_for(db, actor, id).await?;
    actor.demand(Rights::Manage)?;
    if !people::is_below(db, before.organisation_id, actor.organisation).await? {
        return Err(Error::new(Code::Forbidden));
    }
    let row = understand(&before, change, now)?;
    if !row.is_changed() {
        return Ok((before, 0));
    }
    let new_name = row.name.is_set() && change.rename_sessions != Some(false);
    // While the old name still means this place.
    let users = if new_name { Users::load(db, &before, now).await? } else { Users::default() };
    let row = place::ActiveModel { updated_at: Set(now), ..row };
    let after = row.update(db).await.map_err(taken)?;
    let renamed = users.rename(db, actor, &before, &after, now).await?;
    let action = match (before.retired_at, after.retired_at) {
        (None, Some(_)) => "place.retire",
        (Some(_), None) => "place.restore",
        _ => "place.change",
    };
    record(db, actor, action, &after, renamed, now).await?;
    Ok((after, renamed))
}

fn understand(before: &place::Model, change: &PlaceChange, now: DateTime<Utc>) -> Result<place::ActiveModel> {
    let mut wrong = Vec::new();
    let mut row = before.clone().into_active_model();
    if let Some(text) = &change.name {
        let name = wording::needed("name", text, 200, &mut wrong);
        if name != before.name {
            row.name = Set(name);
        }
    }
    if let Some(text) = &change.address {
        let address = wording::line("address", text, 200, &mut wrong);
        if address != before.address {
            row.address = Set(address);
        }
    }
    if let Some(value) = change.capacity
        && capacity(value, &mut wrong) != before.capacity
    {
        row.capacity = Set(value);
    }
    if let Some(retired) = change.retired
        && retired != before.retired_at.is_some()
    {
        row.retired_at = Set(retired.then_some(now));
    }
    if wrong.is_empty() { Ok(row) } else { Err(Error::invalid(wrong)) }
}

async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    action: &str,
    row: &place::Model,
    renamed: usize,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let detail = serde_json::json!({ "name": row.name, "events_renamed": renamed });
    let deed = audit::Deed { actor: &actor.name, action, subject: format!("place:{}", row.id), event_id: None, detail };
    audit::record(db, deed, now).await
}

/// The events that are held at a place, with their sessions that have not begun.
#[derive(Default)]
struct Users {
    /// Events whose own location names it, with a session ahead that goes by that, or without any session.
    events: HashSet<EventId>,
    /// Sessions ahead that name it themselves, each with its event.
    sessions: Vec<(EventId, SessionId)>,
    /// Events of either.
    all: HashSet<EventId>,
}

impl Users {
    async fn load(db: &impl ConnectionTrait, place: &place::Model, now: DateTime<Utc>) -> Result<Self, DbErr> {
        let events = event::Entity::find()
            .filter(event::Column::Location.eq(place.name.as_str()))
            .filter(event::Column::Status.ne(EventStatus::Cancelled))
            .all(db)
            .await?;
        let named = Condition::any()
            .add(Expr::col((event::Entity, event::Column::Location)).eq(place.name.as_str()))
            .add(Expr::col((session::Entity, session::Column::Location)).eq(place.name.as_str()));
        let rows = session::Entity::find()
            .find_also_related(event::Entity)
            .filter(event::Column::Status.ne(EventStatus::Cancelled))
            .filter(named)
            .all(db)
            .await?;
        let rows: Vec<_> = rows.into_iter().filter_map(|(session, event)| Some((session, event?))).collect();
        let meant = Meant::load(db, events.iter().chain(rows.iter().map(|(_, event)| event))).await?;
        let mut users = Self::default();
        let mut with_sessions = HashSet::new();
        for (session, event) in rows.iter().filter(|(_, event)| meant.is(place, event)) {
            with_sessions.insert(event.id);
            match session.location.as_deref() {
                _ if !is_ahead(session, now) => {}
                None => drop(users.events.insert(event.id)),
                Some(name) if name == place.name => users.sessions.push((event.id, session.id)),
                Some(_) => {}
            }
        }
        let bare = events.iter().filter(|event| !with_sessions.contains(&event.id) && meant.is(place, event));
        users.events.extend(bare.map(|event| event.id));
        users.all = users.sessions.iter().map(|(event, _)| *event).chain(users.events.iter().copied()).collect();
        Ok(users)
    }

    /// Gives them the new name. Sessions of an event that have begun keep the old one, as a place of their own.
    async fn rename(
        self,
        db: &impl ConnectionTrait,
        actor: &Actor,
        old: &place::Model,
        new: &place::Model,
        now: DateTime<Utc>,
    ) -> Result<usize, DbErr> {
        if self.all.is_empty() {
            return Ok(0);
        }
        let of = |ids: &HashSet<EventId>| session::Column::EventId.is_in(ids.iter().copied());
        session::Entity::update_many()
            .col_expr(session::Column::Location, Expr::value(old.name.as_str()))
            .filter(of(&self.events))
            .filter(session::Column::Location.is_null())
            .filter(
                Condition::any()
                    .add(session::Column::StartsAt.lte(now))
                    .add(session::Column::Status.ne(SessionStatus::Scheduled)),
            )
            .exec(db)
            .await?;
        session::Entity::update_many()
            .col_expr(session::Column::Location, Expr::value(new.name.as_str()))
            .filter(session::Column::Id.is_in(self.sessions.iter().map(|(_, id)| *id)))
            .exec(db)
            .await?;
        event::Entity::update_many()
            .col_expr(event::Column::Location, Expr::value(new.name.as_str()))
            .filter(event::Column::Id.is_in(self.events.iter().copied()))
            .exec(db)
            .await?;
        // Calendars show the new name with the next fetch.
        session::Entity::update_many()
            .col_expr(session::Column::Revision, Expr::col(session::Column::Revision).add(1))
            .col_expr(session::Column::UpdatedAt, Expr::value(now))
            .filter(of(&self.all))
            .filter(session::Column::StartsAt.gt(now))
            .exec(db)
            .await?;
        event::Entity::update_many()
            .col_expr(event::Column::Revision, Expr::col(event::Column::Revision).add(1))
            .col_expr(event::Column::UpdatedAt, Expr::value(now))
            .filter(event::Column::Id.is_in(self.all.iter().copied()))
            .exec(db)
            .await?;
        touch_all(db).await?;
        let deeds = self.all.iter().map(|&id| audit::Deed {
            actor: &actor.name,
            action: "event.place-renamed",
            subject: format!("event:{id}"),
            event_id: Some(id),
            detail: serde_json::json!({ "before": old.name, "after": new.name }),
        });
        audit::record_all(db, deeds, now).await?;
        Ok(self.all.len())
    }
}

fn is_ahead(row: &session::Model, now: DateTime<Utc>) -> bool {
    row.status == SessionStatus::Scheduled && row.starts_at > now
}

/// Which place a text means for each of some events.
pub(super) struct Meant {
    places: Places,
    hosts: BTreeMap<EventId, Vec<OrganisationId>>,
}

impl Meant {
    /// Reads places and co-hosts, for all these events at once.
    pub(super) async fn load<'a>(
        db: &impl ConnectionTrait,
        events: impl Iterator<Item = &'a event::Model>,
    ) -> Result<Self, DbErr> {
        let mut hosts: BTreeMap<EventId, Vec<OrganisationId>> =
            events.map(|event| (event.id, vec![event.host_id])).collect();
        let ids: Vec<EventId> = hosts.keys().copied().collect();
        for ids in ids.chunks(10_000) {
            let co_hosts: Vec<(EventId, OrganisationId)> = event_co_host::Entity::find()
                .select_only()
                .columns([event_co_host::Column::EventId, event_co_host::Column::OrganisationId])
                .filter(event_co_host::Column::EventId.is_in(ids.iter().copied()))
                .filter(event_co_host::Column::Status.ne(CoHostStatus::Declined))
                .into_tuple()
                .all(db)
                .await?;
            for (event, co_host) in co_hosts {
                hosts.entry(event).or_default().push(co_host);
            }
        }
        Ok(Self { places: Places::load(db).await?, hosts })
    }

    /// Whether the place's name, at that event, means that place.
    pub(super) fn is(&self, place: &place::Model, event: &event::Model) -> bool {
        let hosts = self.hosts.get(&event.id).map(Vec::as_slice).unwrap_or_default();
        self.places.resolve(hosts, &place.name).is_some_and(|meant| meant.id == place.id)
    }
}
