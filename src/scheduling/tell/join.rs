//! One request may tell somebody of one UID more than once: they were invited by it, and the place changed; the place and
//! then the time. What is left is one message.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::id::{EventId, OutboxId, PersonId, SeriesId, SessionId};
use entity::outbox::{self, Column};
use entity::state::{MessageKind, MessageState};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Map, Value, json};

use super::letters::Turn;
use crate::error::Result;
use crate::scheduling::publish::sessions;

/// How far the outbox reaches: what is written later has a higher id.
pub async fn written_so_far(db: &impl ConnectionTrait) -> Result<OutboxId, DbErr> {
    let newest = outbox::Entity::find().select_only().column(Column::Id).order_by_desc(Column::Id).limit(1);
    Ok(newest.into_tuple().one(db).await?.unwrap_or(OutboxId(0)))
}

/// To whom: one of the staff, or somebody who put their name down, at an address.
type Reader = (Option<PersonId>, Option<i64>, String);

/// Makes one message of those that were written after `so_far`, of one UID and to one reader, in the transaction that
/// wrote them. An invitation stays one, for it tells how all is now; of changes the oldest `before` stands. Who was
/// invited and taken off again hears nothing.
pub async fn join(db: &impl ConnectionTrait, event: EventId, so_far: OutboxId) -> Result<()> {
    let rows = outbox::Entity::find()
        .filter(Column::EventId.eq(event))
        .filter(Column::Id.gt(so_far))
        .filter(Column::Kind.is_in([MessageKind::Invitation, MessageKind::Update, MessageKind::Cancellation]))
        .filter(Column::State.eq(MessageState::Queued))
        .filter(Column::Attempts.eq(0))
        .filter(Column::LeasedBy.is_null())
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(db)
        .await?;
    if rows.len() < 2 {
        return Ok(());
    }
    let of: HashMap<SessionId, SeriesId> =
        sessions(db, event).await?.into_iter().filter_map(|row| Some((row.id, row.series_id?))).collect();
    // Two mails of two sittings are two; one of the whole holds them.
    let whole: HashSet<(SeriesId, Reader)> =
        rows.iter().filter_map(|row| Some((row.series_id?, reader(row)))).collect();
    let mut groups: BTreeMap<(Option<SeriesId>, Option<SessionId>, Reader), Vec<outbox::Model>> = BTreeMap::new();
    for row in rows {
        let series = row.series_id.or_else(|| of.get(&row.session_id?).copied());
        let series = series.filter(|id| whole.contains(&(*id, reader(&row))));
        let session = row.session_id.filter(|_| series.is_none());
        groups.entry((series, session, reader(&row))).or_default().push(row);
    }
    let mut gone: Vec<OutboxId> = Vec::new();
    let mut say: HashMap<String, (Value, Vec<OutboxId>)> = HashMap::new();
    for group in groups.into_values().filter(|group| group.len() > 1) {
        let kept = kept(&group);
        gone.extend(group.iter().map(|row| row.id).filter(|id| kept.is_none_or(|kept| kept.id != *id)));
        if let Some(kept) = kept {
            let detail = merged(&group, kept);
            say.entry(detail.to_string()).or_insert_with(|| (detail, Vec::new())).1.push(kept.id);
        }
    }
    for ids in gone.chunks(1_000) {
        outbox::Entity::delete_many().filter(Column::Id.is_in(ids.iter().copied())).exec(db).await?;
    }
    for (detail, ids) in say.into_values() {
        for ids in ids.chunks(1_000) {
            outbox::Entity::update_many()
                .col_expr(Column::Detail, Expr::value(detail.clone()))
                .filter(Column::Id.is_in(ids.iter().copied()))
                .exec(db)
                .await?;
        }
    }
    Ok(())
}

fn reader(row: &outbox::Model) -> Reader {
    let registration = row.detail.as_ref().and_then(|detail| detail["registration"].as_i64());
    (row.person_id, registration, row.address.clone())
}

/// Which of several messages stays; None where nothing is left to say.
fn kept(group: &[outbox::Model]) -> Option<&outbox::Model> {
    let last = group.last()?;
    let whole = group.iter().rev().find(|row| row.series_id.is_some()).unwrap_or(last);
    match group.iter().find(|row| row.kind == MessageKind::Invitation) {
        Some(invitation) if whole.kind == MessageKind::Cancellation && whole.id > invitation.id => None,
        Some(invitation) => Some(invitation),
        None => Some(whole),
    }
}

/// What the message that stays says: how all is by the latest of them, and what was before by the oldest.
fn merged(group: &[outbox::Model], kept: &outbox::Model) -> Value {
    let details = || group.iter().filter_map(|row| row.detail.as_ref());
    let latest = group.iter().rev().find(|row| row.series_id == kept.series_id).unwrap_or(kept);
    let mut detail = latest.detail.clone().unwrap_or_else(|| json!({}));
    detail["sequence"] = details().filter_map(|one| one["sequence"].as_i64()).max().into();
    for name in ["sessions", "reason"] {
        let said = std::iter::once(kept).chain(group.iter().rev()).filter_map(|row| row.detail.as_ref()?.get(name));
        if let Some(said) = said.into_iter().find(|said| !said.is_null()) {
            detail[name] = said.clone();
        }
    }
    let Some(fields) = detail.as_object_mut() else { return detail };
    fields.remove("before");
    fields.remove("changes");
    if kept.kind != MessageKind::Invitation {
        if kept.series_id.is_some() {
            fields.insert("changes".to_owned(), changes(group));
        } else {
            let before = details().rev().filter_map(|one| one["before"].as_object());
            let before: Map<String, Value> = before.flat_map(Clone::clone).collect();
            if !before.is_empty() {
                fields.insert("before".to_owned(), before.into());
            }
        }
    }
    detail
}

/// What became of each sitting, one after the other.
fn changes(group: &[outbox::Model]) -> Value {
    let turn = |kind| match kind {
        MessageKind::Invitation => Turn::Comes,
        MessageKind::Cancellation => Turn::Goes,
        _ => Turn::Changes,
    };
    let mut all: Vec<Value> = Vec::new();
    for row in group {
        let Some(detail) = &row.detail else { continue };
        let own = row
            .session_id
            .map(|id| json!({ "session": id, "turn": turn(row.kind).as_str(), "before": detail["before"] }));
        for change in detail["changes"].as_array().into_iter().flatten().chain(&own) {
            let Some(at) = all.iter().position(|one| one["session"] == change["session"]) else {
                all.push(change.clone());
                continue;
            };
            let earlier = all[at]["before"].as_object().cloned().unwrap_or_default();
            let mut before = change["before"].as_object().cloned().unwrap_or_default();
            before.extend(earlier);
            if !before.is_empty() {
                all[at]["before"] = before.into();
            }
            let turns = (all[at]["turn"].as_str().unwrap_or_default(), change["turn"].as_str().unwrap_or_default());
            match turns {
                ("comes", "goes") => drop(all.remove(at)),
                ("comes", _) => {}
                ("goes", "comes") => all[at]["turn"] = Turn::Changes.as_str().into(),
                (_, then) => all[at]["turn"] = then.to_owned().into(),
            }
        }
    }
    all.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, kind: MessageKind, series: bool, detail: Value) -> outbox::Model {
        let at = chrono::DateTime::UNIX_EPOCH;
        outbox::Model {
            id: OutboxId(id),
            key: id.to_string(),
            kind,
            event_id: Some(EventId(1)),
            session_id: Some(SessionId(1)).filter(|_| !series),
            person_id: Some(PersonId(1)),
            account_id: None,
            address: "kj001@example.test".to_owned(),
            detail: Some(detail),
            state: MessageState::Queued,
            attempts: 0,
            next_at: at,
            lease_until: None,
            leased_by: None,
            message_id: String::new(),
            answer: None,
            created_at: at,
            sent_at: None,
            series_id: Some(SeriesId(1)).filter(|_| series),
            domain: String::new(),
            paced_at: None,
            moot: false,
        }
    }

    #[test]
    fn the_oldest_place_and_time_stand_and_the_latest_sequence() {
        let place = json!({"before": {"location": "三楼"}, "sequence": 1, "sessions": [1, 2]});
        let time = json!({"before": {"starts_at": "9", "location": "二楼"}, "sequence": 2});
        let group = [row(1, MessageKind::Update, false, place), row(2, MessageKind::Update, false, time)];
        let kept = kept(&group).unwrap();
        assert_eq!(kept.id, OutboxId(2));
        let said = json!({"before": {"starts_at": "9", "location": "三楼"}, "sequence": 2, "sessions": [1, 2]});
        assert_eq!(merged(&group, kept), said);
    }

    #[test]
    fn who_comes_is_invited_and_who_comes_and_goes_hears_nothing() {
        let said = |sequence| json!({"before": {"location": "三楼"}, "sequence": sequence});
        let come = row(1, MessageKind::Invitation, false, json!({"sequence": 0}));
        let group = [come.clone(), row(2, MessageKind::Update, false, said(1))];
        assert_eq!(kept(&group), Some(&come));
        assert_eq!(merged(&group, &come), json!({"sequence": 1}));
        assert_eq!(kept(&[come.clone(), row(2, MessageKind::Cancellation, false, said(1))]), None);
        let back = [row(1, MessageKind::Cancellation, false, said(1)), row(2, MessageKind::Update, false, said(2))];
        assert_eq!(kept(&back), Some(&back[1]));
    }

    #[test]
    fn of_a_series_each_sitting_is_named_once() {
        let change =
            |session: i64, turn: &str, before: Value| json!({"session": session, "turn": turn, "before": before});
        let (place, time) = (json!({"location": "a"}), json!({"location": "b", "starts_at": "9"}));
        let first = json!({"sequence": 3, "changes": [change(1, "changes", place), change(2, "comes", Value::Null)]});
        let goes = |session: i64| change(session, "goes", Value::Null);
        let second = json!({"sequence": 5, "changes": [change(1, "changes", time), goes(2), goes(3)], "except": [4]});
        let group = [row(1, MessageKind::Update, true, first), row(2, MessageKind::Update, true, second)];
        let both = change(1, "changes", json!({"location": "a", "starts_at": "9"}));
        let said = json!({"sequence": 5, "except": [4], "changes": [both, goes(3)]});
        assert_eq!(merged(&group, kept(&group).unwrap()), said);
        // One sitting by itself, then the whole.
        let single = row(1, MessageKind::Cancellation, false, json!({"sequence": 2, "reason": "x"}));
        let group = [single, row(2, MessageKind::Update, true, json!({"sequence": 3, "changes": []}))];
        let said = json!({"sequence": 3, "reason": "x", "changes": [goes(1)]});
        assert_eq!(merged(&group, kept(&group).unwrap()), said);
    }
}
