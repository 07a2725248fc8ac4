//! Every state that the attendances of a session took, oldest first.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::{PersonId, SessionId};
use entity::state::AttendanceStatus;
use entity::{attendance, attendance_change, person};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::merge::State;

/// One state of one person's attendance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// What it said.
    pub state: State,
    /// Since when.
    pub at: DateTime<Utc>,
    /// Who said so, as in `audit.actor`.
    pub by: String,
}

/// One person's attendance with all that it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Who.
    pub person: person::Model,
    /// As it stands.
    pub present: attendance::Model,
    /// Every state, the present one last.
    pub states: Vec<Past>,
}

impl Story {
    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> AttendanceStatus {
        self.present.status
    }
}

/// The attendances of a session with their histories, by staff number.
pub async fn history(db: &impl ConnectionTrait, session: SessionId) -> Result<Vec<Story>, DbErr> {
    let rows = attendance::Entity::find().filter(attendance::Column::SessionId.eq(session)).all(db).await?;
    let changes = attendance_change::Entity::find()
        .filter(attendance_change::Column::SessionId.eq(session))
        .order_by_asc(attendance_change::Column::Id)
        .all(db)
        .await?;
    let of_it = Query::select()
        .column(attendance::Column::PersonId)
        .from(attendance::Entity)
        .and_where(attendance::Column::SessionId.eq(session))
        .to_owned();
    let people = person::Entity::find()
        .filter(person::Column::Id.in_subquery(of_it))
        .order_by_asc(person::Column::StaffNo)
        .all(db)
        .await?;
    let mut rows: HashMap<PersonId, _> = rows.into_iter().map(|row| (row.person_id, row)).collect();
    let mut before: HashMap<PersonId, Vec<Past>> = HashMap::new();
    for change in changes {
        before.entry(change.person_id).or_default().push(past(change));
    }
    let stories = people.into_iter().filter_map(|person| {
        let present = rows.remove(&person.id)?;
        let mut states = before.remove(&person.id).unwrap_or_default();
        states.push(Past { state: State::from(&present), at: present.recorded_at, by: present.recorded_by.clone() });
        Some(Story { person, present, states })
    });
    Ok(stories.collect())
}

fn past(row: attendance_change::Model) -> Past {
    Past {
        at: row.recorded_at,
        by: row.recorded_by,
        state: State {
            status: row.status,
            word: row.word,
            checked_in_at: row.checked_in_at,
            method: row.method,
            note: row.note,
        },
    }
}
