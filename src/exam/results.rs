//! Writing and listing the results of an exam.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::id::{EventId, ExamResultId, PersonId};
use entity::{event, exam_result, person};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{Actor, audit};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::paging::{Listed, PART, after_id, part};
use crate::scheduling::{Class, Kinds, event_to_manage, wording};

const MOST_RESULTS: usize = 10_000;

/// One attempt of one person, as somebody gives it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewResult {
    /// Whose.
    #[schema(required = true)]
    pub staff_no: String,
    /// From 1, which it is when left out.
    pub attempt: Option<i32>,
    /// What was reached.
    #[schema(required = true)]
    pub score: Option<f64>,
    /// What had to be reached.
    #[schema(required = true)]
    pub pass_mark: Option<f64>,
}

/// One attempt of one person, as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Scored {
    /// Whose.
    pub staff_no: String,
    /// Their name.
    pub name: String,
    /// From 1.
    pub attempt: i32,
    /// What was reached.
    pub score: f64,
    /// What had to be reached.
    pub pass_mark: f64,
    /// Whether it was.
    pub passed: bool,
}

struct Understood {
    person: PersonId,
    attempt: i32,
    score: f64,
    pass_mark: f64,
}

/// Writes results of an exam that the actor manages, in the caller's transaction: all, or none and every row that is
/// wrong is named. A result of the same person and attempt is replaced. An event whose own kind is no exam is
/// `wrong-state`. Gives how many were written.
pub async fn write(
    db: &impl ConnectionTrait,
    kinds: &Kinds,
    actor: &Actor,
    id: EventId,
    results: &[NewResult],
    now: DateTime<Utc>,
) -> Result<usize> {
    let event = event_to_manage(db, actor, id).await?;
    demand_exam(kinds, &event)?;
    let rows = understand(db, results).await?;
    for chunk in rows.chunks(1_000) {
        let rows = chunk.iter().map(|row| exam_result::ActiveModel {
            event_id: Set(id),
            person_id: Set(row.person),
            attempt: Set(row.attempt),
            score: Set(row.score),
            pass_mark: Set(row.pass_mark),
            ..Default::default()
        });
        let key = [exam_result::Column::EventId, exam_result::Column::PersonId, exam_result::Column::Attempt];
        let replace = OnConflict::columns(key)
            .update_columns([exam_result::Column::Score, exam_result::Column::PassMark])
            .to_owned();
        exam_result::Entity::insert_many(rows).on_conflict(replace).exec_without_returning(db).await?;
    }
    let deed = audit::Deed {
        actor: &actor.name,
        action: "exam.results",
        subject: format!("event:{id}"),
        event_id: Some(id),
        detail: serde_json::json!({ "rows": rows.len() }),
    };
    audit::record(db, deed, now).await?;
    Ok(rows.len())
}

fn demand_exam(kinds: &Kinds, event: &event::Model) -> Result<()> {
    match kinds.get(&event.kind) {
        Some(kind) if kind.class == Class::Exam => Ok(()),
        _ => Err(Error::new(Code::WrongState).at("kind", "not-an-exam")),
    }
}

async fn understand(db: &impl ConnectionTrait, results: &[NewResult]) -> Result<Vec<Understood>> {
    if results.len() > MOST_RESULTS {
        return Err(Error::invalid(vec![FieldProblem::new("results", "too-many").with("limit", MOST_RESULTS)]));
    }
    let people = people(db, results).await?;
    let (mut wrong, mut rows, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (i, result) in results.iter().enumerate() {
        let at = |field: &str| format!("results[{i}].{field}");
        let staff_no = wording::needed(&at("staff_no"), &result.staff_no, 100, &mut wrong);
        let attempt = result.attempt.unwrap_or(1);
        if !(1..=100).contains(&attempt) {
            wrong.push(FieldProblem::new(at("attempt"), "bad-attempt"));
        }
        let score = number(&at("score"), result.score, &mut wrong);
        let pass_mark = number(&at("pass_mark"), result.pass_mark, &mut wrong);
        let Some(&person) = people.get(staff_no.as_str()) else {
            if !staff_no.is_empty() {
                wrong.push(FieldProblem::new(at("staff_no"), "unknown-staff").with("value", &staff_no));
            }
            continue;
        };
        if !seen.insert((person, attempt)) {
            wrong.push(FieldProblem::new(at("attempt"), "result-twice"));
        }
        rows.push(Understood { person, attempt, score, pass_mark });
    }
    if wrong.is_empty() { Ok(rows) } else { Err(Error::invalid(wrong)) }
}

/// A score or mark: there, finite, not below zero.
fn number(field: &str, value: Option<f64>, wrong: &mut Vec<FieldProblem>) -> f64 {
    match value {
        None => wrong.push(FieldProblem::new(field, "required")),
        Some(value) if !value.is_finite() || !(0.0..=100_000.0).contains(&value) => {
            wrong.push(FieldProblem::new(field, "bad-score"));
        }
        Some(_) => {}
    }
    value.unwrap_or_default()
}

async fn people(db: &impl ConnectionTrait, results: &[NewResult]) -> Result<HashMap<String, PersonId>, DbErr> {
    let found = crate::people::by_numbers(db, results.iter().map(|result| result.staff_no.trim())).await?;
    Ok(found.into_iter().map(|(number, row)| (number, row.id)).collect())
}

/// The results of an event, as they came in.
pub async fn list(db: &impl ConnectionTrait, id: EventId, cursor: Option<&str>) -> Result<Listed<Scored>> {
    let rows = exam_result::Entity::find()
        .filter(exam_result::Column::EventId.eq(id))
        .filter(exam_result::Column::Id.gt(ExamResultId(after_id(cursor)?)))
        .order_by_asc(exam_result::Column::Id)
        .limit(PART + 1)
        .all(db)
        .await?;
    let ids = rows.iter().map(|row| row.person_id);
    let people = person::Entity::find().filter(person::Column::Id.is_in(ids)).all(db).await?;
    let people: HashMap<PersonId, person::Model> = people.into_iter().map(|row| (row.id, row)).collect();
    let scored = |row: exam_result::Model| {
        let person = people.get(&row.person_id);
        Scored {
            staff_no: person.map(|person| person.staff_no.clone()).unwrap_or_default(),
            name: person.map(|person| person.name.clone()).unwrap_or_default(),
            attempt: row.attempt,
            score: row.score,
            pass_mark: row.pass_mark,
            passed: row.score >= row.pass_mark,
        }
    };
    Ok(part(rows, |row| row.id.to_string()).map(scored))
}
