//! Editing the words of mails, with the whole mail beside them.

use std::collections::{BTreeMap, HashSet};

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use entity::organisation;
use entity::state::MessageKind;
use minijinja::{Value, context};
use serde::Deserialize;

use super::sample::{self, Whence};
use super::template::PLACEHOLDERS;
use super::{Held, KINDS, Words, demand, in_force, save};
use crate::access::Actor;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::locale::Lang;
use crate::notify::facts::Facts;
use crate::notify::mail::Mail;
use crate::notify::message::{Composed, Stationery, compose};
use crate::notify::{House, Quiet};
use crate::state::App;
use crate::view::encode;
use crate::web::{Desk, Page, Signed, ToManage};

/// The policy of every page, and the styles of a mail's HTML, which stands in the page itself: what words there are may
/// be too long for an address. Its frame's sandbox runs nothing and goes nowhere.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// The list, and one kind's words.
pub fn routes() -> Router<App> {
    Router::new().route("/mail/texts", get(list)).route("/mail/texts/{kind}", get(ask).post(keep))
}

/// Whose words, in which language, and what was typed of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Typed {
    /// The code of an organisation; empty is the reader's own.
    org: String,
    /// A language tag; empty is the mails'.
    lang: String,
    /// `save`, `look` or `reset`.
    act: String,
    subject: String,
    lead: String,
    note: String,
    done: String,
}

impl Typed {
    fn words(&self) -> Words {
        Words { subject: self.subject.clone(), lead: self.lead.clone(), note: self.note.clone() }
    }
}

/// What a request is about.
struct About {
    organisation: organisation::Model,
    kind: MessageKind,
    lang: Lang,
}

impl About {
    /// Refuses what there is not, or is not the actor's.
    async fn of(page: &Page, actor: &Actor, kind: &str, typed: &Typed) -> Result<Self> {
        let kind = kind.replace('-', "_").parse().ok().filter(|kind| KINDS.contains(kind));
        let kind = kind.ok_or_else(|| Error::new(Code::NotFound))?;
        let (organisation, lang) = whose(page, actor, typed).await?;
        Ok(Self { organisation, kind, lang })
    }

    fn path(&self) -> String {
        format!("/mail/texts/{}?org={}&lang={}", slug(self.kind), encode(&self.organisation.code), self.lang.tag())
    }
}

async fn whose(page: &Page, actor: &Actor, typed: &Typed) -> Result<(organisation::Model, Lang)> {
    let tree = page.tree().await?;
    let found = if typed.org.is_empty() { tree.get(actor.organisation) } else { tree.by_code(&typed.org) };
    let organisation = found.cloned().ok_or_else(|| Error::new(Code::NotFound))?;
    demand(page.app.db.read(), actor, organisation.id).await?;
    Ok((organisation, Lang::parse(&typed.lang).unwrap_or(page.app.config.locale.default)))
}

/// As it stands in paths and in the keys of texts.
fn slug(kind: MessageKind) -> String {
    kind.as_str().replace('_', "-")
}

async fn list(Desk { page, actor, .. }: Desk<ToManage>, Query(typed): Query<Typed>) -> Result<Response> {
    let (own, lang) = whose(&page, &actor, &typed).await?;
    let tree = page.tree().await?;
    let kinds: HashSet<MessageKind> = KINDS.into_iter().collect();
    let words = in_force(page.app.db.read(), &HashSet::from([own.id]), &kinds).await?;
    let rows: Vec<_> = KINDS
        .iter()
        .map(|kind| {
            let found = words.get(&(own.id, *kind, lang));
            context! {
                slug => slug(*kind), words => found.map(|(_, words)| shown(words)),
                whose => found.map(|(owner, _)| tree.name(*owner)), own => found.is_some_and(|(owner, _)| *owner == own.id),
            }
        })
        .collect();
    let orgs: Vec<_> = tree
        .iter()
        .filter(|org| tree.is_below(org.id, actor.organisation))
        .map(|org| context! { code => org.code.as_str(), name => org.name.as_str() })
        .collect();
    let context = context! {
        rows, orgs, org => own.code.as_str(), org_name => own.name.as_str(), languages => languages(lang),
        code => encode(&own.code), tag => lang.tag(), unsent => unsent(&page, lang),
    };
    page.render("notify/texts/list.html", "events", context).await
}

fn shown(words: &Words) -> Value {
    context! { subject => words.subject.as_str(), lead => words.lead.as_str(), note => words.note.as_str() }
}

/// In which language mails go out, where it is another.
fn unsent(page: &Page, lang: Lang) -> Option<String> {
    let goes = page.app.config.locale.default;
    (lang != goes).then(|| page.lang.text(&format!("texts-language-{}", goes.tag().to_lowercase())))
}

fn languages(chosen: Lang) -> Vec<Value> {
    let one = |lang: &Lang| context! { tag => lang.tag(), chosen => *lang == chosen };
    Lang::ALL.iter().map(one).collect()
}

async fn ask(
    Desk { page, actor, signed, .. }: Desk<ToManage>,
    Path(kind): Path<String>,
    Query(typed): Query<Typed>,
) -> Result<Response> {
    let about = About::of(&page, &actor, &kind, &typed).await?;
    let words = own_words(&page, &about).await?;
    let reader = signed.identity.person.as_ref();
    editor(&page, &about, reader, &words, Again { wrong: Vec::new(), toast: typed.done }).await
}

/// The organisation's own words; those that hold for it where it has none, to begin from.
async fn own_words(page: &Page, about: &About) -> Result<Words> {
    let mut found = held(page, about).await?;
    Ok(found.remove(&(about.organisation.id, about.kind, about.lang)).map(|(_, words)| words).unwrap_or_default())
}

async fn held(page: &Page, about: &About) -> Result<Held> {
    let organisations = HashSet::from([about.organisation.id]);
    Ok(in_force(page.app.db.read(), &organisations, &HashSet::from([about.kind])).await?)
}

/// How the form comes back.
struct Again {
    wrong: Vec<FieldProblem>,
    toast: String,
}

async fn editor(
    page: &Page,
    about: &About,
    reader: Option<&entity::person::Model>,
    words: &Words,
    again: Again,
) -> Result<Response> {
    let tree = page.tree().await?;
    let held = held(page, about).await?;
    let owner = held.get(&(about.organisation.id, about.kind, about.lang)).map(|(owner, _)| *owner);
    // Wrong words cannot be put into a mail; then the house's stand there.
    let put = words.understood().unwrap_or_default();
    let (mail, whence) = mail(page, about, reader, put).await?;
    let house = self::mail(page, about, reader, Words::default()).await?.0;
    let wrong: BTreeMap<_, _> = again.wrong.iter().map(|one| (one.field.as_str(), one.text(page.lang))).collect();
    let done = format!("texts-done-{}", again.toast);
    let context = context! {
        slug => slug(about.kind), org => about.organisation.code.as_str(), org_name => about.organisation.name.as_str(),
        code => encode(&about.organisation.code), tag => about.lang.tag(), languages => languages(about.lang),
        own => owner == Some(about.organisation.id),
        from => owner.filter(|owner| *owner != about.organisation.id).map(|owner| tree.name(owner)),
        form => shown(words), wrong => Value::from_pairs(wrong), placeholders => PLACEHOLDERS,
        mail => mail.map(|mail| context! { subject => mail.subject, text => mail.text, html => mail.html }),
        house => house.map(|mail| context! { subject => mail.subject }),
        real => whence == Whence::Real, unsent => unsent(page, about.lang),
        toast => page.lang.has(&done).then(|| page.lang.text(&done)),
    };
    let status = if again.wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut answer = page.render_as(status, "notify/texts/edit.html", "events", context).await?;
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(answer)
}

/// The whole mail with some words; None where such a mail would not go out at all.
async fn mail(
    page: &Page,
    about: &About,
    reader: Option<&entity::person::Model>,
    words: Words,
) -> Result<(Option<Mail>, Whence)> {
    let (app, now) = (&page.app, page.app.now());
    let db = app.db.read();
    let setting = (app.config.zone(), about.lang.text("texts-sample-title"));
    let (event, session, whence) = sample::session(db, about.organisation.id, about.kind, setting, now).await?;
    let row = sample::message(about.kind, &event, &session, reader, now);
    let mut facts = Facts::load(db, std::slice::from_ref(&row)).await?;
    facts.show(event, session, &about.organisation, (about.kind, about.lang, words));
    let stationery = Stationery {
        views: &app.views,
        kinds: &app.kinds,
        key: app.signing_key().await?,
        lang: about.lang,
        zone: app.config.zone(),
        public_url: app.config.public_url(),
        sender: app.mailer.sender().clone(),
        link_minutes: app.config.access.link_minutes,
        house: House { quiet: Quiet::NEVER, ..House::of(&app.config, &app.kinds) },
        make_up_days: app.config.mail.make_up_days,
    };
    Ok(match compose(&stationery, &facts, &row, now)? {
        Composed::Mail(mail) => (Some(*mail), whence),
        Composed::Later(_) | Composed::Moot(_) => (None, whence),
    })
}

async fn keep(
    Desk { page, actor, signed, .. }: Desk<ToManage>,
    Path(kind): Path<String>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let about = About::of(&page, &actor, &kind, &typed).await?;
    let reader = signed.identity.person.as_ref();
    let words = if typed.act == "reset" { Words::default() } else { typed.words() };
    let again = |wrong| Again { wrong, toast: String::new() };
    match words.understood() {
        Err(Error::Problem(problem)) => return editor(&page, &about, reader, &words, again(problem.fields)).await,
        Err(error) => return Err(error),
        Ok(words) if typed.act == "look" => return editor(&page, &about, reader, &words, again(Vec::new())).await,
        Ok(_) => {}
    }
    let tx = page.app.db.begin().await?;
    save(&tx, &actor, (about.organisation.id, about.kind, about.lang), &words, page.app.now()).await?;
    tx.commit().await?;
    let done = if words == Words::default() { "reset" } else { "saved" };
    Ok(Redirect::to(&format!("{}&done={done}", about.path())).into_response())
}
