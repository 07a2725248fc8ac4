//! A series as it is shown: its row, and what its rule gives by the days off as they are known now.

use std::collections::HashMap;

use entity::id::EventId;
use entity::{event, series};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::apply::Applied;
use super::lay_out::{LaidOut, lay_out};
use super::pattern::Pattern;
use crate::dates::Zone;
use crate::error::{Error, Result};
use crate::locale::Lang;
use crate::scheduling::holidays;

/// A series with what its rule gives.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its row.
    pub row: series::Model,
    /// What the row says.
    pub pattern: Pattern,
    /// What the rule gives.
    pub laid: LaidOut,
    /// What a change that was just made did to its sittings.
    pub applied: Option<Applied>,
}

/// The series of those events, by event; with as many queries as for one.
pub async fn load_series(db: &impl ConnectionTrait, events: &[event::Model]) -> Result<HashMap<EventId, Series>> {
    let ids = events.iter().map(|event| event.id);
    let rows = series::Entity::find().filter(series::Column::EventId.is_in(ids)).all(db).await?;
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let workdays = holidays::load(db).await?;
    let zones: HashMap<EventId, &str> = events.iter().map(|event| (event.id, event.time_zone.as_str())).collect();
    let mut found = HashMap::new();
    for row in rows {
        let zone = Zone::parse(zones.get(&row.event_id).copied().unwrap_or_default()).map_err(Error::internal)?;
        let pattern = Pattern::of(&row, zone)?;
        // By days off that came later it may give nothing at all; its sittings are there all the same.
        let laid = lay_out(&pattern, &workdays).unwrap_or_else(|_| LaidOut::default());
        found.insert(row.event_id, Series { row, pattern, laid, applied: None });
    }
    Ok(found)
}

impl Series {
    /// The rule in words.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        self.pattern.words(lang)
    }
}
