//! Rosters of sessions that an import brings: of what has begun they are fixed now; one brought again is worked out
//! anew, unless somebody's word was given since.

use std::collections::BTreeSet;

use entity::state::{EventStatus, SessionStatus, Word};
use entity::{attendance, attendance_change, roster_entry, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::Reason;
use super::run::Import;
use super::sheet::Sheet;
use crate::error::Result;
use crate::scheduling::roster;

/// What became of a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Nothing: it follows memberships still, or it was right.
    AsItWas,
    /// Fixed for the first time.
    Fixed,
    /// Fixed otherwise than before, or let go because the session has not begun any more.
    Anew,
}

/// Settles the roster of a session that the import brings.
pub async fn settle<C: ConnectionTrait>(
    import: &mut Import<'_, C>,
    sheet: &Sheet,
    line: u64,
    session: &session::Model,
) -> Result<Settled> {
    let now = import.ground.now;
    let Some(event) = import.known.event_of(session).cloned() else { return Ok(Settled::AsItWas) };
    let begun =
        session.status == SessionStatus::Held || session.status == SessionStatus::Scheduled && session.starts_at <= now;
    let fixed = session.roster_frozen_at.is_some();
    let due = begun && event.status == EventStatus::Scheduled;
    if !fixed && !due {
        return Ok(Settled::AsItWas);
    }
    if !fixed {
        roster::freeze(import.db, &event, session, now).await?;
        reload(import, session).await?;
        return Ok(Settled::Fixed);
    }
    if begun {
        let people = if event.required { roster::invited_to(import.db, &event, session).await? } else { Vec::new() };
        let wanted: BTreeSet<_> =
            people.into_iter().map(|m| (m.person_id, m.organisation_id, m.name, m.title)).collect();
        let present = roster_entry::Entity::find().filter(roster_entry::Column::SessionId.eq(session.id));
        let present: BTreeSet<_> = present
            .all(import.db)
            .await?
            .into_iter()
            .map(|row| (row.person_id, row.organisation_id, row.name, row.title))
            .collect();
        if wanted == present {
            return Ok(Settled::AsItWas);
        }
    } else if session.status == SessionStatus::Cancelled {
        return Ok(Settled::AsItWas);
    }
    if is_spoken_for(import.db, session).await? {
        import.notes.push(sheet.problem(line, "session_key", &session.key, Reason::RosterStands));
        return Ok(Settled::AsItWas);
    }
    if begun {
        roster::freeze(import.db, &event, session, now).await?;
    } else {
        release(import.db, session).await?;
    }
    reload(import, session).await?;
    Ok(Settled::Anew)
}

/// Whether somebody checked in or an organiser gave a word, now or before a later state.
async fn is_spoken_for(db: &impl ConnectionTrait, session: &session::Model) -> Result<bool> {
    let words = [Word::CheckIn, Word::Organiser];
    let present = attendance::Entity::find()
        .filter(attendance::Column::SessionId.eq(session.id))
        .filter(attendance::Column::Word.is_in(words))
        .count(db)
        .await?;
    let before = attendance_change::Entity::find()
        .filter(attendance_change::Column::SessionId.eq(session.id))
        .filter(attendance_change::Column::Word.is_in(words))
        .count(db)
        .await?;
    Ok(present + before > 0)
}

/// Lets the roster of a session that was moved ahead of now follow memberships again.
async fn release(db: &impl ConnectionTrait, session: &session::Model) -> Result<()> {
    roster_entry::Entity::delete_many().filter(roster_entry::Column::SessionId.eq(session.id)).exec(db).await?;
    session::Entity::update_many()
        .col_expr(session::Column::RosterFrozenAt, Expr::value(None::<chrono::DateTime<chrono::Utc>>))
        .filter(session::Column::Id.eq(session.id))
        .exec(db)
        .await?;
    Ok(())
}

async fn reload<C: ConnectionTrait>(import: &mut Import<'_, C>, session: &session::Model) -> Result<()> {
    if let Some(row) = session::Entity::find_by_id(session.id).one(import.db).await? {
        import.known.sessions.insert(row.key.clone(), row);
    }
    Ok(())
}
