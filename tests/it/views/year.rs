//! A year of two thousand sessions, and some that are hard to place, written straight into the tables.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use entity::id::{EventId, SessionId};
use entity::state::{EventStatus, SessionStatus};
use entity::{event, event_topic, session};
use pufa::dates::Zone;
use pufa::db::insert_all;
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder};

use crate::harness::{TestApp, shanghai};

/// A session as the test knows it, without asking the program.
#[derive(Clone, Debug)]
pub struct Known {
    pub id: SessionId,
    pub event: EventId,
    pub title: String,
    pub kind: &'static str,
    pub host: &'static str,
    pub place: String,
    pub topic: Option<&'static str>,
    pub required: bool,
    pub event_status: EventStatus,
    pub status: SessionStatus,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub day: NaiveDate,
    pub last: NaiveDate,
}

impl Known {
    pub fn cancelled(&self) -> bool {
        self.event_status == EventStatus::Cancelled || self.status == SessionStatus::Cancelled
    }

    pub fn over(&self, now: DateTime<Utc>) -> bool {
        self.event_status == EventStatus::Scheduled
            && (self.status == SessionStatus::Held || self.status == SessionStatus::Scheduled && self.ends_at <= now)
    }

    pub fn touches(&self, first: NaiveDate, last: NaiveDate) -> bool {
        self.day <= last && self.last >= first
    }
}

const KINDS: [&str; 5] = ["lecture", "training", "meeting", "exam", "community"];
const HOSTS: [&str; 3] = ["GQ-KJ", "GQ-SF", "GQ-TZ"];

/// What is to be written: title, zone, local start and end, whole days, statuses.
struct Plan {
    title: String,
    zone: &'static str,
    starts: String,
    ends: String,
    all_day: bool,
    kind: &'static str,
    host: &'static str,
    place: String,
    topic: Option<&'static str>,
    required: bool,
    event_status: EventStatus,
    status: SessionStatus,
}

fn plain(i: u32, n: u32) -> Plan {
    let day = NaiveDate::from_yo_opt(2025, (i * 7 + n * 91) % 365 + 1).unwrap();
    let hour = 8 + i % 9;
    Plan {
        title: format!("活动{i:03}"),
        zone: "Asia/Shanghai",
        starts: format!("{day}T{hour:02}:30:00"),
        ends: format!("{day}T{:02}:15:00", hour + 2),
        all_day: false,
        kind: KINDS[i as usize % 5],
        host: HOSTS[i as usize % 3],
        place: format!("第{}会议室", i % 7),
        topic: i.is_multiple_of(4).then_some("民法典"),
        required: i.is_multiple_of(2),
        event_status: match i {
            i if i % 10 == 3 => EventStatus::Draft,
            i if i % 25 == 1 => EventStatus::Cancelled,
            _ => EventStatus::Scheduled,
        },
        status: if (i + n).is_multiple_of(19) { SessionStatus::Cancelled } else { SessionStatus::Scheduled },
    }
}

fn special() -> Vec<Plan> {
    let one = |title: &str, zone: &'static str, starts: &str, ends: &str| Plan {
        title: title.to_owned(),
        zone,
        starts: format!("{starts}:00"),
        ends: format!("{ends}:00"),
        all_day: false,
        kind: "lecture",
        host: "GQ-KJ",
        place: "100%_'\"\\大厅".to_owned(),
        topic: Some("宪法"),
        required: false,
        event_status: EventStatus::Scheduled,
        status: SessionStatus::Scheduled,
    };
    let here = "Asia/Shanghai";
    vec![
        one("零点场", here, "2025-05-01T00:00", "2025-05-01T01:00"),
        one("跨夜场", here, "2025-05-31T23:00", "2025-06-01T01:30"),
        Plan { all_day: true, ..one("多日场", here, "2025-04-28T00:00", "2025-05-04T00:00") },
        Plan { all_day: true, ..one("跨年场", here, "2024-12-30T00:00", "2025-01-03T00:00") },
        one("柏林场", "Europe/Berlin", "2025-05-31T22:00", "2025-05-31T23:30"),
        one("檀香山场", "Pacific/Honolulu", "2025-05-31T20:00", "2025-05-31T21:00"),
        Plan { event_status: EventStatus::Draft, ..one("草稿场", here, "2025-05-20T09:00", "2025-05-20T10:00") },
        Plan { status: SessionStatus::Cancelled, ..one("取消场", here, "2025-05-20T09:00", "2025-05-20T10:00") },
    ]
}

/// Writes 500 events of four sessions each and the special ones; gives them by day, start and id.
pub async fn make(app: &TestApp) -> Vec<Known> {
    let now = shanghai("2025-01-01T00:00");
    let mut events: Vec<Vec<Plan>> = (0..500).map(|i| (0..4).map(|n| plain(i, n)).collect()).collect();
    events.extend(special().into_iter().map(|one| vec![one]));
    let mut hosts = Vec::new();
    for code in HOSTS {
        hosts.push((code, app.org_id(code).await));
    }
    let tx = app.db.begin().await.unwrap();
    let of = |plan: &Plan, n: usize| event::ActiveModel {
        key: Set(format!("views-{n:04}")),
        kind: Set(plan.kind.into()),
        title: Set(plan.title.clone()),
        host_id: Set(hosts.iter().find(|(code, _)| *code == plan.host).unwrap().1),
        location: Set(plan.place.clone()),
        required: Set(plan.required),
        walk_ins: Set(true),
        status: Set(plan.event_status),
        time_zone: Set(plan.zone.into()),
        form: Set(String::new()),
        reminders: Set(None),
        mails: Set(false),
        revision: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        published_at: Set(None),
        ..Default::default()
    };
    insert_all(&tx, events.iter().enumerate().map(|(n, all)| of(&all[0], n)).collect(), None).await.unwrap();
    let ids: Vec<EventId> = event::Entity::find()
        .order_by_asc(event::Column::Key)
        .all(&tx)
        .await
        .unwrap()
        .iter()
        .map(|row| row.id)
        .collect();
    let topics = events.iter().zip(&ids).filter_map(|(all, id)| {
        Some(event_topic::ActiveModel { event_id: Set(*id), position: Set(0), name: Set(all[0].topic?.into()) })
    });
    insert_all(&tx, topics.collect(), None).await.unwrap();
    let mut known = Vec::new();
    for (plans, event) in events.iter().zip(&ids) {
        for plan in plans {
            let zone = Zone::parse(plan.zone).unwrap();
            let at = |text: &str| zone.instant(text.parse().unwrap()).unwrap();
            let (starts_at, ends_at) = (at(&plan.starts), at(&plan.ends));
            known.push(Known {
                id: SessionId(i64::try_from(known.len()).unwrap() + 1),
                event: *event,
                title: plan.title.clone(),
                kind: plan.kind,
                host: plan.host,
                place: plan.place.clone(),
                topic: plan.topic,
                required: plan.required,
                event_status: plan.event_status,
                status: plan.status,
                starts_at,
                ends_at,
                day: zone.day(starts_at),
                last: zone.day(ends_at - TimeDelta::seconds(1)),
            });
        }
    }
    let zones: Vec<&str> = events.iter().flatten().map(|plan| plan.zone).collect();
    let whole: Vec<bool> = events.iter().flatten().map(|plan| plan.all_day).collect();
    let row = |(n, known): (usize, &Known)| session::ActiveModel {
        id: Set(known.id),
        key: Set(format!("views-{n:04}")),
        uid: Set(format!("views-{n:04}@example.test")),
        event_id: Set(known.event),
        starts_at: Set(known.starts_at),
        ends_at: Set(known.ends_at),
        all_day: Set(whole[n]),
        time_zone: Set(zones[n].into()),
        day: Set(known.day),
        year: Set(known.day.year()),
        status: Set(known.status),
        title: Set(None),
        location: Set(None),
        sequence: Set(0),
        revision: Set(1),
        told_at: Set(None),
        roster_frozen_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    insert_all(&tx, known.iter().enumerate().map(row).collect(), None).await.unwrap();
    tx.commit().await.unwrap();
    known.sort_by_key(|one| (one.day, one.starts_at, one.id));
    known
}
