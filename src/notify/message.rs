//! A message of the outbox made into a mail, from what its ids say at the moment of sending. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, outbox, session};
use serde::Serialize;

use super::answered::answer;
use super::due::{House, Turn, turn};
use super::facts::Facts;
use super::lines::{all_of, before, from_name, reason, said, time};
pub(super) use super::lines::{greeting, headline_of_many, short_time};
use super::mail::{Invitation, Mail, Party, headline};
use super::overtaken::is_overtaken;
use super::registration::{Registered, says_off};
use super::texts::Values;
use super::wishes;
use crate::access::SigningKey;
use crate::calendar::{About, Attendance, Entry, Method, Of, Setting, entry, message, recurring};
use crate::dates::Zone;
use crate::error::{Error, Result};
use crate::locale::Lang;
use crate::scheduling::{Kinds, session as sessions};
use crate::view::{Views, format};

/// When check-in opens (contract.md's check-in rules).
const OPENS_BEFORE: TimeDelta = TimeDelta::minutes(30);

/// What a mail needs beside its rows.
pub struct Stationery<'a> {
    /// The templates.
    pub views: &'a Views,
    /// The kinds, for their names.
    pub kinds: &'a Kinds,
    /// With what links are signed.
    pub key: &'a SigningKey,
    /// In which language.
    pub lang: Lang,
    /// The zone that goes without saying.
    pub zone: Zone,
    /// Where the pages are, without a slash at the end.
    pub public_url: String,
    /// In whose name.
    pub sender: Party,
    /// For how long a sign-in link works.
    pub link_minutes: u32,
    /// What the installation says of mails that may wait.
    pub house: House<'a>,
    /// Within how many days what was missed is to be made up.
    pub make_up_days: u32,
}

/// What becomes of a message.
#[derive(Debug)]
pub enum Composed {
    /// This goes out.
    Mail(Box<Mail>),
    /// It goes out then: until then people are left alone.
    Later(DateTime<Utc>),
    /// Nothing goes out any more; why, for people.
    Moot(String),
}

/// What every mail's templates get.
#[derive(Serialize)]
pub(super) struct Letter {
    pub greeting: String,
    pub lead: String,
    pub title: String,
    /// Label and value, in order.
    pub facts: Vec<(String, String)>,
    pub button: (String, String),
    pub notes: Vec<String>,
    pub foot: String,
    /// How such mails are stopped, and where; None where they cannot be.
    pub stop: Option<(String, String)>,
}

/// Makes the mail of a message.
pub fn compose(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    now: DateTime<Utc>,
) -> Result<Composed> {
    if let Some(trouble) = facts.trouble(row) {
        let reason = [("reason", trouble.reason.as_str())];
        return Ok(Composed::Moot(stationery.lang.text_with("answer-not-sent", reason)));
    }
    match row.kind {
        MessageKind::SignIn => return sign_in(stationery, facts, row, now),
        MessageKind::Digest => return super::digest::compose(stationery, facts, row, now),
        MessageKind::Bounce => return super::bounce::compose(stationery, facts, row, now),
        MessageKind::CoHost => return super::co_host::compose(stationery, facts, row, now),
        _ if row.series_id.is_some() && row.session_id.is_none() => {
            return super::series::compose(stationery, facts, row, now);
        }
        kind => {
            if let Some(one) = super::after::of(kind) {
                return super::after::compose(stationery, facts, row, one, now);
            }
        }
    }
    let (event, session) =
        facts.session(row).ok_or_else(|| Error::internal(format!("message {} speaks of no session", row.id)))?;
    let overtaken = || is_overtaken(facts, row, method(facts, row)).then_some("mail-moot-overtaken");
    let why = moot(event, session, row, now).or_else(|| Registered::moot(facts, row)).or_else(overtaken);
    if let Some(why) = why {
        return Ok(Composed::Moot(stationery.lang.text(why)));
    }
    match turn(&facts.standing, (event, session), row, &stationery.house, now) {
        Turn::Now => {}
        Turn::Later(at) => return Ok(Composed::Later(at)),
        Turn::Never(why) => return Ok(Composed::Moot(stationery.lang.text(why))),
    }
    let lang = stationery.lang;
    let mut letter = letter(stationery, facts, row, (event, session), now);
    let span = sessions::span(session);
    let args = [("title", letter.title.clone()), ("when", short_time(lang, &span, now))];
    let mut subject = lang.text_with(&format!("mail-subject-{}", what(facts, row)), args);
    let setting = (short_time(lang, &span, now), sessions::location(event, session));
    own_words(stationery, facts, row, (event, setting), (&mut subject, &mut letter));
    let mut mail = mail(stationery, facts, row, &letter, subject, now)?;
    mail.from = from(stationery, facts, event);
    mail.answers = facts.earlier(row).map(str::to_owned);
    mail.unsubscribe = letter.stop.map(|(_, url)| url).or(mail.unsubscribe);
    mail.calendar = invitation(stationery, facts, row, event, session)?;
    Ok(Composed::Mail(Box::new(mail)))
}

/// Puts the host's own words into a mail, where it has any; with when and where it is.
pub(super) fn own_words(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    (event, (when, place)): (&event::Model, (String, &str)),
    (subject, letter): (&mut String, &mut Letter),
) {
    let Some(words) = facts.words(event, row.kind, stationery.lang) else { return };
    let values = Values {
        title: letter.title.clone(),
        when,
        place: place.to_owned(),
        host: facts.host(event).to_owned(),
        name: facts.name(row).to_owned(),
    };
    words.put(subject, letter, &values);
}

/// What a message says, as it ends the keys of texts.
pub(super) fn what(facts: &Facts, row: &outbox::Model) -> String {
    match Registered::of(facts, row) {
        Some(registered) if row.kind == MessageKind::Registration => format!("registration-{}", registered.key()),
        _ => row.kind.as_str().to_owned(),
    }
}

/// Why nothing should be said any more, as a text's key.
fn moot(
    event: &event::Model,
    session: &session::Model,
    row: &outbox::Model,
    now: DateTime<Utc>,
) -> Option<&'static str> {
    if row.detail.as_ref().is_some_and(|detail| detail["withdrawn"] == true) {
        return Some("mail-moot-withdrawn");
    }
    // A publication that was taken back: only that is still told.
    let asks_to_come = match row.kind {
        MessageKind::Invitation | MessageKind::Update | MessageKind::Reminder => true,
        MessageKind::Registration => !says_off(row),
        _ => false,
    };
    if event.status == EventStatus::Draft && asks_to_come {
        return Some("mail-moot-withdrawn");
    }
    let cancelled = event.status == EventStatus::Cancelled || session.status == SessionStatus::Cancelled;
    if row.kind != MessageKind::Cancellation && cancelled {
        return Some("mail-moot-cancelled");
    }
    // That it was moved into the past, or is off, is news all the same.
    let invites = matches!(row.kind, MessageKind::Invitation | MessageKind::Registration | MessageKind::Reminder);
    (invites && session.ends_at <= now).then_some("mail-moot-over")
}

/// The foot of a letter and its button, as keys of texts, and the path that the button leads to.
pub(super) fn where_to_turn(
    registered: Option<Registered<'_>>,
    event: &event::Model,
) -> (&'static str, &'static str, String) {
    let foot = match (registered, event.required) {
        (Some(_), _) => "mail-foot-registered",
        (None, true) => "mail-foot-required",
        (None, false) => "mail-foot-invited",
    };
    match registered {
        Some(registered) => (foot, "mail-button-registration", registered.path()),
        None => (foot, "mail-button-my", "/my".to_owned()),
    }
}

fn letter(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    (event, session): (&event::Model, &session::Model),
    now: DateTime<Utc>,
) -> Letter {
    let lang = stationery.lang;
    let must = lang.text(if event.required { "calendar-required" } else { "calendar-optional" });
    let lead = [("host", facts.host(event).to_owned()), ("must", must)];
    let title = sessions::title(event, session);
    let registered = Registered::of(facts, row);
    let (foot, button, path) = where_to_turn(registered, event);
    Letter {
        greeting: greeting(lang, facts.name(row)),
        lead: lang.text_with(&format!("mail-lead-{}", what(facts, row)), lead),
        title: headline(if title.is_empty() { stationery.kinds.name(&event.kind, lang) } else { title }),
        facts: details(stationery, facts, row, (event, session), now),
        button: (lang.text(button), format!("{}{path}", stationery.public_url)),
        notes: registered.map_or_else(|| notes(lang, row.kind, session), |registered| registered.notes(lang)),
        foot: lang.text(foot),
        stop: (row.kind == MessageKind::Reminder).then(|| wishes::stop(stationery, row)).flatten(),
    }
}

fn details(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    (event, session): (&event::Model, &session::Model),
    now: DateTime<Utc>,
) -> Vec<(String, String)> {
    let lang = stationery.lang;
    let when = time(stationery, &sessions::span(session), now);
    let comma = if lang == Lang::Zh { "、" } else { ", " };
    let (topics, speakers) = (facts.topics(event).join(comma), facts.speakers(session).join(comma));
    let place = Registered::of(facts, row).and_then(|registered| registered.place());
    let place = place.map(|n| lang.text_with("mail-fact-queue-place", [("n", n)])).unwrap_or_default();
    let reason = reason(lang, row);
    let before = row.detail.as_ref().map(|detail| before(stationery, &detail["before"], &sessions::span(session), now));
    let lines = [
        ("mail-fact-time", when.as_str()),
        ("mail-fact-place", sessions::location(event, session)),
        ("mail-fact-before", before.as_deref().unwrap_or_default()),
        ("mail-fact-queue", &place),
        ("mail-fact-speakers", &speakers),
        ("mail-fact-topics", &topics),
        ("mail-fact-reason", &reason),
    ];
    let mut lines = said(lang, &lines);
    lines.extend(all_of(stationery, facts, row, event, now));
    lines
}

pub(super) fn notes(lang: Lang, kind: MessageKind, session: &session::Model) -> Vec<String> {
    let mut notes = Vec::new();
    if matches!(kind, MessageKind::Invitation | MessageKind::Update) {
        notes.push(lang.text("mail-note-calendar"));
    }
    if kind != MessageKind::Cancellation && !session.all_day {
        let span = sessions::span(session);
        let from = format::clock(span.zone, span.start - OPENS_BEFORE);
        notes.push(lang.text_with("mail-note-check-in", [("from", from)]));
    }
    notes
}

/// What a message asks calendars to do; None where it is nothing to them.
pub(super) fn method(facts: &Facts, row: &outbox::Model) -> Option<Method> {
    // Of a series something stays, which is said as it is.
    let keeps = row.detail.as_ref().is_some_and(|detail| detail["keeps"] == true);
    let method = match (Registered::of(facts, row), row.kind) {
        (Some(registered), _) => registered.method()?,
        (_, MessageKind::Invitation | MessageKind::Update) => Method::Request,
        (_, MessageKind::Cancellation) => Method::Cancel,
        _ => return None,
    };
    Some(if keeps { Method::Request } else { method })
}

/// Gives an entry the SEQUENCE and DTSTAMP of its message. Of messages with one SEQUENCE the later DTSTAMP stands (RFC
/// 5546 section 2.1.5); both come from rows. What is asked for is asked for as it is now; a cancellation that is sent
/// late is of the moment of its deed, and must not reach past what was told after it.
pub(super) fn stamp(entry: &mut Entry, row: &outbox::Model, method: Method) {
    match method {
        Method::Request => entry.stamp = entry.stamp.max(row.created_at),
        Method::Cancel => {
            entry.stamp = row.created_at;
            entry.sequence = own_sequence(row).unwrap_or(entry.sequence);
        }
    }
}

/// The SEQUENCE that the deed gave.
fn own_sequence(row: &outbox::Model) -> Option<u32> {
    let told = row.detail.as_ref().and_then(|detail| detail["sequence"].as_u64());
    // Messages of before bear it in their keys only.
    let told = told.or_else(|| row.key.split(':').nth(2).and_then(|text| text.parse().ok()));
    told.and_then(|sequence| u32::try_from(sequence).ok())
}

/// Who invites whom by a message.
pub(super) fn attendance(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    event: &event::Model,
    method: Method,
) -> Attendance {
    Attendance {
        organizer: Party { name: facts.host(event).to_owned(), address: from(stationery, facts, event).address },
        attendee: Party { name: facts.name(row).to_owned(), address: row.address.clone() },
        required: event.required && Registered::of(facts, row).is_none(),
        method,
    }
}

fn invitation(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    event: &event::Model,
    session: &session::Model,
) -> Result<Option<Invitation>> {
    let Some(method) = method(facts, row) else { return Ok(None) };
    let setting = Setting { kinds: stationery.kinds, lang: stationery.lang };
    let speakers = facts.speakers(session);
    let about = About { host: facts.host(event), topics: facts.topics(event), speakers: &speakers };
    let mut entry = entry(setting, event, session, about);
    if let Some((_, head, sittings)) = facts.series(row) {
        entry = recurring::sitting(event, head, &sittings, session, entry)?;
    }
    stamp(&mut entry, row, method);
    if method == Method::Request {
        entry.answer = answer(facts, row, session.id);
        entry.extra = super::joined::extra(facts, row, (event, session), Of::Sitting);
    }
    let attendance = attendance(stationery, facts, row, event, method);
    Ok(Some(Invitation { method, text: message(vec![entry], &attendance) }))
}

fn sign_in(stationery: &Stationery<'_>, facts: &Facts, row: &outbox::Model, now: DateTime<Utc>) -> Result<Composed> {
    let lang = stationery.lang;
    let secret = row.detail.as_ref().and_then(|detail| detail["secret"].as_str());
    let alive = row.created_at + TimeDelta::minutes(stationery.link_minutes.into()) > now;
    let Some(secret) = secret.filter(|_| alive) else {
        return Ok(Composed::Moot(lang.text("mail-moot-expired")));
    };
    let minutes = stationery.link_minutes.to_string();
    let letter = Letter {
        greeting: greeting(lang, facts.name(row)),
        lead: lang.text("mail-lead-sign-in"),
        title: lang.text("mail-title-sign-in"),
        facts: Vec::new(),
        button: (lang.text("mail-button-sign-in"), format!("{}/sign-in/{secret}", stationery.public_url)),
        notes: vec![lang.text_with("mail-note-sign-in", [("minutes", minutes.as_str())])],
        foot: lang.text("mail-foot-sign-in"),
        stop: None,
    };
    let mail = mail(stationery, facts, row, &letter, lang.text("mail-subject-sign-in"), now)?;
    Ok(Composed::Mail(Box::new(mail)))
}

pub(super) fn mail(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    letter: &Letter,
    subject: String,
    now: DateTime<Utc>,
) -> Result<Mail> {
    let answers = super::links::answers(stationery, facts, row, now);
    let context = minijinja::context! { answers, ..minijinja::value::Serde(letter) };
    let render = |name: &str| stationery.views.render(name, stationery.lang, &context);
    Ok(Mail {
        from: stationery.sender.clone(),
        to: Party { name: facts.name(row).to_owned(), address: row.address.clone() },
        subject,
        text: render("notify/mail.txt")?,
        html: render("notify/mail.html")?,
        calendar: None,
        unsubscribe: super::links::decline(stationery, facts, row, now),
        message_id: row.message_id.clone(),
        answers: None,
        date: now,
    })
}

/// In whose name mail of an event goes out: its host's own sender, else the site's with the host's name.
pub(super) fn from(stationery: &Stationery<'_>, facts: &Facts, event: &event::Model) -> Party {
    facts.sender(event).cloned().unwrap_or_else(|| Party {
        name: from_name(stationery, facts.host(event)),
        address: stationery.sender.address.clone(),
    })
}
