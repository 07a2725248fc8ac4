//! Which place a location's text means.

use std::collections::HashMap;

use entity::id::OrganisationId;
use entity::place;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryOrder};

use crate::people::OrgTree;

/// All places at once, to find those of many events with two queries in all.
#[derive(Clone, Debug, Default)]
pub struct Places {
    tree: OrgTree,
    by_name: HashMap<String, Vec<place::Model>>,
}

impl Places {
    /// Reads every place, and the tree that says whose each is.
    pub async fn load(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let rows = place::Entity::find().order_by_asc(place::Column::Id).all(db).await?;
        Ok(Self::new(OrgTree::load(db).await?, rows))
    }

    fn new(tree: OrgTree, rows: Vec<place::Model>) -> Self {
        let mut by_name: HashMap<String, Vec<place::Model>> = HashMap::new();
        for row in rows {
            by_name.entry(row.name.clone()).or_default().push(row);
        }
        Self { tree, by_name }
    }

    /// The organisations, which say whose each place is.
    #[must_use]
    pub fn tree(&self) -> &OrgTree {
        &self.tree
    }

    /// Every place, by name.
    pub fn iter(&self) -> impl Iterator<Item = &place::Model> {
        self.by_name.values().flatten()
    }

    /// The place that `text` means for an event of these hosts: one of that name of a host or of an organisation above
    /// it, that of the first host and of the nearest organisation before others, one in use before a retired one.
    #[must_use]
    pub fn resolve(&self, hosts: &[OrganisationId], text: &str) -> Option<&place::Model> {
        let named = self.by_name.get(text.trim())?;
        let rank = |place: &place::Model| {
            let steps = |&host| self.tree.upwards(host).iter().position(|&above| above == place.organisation_id);
            let nearest = hosts.iter().enumerate().find_map(|(i, host)| Some((i, steps(host)?)))?;
            Some((place.retired_at.is_some(), nearest))
        };
        named.iter().filter_map(|place| Some((rank(place)?, place))).min_by_key(|(rank, _)| *rank).map(|(_, p)| p)
    }
}

/// The place that a location's text means for an event of these hosts, the host first; None where it means none. See
/// [`Places::resolve`], and use that for more than one event.
pub async fn resolve(
    db: &impl ConnectionTrait,
    hosts: &[OrganisationId],
    text: &str,
) -> Result<Option<place::Model>, DbErr> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    Ok(Places::load(db).await?.resolve(hosts, text).cloned())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use entity::id::PlaceId;
    use entity::organisation;

    use super::*;

    fn organisation(id: i64, parent: Option<i64>) -> organisation::Model {
        organisation::Model {
            id: OrganisationId(id),
            code: format!("O{id}"),
            name: format!("O{id}"),
            parent_id: parent.map(OrganisationId),
            level: String::new(),
            active_to: None,
        }
    }

    fn place(id: i64, of: i64, name: &str, retired: Option<i64>) -> place::Model {
        place::Model {
            id: PlaceId(id),
            organisation_id: OrganisationId(of),
            name: name.to_owned(),
            address: String::new(),
            capacity: None,
            retired_at: retired.and_then(|at| DateTime::from_timestamp(at, 0)),
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_nearest_place_in_use_is_meant_and_none_of_a_sister() {
        // 1 above 2 (with 3 below it) and 4.
        let tree = OrgTree::new(vec![
            organisation(1, None),
            organisation(2, Some(1)),
            organisation(3, Some(2)),
            organisation(4, Some(1)),
        ]);
        let places = Places::new(
            tree,
            vec![
                place(1, 1, "礼堂", None),
                place(2, 2, "礼堂", None),
                place(3, 4, "会议室", None),
                place(4, 2, "旧楼", Some(9)),
                place(5, 1, "旧楼", None),
                place(6, 2, "仓库", Some(9)),
            ],
        );
        let meant = |hosts: &[i64], text: &str| {
            let hosts: Vec<_> = hosts.iter().copied().map(OrganisationId).collect();
            places.resolve(&hosts, text).map(|place| place.id.0)
        };
        assert_eq!(meant(&[3], " 礼堂 "), Some(2));
        assert_eq!(meant(&[4], "礼堂"), Some(1));
        assert_eq!(meant(&[4, 2], "礼堂"), Some(1));
        assert_eq!(meant(&[2], "会议室"), None);
        assert_eq!(meant(&[2, 4], "会议室"), Some(3));
        assert_eq!(meant(&[3], "旧楼"), Some(5));
        assert_eq!(meant(&[3], "仓库"), Some(6));
        assert_eq!(meant(&[], "礼堂"), None);
    }
}
