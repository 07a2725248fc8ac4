//! The pages of people, organisations and groups.

use axum::Router;
use axum::routing::{get, post};
use chrono::NaiveDate;
use minijinja::{Value, context};

use super::{card, double, group, list, organisation};
use crate::access::Actor;
use crate::locale::Lang;
use crate::people::OrgTree;
use crate::state::App;

/// Every page of this room.
pub fn routes() -> Router<App> {
    use card::pages as card;
    use double::pages as double;
    use group::pages as group;
    use organisation::pages as organisation;
    Router::new()
        .route("/people", get(list::pages::show))
        .route("/people/new", get(card::ask_new).post(card::make))
        .route("/people/doubles", get(double::show))
        .route("/people/merge", get(double::ask).post(double::act))
        .route("/people/{id}", get(card::show))
        .route("/people/{id}/edit", get(card::ask_edit).post(card::edit))
        .route("/people/{id}/{step}", get(card::ask_step).post(card::take_step))
        .route("/people/{id}/mail/trouble", post(card::clear_trouble))
        .route("/people/{id}/memberships/{membership}", get(card::ask_correct).post(card::correct))
        .route("/organisations", get(organisation::show_tree))
        .route("/organisations/{id}", get(organisation::ask).post(organisation::act))
        .route("/groups", get(group::show_all))
        .route("/groups/members", get(group::ask).post(group::act))
}

/// The actor's organisations to choose from, those above before those below, indented; without those that are no more
/// on `day`, except the chosen one.
#[must_use]
pub fn own_orgs(tree: &OrgTree, actor: &Actor, chosen: &str, day: Option<NaiveDate>) -> Vec<Value> {
    let mut rows = Vec::new();
    put(tree, actor.organisation, 0, &mut rows);
    rows.into_iter()
        .filter(|(id, _)| {
            let gone = tree.get(*id).and_then(|org| org.active_to).zip(day).is_some_and(|(last, day)| last < day);
            !gone || tree.code(*id) == chosen
        })
        .map(|(id, depth)| {
            let indent = "\u{3000}".repeat(depth);
            context! { value => tree.code(id), text => format!("{indent}{}", tree.name(id)), chosen => tree.code(id) == chosen }
        })
        .collect()
}

/// An organisation and all below it, in the order of the tree, each with how deep it lies.
pub fn put(
    tree: &OrgTree,
    id: entity::id::OrganisationId,
    depth: usize,
    rows: &mut Vec<(entity::id::OrganisationId, usize)>,
) {
    // Ends at a cycle.
    if rows.iter().any(|(there, _)| *there == id) {
        return;
    }
    rows.push((id, depth));
    for child in tree.iter().filter(|org| org.parent_id == Some(id)) {
        put(tree, child.id, depth + 1, rows);
    }
}

/// A label as people read it: known ones by their name, others as they are.
#[must_use]
pub fn group_name(lang: Lang, name: &str) -> String {
    match name {
        "center-group" | "enforcement" => lang.text(&format!("people-group-{name}")),
        other => other.to_owned(),
    }
}
