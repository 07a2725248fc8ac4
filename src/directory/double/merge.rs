//! Making two rows one person, in one transaction.
//!
//! The row that goes is deleted; its number stays known: look-ups and imports by it find who stays, and nobody gets it
//! again. Nobody is written to: whatever either was invited to, they were told already.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use entity::id::{EventId, PersonId};
use entity::state::AudienceSign;
use entity::{audience_rule, event, exam_result, person, person_alias, study_hours};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::records::{Two, move_records};
use super::weigh::fold;
use crate::access::{Actor, Rights};
use crate::directory::change::{Done, fix_the_past, look, settle, write};
use crate::directory::person::{is_ours, record, sees};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::{OrgTree, Stay, stays_of};
use crate::scheduling::ahead::Situation;
use crate::scheduling::audience::{self, Standing};

/// What the two say differently of one thing, so that somebody must decide first.
#[derive(Clone, Debug, PartialEq)]
pub enum Clash {
    /// Results of one attempt at one exam: event, attempt, what each reached.
    Result(EventId, i32, f64, f64),
    /// Hours of one kind, day and source.
    Hours(String, chrono::NaiveDate, f64, f64),
}

/// What contradicts.
pub async fn clashes(db: &impl ConnectionTrait, stays: PersonId, goes: PersonId) -> Result<Vec<Clash>> {
    let of = |id| exam_result::Entity::find().filter(exam_result::Column::PersonId.eq(id));
    let kept: HashMap<_, _> =
        of(stays).all(db).await?.into_iter().map(|row| ((row.event_id, row.attempt), row)).collect();
    let mut found = Vec::new();
    for row in of(goes).all(db).await? {
        if let Some(other) = kept.get(&(row.event_id, row.attempt))
            && (other.score.to_bits(), other.pass_mark.to_bits()) != (row.score.to_bits(), row.pass_mark.to_bits())
        {
            found.push(Clash::Result(row.event_id, row.attempt, other.score, row.score));
        }
    }
    let of = |id| study_hours::Entity::find().filter(study_hours::Column::PersonId.eq(id));
    let kept: HashMap<_, _> =
        of(stays).all(db).await?.into_iter().map(|row| ((row.kind, row.date, row.source), row.hours)).collect();
    for row in of(goes).all(db).await? {
        let key = (row.kind, row.date, row.source);
        if let Some(hours) = kept.get(&key).filter(|hours| hours.to_bits() != row.hours.to_bits()) {
            found.push(Clash::Hours(key.0, key.1, *hours, row.hours));
        }
    }
    Ok(found)
}

/// Moves everything of `goes` to `stays`, in the caller's transaction. `invalid` when they are one row, or contradict;
/// `not-found` and `forbidden` as of any change of the two.
pub async fn merge(
    db: &impl ConnectionTrait,
    actor: &Actor,
    stays: PersonId,
    goes: PersonId,
    now: DateTime<Utc>,
) -> Result<Done> {
    actor.demand(Rights::Manage)?;
    if stays == goes {
        return Err(Error::field("goes", "same-person"));
    }
    fix_the_past(db, now).await?;
    let tree = OrgTree::load(db).await?;
    let ids = [stays, goes];
    let rows =
        person::Entity::find().filter(person::Column::Id.is_in(ids)).order_by_asc(person::Column::Id).lock_exclusive();
    let mut rows: BTreeMap<PersonId, person::Model> =
        rows.all(db).await?.into_iter().map(|row| (row.id, row)).collect();
    let (Some(kept), Some(gone)) = (rows.remove(&stays), rows.remove(&goes)) else {
        return Err(Error::new(Code::NotFound));
    };
    let (mine, other) = (stays_of(db, &[stays]).await?, stays_of(db, &[goes]).await?);
    permit(&tree, actor, &mine, &other)?;
    if !clashes(db, stays, goes).await?.is_empty() {
        return Err(Error::field("goes", "contradicts"));
    }
    let after = fold(stays, &mine, &other);
    let before: Vec<Stay> = mine.iter().chain(&other).cloned().collect();
    let here = Situation { tree: &tree, stays: &before };
    let outlook = look(db, here, Situation { tree: &tree, stays: &after }, now).await?;
    move_audiences(db, &tree, Two { stays, goes }, &mine, now).await?;
    write(db, &before, &after).await?;
    let both = move_records(db, Two { stays, goes }, now).await?;
    if kept.email.is_none() && gone.email.is_some() {
        let change = person::ActiveModel { id: Set(stays), email: Set(gone.email.clone()), ..Default::default() };
        person::Entity::update(change).exec(db).await?;
    }
    person::Entity::delete_by_id(goes).exec(db).await?;
    let alias =
        person_alias::ActiveModel { staff_no: Set(gone.staff_no.clone()), person_id: Set(stays), merged_at: Set(now) };
    person_alias::Entity::insert(alias).exec_without_returning(db).await?;
    let done = settle(db, &outlook.quiet(), now).await?;
    let detail = json!({ "staff_no": gone.staff_no, "person_id": goes, "both": both, "sessions": done.sessions });
    record(db, actor, "person.merge", stays, detail, now).await?;
    Ok(done)
}

/// Both must be the actor's, and no membership that moves another's.
fn permit(tree: &OrgTree, actor: &Actor, stays: &[Stay], goes: &[Stay]) -> Result<()> {
    if !sees(tree, actor, stays) || !sees(tree, actor, goes) {
        return Err(Error::new(Code::NotFound));
    }
    let foreign = goes.iter().find(|stay| !tree.is_below(stay.organisation_id, actor.organisation));
    let foreign =
        foreign.or_else(|| stays.iter().max_by_key(|stay| stay.from).filter(|_| !is_ours(tree, actor, stays)));
    match foreign {
        None => Ok(()),
        Some(stay) => {
            let problem = FieldProblem::new("goes", "other-body").with("org", tree.name(stay.organisation_id));
            Err(Error::invalid(vec![problem]))
        }
    }
}

/// Lines that name who goes name who stays. A line that takes them out goes, if the one who stays is invited: it was
/// written against the double, not against the person.
async fn move_audiences(
    db: &impl ConnectionTrait,
    tree: &OrgTree,
    two: Two,
    stays: &[Stay],
    now: DateTime<Utc>,
) -> Result<()> {
    let lines = audience_rule::Entity::find().filter(audience_rule::Column::PersonId.eq(two.goes)).all(db).await?;
    if lines.is_empty() {
        return Ok(());
    }
    let ids: Vec<EventId> = lines.iter().map(|line| line.event_id).collect();
    let events = event::Entity::find().filter(event::Column::Id.is_in(ids.iter().copied())).all(db).await?;
    let audiences = audience::load_all(db, events.iter()).await?;
    let standings: Vec<_> = stays
        .iter()
        .map(|stay| Standing {
            person_id: two.stays,
            upwards: tree.upwards(stay.organisation_id),
            groups: stay.groups.iter().cloned().collect(),
        })
        .collect();
    for line in lines.iter().filter(|line| line.sign == AudienceSign::Exclude) {
        let invited = |audience: &audience::Audience| standings.iter().any(|standing| audience.names(standing));
        if audiences.get(&line.event_id).is_some_and(invited) {
            audience_rule::Entity::delete_by_id((line.event_id, line.position)).exec(db).await?;
        }
    }
    audience_rule::Entity::update_many()
        .col_expr(audience_rule::Column::PersonId, Expr::value(two.stays))
        .filter(audience_rule::Column::PersonId.eq(two.goes))
        .exec(db)
        .await?;
    event::Entity::update_many()
        .col_expr(event::Column::Revision, Expr::col(event::Column::Revision).add(1))
        .col_expr(event::Column::UpdatedAt, Expr::value(now))
        .filter(event::Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(())
}
