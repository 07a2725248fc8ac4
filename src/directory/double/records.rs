//! Moving what is known of one row to the other: rosters, attendances, results, hours and the rest.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::id::{EventId, PersonId, SessionId};
use entity::state::RegistrationStatus;
use entity::{
    attendance, attendance_change, exam_result, feed, leave, outbox, person_alias, registration, roster_entry, session,
    sign_in_link, speaker, study_hours, web_session,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter};

use super::weigh::better;
use crate::attendance::State;
use crate::db::insert_all;
use crate::error::Result;

/// Values of one statement.
const CHUNK: usize = 1_000;

/// Who stays and who goes.
#[derive(Clone, Copy, Debug)]
pub struct Two {
    /// Who stays.
    pub stays: PersonId,
    /// Whose row goes.
    pub goes: PersonId,
}

/// Moves rows of a table that nothing keeps apart.
macro_rules! move_all {
    ($db:expr, $two:expr, $($table:ident),+ $(,)?) => {$(
        $table::Entity::update_many()
            .col_expr($table::Column::PersonId, Expr::value($two.stays))
            .filter($table::Column::PersonId.eq($two.goes))
            .exec($db)
            .await?;
    )+};
}

/// Moves everything but memberships and audience lines; gives the sessions that had both.
pub async fn move_records(db: &impl ConnectionTrait, two: Two, now: DateTime<Utc>) -> Result<Vec<SessionId>> {
    let mut both = rosters(db, two).await?;
    both.extend(attendances(db, two).await?);
    drop_equal_results(db, two).await?;
    drop_equal_hours(db, two).await?;
    registrations(db, two, now).await?;
    speakers(db, two).await?;
    move_all!(
        db,
        two,
        attendance_change,
        exam_result,
        study_hours,
        leave,
        feed,
        sign_in_link,
        web_session,
        outbox,
        person_alias,
    );
    follow_rosters(db, two.stays).await?;
    Ok(both.into_iter().collect())
}

/// Whoever is on a roster now attended under the organisation that the roster says.
async fn follow_rosters(db: &impl ConnectionTrait, who: PersonId) -> Result<()> {
    let rosters: HashMap<SessionId, _> = roster_entry::Entity::find()
        .filter(roster_entry::Column::PersonId.eq(who))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.session_id, row.organisation_id))
        .collect();
    let rows = attendance::Entity::find().filter(attendance::Column::PersonId.eq(who)).all(db).await?;
    for row in rows {
        let Some(&organisation) = rosters.get(&row.session_id) else { continue };
        if row.organisation_id != Some(organisation) {
            let change = attendance::ActiveModel {
                id: Set(row.id),
                organisation_id: Set(Some(organisation)),
                ..Default::default()
            };
            attendance::Entity::update(change).exec(db).await?;
        }
    }
    Ok(())
}

/// Of two entries on one roster, that of the one who stays is kept.
async fn rosters(db: &impl ConnectionTrait, two: Two) -> Result<BTreeSet<SessionId>> {
    let of = |id| roster_entry::Entity::find().filter(roster_entry::Column::PersonId.eq(id));
    let stays: BTreeSet<SessionId> = of(two.stays).all(db).await?.into_iter().map(|row| row.session_id).collect();
    let goes: Vec<SessionId> = of(two.goes).all(db).await?.into_iter().map(|row| row.session_id).collect();
    let both: BTreeSet<SessionId> = goes.iter().copied().filter(|id| stays.contains(id)).collect();
    let doubled: Vec<_> = both.iter().copied().collect();
    for chunk in doubled.chunks(CHUNK) {
        roster_entry::Entity::delete_many()
            .filter(roster_entry::Column::PersonId.eq(two.goes))
            .filter(roster_entry::Column::SessionId.is_in(chunk.iter().copied()))
            .exec(db)
            .await?;
    }
    move_all!(db, two, roster_entry);
    touch_sessions(db, &goes).await?;
    Ok(both)
}

/// Of two attendances of one session the better stands; the other is kept in the history.
async fn attendances(db: &impl ConnectionTrait, two: Two) -> Result<BTreeSet<SessionId>> {
    let of = |id| attendance::Entity::find().filter(attendance::Column::PersonId.eq(id));
    let stays: HashMap<SessionId, attendance::Model> =
        of(two.stays).all(db).await?.into_iter().map(|row| (row.session_id, row)).collect();
    let goes = of(two.goes).all(db).await?;
    let (mut both, mut history) = (BTreeSet::new(), Vec::new());
    for row in &goes {
        let Some(kept) = stays.get(&row.session_id) else { continue };
        both.insert(row.session_id);
        let stands = better(&State::from(kept), &State::from(row));
        let from_other = State::from(kept) != stands;
        // What was said of each before they were known to be one, less what still stands.
        history.push(earlier(if from_other { kept } else { row }, two.stays));
        if from_other {
            if State::from(row) != stands {
                history.push(earlier(row, two.stays));
            }
            attendance::Entity::update(attendance::ActiveModel {
                id: Set(kept.id),
                status: Set(stands.status),
                word: Set(stands.word),
                checked_in_at: Set(stands.checked_in_at),
                method: Set(stands.method),
                note: Set(stands.note),
                recorded_at: Set(row.recorded_at),
                recorded_by: Set(row.recorded_by.clone()),
                ..Default::default()
            })
            .exec(db)
            .await?;
        }
        attendance::Entity::delete_by_id(row.id).exec(db).await?;
    }
    insert_all(db, history, None).await?;
    move_all!(db, two, attendance);
    touch_sessions(db, &goes.iter().map(|row| row.session_id).collect::<Vec<_>>()).await?;
    Ok(both)
}

fn earlier(row: &attendance::Model, who: PersonId) -> attendance_change::ActiveModel {
    attendance_change::ActiveModel {
        session_id: Set(row.session_id),
        person_id: Set(who),
        status: Set(row.status),
        word: Set(row.word),
        checked_in_at: Set(row.checked_in_at),
        method: Set(row.method.clone()),
        note: Set(row.note.clone()),
        recorded_at: Set(row.recorded_at),
        recorded_by: Set(row.recorded_by.clone()),
        ..Default::default()
    }
}

/// Whoever keeps a session in mind lets go of it.
async fn touch_sessions(db: &impl ConnectionTrait, sessions: &[SessionId]) -> Result<()> {
    for chunk in sessions.chunks(CHUNK) {
        session::Entity::update_many()
            .col_expr(session::Column::Revision, Expr::col(session::Column::Revision).add(1))
            .filter(session::Column::Id.is_in(chunk.iter().copied()))
            .exec(db)
            .await?;
    }
    Ok(())
}

/// Results that both have and that say the same; what contradicts was refused before.
async fn drop_equal_results(db: &impl ConnectionTrait, two: Two) -> Result<()> {
    let of = |id| exam_result::Entity::find().filter(exam_result::Column::PersonId.eq(id));
    let stays: BTreeSet<(EventId, i32)> =
        of(two.stays).all(db).await?.into_iter().map(|row| (row.event_id, row.attempt)).collect();
    for row in of(two.goes).all(db).await? {
        if stays.contains(&(row.event_id, row.attempt)) {
            exam_result::Entity::delete_by_id(row.id).exec(db).await?;
        }
    }
    Ok(())
}

/// The same of hours.
async fn drop_equal_hours(db: &impl ConnectionTrait, two: Two) -> Result<()> {
    let of = |id| study_hours::Entity::find().filter(study_hours::Column::PersonId.eq(id));
    let stays: BTreeSet<_> =
        of(two.stays).all(db).await?.into_iter().map(|row| (row.kind, row.date, row.source)).collect();
    for row in of(two.goes).all(db).await? {
        if stays.contains(&(row.kind, row.date, row.source)) {
            study_hours::Entity::delete_by_id(row.id).exec(db).await?;
        }
    }
    Ok(())
}

/// Nobody takes two places at one event: of two names put down the one with a place stays, else the one who stays.
async fn registrations(db: &impl ConnectionTrait, two: Two, now: DateTime<Utc>) -> Result<()> {
    let of = |id| {
        registration::Entity::find()
            .filter(registration::Column::PersonId.eq(id))
            .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
    };
    let stays: HashMap<EventId, registration::Model> =
        of(two.stays).all(db).await?.into_iter().map(|row| (row.event_id, row)).collect();
    for row in of(two.goes).all(db).await? {
        let Some(kept) = stays.get(&row.event_id) else { continue };
        let has_place = |row: &registration::Model| row.status == RegistrationStatus::Registered;
        let off = if has_place(&row) && !has_place(kept) { kept.id } else { row.id };
        registration::Entity::update(registration::ActiveModel {
            id: Set(off),
            status: Set(RegistrationStatus::Cancelled),
            updated_at: Set(now),
            ..Default::default()
        })
        .exec(db)
        .await?;
    }
    move_all!(db, two, registration);
    Ok(())
}

/// Nobody speaks twice at one session.
async fn speakers(db: &impl ConnectionTrait, two: Two) -> Result<()> {
    let of = |id| speaker::Entity::find().filter(speaker::Column::PersonId.eq(id));
    let stays: BTreeSet<_> =
        of(two.stays).all(db).await?.into_iter().map(|row| (row.event_id, row.session_id)).collect();
    for row in of(two.goes).all(db).await? {
        if stays.contains(&(row.event_id, row.session_id)) {
            speaker::Entity::delete_by_id(row.id).exec(db).await?;
        }
    }
    move_all!(db, two, speaker);
    Ok(())
}
