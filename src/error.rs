//! What can go wrong, told apart as callers need it: a stable code, the fields concerned, and the status last.
//!
//! Texts are in the locale files: `problem-CODE` for a problem, `field-CODE` for a field of a form or file.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sea_orm::DbErr;
use serde::Serialize;

use crate::locale::Lang;

/// Short for a result with the one error of this program.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $status:ident;)+) => {
        /// A stable name of what went wrong; part of the problem's `type`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name),+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as it stands in `type` and in the keys of texts.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug),+ }
            }

            /// The HTTP status that it answers with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }
        }
    };
}

codes! {
    /// The request cannot be read at all.
    Malformed = "malformed", BAD_REQUEST;
    /// No credentials, or unknown ones.
    Unauthorized = "unauthorized", UNAUTHORIZED;
    /// Known, but not allowed to do this.
    Forbidden = "forbidden", FORBIDDEN;
    /// The person is not invited and walk-ins are not allowed.
    NotInvited = "not-invited", FORBIDDEN;
    /// A form without its secret, or from another site.
    Forged = "forged", FORBIDDEN;
    /// There is no such thing, or the caller may not see it.
    NotFound = "not-found", NOT_FOUND;
    /// Another method is needed.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED;
    /// The key is taken by something else.
    KeyTaken = "key-taken", CONFLICT;
    /// The thing is not in a state that allows it.
    WrongState = "wrong-state", CONFLICT;
    /// Check-in has not begun.
    TooEarly = "too-early", CONFLICT;
    /// Check-in, or the year, is closed.
    Closed = "closed", CONFLICT;
    /// Other sessions, or the day, stand against it; `conflicts` names each.
    Conflicts = "conflicts", CONFLICT;
    /// It cannot be taken back any more; `errors` says why.
    NotUndone = "not-undone", CONFLICT;
    /// The session or its event was cancelled.
    Cancelled = "cancelled", CONFLICT;
    /// The event has begun: it can no longer be decided.
    TooLate = "too-late", CONFLICT;
    /// Nobody can put a name down, or no more.
    RegistrationClosed = "registration-closed", CONFLICT;
    /// The event is still a draft.
    NotPublished = "not-published", CONFLICT;
    /// The nonce was used with another body.
    NonceReused = "nonce-reused", CONFLICT;
    /// It changed since the caller last saw it.
    ChangedMeanwhile = "changed-meanwhile", PRECONDITION_FAILED;
    /// The code or link is used up or too old.
    Expired = "expired", GONE;
    /// The body is larger than the limit.
    TooLarge = "too-large", PAYLOAD_TOO_LARGE;
    /// The body is of a type that is not read here.
    UnsupportedMedia = "unsupported-media", UNSUPPORTED_MEDIA_TYPE;
    /// Understood, but what it says is wrong; `errors` says where.
    Invalid = "invalid", UNPROCESSABLE_ENTITY;
    /// Too often.
    TooMany = "too-many", TOO_MANY_REQUESTS;
    /// Our own fault; the log says what.
    Internal = "internal", INTERNAL_SERVER_ERROR;
    /// Named by the interface, not yet there.
    NotImplemented = "not-implemented", NOT_IMPLEMENTED;
    /// Too busy, or stopping.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE;
}

/// What is wrong with one field; its text is `field-CODE` of the locale files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field, as the request or file names it: `sessions[0].ends_at`.
    pub field: String,
    /// The text's key without `field-`.
    pub code: &'static str,
    /// Arguments of the text.
    pub args: Vec<(&'static str, String)>,
}

impl FieldProblem {
    /// A problem without arguments.
    pub fn new(field: impl Into<String>, code: &'static str) -> Self {
        Self { field: field.into(), code, args: Vec::new() }
    }

    /// The same with an argument of its text.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers pass numbers and texts alike, without a reference")]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// What to tell the reader.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        lang.text_with(&format!("field-{}", self.code), self.args.iter().map(|(k, v)| (*k, v.as_str())))
    }
}

/// A refusal with its reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// What it is.
    pub code: Code,
    /// Arguments of its text.
    pub args: Vec<(&'static str, String)>,
    /// Fields concerned.
    pub fields: Vec<FieldProblem>,
    /// Further members of the problem document.
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Problem {
    /// What to tell the reader.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        lang.text_with(&format!("problem-{}", self.code.slug()), self.args.iter().map(|(k, v)| (*k, v.as_str())))
    }

    /// The RFC 9457 document.
    #[must_use]
    pub fn document(&self, lang: Lang) -> serde_json::Value {
        let mut detail = self.text(lang);
        let errors: Vec<_> = self
            .fields
            .iter()
            .map(|f| serde_json::json!({"field": f.field, "code": f.code, "detail": f.text(lang)}))
            .collect();
        if let Some(first) = self.fields.first() {
            detail = format!("{detail} {}: {}", first.field, first.text(lang));
        }
        let mut document = serde_json::json!({
            "type": format!("urn:pufa:problem:{}", self.code.slug()),
            "title": self.code.status().canonical_reason().unwrap_or("Error"),
            "status": self.code.status().as_u16(),
            "detail": detail,
        });
        if let Some(members) = document.as_object_mut() {
            if !errors.is_empty() {
                members.insert("errors".into(), errors.into());
            }
            members.extend(self.extra.clone());
        }
        document
    }
}

/// Anything that goes wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A refusal that the caller can act on.
    #[error("{}", .0.text(Lang::En))]
    Problem(Box<Problem>),
    /// The database did not do it.
    #[error("database: {0}")]
    Db(#[from] DbErr),
    /// Anything else that is not the caller's fault; never shown outside.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// A refusal without more to say.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self::Problem(Box::new(Problem { code, args: Vec::new(), fields: Vec::new(), extra: serde_json::Map::new() }))
    }

    /// Something wrong with what a request or form says.
    #[must_use]
    pub fn invalid(fields: Vec<FieldProblem>) -> Self {
        Self::Problem(Box::new(Problem {
            code: Code::Invalid,
            args: Vec::new(),
            fields,
            extra: serde_json::Map::new(),
        }))
    }

    /// One field that is wrong.
    #[must_use]
    pub fn field(field: impl Into<String>, code: &'static str) -> Self {
        Self::invalid(vec![FieldProblem::new(field, code)])
    }

    /// A fault of ours.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }

    /// The same with an argument of its text.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers pass numbers and texts alike, without a reference")]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        if let Self::Problem(problem) = &mut self {
            problem.args.push((name, value.to_string()));
        }
        self
    }

    /// The same with a field that is concerned.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>, code: &'static str) -> Self {
        if let Self::Problem(problem) = &mut self {
            problem.fields.push(FieldProblem::new(field, code));
        }
        self
    }

    /// The same with a further member of the problem document.
    #[must_use]
    pub fn and(mut self, name: &str, value: impl Serialize) -> Self {
        if let Self::Problem(problem) = &mut self {
            problem.extra.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
        }
        self
    }

    /// The code, if it is a refusal.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Problem(problem) => problem.code,
            Self::Db(_) | Self::Internal(_) => Code::Internal,
        }
    }

    /// The refusal to show; faults of ours become `internal`.
    #[must_use]
    pub fn problem(self) -> Problem {
        match self {
            Self::Problem(problem) => *problem,
            Self::Db(_) | Self::Internal(_) => {
                Problem { code: Code::Internal, args: Vec::new(), fields: Vec::new(), extra: serde_json::Map::new() }
            }
        }
    }
}

/// The problem behind a response, so that pages can show it in their own form.
#[derive(Clone, Debug)]
pub struct Shown(pub Problem);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if !matches!(self, Self::Problem(_)) {
            tracing::error!(error = %self, "request failed");
        }
        let problem = self.problem();
        let body = problem.document(Lang::En).to_string();
        let mut response =
            (problem.code.status(), [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if problem.code == Code::Unauthorized {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(Shown(problem));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_text_in_both_languages() {
        for code in Code::ALL {
            for lang in Lang::ALL {
                assert!(lang.has(&format!("problem-{}", code.slug())), "{} {}", lang.tag(), code.slug());
            }
        }
    }
}
