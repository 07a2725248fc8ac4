//! Whether what must be told gets told.

use chrono::{DateTime, TimeDelta, Utc};
use entity::mail_trouble;
use entity::outbox::{self, Column};
use entity::state::{MessageKind, MessageState};
use sea_orm::sea_query::{CaseStatement, Expr, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, Order, PaginatorTrait, QueryFilter, QueryOrder,
};

use super::Finding;

/// How long a message that is due may wait before somebody should ask why.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);
/// How long before it counts as not working at all.
const FAR_TOO_LONG: TimeDelta = TimeDelta::days(1);

/// Looks for messages that wait, are held by nobody alive, or were given up.
pub(super) async fn check(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<Finding>, DbErr> {
    let waiting = || outbox::Entity::find().filter(Column::State.is_in([MessageState::Queued, MessageState::Failed]));
    let mut findings = Vec::new();
    let overdue = waiting().filter(Column::NextAt.lte(now - PATIENCE)).filter(since().lte(now - PATIENCE));
    match overdue.clone().order_by(since(), Order::Asc).one(db).await? {
        None => findings.push(Finding::ok("outbox").with("n", waiting().count(db).await?)),
        Some(oldest) => {
            let wait = now - Ord::max(oldest.next_at, oldest.created_at);
            let finding =
                if wait > FAR_TOO_LONG { Finding::fail("outbox-stuck") } else { Finding::warn("outbox-stuck") };
            let finding = finding.with("n", overdue.count(db).await?).with("minutes", wait.num_minutes());
            findings.push(finding.with("answer", oldest.answer.as_deref().unwrap_or("-")));
        }
    }
    let held = waiting().filter(Column::LeaseUntil.lt(now - PATIENCE)).count(db).await?;
    if held > 0 {
        findings.push(Finding::warn("outbox-leases").with("n", held));
    }
    let dead = outbox::Entity::find().filter(Column::State.eq(MessageState::Dead));
    if let Some(last) = dead.clone().order_by_desc(Column::Id).one(db).await? {
        let finding = Finding::warn("outbox-dead").with("n", dead.count(db).await?);
        findings.push(finding.with("answer", last.answer.as_deref().unwrap_or("-")));
    }
    let closed = mail_trouble::Entity::find().filter(mail_trouble::Column::Permanent.eq(true)).count(db).await?;
    if closed > 0 {
        findings.push(Finding::warn("outbox-addresses").with("n", closed));
    }
    Ok(findings)
}

/// Since when a message waits. A link to sign in lies ahead of all others by the time at which it is due.
fn since() -> SimpleExpr {
    CaseStatement::new()
        .case(Column::Kind.eq(MessageKind::SignIn), Expr::col(Column::CreatedAt))
        .finally(Expr::col(Column::NextAt))
        .into()
}
