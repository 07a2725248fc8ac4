//! People by staff number: their own, or one that was merged into them.

use std::collections::{BTreeSet, HashMap};

use entity::{person, person_alias};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

/// Numbers of one statement.
const CHUNK: usize = 1_000;

/// The person of that staff number, or of the one that it was merged into.
pub async fn by_number(db: &impl ConnectionTrait, staff_no: &str) -> Result<Option<person::Model>, DbErr> {
    Ok(by_numbers(db, [staff_no]).await?.remove(staff_no))
}

/// The same of many numbers, by the number asked for; unknown ones are missing.
pub async fn by_numbers<'a>(
    db: &impl ConnectionTrait,
    numbers: impl IntoIterator<Item = &'a str>,
) -> Result<HashMap<String, person::Model>, DbErr> {
    // PostgreSQL takes no text with NUL; nobody has such a number.
    let numbers: BTreeSet<&str> = numbers.into_iter().filter(|number| !number.contains('\0')).collect();
    let mut found = HashMap::new();
    for chunk in numbers.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
        let own = person::Column::StaffNo.is_in(chunk.iter().copied());
        let rows = person::Entity::find().filter(own).all(db).await?;
        found.extend(rows.into_iter().map(|row| (row.staff_no.clone(), row)));
        let rest: Vec<&str> = chunk.iter().copied().filter(|number| !found.contains_key(*number)).collect();
        if rest.is_empty() {
            continue;
        }
        let merged = person_alias::Entity::find().filter(person_alias::Column::StaffNo.is_in(rest)).all(db).await?;
        if merged.is_empty() {
            continue;
        }
        let ids = person::Column::Id.is_in(merged.iter().map(|row| row.person_id));
        let people: HashMap<_, _> =
            person::Entity::find().filter(ids).all(db).await?.into_iter().map(|row| (row.id, row)).collect();
        let known = merged.into_iter().filter_map(|row| Some((row.staff_no, people.get(&row.person_id)?.clone())));
        found.extend(known);
    }
    Ok(found)
}
