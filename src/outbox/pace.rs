//! How fast, and how much, mail goes to a domain: all servers share one row a domain, and each message gets a slot.
//!
//! A message that must wait keeps its slot (`paced_at`), so it is moved once and not at every look. No attempt is
//! counted for waiting.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::id::OutboxId;
use entity::outbox::{self, Column};
use entity::{mail_pace, state::MessageState};
use sea_orm::sea_query::{CaseStatement, Expr, OnConflict, SimpleExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::dates::Zone;

/// For how long after its time a slot is good. One that a standstill let pass is given anew, or all of them would go
/// at once.
const GRACE: TimeDelta = TimeDelta::seconds(15);
/// Slots that lie so near go at once: a worker looks every few seconds.
const NEAR: TimeDelta = TimeDelta::milliseconds(500);

/// What a domain takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Mails a second; 0 is no limit.
    pub per_second: f64,
    /// Mails a day; 0 is no limit.
    pub per_day: u32,
}

impl Limits {
    /// Whether there is any.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.per_second <= 0.0 && self.per_day == 0
    }

    /// Between two mails.
    fn gap(&self) -> TimeDelta {
        if self.per_second <= 0.0 {
            return TimeDelta::zero();
        }
        #[expect(clippy::cast_possible_truncation, reason = "settings are checked: at least one mail in a day")]
        TimeDelta::microseconds((1_000_000.0 / self.per_second) as i64)
    }
}

/// The limits of each domain.
#[derive(Clone, Debug, Default)]
pub struct Paces {
    /// Of a domain that is not named.
    pub others: Limits,
    /// Of those named, lower case.
    pub named: BTreeMap<String, Limits>,
}

impl Paces {
    /// What `domain`, lower case, takes; a name stands for what is below it too.
    #[must_use]
    pub fn of(&self, domain: &str) -> Limits {
        let mut name = domain;
        loop {
            if let Some(limits) = self.named.get(name) {
                return *limits;
            }
            match name.split_once('.') {
                Some((_, rest)) => name = rest,
                None => return self.others,
            }
        }
    }

    /// Whether any domain has any.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.others.is_none() && self.named.values().all(Limits::is_none)
    }
}

/// Where a domain's next slot lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Next {
    at: DateTime<Utc>,
    day: NaiveDate,
    /// Slots given on that day.
    given: u32,
}

impl Next {
    /// The next slot, not before `now`; days are those of `zone`.
    fn take(&mut self, limits: Limits, zone: Zone, now: DateTime<Utc>) -> DateTime<Utc> {
        let mut at = self.at.max(now);
        if zone.day(at) != self.day {
            (self.day, self.given) = (zone.day(at), 0);
        }
        if limits.per_day > 0 && self.given >= limits.per_day {
            let day = self.day.succ_opt().unwrap_or(self.day);
            at = zone.midnight(day).max(at);
            (self.day, self.given) = (day, 0);
        }
        self.given += 1;
        self.at = at + limits.gap();
        at
    }
}

/// Gives each of these claimed messages its slot, in the caller's transaction. Those whose slot is now are given back;
/// the others are let go of, to be due at their slots.
pub async fn pace(
    db: &impl ConnectionTrait,
    paces: &Paces,
    zone: Zone,
    rows: Vec<outbox::Model>,
    now: DateTime<Utc>,
) -> Result<Vec<outbox::Model>, DbErr> {
    let waits = |row: &outbox::Model| row.paced_at.is_none_or(|at| at + GRACE < now);
    let (asking, mut go): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| waits(row) && !paces.of(&row.domain).is_none());
    if asking.is_empty() {
        return Ok(go);
    }
    let mut next = read(db, &asking, zone, now).await?;
    let mut later = Vec::new();
    for row in asking {
        let Some(next) = next.get_mut(&row.domain) else { continue };
        let slot = next.take(paces.of(&row.domain), zone, now);
        if slot <= now + NEAR {
            go.push(row);
        } else {
            later.push((row.id, slot));
        }
    }
    write(db, next).await?;
    for group in later.chunks(200) {
        put_off(db, group).await?;
    }
    Ok(go)
}

/// The rows of these domains, locked; made where they are missing, so that two servers wait for each other.
async fn read(
    db: &impl ConnectionTrait,
    rows: &[outbox::Model],
    zone: Zone,
    now: DateTime<Utc>,
) -> Result<HashMap<String, Next>, DbErr> {
    let mut domains: Vec<_> = rows.iter().map(|row| row.domain.clone()).collect();
    domains.sort_unstable();
    domains.dedup();
    let fresh = domains.iter().map(|domain| mail_pace::ActiveModel {
        domain: Set(domain.clone()),
        next_at: Set(now),
        day: Set(zone.day(now)),
        sent: Set(0),
    });
    mail_pace::Entity::insert_many(fresh)
        .on_conflict(OnConflict::column(mail_pace::Column::Domain).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    let rows = mail_pace::Entity::find()
        .filter(mail_pace::Column::Domain.is_in(domains))
        .order_by_asc(mail_pace::Column::Domain)
        .lock_exclusive()
        .all(db)
        .await?;
    let next = |row: &mail_pace::Model| Next { at: row.next_at, day: row.day, given: row.sent.try_into().unwrap_or(0) };
    Ok(rows.into_iter().map(|row| (row.domain.clone(), next(&row))).collect())
}

async fn write(db: &impl ConnectionTrait, next: HashMap<String, Next>) -> Result<(), DbErr> {
    let rows = next.into_iter().map(|(domain, next)| mail_pace::ActiveModel {
        domain: Set(domain),
        next_at: Set(next.at),
        day: Set(next.day),
        sent: Set(next.given.try_into().unwrap_or(i32::MAX)),
    });
    let columns = [mail_pace::Column::NextAt, mail_pace::Column::Day, mail_pace::Column::Sent];
    let over = OnConflict::column(mail_pace::Column::Domain).update_columns(columns).to_owned();
    crate::db::insert_all(db, rows.collect(), Some(&over)).await
}

async fn put_off(db: &impl ConnectionTrait, group: &[(OutboxId, DateTime<Utc>)]) -> Result<(), DbErr> {
    use sea_orm::ExprTrait;
    let Some((_, last)) = group.last() else { return Ok(()) };
    let slot = || -> SimpleExpr {
        let cases = group
            .iter()
            .fold(CaseStatement::new(), |case, (id, at)| case.case(Expr::col(Column::Id).eq(*id), Expr::value(*at)));
        cases.finally(Expr::value(*last)).into()
    };
    outbox::Entity::update_many()
        .col_expr(Column::NextAt, slot())
        .col_expr(Column::PacedAt, slot())
        .col_expr(Column::LeasedBy, Expr::value(None::<String>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::Id.is_in(group.iter().map(|(id, _)| *id)))
        .filter(Column::State.is_in([MessageState::Queued, MessageState::Failed]))
        .exec(db)
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn slots_keep_their_gap_and_a_full_day_goes_on_tomorrow() {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let now = at("2024-03-12T15:59:58Z");
        let mut next = Next { at: at("2024-03-12T00:00:00Z"), day: zone.day(now), given: 0 };
        let limits = Limits { per_second: 2.0, per_day: 3 };
        let slots: Vec<_> = (0..8).map(|_| next.take(limits, zone, now)).collect();
        let seconds: Vec<_> = slots.iter().map(|slot| (*slot - now).num_milliseconds()).collect();
        // Three of the 12th, three of the 13th, which begins at 16:00 UTC, then the 14th.
        assert_eq!(seconds[..6], [0, 500, 1_000, 2_000, 2_500, 3_000]);
        assert_eq!(slots[6], at("2024-03-13T16:00:00Z"));
        assert_eq!(slots[7], at("2024-03-13T16:00:00.5Z"));
    }

    #[test]
    fn a_domain_stands_for_what_is_below_it() {
        let named = Limits { per_second: 1.0, per_day: 0 };
        let paces = Paces { others: Limits::default(), named: [("example.test".to_owned(), named)].into() };
        assert_eq!(paces.of("mail.example.test"), named);
        assert_eq!(paces.of("example.test"), named);
        assert!(paces.of("test").is_none() && paces.of("badexample.test").is_none());
    }
}
