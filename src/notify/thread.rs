//! What has one UID, and the first mail about it that each address got.

use std::collections::{HashMap, HashSet};

use entity::id::{OutboxId, SeriesId, SessionId};
use entity::state::{MessageKind, MessageState};
use entity::{outbox, session};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, DerivePartialModel, EntityTrait, QueryFilter};

use super::facts::ids;
use crate::db::among;

/// Kinds of messages that may be the first about a UID.
pub(super) const CALENDAR_KINDS: [MessageKind; 3] =
    [MessageKind::Invitation, MessageKind::Update, MessageKind::Registration];

/// What has one UID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// A series with all its sittings.
    Series(SeriesId),
    /// A session of no series.
    Session(SessionId),
}

impl Subject {
    /// Of a message about a session of that series, or about the series as a whole.
    pub(super) fn of(session: Option<SessionId>, series: Option<SeriesId>) -> Option<Self> {
        series.map(Self::Series).or(session.map(Self::Session))
    }
}

/// What is needed of a mail that went out before.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "outbox::Entity")]
struct Earlier {
    id: OutboxId,
    session_id: Option<SessionId>,
    series_id: Option<SeriesId>,
    address: String,
    message_id: String,
}

pub(super) fn subject(row: &outbox::Model, sessions: &HashMap<SessionId, session::Model>) -> Option<Subject> {
    subject_of(row.session_id, row.series_id, sessions)
}

fn subject_of(
    session: Option<SessionId>,
    series: Option<SeriesId>,
    sessions: &HashMap<SessionId, session::Model>,
) -> Option<Subject> {
    let series = series.or_else(|| sessions.get(&session?)?.series_id);
    Subject::of(session, series)
}

/// The first mail that went out to each address about each UID, by Message-ID. It asks by what the outbox is indexed
/// by: by what went out, it would go through all that was ever sent.
pub(super) async fn earlier(
    db: &impl ConnectionTrait,
    rows: &[outbox::Model],
    sessions: &HashMap<SessionId, session::Model>,
) -> Result<HashMap<(Subject, String), String>, DbErr> {
    let subjects: HashSet<Subject> = rows.iter().filter_map(|row| subject(row, sessions)).collect();
    let series = subjects.iter().filter_map(|s| if let Subject::Series(id) = s { Some(*id) } else { None });
    let series: HashSet<SeriesId> = series.collect();
    let single = subjects.iter().filter_map(|s| if let Subject::Session(id) = s { Some(*id) } else { None });
    let mut about: HashSet<SessionId> = single.collect();
    let of_series = session::Entity::find().filter(session::Column::SeriesId.is_in(series.iter().copied()));
    let sittings: HashMap<SessionId, session::Model> = if series.is_empty() {
        HashMap::new()
    } else {
        of_series.all(db).await?.into_iter().map(|row| (row.id, row)).collect()
    };
    about.extend(sittings.keys().copied());
    let about = [
        Condition::all().add_option((!series.is_empty()).then(|| outbox::Column::SeriesId.is_in(series))),
        Condition::all().add_option((!about.is_empty()).then(|| outbox::Column::SessionId.is_in(about))),
    ];
    let mut found = Vec::new();
    for about in about.into_iter().filter(|about| !about.is_empty()) {
        for whom in recipients(rows) {
            let query = outbox::Entity::find()
                .filter(about.clone())
                .filter(whom)
                .filter(outbox::Column::State.eq(MessageState::Sent))
                .filter(outbox::Column::Kind.is_in(CALENDAR_KINDS));
            found.extend(query.into_partial_model::<Earlier>().all(db).await?);
        }
    }
    found.sort_by_key(|row| row.id);
    let mut first = HashMap::new();
    for row in found {
        if let Some(subject) = subject_of(row.session_id, row.series_id, &sittings) {
            first.entry((subject, row.address)).or_insert(row.message_id);
        }
    }
    Ok(first)
}

/// Those whom messages go to: staff by person, others by address.
pub(super) fn recipients(rows: &[outbox::Model]) -> Vec<Condition> {
    let people = ids(rows, |row| row.person_id);
    let others: HashSet<&str> =
        rows.iter().filter(|row| row.person_id.is_none()).map(|row| row.address.as_str()).collect();
    let people = (!people.is_empty()).then(|| among(outbox::Column::PersonId, people));
    let others = (!others.is_empty())
        .then(|| Condition::all().add(outbox::Column::PersonId.is_null()).add(outbox::Column::Address.is_in(others)));
    people.into_iter().chain(others).collect()
}
