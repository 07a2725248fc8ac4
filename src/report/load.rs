//! Reads one organisation's figures: one query a kind of row, grouped by the database, never one a session.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use entity::id::{EventId, OrganisationId, SessionId};
use entity::state::AttendanceStatus;
use entity::{attendance, event, event_also_kind, event_co_host, membership, organisation, plan_item};
use entity::{session, study_hours};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

use super::figures::{Attendance, Exam, Figures, Hours, Kind, Month, Plan, Standing, to_millionths};
use super::grouped::{
    Count, OfExam, OfHours, OfKind, OfRoster, OfSession, OfTally, all, of_rosters, of_tallies, of_walk_ins,
};
use super::rate::Rate;
use super::source::{Scope, Which, exam_kinds, kinds_of_events};
use crate::dates::Zone;
use crate::people::OrgTree;
use crate::planning;
use crate::scheduling::{Counts, Kinds, hosted_below, session as held, stands};

/// The figures of a year of `org` and everything below it, as they are at `now`, which is shown in `zone`. The rosters
/// of sessions that began must be fixed by then ([`super::settle`]); one that is not is logged and counts nobody.
pub async fn load(
    db: &impl ConnectionTrait,
    kinds: &Kinds,
    org: &organisation::Model,
    year: i32,
    zone: Zone,
    now: DateTime<Utc>,
) -> Result<Figures, DbErr> {
    let scope = Scope { organisation: org.id, year, now };
    let exam_kinds = exam_kinds(kinds);
    let held = Held::load(db, &scope).await?;
    let mut tables = Tables::of(&held, &exam_kinds);
    tables.count_attendance(&held, kinds, &all::<OfRoster>(db, &of_rosters(&scope)).await?);
    tables.count_walk_ins(&held, kinds, &all::<OfSession>(db, &of_walk_ins(&scope)).await?);
    tables.count_people(db, &scope, &exam_kinds).await?;
    let tallies = all::<OfTally>(db, &of_tallies(&scope)).await?;
    let mut outreach = BTreeMap::new();
    for row in &tallies {
        *outreach.entry(row.metric.clone()).or_default() += row.amount;
    }
    let items = planning::items_below(db, org.id, year).await?;
    Ok(Figures {
        year,
        org: org.code.clone(),
        name: org.name.clone(),
        taken_at: zone.with_offset(now).to_rfc3339_opts(SecondsFormat::Secs, false),
        exam: exam(db, &scope, &exam_kinds).await?,
        hours: hours(db, &scope).await?,
        plan: plan(&items, &held, &tallies, kinds),
        outreach,
        kinds: tables.kinds,
        total: tables.total,
        months: tables.months,
    })
}

/// The sessions that count, with what their events say.
struct Held {
    sessions: Vec<(session::Model, event::Model)>,
    /// Every kind of an event, its own too.
    kinds: HashMap<EventId, BTreeSet<String>>,
    /// Every organisation in whose report an event counts.
    reports: HashMap<EventId, HashSet<OrganisationId>>,
    by_session: HashMap<SessionId, usize>,
    tree: OrgTree,
}

impl Held {
    async fn load(db: &impl ConnectionTrait, scope: &Scope) -> Result<Self, DbErr> {
        let rows = session::Entity::find()
            .find_also_related(event::Entity)
            .filter(held::counts_at(scope.now))
            .filter(hosted_below(scope.organisation))
            .filter(session::Column::Year.eq(scope.year))
            .order_by_asc(session::Column::StartsAt)
            .order_by_asc(session::Column::Id)
            .all(db)
            .await?;
        let sessions: Vec<_> = rows.into_iter().filter_map(|(session, event)| Some((session, event?))).collect();
        for (session, _) in sessions.iter().filter(|(session, _)| session.roster_frozen_at.is_none()) {
            tracing::warn!(session = %session.key, "a session counts whose roster is not fixed");
        }
        let mut kinds: HashMap<_, BTreeSet<String>> = HashMap::new();
        let mut hosts: HashMap<_, Vec<_>> = HashMap::new();
        for (_, event) in &sessions {
            if kinds.entry(event.id).or_default().insert(event.kind.clone()) {
                hosts.entry(event.id).or_default().push(event.host_id);
            }
        }
        let also = event_also_kind::Entity::find()
            .filter(Expr::col(event_also_kind::Column::EventId).in_subquery(scope.events()))
            .all(db)
            .await?;
        for row in also {
            kinds.entry(row.event_id).or_default().insert(row.kind);
        }
        let co_hosts = event_co_host::Entity::find()
            .filter(Expr::col(event_co_host::Column::EventId).in_subquery(scope.events()))
            .filter(stands())
            .all(db)
            .await?;
        for row in co_hosts {
            hosts.entry(row.event_id).or_default().push(row.organisation_id);
        }
        let tree = OrgTree::load(db).await?;
        let reports = hosts
            .into_iter()
            .map(|(event, hosts)| (event, hosts.into_iter().flat_map(|host| tree.upwards(host)).collect()))
            .collect();
        let by_session = sessions.iter().enumerate().map(|(at, (session, _))| (session.id, at)).collect();
        Ok(Self { sessions, kinds, reports, by_session, tree })
    }

    fn kinds_of(&self, event: EventId) -> impl Iterator<Item = &str> {
        self.kinds.get(&event).into_iter().flatten().map(String::as_str)
    }

    fn counts_for(&self, event: EventId, organisation: OrganisationId) -> bool {
        self.reports.get(&event).is_some_and(|above| above.contains(&organisation))
    }
}

/// The figures that go by session, while they are added up.
struct Tables {
    kinds: BTreeMap<String, Kind>,
    total: Kind,
    months: Vec<Month>,
}

impl Tables {
    fn of(held: &Held, exam_kinds: &[String]) -> Self {
        let total = Kind { attendance: Some(Attendance::default()), ..Kind::default() };
        let months = (1..=12).map(|month| Month { month, ..Month::default() }).collect();
        let mut tables = Self { kinds: BTreeMap::new(), total, months };
        let mut seen = HashSet::new();
        for (session, event) in &held.sessions {
            let new = i64::from(seen.insert(event.id));
            for key in held.kinds_of(event.id) {
                let kind = tables.kinds.entry(key.to_owned()).or_insert_with(|| Kind {
                    attendance: (!exam_kinds.iter().any(|exam| exam == key)).then(Attendance::default),
                    ..Kind::default()
                });
                kind.events += new;
                kind.sessions += 1;
            }
            tables.total.events += new;
            tables.total.sessions += 1;
            tables.months[session.day.month0() as usize].sessions += 1;
        }
        tables
    }

    /// Lets `add` have every place where a session's attendance counts: its kinds that show attendance and, if there is
    /// one, the total and the month.
    fn each(&mut self, held: &Held, session: SessionId, mut add: impl FnMut(&mut Attendance)) -> Option<&mut Month> {
        let (session, event) = &held.sessions[*held.by_session.get(&session)?];
        let mut shown = false;
        for key in held.kinds_of(event.id) {
            if let Some(attendance) = self.kinds.get_mut(key).and_then(|kind| kind.attendance.as_mut()) {
                add(attendance);
                shown = true;
            }
        }
        if !shown {
            return None;
        }
        self.total.attendance.as_mut().map(add);
        Some(&mut self.months[session.day.month0() as usize])
    }

    fn count_attendance(&mut self, held: &Held, kinds: &Kinds, rows: &[OfRoster]) {
        for row in rows {
            let hours = hours_of(held, kinds, row.session_id);
            let month = self.each(held, row.session_id, |sum| sum.add_roster(row.status, row.count, hours));
            if let Some(month) = month.filter(|_| row.status.is_some_and(AttendanceStatus::attended)) {
                month.person_times += row.count;
            }
        }
    }

    fn count_walk_ins(&mut self, held: &Held, kinds: &Kinds, rows: &[OfSession]) {
        for row in rows {
            let hours = hours_of(held, kinds, row.session_id);
            if let Some(month) = self.each(held, row.session_id, |sum| sum.add_walk_ins(row.count, hours)) {
                month.person_times += row.count;
            }
        }
    }

    async fn count_people(
        &mut self,
        db: &impl ConnectionTrait,
        scope: &Scope,
        exam_kinds: &[String],
    ) -> Result<(), DbErr> {
        let person = || Expr::col((attendance::Entity, attendance::Column::PersonId)).count_distinct();
        let by_kind = scope
            .attended()
            .join_subquery(
                sea_orm::sea_query::JoinType::InnerJoin,
                kinds_of_events(),
                "of",
                Expr::col(("of", "event_id")).equals((event::Entity, event::Column::Id)),
            )
            .expr_as(Expr::col(("of", "kind")), "kind")
            .expr_as(person(), "count")
            .group_by_col(("of", "kind"))
            .to_owned();
        for row in all::<OfKind>(db, &by_kind).await? {
            if let Some(sum) = self.kinds.get_mut(&row.kind).and_then(|kind| kind.attendance.as_mut()) {
                sum.people = row.count;
            }
        }
        let in_all = scope
            .attended()
            .cond_where(Which::Attended.condition(scope.year, exam_kinds))
            .expr_as(person(), "count")
            .to_owned();
        let in_all = all::<Count>(db, &in_all).await?.pop().map_or(0, |row| row.count);
        if let Some(sum) = &mut self.total.attendance {
            sum.people = in_all;
        }
        for kind in self.kinds.values_mut().chain([&mut self.total]) {
            if let Some(sum) = &mut kind.attendance {
                sum.finish();
            }
        }
        Ok(())
    }
}

/// The planned length of a session in hours, by its event's own kind (counting rule 4).
fn hours_of(sessions: &Held, kinds: &Kinds, id: SessionId) -> f64 {
    sessions.by_session.get(&id).map_or(0.0, |&at| {
        let (session, event) = &sessions.sessions[at];
        super::length(kinds, &event.kind, session)
    })
}

async fn exam(db: &impl ConnectionTrait, scope: &Scope, exam_kinds: &[String]) -> Result<Exam, DbErr> {
    let sittings = sittings(db, scope, exam_kinds).await?;
    let grouped = Query::select()
        .from_subquery(scope.examined(&sittings), "of")
        .expr_as(Expr::col(("of", "exempt")), "exempt")
        .expr_as(Expr::col(("of", "grade")), "grade")
        .expr_as(Expr::col(("of", "person_id")).count(), "count")
        .group_by_columns([("of", "exempt"), ("of", "grade")])
        .to_owned();
    let mut exam = Exam::default();
    for row in all::<OfExam>(db, &grouped).await? {
        let standing = match (row.exempt, row.grade) {
            (1, _) => Standing::Exempt,
            (_, 0) => Standing::Eligible,
            (_, 1) => Standing::Sat,
            _ => Standing::Passed,
        };
        exam.add(standing, row.count);
    }
    Ok(exam)
}

/// The sessions that exams of the year go by: of each event whose own kind is an exam the first that counts, if it is
/// of the year, whoever hosts (counting rule 6).
pub(super) async fn sittings(
    db: &impl ConnectionTrait,
    scope: &Scope,
    exam_kinds: &[String],
) -> Result<Vec<SessionId>, DbErr> {
    let rows: Vec<(SessionId, EventId, i32)> = session::Entity::find()
        .select_only()
        .columns([session::Column::Id, session::Column::EventId, session::Column::Year])
        .inner_join(event::Entity)
        .filter(held::counts_at(scope.now))
        .filter(event::Column::Kind.is_in(exam_kinds))
        .filter(session::Column::Year.lte(scope.year))
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let mut seen = HashSet::new();
    let first = rows.into_iter().filter(|(_, event, _)| seen.insert(*event));
    Ok(first.filter(|(_, _, year)| *year == scope.year).map(|(session, _, _)| session).collect())
}

async fn hours(db: &impl ConnectionTrait, scope: &Scope) -> Result<BTreeMap<String, Hours>, DbErr> {
    let grouped = scope
        .hours()
        .column((study_hours::Entity, study_hours::Column::Kind))
        .expr_as(Expr::col((membership::Entity, membership::Column::PersonId)).count_distinct(), "people")
        .expr_as(Expr::col((study_hours::Entity, study_hours::Column::Hours)).sum(), "hours")
        .group_by_col((study_hours::Entity, study_hours::Column::Kind))
        .to_owned();
    let rows = all::<OfHours>(db, &grouped).await?;
    let figure = |row: OfHours| (row.kind, Hours { people: row.people, hours: to_millionths(row.hours) });
    Ok(rows.into_iter().map(figure).collect())
}

fn plan(items: &[plan_item::Model], held: &Held, tallies: &[OfTally], kinds: &Kinds) -> Vec<Plan> {
    items
        .iter()
        .map(|item| {
            let of_kind = match kinds.get(&item.item) {
                Some(kind) => Some(kind.counts),
                // A kind that the site no longer has counts sessions, as most do.
                None => held.kinds.values().any(|of| of.contains(&item.item)).then_some(Counts::Sessions),
            };
            let (done, figure) = match of_kind {
                Some(Counts::Events) => {
                    (yearly_count(held, item, Counts::Events), format!("kinds.{}.events", item.item))
                }
                Some(counts) => (yearly_count(held, item, counts), format!("kinds.{}.sessions", item.item)),
                None => (total(held, item, tallies), format!("outreach.{}", item.item)),
            };
            Plan {
                org_code: held.tree.code(item.organisation_id).to_owned(),
                item: item.item.clone(),
                target: item.target,
                done,
                completion: Rate::new(done, item.target),
                due: item.due,
                figure,
            }
        })
        .collect()
}

fn total(held: &Held, item: &plan_item::Model, tallies: &[OfTally]) -> i64 {
    let own =
        tallies.iter().filter(|row| row.metric == item.item && held.counts_for(row.event_id, item.organisation_id));
    own.map(|row| row.amount).sum()
}

fn yearly_count(held: &Held, item: &plan_item::Model, counts: Counts) -> i64 {
    let of_item = held.sessions.iter().filter(|(_, event)| {
        held.kinds_of(event.id).any(|kind| kind == item.item) && held.counts_for(event.id, item.organisation_id)
    });
    let count = match counts {
        Counts::Sessions => of_item.count(),
        Counts::Events => of_item.map(|(_, event)| event.id).collect::<HashSet<_>>().len(),
    };
    i64::try_from(count).unwrap_or(i64::MAX)
}
