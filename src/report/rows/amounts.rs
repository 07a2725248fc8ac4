//! Results of exams, tallies and hours behind a figure.

use chrono::NaiveDate;
use entity::id::EventId;
use entity::{event, membership, person, session, study_hours, tally};
use sea_orm::sea_query::{Order, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, ExprTrait, FromQueryResult};

use super::{Part, Row, by_time, col, with_person};
use crate::report::figure::Examined;
use crate::report::grouped::all;
use crate::report::load::sittings;
use crate::report::source::Scope;

pub(super) async fn examined(
    db: &impl ConnectionTrait,
    scope: &Scope,
    exam_kinds: &[String],
    who: Examined,
    part: Part,
) -> Result<Vec<Row>, DbErr> {
    let sittings = sittings(db, scope, exam_kinds).await?;
    let of = |column: &'static str| col(("of", column));
    let mut query = Query::select()
        .from_subquery(scope.examined(&sittings), "of")
        .inner_join(session::Entity, of("session_id").equals((session::Entity, session::Column::Id)))
        .inner_join(
            event::Entity,
            col((event::Entity, event::Column::Id)).equals((session::Entity, session::Column::EventId)),
        )
        .and_where(of("exempt").eq(i32::from(who == Examined::Exempt)))
        .to_owned();
    match who {
        Examined::Eligible | Examined::Exempt => {}
        Examined::Sat => {
            query.and_where(of("grade").gte(1));
        }
        Examined::Passed => {
            query.and_where(of("grade").gte(2));
        }
    }
    with_person(&mut query, of("person_id"), of("organisation_id"), of("name"));
    let query = by_time(&mut query)
        .order_by((person::Entity, person::Column::StaffNo), Order::Asc)
        .expr_as(col((session::Entity, session::Column::Key)), "session_key")
        .expr_as(col((event::Entity, event::Column::Key)), "event_key")
        .expr_as(col((event::Entity, event::Column::Id)), "event_id")
        .column((event::Entity, event::Column::Title))
        .columns([("of", "exempt"), ("of", "grade"), ("of", "attempts"), ("of", "score")])
        .offset(part.offset)
        .limit(part.limit)
        .to_owned();
    let row = |of: OfExam| Row {
        event_key: Some(of.event_key),
        session_key: Some(of.session_key),
        title: Some(of.title),
        staff_no: Some(of.staff_no),
        name: Some(of.name),
        org_code: of.org_code,
        attempts: Some(of.attempts),
        score: of.score,
        passed: Some(of.grade == 2),
        event_id: Some(of.event_id),
        ..Row::default()
    };
    Ok(all::<OfExam>(db, &query).await?.into_iter().map(row).collect())
}

pub(super) async fn tallies(
    db: &impl ConnectionTrait,
    scope: &Scope,
    metric: &str,
    part: Part,
) -> Result<Vec<Row>, DbErr> {
    let own = |column| (tally::Entity, column);
    let query = scope
        .tallies()
        .and_where(tally::Column::Metric.eq(metric))
        .inner_join(event::Entity, col((event::Entity, event::Column::Id)).equals(own(tally::Column::EventId)))
        .expr_as(col((event::Entity, event::Column::Key)), "event_key")
        .expr_as(col((event::Entity, event::Column::Id)), "event_id")
        .columns([(event::Entity, event::Column::Kind), (event::Entity, event::Column::Title)])
        .columns([own(tally::Column::Amount), own(tally::Column::Subject), own(tally::Column::Note)])
        .order_by((event::Entity, event::Column::Key), Order::Asc)
        .order_by(own(tally::Column::Id), Order::Asc)
        .offset(part.offset)
        .limit(part.limit)
        .to_owned();
    let row = |of: OfTally| Row {
        event_key: Some(of.event_key),
        kind: Some(of.kind),
        title: Some(of.title),
        amount: Some(of.amount),
        subject: of.subject,
        note: Some(of.note).filter(|note| !note.is_empty()),
        event_id: Some(of.event_id),
        ..Row::default()
    };
    Ok(all::<OfTally>(db, &query).await?.into_iter().map(row).collect())
}

pub(super) async fn hours(db: &impl ConnectionTrait, scope: &Scope, kind: &str, part: Part) -> Result<Vec<Row>, DbErr> {
    let mut query = scope.hours();
    with_person(
        &mut query,
        study_hours::Column::PersonId.into_expr(),
        membership::Column::OrganisationId.into_expr(),
        person::Column::Name.into_expr(),
    );
    let own = |column| (study_hours::Entity, column);
    query
        .and_where(study_hours::Column::Kind.eq(kind))
        .columns([own(study_hours::Column::Date), own(study_hours::Column::Source), own(study_hours::Column::Hours)])
        .order_by(own(study_hours::Column::Date), Order::Asc)
        .order_by((person::Entity, person::Column::StaffNo), Order::Asc)
        .order_by(own(study_hours::Column::Id), Order::Asc)
        .offset(part.offset)
        .limit(part.limit);
    let row = |of: OfHours| Row {
        staff_no: Some(of.staff_no),
        name: Some(of.name),
        org_code: of.org_code,
        date: Some(of.date),
        source: Some(of.source),
        hours: Some(of.hours),
        ..Row::default()
    };
    Ok(all::<OfHours>(db, &query).await?.into_iter().map(row).collect())
}

pub(super) async fn people_of_hours(
    db: &impl ConnectionTrait,
    scope: &Scope,
    kind: &str,
    part: Part,
) -> Result<Vec<Row>, DbErr> {
    let query = scope
        .hours()
        .and_where(study_hours::Column::Kind.eq(kind))
        .inner_join(
            person::Entity,
            col((person::Entity, person::Column::Id)).equals((study_hours::Entity, study_hours::Column::PersonId)),
        )
        .columns([(person::Entity, person::Column::StaffNo), (person::Entity, person::Column::Name)])
        .expr_as(col((study_hours::Entity, study_hours::Column::Hours)).sum(), "hours")
        .group_by_columns([(person::Entity, person::Column::StaffNo), (person::Entity, person::Column::Name)])
        .order_by((person::Entity, person::Column::StaffNo), Order::Asc)
        .offset(part.offset)
        .limit(part.limit)
        .to_owned();
    let row =
        |of: OfSum| Row { staff_no: Some(of.staff_no), name: Some(of.name), hours: Some(of.hours), ..Row::default() };
    Ok(all::<OfSum>(db, &query).await?.into_iter().map(row).collect())
}

#[derive(FromQueryResult)]
struct OfSum {
    staff_no: String,
    name: String,
    hours: f64,
}

#[derive(FromQueryResult)]
struct OfExam {
    event_id: EventId,
    event_key: String,
    session_key: String,
    title: String,
    staff_no: String,
    name: String,
    org_code: Option<String>,
    grade: i32,
    attempts: i64,
    score: Option<f64>,
}

#[derive(FromQueryResult)]
struct OfTally {
    event_id: EventId,
    event_key: String,
    kind: String,
    title: String,
    amount: i64,
    subject: Option<String>,
    note: String,
}

#[derive(FromQueryResult)]
struct OfHours {
    staff_no: String,
    name: String,
    org_code: Option<String>,
    date: NaiveDate,
    source: String,
    hours: f64,
}
