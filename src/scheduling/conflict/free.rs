//! Times and places that are free: the nearest on working days within the hours of work.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use entity::place;
use sea_orm::ConnectionTrait;

use super::facts::Facts;
use super::judge::{Judge, overlap};
use super::{Sitting, Subject, overlap as nearby};
use crate::access::Actor;
use crate::dates::Span;
use crate::error::Result;
use crate::scheduling::{Class, Ground, WorkHours, session as shown};

/// How far from the wished time a free one is looked for.
const REACH: i64 = 60;

/// Steps in which a free time is looked for.
const STEP: TimeDelta = TimeDelta::minutes(15);

/// What is free around a sitting: of its people, its speakers and its place.
pub struct Free {
    sitting: Sitting,
    hours: WorkHours,
    any_day: bool,
    expected: usize,
    /// Times at which something that the sitting needs is taken.
    busy: Vec<Span>,
    facts: Facts,
    now: DateTime<Utc>,
}

impl Free {
    /// Looks around one of the subject's sittings; the number of queries does not depend on how much is found.
    pub async fn load(
        db: &impl ConnectionTrait,
        ground: &Ground<'_>,
        actor: &Actor,
        subject: &Subject,
        sitting: &Sitting,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let (reach, span) = (TimeDelta::days(REACH + 1), sitting.span);
        let around = Span { start: (span.start - reach).max(now), end: (span.end + reach).max(now + STEP), ..span };
        let there = nearby::load(db, subject, &[around]).await?;
        let alone = Subject { sittings: vec![Sitting { asked: true, ..sitting.clone() }], ..subject.clone() };
        let facts = Facts::load(db, &alone, there).await?;
        let mut judge = Judge::new(ground, actor, &alone, &facts);
        let expected = judge.expected(sitting);
        let rivals = facts.there.iter().filter(|(session, event)| {
            event.status == entity::state::EventStatus::Scheduled && judge.is_rival(sitting, session, event)
        });
        let mut busy: Vec<Span> = rivals.map(|(session, _)| shown::span(session)).collect();
        let own = subject.sittings.iter().filter(|other| other.session.is_none() || other.session != sitting.session);
        busy.extend(own.filter(|other| other.span != sitting.span).map(|other| other.span));
        let any_day = ground.kinds.get(&subject.kind).is_some_and(|kind| kind.class == Class::Outreach);
        Ok(Self { sitting: sitting.clone(), hours: ground.hours, any_day, expected, busy, facts, now })
    }

    /// At most `most` free times of the sitting's length, the nearest first, none over another, none past.
    #[must_use]
    pub fn slots(&self, most: usize) -> Vec<Span> {
        let wish = self.sitting.span;
        let mut chosen: Vec<Span> = Vec::new();
        for away in 0..=u64::try_from(REACH).unwrap_or(0) {
            let days = [wish.day().checked_sub_days(Days::new(away)), wish.day().checked_add_days(Days::new(away))];
            let days = if away == 0 { &days[..1] } else { &days[..] };
            let mut free: Vec<Span> = days.iter().flatten().flat_map(|day| self.starts(*day)).collect();
            free.sort_by_key(|slot| ((slot.start - wish.start).abs(), slot.start));
            for slot in free {
                if chosen.len() == most {
                    return chosen;
                }
                if !chosen.iter().any(|taken| overlap(taken, &slot)) {
                    chosen.push(slot);
                }
            }
        }
        chosen
    }

    /// The free times that begin on a day.
    fn starts(&self, day: NaiveDate) -> Vec<Span> {
        let wish = self.sitting.span;
        let candidates = if wish.all_day {
            let (start, end) = wish.zone.whole_days(day, day + (wish.last_day() - wish.day()));
            vec![Span { start, end, ..wish }]
        } else if wish.day() == wish.last_day() && wish.end - wish.start <= self.hours.to - self.hours.from {
            self.hours_of(day)
        } else {
            // Longer than a day of work: at the hour that it has.
            let start = wish.zone.instant(day.and_time(wish.zone.local(wish.start).time())).ok();
            start.map(|start| Span { start, end: start + (wish.end - wish.start), ..wish }).into_iter().collect()
        };
        candidates.into_iter().filter(|slot| self.is_free(slot)).collect()
    }

    fn hours_of(&self, day: NaiveDate) -> Vec<Span> {
        let wish = self.sitting.span;
        let (length, zone) = (wish.end - wish.start, wish.zone);
        let quarters = (self.hours.to - self.hours.from - length).num_minutes() / STEP.num_minutes();
        let at = |quarter: i64| {
            let local = day.and_time(self.hours.from) + STEP * i32::try_from(quarter).ok()?;
            let start = zone.instant(local).ok()?;
            Some(Span { start, end: start + length, ..wish })
        };
        (0..=quarters).filter_map(at).collect()
    }

    fn is_free(&self, slot: &Span) -> bool {
        let works = |day| self.any_day || !self.facts.workdays.is_off(day);
        let ahead = if slot.all_day { slot.end > self.now } else { slot.start > self.now };
        ahead && works(slot.day()) && works(slot.last_day()) && !self.busy.iter().any(|taken| overlap(taken, slot))
    }

    /// Places of the host, or of an organisation above it, that nobody uses at the sitting's own time and into which
    /// all fit who must come; the smallest that does first, those of unknown size last.
    #[must_use]
    pub fn places(&self, most: usize) -> Vec<&place::Model> {
        let span = self.sitting.span;
        let hosts = &self.facts.own.hosts;
        let taken: Vec<_> = self
            .facts
            .there
            .iter()
            .filter(|(session, _)| overlap(&shown::span(session), &span))
            .map(|(session, event)| self.facts.room(Some(event.id), shown::location(event, session)))
            .collect();
        let own = self.facts.places.resolve(hosts, &self.sitting.location).map(|place| place.id);
        let fits = |place: &place::Model| {
            place.capacity.is_none_or(|capacity| usize::try_from(capacity).is_ok_and(|room| room >= self.expected))
        };
        let mut free: Vec<&place::Model> = self
            .facts
            .places
            .iter()
            .filter(|place| {
                let meant = self.facts.room(None, &place.name);
                Some(place.id) != own
                    && place.retired_at.is_none()
                    && meant.record == Some(place.id)
                    && fits(place)
                    && !taken.iter().any(|room| room.is_same(&meant))
            })
            .collect();
        free.sort_by_key(|place| (place.capacity.is_none(), place.capacity, place.id));
        free.truncate(most);
        free
    }
}
