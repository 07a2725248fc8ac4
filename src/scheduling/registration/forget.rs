//! Forgetting who of the public came: names and addresses go some days after the last sitting, the sums stay.

use chrono::{DateTime, Days, Utc};
use entity::id::EventId;
use entity::state::{MessageState, RegistrationStatus};
use entity::{event, outbox, registration, session};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::hold;
use crate::access::audit;
use crate::error::Result;

/// Events whose every sitting ended more than `days` ago and of which somebody of the public is still written down.
async fn due(db: &impl ConnectionTrait, days: u32, now: DateTime<Utc>) -> Result<Vec<EventId>> {
    let later = Query::select()
        .column(session::Column::EventId)
        .from(session::Entity)
        .and_where(session::Column::EndsAt.gt(now - Days::new(days.into())))
        .to_owned();
    let rows = registration::Entity::find()
        .select_only()
        .column(registration::Column::EventId)
        .distinct()
        .filter(registration::Column::PersonId.is_null())
        .filter(Expr::col(registration::Column::EventId).in_subquery(later).not())
        .order_by_asc(registration::Column::EventId)
        .limit(100)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows)
}

/// Whether [`forget`] would find anything: a look without writing.
pub async fn has_due(db: &impl ConnectionTrait, days: u32, now: DateTime<Utc>) -> Result<bool> {
    Ok(!due(db, days, now).await?.is_empty())
}

/// Deletes the public's registrations of events that ended more than `days` ago, and their addresses from the mails
/// about them, in the caller's transaction; how many there were stays in the audit. Gives how many were deleted. Two
/// servers at once: the second waits for the first and finds nothing left.
pub async fn forget(db: &impl ConnectionTrait, days: u32, now: DateTime<Utc>) -> Result<u64> {
    let mut count = 0;
    for id in due(db, days, now).await? {
        let event = hold(db, id).await?;
        count += forget_one(db, &event, now).await?;
    }
    Ok(count)
}

async fn forget_one(db: &impl ConnectionTrait, event: &event::Model, now: DateTime<Utc>) -> Result<u64> {
    let rows = registration::Entity::delete_many()
        .filter(registration::Column::EventId.eq(event.id))
        .filter(registration::Column::PersonId.is_null())
        .exec_with_returning(db)
        .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    // Mails to neither staff nor an account are those to the public; one that is still to go out says nothing any more.
    outbox::Entity::update_many()
        .col_expr(outbox::Column::Address, Expr::value(""))
        .col_expr(outbox::Column::Detail, Expr::value(None::<serde_json::Value>))
        .filter(outbox::Column::EventId.eq(event.id))
        .filter(outbox::Column::PersonId.is_null())
        .filter(outbox::Column::AccountId.is_null())
        .filter(outbox::Column::State.is_in([MessageState::Sent, MessageState::Dead]))
        .exec(db)
        .await?;
    outbox::Entity::delete_many()
        .filter(outbox::Column::EventId.eq(event.id))
        .filter(outbox::Column::PersonId.is_null())
        .filter(outbox::Column::AccountId.is_null())
        .filter(outbox::Column::Address.ne(""))
        .exec(db)
        .await?;
    let of = |status| rows.iter().filter(|row| row.status == status).count();
    let deed = audit::Deed {
        actor: "pufa",
        action: "registration.forget",
        subject: format!("event:{}", event.id),
        event_id: Some(event.id),
        detail: json!({
            "registered": of(RegistrationStatus::Registered),
            "waiting": of(RegistrationStatus::Waiting),
            "called_off": of(RegistrationStatus::Cancelled),
        }),
    };
    audit::record(db, deed, now).await?;
    Ok(rows.len() as u64)
}
