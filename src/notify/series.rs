//! Mails about a series as a whole: which sittings are ahead, and what became of which. Pure.

use chrono::{DateTime, Utc};
use entity::id::SessionId;
use entity::state::{EventStatus, MessageKind, SessionStatus};
use entity::{event, outbox, session};
use serde_json::Value;

use super::answered::{answer, to_all};
use super::facts::Facts;
use super::joined::extra;
use super::lines::{before, greeting, headline_of_many, listed, reason, said, short_time, time};
use super::mail::{Invitation, headline};
use super::message::{
    Composed, Letter, Stationery, attendance, from, mail, method, notes, own_words, stamp, what, where_to_turn,
};
use super::overtaken::{is_overtaken, not_theirs};
use super::registration::Registered;
use crate::calendar::recurring::{self, Head, Of};
use crate::calendar::{About, Entry, Extra, Method, Setting, Show, entry, message};
use crate::dates::Zone;
use crate::error::{Error, Result};
use crate::scheduling::series::Pattern;
use crate::scheduling::session as sessions;

/// A series as somebody who gets a message sees it.
struct Seen<'a> {
    event: &'a event::Model,
    head: &'a Head,
    /// Their sittings, those that are off too.
    sittings: Vec<&'a session::Model>,
}

impl<'a> Seen<'a> {
    fn of(facts: &'a Facts, row: &outbox::Model) -> Option<Self> {
        let (event, head, mut sittings) = facts.series(row)?;
        let except = not_theirs(facts, row);
        sittings.retain(|sitting| !except.contains(&sitting.id));
        Some(Self { event, head, sittings })
    }

    fn standing(&self) -> impl Iterator<Item = &'a session::Model> {
        let stands = self.event.status != EventStatus::Cancelled;
        self.sittings.clone().into_iter().filter(move |row| stands && row.status != SessionStatus::Cancelled)
    }

    fn ahead(&self, now: DateTime<Utc>) -> impl Iterator<Item = &'a session::Model> {
        self.standing().filter(move |row| row.ends_at > now)
    }

    /// Why nothing should be said any more, as a text's key.
    fn moot(&self, row: &outbox::Model, method: Option<Method>, now: DateTime<Utc>) -> Option<&'static str> {
        let withdrawn = row.detail.as_ref().is_some_and(|detail| detail["withdrawn"] == true);
        if withdrawn || self.event.status == EventStatus::Draft && method == Some(Method::Request) {
            return Some("mail-moot-withdrawn");
        }
        let invites = matches!(row.kind, MessageKind::Invitation | MessageKind::Registration);
        if invites && self.sittings.iter().all(|sitting| sitting.ends_at <= now) {
            return Some("mail-moot-over");
        }
        let asks = row.kind != MessageKind::Cancellation && method == Some(Method::Request);
        let nothing = if invites { self.ahead(now).next().is_none() } else { self.standing().next().is_none() };
        (asks && nothing).then_some("mail-moot-cancelled")
    }
}

/// Makes the mail.
pub(super) fn compose(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    now: DateTime<Utc>,
) -> Result<Composed> {
    let seen =
        Seen::of(facts, row).ok_or_else(|| Error::internal(format!("message {} speaks of no series", row.id)))?;
    let method = method(facts, row);
    let overtaken = || is_overtaken(facts, row, method).then_some("mail-moot-overtaken");
    let why = seen.moot(row, method, now).or_else(|| Registered::moot(facts, row)).or_else(overtaken);
    if let Some(why) = why {
        return Ok(Composed::Moot(stationery.lang.text(why)));
    }
    let lang = stationery.lang;
    let mut letter = letter(stationery, facts, row, &seen, now)?;
    let args = [("title", letter.title.clone()), ("when", when(stationery, row, &seen, now))];
    let mut subject = lang.text_with(&format!("mail-subject-{}", what(facts, row)), args);
    let setting = (when(stationery, row, &seen, now), seen.event.location.as_str());
    own_words(stationery, facts, row, (seen.event, setting), (&mut subject, &mut letter));
    let mut mail = mail(stationery, facts, row, &letter, subject, now)?;
    mail.from = from(stationery, facts, seen.event);
    mail.answers = facts.earlier(row).map(str::to_owned);
    if let Some(method) = method {
        mail.calendar = Some(calendar(stationery, facts, row, &seen, method, now)?);
    }
    Ok(Composed::Mail(Box::new(mail)))
}

/// The sittings of which something is said, with what became of each and what was before.
fn changes<'a>(row: &'a outbox::Model, seen: &Seen<'a>) -> Vec<(&'a session::Model, &'a str, &'a Value)> {
    let changes = row.detail.as_ref().and_then(|detail| detail["changes"].as_array());
    let all = |id: i64| seen.sittings.iter().copied().find(|sitting| sitting.id == SessionId(id));
    let read =
        |change: &'a Value| Some((all(change["session"].as_i64()?)?, change["turn"].as_str()?, &change["before"]));
    changes.into_iter().flatten().filter_map(read).collect()
}

/// `3月20日（周三）09:00 起 4 场`: of what is ahead, or of what is off.
fn when(stationery: &Stationery<'_>, row: &outbox::Model, seen: &Seen<'_>, now: DateTime<Utc>) -> String {
    let off = || changes(row, seen).into_iter().filter(|(_, turn, _)| *turn == "goes").map(|(sitting, ..)| sitting);
    let mut meant: Vec<&session::Model> = match row.kind {
        MessageKind::Cancellation => off().collect(),
        _ => seen.ahead(now).collect(),
    };
    if meant.is_empty() {
        meant = seen.sittings.iter().copied().filter(|sitting| sitting.ends_at > now).collect();
    }
    // What is told late may have nothing ahead.
    if meant.is_empty() {
        meant.clone_from(&seen.sittings);
    }
    let Some(first) = meant.first() else { return String::new() };
    let first = short_time(stationery.lang, &sessions::span(first), now);
    match meant.len() {
        1 => first,
        n => stationery.lang.text_with("mail-when-several", [("when", first), ("n", n.to_string())]),
    }
}

fn letter(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    seen: &Seen<'_>,
    now: DateTime<Utc>,
) -> Result<Letter> {
    let (lang, event) = (stationery.lang, seen.event);
    let must = lang.text(if event.required { "calendar-required" } else { "calendar-optional" });
    let lead = [("host", facts.host(event).to_owned()), ("must", must)];
    let registered = Registered::of(facts, row);
    let (foot, button, path) = where_to_turn(registered, event);
    let ahead = seen.ahead(now).next().filter(|_| row.kind != MessageKind::Cancellation);
    let notes = match registered {
        Some(registered) => registered.notes(lang),
        None => ahead.map(|first| notes(lang, row.kind, first)).unwrap_or_default(),
    };
    let title = if event.title.is_empty() { stationery.kinds.name(&event.kind, lang) } else { &event.title };
    Ok(Letter {
        greeting: greeting(lang, facts.name(row)),
        lead: lang.text_with(&format!("mail-lead-{}", what(facts, row)), lead),
        title: headline(title),
        facts: details(stationery, facts, row, seen, now)?,
        button: (lang.text(button), format!("{}{path}", stationery.public_url)),
        notes,
        foot: lang.text(foot),
        // Of changes nobody can be spared.
        stop: None,
    })
}

fn details(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    seen: &Seen<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<(String, String)>> {
    let (lang, event) = (stationery.lang, seen.event);
    let zone = Zone::parse(&event.time_zone).map_err(Error::internal)?;
    let mut rule = Pattern::of(&seen.head.row, zone)?.words(lang);
    if zone != stationery.zone {
        rule = format!("{rule} ({})", zone.name());
    }
    let comma = if lang == crate::locale::Lang::Zh { "、" } else { ", " };
    let (topics, speakers) = (facts.topics(event).join(comma), facts.common_speakers(event).join(comma));
    let reason = reason(lang, row);
    let mut lines = said(lang, &[("mail-fact-time", &rule), ("mail-fact-place", &event.location)]);
    for (sitting, turn, was) in changes(row, seen) {
        let span = sessions::span(sitting);
        let (is, was) = (time(stationery, &span, now), before(stationery, was, &span, now));
        let place = sitting.location.as_deref().filter(|place| !place.is_empty() && turn == "changes");
        let is = place.map_or_else(|| is.clone(), |place| format!("{is} · {place}"));
        let text = if was.is_empty() || turn != "changes" { is } else { format!("{was} → {is}") };
        lines.push((lang.text(&format!("mail-fact-{turn}")), headline_of_many(&text)));
    }
    lines.extend(said(
        lang,
        &[("mail-fact-speakers", &speakers), ("mail-fact-topics", &topics), ("mail-fact-reason", &reason)],
    ));
    if row.kind != MessageKind::Cancellation {
        lines.extend(listed(stationery, event, seen.ahead(now), now));
    }
    Ok(lines)
}

fn calendar(
    stationery: &Stationery<'_>,
    facts: &Facts,
    row: &outbox::Model,
    seen: &Seen<'_>,
    method: Method,
    now: DateTime<Utc>,
) -> Result<Invitation> {
    let setting = Setting { kinds: stationery.kinds, lang: stationery.lang };
    let (event, host, topics) = (seen.event, facts.host(seen.event), facts.topics(seen.event));
    let asks = method == Method::Request;
    // Who answered to some of them alone has these as sittings that differ.
    let common = if asks { to_all(facts, row, seen.ahead(now)) } else { None };
    let made = |session: &session::Model, of: Of| {
        let speakers = match of {
            Of::Series => facts.common_speakers(event),
            Of::Sitting => facts.speakers(session),
        };
        let own = of == Of::Sitting && asks && session.ends_at > now;
        let answer = if own { answer(facts, row, session.id) } else { common };
        let extra = if asks { extra(facts, row, (event, session), of) } else { Extra::default() };
        Entry { answer, extra, ..entry(setting, event, session, About { host, topics, speakers: &speakers }) }
    };
    let mut entries = match method {
        Method::Request => recurring::entries(event, seen.head, &seen.sittings, made, Show::TakingPlace)?,
        Method::Cancel => recurring::entries(event, seen.head, &seen.sittings, made, Show::Cancelled)?,
    };
    if method == Method::Cancel {
        // What cancels the whole cancels each of it (RFC 5546 section 3.2.5).
        entries.truncate(1);
    }
    for entry in &mut entries {
        stamp(entry, row, method);
    }
    let attendance = attendance(stationery, facts, row, event, method);
    Ok(Invitation { method, text: message(entries, &attendance) })
}
