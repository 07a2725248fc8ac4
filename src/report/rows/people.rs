//! People of sessions behind a figure.

use chrono::{DateTime, Utc};
use entity::id::EventId;
use entity::state::AttendanceStatus;
use entity::{attendance, event, person, roster_entry, session};
use sea_orm::sea_query::{Condition, Func, Order};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, ExprTrait, FromQueryResult};

use super::{Part, Row, by_time, col, with_person};
use crate::dates::{Span, Zone};
use crate::report::figure::People;
use crate::report::grouped::all;
use crate::report::source::{Scope, organisation_then};
use crate::scheduling::Kinds;

pub(super) async fn people(
    db: &impl ConnectionTrait,
    kinds: &Kinds,
    scope: &Scope,
    which: Condition,
    who: People,
    part: Part,
) -> Result<Vec<Row>, DbErr> {
    let status = || col((attendance::Entity, attendance::Column::Status));
    let nothing = || status().is_null();
    let (mut query, of) = match who {
        People::Expected | People::Status(_) => (scope.rosters(), roster_entry::Column::PersonId.into_expr()),
        People::WalkIns => (scope.walk_ins(), attendance::Column::PersonId.into_expr()),
        People::PersonTimes | People::Different => (scope.attended(), attendance::Column::PersonId.into_expr()),
    };
    match who {
        People::Expected => {
            let not_exempt = attendance::Column::Status.ne(AttendanceStatus::Exempt);
            query.cond_where(Condition::any().add(nothing()).add(not_exempt));
        }
        People::Status(AttendanceStatus::Absent) => {
            let absent = attendance::Column::Status.eq(AttendanceStatus::Absent);
            query.cond_where(Condition::any().add(nothing()).add(absent));
        }
        People::Status(one) => {
            query.and_where(attendance::Column::Status.eq(one));
        }
        People::WalkIns | People::PersonTimes | People::Different => {}
    }
    let name = Func::coalesce([
        col((roster_entry::Entity, roster_entry::Column::Name)),
        col((person::Entity, person::Column::Name)),
    ]);
    with_person(&mut query, of, organisation_then(), name.into());
    let own = |column| (session::Entity, column);
    let found = by_time(&mut query)
        .order_by((person::Entity, person::Column::StaffNo), Order::Asc)
        .cond_where(which)
        .expr_as(col(own(session::Column::Key)), "session_key")
        .expr_as(col(own(session::Column::Title)), "own_title")
        .columns([own(session::Column::StartsAt), own(session::Column::EndsAt)])
        .columns([own(session::Column::AllDay), own(session::Column::TimeZone)])
        .expr_as(col((event::Entity, event::Column::Id)), "event_id")
        .expr_as(col((event::Entity, event::Column::Key)), "event_key")
        .columns([(event::Entity, event::Column::Kind), (event::Entity, event::Column::Title)])
        .expr_as(status(), "status")
        .columns([
            (attendance::Entity, attendance::Column::CheckedInAt),
            (attendance::Entity, attendance::Column::Note),
        ])
        .expr_as(col((roster_entry::Entity, roster_entry::Column::PersonId)), "on_roster")
        .offset(part.offset)
        .limit(part.limit)
        .to_owned();
    let found = all::<OfPerson>(db, &found).await?;
    Ok(found.into_iter().map(|row| row.shown(kinds)).collect())
}

pub(super) async fn different_people(
    db: &impl ConnectionTrait,
    scope: &Scope,
    which: Condition,
    part: Part,
) -> Result<Vec<Row>, DbErr> {
    let query = scope
        .attended()
        .cond_where(which)
        .inner_join(
            person::Entity,
            col((person::Entity, person::Column::Id)).equals((attendance::Entity, attendance::Column::PersonId)),
        )
        .columns([(person::Entity, person::Column::StaffNo), (person::Entity, person::Column::Name)])
        .expr_as(col((attendance::Entity, attendance::Column::Id)).count(), "count")
        .group_by_columns([(person::Entity, person::Column::StaffNo), (person::Entity, person::Column::Name)])
        .order_by((person::Entity, person::Column::StaffNo), Order::Asc)
        .offset(part.offset)
        .limit(part.limit)
        .to_owned();
    let row = |of: OfCount| Row {
        staff_no: Some(of.staff_no),
        name: Some(of.name),
        sessions: Some(of.count),
        ..Row::default()
    };
    Ok(all::<OfCount>(db, &query).await?.into_iter().map(row).collect())
}

#[derive(FromQueryResult)]
struct OfPerson {
    event_id: EventId,
    event_key: String,
    session_key: String,
    kind: String,
    title: String,
    own_title: Option<String>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    all_day: bool,
    time_zone: String,
    staff_no: String,
    name: String,
    org_code: Option<String>,
    status: Option<AttendanceStatus>,
    checked_in_at: Option<DateTime<Utc>>,
    note: Option<String>,
    on_roster: Option<i64>,
}

impl OfPerson {
    fn shown(self, kinds: &Kinds) -> Row {
        let zone = Zone::parse(&self.time_zone).unwrap_or(Zone(chrono_tz::Asia::Shanghai));
        let span = Span { start: self.starts_at, end: self.ends_at, all_day: self.all_day, zone };
        let status = self.status.unwrap_or(AttendanceStatus::Absent);
        let hours = span.hours(crate::report::all_day_hours(kinds, &self.kind));
        Row {
            event_id: Some(self.event_id),
            event_key: Some(self.event_key),
            session_key: Some(self.session_key),
            kind: Some(self.kind),
            title: Some(self.own_title.unwrap_or(self.title)),
            starts_at: Some(span.start_text()),
            staff_no: Some(self.staff_no),
            name: Some(self.name),
            org_code: self.org_code,
            status: Some(status.to_string()),
            walk_in: Some(self.on_roster.is_none()),
            checked_in_at: self.checked_in_at.map(|at| zone.with_offset(at).to_rfc3339()),
            hours: status.attended().then_some(hours),
            note: self.note,
            ..Row::default()
        }
    }
}

#[derive(FromQueryResult)]
struct OfCount {
    staff_no: String,
    name: String,
    count: i64,
}
