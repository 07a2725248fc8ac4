//! Who may answer for whom: named by the one who is answered for, and by nobody else.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::assistant::{self, Column};
use entity::id::PersonId;
use entity::person;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::error::{Error, Result};
use crate::people::{by_number, with_email};

/// How many assistants somebody may name.
const MOST: usize = 5;

/// Of these assistants the first who may answer for any of these people, and for whom of them.
#[expect(clippy::implicit_hasher, reason = "one kind of hasher is used in this program")]
pub async fn assists(
    db: &impl ConnectionTrait,
    assistants: &[person::Model],
    people: &HashSet<PersonId>,
) -> Result<Option<(PersonId, HashSet<PersonId>)>, DbErr> {
    let rows = assistant::Entity::find()
        .filter(Column::AssistantId.is_in(assistants.iter().map(|row| row.id)))
        .filter(Column::PersonId.is_in(people.iter().copied()))
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    let Some(first) = rows.first().map(|row| row.assistant_id) else { return Ok(None) };
    Ok(Some((first, rows.iter().filter(|row| row.assistant_id == first).map(|row| row.person_id).collect())))
}

/// The assistants of a person, as they were named.
pub async fn of_person(db: &impl ConnectionTrait, person: PersonId) -> Result<Vec<person::Model>, DbErr> {
    let rows = assistant::Entity::find().filter(Column::PersonId.eq(person)).order_by_asc(Column::Id).all(db).await?;
    named(db, rows.into_iter().map(|row| row.assistant_id).collect()).await
}

/// For whom a person may answer.
pub async fn for_whom(db: &impl ConnectionTrait, assistant: PersonId) -> Result<Vec<person::Model>, DbErr> {
    let rows =
        assistant::Entity::find().filter(Column::AssistantId.eq(assistant)).order_by_asc(Column::Id).all(db).await?;
    named(db, rows.into_iter().map(|row| row.person_id).collect()).await
}

async fn named(db: &impl ConnectionTrait, ids: Vec<PersonId>) -> Result<Vec<person::Model>, DbErr> {
    person::Entity::find().filter(person::Column::Id.is_in(ids)).order_by_asc(person::Column::StaffNo).all(db).await
}

/// Names somebody who may answer for a person, by staff number or address, in the caller's transaction. Naming them
/// again changes nothing.
pub async fn name_assistant(
    db: &impl ConnectionTrait,
    person: PersonId,
    who: &str,
    now: DateTime<Utc>,
) -> Result<person::Model> {
    let wrong = |code| Error::field("assistant", code);
    let who = who.trim();
    if who.is_empty() {
        return Err(wrong("required"));
    }
    let found = if who.contains('@') {
        let mut found = with_email(db, who).await?;
        if found.len() > 1 {
            return Err(wrong("several-people"));
        }
        found.pop()
    } else {
        by_number(db, who).await?
    };
    let found = found.ok_or_else(|| wrong("unknown-person"))?;
    if found.id == person {
        return Err(wrong("yourself"));
    }
    let there = of_person(db, person).await?;
    if there.iter().any(|row| row.id == found.id) {
        return Ok(found);
    }
    if there.len() >= MOST {
        return Err(wrong("too-many-assistants"));
    }
    let row = assistant::ActiveModel {
        person_id: Set(person),
        assistant_id: Set(found.id),
        created_at: Set(now),
        ..Default::default()
    };
    let already = OnConflict::columns([Column::PersonId, Column::AssistantId]).do_nothing().to_owned();
    assistant::Entity::insert(row).on_conflict(already).exec_without_returning(db).await?;
    Ok(found)
}

/// Takes an assistant's right back; what they answered stands.
pub async fn end(db: &impl ConnectionTrait, person: PersonId, assistant: PersonId) -> Result<(), DbErr> {
    assistant::Entity::delete_many()
        .filter(Column::PersonId.eq(person))
        .filter(Column::AssistantId.eq(assistant))
        .exec(db)
        .await
        .map(drop)
}
