//! Sittings as the calendar's pages list them: a few columns of a session and its event, no more.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use entity::id::{EventId, OrganisationId, SessionId};
use entity::state::{EventStatus, SessionStatus};
use entity::{event, session};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::wanted::sitting_stands;
use super::{Phase, Wanted, waiting};
use crate::dates::{Span, Zone};

/// How long before a day a sitting that lasts into it may have begun.
const LONGEST: Days = Days::new(366);
/// The most by which a local date begins before the same date in UTC.
const EAST: TimeDelta = TimeDelta::hours(14);

/// A sitting.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Sitting {
    /// Its session.
    pub id: SessionId,
    /// Its event.
    pub event_id: EventId,
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
    /// Whether it is whole days.
    pub all_day: bool,
    /// IANA name.
    pub time_zone: String,
    /// Local date of the start.
    pub day: NaiveDate,
    /// Where it stands.
    pub status: SessionStatus,
    /// Where its event stands.
    pub event_status: EventStatus,
    /// Its own title.
    pub own_title: Option<String>,
    /// Its event's.
    pub event_title: String,
    /// Its own place.
    pub own_location: Option<String>,
    /// Its event's.
    pub event_location: String,
    /// Its event's kind.
    pub kind: String,
    /// Its event's host.
    pub host_id: OrganisationId,
    /// Whether it is over, people had to come, and nobody recorded who did.
    pub unfinished: bool,
}

impl Sitting {
    /// When it is.
    #[must_use]
    pub fn span(&self) -> Span {
        let zone = Zone::parse(&self.time_zone).unwrap_or(Zone(chrono_tz::Asia::Shanghai));
        Span { start: self.starts_at, end: self.ends_at, all_day: self.all_day, zone }
    }

    /// Its own title, else its event's; may be empty.
    #[must_use]
    pub fn title(&self) -> &str {
        self.own_title.as_deref().unwrap_or(&self.event_title)
    }

    /// Its own place, else its event's; may be empty.
    #[must_use]
    pub fn location(&self) -> &str {
        self.own_location.as_deref().unwrap_or(&self.event_location)
    }

    /// Where it stands as people see it.
    #[must_use]
    pub fn phase(&self, now: DateTime<Utc>) -> Phase {
        Phase::of(self.event_status, self.status, (self.starts_at, self.ends_at), now)
    }

    /// Where it stands in a list by day.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { day: self.day, starts_at: self.starts_at, id: self.id }
    }

    fn lasts_into(&self, first: NaiveDate) -> bool {
        self.day >= first || self.span().last_day() >= first
    }
}

/// The place of a sitting in a list by day, start and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    day: NaiveDate,
    starts_at: DateTime<Utc>,
    id: SessionId,
}

impl Mark {
    /// Reads what [`Mark::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('_');
        let mark = Self {
            day: parts.next()?.parse().ok()?,
            starts_at: DateTime::from_timestamp_micros(parts.next()?.parse().ok()?)?,
            id: SessionId(parts.next()?.parse().ok()?),
        };
        // What lies outside the years that a database keeps is nobody's place.
        let sensible = "1900-01-01".parse().is_ok_and(|from: NaiveDate| mark.day >= from)
            && "2300-01-01".parse().is_ok_and(|to: NaiveDate| mark.day < to)
            && (-2_208_988_800..10_413_792_000).contains(&mark.starts_at.timestamp());
        (parts.next().is_none() && sensible).then_some(mark)
    }

    /// As an address carries it.
    #[must_use]
    pub fn text(self) -> String {
        format!("{}_{}_{}", self.day, self.starts_at.timestamp_micros(), self.id)
    }

    fn later(self) -> Condition {
        let (day, start, id) = (session::Column::Day, session::Column::StartsAt, session::Column::Id);
        let same_day = || Condition::all().add(day.eq(self.day));
        Condition::all().add(day.gte(self.day)).add(
            Condition::any()
                .add(day.gt(self.day))
                .add(same_day().add(start.gt(self.starts_at)))
                .add(same_day().add(start.eq(self.starts_at)).add(id.gt(self.id))),
        )
    }

    fn earlier(self) -> Condition {
        let (day, start, id) = (session::Column::Day, session::Column::StartsAt, session::Column::Id);
        let same_day = || Condition::all().add(day.eq(self.day));
        Condition::all().add(day.lte(self.day)).add(
            Condition::any()
                .add(day.lt(self.day))
                .add(same_day().add(start.lt(self.starts_at)))
                .add(same_day().add(start.eq(self.starts_at)).add(id.lt(self.id))),
        )
    }
}

/// Where a part of a long list begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// On that day, with what began earlier and lasts into it.
    From(NaiveDate),
    /// After that sitting.
    After(Mark),
    /// It ends before that sitting.
    Before(Mark),
    /// It ends before that day.
    BeforeDay(NaiveDate),
}

/// Some sittings, and whether there are more in the direction asked for.
#[derive(Clone, Debug)]
pub struct Listed {
    /// By day, start and id.
    pub rows: Vec<Sitting>,
    /// The first and the last that were looked at.
    pub ends: Option<(Mark, Mark)>,
    /// Whether there are more.
    pub more: bool,
}

fn select(wanted: &Wanted, exams: &[String], now: DateTime<Utc>) -> Select<session::Entity> {
    session::Entity::find()
        .select_only()
        .columns([
            session::Column::Id,
            session::Column::EventId,
            session::Column::StartsAt,
            session::Column::EndsAt,
            session::Column::AllDay,
            session::Column::TimeZone,
            session::Column::Day,
            session::Column::Status,
        ])
        .column_as(session::Column::Title, "own_title")
        .column_as(session::Column::Location, "own_location")
        .column_as(event::Column::Status, "event_status")
        .column_as(event::Column::Title, "event_title")
        .column_as(event::Column::Location, "event_location")
        .column(event::Column::Kind)
        .column(event::Column::HostId)
        .column_as(Expr::from(waiting::unfinished(exams, now)), "unfinished")
        .inner_join(event::Entity)
        .filter(wanted.sittings(now))
}

fn by_day(query: Select<session::Entity>) -> Select<session::Entity> {
    query.order_by_asc(session::Column::Day).order_by_asc(session::Column::StartsAt).order_by_asc(session::Column::Id)
}

/// Of sittings that begin on `first` or later, or may last into it.
fn reaching(first: NaiveDate) -> Condition {
    let begins = first.and_time(NaiveTime::MIN).and_utc() - EAST;
    Condition::all()
        .add(session::Column::Day.gte(first - LONGEST))
        .add(Condition::any().add(session::Column::Day.gte(first)).add(session::Column::EndsAt.gt(begins)))
}

/// The sittings that touch any of the days from `first` to `last`, both included, each by its own zone's dates.
pub async fn between(
    db: &impl ConnectionTrait,
    (wanted, exams): (&Wanted, &[String]),
    (first, last): (NaiveDate, NaiveDate),
    now: DateTime<Utc>,
) -> Result<Vec<Sitting>, DbErr> {
    let query = select(wanted, exams, now).filter(reaching(first)).filter(session::Column::Day.lte(last));
    let mut rows: Vec<Sitting> = by_day(query).into_model().all(db).await?;
    rows.retain(|row| row.lasts_into(first));
    Ok(rows)
}

/// The sittings whose day is of that year.
pub async fn of_year(
    db: &impl ConnectionTrait,
    (wanted, exams): (&Wanted, &[String]),
    year: i32,
    now: DateTime<Utc>,
) -> Result<Vec<Sitting>, DbErr> {
    let query = select(wanted, exams, now).filter(session::Column::Year.eq(year));
    by_day(query).into_model().all(db).await
}

/// At most `size` sittings of a long list, of one phase if asked for.
pub async fn part(
    db: &impl ConnectionTrait,
    (wanted, exams): (&Wanted, &[String]),
    (part, phase, size): (Part, Option<Phase>, usize),
    now: DateTime<Utc>,
) -> Result<Listed, DbErr> {
    let mut query = select(wanted, exams, now).limit(size as u64 + 1);
    if let Some(phase) = phase {
        query = query.filter(sitting_stands(phase, now));
    }
    let backwards = matches!(part, Part::Before(_) | Part::BeforeDay(_));
    query = match part {
        Part::From(day) => by_day(query.filter(reaching(day))),
        Part::After(mark) => by_day(query.filter(mark.later())),
        Part::Before(mark) => query.filter(mark.earlier()),
        Part::BeforeDay(day) => query.filter(session::Column::Day.lt(day)),
    };
    if backwards {
        query = query
            .order_by_desc(session::Column::Day)
            .order_by_desc(session::Column::StartsAt)
            .order_by_desc(session::Column::Id);
    }
    let mut rows: Vec<Sitting> = query.into_model().all(db).await?;
    let more = rows.len() > size;
    rows.truncate(size);
    if backwards {
        rows.reverse();
    }
    let ends = rows.first().zip(rows.last()).map(|(first, last)| (first.mark(), last.mark()));
    if let Part::From(day) = part {
        rows.retain(|row| row.lasts_into(day));
    }
    Ok(Listed { rows, ends, more })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_list_is_read_as_it_was_written_and_nothing_else_is() {
        let mark = Mark {
            day: "2024-05-01".parse().unwrap(),
            starts_at: "2024-05-01T01:00:00Z".parse().unwrap(),
            id: SessionId(7),
        };
        assert_eq!(Mark::parse(&mark.text()), Some(mark));
        for wrong in [
            "",
            "2024-05-01",
            "2024-05-01_0",
            "2024-05-01_0_7_8",
            "x_0_7",
            "+99999-01-01_0_7",
            "2024-05-01_9223372036854775807_7",
        ] {
            assert_eq!(Mark::parse(wrong), None, "{wrong}");
        }
    }
}
