//! Telling those whom a changed audience, or a change of people, takes off sessions or brings to them.

use chrono::{DateTime, Utc};
use entity::{event, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter};
use serde_json::Value;

use super::letters::{Addressee, Extent, Letters, Turn};
use super::told;
use crate::error::Result;

/// A session with whom it loses and gains.
#[derive(Clone, Debug)]
pub struct Shifted {
    /// As it was before.
    pub session: session::Model,
    /// Who is invited now and was not.
    pub come: Vec<Addressee>,
    /// Who was and is not.
    pub off: Vec<Addressee>,
}

/// Tells them, and nobody else. What takes people off needs a higher SEQUENCE than what invited them (RFC 5546 section
/// 2.1.4), so the sessions get one. `reason` is told to those who are off; `end` keeps keys apart of changes that leave
/// SEQUENCE as it is. Gives how many messages that are.
pub async fn tell_shifts(
    db: &impl ConnectionTrait,
    event: &event::Model,
    shifted: Vec<Shifted>,
    (reason, end): (Option<&str>, String),
    now: DateTime<Utc>,
) -> Result<usize> {
    let shifted: Vec<Shifted> = shifted.into_iter().filter(|one| !one.come.is_empty() || !one.off.is_empty()).collect();
    let ids: Vec<_> = shifted.iter().filter(|one| !one.off.is_empty()).map(|one| one.session.id).collect();
    for ids in ids.chunks(1_000) {
        session::Entity::update_many()
            .col_expr(session::Column::Sequence, Expr::col(session::Column::Sequence).add(1))
            .col_expr(session::Column::Revision, Expr::col(session::Column::Revision).add(1))
            .col_expr(session::Column::UpdatedAt, Expr::value(now))
            .filter(session::Column::Id.is_in(ids.iter().copied()))
            .exec(db)
            .await?;
    }
    let detail: Option<Value> = reason.map(|reason| serde_json::json!({ "reason": reason }));
    let mut letters = Letters::new(event, Extent::Smallest).ending(end);
    let mut come = Vec::new();
    for one in shifted {
        let raised = i32::from(!one.off.is_empty());
        let session = session::Model { sequence: one.session.sequence + raised, ..one.session };
        let at = letters.session(&session);
        for who in one.off {
            letters.turn(Some(who), at, Turn::Goes, detail.as_ref());
        }
        if !one.come.is_empty() && session.told_at.is_none() {
            come.push(session.id);
        }
        for who in one.come {
            letters.turn(Some(who), at, Turn::Comes, None);
        }
    }
    let count = letters.write(db, now).await?;
    told(db, come, now).await?;
    Ok(count)
}
