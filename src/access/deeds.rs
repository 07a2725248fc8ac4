//! What was done, read back for people: deeds of an event, and the names behind `account:3` and the like.

use std::collections::HashMap;

use entity::id::{AccountId, ApiTokenId, EventId, PersonId};
use entity::{account, api_token, audit, person};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

/// The newest deeds of an event, newest first, and how many there are.
pub async fn of_event(db: &impl ConnectionTrait, event: EventId, most: u64) -> Result<(Vec<audit::Model>, u64), DbErr> {
    let all = audit::Entity::find().filter(audit::Column::EventId.eq(event));
    let count = all.clone().count(db).await?;
    Ok((all.order_by_desc(audit::Column::Id).limit(most).all(db).await?, count))
}

/// The names of those actors that are accounts, persons or tokens; three queries, however many there are.
pub async fn names<'a>(
    db: &impl ConnectionTrait,
    actors: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, String>, DbErr> {
    let (mut accounts, mut persons, mut tokens) = (Vec::new(), Vec::new(), Vec::new());
    for (sort, id) in actors.filter_map(|actor| actor.split_once(':')) {
        let Ok(id) = id.parse::<i64>() else { continue };
        match sort {
            "account" => accounts.push(AccountId(id)),
            "person" => persons.push(PersonId(id)),
            "token" => tokens.push(ApiTokenId(id)),
            _ => {}
        }
    }
    let mut names = HashMap::new();
    let rows = account::Entity::find().filter(account::Column::Id.is_in(accounts)).all(db).await?;
    names.extend(rows.into_iter().map(|row| (format!("account:{}", row.id), row.email)));
    let rows = person::Entity::find().filter(person::Column::Id.is_in(persons)).all(db).await?;
    names.extend(rows.into_iter().map(|row| (format!("person:{}", row.id), row.name)));
    let rows = api_token::Entity::find().filter(api_token::Column::Id.is_in(tokens)).all(db).await?;
    names.extend(rows.into_iter().map(|row| (format!("token:{}", row.id), row.name)));
    Ok(names)
}
