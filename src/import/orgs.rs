//! orgs.csv: the tree of organisations.

use std::collections::{HashMap, HashSet};

use entity::id::OrganisationId;
use entity::organisation;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};

use super::columns::File;
use super::run::{CHUNK, Count, Import};
use super::sheet::Sheet;
use super::{Reason, RowProblem};
use crate::error::Result;
use crate::people::{OrgTree, rebuild_closure};

struct OrgRow {
    line: u64,
    code: String,
    name: String,
    parent: Option<String>,
    level: String,
}

/// Takes the file in.
pub async fn take<C: ConnectionTrait>(import: &mut Import<'_, C>, sheet: &Sheet) -> Result<Count> {
    let mut rows = read(import, sheet);
    drop_homeless(import, sheet, &mut rows);
    write(import, &rows).await
}

fn read<C>(import: &mut Import<'_, C>, sheet: &Sheet) -> Vec<OrgRow> {
    let mut rows = Vec::new();
    for row in sheet.rows() {
        let mut cells = sheet.reader(row, &mut import.problems);
        let parent = cells.text("parent_code");
        let read = OrgRow {
            line: row.line,
            code: cells.text("code").to_owned(),
            name: cells.filled("name").to_owned(),
            parent: (!parent.is_empty()).then(|| parent.to_owned()),
            level: cells.text("level").to_owned(),
        };
        if import.known.orgs.by_code(&read.code).is_some_and(|org| !import.known.is_ours(org.id)) {
            cells.bad("code", Reason::NotYours);
        }
        let code = read.code.clone();
        if cells.done() {
            rows.push(read);
        } else {
            import.known.mark_bad(File::Orgs, &code);
        }
    }
    rows
}

/// Reports and drops the rows whose organisation would hang under nothing, under itself, or under somebody else's. A
/// dropped row leaves what the database says of it, so the rest is looked at again until all of it holds.
fn drop_homeless<C>(import: &mut Import<'_, C>, sheet: &Sheet, rows: &mut Vec<OrgRow>) {
    loop {
        let mut parents: HashMap<String, Option<String>> = import
            .known
            .orgs
            .iter()
            .map(|org| (org.code.clone(), org.parent_id.map(|id| import.known.orgs.code(id).to_owned())))
            .collect();
        parents.extend(rows.iter().map(|row| (row.code.clone(), row.parent.clone())));
        let found: Vec<(String, RowProblem)> = rows
            .iter()
            .filter_map(|row| {
                let reason = homeless(import, &parents, row)?;
                let value = row.parent.as_deref().unwrap_or_default();
                Some((row.code.clone(), sheet.problem(row.line, "parent_code", value, reason)))
            })
            .collect();
        if found.is_empty() {
            return;
        }
        let bad: HashSet<String> = found.iter().map(|(code, _)| code.clone()).collect();
        rows.retain(|row| !bad.contains(&row.code));
        for (code, problem) in found {
            import.known.mark_bad(File::Orgs, &code);
            import.problems.push(problem);
        }
    }
}

/// What is wrong with the place of a row's organisation, given every organisation's parent.
fn homeless<C>(import: &Import<'_, C>, parents: &HashMap<String, Option<String>>, row: &OrgRow) -> Option<Reason> {
    if let Some(parent) = &row.parent
        && !parents.contains_key(parent)
    {
        return import.known.org(parent).err();
    }
    let mut path = vec![row.code.as_str()];
    while let Some(Some(parent)) = parents.get(path[path.len() - 1]) {
        if parent == &row.code {
            return Some(Reason::Cycle);
        }
        if path.contains(&parent.as_str()) {
            // Another row's cycle, which is reported there; this one follows when that row is gone.
            return None;
        }
        path.push(parent);
    }
    let ours = import.known.is_all_ours()
        || path.iter().any(|code| import.known.orgs.by_code(code).is_some_and(|org| import.known.is_top(org.id)));
    let known = import.known.orgs.by_code(&row.code);
    let moves_top = known.is_some_and(|org| {
        import.known.is_top(org.id) && org.parent_id.map(|id| import.known.orgs.code(id)) != row.parent.as_deref()
    });
    (!ours || moves_top).then_some(Reason::NotYours)
}

async fn write<C: ConnectionTrait>(import: &mut Import<'_, C>, rows: &[OrgRow]) -> Result<Count> {
    let mut count = Count::default();
    let mut rows: Vec<&OrgRow> = rows.iter().collect();
    let mut moved = false;
    // Parents first: each round takes in the rows whose parent is there.
    while !rows.is_empty() {
        let (ready, waiting): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .partition(|row| row.parent.as_ref().is_none_or(|parent| import.known.orgs.by_code(parent).is_some()));
        if ready.is_empty() {
            break;
        }
        let (old, new): (Vec<_>, Vec<_>) =
            ready.into_iter().partition(|row| import.known.orgs.by_code(&row.code).is_some());
        for row in old {
            let parent = parent_id(import, row);
            let Some(present) = import.known.orgs.by_code(&row.code).cloned() else { continue };
            if present.name == row.name && present.level == row.level && present.parent_id == parent {
                count.unchanged += 1;
                continue;
            }
            moved |= present.parent_id != parent;
            import.before_people().await?;
            organisation::Entity::update(organisation::ActiveModel { id: Set(present.id), ..active(row, parent) })
                .exec(import.db)
                .await?;
            count.changed += 1;
        }
        if !new.is_empty() {
            import.before_people().await?;
        }
        for chunk in new.chunks(CHUNK) {
            let models: Vec<_> = chunk.iter().map(|row| active(row, parent_id(import, row))).collect();
            organisation::Entity::insert_many(models).exec_without_returning(import.db).await?;
            count.added += chunk.len();
            moved = true;
        }
        import.known.orgs = OrgTree::load(import.db).await?;
        rows = waiting;
    }
    if moved {
        rebuild_closure(import.db).await?;
    }
    Ok(count)
}

fn parent_id<C>(import: &Import<'_, C>, row: &OrgRow) -> Option<OrganisationId> {
    row.parent.as_ref().and_then(|code| import.known.orgs.by_code(code)).map(|org| org.id)
}

fn active(row: &OrgRow, parent: Option<OrganisationId>) -> organisation::ActiveModel {
    organisation::ActiveModel {
        code: Set(row.code.clone()),
        name: Set(row.name.clone()),
        parent_id: Set(parent),
        level: Set(row.level.clone()),
        ..Default::default()
    }
}
