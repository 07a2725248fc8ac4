//! A roll parted by the bodies that host a joint event, each with its own figures. Pure.

use std::collections::HashMap;

use entity::id::OrganisationId;

use super::{Counts, RollRow};
use crate::people::OrgTree;

/// Whose person somebody under `organisation` is: of these bodies the nearest at or above it; None when of no one's.
#[must_use]
pub fn body_of(
    tree: &OrgTree,
    bodies: &[OrganisationId],
    organisation: Option<OrganisationId>,
) -> Option<OrganisationId> {
    tree.upwards(organisation?).into_iter().find(|above| bodies.contains(above))
}

/// The counts of each body's people; under None those of nobody's.
#[must_use]
pub fn by_body(rows: &[RollRow], tree: &OrgTree, bodies: &[OrganisationId]) -> HashMap<Option<OrganisationId>, Counts> {
    let mut parts: HashMap<Option<OrganisationId>, Vec<RollRow>> = HashMap::new();
    for row in rows {
        parts.entry(body_of(tree, bodies, row.organisation_id)).or_default().push(row.clone());
    }
    parts.into_iter().map(|(body, rows)| (body, Counts::of(&rows))).collect()
}
