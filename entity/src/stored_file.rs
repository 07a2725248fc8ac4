//! A file that was handed in, kept once by its content.

use crate::id::StoredFileId;
use sea_orm::entity::prelude::*;

/// A file that was handed in, kept once by its content.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stored_file")]
pub struct Model {
    /// Assigned by the database.
    #[sea_orm(primary_key)]
    pub id: StoredFileId,
    /// Of its content, in hexadecimal.
    #[sea_orm(unique)]
    pub sha256: String,
    /// In octets.
    pub size: i64,
    /// What is in it.
    pub content: Vec<u8>,
    /// When the row was written.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
