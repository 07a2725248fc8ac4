//! What the tables say of somebody and the sessions that they are, or were, invited to.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Days, Utc};
use entity::id::{EventId, PersonId, SeriesId, SessionId};
use entity::state::MessageKind;
use entity::{answer, event, outbox, person, session};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::verdict::Facts;
use crate::calendar::feeds::Window;
use crate::calendar::subscription::invited_to;
use crate::error::Result;
use crate::people::OrgTree;
use crate::scheduling::hosted_below;

/// Days that are looked at before what a subscription holds, and a year after it: of what lies there it can be said that
/// it is too far.
const BACK: Days = Days::new(60);
const AHEAD: Days = Days::new(366);

/// Of whom, and for whom.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Whose calendar it is.
    pub person: &'a person::Model,
    /// The organisation of an organiser who asks for them, and sees what it or one below it hosts; None is themselves.
    pub within: Option<entity::id::OrganisationId>,
    /// What a subscription holds today.
    pub window: Window,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// One session, and what became of the news of it.
#[derive(Clone, Debug)]
pub struct Story {
    /// Its event.
    pub event: event::Model,
    /// The session.
    pub session: session::Model,
    /// What was written to the person of it or of its series, oldest first.
    pub mails: Vec<outbox::Model>,
    /// What they answered.
    pub answer: Option<answer::Model>,
    /// What decides whether a calendar has it.
    pub facts: Facts,
}

/// The sessions in and around the window of subscriptions to which somebody is invited, or was written to: those that
/// are not over by start, then the others, the latest first.
pub async fn stories(db: &impl ConnectionTrait, tree: &OrgTree, asking: Asking<'_>) -> Result<Vec<Story>> {
    let span = (asking.window.0 - BACK, asking.window.1 + AHEAD);
    let mails = mails(db, asking.person.id).await?;
    let rows = sessions(db, tree, asking, span, &mails).await?;
    let sessions: Vec<SessionId> = rows.iter().map(|(_, session, _)| session.id).collect();
    let answers = answer::Entity::find()
        .filter(answer::Column::PersonId.eq(asking.person.id))
        .filter(answer::Column::SessionId.is_in(sessions))
        .filter(answer::Column::ClearedAt.is_null())
        .all(db)
        .await?;
    let mut answers: HashMap<_, _> = answers.into_iter().map(|row| (row.session_id, row)).collect();
    let story = |(event, session, invited): (event::Model, session::Model, bool)| {
        let of = |row: &&outbox::Model| {
            row.session_id == Some(session.id)
                || row.session_id.is_none() && row.series_id.is_some() && row.series_id == session.series_id
        };
        let facts = Facts {
            in_window: session.ends_at > asking.window.0 && session.starts_at < asking.window.1,
            invited,
            changed: session.updated_at,
        };
        let mails = mails.iter().filter(of).cloned().collect();
        Story { answer: answers.remove(&session.id), mails, facts, event, session }
    };
    Ok(rows.into_iter().map(story).collect())
}

/// What was written to somebody that belongs into a calendar, oldest first.
async fn mails(db: &impl ConnectionTrait, person: PersonId) -> Result<Vec<outbox::Model>> {
    let kinds = [MessageKind::Invitation, MessageKind::Update, MessageKind::Cancellation, MessageKind::Reminder];
    Ok(outbox::Entity::find()
        .filter(outbox::Column::PersonId.eq(person))
        .filter(outbox::Column::Kind.is_in(kinds))
        .order_by_asc(outbox::Column::Id)
        .all(db)
        .await?)
}

/// Each session with whether they are invited.
async fn sessions(
    db: &impl ConnectionTrait,
    tree: &OrgTree,
    asking: Asking<'_>,
    span: Window,
    mails: &[outbox::Model],
) -> Result<Vec<(event::Model, session::Model, bool)>> {
    let invited = invited_to(db, tree, asking.person.id, span).await?;
    let known: HashSet<SessionId> = invited.iter().map(|(_, session)| session.id).collect();
    let of = mails.iter().filter_map(|row| row.session_id).filter(|id| !known.contains(id));
    // A mail of a whole series names no sitting.
    let series: HashSet<SeriesId> =
        mails.iter().filter(|row| row.session_id.is_none()).filter_map(|row| row.series_id).collect();
    let told = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(Condition::any().add(session::Column::Id.is_in(of)).add(session::Column::SeriesId.is_in(series)))
        .filter(session::Column::EndsAt.gt(span.0))
        .filter(session::Column::StartsAt.lt(span.1))
        .all(db)
        .await?;
    let told = told.into_iter().filter(|(session, _)| !known.contains(&session.id));
    let told = told.filter_map(|(session, event)| Some((event?, session, false)));
    let mut rows: Vec<_> = invited.into_iter().map(|(event, session)| (event, session, true)).chain(told).collect();
    if let Some(org) = asking.within {
        let ids = rows.iter().map(|(event, _, _)| event.id);
        let seen = event::Entity::find()
            .filter(event::Column::Id.is_in(ids.collect::<HashSet<_>>()))
            .filter(hosted_below(org))
            .all(db)
            .await?;
        let seen: HashSet<EventId> = seen.into_iter().map(|row| row.id).collect();
        rows.retain(|(event, _, _)| seen.contains(&event.id));
    }
    rows.sort_by_key(|(_, session, _)| {
        let (over, start) = (session.ends_at <= asking.now, session.starts_at.timestamp());
        (over, if over { -start } else { start }, session.id)
    });
    Ok(rows)
}
