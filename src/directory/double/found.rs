//! People who are likely the same: one name in one organisation, or one address.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::{OrganisationId, PersonId};
use entity::{membership, person, person_alias};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder};

use crate::people::select_below;

/// The numbers that were merged into a person.
pub async fn numbers_of(db: &impl ConnectionTrait, id: PersonId) -> Result<Vec<String>, DbErr> {
    let mine = person_alias::Entity::find().filter(person_alias::Column::PersonId.eq(id));
    let rows = mine.order_by_asc(person_alias::Column::StaffNo).all(db).await?;
    Ok(rows.into_iter().map(|row| row.staff_no).collect())
}

/// Why two rows are likely one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// They have one name, and were in one organisation.
    Name,
    /// They have one address.
    Email,
}

/// Two rows that are likely one person, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The one whose number comes first.
    pub one: person::Model,
    /// The other.
    pub other: person::Model,
    /// Why.
    pub why: BTreeSet<Why>,
}

/// The likely doubles among those who are or were in an organisation or below it; two queries.
pub async fn pairs(db: &impl ConnectionTrait, org: OrganisationId) -> Result<Vec<Pair>, DbErr> {
    let ours = || Expr::col(membership::Column::OrganisationId).in_subquery(select_below(org));
    let mut places: HashMap<PersonId, BTreeSet<OrganisationId>> = HashMap::new();
    for row in membership::Entity::find().filter(ours()).all(db).await? {
        places.entry(row.person_id).or_default().insert(row.organisation_id);
    }
    let members =
        Query::select().column(membership::Column::PersonId).from(membership::Entity).and_where(ours()).to_owned();
    let people = person::Entity::find()
        .filter(Expr::col(person::Column::Id).in_subquery(members))
        .order_by_asc(person::Column::StaffNo)
        .all(db)
        .await?;
    let mut alike: BTreeMap<(Why, String), Vec<usize>> = BTreeMap::new();
    let mut found: BTreeMap<(usize, usize), BTreeSet<Why>> = BTreeMap::new();
    for (i, row) in people.iter().enumerate() {
        if let Some(email) = &row.email {
            alike.entry((Why::Email, email.clone())).or_default().push(i);
        }
        for place in places.get(&row.id).into_iter().flatten() {
            alike.entry((Why::Name, format!("{place} {}", row.name))).or_default().push(i);
        }
    }
    for ((why, _), rows) in alike {
        for (n, &one) in rows.iter().enumerate() {
            for &other in &rows[n + 1..] {
                found.entry((one, other)).or_default().insert(why);
            }
        }
    }
    let pair =
        |((one, other), why): ((usize, usize), _)| Pair { one: people[one].clone(), other: people[other].clone(), why };
    Ok(found.into_iter().take(500).map(pair).collect())
}
