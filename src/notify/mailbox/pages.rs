//! What an administrator sees of the mailbox: how the last look went, and what came in.

use entity::id::EventId;
use entity::{event, received_mail};
use minijinja::{Value, context};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::access::Actor;
use crate::error::Result;
use crate::view::format;
use crate::web::Page;

/// Mails that are listed.
const SHOWN: u64 = 50;

/// The last contact and the mails that came in last: what `notify/mailbox/summary.html` shows as `mailbox`.
pub async fn summary(page: &Page, actor: &Actor) -> Result<Value> {
    let (app, now, lang) = (&page.app, page.app.now(), page.lang);
    let zone = app.config.zone();
    let known = app.mailbox.known();
    let moment = |at| format::moment(lang, zone, at, now);
    let rows =
        received_mail::Entity::find().order_by_desc(received_mail::Column::Id).limit(SHOWN).all(app.db.read()).await?;
    // Mail that is of no event is any administrator's; of an event, those of its host and above.
    let hosts = event::Entity::find().filter(event::Column::Id.is_in(rows.iter().filter_map(|row| row.event_id)));
    let hosts = hosts.all(app.db.read()).await?;
    let tree = page.tree().await?;
    let may =
        |id: EventId| hosts.iter().any(|event| event.id == id && tree.is_below(event.host_id, actor.organisation));
    let rows = rows.into_iter().filter(|row| row.event_id.is_none_or(may)).map(|row| {
        let key = format!("answer-verdict-{}", row.verdict);
        context! {
            when => moment(row.received_at), kind => row.kind.as_str(), sender => row.sender,
            event => row.event_id.map(|id| id.0), good => matches!(row.verdict.as_str(), "taken" | "kept" | "delayed" | "delivered"),
            verdict => if lang.has(&key) { lang.text(&key) } else { row.verdict },
        }
    });
    Ok(context! {
        set => !app.config.mailbox.url.is_empty(), last => known.last_at.map(moment), good => known.good_at.map(moment),
        problem => known.problem, failures => known.failures, rows => rows.collect::<Vec<_>>(),
    })
}
