//! The laws and subjects studied in a year: how many sessions of each, and how many attended, by the same sources as
//! the report.

pub mod pages;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::EventId;
use entity::{attendance, event_topic, session};
use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter};

use super::grouped::all;
use super::source::Scope;

/// What came of one law or subject in a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Studied {
    /// Its name.
    pub topic: String,
    /// Events with a session that counts.
    pub events: i64,
    /// Sessions that count.
    pub sessions: i64,
    /// Attended and walk-ins (counting rule 4).
    pub person_times: i64,
}

#[derive(FromQueryResult)]
struct OfEvent {
    event_id: EventId,
    count: i64,
}

async fn by_event(db: &impl ConnectionTrait, counted: &SelectStatement) -> Result<HashMap<EventId, i64>, DbErr> {
    Ok(all::<OfEvent>(db, counted).await?.into_iter().map(|row| (row.event_id, row.count)).collect())
}

/// The laws and subjects of the sessions that count for an organisation in a year, those with most sessions first. An
/// event with several counts in each.
pub async fn studied(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<Studied>, DbErr> {
    let event_id = || Expr::col((session::Entity, session::Column::EventId));
    let group = |source: SelectStatement, counted: Expr| {
        let mut query = source;
        query.expr_as(event_id(), "event_id").expr_as(counted, "count").add_group_by([event_id()]);
        query
    };
    let sessions = group(scope.sessions(), Expr::col((session::Entity, session::Column::Id)).count());
    let sessions = by_event(db, &sessions).await?;
    let came = group(scope.attended(), Expr::col((attendance::Entity, attendance::Column::PersonId)).count());
    let came = by_event(db, &came).await?;
    let rows = event_topic::Entity::find()
        .filter(Expr::col(event_topic::Column::EventId).in_subquery(scope.events()))
        .all(db)
        .await?;
    // A law written twice at one event is still studied there once.
    let pairs: BTreeSet<_> = rows.into_iter().map(|row| (row.name, row.event_id)).collect();
    let mut found: BTreeMap<String, Studied> = BTreeMap::new();
    for (topic, event) in pairs {
        let none = Studied { topic: topic.clone(), events: 0, sessions: 0, person_times: 0 };
        let entry = found.entry(topic).or_insert(none);
        entry.events += 1;
        entry.sessions += sessions.get(&event).copied().unwrap_or(0);
        entry.person_times += came.get(&event).copied().unwrap_or(0);
    }
    let mut list: Vec<_> = found.into_values().collect();
    list.sort_by_key(|row| (-row.sessions, -row.person_times));
    Ok(list)
}
