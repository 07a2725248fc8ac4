//! Files in the database, each once by its content, so that every server and every backup has them.

use chrono::{DateTime, Utc};
use entity::id::StoredFileId;
use entity::{material, stored_file};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Keeps a content, or finds it where it is kept already, in the caller's transaction; until that ends, nobody lets go
/// of it.
pub(super) async fn keep(db: &impl ConnectionTrait, content: Vec<u8>, now: DateTime<Utc>) -> Result<StoredFileId> {
    let sha256 = hex::encode(Sha256::digest(&content));
    if let Some(id) = held(db, &sha256).await? {
        return Ok(id);
    }
    let row = stored_file::ActiveModel {
        sha256: Set(sha256.clone()),
        size: Set(i64::try_from(content.len()).unwrap_or(i64::MAX)),
        content: Set(content),
        created_at: Set(now),
        ..Default::default()
    };
    // Somebody else may hand the same in at this moment.
    stored_file::Entity::insert(row)
        .on_conflict(OnConflict::column(stored_file::Column::Sha256).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    held(db, &sha256).await?.ok_or_else(|| Error::internal("a file was let go of while it was handed in"))
}

/// The id of a content that is kept, held until the transaction ends.
async fn held(db: &impl ConnectionTrait, sha256: &str) -> Result<Option<StoredFileId>, DbErr> {
    stored_file::Entity::find()
        .select_only()
        .column(stored_file::Column::Id)
        .filter(stored_file::Column::Sha256.eq(sha256))
        .lock_exclusive()
        .into_tuple()
        .one(db)
        .await
}

/// Lets go of a content that nobody uses any more, in the caller's transaction.
pub(super) async fn let_go(db: &impl ConnectionTrait, id: StoredFileId) -> Result<(), DbErr> {
    let row: Option<StoredFileId> = stored_file::Entity::find_by_id(id)
        .select_only()
        .column(stored_file::Column::Id)
        .lock_exclusive()
        .into_tuple()
        .one(db)
        .await?;
    let used = material::Entity::find().filter(material::Column::FileId.eq(id)).count(db).await?;
    if row.is_some() && used == 0 {
        stored_file::Entity::delete_by_id(id).exec(db).await?;
    }
    Ok(())
}
