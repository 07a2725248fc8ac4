//! people.csv: persons and their memberships. Name and address of a person are those of the membership that begins
//! last, whatever the order of the rows.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::id::{MembershipId, OrganisationId, PersonId};
use entity::{membership, membership_group, person};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::columns::File;
use super::run::{CHUNK, Count, Import};
use super::sheet::{RowReader, Sheet};
use super::{Known, Reason, value};
use crate::error::Result;
use crate::people::is_email;

struct PersonRow {
    line: u64,
    staff_no: String,
    from: NaiveDate,
    to: Option<NaiveDate>,
    name: String,
    email: Option<String>,
    organisation: OrganisationId,
    title: String,
    groups: Vec<String>,
}

type Groups = HashMap<MembershipId, Vec<String>>;

/// Takes the file in.
pub async fn take<C: ConnectionTrait>(import: &mut Import<'_, C>, sheet: &Sheet) -> Result<Count> {
    let mut rows = read(import, sheet);
    drop_overlaps(import, sheet, &mut rows);
    let mut groups = Groups::new();
    for row in membership_group::Entity::find().all(import.db).await? {
        groups.entry(row.membership_id).or_default().push(row.name);
    }
    let renamed = write_persons(import, &rows).await?;
    write_memberships(import, &rows, &groups, &renamed).await
}

fn read<C>(import: &mut Import<'_, C>, sheet: &Sheet) -> Vec<PersonRow> {
    let (mut rows, mut seen) = (Vec::new(), HashSet::new());
    for row in sheet.rows() {
        let number = sheet.cell(row, "staff_no");
        if import.known.is_merged(number) {
            import.notes.push(sheet.problem(row.line, "staff_no", number, Reason::MergedNumber));
            continue;
        }
        let mut cells = sheet.reader(row, &mut import.problems);
        let read = read_row(&import.known, &mut cells);
        if let Some(read) = &read
            && !seen.insert((read.staff_no.clone(), read.from))
        {
            cells.bad("active_from", Reason::KeyTwice);
        }
        match (read, cells.done()) {
            (Some(read), true) => rows.push(read),
            _ => import.known.mark_bad(File::People, sheet.cell(row, "staff_no")),
        }
    }
    rows
}

fn read_row(known: &Known, cells: &mut RowReader<'_>) -> Option<PersonRow> {
    let staff_no = cells.text("staff_no").to_owned();
    let from = cells.parsed("active_from", value::date);
    let to = cells.if_any("active_to", value::date);
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        cells.bad("active_to", Reason::EndBeforeStart);
    }
    let email = cells.if_any("email", |text| {
        let address = text.to_lowercase();
        if is_email(&address) { Ok(address) } else { Err(Reason::BadEmail) }
    });
    let organisation = cells.parsed("org_code", |code| known.own_org(code));
    if organisation
        .and_then(|id| known.orgs.get(id))
        .and_then(|org| org.active_to)
        .is_some_and(|last| to.is_none_or(|to| to > last))
    {
        cells.bad("active_to", Reason::OrgRetired);
    }
    let name = cells.filled("name").to_owned();
    if let Ok(person) = known.person(&staff_no)
        && known.latest(person).is_some_and(|row| !known.is_ours(row.organisation_id))
    {
        cells.bad("staff_no", Reason::NotYours);
    }
    let mut groups: Vec<String> = cells.list("groups").into_iter().map(ToOwned::to_owned).collect();
    groups.sort();
    Some(PersonRow {
        line: cells.line(),
        staff_no,
        from: from?,
        to,
        name,
        email,
        organisation: organisation?,
        title: cells.text("title").to_owned(),
        groups,
    })
}

fn meet(a: (NaiveDate, Option<NaiveDate>), b: (NaiveDate, Option<NaiveDate>)) -> bool {
    a.1.is_none_or(|end| end >= b.0) && b.1.is_none_or(|end| end >= a.0)
}

/// Reports and drops rows whose days another membership of the person has. A dropped row leaves the membership that it
/// would have replaced, so the rest of that person's is looked at again until all of it holds.
fn drop_overlaps<C>(import: &mut Import<'_, C>, sheet: &Sheet, rows: &mut Vec<PersonRow>) {
    let mut of: HashMap<&str, Vec<&PersonRow>> = HashMap::new();
    for row in rows.iter() {
        of.entry(&row.staff_no).or_default().push(row);
    }
    let mut bad = HashMap::new();
    for (number, mut mine) in of {
        let present = import.known.persons.get(number).and_then(|person| import.known.memberships.get(&person.id));
        loop {
            let mut taken: Vec<_> = present
                .into_iter()
                .flatten()
                .filter(|old| !mine.iter().any(|row| row.from == old.active_from))
                .map(|old| (old.active_from, old.active_to))
                .collect();
            let clash = mine.iter().position(|row| {
                let days = (row.from, row.to);
                let other = taken.iter().find(|other| meet(**other, days)).copied();
                taken.push(days);
                if let Some(other) = other {
                    bad.insert(row.line, other);
                }
                other.is_some()
            });
            match clash {
                Some(at) => {
                    mine.remove(at);
                }
                None => break,
            }
        }
    }
    let mut reported = Vec::new();
    rows.retain(|row| {
        let Some((from, to)) = bad.get(&row.line) else { return true };
        let other = format!("{from}–{}", to.map_or_else(String::new, |to| to.to_string()));
        let problem = sheet.problem(row.line, "active_from", &row.from.to_string(), Reason::Overlap).about(&other);
        reported.push((row.staff_no.clone(), problem));
        false
    });
    for (number, problem) in reported {
        import.known.mark_bad(File::People, &number);
        import.problems.push(problem);
    }
}

/// Writes who the rows are about; gives the lines by which a person's name or address changes.
async fn write_persons<C: ConnectionTrait>(import: &mut Import<'_, C>, rows: &[PersonRow]) -> Result<HashSet<u64>> {
    let mut last: HashMap<&str, &PersonRow> = HashMap::new();
    for row in rows {
        let best = last.entry(&row.staff_no).or_insert(row);
        if row.from > best.from {
            *best = row;
        }
    }
    let (mut fresh, mut renamed) = (Vec::new(), HashSet::new());
    for row in rows.iter().filter(|row| last.get(row.staff_no.as_str()).is_some_and(|best| best.line == row.line)) {
        let Some(present) = import.known.persons.get(&row.staff_no).cloned() else {
            fresh.push(row);
            continue;
        };
        let is_last = import.known.latest(present.id).is_none_or(|latest| latest.active_from <= row.from);
        if is_last && (present.name != row.name || present.email != row.email) {
            import.before_people().await?;
            let change = person::ActiveModel {
                id: Set(present.id),
                name: Set(row.name.clone()),
                email: Set(row.email.clone()),
                ..Default::default()
            };
            let now = person::Entity::update(change).exec(import.db).await?;
            import.known.persons.insert(now.staff_no.clone(), now);
            renamed.insert(row.line);
        }
    }
    if !fresh.is_empty() {
        import.before_people().await?;
    }
    for chunk in fresh.chunks(CHUNK) {
        let models = chunk.iter().map(|row| person::ActiveModel {
            staff_no: Set(row.staff_no.clone()),
            name: Set(row.name.clone()),
            email: Set(row.email.clone()),
            created_at: Set(import.ground.now),
            ..Default::default()
        });
        for row in person::Entity::insert_many(models).exec_with_returning(import.db).await? {
            import.known.persons.insert(row.staff_no.clone(), row);
        }
    }
    Ok(renamed)
}

async fn write_memberships<C: ConnectionTrait>(
    import: &mut Import<'_, C>,
    rows: &[PersonRow],
    groups: &Groups,
    renamed: &HashSet<u64>,
) -> Result<Count> {
    let (mut count, mut fresh, mut labels, mut relabelled) = (Count::default(), Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let Some(person) = import.known.persons.get(&row.staff_no).map(|person| person.id) else { continue };
        let of_person = import.known.memberships.entry(person).or_default();
        let Some(present) = of_person.iter_mut().find(|present| present.active_from == row.from) else {
            fresh.push((person, row));
            continue;
        };
        let same_groups = {
            let mut now = groups.get(&present.id).cloned().unwrap_or_default();
            now.sort();
            now == row.groups
        };
        let wanted = membership::Model {
            organisation_id: row.organisation,
            title: row.title.clone(),
            active_to: row.to,
            ..present.clone()
        };
        if *present == wanted && same_groups {
            count.add_present(renamed.contains(&row.line));
            continue;
        }
        count.changed += 1;
        let (id, differs) = (present.id, *present != wanted);
        *present = wanted.clone();
        import.before_people().await?;
        if differs {
            membership::Entity::update(membership::ActiveModel {
                id: Set(id),
                organisation_id: Set(wanted.organisation_id),
                title: Set(wanted.title),
                active_to: Set(wanted.active_to),
                ..Default::default()
            })
            .exec(import.db)
            .await?;
        }
        if !same_groups {
            relabelled.push(id);
            labels.extend(row.groups.iter().map(|name| (id, name.clone())));
        }
    }
    if !fresh.is_empty() {
        import.before_people().await?;
    }
    for chunk in fresh.chunks(CHUNK) {
        insert(import, chunk, &mut labels).await?;
        count.added += chunk.len();
    }
    for chunk in relabelled.chunks(CHUNK) {
        let old = membership_group::Column::MembershipId.is_in(chunk.iter().copied());
        membership_group::Entity::delete_many().filter(old).exec(import.db).await?;
    }
    for chunk in labels.chunks(CHUNK) {
        let models = chunk
            .iter()
            .map(|(id, name)| membership_group::ActiveModel { membership_id: Set(*id), name: Set(name.clone()) });
        membership_group::Entity::insert_many(models).exec_without_returning(import.db).await?;
    }
    Ok(count)
}

async fn insert<C: ConnectionTrait>(
    import: &mut Import<'_, C>,
    rows: &[(PersonId, &PersonRow)],
    labels: &mut Vec<(MembershipId, String)>,
) -> Result<()> {
    let models = rows.iter().map(|(person, row)| membership::ActiveModel {
        person_id: Set(*person),
        organisation_id: Set(row.organisation),
        title: Set(row.title.clone()),
        active_from: Set(row.from),
        active_to: Set(row.to),
        ..Default::default()
    });
    let mut made = HashMap::new();
    for model in membership::Entity::insert_many(models).exec_with_returning(import.db).await? {
        made.insert((model.person_id, model.active_from), model);
    }
    for (person, row) in rows {
        if let Some(model) = made.remove(&(*person, row.from)) {
            labels.extend(row.groups.iter().map(|name| (model.id, name.clone())));
            import.known.memberships.entry(*person).or_default().push(model);
        }
    }
    Ok(())
}
