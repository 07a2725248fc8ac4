//! Recording and listing the tallies of an event.

use chrono::{DateTime, Utc};
use entity::id::{EventId, TallyId};
use entity::state::Origin;
use entity::tally;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::access::{Actor, Marked, audit};
use crate::error::{Error, FieldProblem, Result};
use crate::paging::{Listed, PART, after_id, part};
use crate::scheduling::{event_to_manage, wording};

/// More than anybody hands out at one event; sums of such amounts stay far from the limits of a 64-bit number.
const MOST: i64 = 1_000_000_000;

/// A quantity as somebody gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewTally {
    /// `materials`, `consultations`, `audience` or another metric.
    #[schema(required = true, example = "materials")]
    pub metric: String,
    /// How many; a correction is negative.
    #[schema(required = true)]
    pub amount: Option<i64>,
    /// As wished.
    pub note: String,
    /// What it was about.
    pub subject: Option<String>,
    /// A mark of this request: repeated with the same mark and content it is counted once.
    pub nonce: Option<String>,
}

/// A quantity as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recorded {
    /// Opaque.
    pub id: String,
    /// What was counted.
    pub metric: String,
    /// How many.
    pub amount: i64,
    /// As given.
    pub note: String,
    /// What it was about.
    pub subject: Option<String>,
    /// When it was recorded, RFC 3339.
    pub recorded_at: DateTime<Utc>,
    /// By whom: `token:3`, `account:2`, `command`.
    pub recorded_by: String,
}

impl From<tally::Model> for Recorded {
    fn from(row: tally::Model) -> Self {
        Self {
            id: row.id.to_string(),
            metric: row.metric,
            amount: row.amount,
            note: row.note,
            subject: row.subject,
            recorded_at: row.recorded_at,
            recorded_by: row.recorded_by,
        }
    }
}

/// Records a quantity of an event that the actor manages, in the caller's transaction. A total below zero is refused
/// (counting rule 7). What is recorded of a draft or a cancelled event is kept and counts nowhere.
pub async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    new: NewTally,
    now: DateTime<Utc>,
) -> Result<Recorded> {
    // Held from here on, so that totals and nonces are judged one request after the other.
    let event = event_to_manage(db, actor, id).await?;
    let marked = match new.nonce.as_deref() {
        Some(nonce) => {
            let meaning = json!([new.metric, new.amount, new.note, new.subject]);
            Some(Marked::new(format!("tally:{}:{id}", actor.name), nonce, &meaning)?)
        }
        None => None,
    };
    if let Some(marked) = &marked
        && let Some(answer) = marked.answered(db).await?
    {
        return Ok(answer);
    }
    let row = understand(id, actor, new, now)?;
    let before = total(db, id, row.metric.as_ref()).await?;
    if before + row.amount.as_ref() < 0 {
        let problem = FieldProblem::new("amount", "below-zero").with("total", before);
        return Err(Error::invalid(vec![problem]));
    }
    let row = tally::Entity::insert(row).exec_with_returning(db).await?;
    let deed = audit::Deed {
        actor: &actor.name,
        action: "tally.record",
        subject: format!("tally:{}", row.id),
        event_id: Some(event.id),
        detail: json!({ "metric": row.metric, "amount": row.amount }),
    };
    audit::record(db, deed, now).await?;
    let recorded = Recorded::from(row);
    if let Some(marked) = marked {
        marked.keep(db, 201, &recorded, now).await?;
    }
    Ok(recorded)
}

fn understand(id: EventId, actor: &Actor, new: NewTally, now: DateTime<Utc>) -> Result<tally::ActiveModel> {
    let mut wrong = Vec::new();
    let metric = wording::needed("metric", &new.metric, 50, &mut wrong);
    let note = wording::line("note", &new.note, 500, &mut wrong);
    let subject = new.subject.map(|text| wording::line("subject", &text, 200, &mut wrong)).filter(|s| !s.is_empty());
    match new.amount {
        None => wrong.push(FieldProblem::new("amount", "required")),
        Some(amount) if !(-MOST..=MOST).contains(&amount) => {
            wrong.push(FieldProblem::new("amount", "out-of-range").with("limit", MOST));
        }
        Some(_) => {}
    }
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    Ok(tally::ActiveModel {
        event_id: Set(id),
        metric: Set(metric),
        amount: Set(new.amount.unwrap_or_default()),
        note: Set(note),
        subject: Set(subject),
        origin: Set(Origin::Entered),
        recorded_at: Set(now),
        recorded_by: Set(actor.name.clone()),
        ..Default::default()
    })
}

async fn total(db: &impl ConnectionTrait, id: EventId, metric: &str) -> Result<i64> {
    let found = totals(db, id).await?;
    Ok(found.into_iter().find(|(name, _)| name == metric).map_or(0, |(_, total)| total))
}

/// The total of each metric of an event, by metric.
pub async fn totals(db: &impl ConnectionTrait, id: EventId) -> Result<Vec<(String, i64)>> {
    // PostgreSQL adds 64-bit numbers up to a numeric: made a 64-bit number again.
    let sum = Expr::col(tally::Column::Amount).sum().cast_as("bigint");
    let found = tally::Entity::find()
        .filter(tally::Column::EventId.eq(id))
        .select_only()
        .column(tally::Column::Metric)
        .column_as(sum, "total")
        .group_by(tally::Column::Metric)
        .order_by_asc(tally::Column::Metric)
        .into_tuple()
        .all(db)
        .await?;
    Ok(found)
}

/// The tallies of an event, as they were recorded.
pub async fn list(db: &impl ConnectionTrait, id: EventId, cursor: Option<&str>) -> Result<Listed<Recorded>> {
    let rows = tally::Entity::find()
        .filter(tally::Column::EventId.eq(id))
        .filter(tally::Column::Id.gt(TallyId(after_id(cursor)?)))
        .order_by_asc(tally::Column::Id)
        .limit(PART + 1)
        .all(db)
        .await?;
    Ok(part(rows, |row| row.id.to_string()).map(Recorded::from))
}
