//! Mails once a session is over: what is to be made up, thanks, the materials. Pure, but for what it reads beforehand.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Days, Utc};
use entity::id::EventId;
use entity::state::{AttendanceStatus, EventStatus, MessageKind, SessionStatus};
use entity::{event, material, outbox, session};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::due::{Turn, after_turn};
use super::facts::Facts;
use super::mail::headline;
use super::message::{Composed, Letter, Stationery, from, greeting, headline_of_many, mail, own_words, short_time};
use super::registration::Registered;
use super::wishes;
use crate::error::{Error, Result};
use crate::scheduling::{Afterwards, session as sessions};
use crate::view::format;

/// The materials of the events of such messages, by event.
pub(super) async fn materials(
    db: &impl ConnectionTrait,
    rows: &[outbox::Model],
) -> Result<HashMap<EventId, Vec<material::Model>>, DbErr> {
    let events: HashSet<EventId> =
        rows.iter().filter(|row| of(row.kind).is_some()).filter_map(|row| row.event_id).collect();
    let mut found: HashMap<EventId, Vec<material::Model>> = HashMap::new();
    if events.is_empty() {
        return Ok(found);
    }
    let rows = material::Entity::find()
        .filter(material::Column::EventId.is_in(events))
        .order_by_asc(material::Column::Position)
        .order_by_asc(material::Column::Id)
        .all(db)
        .await?;
    for row in rows {
        found.entry(row.event_id).or_default().push(row);
    }
    Ok(found)
}

/// Which of them a message is.
pub(super) fn of(kind: MessageKind) -> Option<Afterwards> {
    Afterwards::ALL.into_iter().find(|one| one.kind() == kind)
}

/// Makes the mail.
pub(super) fn compose(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    one: Afterwards,
    now: DateTime<Utc>,
) -> Result<Composed> {
    let lang = stationery.lang;
    let (event, session) =
        facts.session(row).ok_or_else(|| Error::internal(format!("message {} speaks of no session", row.id)))?;
    let called_off = event.status != EventStatus::Scheduled || session.status == SessionStatus::Cancelled;
    let moot = called_off.then_some("mail-moot-cancelled").or_else(|| Registered::moot(facts, row));
    if let Some(why) = moot {
        return Ok(Composed::Moot(lang.text(why)));
    }
    let quiet = (stationery.house.quiet, stationery.zone);
    match after_turn(&facts.standing, (event, session), one, row.person_id, quiet, now) {
        Turn::Now => {}
        Turn::Later(at) => return Ok(Composed::Later(at)),
        Turn::Never(why) => return Ok(Composed::Moot(lang.text(why))),
    }
    let mut letter = letter(stationery, facts, row, (event, session), one, now);
    let args = [("title", letter.title.clone()), ("when", short_time(lang, &sessions::span(session), now))];
    let mut subject = lang.text_with(&format!("mail-subject-{}", key(one)), args);
    let setting = (short_time(lang, &sessions::span(session), now), sessions::location(event, session));
    own_words(stationery, facts, row, (event, setting), (&mut subject, &mut letter));
    let mut mail = mail(stationery, facts, row, &letter, subject, now)?;
    mail.from = from(stationery, facts, event);
    mail.answers = facts.earlier(row).map(str::to_owned);
    mail.unsubscribe = letter.stop.map(|(_, url)| url);
    Ok(Composed::Mail(Box::new(mail)))
}

/// As it ends the keys of texts.
fn key(one: Afterwards) -> String {
    one.as_str().replace('_', "-")
}

fn letter(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    (event, session): (&event::Model, &session::Model),
    one: Afterwards,
    now: DateTime<Utc>,
) -> Letter {
    let lang = stationery.lang;
    let title = sessions::title(event, session);
    let span = sessions::span(session);
    let excused =
        row.person_id.and_then(|person| facts.standing.record(session.id, person)) == Some(AttendanceStatus::Excused);
    let lead = match (one, excused) {
        (Afterwards::MakeUp, true) => "mail-lead-make-up-excused".to_owned(),
        _ => format!("mail-lead-{}", key(one)),
    };
    let materials = listed(facts, session);
    let until = span.last_day().checked_add_days(Days::new(stationery.make_up_days.into()));
    let until = until.filter(|_| one == Afterwards::MakeUp).map(|day| format::date(lang, day, span.zone.day(now)));
    let contact = if one == Afterwards::MakeUp { event.contact.as_str() } else { "" };
    let lines = [
        ("mail-fact-time", format::span(lang, &span, now)),
        ("mail-fact-make-up-by", until.unwrap_or_default()),
        ("mail-fact-materials", materials),
        ("mail-fact-contact", contact.to_owned()),
    ];
    let registered = Registered::of(facts, row);
    let (button, path) = match registered {
        Some(registered) => ("mail-button-registration", registered.path()),
        None => ("mail-button-my", "/my".to_owned()),
    };
    let stop = (one != Afterwards::MakeUp).then(|| wishes::stop(stationery, row)).flatten();
    Letter {
        greeting: greeting(lang, facts.name(row)),
        lead: lang.text_with(&lead, [("host", facts.host(event).to_owned())]),
        title: headline(if title.is_empty() { stationery.kinds.name(&event.kind, lang) } else { title }),
        facts: lines
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (lang.text(key), headline_of_many(&value)))
            .collect(),
        button: (lang.text(button), format!("{}{path}", stationery.public_url)),
        notes: if one == Afterwards::MakeUp { vec![lang.text("mail-note-make-up")] } else { Vec::new() },
        foot: lang.text(if registered.is_some() { "mail-foot-registered" } else { "mail-foot-after" }),
        stop,
    }
}

/// The materials of a session in one line; of a link its address too.
fn listed(facts: &Facts, session: &session::Model) -> String {
    let of_session =
        facts.materials(session.event_id).iter().filter(|row| row.session_id.is_none_or(|id| id == session.id));
    let shown: Vec<_> = of_session
        .map(|row| match &row.url {
            Some(url) if *url != row.title => format!("{} {url}", row.title),
            _ => row.title.clone(),
        })
        .collect();
    shown.join("; ")
}
