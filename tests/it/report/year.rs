//! A year as its files say it, in memory: read from a folder or made up, and written straight into the tables.

use std::collections::HashMap;
use std::path::Path;

use chrono::{NaiveDate, NaiveDateTime};
use entity::id::{EventId, OrganisationId, PersonId, SessionId};
use entity::state::{AttendanceStatus, AudienceSign, AudienceTarget, EventStatus, Origin, SessionStatus, Word};
use entity::{
    attendance, audience_rule, event, event_also_kind, event_co_host, exam_result, membership, membership_group,
    organisation, person, plan_item, session, study_hours, tally,
};
use pufa::dates::Zone;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};

use crate::harness::TestApp;

#[derive(Clone, Debug, Default)]
pub struct Year {
    pub orgs: Vec<Org>,
    pub people: Vec<Member>,
    pub events: Vec<Event>,
    pub sessions: Vec<Session>,
    pub attendance: Vec<Came>,
    pub results: Vec<Attempt>,
    pub tallies: Vec<Tally>,
    pub plan: Vec<Item>,
    pub hours: Vec<Online>,
}

#[derive(Clone, Debug)]
pub struct Org {
    pub code: String,
    pub parent: String,
}

#[derive(Clone, Debug)]
pub struct Member {
    pub staff: String,
    pub org: String,
    pub groups: Vec<String>,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub key: String,
    pub kind: String,
    pub org: String,
    pub co_hosts: Vec<String>,
    pub audience: Vec<String>,
    pub required: bool,
    pub status: EventStatus,
    pub also: Vec<String>,
    pub zone: &'static str,
}

#[derive(Clone, Debug)]
pub struct Session {
    pub key: String,
    pub event: String,
    /// Local; of an all-day session its first day.
    pub starts: NaiveDateTime,
    /// Local; of an all-day session its last day.
    pub ends: NaiveDateTime,
    pub all_day: bool,
    pub status: SessionStatus,
}

#[derive(Clone, Debug)]
pub struct Came {
    pub session: String,
    pub staff: String,
    pub status: AttendanceStatus,
}

#[derive(Clone, Debug)]
pub struct Attempt {
    pub event: String,
    pub staff: String,
    pub attempt: i32,
    pub score: f64,
    pub pass_mark: f64,
}

#[derive(Clone, Debug)]
pub struct Tally {
    pub event: String,
    pub metric: String,
    pub amount: i64,
}

#[derive(Clone, Debug)]
pub struct Item {
    pub year: i32,
    pub org: String,
    pub item: String,
    pub target: i64,
    pub due: Option<NaiveDate>,
}

#[derive(Clone, Debug)]
pub struct Online {
    pub staff: String,
    pub kind: String,
    pub date: NaiveDate,
    pub hours: f64,
}

/// A local time, with or without its time of day.
pub fn local(text: &str) -> NaiveDateTime {
    let text = if text.len() == 10 { format!("{text}T00:00:00") } else { format!("{text}:00") };
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

impl Session {
    /// First instant and first instant after it, in a zone.
    pub fn instants(&self, zone: &str) -> (chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>) {
        let zone = Zone::parse(zone).unwrap();
        if self.all_day {
            return zone.whole_days(self.starts.date(), self.ends.date());
        }
        (zone.instant(self.starts).unwrap(), zone.instant(self.ends).unwrap())
    }
}

impl Year {
    /// Reads the files of a folder.
    pub fn read(folder: &Path) -> Self {
        let table = |name: &str| Table::read(&folder.join(name));
        let day = |text: &str| (!text.is_empty()).then(|| text.parse::<NaiveDate>().unwrap());
        Self {
            orgs: table("orgs.csv").map(|r| Org { code: r("code"), parent: r("parent_code") }),
            people: table("people.csv").map(|r| Member {
                staff: r("staff_no"),
                org: r("org_code"),
                groups: list(&r("groups")),
                from: day(&r("active_from")).unwrap(),
                to: day(&r("active_to")),
            }),
            events: table("events.csv").map(|r| Event {
                key: r("event_key"),
                kind: r("kind"),
                org: r("org_code"),
                co_hosts: list(&r("co_host_codes")),
                audience: list(&r("audience")),
                required: r("required") == "yes",
                status: r("status").parse().unwrap(),
                also: list(&r("also_kinds")),
                zone: "Asia/Shanghai",
            }),
            sessions: table("sessions.csv").map(|r| Session {
                key: r("session_key"),
                event: r("event_key"),
                starts: local(&r("starts_at")),
                ends: local(&r("ends_at")),
                all_day: r("all_day") == "yes",
                status: r("status").parse().unwrap(),
            }),
            attendance: table("attendance.csv").map(|r| Came {
                session: r("session_key"),
                staff: r("staff_no"),
                status: r("status").parse().unwrap(),
            }),
            results: table("exam_results.csv").map(|r| Attempt {
                event: r("event_key"),
                staff: r("staff_no"),
                attempt: r("attempt").parse().unwrap(),
                score: r("score").parse().unwrap(),
                pass_mark: r("pass_mark").parse().unwrap(),
            }),
            tallies: table("outreach.csv").map(|r| Tally {
                event: r("event_key"),
                metric: r("metric"),
                amount: r("amount").parse().unwrap(),
            }),
            plan: table("plan.csv").map(|r| Item {
                year: r("year").parse().unwrap(),
                org: r("org_code"),
                item: r("item"),
                target: r("target").parse().unwrap(),
                due: day(&r("due")),
            }),
            hours: table("hours.csv").map(|r| Online {
                staff: r("staff_no"),
                kind: r("kind"),
                date: day(&r("date")).unwrap(),
                hours: r("hours").parse().unwrap(),
            }),
        }
    }

    /// Writes everything into the tables of an app; rosters are left to be fixed by whoever reads figures.
    pub async fn write(&self, app: &TestApp) -> Ids {
        for org in &self.orgs {
            app.organisation(&org.code, &format!("名{}", org.code), &org.parent, "bureau").await;
        }
        let tx = app.db.begin().await.unwrap();
        let mut ids = Ids::default();
        for row in organisation::Entity::find().all(&tx).await.unwrap() {
            ids.orgs.insert(row.code, row.id);
        }
        self.write_people(&tx, &mut ids, app).await;
        self.write_events(&tx, &mut ids, app).await;
        self.write_records(&tx, &ids, app).await;
        tx.commit().await.unwrap();
        ids
    }

    async fn write_people(&self, tx: &impl ConnectionTrait, ids: &mut Ids, app: &TestApp) {
        for member in &self.people {
            if !ids.people.contains_key(&member.staff) {
                let row = person::ActiveModel {
                    staff_no: Set(member.staff.clone()),
                    name: Set(format!("干部{}", member.staff)),
                    email: Set(None),
                    created_at: Set(app.now()),
                    ..Default::default()
                };
                let id = person::Entity::insert(row).exec(tx).await.unwrap().last_insert_id;
                ids.people.insert(member.staff.clone(), id);
            }
            let row = membership::ActiveModel {
                person_id: Set(ids.people[&member.staff]),
                organisation_id: Set(ids.orgs[&member.org]),
                title: Set(String::new()),
                active_from: Set(member.from),
                active_to: Set(member.to),
                ..Default::default()
            };
            let id = membership::Entity::insert(row).exec(tx).await.unwrap().last_insert_id;
            for name in &member.groups {
                let row = membership_group::ActiveModel { membership_id: Set(id), name: Set(name.clone()) };
                membership_group::Entity::insert(row).exec_without_returning(tx).await.unwrap();
            }
        }
    }

    async fn write_events(&self, tx: &impl ConnectionTrait, ids: &mut Ids, app: &TestApp) {
        for given in &self.events {
            let row = event::ActiveModel {
                key: Set(given.key.clone()),
                kind: Set(given.kind.clone()),
                title: Set(format!("标题{}", given.key)),
                host_id: Set(ids.orgs[&given.org]),
                location: Set(String::new()),
                required: Set(given.required),
                walk_ins: Set(true),
                status: Set(given.status),
                time_zone: Set(given.zone.to_owned()),
                form: Set(String::new()),
                reminders: Set(None),
                mails: Set(false),
                revision: Set(1),
                created_at: Set(app.now()),
                updated_at: Set(app.now()),
                published_at: Set(None),
                ..Default::default()
            };
            let event_id = event::Entity::insert(row).exec(tx).await.unwrap().last_insert_id;
            ids.events.insert(given.key.clone(), event_id);
            for code in &given.co_hosts {
                let row = event_co_host::ActiveModel {
                    event_id: Set(event_id),
                    organisation_id: Set(ids.orgs[code]),
                    ..Default::default()
                };
                event_co_host::Entity::insert(row).exec_without_returning(tx).await.unwrap();
            }
            for kind in &given.also {
                let row = event_also_kind::ActiveModel {
                    event_id: Set(event_id),
                    kind: Set(kind.clone()),
                    by_agenda: Set(false),
                };
                event_also_kind::Entity::insert(row).exec_without_returning(tx).await.unwrap();
            }
            for (position, text) in given.audience.iter().enumerate() {
                let row = rule(ids, event_id, position, text);
                audience_rule::Entity::insert(row).exec_without_returning(tx).await.unwrap();
            }
        }
        for given in &self.sessions {
            let event = self.events.iter().find(|event| event.key == given.event).unwrap();
            let (starts_at, ends_at) = given.instants(event.zone);
            let row = session::ActiveModel {
                key: Set(given.key.clone()),
                event_id: Set(ids.events[&given.event]),
                uid: Set(format!("{}@example.test", given.key)),
                starts_at: Set(starts_at),
                ends_at: Set(ends_at),
                all_day: Set(given.all_day),
                time_zone: Set(event.zone.to_owned()),
                day: Set(given.starts.date()),
                year: Set(chrono::Datelike::year(&given.starts)),
                status: Set(given.status),
                sequence: Set(0),
                revision: Set(1),
                created_at: Set(app.now()),
                updated_at: Set(app.now()),
                ..Default::default()
            };
            let id = session::Entity::insert(row).exec(tx).await.unwrap().last_insert_id;
            ids.sessions.insert(given.key.clone(), id);
        }
    }

    async fn write_records(&self, tx: &impl ConnectionTrait, ids: &Ids, app: &TestApp) {
        for given in &self.attendance {
            let row = attendance::ActiveModel {
                session_id: Set(ids.sessions[&given.session]),
                person_id: Set(ids.people[&given.staff]),
                organisation_id: Set(None),
                status: Set(given.status),
                word: Set(Word::Import),
                recorded_at: Set(app.now()),
                recorded_by: Set("command".to_owned()),
                ..Default::default()
            };
            attendance::Entity::insert(row).exec_without_returning(tx).await.unwrap();
        }
        for given in &self.results {
            let row = exam_result::ActiveModel {
                event_id: Set(ids.events[&given.event]),
                person_id: Set(ids.people[&given.staff]),
                attempt: Set(given.attempt),
                score: Set(given.score),
                pass_mark: Set(given.pass_mark),
                ..Default::default()
            };
            exam_result::Entity::insert(row).exec_without_returning(tx).await.unwrap();
        }
        for given in &self.tallies {
            let row = tally::ActiveModel {
                event_id: Set(ids.events[&given.event]),
                metric: Set(given.metric.clone()),
                amount: Set(given.amount),
                note: Set(String::new()),
                subject: Set(None),
                origin: Set(Origin::Entered),
                recorded_at: Set(app.now()),
                recorded_by: Set("command".to_owned()),
                ..Default::default()
            };
            tally::Entity::insert(row).exec_without_returning(tx).await.unwrap();
        }
        for given in &self.plan {
            let row = plan_item::ActiveModel {
                year: Set(given.year),
                organisation_id: Set(ids.orgs[&given.org]),
                item: Set(given.item.clone()),
                target: Set(given.target),
                due: Set(given.due),
                ..Default::default()
            };
            plan_item::Entity::insert(row).exec_without_returning(tx).await.unwrap();
        }
        for (n, given) in self.hours.iter().enumerate() {
            let row = study_hours::ActiveModel {
                person_id: Set(ids.people[&given.staff]),
                kind: Set(given.kind.clone()),
                date: Set(given.date),
                source: Set(format!("网络学院{n}")),
                hours: Set(given.hours),
                ..Default::default()
            };
            study_hours::Entity::insert(row).exec_without_returning(tx).await.unwrap();
        }
    }
}

/// What the database called the rows.
#[derive(Default)]
pub struct Ids {
    pub orgs: HashMap<String, OrganisationId>,
    pub people: HashMap<String, PersonId>,
    pub events: HashMap<String, EventId>,
    pub sessions: HashMap<String, SessionId>,
}

fn rule(ids: &Ids, event_id: EventId, position: usize, text: &str) -> audience_rule::ActiveModel {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (AudienceSign::Exclude, rest),
        None => (AudienceSign::Include, text),
    };
    let (what, name) = text.split_once(':').unwrap_or((text, ""));
    let target = match what {
        "org" => AudienceTarget::Org,
        "group" => AudienceTarget::Group,
        "staff" => AudienceTarget::Staff,
        _ => AudienceTarget::Public,
    };
    audience_rule::ActiveModel {
        event_id: Set(event_id),
        position: Set(i32::try_from(position).unwrap()),
        sign: Set(sign),
        target: Set(target),
        organisation_id: Set((what == "org").then(|| ids.orgs[name])),
        group_name: Set((what == "group").then(|| name.to_owned())),
        person_id: Set((what == "staff").then(|| ids.people[name])),
        ..Default::default()
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(';').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

struct Table {
    header: HashMap<String, usize>,
    lines: Vec<csv::StringRecord>,
}

impl Table {
    fn read(path: &Path) -> Self {
        let mut reader = csv::Reader::from_path(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let header = reader.headers().unwrap().iter().enumerate().map(|(i, name)| (name.to_owned(), i)).collect();
        Self { header, lines: reader.records().map(Result::unwrap).collect() }
    }

    fn map<T>(self, row: impl Fn(&dyn Fn(&str) -> String) -> T) -> Vec<T> {
        let cell = |line: &csv::StringRecord, name: &str| self.header.get(name).map_or("", |&i| &line[i]).to_owned();
        self.lines.iter().map(|line| row(&|name| cell(line, name))).collect()
    }
}
