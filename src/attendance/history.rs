//! Every state that the attendances of a session took, oldest first.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::id::{PersonId, SessionId};
use entity::{attendance, attendance_change, event, person, session};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::merge::State;
use super::record::{Guest, Place};
use super::roll::expected;
use crate::people::OrgTree;

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
#[derive(Clone, Debug)]
pub struct Story {
    /// Who.
    pub guest: Guest,
    /// Every state, the present one last; never empty.
    pub states: Vec<Past>,
    present: State,
}

impl Story {
    /// Takes the notes out of every state.
    pub fn forget_notes(&mut self) {
        self.present.note = None;
        for past in &mut self.states {
            past.state.note = None;
        }
    }

    /// As it stands.
    #[must_use]
    pub const fn present(&self) -> &State {
        &self.present
    }
}

/// The attendances of a session with their histories, by staff number.
pub async fn history(
    db: &impl ConnectionTrait,
    event: &event::Model,
    session: &session::Model,
    tree: &OrgTree,
) -> Result<Vec<Story>, DbErr> {
    let rows = attendance::Entity::find().filter(attendance::Column::SessionId.eq(session.id)).all(db).await?;
    let of_it = Query::select()
        .column(attendance::Column::PersonId)
        .from(attendance::Entity)
        .and_where(attendance::Column::SessionId.eq(session.id))
        .to_owned();
    let people = person::Entity::find()
        .filter(person::Column::Id.in_subquery(of_it))
        .order_by_asc(person::Column::StaffNo)
        .all(db)
        .await?;
    let roster: HashSet<_> =
        expected(db, event, session).await?.into_iter().map(|(entry, _)| entry.person_id).collect();
    let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.person_id, row)).collect();
    let mut before = changes(db, session.id).await?;
    let stories = people.into_iter().filter_map(|person| {
        let row = rows.remove(&person.id)?;
        let present = State::from(&row);
        let mut states = before.remove(&person.id).unwrap_or_default();
        states.push(Past { state: present.clone(), at: row.recorded_at, by: row.recorded_by });
        let guest = Guest {
            place: if roster.contains(&person.id) { Place::Roster } else { Place::Other },
            person_id: person.id,
            staff_no: person.staff_no.into(),
            name: person.name.into(),
            organisation_id: row.organisation_id,
            org_code: row.organisation_id.map(|id| tree.code(id).into()),
        };
        Some(Story { guest, states, present })
    });
    Ok(stories.collect())
}

/// The earlier states of a session's attendances, oldest first.
async fn changes(db: &impl ConnectionTrait, session: SessionId) -> Result<HashMap<PersonId, Vec<Past>>, DbErr> {
    let rows = attendance_change::Entity::find()
        .filter(attendance_change::Column::SessionId.eq(session))
        .order_by_asc(attendance_change::Column::Id)
        .all(db)
        .await?;
    let mut before: HashMap<PersonId, Vec<Past>> = HashMap::new();
    for row in rows {
        before.entry(row.person_id).or_default().push(past(row));
    }
    Ok(before)
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
