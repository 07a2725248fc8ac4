//! Memberships with their groups, as values: what a change of people reads, and what it leaves behind.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use entity::id::{MembershipId, OrganisationId, PersonId};
use entity::{membership, membership_group};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

/// Values of one statement.
const CHUNK: usize = 1_000;

/// Somebody's membership of one organisation, from a day to a day, with its labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stay {
    /// Of whom.
    pub person_id: PersonId,
    /// The first day.
    pub from: NaiveDate,
    /// The last day; None is open.
    pub to: Option<NaiveDate>,
    /// Of which organisation.
    pub organisation_id: OrganisationId,
    /// As shown; may be empty.
    pub title: String,
    /// Its labels.
    pub groups: BTreeSet<String>,
    /// Its row; None of one that is not written yet.
    pub id: Option<MembershipId>,
}

impl Stay {
    /// Whether it holds on `day`, both ends included.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|last| day <= last)
    }

    /// Whether the two share a day.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.to.is_none_or(|last| last >= other.from) && other.to.is_none_or(|last| last >= self.from)
    }
}

/// The memberships of these people, by person and first day.
pub async fn stays_of(db: &impl ConnectionTrait, people: &[PersonId]) -> Result<Vec<Stay>, DbErr> {
    let mut all = Vec::new();
    for chunk in people.chunks(CHUNK) {
        let mine = membership::Column::PersonId.is_in(chunk.iter().copied());
        all.extend(stays_where(db, mine.into()).await?);
    }
    Ok(all)
}

/// The memberships that `which`, a condition on `membership`, lets through, by person and first day.
pub async fn stays_where(db: &impl ConnectionTrait, which: Condition) -> Result<Vec<Stay>, DbErr> {
    let rows = membership::Entity::find()
        .filter(which)
        .order_by_asc(membership::Column::PersonId)
        .order_by_asc(membership::Column::ActiveFrom)
        .all(db)
        .await?;
    let ids: Vec<MembershipId> = rows.iter().map(|row| row.id).collect();
    let mut groups: HashMap<MembershipId, BTreeSet<String>> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let mine = membership_group::Column::MembershipId.is_in(chunk.iter().copied());
        for row in membership_group::Entity::find().filter(mine).all(db).await? {
            groups.entry(row.membership_id).or_default().insert(row.name);
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| Stay {
            person_id: row.person_id,
            from: row.active_from,
            to: row.active_to,
            organisation_id: row.organisation_id,
            title: row.title,
            groups: groups.remove(&row.id).unwrap_or_default(),
            id: Some(row.id),
        })
        .collect())
}
