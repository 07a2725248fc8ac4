//! What an organiser sets: whether people put their names down themselves, and until when.

use chrono::{DateTime, Utc};
use entity::event;
use entity::state::RegistrationMode;

use crate::dates::{Zone, parse_moment};
use crate::error::FieldProblem;

/// The terms of registration as somebody writes them; None stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms<'a> {
    /// Whether it is open.
    pub registration: Option<RegistrationMode>,
    /// Until when.
    pub closes_at: Option<Option<&'a str>>,
}

/// The row with what is given set, where it differs; what is wrong is named. A closing time that is set anew must be
/// ahead: one in the past would say that it closed before anybody was told.
pub(in crate::scheduling) fn understand(
    row: &mut event::ActiveModel,
    before: &event::Model,
    terms: &Terms<'_>,
    now: DateTime<Utc>,
    wrong: &mut Vec<FieldProblem>,
) {
    use sea_orm::ActiveValue::Set;
    if let Some(mode) = terms.registration.filter(|mode| *mode != before.registration) {
        row.registration = Set(mode);
    }
    if let Some(text) = terms.closes_at {
        let zone = Zone::parse(&before.time_zone).unwrap_or(Zone(chrono_tz::Asia::Shanghai));
        let at = match text.map(str::trim).filter(|text| !text.is_empty()).map(|text| parse_moment(text, zone)) {
            None => None,
            Some(Ok(at)) => Some(at),
            Some(Err(error)) => {
                wrong.push(FieldProblem::new("registration_closes_at", error.code()));
                return;
            }
        };
        if at == before.registration_closes_at {
            return;
        }
        if at.is_some_and(|at| at <= now) {
            wrong.push(FieldProblem::new("registration_closes_at", "closes-in-past"));
            return;
        }
        row.registration_closes_at = Set(at);
    }
}
