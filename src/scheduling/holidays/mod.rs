//! Notices of days off: those that come with the program, replaced year by year by what a site brought in.

pub mod api;
mod bring_in;
mod embedded;
pub mod pages;
mod shown;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{holiday_day, holiday_notice};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};

pub use bring_in::{BroughtIn, Changed, bring_in};
pub use embedded::embedded;

use crate::dates::{NamedDay, Notice, Workdays};
use crate::error::Result;

/// A notice as it is in force, and since when if a site brought it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// What it says.
    pub notice: Notice,
    /// When it was brought in; `None`: it came with the program.
    pub imported_at: Option<DateTime<Utc>>,
}

/// Which days are worked, by every notice that is known. Two small queries.
pub async fn load(db: &impl ConnectionTrait) -> Result<Workdays> {
    Ok(Workdays::new(in_force(db).await?.into_iter().map(|one| one.notice)))
}

/// Every notice that is known, by year.
pub async fn in_force(db: &impl ConnectionTrait) -> Result<Vec<InForce>> {
    let imported = holiday_notice::Entity::find().order_by_asc(holiday_notice::Column::Year).all(db).await?;
    let mut all: Vec<InForce> = embedded()
        .iter()
        .filter(|notice| imported.iter().all(|row| row.year != notice.year))
        .map(|notice| InForce { notice: notice.clone(), imported_at: None })
        .collect();
    if !imported.is_empty() {
        let days = holiday_day::Entity::find().order_by_asc(holiday_day::Column::Day).all(db).await?;
        all.extend(imported.into_iter().map(|row| read_row(row, &days)));
        all.sort_by_key(|one| one.notice.year);
    }
    Ok(all)
}

fn read_row(row: holiday_notice::Model, days: &[holiday_day::Model]) -> InForce {
    let days = days.iter().filter(|day| day.year == row.year);
    let named = |day: &holiday_day::Model| NamedDay { day: day.day, name: day.name.clone(), off: day.off };
    let published: Option<NaiveDate> = row.published;
    InForce {
        notice: Notice { year: row.year, source: row.source, published, days: days.map(named).collect() },
        imported_at: Some(row.imported_at),
    }
}
