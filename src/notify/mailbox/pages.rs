//! What an administrator sees of the mailbox: how the last look went, and what came in.

use entity::received_mail;
use minijinja::{Value, context};
use sea_orm::{EntityTrait, QueryOrder, QuerySelect};

use crate::error::Result;
use crate::view::format;
use crate::web::Page;

/// Mails that are listed.
const SHOWN: u64 = 50;

/// The last contact and the mails that came in last: what `notify/mailbox/summary.html` shows as `mailbox`.
pub async fn summary(page: &Page) -> Result<Value> {
    let (app, now, lang) = (&page.app, page.app.now(), page.lang);
    let zone = app.config.zone();
    let known = app.mailbox.known();
    let moment = |at| format::moment(lang, zone, at, now);
    let rows =
        received_mail::Entity::find().order_by_desc(received_mail::Column::Id).limit(SHOWN).all(app.db.read()).await?;
    let rows = rows.into_iter().map(|row| {
        let key = format!("answer-verdict-{}", row.verdict);
        context! {
            when => moment(row.received_at), kind => row.kind.as_str(), sender => row.sender,
            event => row.event_id.map(|id| id.0), good => matches!(row.verdict.as_str(), "taken" | "delayed" | "delivered"),
            verdict => if lang.has(&key) { lang.text(&key) } else { row.verdict },
        }
    });
    Ok(context! {
        set => !app.config.mailbox.url.is_empty(), last => known.last_at.map(moment), good => known.good_at.map(moment),
        problem => known.problem, failures => known.failures, rows => rows.collect::<Vec<_>>(),
    })
}
