//! The tree of organisations: what lies below one, by a closure table that is rebuilt when the tree changes.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::id::OrganisationId;
use entity::{organisation, organisation_closure};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::db::insert_all;

/// All organisations at once, by id and by code.
#[derive(Clone, Debug, Default)]
pub struct OrgTree {
    by_id: HashMap<OrganisationId, organisation::Model>,
    by_code: HashMap<String, OrganisationId>,
    order: Vec<OrganisationId>,
}

impl OrgTree {
    /// Reads every organisation.
    pub async fn load(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        Ok(Self::new(organisation::Entity::find().order_by_asc(organisation::Column::Id).all(db).await?))
    }

    /// A tree of these rows.
    #[must_use]
    pub fn new(rows: Vec<organisation::Model>) -> Self {
        let mut tree = Self::default();
        for row in rows {
            tree.by_code.insert(row.code.clone(), row.id);
            tree.order.push(row.id);
            tree.by_id.insert(row.id, row);
        }
        tree
    }

    /// The organisation of that id.
    #[must_use]
    pub fn get(&self, id: OrganisationId) -> Option<&organisation::Model> {
        self.by_id.get(&id)
    }

    /// The organisation of that code.
    #[must_use]
    pub fn by_code(&self, code: &str) -> Option<&organisation::Model> {
        self.by_code.get(code).and_then(|id| self.by_id.get(id))
    }

    /// The code of that id; empty for one that is not there.
    #[must_use]
    pub fn code(&self, id: OrganisationId) -> &str {
        self.get(id).map_or("", |row| &row.code)
    }

    /// The name of that id; empty for one that is not there.
    #[must_use]
    pub fn name(&self, id: OrganisationId) -> &str {
        self.get(id).map_or("", |row| &row.name)
    }

    /// The organisation itself, then each above it. Ends at a cycle.
    #[must_use]
    pub fn upwards(&self, id: OrganisationId) -> Vec<OrganisationId> {
        let (mut path, mut next) = (Vec::new(), Some(id));
        while let Some(here) = next.filter(|here| !path.contains(here)) {
            path.push(here);
            next = self.get(here).and_then(|row| row.parent_id);
        }
        path
    }

    /// The organisation and everything below it.
    #[must_use]
    pub fn below(&self, id: OrganisationId) -> HashSet<OrganisationId> {
        self.order.iter().copied().filter(|&other| self.upwards(other).contains(&id)).collect()
    }

    /// Whether `low` is `high` or lies below it.
    #[must_use]
    pub fn is_below(&self, low: OrganisationId, high: OrganisationId) -> bool {
        self.upwards(low).contains(&high)
    }

    /// The same tree with an organisation under another one.
    #[must_use]
    pub fn with_parent(&self, id: OrganisationId, parent: OrganisationId) -> Self {
        let mut tree = self.clone();
        if let Some(row) = tree.by_id.get_mut(&id) {
            row.parent_id = Some(parent);
        }
        tree
    }

    /// Every organisation, in the order entered.
    pub fn iter(&self) -> impl Iterator<Item = &organisation::Model> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }
}

/// Writes the closure table anew from `organisation`, in the caller's transaction.
pub async fn rebuild_closure(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let tree = OrgTree::load(db).await?;
    organisation_closure::Entity::delete_many().exec(db).await?;
    let rows: Vec<_> = tree
        .order
        .iter()
        .flat_map(|&low| {
            tree.upwards(low)
                .into_iter()
                .map(move |high| organisation_closure::ActiveModel { ancestor_id: Set(high), descendant_id: Set(low) })
        })
        .collect();
    insert_all(db, rows, None).await?;
    Ok(())
}

/// A subquery of the ids of `organisation` and of everything below it.
#[must_use]
pub fn select_below(organisation: OrganisationId) -> SelectStatement {
    Query::select()
        .column((organisation_closure::Entity, organisation_closure::Column::DescendantId))
        .from(organisation_closure::Entity)
        .and_where(organisation_closure::Column::AncestorId.eq(organisation))
        .to_owned()
}

/// The ids of `organisation` and of everything below it.
pub async fn below(db: &impl ConnectionTrait, organisation: OrganisationId) -> Result<BTreeSet<OrganisationId>, DbErr> {
    let rows = organisation_closure::Entity::find()
        .filter(organisation_closure::Column::AncestorId.eq(organisation))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.descendant_id).collect())
}

/// Whether `low` is `high` or lies below it.
pub async fn is_below(db: &impl ConnectionTrait, low: OrganisationId, high: OrganisationId) -> Result<bool, DbErr> {
    Ok(organisation_closure::Entity::find_by_id((high, low)).one(db).await?.is_some())
}

/// The organisation of that code; a problem with the field `org` when there is none.
pub async fn by_code(db: &impl ConnectionTrait, code: &str) -> crate::error::Result<organisation::Model> {
    organisation::Entity::find().filter(organisation::Column::Code.eq(code)).one(db).await?.ok_or_else(|| {
        crate::error::Error::invalid(vec![crate::error::FieldProblem::new("org", "unknown-org").with("value", code)])
    })
}

/// The organisations of those codes, by code; unknown ones are missing.
pub async fn by_codes(
    db: &impl ConnectionTrait,
    codes: impl IntoIterator<Item = &str>,
) -> Result<HashMap<String, organisation::Model>, DbErr> {
    let codes: BTreeSet<&str> = codes.into_iter().filter(|code| !code.contains('\0')).collect();
    if codes.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = organisation::Entity::find().filter(organisation::Column::Code.is_in(codes)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.code.clone(), row)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, code: &str, parent: Option<i64>) -> organisation::Model {
        organisation::Model {
            id: OrganisationId(id),
            code: code.into(),
            name: code.into(),
            parent_id: parent.map(OrganisationId),
            level: String::new(),
            active_to: None,
        }
    }

    #[test]
    fn below_holds_the_organisation_itself_and_ends_at_a_cycle() {
        let tree = OrgTree::new(vec![
            row(1, "GQ", None),
            row(2, "GQ-KJ", Some(1)),
            row(3, "A", Some(4)),
            row(4, "B", Some(3)),
        ]);
        assert_eq!(tree.below(OrganisationId(1)).len(), 2);
        assert!(tree.is_below(OrganisationId(2), OrganisationId(2)));
        assert_eq!(tree.upwards(OrganisationId(3)), [OrganisationId(3), OrganisationId(4)]);
    }
}
