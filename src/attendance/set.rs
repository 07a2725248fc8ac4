//! An organiser's word on one person: stands above check-ins and files, until another one.

use chrono::{DateTime, Utc};
use entity::id::PersonId;
use entity::state::{AttendanceStatus, EventStatus, SessionStatus, Word};
use entity::{attendance, attendance_change, event, membership_group, roster_entry, session};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
};

use super::door::freeze_if_begun;
use super::merge::State;
use super::record::{Guest, Place, Record};
use super::settle::replaced;
use crate::access::audit::{self, Deed};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::{self, OrgTree, member_on};
use crate::scheduling::audience::{Audience, Standing};
use crate::scheduling::session as sitting;

/// The longest note, in characters.
const NOTE: usize = 1_000;

/// Says what became of a person, in the caller's transaction. Whoever is not on the roster can only have come:
/// `invalid` for any other status. The same word twice changes nothing.
#[expect(clippy::too_many_arguments, reason = "who says what of whom in which session, and when")]
pub async fn set(
    db: &impl ConnectionTrait,
    by: &str,
    event: &event::Model,
    session: &session::Model,
    staff_no: &str,
    status: AttendanceStatus,
    note: Option<String>,
    now: DateTime<Utc>,
) -> Result<Record> {
    match (event.status, session.status) {
        (EventStatus::Draft, _) => return Err(Error::new(Code::NotPublished)),
        (EventStatus::Cancelled, _) | (_, SessionStatus::Cancelled) => return Err(Error::new(Code::Cancelled)),
        (EventStatus::Scheduled, SessionStatus::Scheduled | SessionStatus::Held) => {}
    }
    let note = note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    if note.as_ref().is_some_and(|note| note.chars().count() > NOTE) {
        return Err(Error::invalid(vec![FieldProblem::new("note", "too-long").with("limit", NOTE)]));
    }
    let session = freeze_if_begun(db, event, session.clone(), now).await?;
    let guest = guest(db, event, &session, staff_no).await?;
    if guest.place != Place::Roster && !status.attended() {
        return Err(Error::field("status", "off-roster"));
    }
    let session_named = (session.id, session.key.as_str(), sitting::span(&session).zone);
    let mut state = word(status, note.clone(), None);
    if write(db, Over::Nothing, row(by, &session, &guest, &state, now)).await? == 0 {
        // Something stands, and cannot vanish any more: it is locked, judged and replaced.
        let before = standing(db, &session, guest.person_id).await?;
        state = word(status, note, Some(&before));
        if State::from(&before) == state {
            return Ok(Record::new(session_named, &guest, &state));
        }
        attendance_change::Entity::insert(replaced(&before)).exec_without_returning(db).await?;
        write(db, Over::Whatever, row(by, &session, &guest, &state, now)).await?;
    }
    let record = Record::new(session_named, &guest, &state);
    let deed = Deed {
        actor: by,
        action: "attendance.set",
        subject: format!("session:{}", session.id),
        event_id: Some(event.id),
        detail: serde_json::json!({ "person_id": guest.person_id, "status": status }),
    };
    audit::record(db, deed, now).await?;
    Ok(record)
}

/// What the organiser's word makes of what stood: the moment of arrival stays with whoever came.
fn word(status: AttendanceStatus, note: Option<String>, before: Option<&attendance::Model>) -> State {
    let known = before.filter(|row| status.attended() && row.status.attended());
    State {
        status,
        word: Word::Organiser,
        checked_in_at: known.and_then(|row| row.checked_in_at),
        method: known.and_then(|row| row.method.clone()).or_else(|| Some("organiser".to_owned())),
        note,
    }
}

/// What stands, locked until the commit.
async fn standing(db: &impl ConnectionTrait, session: &session::Model, who: PersonId) -> Result<attendance::Model> {
    let row = attendance::Entity::find()
        .filter(attendance::Column::SessionId.eq(session.id))
        .filter(attendance::Column::PersonId.eq(who))
        .lock_exclusive()
        .one(db)
        .await?;
    row.ok_or_else(|| Error::internal("an attendance vanished while it was being set"))
}

/// What a written row may replace.
enum Over {
    Nothing,
    Whatever,
}

/// Writes a row; gives how many were written.
async fn write(db: &impl ConnectionTrait, over: Over, row: attendance::ActiveModel) -> Result<u64> {
    use attendance::Column as C;
    let mut conflict = OnConflict::columns([C::SessionId, C::PersonId]);
    match over {
        Over::Nothing => conflict.do_nothing(),
        Over::Whatever => conflict.update_columns([
            C::Status,
            C::Word,
            C::CheckedInAt,
            C::Method,
            C::Note,
            C::RecordedAt,
            C::RecordedBy,
        ]),
    };
    Ok(attendance::Entity::insert_many([row]).on_conflict(conflict).exec_without_returning(db).await?)
}

fn row(
    by: &str,
    session: &session::Model,
    guest: &Guest,
    state: &State,
    now: DateTime<Utc>,
) -> attendance::ActiveModel {
    attendance::ActiveModel {
        id: NotSet,
        session_id: Set(session.id),
        person_id: Set(guest.person_id),
        organisation_id: Set(guest.organisation_id),
        status: Set(state.status),
        word: Set(state.word),
        checked_in_at: Set(state.checked_in_at),
        method: Set(state.method.clone()),
        note: Set(state.note.clone()),
        recorded_at: Set(now),
        recorded_by: Set(by.to_owned()),
    }
}

/// One person as they stand to a session; `not-found` when there is no such person.
async fn guest(
    db: &impl ConnectionTrait,
    event: &event::Model,
    session: &session::Model,
    staff_no: &str,
) -> Result<Guest> {
    let found = people::by_number(db, staff_no).await?;
    let Some(person) = found else { return Err(Error::new(Code::NotFound)) };
    let tree = OrgTree::load(db).await?;
    let member = member_on(db, session.day, person.id).await?;
    let entry = roster_entry::Entity::find_by_id((session.id, person.id)).one(db).await?;
    let organisation_id = entry
        .as_ref()
        .map(|entry| entry.organisation_id)
        .or_else(|| member.as_ref().map(|member| member.organisation_id));
    let place = match (session.roster_frozen_at, &entry, &member) {
        (Some(_), Some(_), _) => Place::Roster,
        (None, _, Some(member)) if event.required => {
            let groups = membership_group::Entity::find()
                .filter(membership_group::Column::MembershipId.eq(member.membership_id))
                .all(db)
                .await?;
            let standing = Standing {
                person_id: person.id,
                upwards: tree.upwards(member.organisation_id),
                groups: groups.into_iter().map(|row| row.name).collect(),
            };
            if Audience::load(db, event).await?.names(&standing) { Place::Roster } else { Place::Other }
        }
        _ => Place::Other,
    };
    Ok(Guest {
        person_id: person.id,
        staff_no: person.staff_no.into(),
        name: entry.map_or(person.name, |entry| entry.name).into(),
        organisation_id,
        org_code: organisation_id.map(|id| tree.code(id).into()),
        place,
    })
}
