//! A page being made: for whom, in which language, and where.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::{StatusCode, request::Parts};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use minijinja::{Value, context};
use serde::Serialize;
use tokio::sync::OnceCell;

use crate::access::sign_in::{SignedIn, signed_in};
use crate::access::{Actor, Rights};
use crate::error::{Code, Error, Result};
use crate::locale::Lang;
use crate::people::OrgTree;
use crate::state::{App, Mode};
use crate::web::Needs;

/// The cookie of a browser that is signed in.
pub const SESSION_COOKIE: &str = "pufa_session";
/// The cookie that keeps a reader's language.
pub const LANG_COOKIE: &str = "pufa_lang";
/// The cookie that keeps a reader's size of text.
pub const TEXT_COOKIE: &str = "pufa_text";

/// A page being made, for anybody.
#[derive(Clone)]
pub struct Page {
    /// The program.
    pub app: App,
    /// The reader's language.
    pub lang: Lang,
    /// Who reads, if signed in.
    pub signed: Option<SignedIn>,
    /// Path and query of the request.
    pub path: String,
    /// Whether the reader asked for large text.
    pub large_text: bool,
    tree: Arc<OnceCell<OrgTree>>,
}

impl FromRequestParts<App> for Page {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let cookies = CookieJar::from_headers(&parts.headers);
        let lang = cookies.get(LANG_COOKIE).and_then(|c| Lang::parse(c.value())).unwrap_or(app.config.locale.default);
        let signed = match cookies.get(SESSION_COOKIE) {
            Some(cookie) => signed_in(app.db.read(), cookie.value(), app.now()).await?,
            None => None,
        };
        let path = parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        let large_text = cookies.get(TEXT_COOKIE).is_some_and(|c| c.value() == "large");
        Ok(Self { app: app.clone(), lang, signed, path, large_text, tree: Arc::default() })
    }
}

impl Page {
    /// All organisations, read once a request.
    pub async fn tree(&self) -> Result<&OrgTree> {
        Ok(self.tree.get_or_try_init(|| OrgTree::load(self.app.db.read())).await?)
    }

    /// Renders a template. Beside `context` it gets `page` with what the layout shows: `lang`, `path`, `section`,
    /// `csrf`, `who`, `org`, `rights`, `demo`, `large_text`.
    pub async fn render(&self, template: &str, section: &str, context: impl Serialize) -> Result<Response> {
        let html = self.html(template, section, context).await?;
        Ok(Html(html).into_response())
    }

    /// The same with another status: a form that needs correcting.
    pub async fn render_as(
        &self,
        status: StatusCode,
        template: &str,
        section: &str,
        context: impl Serialize,
    ) -> Result<Response> {
        Ok((status, Html(self.html(template, section, context).await?)).into_response())
    }

    /// The same as text.
    pub async fn html(&self, template: &str, section: &str, context: impl Serialize) -> Result<String> {
        let page = self.layout(section).await?;
        self.app.views.render(template, self.lang, context! { page, ..minijinja::value::Serde(context) })
    }

    async fn layout(&self, section: &str) -> Result<Value> {
        let actor = self.signed.as_ref().and_then(SignedIn::actor);
        let (mut who, mut org) = (String::new(), String::new());
        if let Some(signed) = &self.signed {
            let identity = &signed.identity;
            who = match (&identity.person, &identity.account) {
                (Some(person), _) => person.name.clone(),
                (None, Some(account)) => account.email.clone(),
                (None, None) => String::new(),
            };
        }
        if let Some(actor) = &actor {
            org = self.tree().await?.name(actor.organisation).to_owned();
        }
        let rights = match actor.map(|actor| actor.rights) {
            Some(Rights::Manage) => "manage",
            Some(Rights::Read) => "read",
            Some(Rights::CheckIn) => "check-in",
            None => "",
        };
        Ok(context! {
            lang => self.lang.tag(),
            path => self.path.clone(),
            section => section,
            csrf => self.signed.as_ref().map_or("", |signed| signed.session.csrf.as_str()),
            signed => self.signed.is_some(),
            who, org, rights,
            demo => self.app.mode == Mode::Demo,
            large_text => self.large_text,
        })
    }
}

/// Somebody who is signed in, staff without an account included. Others are sent to sign in.
pub struct Seat {
    /// The page.
    pub page: Page,
    /// Who.
    pub signed: SignedIn,
}

impl FromRequestParts<App> for Seat {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let page = Page::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        let Some(signed) = page.signed.clone() else {
            let next: String = crate::view::encode(&page.path);
            return Err(Redirect::to(&format!("/sign-in?next={next}")).into_response());
        };
        Ok(Self { page, signed })
    }
}

/// Somebody with an account whose role is enough for `N`.
pub struct Desk<N> {
    /// The page.
    pub page: Page,
    /// Who.
    pub signed: SignedIn,
    /// The same as an actor.
    pub actor: Actor,
    needs: PhantomData<N>,
}

impl<N: Needs> FromRequestParts<App> for Desk<N> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Seat { page, signed } = Seat::from_request_parts(parts, app).await?;
        match signed.actor() {
            Some(actor) if N::enough(actor.rights) => Ok(Self { page, signed, actor, needs: PhantomData }),
            _ => Err(Error::new(Code::Forbidden).into_response()),
        }
    }
}
