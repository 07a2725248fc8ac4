//! Sittings with something written down for them alone.

use std::collections::HashSet;

use entity::id::SessionId;
use entity::{agenda_item, material, session, speaker};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

/// Those of these sittings that have an agenda, minutes, or a speaker or material of their own: taking the sitting away
/// would lose it.
pub async fn filled(db: &impl ConnectionTrait, ids: &[SessionId]) -> Result<HashSet<SessionId>, DbErr> {
    let of = || ids.iter().copied();
    let agendas = agenda_item::Entity::find()
        .select_only()
        .column(agenda_item::Column::SessionId)
        .distinct()
        .filter(agenda_item::Column::SessionId.is_in(of()))
        .into_tuple::<SessionId>();
    let minutes = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::Id.is_in(of()))
        .filter(session::Column::Minutes.ne(""))
        .into_tuple::<SessionId>();
    let materials = material::Entity::find()
        .select_only()
        .column(material::Column::SessionId)
        .filter(material::Column::SessionId.is_in(of()))
        .into_tuple::<Option<SessionId>>();
    let speakers = speaker::Entity::find()
        .select_only()
        .column(speaker::Column::SessionId)
        .filter(speaker::Column::SessionId.is_in(of()))
        .into_tuple::<Option<SessionId>>();
    let mut found: HashSet<_> = agendas.all(db).await?.into_iter().chain(minutes.all(db).await?).collect();
    found.extend(materials.all(db).await?.into_iter().chain(speakers.all(db).await?).flatten());
    Ok(found)
}
