//! Where figures come from: each source as one query that `figures` groups and `rows` lists, so that
//! a figure and the rows behind it cannot disagree.

use chrono::{DateTime, Utc};
use entity::id::{OrganisationId, SessionId};
use entity::state::AttendanceStatus;
use entity::{attendance, event, event_also_kind, exam_result, membership, roster_entry, session, study_hours, tally};
use sea_orm::sea_query::{Alias, CaseStatement, Condition, Expr, Func, IntoColumnRef, Query, SelectStatement};
use sea_orm::{ColumnTrait, ExprTrait};

use crate::people::select_below;
use crate::scheduling::{Class, Kinds, hosted_below, session as held};

/// What one report is about.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The organisation; everything below it belongs to it.
    pub organisation: OrganisationId,
    /// Which year, by the session's own zone.
    pub year: i32,
    /// Sessions that have ended by then count.
    pub now: DateTime<Utc>,
}

/// Which of the sessions that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    Every,
    /// Of events of that kind, their own or a further one (counting rule 11).
    Kind(String),
    /// Of events that have a kind whose attendance is shown: each once, however many such kinds (counting rule 11).
    Attended,
    /// Those of a month from 1 to 12.
    Month(u32),
    /// Of [`Which::Attended`] those of a month.
    AttendedIn(u32),
}

/// The keys of kinds of class exam, whose figures go by people (counting rule 6).
#[must_use]
pub fn exam_kinds(kinds: &Kinds) -> Vec<String> {
    kinds.iter().filter(|(_, kind)| kind.class == Class::Exam).map(|(key, _)| key.to_owned()).collect()
}

fn col<C: IntoColumnRef>(column: C) -> Expr {
    Expr::col(column)
}

impl Scope {
    /// `session` joined with `event`: those that count for the organisation in the year (counting rules 1 and 2).
    #[must_use]
    pub fn sessions(&self) -> SelectStatement {
        self.sessions_of(Condition::all().add(session::Column::Year.eq(self.year)))
    }

    fn sessions_of(&self, years: Condition) -> SelectStatement {
        Query::select()
            .from(session::Entity)
            .inner_join(
                event::Entity,
                col((event::Entity, event::Column::Id)).equals((session::Entity, session::Column::EventId)),
            )
            .cond_where(held::counts_at(self.now))
            .cond_where(hosted_below(self.organisation))
            .cond_where(years)
            .to_owned()
    }

    /// The ids of the events of [`Scope::sessions`], as a subquery.
    #[must_use]
    pub fn events(&self) -> SelectStatement {
        self.sessions().column((session::Entity, session::Column::EventId)).to_owned()
    }

    /// The ids of those events whose first session that counts was in an earlier year, as a subquery: their tallies
    /// belong there (counting rule 7).
    #[must_use]
    pub fn begun_earlier(&self) -> SelectStatement {
        self.sessions_of(Condition::all().add(session::Column::Year.lt(self.year)))
            .column((session::Entity, session::Column::EventId))
            .and_where(col((session::Entity, session::Column::EventId)).in_subquery(self.events()))
            .distinct()
            .to_owned()
    }

    /// [`Scope::sessions`] with everyone of the organisation on their rosters, and what became of them: `roster_entry`,
    /// and `attendance` where there is one.
    #[must_use]
    pub fn rosters(&self) -> SelectStatement {
        self.sessions()
            .inner_join(
                roster_entry::Entity,
                col((roster_entry::Entity, roster_entry::Column::SessionId))
                    .equals((session::Entity, session::Column::Id)),
            )
            .left_join(attendance::Entity, of_roster_entry())
            .and_where(
                col((roster_entry::Entity, roster_entry::Column::OrganisationId))
                    .in_subquery(select_below(self.organisation)),
            )
            .to_owned()
    }

    /// [`Scope::sessions`] with everyone of the organisation who attended, walk-ins too: `attendance`, and
    /// `roster_entry` where there is one (counting rule 4).
    #[must_use]
    pub fn attended(&self) -> SelectStatement {
        let came: Vec<_> = AttendanceStatus::ALL.iter().copied().filter(|status| status.attended()).collect();
        self.sessions()
            .inner_join(
                attendance::Entity,
                col((attendance::Entity, attendance::Column::SessionId)).equals((session::Entity, session::Column::Id)),
            )
            .left_join(
                roster_entry::Entity,
                Condition::all()
                    .add(
                        col((roster_entry::Entity, roster_entry::Column::SessionId))
                            .equals((session::Entity, session::Column::Id)),
                    )
                    .add(same_person()),
            )
            .and_where(attendance::Column::Status.is_in(came))
            .and_where(organisation_then().in_subquery(select_below(self.organisation)))
            .to_owned()
    }

    /// Those of [`Scope::attended`] who are not on the roster.
    #[must_use]
    pub fn walk_ins(&self) -> SelectStatement {
        self.attended().and_where(col((roster_entry::Entity, roster_entry::Column::PersonId)).is_null()).to_owned()
    }

    /// One row a person of the organisation and exam: of the roster of each of `sittings`, with `exempt` (0 or 1) and
    /// `grade` (0 no result, 1 sat, 2 passed by the mark of some attempt's own row).
    #[must_use]
    pub fn examined(&self, sittings: &[SessionId]) -> SelectStatement {
        let result = |column| (exam_result::Entity, column);
        let grade = CaseStatement::new()
            .case(col(result(exam_result::Column::Id)).is_null(), 0)
            .case(col(result(exam_result::Column::Score)).gte(col(result(exam_result::Column::PassMark))), 2)
            .finally(1);
        let exempt = CaseStatement::new().case(attendance::Column::Status.eq(AttendanceStatus::Exempt), 1).finally(0);
        let entry = |column| (roster_entry::Entity, column);
        Query::select()
            .from(roster_entry::Entity)
            .inner_join(
                session::Entity,
                col((session::Entity, session::Column::Id)).equals(entry(roster_entry::Column::SessionId)),
            )
            .left_join(attendance::Entity, of_roster_entry())
            .left_join(
                exam_result::Entity,
                Condition::all()
                    .add(col(result(exam_result::Column::EventId)).equals((session::Entity, session::Column::EventId)))
                    .add(col(result(exam_result::Column::PersonId)).equals(entry(roster_entry::Column::PersonId))),
            )
            .expr_as(col(entry(roster_entry::Column::SessionId)), "session_id")
            .expr_as(col(entry(roster_entry::Column::PersonId)), "person_id")
            .expr_as(col(entry(roster_entry::Column::OrganisationId)), "organisation_id")
            .expr_as(col(entry(roster_entry::Column::Name)), "name")
            .expr_as(exempt, "exempt")
            .expr_as(Expr::expr(grade).max(), "grade")
            .expr_as(col(result(exam_result::Column::Id)).count(), "attempts")
            .expr_as(col(result(exam_result::Column::Score)).max(), "score")
            .and_where(roster_entry::Column::SessionId.is_in(sittings.iter().copied()))
            .and_where(col(entry(roster_entry::Column::OrganisationId)).in_subquery(select_below(self.organisation)))
            .group_by_columns([
                entry(roster_entry::Column::SessionId),
                entry(roster_entry::Column::PersonId),
                entry(roster_entry::Column::OrganisationId),
                entry(roster_entry::Column::Name),
            ])
            .group_by_col((attendance::Entity, attendance::Column::Status))
            .to_owned()
    }

    /// Tallies of the events that count, in the year of their first session that does (counting rule 7).
    #[must_use]
    pub fn tallies(&self) -> SelectStatement {
        let of_event = || col((tally::Entity, tally::Column::EventId));
        Query::select()
            .from(tally::Entity)
            .and_where(of_event().in_subquery(self.events()))
            .and_where(of_event().not_in_subquery(self.begun_earlier()))
            .to_owned()
    }

    /// `study_hours` of the year with the `membership` of their day, of people then under the organisation (counting
    /// rule 12).
    #[must_use]
    pub fn hours(&self) -> SelectStatement {
        let day = || col((study_hours::Entity, study_hours::Column::Date));
        let member = |column| col((membership::Entity, column));
        let (first, last) = (new_year(self.year), new_year(self.year.saturating_add(1)));
        Query::select()
            .from(study_hours::Entity)
            .inner_join(
                membership::Entity,
                Condition::all()
                    .add(
                        member(membership::Column::PersonId)
                            .equals((study_hours::Entity, study_hours::Column::PersonId)),
                    )
                    .add(member(membership::Column::ActiveFrom).lte(day()))
                    .add(
                        Condition::any()
                            .add(member(membership::Column::ActiveTo).is_null())
                            .add(member(membership::Column::ActiveTo).gte(day())),
                    ),
            )
            .and_where(day().gte(first))
            .and_where(day().lt(last))
            .and_where(member(membership::Column::OrganisationId).in_subquery(select_below(self.organisation)))
            .to_owned()
    }
}

impl Which {
    /// A condition on `session` joined with `event`.
    #[must_use]
    pub fn condition(&self, year: i32, exam_kinds: &[String]) -> Condition {
        let also = |which: Condition| {
            let events = Query::select()
                .column((event_also_kind::Entity, event_also_kind::Column::EventId))
                .from(event_also_kind::Entity)
                .cond_where(which)
                .to_owned();
            col((event::Entity, event::Column::Id)).in_subquery(events)
        };
        match self {
            Self::Every => Condition::all(),
            Self::Kind(key) => Condition::any()
                .add(event::Column::Kind.eq(key))
                .add(also(Condition::all().add(event_also_kind::Column::Kind.eq(key)))),
            Self::Attended => Condition::any()
                .add(event::Column::Kind.is_not_in(exam_kinds))
                .add(also(Condition::all().add(event_also_kind::Column::Kind.is_not_in(exam_kinds)))),
            Self::Month(month) => {
                let first = chrono::NaiveDate::from_ymd_opt(year, *month, 1).unwrap_or_default();
                let next = first.checked_add_months(chrono::Months::new(1)).unwrap_or(first);
                Condition::all().add(session::Column::Day.gte(first)).add(session::Column::Day.lt(next))
            }
            Self::AttendedIn(month) => Condition::all()
                .add(Self::Attended.condition(year, exam_kinds))
                .add(Self::Month(*month).condition(year, exam_kinds)),
        }
    }
}

/// Every kind of every event, its own and further ones, each once: `event_id`, `kind`.
#[must_use]
pub fn kinds_of_events() -> SelectStatement {
    let further = Query::select()
        .column((event_also_kind::Entity, event_also_kind::Column::EventId))
        .column((event_also_kind::Entity, event_also_kind::Column::Kind))
        .from(event_also_kind::Entity)
        .to_owned();
    Query::select()
        .expr_as(col((event::Entity, event::Column::Id)), Alias::new("event_id"))
        .column((event::Entity, event::Column::Kind))
        .from(event::Entity)
        .union(sea_orm::sea_query::UnionType::Distinct, further)
        .to_owned()
}

/// Whom a person was under on the session's day, on its roster or not.
#[must_use]
pub fn organisation_then() -> Expr {
    Func::coalesce([
        col((roster_entry::Entity, roster_entry::Column::OrganisationId)),
        col((attendance::Entity, attendance::Column::OrganisationId)),
    ])
    .into()
}

/// Attendance joined to a session and its roster: of that session and that person.
fn of_roster_entry() -> Condition {
    let same_session =
        col((attendance::Entity, attendance::Column::SessionId)).equals((session::Entity, session::Column::Id));
    Condition::all().add(same_session).add(same_person())
}

fn same_person() -> Expr {
    col((attendance::Entity, attendance::Column::PersonId))
        .equals((roster_entry::Entity, roster_entry::Column::PersonId))
}

fn new_year(year: i32) -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default()
}
