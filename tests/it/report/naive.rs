//! The counting rules once more, word by word and without a database: slow, plain, and written apart from the program,
//! so that the two can be held against each other.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use entity::state::{AttendanceStatus, EventStatus, SessionStatus};
use pufa::scheduling::{Class, Counts, Kinds};
use serde_json::{Value, json};

use super::year::{Event, Member, Session, Year};

pub struct Naive<'a> {
    pub year: &'a Year,
    pub kinds: &'a Kinds,
    pub now: DateTime<Utc>,
}

#[derive(Default)]
struct Sum {
    events: BTreeSet<String>,
    sessions: i64,
    by_status: BTreeMap<&'static str, i64>,
    walk_ins: i64,
    people: BTreeSet<String>,
    hours: f64,
}

impl Naive<'_> {
    fn upwards(&self, org: &str) -> Vec<String> {
        let mut path = vec![org.to_owned()];
        while let Some(found) = self.year.orgs.iter().find(|o| &o.code == path.last().unwrap() && !o.parent.is_empty())
        {
            path.push(found.parent.clone());
        }
        path
    }

    fn is_under(&self, low: &str, high: &str) -> bool {
        self.upwards(low).iter().any(|code| code == high)
    }

    fn member(&self, staff: &str, day: NaiveDate) -> Option<&Member> {
        self.year.people.iter().find(|m| m.staff == staff && m.from <= day && m.to.is_none_or(|to| to >= day))
    }

    fn event(&self, key: &str) -> &Event {
        self.year.events.iter().find(|event| event.key == key).unwrap()
    }

    fn counts(&self, session: &Session) -> bool {
        let event = self.event(&session.event);
        event.status == EventStatus::Scheduled
            && (session.status == SessionStatus::Held
                || session.status == SessionStatus::Scheduled && session.instants(event.zone).1 <= self.now)
    }

    fn hosted(&self, event: &Event, org: &str) -> bool {
        self.is_under(&event.org, org) || event.co_hosts.iter().any(|host| self.is_under(host, org))
    }

    fn first(&self, event: &Event) -> Option<&Session> {
        let mut held: Vec<_> = self.year.sessions.iter().filter(|s| s.event == event.key && self.counts(s)).collect();
        held.sort_by_key(|s| s.instants(event.zone).0);
        held.first().copied()
    }

    fn invites(&self, event: &Event, member: &Member) -> bool {
        let hit = |text: &str| match text.split_once(':') {
            Some(("org", code)) => self.is_under(&member.org, code),
            Some(("staff", number)) => member.staff == number,
            Some(("group", name)) => {
                member.groups.iter().any(|group| group == name)
                    && [&event.org].into_iter().chain(&event.co_hosts).any(|host| self.is_under(&member.org, host))
            }
            _ => false,
        };
        event.audience.iter().any(|text| hit(text))
            && !event.audience.iter().filter_map(|text| text.strip_prefix('-')).any(hit)
    }

    /// Who had to come, with the organisation of that day.
    fn roster(&self, session: &Session) -> BTreeMap<String, String> {
        let event = self.event(&session.event);
        let day = session.starts.date();
        let holds = |m: &&Member| m.from <= day && m.to.is_none_or(|to| to >= day);
        let members = self.year.people.iter().filter(holds);
        members
            .filter(|member| event.required && self.invites(event, member))
            .map(|member| (member.staff.clone(), member.org.clone()))
            .collect()
    }

    fn status(&self, session: &str, staff: &str) -> Option<AttendanceStatus> {
        self.year.attendance.iter().find(|a| a.session == session && a.staff == staff).map(|a| a.status)
    }

    fn hours(&self, session: &Session) -> f64 {
        if session.all_day {
            let each = self.kinds.get(&self.event(&session.event).kind).map_or(8.0, |kind| kind.all_day_hours);
            let days = (session.ends.date() - session.starts.date()).num_days() + 1;
            return f64::from(i32::try_from(days).unwrap()) * each;
        }
        let (start, end) = session.instants(self.event(&session.event).zone);
        f64::from(i32::try_from((end - start).num_seconds()).unwrap()) / 3600.0
    }

    fn add(&self, sum: &mut Sum, session: &Session, org: &str) {
        let roster = self.roster(session);
        sum.events.insert(session.event.clone());
        sum.sessions += 1;
        for (staff, _) in roster.iter().filter(|(_, own)| self.is_under(own, org)) {
            let status = self.status(&session.key, staff).unwrap_or(AttendanceStatus::Absent);
            *sum.by_status.entry(status.as_str()).or_default() += 1;
            if status.attended() {
                sum.people.insert(staff.clone());
                sum.hours += self.hours(session);
            }
        }
        for came in self.year.attendance.iter().filter(|a| a.session == session.key && a.status.attended()) {
            let under = self.member(&came.staff, session.starts.date()).is_some_and(|m| self.is_under(&m.org, org));
            if under && !roster.contains_key(&came.staff) {
                sum.walk_ins += 1;
                sum.people.insert(came.staff.clone());
                sum.hours += self.hours(session);
            }
        }
    }

    fn kinds_of(&self, event: &Event) -> BTreeSet<String> {
        event.also.iter().cloned().chain([event.kind.clone()]).collect()
    }

    fn yearly_count(&self, kind: &str, org: &str, year: i32) -> i64 {
        let held: Vec<_> = self
            .held(org, year)
            .into_iter()
            .filter(|s| self.kinds_of(self.event(&s.event)).contains(kind))
            .map(|s| s.event.clone())
            .collect();
        let by_events = self.kinds.get(kind).is_some_and(|k| k.counts == Counts::Events);
        let n = if by_events { held.iter().collect::<BTreeSet<_>>().len() } else { held.len() };
        i64::try_from(n).unwrap()
    }

    fn held(&self, org: &str, year: i32) -> Vec<&Session> {
        let in_year = |s: &&Session| s.starts.year() == year && self.counts(s);
        self.year.sessions.iter().filter(in_year).filter(|s| self.hosted(self.event(&s.event), org)).collect()
    }

    fn tallies(&self, org: &str, year: i32) -> BTreeMap<String, i64> {
        let mut sums = BTreeMap::new();
        for tally in &self.year.tallies {
            let event = self.event(&tally.event);
            if self.hosted(event, org) && self.first(event).is_some_and(|s| s.starts.year() == year) {
                *sums.entry(tally.metric.clone()).or_default() += tally.amount;
            }
        }
        sums
    }

    fn exam(&self, org: &str, year: i32) -> Value {
        let (mut eligible, mut exempt, mut sat, mut passed) = (0, 0, 0, 0);
        let exams = self.year.events.iter().filter(|e| self.kinds.get(&e.kind).is_some_and(|k| k.class == Class::Exam));
        for event in exams {
            let Some(first) = self.first(event).filter(|s| s.starts.year() == year) else { continue };
            for (staff, _) in self.roster(first).iter().filter(|(_, own)| self.is_under(own, org)) {
                if self.status(&first.key, staff) == Some(AttendanceStatus::Exempt) {
                    exempt += 1;
                    continue;
                }
                let of_them = || self.year.results.iter().filter(|r| r.event == event.key && &r.staff == staff);
                eligible += 1;
                sat += i64::from(of_them().count() > 0);
                passed += i64::from(of_them().any(|r| r.score >= r.pass_mark));
            }
        }
        json!({
            "eligible": eligible, "exempt": exempt, "sat": sat, "passed": passed,
            "participation_rate": fraction(sat, eligible), "pass_rate": fraction(passed, sat),
        })
    }

    /// The report as JSON, in the shape of `expected.json`.
    pub fn report(&self, org: &str, year: i32) -> Value {
        let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
        let mut total = Sum::default();
        let is_exam = |kind: &str| self.kinds.get(kind).is_some_and(|k| k.class == Class::Exam);
        for session in self.held(org, year) {
            let kinds = self.kinds_of(self.event(&session.event));
            if kinds.iter().any(|kind| !is_exam(kind)) {
                self.add(&mut total, session, org);
            }
            for kind in kinds {
                self.add(sums.entry(kind).or_default(), session, org);
            }
        }
        let mut hours: BTreeMap<String, (BTreeSet<&str>, f64)> = BTreeMap::new();
        for row in self.year.hours.iter().filter(|row| row.date.year() == year) {
            if self.member(&row.staff, row.date).is_some_and(|m| self.is_under(&m.org, org)) {
                let sum = hours.entry(row.kind.clone()).or_default();
                sum.0.insert(&row.staff);
                sum.1 += row.hours;
            }
        }
        let plan: Vec<_> = self
            .year
            .plan
            .iter()
            .filter(|item| item.year == year && self.is_under(&item.org, org))
            .map(|item| {
                let is_kind = self.kinds.get(&item.item).is_some()
                    || self.year.events.iter().any(|e| self.kinds_of(e).contains(&item.item));
                let done = if is_kind {
                    self.yearly_count(&item.item, &item.org, year)
                } else {
                    self.tallies(&item.org, year).get(&item.item).copied().unwrap_or(0)
                };
                json!({
                    "org_code": item.org, "item": item.item, "target": item.target, "done": done,
                    "completion": fraction(done, item.target), "due": item.due,
                })
            })
            .collect();
        json!({
            "year": year,
            "org": org,
            "kinds": sums.iter().map(|(kind, sum)| (kind.clone(), if is_exam(kind) {
                json!({"events": sum.events.len(), "sessions": sum.sessions})
            } else {
                sum.json()
            })).collect::<serde_json::Map<_, _>>(),
            "attended": total.json(),
            "exam": self.exam(org, year),
            "outreach": self.tallies(org, year),
            "hours": hours.iter().map(|(kind, (people, hours))| {
                (kind.clone(), json!({"people": people.len(), "hours": hours}))
            }).collect::<serde_json::Map<_, _>>(),
            "plan": plan,
        })
    }
}

impl Sum {
    fn json(&self) -> Value {
        let of = |status: &str| self.by_status.get(status).copied().unwrap_or(0);
        let attended = of("present") + of("late") + of("left_early");
        let expected = attended + of("excused") + of("made_up") + of("absent");
        json!({
            "events": self.events.len(), "sessions": self.sessions, "expected": expected,
            "present": of("present"), "late": of("late"), "left_early": of("left_early"), "excused": of("excused"),
            "made_up": of("made_up"), "absent": of("absent"), "walk_ins": self.walk_ins,
            "person_times": attended + self.walk_ins, "people": self.people.len(), "person_hours": self.hours,
            "attendance_rate": fraction(attended, expected),
            "net_attendance_rate": fraction(attended, expected - of("excused")),
            "coverage_rate": fraction(attended + of("made_up"), expected),
        })
    }
}

fn fraction(numerator: i64, denominator: i64) -> Value {
    let as_f64 = |n: i64| f64::from(i32::try_from(n).unwrap());
    if denominator == 0 { Value::Null } else { json!(as_f64(numerator) / as_f64(denominator)) }
}
