//! Whether what was written down as due still is, when its turn to be sent comes. Pure.

use chrono::{DateTime, Utc};
use entity::id::PersonId;
use entity::outbox;
use entity::state::MessageKind;
use entity::{event, session};

use super::after::unsaid;
use super::moment::{Reminder, near, reminder_set, stamp, superseded};
use super::{House, Quiet, Standing};
use crate::dates::Zone;
use crate::scheduling::{Afterwards, session as sessions};

/// What becomes of a message that may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It goes.
    Now,
    /// It goes then: it is quiet.
    Later(DateTime<Utc>),
    /// It does not go any more; why, as a text's key.
    Never(&'static str),
}

/// Whether mails of that kind heed quiet hours and wishes; what calls, changes or calls off never waits.
#[must_use]
pub const fn may_wait(kind: MessageKind) -> bool {
    matches!(
        kind,
        MessageKind::Reminder
            | MessageKind::Digest
            | MessageKind::MakeUp
            | MessageKind::Thanks
            | MessageKind::Materials
    )
}

/// Whether a reminder goes. Its session is published, and neither cancelled nor over.
#[must_use]
pub fn turn(
    standing: &Standing,
    (event, session): (&event::Model, &session::Model),
    row: &outbox::Model,
    house: &House<'_>,
    now: DateTime<Utc>,
) -> Turn {
    if row.kind != MessageKind::Reminder {
        return Turn::Now;
    }
    let said = |name: &str| row.detail.as_ref().and_then(|detail| detail[name].as_str());
    if said("starts_at").is_some_and(|meant| meant != stamp(session.starts_at)) {
        return Turn::Never("mail-moot-moved");
    }
    let span = sessions::span(session);
    let reminder = said("before").and_then(|before| Reminder::of(before, &span));
    let deadline = reminder.as_ref().map_or(span.start, |one| one.deadline);
    if deadline <= now {
        return Turn::Never("mail-moot-begun");
    }
    if let Some(why) = row.person_id.and_then(|person| standing.unreminded(house, (event, session), person)) {
        return Turn::Never(why);
    }
    let quiet = standing.quiet(row.person_id, house.quiet);
    if let Some(reminder) = reminder {
        let set = near(reminder_set(house.kinds, event), session.starts_at, now);
        let of: Vec<_> = set.iter().filter_map(|text| Reminder::of(text, &span)).collect();
        if superseded(&reminder, &of, (quiet, house.zone), session.told_at, now) {
            return Turn::Never("mail-moot-newer");
        }
    }
    // What could not wait for the end of the quiet when it was written down cannot now.
    quiet.hold(now, deadline, house.zone).map_or(Turn::Now, Turn::Later)
}

/// Whether a mail that follows a session goes.
#[must_use]
pub fn after_turn(
    standing: &Standing,
    rows: (&event::Model, &session::Model),
    one: Afterwards,
    person: Option<PersonId>,
    (house, zone): (Quiet, Zone),
    now: DateTime<Utc>,
) -> Turn {
    if let Some(why) = unsaid(standing, rows, one, person) {
        return Turn::Never(why);
    }
    standing.quiet(person, house).hold(now, DateTime::<Utc>::MAX_UTC, zone).map_or(Turn::Now, Turn::Later)
}
