//! What a change of a series comes to, sitting by sitting, before anything is written. Pure: a page shows it, and the
//! change then does it.

use std::collections::HashSet;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
use entity::id::SessionId;
use entity::state::{EventStatus, SessionStatus};
use entity::{event, session};

use super::change::ByHand;
use super::lay_out::{LaidOut, Planned};
use super::matching::{Hold, Seat, match_slots};
use super::pattern::{Pattern, stamp_date};
use crate::dates::Span;

/// What becomes of one sitting.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It changes; anything but its identity.
    Change {
        /// As it is.
        before: Box<session::Model>,
        /// As it will be.
        after: Box<session::Model>,
    },
    /// It is new.
    Add {
        /// What the rule gives.
        planned: Planned,
        /// When it is.
        span: Span,
    },
    /// There is no slot for it any more: called off; in a draft it goes.
    Lapse(Box<session::Model>),
}

/// What a change of a series comes to.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The series as it will be.
    pub pattern: Pattern,
    /// From which date on the rule says what is.
    pub applies_from: Option<NaiveDate>,
    /// What the whole rule gives.
    pub laid: LaidOut,
    /// What changes, sitting by sitting.
    pub steps: Vec<Step>,
    /// Those that keep the time that somebody set by hand.
    pub by_hand: Vec<session::Model>,
    /// Local times that do not exist: those sittings stay as they were.
    pub left: Vec<NaiveDateTime>,
}

/// What there is, and what the reader wants kept.
pub(super) struct Standing<'a> {
    pub event: &'a event::Model,
    pub sittings: &'a [session::Model],
    pub attended: &'a HashSet<SessionId>,
    pub by_hand: ByHand,
    pub now: DateTime<Utc>,
}

impl Standing<'_> {
    /// How a sitting stands towards a change.
    pub(super) fn hold(&self, row: &session::Model) -> Hold {
        let began = self.event.status == EventStatus::Scheduled && row.starts_at <= self.now;
        match row.status {
            SessionStatus::Held => Hold::Fixed,
            _ if self.attended.contains(&row.id) => Hold::Fixed,
            SessionStatus::Cancelled if row.slot.is_none() => Hold::Lapsed,
            SessionStatus::Cancelled => Hold::Off,
            SessionStatus::Scheduled if began => Hold::Fixed,
            SessionStatus::Scheduled if row.by_hand && self.by_hand == ByHand::Keep => Hold::ByHand,
            SessionStatus::Scheduled => Hold::Open,
        }
    }

    fn seat(&self, row: &session::Model) -> Seat {
        let date = |stamp: &Option<String>| stamp.as_deref().and_then(stamp_date);
        let origin = date(&row.recurrence_id).unwrap_or(row.day);
        Seat { origin, slot: date(&row.slot), day: row.day, hold: self.hold(row) }
    }

    /// Lays the series out anew by `pattern`, from a date on; what is earlier stays.
    pub(super) fn plan(&self, pattern: Pattern, applies_from: Option<NaiveDate>, laid: LaidOut) -> Plan {
        let mut plan = Plan { pattern, applies_from, laid, steps: Vec::new(), by_hand: Vec::new(), left: Vec::new() };
        let under = |date: NaiveDate| applies_from.is_none_or(|from| date >= from);
        let rows: Vec<_> = self.sittings.iter().map(|row| (row, self.seat(row))).collect();
        // What began holds its slot and its day wherever the rule begins to apply.
        let rows: Vec<_> = rows
            .into_iter()
            .filter(|(_, seat)| seat.hold == Hold::Fixed || under(seat.slot.unwrap_or(seat.origin)))
            .collect();
        let spans: Vec<_> = plan
            .laid
            .planned
            .iter()
            .filter(|planned| under(planned.slot.date()))
            .filter_map(|planned| Some((planned.clone(), plan.pattern.span(planned.day)?)))
            .filter(|(_, span)| self.event.status != EventStatus::Scheduled || span.start > self.now)
            .collect();
        let slots: Vec<Planned> = spans.iter().map(|(planned, _)| planned.clone()).collect();
        let seats: Vec<Seat> = rows.iter().map(|(_, seat)| *seat).collect();
        let matched = match_slots(&seats, &slots);
        for (i, slot) in matched.pairs {
            let (row, seat) = &rows[i];
            let (planned, span) = &spans[slot];
            let stamp = plan.pattern.stamp(planned.slot);
            let after = match seat.hold {
                Hold::Fixed => continue,
                Hold::Off => session::Model { slot: Some(stamp), ..(*row).clone() },
                Hold::ByHand => {
                    plan.by_hand.push((*row).clone());
                    session::Model { slot: Some(stamp), ..(*row).clone() }
                }
                Hold::Open | Hold::Lapsed => session::Model {
                    slot: Some(stamp),
                    by_hand: false,
                    status: SessionStatus::Scheduled,
                    ..at(row, span)
                },
            };
            plan.change(row, after);
        }
        for i in matched.surplus {
            match rows[i].1.hold {
                Hold::Open => plan.steps.push(Step::Lapse(Box::new(rows[i].0.clone()))),
                Hold::ByHand => plan.by_hand.push(rows[i].0.clone()),
                Hold::Fixed | Hold::Off | Hold::Lapsed => {}
            }
        }
        let new = matched.new.into_iter().map(|i| Step::Add { planned: spans[i].0.clone(), span: spans[i].1 });
        plan.steps.extend(new);
        plan
    }
}

impl Plan {
    /// Takes a change in, if it is one.
    pub(super) fn change(&mut self, before: &session::Model, after: session::Model) {
        if *before != after {
            self.steps.push(Step::Change { before: Box::new(before.clone()), after: Box::new(after) });
        }
    }
}

/// The same sitting at another time.
pub(super) fn at(row: &session::Model, span: &Span) -> session::Model {
    session::Model {
        starts_at: span.start,
        ends_at: span.end,
        all_day: span.all_day,
        day: span.day(),
        year: span.day().year(),
        ..row.clone()
    }
}
