//! Telling those whom a changed audience, or a change of people, takes off sessions or brings to them.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::id::SessionId;
use entity::{event, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter};
use serde_json::Value;

use super::letters::{Addressee, Extent, Letters, Turn};
use super::{gone, is_ahead, told};
use crate::error::Result;
use crate::outbox::unremind;
use crate::people::Member;
use crate::scheduling::audience::{Audience, invited_by_day};
use crate::scheduling::registration::active;

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

/// Ends the keys of what a change of an audience tells.
const BY_AUDIENCE: &str = ":a";

/// Tells them, and nobody else; who is off is reminded no more. What takes people off needs a higher SEQUENCE than what
/// invited them (RFC 5546 section 2.1.4), so the sessions get one. `reason` is told to those who are off; `end` keeps
/// keys apart of changes that leave SEQUENCE as it is. Gives how many messages that are.
pub async fn tell_shifts(
    db: &impl ConnectionTrait,
    event: &event::Model,
    shifted: Vec<Shifted>,
    (reason, end): (Option<&str>, String),
    now: DateTime<Utc>,
) -> Result<usize> {
    let shifted: Vec<Shifted> = shifted.into_iter().filter(|one| !one.come.is_empty() || !one.off.is_empty()).collect();
    let ids: Vec<_> = shifted.iter().filter(|one| !one.off.is_empty()).map(|one| one.session.id).collect();
    raise(db, &ids, now).await?;
    let away =
        shifted.iter().flat_map(|one| one.off.iter().filter_map(move |who| Some((one.session.id, who.person_id?))));
    unremind(db, &away.collect::<Vec<_>>()).await?;
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

/// Gives sessions the SEQUENCE that taking somebody off them needs.
pub async fn raise(db: &impl ConnectionTrait, ids: &[SessionId], now: DateTime<Utc>) -> Result<(), DbErr> {
    for ids in ids.chunks(1_000) {
        session::Entity::update_many()
            .col_expr(session::Column::Sequence, Expr::col(session::Column::Sequence).add(1))
            .col_expr(session::Column::Revision, Expr::col(session::Column::Revision).add(1))
            .col_expr(session::Column::UpdatedAt, Expr::value(now))
            .filter(session::Column::Id.is_in(ids.iter().copied()))
            .exec(db)
            .await?;
    }
    Ok(())
}

/// Who is invited to the sessions of an event that are ahead, before something changes that.
#[derive(Debug)]
pub struct Invited(Vec<(session::Model, Vec<Member>)>);

impl Invited {
    /// Reads it; nothing of a draft, nor of what a quiet import brought, for of these nobody was told anything.
    pub async fn load(
        db: &impl ConnectionTrait,
        event: &event::Model,
        mut sessions: Vec<session::Model>,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        sessions.retain(|session| event.mails && is_ahead(event, session, now));
        let people = on_days(db, event, &sessions).await?;
        let of = |day: NaiveDate| people.get(&day).cloned().unwrap_or_default();
        Ok(Self(sessions.into_iter().map(|session| (session.clone(), of(session.day))).collect()))
    }

    /// Tells whom the change took off and whom it brought; nobody who put their name down is taken off by it.
    pub async fn tell(
        self,
        db: &impl ConnectionTrait,
        event: &event::Model,
        reason: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let sessions: Vec<session::Model> = self.0.iter().map(|(session, _)| session.clone()).collect();
        let people = on_days(db, event, &sessions).await?;
        let down: HashSet<_> = active(db, event.id).await?.into_iter().filter_map(|row| row.person_id).collect();
        let of = |people: Vec<Member>| people.iter().filter_map(Addressee::member).collect::<Vec<_>>();
        let shifted = self.0.into_iter().map(|(session, before)| {
            let after = people.get(&session.day).map(Vec::as_slice).unwrap_or_default();
            let mut off = gone(before.clone(), after);
            off.retain(|member| !down.contains(&member.person_id));
            Shifted { session, come: of(gone(after.to_vec(), &before)), off: of(off) }
        });
        tell_shifts(db, event, shifted.collect(), (reason, BY_AUDIENCE.to_owned()), now).await.map(drop)
    }
}

async fn on_days(
    db: &impl ConnectionTrait,
    event: &event::Model,
    sessions: &[session::Model],
) -> Result<HashMap<NaiveDate, Vec<Member>>> {
    if sessions.is_empty() {
        return Ok(HashMap::new());
    }
    let audience = Audience::load(db, event).await?;
    Ok(invited_by_day(db, &audience, &sessions.iter().map(|session| session.day).collect()).await?)
}
