//! Finding the sessions that lie over given times: one query by the indexes on a session's start and end, however many
//! times there are.

use chrono::{DateTime, TimeDelta, Utc};
use entity::state::{EventStatus, SessionStatus};
use entity::{event, session};
use sea_orm::sea_query::{Expr, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter};

use super::Subject;
use crate::dates::Span;

/// Stretches of time asked for at once; nearer ones than that are asked for together.
const STRETCHES: usize = 100;

/// The longest session that is looked for: those that lie over a time have begun so long before it at most.
const LONGEST: TimeDelta = TimeDelta::days(100);

/// A stretch of time, its end excluded.
type Stretch = (DateTime<Utc>, DateTime<Utc>);

/// The sessions of other events that lie over any of these times: published ones of anybody, and those of drafts of the
/// same host; none that are cancelled, none longer than 100 days. Some may lie between the times.
pub async fn load(
    db: &impl ConnectionTrait,
    subject: &Subject,
    spans: &[Span],
) -> Result<Vec<(session::Model, event::Model)>, DbErr> {
    let mut each = stretches(spans.iter().map(|span| (span.start, span.end)).collect()).into_iter().map(over);
    let Some(first) = each.next() else { return Ok(Vec::new()) };
    // One search of the index for each stretch: as one condition, SQLite would rather look at every row.
    let any = each.fold(first, |mut all, one| all.union(UnionType::All, one).to_owned());
    let own_draft =
        Condition::all().add(event::Column::Status.eq(EventStatus::Draft)).add(event::Column::HostId.eq(subject.host));
    let rows = session::Entity::find()
        .find_also_related(event::Entity)
        .filter(session::Column::Id.in_subquery(any))
        .filter(session::Column::Status.ne(SessionStatus::Cancelled))
        .filter(Condition::any().add(event::Column::Status.eq(EventStatus::Scheduled)).add(own_draft))
        .all(db)
        .await?;
    let mut found: Vec<_> = rows
        .into_iter()
        .filter_map(|(session, event)| Some((session, event?)))
        .filter(|(session, _)| Some(session.event_id) != subject.event)
        .collect();
    found.sort_by_key(|(session, _)| (session.starts_at, session.id));
    Ok(found)
}

/// The ids of the sessions that lie over a stretch; the index on start and end knows them without the rows.
fn over((start, end): Stretch) -> SelectStatement {
    Query::select()
        .column(session::Column::Id)
        .from(session::Entity)
        .and_where(Expr::col(session::Column::StartsAt).gt(start - LONGEST))
        .and_where(Expr::col(session::Column::StartsAt).lt(end))
        .and_where(Expr::col(session::Column::EndsAt).gt(start))
        .to_owned()
}

/// At most [`STRETCHES`] stretches that cover all of these: what touches becomes one, then what is nearest.
fn stretches(mut all: Vec<Stretch>) -> Vec<Stretch> {
    all.sort_unstable();
    let mut merged: Vec<Stretch> = Vec::new();
    for (start, end) in all {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = Ord::max(last.1, end),
            _ => merged.push((start, end)),
        }
    }
    let mut gaps: Vec<(TimeDelta, usize)> = (1..merged.len()).map(|i| (merged[i].0 - merged[i - 1].1, i)).collect();
    gaps.sort_unstable();
    let mut breaks: Vec<usize> = gaps.iter().rev().take(STRETCHES - 1).map(|(_, i)| *i).collect();
    breaks.sort_unstable();
    breaks.push(merged.len());
    let mut from = 0;
    let mut cover = Vec::new();
    for to in breaks {
        if let (Some(first), Some(last)) = (merged.get(from), to.checked_sub(1).and_then(|i| merged.get(i))) {
            cover.push((first.0, last.1));
        }
        from = to;
    }
    cover
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(n: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(n)
    }

    #[test]
    fn what_touches_is_one_stretch_and_many_become_few_that_still_cover_all() {
        assert_eq!(stretches(Vec::new()), []);
        let touching = vec![(hour(5), hour(6)), (hour(1), hour(3)), (hour(3), hour(4)), (hour(2), hour(3))];
        assert_eq!(stretches(touching), [(hour(1), hour(4)), (hour(5), hour(6))]);
        let weekly: Vec<_> = (0..1000).map(|week| (hour(week * 168), hour(week * 168 + 2))).collect();
        let few = stretches(weekly.clone());
        assert!(few.len() <= STRETCHES);
        assert!(weekly.iter().all(|(start, end)| few.iter().any(|(from, to)| from <= start && end <= to)));
        // The wide gap stays one.
        let mut apart: Vec<_> = (0..100).map(|day| (hour(day * 24), hour(day * 24 + 1))).collect();
        apart.push((hour(100_000), hour(100_001)));
        assert_eq!(stretches(apart).last(), Some(&(hour(100_000), hour(100_001))));
    }
}
