//! Which events and sittings a reader looks for, as conditions on `event`, and on `session` joined with it.

use chrono::{DateTime, Utc};
use entity::id::OrganisationId;
use entity::state::{EventStatus, SessionStatus};
use entity::{event, session};
use sea_orm::sea_query::{Condition, Expr, Func, LikeExpr, Query, SelectStatement};
use sea_orm::{ColumnTrait, ExprTrait};

use super::content::{with_topic, with_topic_like};
use super::waiting::Waiting;
use super::{Phase, hosted_below};

/// What a reader looks for, within what they may see.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The reader's organisation: only what it or one below hosts or co-hosts.
    pub seen_by: OrganisationId,
    /// Only what this one or one below hosts or co-hosts.
    pub org: Option<OrganisationId>,
    /// Only events of these kinds.
    pub kinds: Option<Vec<String>>,
    /// Only with this in the place, in any case of letters; empty is anywhere.
    pub place: String,
    /// Only what deals with this law or subject; empty is any.
    pub topic: String,
    /// Only with this in the title, place, a law or a subject, in any case of letters; empty is any.
    pub text: String,
    /// Only what waits for the reader.
    pub only: Option<Waiting>,
}

impl Wanted {
    /// On sittings joined with their events.
    #[must_use]
    pub fn sittings(&self, now: DateTime<Utc>) -> Condition {
        let mut all = self.anyway();
        if let Some(place) = given(&self.place) {
            all = all.add(Condition::any().add(own(place)).add(within(event::Column::Location, place)));
        }
        if let Some(text) = given(&self.text) {
            all = all.add(of_event(text).add(own(text)).add(within(session::Column::Title, text)));
        }
        all.add_option(self.only.as_ref().map(|waiting| waiting.condition(now)))
    }

    /// On events.
    #[must_use]
    pub fn events(&self, now: DateTime<Utc>) -> Condition {
        let sitting = |condition| Expr::exists(sessions_where(condition));
        let mut all = self.anyway();
        if let Some(place) = given(&self.place) {
            let somewhere = sitting(Condition::all().add(own(place)));
            all = all.add(Condition::any().add(within(event::Column::Location, place)).add(somewhere));
        }
        if let Some(text) = given(&self.text) {
            let of_sitting = Condition::any().add(own(text)).add(within(session::Column::Title, text));
            all = all.add(of_event(text).add(sitting(of_sitting)));
        }
        all.add_option(self.only.as_ref().map(|waiting| sitting(waiting.condition(now))))
    }

    fn anyway(&self) -> Condition {
        let kinds = self.kinds.as_ref().map(|kinds| event::Column::Kind.is_in(kinds.iter().map(String::as_str)));
        let topic = given(&self.topic);
        Condition::all()
            .add(hosted_below(self.seen_by))
            .add_option(self.org.filter(|org| *org != self.seen_by).map(hosted_below))
            .add_option(kinds)
            .add_option(topic.map(with_topic))
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// In the title, place or subjects of an event.
fn of_event(text: &str) -> Condition {
    Condition::any()
        .add(within(event::Column::Title, text))
        .add(within(event::Column::Location, text))
        .add(with_topic_like(pattern(text)))
}

/// In the place that a sitting has of its own.
fn own(place: &str) -> Expr {
    within(session::Column::Location, place)
}

fn within<C: ColumnTrait>(column: C, text: &str) -> Expr {
    let column = Expr::col((column.entity_name(), column));
    Expr::expr(Func::lower(column)).like(pattern(text))
}

fn pattern(text: &str) -> LikeExpr {
    let text = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{text}%")).escape('\\')
}

/// The sittings of the event of the query around it.
pub(super) fn sessions_where(condition: Condition) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(session::Entity)
        .and_where(Expr::col((session::Entity, session::Column::EventId)).equals((event::Entity, event::Column::Id)))
        .cond_where(condition)
        .to_owned()
}

/// A condition on a sitting joined with its event: that it stands there at `now`.
#[must_use]
pub fn sitting_stands(phase: Phase, now: DateTime<Utc>) -> Condition {
    let published = || Condition::all().add(event::Column::Status.eq(EventStatus::Scheduled));
    let open = || published().add(session::Column::Status.eq(SessionStatus::Scheduled));
    match phase {
        Phase::Draft => Condition::all()
            .add(event::Column::Status.eq(EventStatus::Draft))
            .add(session::Column::Status.ne(SessionStatus::Cancelled)),
        Phase::Cancelled => Condition::any()
            .add(event::Column::Status.eq(EventStatus::Cancelled))
            .add(session::Column::Status.eq(SessionStatus::Cancelled)),
        Phase::Running => open().add(session::Column::StartsAt.lte(now)).add(session::Column::EndsAt.gt(now)),
        Phase::Ahead => open().add(session::Column::StartsAt.gt(now)),
        Phase::Held => super::session::counts_at(now),
    }
}

/// A condition on `event`: that it stands there at `now`.
#[must_use]
pub fn event_stands(phase: Phase, now: DateTime<Utc>) -> Condition {
    let published = event::Column::Status.eq(EventStatus::Scheduled);
    let open = || {
        Condition::all().add(session::Column::Status.eq(SessionStatus::Scheduled)).add(session::Column::EndsAt.gt(now))
    };
    let running = Expr::exists(sessions_where(open().add(session::Column::StartsAt.lte(now))));
    let is_open = Expr::exists(sessions_where(open()));
    match phase {
        Phase::Draft => Condition::all().add(event::Column::Status.eq(EventStatus::Draft)),
        Phase::Cancelled => Condition::all().add(event::Column::Status.eq(EventStatus::Cancelled)),
        Phase::Running => Condition::all().add(published).add(running),
        Phase::Ahead => Condition::all().add(published).add(is_open).add(running.not()),
        Phase::Held => Condition::all().add(published).add(is_open.not()),
    }
}
