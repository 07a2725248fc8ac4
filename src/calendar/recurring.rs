//! A series as one UID (RFC 5545 section 3.8.5): a first VEVENT with the rule, and one more for each sitting that is not
//! as the rule says. Pure.
//!
//! The rule goes out without COUNT, from the first sitting that is shown to the last; slots between without one are
//! EXDATE. What an earlier rule left on days that are none of this one is RDATE, and only that: Outlook reads no RDATE.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use entity::state::{EventStatus, SessionStatus};
use entity::{event, series, session};

use super::entry::{Entry, Extra};
use super::ics::Status;
use crate::dates::{End, Rule, Span, Until, Zone};
use crate::error::{Error, Result};
use crate::scheduling::series::{MOST_SITTINGS, Pattern};

/// What of a VEVENT says how it recurs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Recurrence {
    /// It does not.
    #[default]
    Once,
    /// The first VEVENT of a series.
    Series {
        /// RRULE; None where no shown sitting is the rule's.
        rule: Option<String>,
        /// The last local start that RRULE gives.
        last: NaiveDateTime,
        /// Starts beside the rule, local.
        more: Vec<NaiveDateTime>,
        /// Starts that the rule gives and at which nothing is shown, local.
        less: Vec<NaiveDateTime>,
    },
    /// One sitting of a series that differs from it.
    Sitting(Slot),
}

/// The start by which a sitting is known in its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Local.
    pub at: NaiveDateTime,
    /// Whether the series is of whole days: it is a date then.
    pub all_day: bool,
}

/// What all VEVENTs of a series have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its row.
    pub row: series::Model,
    /// SEQUENCE: the sum of those of its sittings, for it grows with each of them and no sitting of a published series
    /// is ever removed.
    pub sequence: u32,
    /// When anything of it last changed.
    pub stamp: DateTime<Utc>,
}

/// What is shown of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Cancelled sittings too, as such: for subscriptions.
    Cancelled,
    /// Only what takes place: for invitations.
    TakingPlace,
}

/// Of what an entry is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Of what all sittings of a series have in common.
    Series,
    /// Of one sitting.
    Sitting,
}

/// A rule laid out: which sitting is known by which start.
struct Layout {
    pattern: Pattern,
    /// By start; whether the rule gives it.
    known: BTreeMap<NaiveDateTime, (usize, bool)>,
    slots: BTreeSet<NaiveDateTime>,
}

impl Layout {
    fn of(head: &Head, zone: Zone, sittings: &[&session::Model]) -> Result<Self> {
        let pattern = Pattern::of(&head.row, zone)?;
        // Whole days exist in every zone.
        let zone = if pattern.all_day() { Zone(chrono_tz::UTC) } else { zone };
        let given = pattern.rule.expand(pattern.first, zone, MOST_SITTINGS).map_err(Error::internal)?;
        let slots: BTreeSet<NaiveDateTime> = given.slots.iter().chain(&given.missing).copied().collect();
        let mut known = BTreeMap::new();
        let mut rest = Vec::new();
        for (i, row) in sittings.iter().enumerate() {
            match row.slot.as_deref().and_then(|text| read(text, &pattern)) {
                Some(at) if slots.contains(&at) && !known.contains_key(&at) => {
                    known.insert(at, (i, true));
                }
                at => rest.push((i, at)),
            }
        }
        for (i, at) in rest {
            let made_for = || sittings[i].recurrence_id.as_deref().and_then(|text| read(text, &pattern));
            let at = at.or_else(made_for).unwrap_or_else(|| pattern.zone.local(sittings[i].starts_at));
            // What an earlier rule left on a day of this one is known by the slot of that day.
            let day = at.date().and_time(NaiveTime::MIN);
            let free = slots.range(day..day + TimeDelta::days(1)).find(|slot| !known.contains_key(slot)).copied();
            let mut at = free.unwrap_or(at);
            while known.contains_key(&at) {
                at += if pattern.all_day() { TimeDelta::days(1) } else { TimeDelta::seconds(1) };
            }
            known.insert(at, (i, slots.contains(&at)));
        }
        Ok(Self { pattern, known, slots })
    }

    /// First and last start that the rule gives and at which a sitting is shown.
    fn ends(&self) -> Option<(NaiveDateTime, NaiveDateTime)> {
        let mut ruled = self.known.iter().filter(|(_, (_, ruled))| *ruled).map(|(at, _)| *at);
        let first = ruled.next()?;
        Some((first, ruled.next_back().unwrap_or(first)))
    }

    fn recurrence(&self) -> Option<(NaiveDateTime, Recurrence)> {
        let Some((first, last)) = self.ends() else {
            let first = *self.known.keys().next()?;
            let more = self.known.keys().copied().filter(|at| *at != first).collect();
            return Some((first, Recurrence::Series { rule: None, last: first, more, less: Vec::new() }));
        };
        let until = if self.pattern.all_day() {
            Until::Day(last.date())
        } else {
            Until::Instant(self.pattern.zone.instant(last).unwrap_or_else(|_| last.and_utc()))
        };
        let rule: Rule = self.pattern.rule.clone().ending(End::Until(until));
        let more = self.known.iter().filter(|(_, (_, ruled))| !ruled).map(|(at, _)| *at).collect();
        let less = self.slots.range(first..=last).copied().filter(|at| !self.known.contains_key(at)).collect();
        Some((first, Recurrence::Series { rule: Some(rule.text()), last, more, less }))
    }

    fn slot(&self, at: NaiveDateTime) -> Slot {
        Slot { at, all_day: self.pattern.all_day() }
    }
}

/// A slot as rows hold it; one of the other form takes the rule's time, or loses its own.
fn read(text: &str, pattern: &Pattern) -> Option<NaiveDateTime> {
    let at = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok().map(|at| (at.date(), at.time()));
    let date = || chrono::NaiveDate::parse_from_str(text, "%Y%m%d").ok().map(|day| (day, pattern.first.time()));
    let (day, time) = at.or_else(date)?;
    Some(day.and_time(if pattern.all_day() { NaiveTime::MIN } else { time }))
}

/// The VEVENTs of a series as somebody sees it who sees these sittings of it: the series first, then the sittings that
/// differ from it, by start; none when nothing is shown. `entry` makes that of one sitting, or of the whole from a row
/// that has nothing of its own.
pub fn entries(
    event: &event::Model,
    head: &Head,
    sittings: &[&session::Model],
    entry: impl Fn(&session::Model, Of) -> Entry,
    show: Show,
) -> Result<Vec<Entry>> {
    let off = |row: &session::Model| event.status == EventStatus::Cancelled || row.status == SessionStatus::Cancelled;
    let shown: Vec<&session::Model> =
        sittings.iter().copied().filter(|row| show == Show::Cancelled || !off(row)).collect();
    let zone = Zone::parse(&event.time_zone).map_err(Error::internal)?;
    let layout = Layout::of(head, zone, &shown)?;
    let Some((first, recurrence)) = layout.recurrence() else { return Ok(Vec::new()) };
    let common = |made: Entry, recurrence: Recurrence| Entry {
        uid: head.row.uid.clone(),
        sequence: head.sequence,
        stamp: head.stamp,
        recurrence,
        ..made
    };
    let row = whole(shown[0], &layout.pattern.length.span(first, zone).unwrap_or_else(|| span_of(shown[0])));
    let mut master = common(entry(&row, Of::Series), recurrence);
    master.status = if shown.iter().all(|row| off(row)) { Status::Cancelled } else { Status::Confirmed };
    let length = master.span.end - master.span.start;
    let mut all = vec![master];
    for (&at, &(i, _)) in &layout.known {
        let made = common(entry(shown[i], Of::Sitting), Recurrence::Once);
        let span = layout.pattern.length.span(at, zone).filter(|span| span.all_day || span.end - span.start == length);
        let master = &all[0];
        // Each has a page of its own; that alone makes none another sitting.
        let extra = Extra { url: made.extra.url.clone(), ..master.extra.clone() };
        let given = span.map(|span| Entry { span, recurrence: Recurrence::Once, extra, ..master.clone() });
        if given.as_ref() != Some(&made) {
            all.push(Entry { recurrence: Recurrence::Sitting(layout.slot(at)), ..made });
        }
    }
    Ok(all)
}

/// `made` of one sitting of a series, by itself: what a message about it alone holds. `sittings` are those by which the rest of the
/// series is known, this one among them.
pub fn sitting(
    event: &event::Model,
    head: &Head,
    sittings: &[&session::Model],
    session: &session::Model,
    made: Entry,
) -> Result<Entry> {
    let zone = Zone::parse(&event.time_zone).map_err(Error::internal)?;
    let layout = Layout::of(head, zone, sittings)?;
    let found = layout.known.iter().find(|(_, (i, _))| sittings[*i].id == session.id);
    let at = found.map(|(at, _)| *at).ok_or_else(|| Error::internal("a sitting that is not of its series"))?;
    Ok(Entry {
        uid: head.row.uid.clone(),
        sequence: head.sequence,
        stamp: head.stamp,
        recurrence: Recurrence::Sitting(layout.slot(at)),
        ..made
    })
}

/// A row as if the sitting had nothing of its own.
fn whole(row: &session::Model, span: &Span) -> session::Model {
    session::Model {
        starts_at: span.start,
        ends_at: span.end,
        all_day: span.all_day,
        title: None,
        location: None,
        status: SessionStatus::Scheduled,
        ..row.clone()
    }
}

fn span_of(row: &session::Model) -> Span {
    crate::scheduling::session::span(row)
}
