//! Who was expected, who came, and how many of each.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::{OrganisationId, PersonId, SessionId};
use entity::state::AttendanceStatus;
use entity::{attendance, event, person, roster_entry, session};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::people::{OrgTree, members_on};
use crate::scheduling::{roster, session as sitting};

/// One line of a session's roll: somebody of the roster, or a walk-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollRow {
    /// Who.
    pub person_id: PersonId,
    /// Their staff number.
    pub staff_no: String,
    /// Their name.
    pub name: String,
    /// Whom they were under on the session's day; None when nobody.
    pub organisation_id: Option<OrganisationId>,
    /// The code of that organisation.
    pub org_code: Option<String>,
    /// The name of that organisation.
    pub org_name: Option<String>,
    /// Their post; may be empty.
    pub title: String,
    /// What became of them; None before anything is known. Once the session was held, whoever has no record is absent
    /// (counting rule 3).
    pub status: Option<AttendanceStatus>,
    /// When they came.
    pub checked_in_at: Option<DateTime<Utc>>,
    /// How that was learned.
    pub method: Option<String>,
    /// As given.
    pub note: Option<String>,
    /// Whether they came without being on the roster.
    pub walk_in: bool,
}

/// How many of each, by the counting rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// On the roster, less exempt.
    pub expected: u32,
    /// Present, late or left early, of the roster.
    pub attended: u32,
    /// Of these, late.
    pub late: u32,
    /// Of these, left early.
    pub left_early: u32,
    /// On leave.
    pub excused: u32,
    /// Made up later.
    pub made_up: u32,
    /// Did not come.
    pub absent: u32,
    /// Taken off the roster.
    pub exempt: u32,
    /// Of the roster, nothing known yet.
    pub missing: u32,
    /// Came without being on the roster.
    pub walk_ins: u32,
}

impl Counts {
    /// Counts a roll.
    #[must_use]
    pub fn of(rows: &[RollRow]) -> Self {
        let mut counts = Self::default();
        for row in rows {
            if row.walk_in {
                counts.walk_ins += 1;
                continue;
            }
            counts.expected += u32::from(row.status != Some(AttendanceStatus::Exempt));
            counts.attended += u32::from(row.status.is_some_and(AttendanceStatus::attended));
            match row.status {
                None => counts.missing += 1,
                Some(AttendanceStatus::Present) => {}
                Some(AttendanceStatus::Late) => counts.late += 1,
                Some(AttendanceStatus::LeftEarly) => counts.left_early += 1,
                Some(AttendanceStatus::Excused) => counts.excused += 1,
                Some(AttendanceStatus::MadeUp) => counts.made_up += 1,
                Some(AttendanceStatus::Absent) => counts.absent += 1,
                Some(AttendanceStatus::Exempt) => counts.exempt += 1,
            }
        }
        counts
    }
}

/// Everyone on the roster of a session and everyone who came besides, by staff number.
pub async fn roll(
    db: &impl ConnectionTrait,
    event: &event::Model,
    session: &session::Model,
    tree: &OrgTree,
    now: DateTime<Utc>,
) -> Result<Vec<RollRow>, DbErr> {
    let rows = attendance::Entity::find().filter(attendance::Column::SessionId.eq(session.id)).all(db).await?;
    let mut known: HashMap<_, _> = rows.into_iter().map(|row| (row.person_id, row)).collect();
    let unknown = sitting::counts(event, session, now).then_some(AttendanceStatus::Absent);
    let mut roll: Vec<_> = expected(db, event, session)
        .await?
        .into_iter()
        .map(|(entry, staff_no)| {
            let mut row = RollRow { status: unknown, ..line(entry, staff_no, tree) };
            if let Some(record) = known.remove(&row.person_id) {
                row.take(record);
            }
            row
        })
        .collect();
    known.retain(|_, record| record.status.attended());
    if !known.is_empty() {
        roll.extend(walk_ins(db, session, tree, known).await?);
    }
    roll.sort_by(|a, b| a.staff_no.cmp(&b.staff_no));
    Ok(roll)
}

/// The fixed roster of a session with staff numbers.
pub(super) async fn frozen(
    db: &impl ConnectionTrait,
    session: SessionId,
) -> Result<Vec<(roster_entry::Model, String)>, DbErr> {
    let entries = roster_entry::Entity::find().filter(roster_entry::Column::SessionId.eq(session)).all(db).await?;
    let on_it = Query::select()
        .column(roster_entry::Column::PersonId)
        .from(roster_entry::Entity)
        .and_where(roster_entry::Column::SessionId.eq(session))
        .to_owned();
    let numbers: Vec<(PersonId, String)> = person::Entity::find()
        .select_only()
        .column(person::Column::Id)
        .column(person::Column::StaffNo)
        .filter(person::Column::Id.in_subquery(on_it))
        .into_tuple()
        .all(db)
        .await?;
    let mut numbers: HashMap<_, _> = numbers.into_iter().collect();
    Ok(entries
        .into_iter()
        .filter_map(|entry| numbers.remove(&entry.person_id).map(|staff_no| (entry, staff_no)))
        .collect())
}

/// The roster as it stands, fixed or not, with staff numbers.
pub(super) async fn expected(
    db: &impl ConnectionTrait,
    event: &event::Model,
    session: &session::Model,
) -> Result<Vec<(roster_entry::Model, String)>, DbErr> {
    if session.roster_frozen_at.is_some() {
        return frozen(db, session.id).await;
    }
    if !event.required {
        return Ok(Vec::new());
    }
    let members = roster::invited_to(db, event, session).await?;
    Ok(members
        .into_iter()
        .map(|member| {
            let entry = roster_entry::Model {
                session_id: session.id,
                person_id: member.person_id,
                organisation_id: member.organisation_id,
                name: member.name,
                title: member.title,
            };
            (entry, member.staff_no)
        })
        .collect())
}

async fn walk_ins(
    db: &impl ConnectionTrait,
    session: &session::Model,
    tree: &OrgTree,
    mut known: HashMap<PersonId, attendance::Model>,
) -> Result<Vec<RollRow>, DbErr> {
    let came = Query::select()
        .column(attendance::Column::PersonId)
        .from(attendance::Entity)
        .and_where(attendance::Column::SessionId.eq(session.id))
        .to_owned();
    let people = person::Entity::find().filter(person::Column::Id.in_subquery(came.clone())).all(db).await?;
    let which = Condition::all().add(person::Column::Id.in_subquery(came));
    let titles: HashMap<_, _> =
        members_on(db, session.day, which).await?.into_iter().map(|m| (m.person_id, m.title)).collect();
    let rows = people.into_iter().filter_map(|person| {
        let record = known.remove(&person.id)?;
        let organisation_id = record.organisation_id;
        let mut row = RollRow {
            person_id: person.id,
            staff_no: person.staff_no,
            name: person.name,
            organisation_id,
            org_code: organisation_id.map(|id| tree.code(id).to_owned()),
            org_name: organisation_id.map(|id| tree.name(id).to_owned()),
            title: titles.get(&person.id).cloned().unwrap_or_default(),
            status: None,
            checked_in_at: None,
            method: None,
            note: None,
            walk_in: true,
        };
        row.take(record);
        Some(row)
    });
    Ok(rows.collect())
}

fn line(entry: roster_entry::Model, staff_no: String, tree: &OrgTree) -> RollRow {
    RollRow {
        person_id: entry.person_id,
        staff_no,
        name: entry.name,
        organisation_id: Some(entry.organisation_id),
        org_code: Some(tree.code(entry.organisation_id).to_owned()),
        org_name: Some(tree.name(entry.organisation_id).to_owned()),
        title: entry.title,
        status: None,
        checked_in_at: None,
        method: None,
        note: None,
        walk_in: false,
    }
}

impl RollRow {
    fn take(&mut self, record: attendance::Model) {
        self.status = Some(record.status);
        self.checked_in_at = record.checked_in_at;
        self.method = record.method;
        self.note = record.note;
    }
}
