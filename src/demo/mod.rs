//! `pufa serve --demo`: a worked year of a made-up bureau (config/demo), and a few sessions around the present moment,
//! so that there is something to look at, to be invited to and to check in to.
//!
//! Only an empty database is filled, in one transaction. Unless settings say otherwise, the demonstration has a
//! database and a folder of mails of its own, so that it never touches real data and never sends anything.

mod contents;
mod planned;
mod present;
mod replies;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use entity::state::Role;
use entity::{account, organisation, person};
use rust_embed::RustEmbed;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::access::sign_in::{create_account, create_link};
use crate::config::{Access, Config, ConfigError};
use crate::dates::Zone;
use crate::error::{Error, Result};
use crate::import::{self, BadRows, Ground, Notify, Upload, Within};
use crate::people;
use crate::scheduling::{Ground as Events, Kinds, WorkHours};

/// The address with which the organiser of the demonstration signs in.
pub const ORGANISER: &str = "organiser@example.test";
/// The organisation that the organiser works for.
pub const ORGANISATION: &str = "YX-NY";
/// The member of the staff who signs in.
pub const STAFF: &str = "NY005";

#[derive(RustEmbed)]
#[folder = "config/demo"]
#[include = "*.csv"]
struct Year;

/// Where a demonstration keeps its things: settings that nobody changed point to a database and a folder of its own;
/// mail never goes out.
pub fn settle(config: &mut Config) -> std::result::Result<(), ConfigError> {
    let defaults = Config::defaults()?;
    if config.database.url == defaults.database.url {
        config.database.url = "sqlite://data/demo.db".to_owned();
    }
    if config.mail.url == defaults.mail.url || !config.mail.url.starts_with("file:") {
        let folder = beside(&config.database.url).join("demo-mail");
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        config.mail.url = format!("file://{}", folder.display());
    }
    Ok(())
}

/// The folder of an SQLite file; `data` for a database elsewhere.
fn beside(url: &str) -> PathBuf {
    let file = url.strip_prefix("sqlite:").map(|rest| rest.trim_start_matches("//").split('?').next().unwrap_or(rest));
    let folder = file.and_then(|file| Path::new(file).parent());
    folder.map_or_else(|| PathBuf::from("data"), Path::to_path_buf)
}

/// Fills an empty database, in the caller's transaction; leaves any other as it is.
pub async fn fill(db: &impl ConnectionTrait, kinds: &Kinds, zone: Zone, now: DateTime<Utc>) -> Result<()> {
    let organisations = organisation::Entity::find().count(db).await?;
    if organisations + account::Entity::find().count(db).await? > 0 {
        return Ok(());
    }
    let year: Vec<Upload> = Year::iter()
        .filter_map(|name| {
            Year::get(&name).map(|file| Upload { name: name.into_owned(), bytes: file.data.into_owned() })
        })
        .collect();
    bring(db, &year, Notify::Nobody, kinds, zone, now).await?;
    bring(db, &present::uploads(zone, now), Notify::Invited, kinds, zone, now).await?;
    let organisation = people::by_code(db, ORGANISATION).await?;
    contents::fill(db, kinds, &organisation, now).await?;
    planned::fill(db, &Events { kinds, zone, hours: WorkHours::default() }, &organisation, now).await?;
    replies::fill(db, &organisation, now).await?;
    create_account(db, ORGANISER, organisation.id, Role::Organizer, now).await?;
    Ok(())
}

async fn bring(
    db: &impl ConnectionTrait,
    uploads: &[Upload],
    notify: Notify,
    kinds: &Kinds,
    zone: Zone,
    now: DateTime<Utc>,
) -> Result<()> {
    let ground = Ground { kinds, zone, by: "demo", within: Within::Everything, notify, now };
    let outcome = import::run(db, import::from_uploads(uploads), &ground, &|_| ()).await?;
    if outcome.stands(BadRows::Refuse) {
        return Ok(());
    }
    let first = outcome.problems.first().map(|problem| problem.line(crate::locale::Lang::En)).unwrap_or_default();
    Err(Error::internal(format!("the demonstration does not fit the settings: {first}")))
}

/// New links with which the two people of the demonstration sign in, as paths with where they lead.
#[derive(Clone, Debug)]
pub struct Links {
    /// The organiser's, to the month view.
    pub organiser: String,
    /// A member of staff's, to their own events.
    pub staff: String,
}

/// Makes them, in the caller's transaction; None in a database that holds something else.
pub async fn links(db: &impl ConnectionTrait, settings: &Access, now: DateTime<Utc>) -> Result<Option<Links>> {
    let organiser = account::Entity::find().filter(account::Column::Email.eq(ORGANISER)).one(db).await?;
    let staff = person::Entity::find().filter(person::Column::StaffNo.eq(STAFF)).one(db).await?;
    let (Some(organiser), Some(staff)) = (organiser, staff) else { return Ok(None) };
    let organiser = create_link(db, Some(organiser.id), None, settings, now).await?;
    let staff = create_link(db, None, Some(staff.id), settings, now).await?;
    Ok(Some(Links {
        organiser: format!("/enter/{organiser}?next=/calendar"),
        staff: format!("/enter/{staff}?next=/my"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_nobody_changed_point_to_things_of_its_own() {
        let mut config = Config::defaults().unwrap();
        settle(&mut config).unwrap();
        assert_eq!(config.database.url, "sqlite://data/demo.db");
        assert!(config.mail.url.starts_with("file:///") && config.mail.url.ends_with("/data/demo-mail"));
    }

    #[test]
    fn what_somebody_set_stays_but_mail_never_goes_out() {
        let mut config = Config::defaults().unwrap();
        config.database.url = "sqlite:///srv/x/a.db".to_owned();
        config.mail.url = "smtp://mail.example.test:25".to_owned();
        settle(&mut config).unwrap();
        assert_eq!(config.database.url, "sqlite:///srv/x/a.db");
        assert_eq!(config.mail.url, "file:///srv/x/demo-mail");
        config.mail.url = "file:///srv/mail".to_owned();
        settle(&mut config).unwrap();
        assert_eq!(config.mail.url, "file:///srv/mail");
    }
}
