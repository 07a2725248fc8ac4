//! What is read or handed out at an event: links, and files kept in the database.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::id::{EventId, MaterialId, StoredFileId};
use entity::{material, stored_file};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{FileName, event_to_fill, own_session, stored};
use crate::access::{Actor, audit};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::scheduling::{touch, wording};

/// Materials of one event.
const MOST: u64 = 100;
/// Characters of an address.
const LONGEST_URL: usize = 2_000;

/// A material, with the size of its file in octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material {
    /// The row.
    pub row: material::Model,
    /// Of a file.
    pub size: Option<i64>,
}

/// A link as somebody writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewLink {
    /// As shown; left out: the address itself.
    pub title: String,
    /// `http` or `https`.
    #[schema(required = true)]
    pub url: String,
    /// The one session that it is for; left out or null: all.
    pub session_id: Option<String>,
}

/// A file as somebody hands it in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewFile {
    /// As shown; empty: its name.
    pub title: String,
    /// As its sender calls it.
    pub name: String,
    /// What is in it.
    pub content: Vec<u8>,
    /// The one session that it is for; empty: all.
    pub session_id: String,
}

/// The materials of these events, by event and in their order there. No file is read.
pub async fn materials_of(
    db: &impl ConnectionTrait,
    events: impl IntoIterator<Item = EventId>,
) -> Result<Vec<Material>, DbErr> {
    let rows = material::Entity::find()
        .filter(material::Column::EventId.is_in(events))
        .order_by_asc(material::Column::EventId)
        .order_by_asc(material::Column::Position)
        .order_by_asc(material::Column::Id)
        .all(db)
        .await?;
    let files: Vec<StoredFileId> = rows.iter().filter_map(|row| row.file_id).collect();
    let mut sizes = HashMap::new();
    if !files.is_empty() {
        let found: Vec<(StoredFileId, i64)> = stored_file::Entity::find()
            .select_only()
            .columns([stored_file::Column::Id, stored_file::Column::Size])
            .filter(stored_file::Column::Id.is_in(files))
            .into_tuple()
            .all(db)
            .await?;
        sizes.extend(found);
    }
    let of = |row: material::Model| Material { size: row.file_id.and_then(|id| sizes.get(&id).copied()), row };
    Ok(rows.into_iter().map(of).collect())
}

/// A file of an event with its content; `not-found` when it has none of that id. The caller answers for who may see it.
pub async fn file_of(
    db: &impl ConnectionTrait,
    event: EventId,
    id: MaterialId,
) -> Result<(material::Model, stored_file::Model)> {
    let row = find(db, event, id).await?;
    let file = row.file_id.ok_or_else(|| Error::new(Code::NotFound))?;
    let file = stored_file::Entity::find_by_id(file).one(db).await?.ok_or_else(|| Error::new(Code::NotFound))?;
    Ok((row, file))
}

async fn find(db: &impl ConnectionTrait, event: EventId, id: MaterialId) -> Result<material::Model> {
    material::Entity::find_by_id(id)
        .filter(material::Column::EventId.eq(event))
        .one(db)
        .await?
        .ok_or_else(|| Error::new(Code::NotFound))
}

/// Adds a link to an event, in the caller's transaction.
pub async fn add_link(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    new: &NewLink,
    now: DateTime<Utc>,
) -> Result<Material> {
    event_to_fill(db, actor, id).await?;
    let mut wrong = Vec::new();
    let url = address(&new.url, &mut wrong);
    let mut title = wording::line("title", &new.title, 200, &mut wrong);
    let session_id =
        own_session(db, id, "session_id", new.session_id.as_deref().unwrap_or_default(), &mut wrong).await?;
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    if title.is_empty() {
        title = url.chars().take(200).collect();
    }
    let row = material::ActiveModel {
        title: Set(title),
        url: Set(Some(url)),
        session_id: Set(session_id),
        ..Default::default()
    };
    Ok(Material { row: add(db, actor, id, row, now).await?, size: None })
}

/// Adds a file to an event, in the caller's transaction.
pub async fn add_file(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    new: NewFile,
    now: DateTime<Utc>,
) -> Result<Material> {
    event_to_fill(db, actor, id).await?;
    let mut wrong = Vec::new();
    let file = FileName::read("file", &new.name, &new.content).map_err(|problem| wrong.push(problem));
    let mut title = wording::line("title", &new.title, 200, &mut wrong);
    let session_id = own_session(db, id, "session_id", &new.session_id, &mut wrong).await?;
    let (Ok(file), true) = (file, wrong.is_empty()) else { return Err(Error::invalid(wrong)) };
    if title.is_empty() {
        title.clone_from(&file.name);
    }
    let size = i64::try_from(new.content.len()).unwrap_or(i64::MAX);
    let kept = stored::keep(db, new.content, now).await?;
    let row = material::ActiveModel {
        title: Set(title),
        file_id: Set(Some(kept)),
        file_name: Set(Some(file.name)),
        media_type: Set(Some(file.media_type.to_owned())),
        session_id: Set(session_id),
        ..Default::default()
    };
    Ok(Material { row: add(db, actor, id, row, now).await?, size: Some(size) })
}

/// An address that a link may lead to: of the web, with a host, without a name and password in it.
fn address(text: &str, wrong: &mut Vec<FieldProblem>) -> String {
    let text = wording::needed("url", text, LONGEST_URL, wrong);
    if text.is_empty() {
        return text;
    }
    let parsed = url::Url::parse(&text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    });
    if let Some(url) = parsed {
        return url.to_string();
    }
    wrong.push(FieldProblem::new("url", "bad-url"));
    String::new()
}

async fn add(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    row: material::ActiveModel,
    now: DateTime<Utc>,
) -> Result<material::Model> {
    let of_event = material::Entity::find().filter(material::Column::EventId.eq(id));
    if of_event.clone().count(db).await? >= MOST {
        return Err(Error::invalid(vec![FieldProblem::new("materials", "too-many").with("limit", MOST)]));
    }
    let last: Option<Option<i32>> =
        of_event.select_only().column_as(material::Column::Position.max(), "last").into_tuple().one(db).await?;
    let row = material::ActiveModel {
        event_id: Set(id),
        position: Set(last.flatten().map_or(0, |last| last + 1)),
        added_at: Set(now),
        added_by: Set(actor.name.clone()),
        ..row
    };
    let row = material::Entity::insert(row).exec_with_returning(db).await?;
    touch(db, id).await?;
    record(db, actor, "event.material-add", &row, now).await?;
    Ok(row)
}

/// Takes a material off an event, in the caller's transaction; its file goes when nobody else uses it.
pub async fn remove_material(
    db: &impl ConnectionTrait,
    actor: &Actor,
    id: EventId,
    material: MaterialId,
    now: DateTime<Utc>,
) -> Result<()> {
    event_to_fill(db, actor, id).await?;
    let row = find(db, id, material).await?;
    material::Entity::delete_by_id(material).exec(db).await?;
    touch(db, id).await?;
    if let Some(file) = row.file_id {
        stored::let_go(db, file).await?;
    }
    record(db, actor, "event.material-remove", &row, now).await
}

async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    action: &str,
    row: &material::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let deed = audit::Deed {
        actor: &actor.name,
        action,
        subject: format!("material:{}", row.id),
        event_id: Some(row.event_id),
        detail: serde_json::json!({ "title": row.title }),
    };
    Ok(audit::record(db, deed, now).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_the_web_and_nowhere_else() {
        let read = |text: &str| {
            let mut wrong = Vec::new();
            let url = address(text, &mut wrong);
            wrong.first().map_or(Ok(url), |problem| Err(problem.code))
        };
        assert_eq!(read(" https://example.test/法?a=1 ").as_deref(), Ok("https://example.test/%E6%B3%95?a=1"));
        assert_eq!(read(""), Err("required"));
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt://x/%0aalert(1)",
            "data:text/html,x",
            "ftp://x/y",
            "//x",
            "x.test",
            "http://a:b@x.test/",
        ] {
            assert_eq!(read(bad), Err("bad-url"), "{bad}");
        }
    }
}
