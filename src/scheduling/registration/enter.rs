//! Putting a name down.

use chrono::{DateTime, Utc};
use entity::id::PersonId;
use entity::state::{EventStatus, RegistrationStatus};
use entity::{event, registration};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use super::tell::{Said, again, tell};
use super::{is_open, queue};
use crate::access::{Secret, audit};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::is_email;
use crate::scheduling::publish::sessions;
use crate::scheduling::wording;

/// Who puts a name down, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applicant {
    /// Who, if one of the staff.
    pub person_id: Option<PersonId>,
    /// Who.
    pub name: String,
    /// Lower case; empty only of staff that have none.
    pub email: String,
    /// Whence; may be empty.
    pub body: String,
}

impl Applicant {
    /// Somebody of the public, as typed: a name, an address that mail can be sent to, perhaps a body.
    pub fn of_public(name: &str, email: &str, body: &str) -> Result<Self> {
        let mut wrong = Vec::new();
        let name = wording::needed("name", name, 50, &mut wrong);
        let email = email.trim().to_lowercase();
        if email.is_empty() {
            wrong.push(FieldProblem::new("email", "required"));
        } else if !is_email(&email) {
            wrong.push(FieldProblem::new("email", "bad-email"));
        }
        let body = wording::line("body", body, 100, &mut wrong);
        if !wrong.is_empty() {
            return Err(Error::invalid(wrong));
        }
        Ok(Self { person_id: None, name, email, body })
    }

    /// Somebody of the staff, from a section.
    #[must_use]
    pub fn of_staff(person: &entity::person::Model, section: &str) -> Self {
        let email = person.email.clone().unwrap_or_default().to_lowercase();
        Self { person_id: Some(person.id), name: person.name.clone(), email, body: section.to_owned() }
    }
}

/// By whose wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Their own: while registration is open.
    Own,
    /// An organiser's: until the event is over.
    ByHand,
}

/// A name that is down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// As it stands.
    pub row: registration::Model,
    /// At which place of the queue, when it waits.
    pub place: Option<u64>,
    /// Whether it was put down just now.
    pub fresh: bool,
}

/// Puts a name down, in the caller's transaction, which holds the event ([`super::hold`]): with a place while there is
/// one, else waiting. The same address or person again is the registration that is there; its link is mailed again, at
/// most once an hour. `by` as in `audit.actor`.
pub async fn enter(
    db: &impl ConnectionTrait,
    event: &event::Model,
    applicant: Applicant,
    way: Way,
    by: &str,
    now: DateTime<Utc>,
) -> Result<Entered> {
    let sittings = sessions(db, event.id).await?;
    match (event.status, way) {
        (EventStatus::Draft, _) => return Err(Error::new(Code::NotPublished)),
        (EventStatus::Cancelled, _) => return Err(Error::new(Code::Cancelled)),
        (EventStatus::Scheduled, Way::ByHand) if sittings.iter().all(|row| row.ends_at <= now) => {
            return Err(Error::new(Code::TooLate));
        }
        (EventStatus::Scheduled, Way::ByHand) => {}
        (EventStatus::Scheduled, Way::Own) if is_open(event, &sittings, now) => {}
        (EventStatus::Scheduled, Way::Own) => return Err(Error::new(Code::RegistrationClosed)),
    }
    if let Some(row) = standing(db, event, &applicant).await? {
        if way == Way::Own {
            again(db, event, &sittings, &row, now).await?;
        }
        let place = queue::place(db, &row).await?;
        return Ok(Entered { row, place, fresh: false });
    }
    let room = queue::sums(db, event.id).await?.has_room(event.capacity);
    let row = write(db, event, applicant, room, now).await?;
    let place = queue::place(db, &row).await?;
    let said = if room { Said::Registered } else { Said::Waiting };
    tell(db, event, &sittings, &row, said, place, now).await?;
    let deed = audit::Deed {
        actor: by,
        action: "registration.enter",
        subject: format!("event:{}", event.id),
        event_id: Some(event.id),
        detail: serde_json::json!({ "registration_id": row.id, "waiting": !room }),
    };
    audit::record(db, deed, now).await?;
    Ok(Entered { row, place, fresh: true })
}

/// The registration that somebody has already.
async fn standing(
    db: &impl ConnectionTrait,
    event: &event::Model,
    applicant: &Applicant,
) -> Result<Option<registration::Model>> {
    let mut same = Condition::any();
    if let Some(person) = applicant.person_id {
        same = same.add(registration::Column::PersonId.eq(person));
    }
    if !applicant.email.is_empty() {
        same = same.add(registration::Column::Email.eq(applicant.email.as_str()));
    }
    let row = registration::Entity::find()
        .filter(registration::Column::EventId.eq(event.id))
        .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
        .filter(same)
        .one(db)
        .await?;
    Ok(row)
}

async fn write(
    db: &impl ConnectionTrait,
    event: &event::Model,
    applicant: Applicant,
    room: bool,
    now: DateTime<Utc>,
) -> Result<registration::Model> {
    let status = if room { RegistrationStatus::Registered } else { RegistrationStatus::Waiting };
    let row = registration::ActiveModel {
        event_id: Set(event.id),
        person_id: Set(applicant.person_id),
        name: Set(applicant.name),
        email: Set(applicant.email),
        body: Set(applicant.body),
        status: Set(status),
        secret: Set(Secret::new()?.text),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    Ok(registration::Entity::insert(row).exec_with_returning(db).await?)
}
