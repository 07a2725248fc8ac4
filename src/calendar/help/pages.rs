//! `GET /calendar/help`: steps for each calendar, with a sketch of the screen where it is done, and what to do when
//! nothing appears. For anybody: the public subscribes too.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use minijinja::{Value, context};

use crate::error::Result;
use crate::state::App;
use crate::web::Page;

/// The calendars, by the keys of their texts, each with the row of its sketch that is pressed.
const APPS: [(&str, usize); 8] = [
    ("iphone", 1),
    ("mac", 1),
    ("outlook", 2),
    ("google", 2),
    ("android", 2),
    ("wecom", 2),
    ("dingtalk", 2),
    ("feishu", 2),
];
/// Rows of a sketch, and steps of a calendar.
const ROWS: usize = 3;

/// The page.
pub fn routes() -> Router<App> {
    Router::new().route("/calendar/help", get(show))
}

async fn show(page: Page) -> Result<Response> {
    let text = |key: String| page.lang.text(&key);
    let of = |app: &str, what: &str| (1..=ROWS).map(|n| text(format!("help-{app}-{what}-{n}"))).collect::<Vec<_>>();
    let apps: Vec<Value> = APPS
        .iter()
        .map(|(app, pick)| {
            let (name, title, rows) = (text(format!("help-{app}")), text(format!("help-{app}-screen")), of(app, "row"));
            let said = [("app", name.as_str()), ("title", title.as_str()), ("row", rows[pick - 1].as_str())];
            let alt = page.lang.text_with("help-shows", said);
            context! {
                key => *app, name, title, rows, pick, alt, steps => of(app, "step"),
                every => text(format!("help-{app}-every")),
            }
        })
        .collect();
    let hints: Vec<_> = (1..=6).map(|n| text(format!("help-not-{n}"))).collect();
    page.render("calendar/help/help.html", "my", context! { apps, hints }).await
}
