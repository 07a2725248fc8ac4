//! Who calls the API: a bearer token, with the rights that the handler names in its signature.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};

use crate::access::{Actor, Rights};
use crate::error::{Code, Error};
use crate::state::App;

/// What a handler needs; named as a type, so that no handler can forget to ask.
pub trait Needs: Send + Sync + 'static {
    /// Whether these rights are enough.
    fn enough(rights: Rights) -> bool;
}

/// Look up sessions and check people in.
#[derive(Clone, Copy, Debug)]
pub struct ToCheckIn;
/// Read everything.
#[derive(Clone, Copy, Debug)]
pub struct ToRead;
/// Do what an organiser may.
#[derive(Clone, Copy, Debug)]
pub struct ToManage;

impl Needs for ToCheckIn {
    fn enough(rights: Rights) -> bool {
        matches!(rights, Rights::CheckIn | Rights::Manage)
    }
}

impl Needs for ToRead {
    fn enough(rights: Rights) -> bool {
        matches!(rights, Rights::Read | Rights::Manage)
    }
}

impl Needs for ToManage {
    fn enough(rights: Rights) -> bool {
        matches!(rights, Rights::Manage)
    }
}

/// What looks at sessions: every right includes that.
impl Needs for () {
    fn enough(_: Rights) -> bool {
        true
    }
}

/// Who presents a bearer token, with rights enough for `N`.
#[derive(Clone, Debug)]
pub struct Caller<N> {
    /// Who.
    pub actor: Actor,
    needs: PhantomData<N>,
}

impl<N: Needs> FromRequestParts<App> for Caller<N> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let text = header
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(|| Error::new(Code::Unauthorized))?;
        let actor = app.tokens.actor(app.db.read(), text).await?.ok_or_else(|| Error::new(Code::Unauthorized))?;
        if !N::enough(actor.rights) {
            return Err(Error::new(Code::Forbidden));
        }
        Ok(Self { actor, needs: PhantomData })
    }
}
