//! Bringing in a year's notice: it replaces what there was for that year.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{holiday_day, holiday_notice};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use utoipa::ToSchema;

use super::in_force;
use crate::access::audit::{self, Deed};
use crate::dates::{NamedDay, Notice};
use crate::db;
use crate::error::{Error, Result};

/// What became of a notice that was brought in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BroughtIn {
    /// Of which year.
    pub year: i32,
    /// Days off that it names.
    pub off: usize,
    /// Weekend days that it names as worked.
    pub worked: usize,
    /// Whether there was a notice of that year before.
    pub replaced: bool,
    /// Days that it names and the one before did not, or named otherwise.
    pub added: Vec<Changed>,
    /// Days that the one before named and it does not.
    pub removed: Vec<Changed>,
    /// Whether anything at all changed, its source too; else nothing was written.
    pub changed: bool,
}

/// A day that a notice names now, or named before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Changed {
    /// Which day.
    pub day: NaiveDate,
    /// Of which holiday.
    pub name: String,
    /// Whether it is a day off; else it is worked.
    pub off: bool,
}

impl From<&NamedDay> for Changed {
    fn from(day: &NamedDay) -> Self {
        Self { day: day.day, name: day.name.clone(), off: day.off }
    }
}

/// Reads a notice (TOML or JSON) and puts it in the place of what there was for its year, in the caller's transaction.
/// What is wrong with the file is an `invalid` with its places; the same notice again writes nothing. `by` is the
/// actor's name for the audit.
pub async fn bring_in(db: &impl ConnectionTrait, file: &[u8], by: &str, now: DateTime<Utc>) -> Result<BroughtIn> {
    let notice = Notice::read(file).map_err(Error::invalid)?;
    let known = in_force(db).await?.into_iter().find(|one| one.notice.year == notice.year).map(|one| one.notice);
    let before = known.as_ref().map_or(&[][..], |notice| &notice.days);
    let new_of = |days: &[NamedDay], others: &[NamedDay]| -> Vec<Changed> {
        days.iter().filter(|day| !others.contains(day)).map(Changed::from).collect()
    };
    let outcome = BroughtIn {
        year: notice.year,
        off: notice.days.iter().filter(|day| day.off).count(),
        worked: notice.days.iter().filter(|day| !day.off).count(),
        replaced: known.is_some(),
        added: new_of(&notice.days, before),
        removed: before
            .iter()
            .filter(|day| !notice.days.iter().any(|new| new.day == day.day))
            .map(Changed::from)
            .collect(),
        changed: known.as_ref() != Some(&notice),
    };
    if outcome.changed {
        write(db, &notice, now).await?;
        audit::record(db, deed(&outcome, by), now).await?;
    }
    Ok(outcome)
}

fn deed<'a>(outcome: &BroughtIn, by: &'a str) -> Deed<'a> {
    Deed {
        actor: by,
        action: "holidays.import",
        subject: format!("year:{}", outcome.year),
        event_id: None,
        detail: serde_json::json!({
            "off": outcome.off,
            "worked": outcome.worked,
            "added": outcome.added.len(),
            "removed": outcome.removed.len(),
        }),
    }
}

async fn write(db: &impl ConnectionTrait, notice: &Notice, now: DateTime<Utc>) -> Result<()> {
    holiday_day::Entity::delete_many().filter(holiday_day::Column::Year.eq(notice.year)).exec(db).await?;
    holiday_notice::Entity::delete_by_id(notice.year).exec(db).await?;
    let row = holiday_notice::ActiveModel {
        year: Set(notice.year),
        source: Set(notice.source.clone()),
        published: Set(notice.published),
        imported_at: Set(now),
    };
    holiday_notice::Entity::insert(row).exec_without_returning(db).await?;
    let days = notice.days.iter().map(|day| holiday_day::ActiveModel {
        year: Set(notice.year),
        day: Set(day.day),
        name: Set(day.name.clone()),
        off: Set(day.off),
    });
    Ok(db::insert_all(db, days.collect(), None).await?)
}
