//! `pufa user create`: prints an address that signs in once, and nothing else.

use chrono::{DateTime, Utc};
use clap::Subcommand;
use entity::account;
use entity::state::Role;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::open;
use crate::access::sign_in;
use crate::config::Config;
use crate::error::Result;
use crate::people;

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Make an account and print a link that signs in once; for one that is there already, a new link.
    Create {
        /// Its address.
        #[arg(long)]
        email: String,
        /// Code of its organisation.
        #[arg(long)]
        org: String,
        /// admin, organizer, checker or viewer.
        #[arg(long)]
        role: Role,
    },
}

pub(super) async fn run(config: &Config, command: UserCommand, now: DateTime<Utc>) -> Result<()> {
    let UserCommand::Create { email, org, role } = command;
    let db = open(config).await?;
    let tx = db.begin().await?;
    let organisation = people::by_code(&tx, &org).await?;
    // Asked again for the same account: its link was lost.
    let account = match same(&tx, &email, &organisation, role).await? {
        Some(account) => account,
        None => sign_in::create_account(&tx, &email, organisation.id, role, now).await?,
    };
    let identity = sign_in::identify(&tx, &account.email).await?;
    let person = identity.person.map(|person| person.id);
    let secret = sign_in::create_link(&tx, Some(account.id), person, &config.access, now).await?;
    tx.commit().await?;
    println!("{}/enter/{secret}", config.public_url());
    Ok(())
}

/// The account of that address, if it is of that organisation and role and not switched off.
async fn same(
    db: &impl ConnectionTrait,
    email: &str,
    organisation: &entity::organisation::Model,
    role: Role,
) -> Result<Option<account::Model>> {
    Ok(account::Entity::find()
        .filter(account::Column::Email.eq(email.trim().to_lowercase()))
        .filter(account::Column::OrganisationId.eq(organisation.id))
        .filter(account::Column::Role.eq(role))
        .filter(account::Column::DisabledAt.is_null())
        .one(db)
        .await?)
}
