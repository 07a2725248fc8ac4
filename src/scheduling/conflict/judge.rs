//! What is in the way of what: pure, over what was loaded.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::id::{OrganisationId, PersonId, SessionId};
use entity::state::EventStatus;
use entity::{event, session, speaker};

use super::facts::Facts;
use super::room::Room;
use super::{About, Conflict, KnownOther, Other, Own, Sitting, Somebody, Sort, Subject, Weight, time};
use crate::access::Actor;
use crate::dates::Span;
use crate::scheduling::{Class, Ground, session as shown};

/// How long a session lasts at least that people come to when they can.
const WINDOW: TimeDelta = TimeDelta::hours(24);

/// One side of a pair: a session with all that could be wanted twice.
struct Side<'a> {
    span: Span,
    room: Room,
    /// Whether people come when they can.
    window: bool,
    speakers: Vec<&'a speaker::Model>,
}

pub(super) struct Judge<'a> {
    ground: &'a Ground<'a>,
    actor: &'a Actor,
    subject: &'a Subject,
    facts: &'a Facts,
    /// Who must come on a day, for rosters that are not fixed.
    by_day: BTreeMap<NaiveDate, Vec<Somebody>>,
    found: Vec<Conflict>,
}

/// Everything that is in the way of the sessions asked about, by session and sort.
pub(super) fn judge(
    ground: &Ground<'_>,
    actor: &Actor,
    subject: &Subject,
    facts: &Facts,
    now: DateTime<Utc>,
) -> Vec<Conflict> {
    let mut judge = Judge::new(ground, actor, subject, facts);
    let mut unknown = HashSet::new();
    for (i, sitting) in subject.sittings.iter().enumerate().filter(|(_, sitting)| sitting.asked) {
        let (own, must_come) = (judge.own_side(sitting), judge.must_come(sitting));
        for (session, event) in &facts.there {
            judge.beside_other(sitting, &own, &must_come, session, event);
        }
        for (j, other) in subject.sittings.iter().enumerate() {
            // A pair that is asked about from both ends is named once.
            if i != j && (!other.asked || i < j) {
                judge.beside_own(sitting, &own, &must_come, other);
            }
        }
        judge.room(sitting, &own, must_come.len());
        for (sort, weight, about) in
            time::judge(judge.class(&subject.kind), &sitting.span, &facts.workdays, ground.hours, now)
        {
            // One year without a notice is worth one word.
            if !matches!(about, About::NoNotice(year) if !unknown.insert(year)) {
                judge.add(sitting, sort, weight, None, about);
            }
        }
    }
    judge.found.sort_by_key(|conflict| (conflict.weight, conflict.own.span.start, conflict.own.session, conflict.sort));
    judge.found
}

/// Whether two times have a moment in common; one that ends when the other begins has none.
pub(super) fn overlap(one: &Span, two: &Span) -> bool {
    one.start < two.end && two.start < one.end
}

impl<'a> Judge<'a> {
    pub(super) const fn new(ground: &'a Ground<'a>, actor: &'a Actor, subject: &'a Subject, facts: &'a Facts) -> Self {
        Self { ground, actor, subject, facts, by_day: BTreeMap::new(), found: Vec::new() }
    }

    /// Whether a session of another event wants what this sitting wants, were they at one time.
    pub(super) fn is_rival(&mut self, sitting: &Sitting, session: &session::Model, event: &event::Model) -> bool {
        let (own, must_come) = (self.own_side(sitting), self.must_come(sitting));
        let other = self.other_side(session, event);
        let facts = self.facts;
        !Self::pairs(&own, &must_come, &other, |among| facts.must_be_at(event, session, among)).is_empty()
    }

    /// How many must come to a sitting.
    pub(super) fn expected(&mut self, sitting: &Sitting) -> usize {
        self.must_come(sitting).len()
    }

    fn other_side(&self, session: &session::Model, event: &event::Model) -> Side<'a> {
        let room = self.facts.room(Some(event.id), shown::location(event, session));
        let speakers = self.facts.speakers(Some(event.id), Some(session.id));
        self.side(shown::span(session), room, &event.kind, speakers)
    }

    fn class(&self, kind: &str) -> Option<Class> {
        self.ground.kinds.get(kind).map(|kind| kind.class)
    }

    fn own_side(&self, sitting: &Sitting) -> Side<'a> {
        let room = self.facts.room(None, &sitting.location);
        let speakers = self.facts.speakers(self.subject.event, sitting.session);
        self.side(sitting.span, room, &self.subject.kind, speakers)
    }

    fn side(&self, span: Span, room: Room, kind: &str, speakers: Vec<&'a speaker::Model>) -> Side<'a> {
        let comes_and_goes = matches!(self.class(kind), Some(Class::Exam | Class::Outreach)) || room.is_online();
        Side { span, window: comes_and_goes && span.end - span.start > WINDOW, room, speakers }
    }

    fn must_come(&mut self, sitting: &Sitting) -> Vec<Somebody> {
        let (facts, subject) = (self.facts, self.subject);
        if sitting.frozen {
            return facts.must_come(subject, sitting.session, sitting.span.day());
        }
        let day = sitting.span.day();
        self.by_day.entry(day).or_insert_with(|| facts.must_come(subject, None, day)).clone()
    }

    fn add(&mut self, sitting: &Sitting, sort: Sort, weight: Weight, other: Option<Other>, about: About) {
        let own = Own { session: sitting.session, key: sitting.key.clone(), span: sitting.span };
        self.found.push(Conflict { sort, weight, own, other, about });
    }

    fn beside_other(
        &mut self,
        sitting: &Sitting,
        own: &Side<'_>,
        must_come: &[Somebody],
        session: &session::Model,
        event: &event::Model,
    ) {
        let span = shown::span(session);
        if !overlap(&own.span, &span) {
            return;
        }
        let other = self.other_side(session, event);
        let (facts, draft) = (self.facts, event.status == EventStatus::Draft);
        let wanted = |among: &[Somebody]| facts.must_be_at(event, session, among);
        let pairs = Self::pairs(own, must_come, &other, wanted);
        if pairs.is_empty() {
            return;
        }
        let known = facts
            .is_seen_by(event, self.actor.organisation)
            .then(|| self.known(Some(session.id), shown::title(event, session), event.id, &event.kind, event.host_id));
        let weight = if draft { Weight::Hint } else { Weight::Blocks };
        for (sort, about) in pairs {
            self.add(sitting, sort, weight, Some(Other { span, draft, known: known.clone() }), about);
        }
    }

    fn beside_own(&mut self, sitting: &Sitting, own: &Side<'_>, must_come: &[Somebody], other: &Sitting) {
        if !overlap(&own.span, &other.span) {
            return;
        }
        let there: HashSet<PersonId> = self.must_come(other).into_iter().map(|somebody| somebody.person).collect();
        let wanted = |among: &[Somebody]| {
            among.iter().filter(|somebody| there.contains(&somebody.person)).cloned().collect::<Vec<_>>()
        };
        let pairs = Self::pairs(own, must_come, &self.own_side(other), wanted);
        let Some(event) = self.subject.event.or((!pairs.is_empty()).then_some(entity::id::EventId(0))) else { return };
        let known = self.known(other.session, &other.title, event, &self.subject.kind, self.subject.host);
        for (sort, about) in pairs {
            let other = Other { span: other.span, draft: false, known: Some(known.clone()) };
            self.add(sitting, sort, Weight::Blocks, Some(other), about);
        }
    }

    fn known(
        &self,
        session: Option<SessionId>,
        title: &str,
        event: entity::id::EventId,
        kind: &str,
        host: OrganisationId,
    ) -> KnownOther {
        let tree = self.facts.tree();
        KnownOther {
            event,
            session,
            title: title.to_owned(),
            kind: kind.to_owned(),
            host,
            host_code: tree.code(host).to_owned(),
            host_name: tree.name(host).to_owned(),
        }
    }

    /// What two sessions that lie over each other want both; `wanted` says who of some people must be at the other.
    fn pairs(
        own: &Side<'_>,
        must_come: &[Somebody],
        other: &Side<'_>,
        wanted: impl Fn(&[Somebody]) -> Vec<Somebody>,
    ) -> Vec<(Sort, About)> {
        let mut found = Vec::new();
        if own.room.is_same(&other.room) {
            found.push((Sort::Place, About::Place(own.room.text.trim().to_owned())));
        }
        if own.window || other.window {
            return found;
        }
        let twice: Vec<&speaker::Model> =
            own.speakers.iter().copied().filter(|one| other.speakers.iter().any(|two| is_same(one, two))).collect();
        if !twice.is_empty() {
            found.push((Sort::Speaker, About::Speakers(twice.iter().map(|row| row.name.clone()).collect())));
        }
        let both_speak: HashSet<PersonId> = twice.iter().filter_map(|row| row.person_id).collect();
        let mut people = wanted(must_come);
        let own_speakers: Vec<Somebody> = own.speakers.iter().filter_map(|row| somebody(row)).collect();
        people.extend(wanted(&own_speakers));
        let speak_there: HashSet<PersonId> = other.speakers.iter().filter_map(|row| row.person_id).collect();
        people.extend(must_come.iter().filter(|somebody| speak_there.contains(&somebody.person)).cloned());
        let mut named = HashSet::new();
        people.retain(|somebody| !both_speak.contains(&somebody.person) && named.insert(somebody.person));
        if !people.is_empty() {
            found.push((Sort::Person, About::People(people)));
        }
        found
    }

    /// Whether all who must come fit in.
    fn room(&mut self, sitting: &Sitting, own: &Side<'_>, must_come: usize) {
        let of_place = own.room.capacity.map(|capacity| (capacity, Some(own.room.text.trim().to_owned())));
        let of_event = self.subject.capacity.map(|capacity| (capacity, None));
        let least = of_place.into_iter().chain(of_event).min_by_key(|(capacity, _)| *capacity);
        if let Some((capacity, place)) = least
            && usize::try_from(capacity).unwrap_or(0) < must_come
        {
            self.add(sitting, Sort::Capacity, Weight::Blocks, None, About::Room(must_come, capacity, place));
        }
    }
}

fn somebody(row: &speaker::Model) -> Option<Somebody> {
    Some(Somebody { person: row.person_id?, name: row.name.clone() })
}

/// Whether two speakers are one person: the same of the staff, or from elsewhere with one name and one title.
fn is_same(one: &speaker::Model, two: &speaker::Model) -> bool {
    match (one.person_id, two.person_id) {
        (Some(one), Some(two)) => one == two,
        (None, None) => one.name.trim() == two.name.trim() && one.title.trim() == two.title.trim(),
        _ => false,
    }
}
