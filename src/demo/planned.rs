//! Templates of the demonstration, and a draft that recurs from now on.

use chrono::{DateTime, Days, Utc};
use entity::organisation;
use sea_orm::ConnectionTrait;

use crate::access::{Actor, Rights};
use crate::error::Result;
use crate::locale::Lang;
use crate::people::OrgTree;
use crate::planning::template::{Using, make, starters, use_template};
use crate::scheduling::Ground;

/// The starters that the organisation took.
const TAKEN: [&str; 3] = ["first_topic", "lecture", "constitution_day"];

/// Writes them, in the caller's transaction.
pub async fn fill(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    host: &organisation::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let actor = Actor { name: "demo".to_owned(), organisation: host.id, rights: Rights::Manage };
    let tree = OrgTree::load(db).await?;
    let today = ground.zone.day(now);
    let date = today.checked_add_days(Days::new(14)).unwrap_or(today).to_string();
    for starter in starters().iter().filter(|starter| TAKEN.contains(&starter.key.as_str())) {
        let wish = starter.template(&host.code, Lang::Zh);
        let template = make(db, ground, &tree, &actor, &wish, now).await?;
        if template.rrule.is_some() {
            let using = Using { key: "DEMO-SERIES", date: &date, org_code: &host.code };
            use_template(db, ground, &tree, &actor, (&template, using), now).await?;
        }
    }
    Ok(())
}
