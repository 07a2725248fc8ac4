//! Where somebody says how they want to be reminded: signed in, or by the link at the foot of a mail.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::Form;
use entity::id::PersonId;
use entity::person;
use entity::state::ReminderWish;
use minijinja::{Value, context};
use sea_orm::EntityTrait;
use serde::Deserialize;

use super::{PURPOSE, Wish, of, save};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::notify::Quiet;
use crate::web::{Page, Seat, Signed};

/// What a browser, or a mail program's one click, sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// `each`, `digest` or `off`.
    reminders: String,
    /// `house`, `own` or `never`; left out where only the wish is asked for.
    quiet: String,
    /// Of own hours.
    from: String,
    /// Of own hours.
    to: String,
    /// RFC 8058 section 3.2: `One-Click`.
    #[serde(rename = "List-Unsubscribe")]
    one_click: String,
}

impl Typed {
    fn of(wish: &Wish) -> Self {
        let own = wish.quiet.map(|quiet| quiet.to_string());
        let (from, to) = own.as_deref().and_then(|text| text.split_once('-')).unwrap_or_default();
        let quiet = match wish.quiet {
            None => "house",
            Some(Quiet::NEVER) => "never",
            Some(_) => "own",
        };
        Self {
            reminders: wish.reminders.to_string(),
            quiet: quiet.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            one_click: String::new(),
        }
    }

    /// What it asks for, where that is not said as it `was`.
    fn wish(&self, was: &Wish) -> Result<Wish> {
        let reminders: ReminderWish = self.reminders.parse().map_err(|_| Error::field("reminders", "required"))?;
        let quiet = match self.quiet.as_str() {
            "" => was.quiet,
            "house" => None,
            "never" => Some(Quiet::NEVER),
            "own" => Some(
                Quiet::parse(&format!("{}-{}", self.from.trim(), self.to.trim()))
                    .ok_or_else(|| Error::field("quiet", "bad-quiet"))?,
            ),
            _ => return Err(Error::field("quiet", "bad-quiet")),
        };
        Ok(Wish { reminders, quiet })
    }

    fn shown(&self) -> Value {
        let text = String::as_str;
        context! {
            reminders => text(&self.reminders), quiet => text(&self.quiet), from => text(&self.from), to => text(&self.to),
        }
    }
}

/// What one's own page shows of it.
pub async fn section(page: &Page, person: PersonId) -> Result<Value> {
    let wish = of(page.app.db.read(), person).await?;
    Ok(context! { form => Typed::of(&wish).shown(), house => house(page), wrong => context! {} })
}

/// The house's hours and the time of digests, as people read them.
fn house(page: &Page) -> Value {
    let config = &page.app.config;
    let quiet = config.quiet().to_string().replace('-', "–");
    context! { quiet, digest_at => config.digest_at().format("%H:%M").to_string() }
}

fn me(signed: &crate::access::sign_in::SignedIn) -> Result<PersonId> {
    signed.identity.person.as_ref().map(|person| person.id).ok_or_else(|| Error::new(Code::Forbidden))
}

/// `GET /my/reminders`
pub async fn show(Seat { page, signed }: Seat) -> Result<Response> {
    let person = me(&signed)?;
    let wishes = section(&page, person).await?;
    page.render("notify/wishes/mine.html", "my", context! { wishes }).await
}

/// `POST /my/reminders`
pub async fn keep(Seat { page, signed }: Seat, Signed(typed): Signed<Typed>) -> Result<Response> {
    let person = me(&signed)?;
    let was = of(page.app.db.read(), person).await?;
    match typed.wish(&was) {
        Ok(wish) => {
            save(page.app.db.write(), person, &wish, page.app.now()).await?;
            Ok(Redirect::to("/my?done=reminders#reminders").into_response())
        }
        Err(Error::Problem(problem)) => {
            let wrong = texts(&page, &problem.fields);
            let wishes = context! { form => typed.shown(), house => house(&page), wrong };
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            page.render_as(status, "notify/wishes/mine.html", "my", context! { wishes }).await
        }
        Err(error) => Err(error),
    }
}

fn texts(page: &Page, fields: &[FieldProblem]) -> Value {
    let by_field: BTreeMap<_, _> = fields.iter().map(|one| (one.field.as_str(), one.text(page.lang))).collect();
    Value::from_pairs(by_field)
}

async fn holder(page: &Page, token: &str) -> Result<person::Model> {
    let [id] = page.app.signing_key().await?.open::<1>(PURPOSE, token)?;
    let found = person::Entity::find_by_id(PersonId(id)).one(page.app.db.read()).await?;
    found.ok_or_else(|| Error::new(Code::NotFound))
}

/// `GET /reminders/{token}`: asks, and changes nothing.
pub async fn ask(page: Page, Path(token): Path<String>) -> Result<Response> {
    let person = holder(&page, &token).await?;
    by_link(&page, &token, &person, Done::No).await
}

/// Whether something was just kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    No,
    Yes,
}

async fn by_link(page: &Page, token: &str, person: &person::Model, done: Done) -> Result<Response> {
    let wish = of(page.app.db.read(), person.id).await?;
    let context = context! {
        token, name => person.name.as_str(), form => Typed::of(&wish).shown(), house => house(page),
        done => done == Done::Yes,
    };
    page.render("notify/wishes/stop.html", "my", context).await
}

/// `POST /reminders/{token}`: the page's form, or a mail program's one click (RFC 8058), which needs neither cookie nor
/// page. Who holds the link may say it: it came by mail to whom it is about.
pub async fn say(page: Page, Path(token): Path<String>, Form(typed): Form<Typed>) -> Result<Response> {
    let person = holder(&page, &token).await?;
    let was = of(page.app.db.read(), person.id).await?;
    let one_click = typed.one_click == "One-Click";
    let wish = if one_click { Wish { reminders: ReminderWish::Off, ..was } } else { typed.wish(&was)? };
    save(page.app.db.write(), person.id, &wish, page.app.now()).await?;
    if one_click {
        return Ok(page.lang.text("wish-off-now").into_response());
    }
    by_link(&page, &token, &person, Done::Yes).await
}
