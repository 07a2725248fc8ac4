//! Places, and what some of the demonstration's events consist of.

use chrono::{DateTime, Utc};
use entity::id::EventId;
use entity::state::ChecklistKind;
use entity::{event, organisation, session};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::access::{Actor, Rights};
use crate::error::{Error, Result};
use crate::scheduling::Kinds;
use crate::scheduling::content::{
    Agenda, AgendaLine, NewLink, NewSpeaker, Task, add_link, put_checklist, replace_agenda, replace_speakers,
};
use crate::scheduling::place::{NewPlace, add_place};

/// Name, address, capacity.
const PLACES: [(&str, &str, i32); 3] =
    [("局四楼会议室", "办公楼四层东侧", 60), ("县委党校", "党校路8号", 200), ("县人民广场", "人民路与中心路口", 3_000)];

/// Title, kind, who reports, minutes.
const AGENDA: [(&str, Option<&str>, &str, i32); 4] = [
    ("传达学习有关会议精神", Some("first_topic"), "干部NY01", 20),
    ("农产品质量安全法解读", None, "县人大常委会法工委", 80),
    ("休息", None, "", 10),
    ("讨论与提问", None, "", 40),
];

const CHECKLIST: [(ChecklistKind, &str); 5] = [
    (ChecklistKind::Task, "向城管部门报备场地"),
    (ChecklistKind::Task, "联系志愿者"),
    (ChecklistKind::Take, "宪法文本 200 册"),
    (ChecklistKind::Take, "展板 6 块"),
    (ChecklistKind::Take, "桌椅和遮阳棚"),
];

/// Writes them, in the caller's transaction.
pub async fn fill(
    db: &impl ConnectionTrait,
    kinds: &Kinds,
    host: &organisation::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let actor = Actor { name: "command".to_owned(), organisation: host.id, rights: Rights::Manage };
    for (name, address, capacity) in PLACES {
        let new = NewPlace {
            org_code: host.code.clone(),
            name: name.to_owned(),
            address: address.to_owned(),
            capacity: Some(capacity),
        };
        add_place(db, &actor, &new, now).await?;
    }
    let open = event_of(db, "DEMO-OPEN").await?;
    let sitting = session::Entity::find()
        .filter(session::Column::EventId.eq(open))
        .order_by_asc(session::Column::Id)
        .one(db)
        .await?
        .ok_or_else(|| Error::internal("the demonstration has no open session"))?;
    let line = |(title, kind, reporter, minutes): (&str, Option<&str>, &str, i32)| AgendaLine {
        title: title.to_owned(),
        kind: kind.map(str::to_owned),
        reporter: reporter.to_owned(),
        minutes: Some(minutes),
        note: String::new(),
    };
    let agenda = Agenda { items: AGENDA.map(line).into(), minutes: None };
    replace_agenda(db, kinds, &actor, sitting.id, &agenda, None, now).await?;
    let speaker = |staff_no: Option<&str>, name: &str, title: &str| NewSpeaker {
        staff_no: staff_no.map(str::to_owned),
        name: name.to_owned(),
        title: title.to_owned(),
        session_id: None,
    };
    let both = [speaker(None, "外请讲师", "县人大常委会法工委"), speaker(Some("NY001"), "", "主持")];
    replace_speakers(db, &actor, open, &both, None, now).await?;
    let law = NewLink {
        title: "农产品质量安全法全文".to_owned(),
        url: "https://flk.example.test/ncpzlaqf".to_owned(),
        session_id: None,
    };
    add_link(db, &actor, open, &law, now).await?;
    let items = CHECKLIST.map(|(kind, text)| Task { kind, text: text.to_owned() });
    put_checklist(db, event_of(db, "DEMO-OUT").await?, &items).await
}

async fn event_of(db: &impl ConnectionTrait, key: &str) -> Result<EventId> {
    let found = event::Entity::find().filter(event::Column::Key.eq(key)).one(db).await?;
    found.map(|row| row.id).ok_or_else(|| Error::internal(format!("the demonstration has no event {key}")))
}
