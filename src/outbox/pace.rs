//! How fast, and how much, mail goes to a domain: all servers share one row a domain, and each message gets a slot.
//!
//! Slots are given for a minute ahead. What they do not reach is due again when its turn is expected, and so comes
//! behind what is written until then and weighs more: a cancellation does not wait for a thousand reminders. A link to
//! sign in needs no slot. No attempt is counted for waiting.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::id::OutboxId;
use entity::outbox::{self, Column};
use entity::{
    mail_pace,
    state::{MessageKind, MessageState},
};
use sea_orm::sea_query::{CaseStatement, Expr, OnConflict, SimpleExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::dates::Zone;

/// For how long after its time a slot is good, at least. One that a standstill let pass is given anew, or all of them
/// would go at once.
const GRACE: TimeDelta = TimeDelta::seconds(15);
/// Slots that lie so near go at once: a worker looks every few seconds.
const NEAR: TimeDelta = TimeDelta::milliseconds(500);
/// How far ahead slots are given; half of it to what weighs least, so that some are left for the rest.
const HORIZON: TimeDelta = TimeDelta::seconds(60);
/// The longest that a message waits before it asks for a slot again: until then others may give theirs back.
const ASK: TimeDelta = TimeDelta::hours(1);
/// Ranks of messages.
const RANKS: usize = 4;

/// What goes first where not all can go: the lowest.
const fn rank(kind: MessageKind) -> usize {
    match kind {
        MessageKind::SignIn | MessageKind::Cancellation => 0,
        MessageKind::Update => 1,
        MessageKind::Invitation | MessageKind::Registration | MessageKind::CoHost => 2,
        _ => RANKS - 1,
    }
}

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
    /// The next slot, not before `now`; days are those of `zone`. A message that was `counted` on a day is not counted
    /// again on that one.
    fn take(&mut self, limits: Limits, zone: Zone, now: DateTime<Utc>, counted: Option<NaiveDate>) -> DateTime<Utc> {
        let mut at = self.at.max(now);
        if zone.day(at) != self.day {
            (self.day, self.given) = (zone.day(at), 0);
        }
        if limits.per_day > 0 && self.given >= limits.per_day && counted != Some(self.day) {
            let day = self.day.succ_opt().unwrap_or(self.day);
            at = zone.midnight(day).max(at);
            (self.day, self.given) = (day, 0);
        }
        if counted != Some(self.day) {
            self.given += 1;
        }
        self.at = at + limits.gap();
        at
    }
}

/// Whether a message has a slot: then it is not due before it. What waits for one only bears when it was put off.
fn slot(row: &outbox::Model) -> Option<DateTime<Utc>> {
    row.paced_at.filter(|at| *at >= row.next_at)
}

/// When a message goes.
enum Turn {
    /// It has a slot then.
    Slot(DateTime<Utc>),
    /// Slots are not given that far ahead: it asks again then.
    Expected(DateTime<Utc>),
}

/// Gives slots to messages that are due.
#[derive(Debug)]
pub struct Pacer {
    paces: Paces,
    zone: Zone,
    grace: TimeDelta,
    /// Behind the last one of each rank that waits for a slot, by domain: so each batch comes behind the one before.
    expected: HashMap<String, [Option<Next>; RANKS]>,
}

impl Pacer {
    /// Days are those of `zone`; what is due is looked for every `tick`.
    #[must_use]
    pub fn new(paces: Paces, zone: Zone, tick: TimeDelta) -> Self {
        Self { paces, zone, grace: GRACE.max(tick * 2), expected: HashMap::new() }
    }

    /// Whether nothing ever waits.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.paces.is_none()
    }

    /// Gives each of these claimed messages its slot, in the caller's transaction. Those whose slot is now are given
    /// back; the others are let go of, to be due at their slots, or when their turn to get one is expected.
    pub async fn pace(
        &mut self,
        db: &impl ConnectionTrait,
        rows: Vec<outbox::Model>,
        now: DateTime<Utc>,
    ) -> Result<Vec<outbox::Model>, DbErr> {
        let (mut asking, mut go): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| self.asks(row, now));
        if asking.is_empty() {
            return Ok(go);
        }
        asking.sort_by_key(|row| (rank(row.kind), row.next_at, row.id));
        let mut next = read(db, &asking, self.zone, now).await?;
        let (mut near, mut later, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        for mut row in asking {
            let Some(next) = next.get_mut(&row.domain) else { continue };
            match self.turn(&row, next, now) {
                Turn::Slot(at) if at <= now + NEAR => {
                    near.push(row.id);
                    row.paced_at = Some(now);
                    go.push(row);
                }
                Turn::Slot(at) => later.push((row.id, at)),
                Turn::Expected(at) => expected.push((row.id, at)),
            }
        }
        write(db, next).await?;
        for ids in near.chunks(1_000) {
            mark(db, ids, now).await?;
        }
        for group in later.chunks(200) {
            put_off(db, group, None).await?;
        }
        for group in expected.chunks(200) {
            put_off(db, group, Some(now)).await?;
        }
        Ok(go)
    }

    /// Whether a message needs a slot and has none that is still good.
    fn asks(&self, row: &outbox::Model, now: DateTime<Utc>) -> bool {
        row.kind != MessageKind::SignIn
            && slot(row).is_none_or(|at| at + self.grace < now)
            && !self.paces.of(&row.domain).is_none()
    }

    /// When this one goes; `next` moves on only with a slot.
    fn turn(&mut self, row: &outbox::Model, next: &mut Next, now: DateTime<Utc>) -> Turn {
        let (limits, zone, rank) = (self.paces.of(&row.domain), self.zone, rank(row.kind));
        let horizon = if rank == RANKS - 1 { HORIZON / 2 } else { HORIZON };
        let counted = slot(row).map(|at| zone.day(at));
        let mut taken = *next;
        let at = taken.take(limits, zone, now, counted);
        if at <= now + horizon {
            *next = taken;
            return Turn::Slot(at);
        }
        let expected = self.expected.entry(row.domain.clone()).or_default();
        let ahead = expected[..=rank].iter().flatten();
        let mut behind =
            ahead.fold(*next, |last, one| if (one.at, one.given) > (last.at, last.given) { *one } else { last });
        let at = behind.take(limits, zone, now, counted);
        expected[rank] = Some(behind);
        Turn::Expected(at.min(now + ASK))
    }
}

/// Says that a message with a slot did not go out, for another reason than its mail: it counts for no day.
pub async fn spare(db: &impl ConnectionTrait, row: &outbox::Model, zone: Zone) -> Result<(), DbErr> {
    use sea_orm::ExprTrait;
    let Some(at) = slot(row) else { return Ok(()) };
    mail_pace::Entity::update_many()
        .col_expr(mail_pace::Column::Sent, Expr::col(mail_pace::Column::Sent).sub(1))
        .filter(mail_pace::Column::Domain.eq(row.domain.as_str()))
        .filter(mail_pace::Column::Day.eq(zone.day(at)))
        .filter(mail_pace::Column::Sent.gt(0))
        .exec(db)
        .await
        .map(drop)
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

/// Writes down that these have their slots, and go.
async fn mark(db: &impl ConnectionTrait, ids: &[OutboxId], at: DateTime<Utc>) -> Result<(), DbErr> {
    outbox::Entity::update_many()
        .col_expr(Column::PacedAt, Expr::value(at))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(db)
        .await
        .map(drop)
}

/// Lets go of messages until some moment each: that of their slots, or, with `waiting`, when they ask for one again.
async fn put_off(
    db: &impl ConnectionTrait,
    group: &[(OutboxId, DateTime<Utc>)],
    waiting: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
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
        .col_expr(Column::PacedAt, waiting.map_or_else(slot, Expr::value))
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
        let slots: Vec<_> = (0..8).map(|_| next.take(limits, zone, now, None)).collect();
        let seconds: Vec<_> = slots.iter().map(|slot| (*slot - now).num_milliseconds()).collect();
        // Three of the 12th, three of the 13th, which begins at 16:00 UTC, then the 14th.
        assert_eq!(seconds[..6], [0, 500, 1_000, 2_000, 2_500, 3_000]);
        assert_eq!(slots[6], at("2024-03-13T16:00:00Z"));
        assert_eq!(slots[7], at("2024-03-13T16:00:00.5Z"));
    }

    #[test]
    fn what_is_counted_already_gets_a_slot_of_a_full_day() {
        let zone = Zone::parse("Asia/Shanghai").unwrap();
        let now = at("2024-03-12T02:00:00Z");
        let limits = Limits { per_second: 0.0, per_day: 3 };
        let mut next = Next { at: now, day: zone.day(now), given: 3 };
        assert_eq!(next.take(limits, zone, now, Some(zone.day(now))), now);
        assert_eq!(next.given, 3);
        let yesterday = zone.day(now).pred_opt();
        assert_eq!(next.take(limits, zone, now, yesterday), at("2024-03-12T16:00:00Z"));
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
