//! ETag, If-Match and If-None-Match (RFC 9110 sections 8.8.3 and 13.1) over a row's revision.

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::Error;
use crate::state::App;
use crate::web::Json;

/// The revision that the caller believes to be the newest; None when it does not say, or says `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

impl FromRequestParts<App> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        Ok(Self(expected(&parts.headers)))
    }
}

/// An ETag that is none of ours, or a weak one, stands for no revision at all: -1 matches nothing.
fn expected(headers: &HeaderMap) -> Option<i64> {
    let tags = tags(headers, &header::IF_MATCH)?;
    if tags.iter().any(|tag| tag == "*") {
        return None;
    }
    Some(tags.iter().filter_map(|tag| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()).max().unwrap_or(-1))
}

/// The ETags that the caller holds already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IfNoneMatch(Vec<String>);

impl FromRequestParts<App> for IfNoneMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        Ok(Self(tags(&parts.headers, &header::IF_NONE_MATCH).unwrap_or_default()))
    }
}

impl IfNoneMatch {
    /// Whether the caller holds what bears `etag`; compared weakly (RFC 9110 section 8.8.3.2).
    #[must_use]
    pub fn holds(&self, etag: &str) -> bool {
        self.0.iter().any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
    }
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<String>> {
    let mut values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).peekable();
    values.peek()?;
    Some(values.flat_map(|value| value.split(',')).map(|tag| tag.trim().to_owned()).collect())
}

/// JSON with the ETag of its row's revision.
pub struct Tagged<T> {
    /// The body.
    pub body: T,
    /// The row's revision.
    pub revision: i64,
}

impl<T: Serialize> Tagged<T> {
    /// The answer to a GET: 304 when the caller holds it already.
    pub fn unless_held(self, held: &IfNoneMatch) -> Response {
        let etag = etag(self.revision);
        if held.holds(&etag) {
            return (StatusCode::NOT_MODIFIED, [(header::ETAG, value(&etag))]).into_response();
        }
        self.into_response()
    }
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        ([(header::ETAG, value(&etag(self.revision)))], Json(self.body)).into_response()
    }
}

fn etag(revision: i64) -> String {
    format!("\"{revision}\"")
}

fn value(etag: &str) -> HeaderValue {
    HeaderValue::from_str(etag).unwrap_or(HeaderValue::from_static("\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn if_match_takes_a_revision_or_a_star_and_nothing_weak() {
        assert_eq!(expected(&HeaderMap::new()), None);
        assert_eq!(expected(&headers(header::IF_MATCH, "*")), None);
        assert_eq!(expected(&headers(header::IF_MATCH, "\"7\"")), Some(7));
        assert_eq!(expected(&headers(header::IF_MATCH, "\"7\", \"9\"")), Some(9));
        for other in ["W/\"7\"", "7", "\"abc\"", ""] {
            assert_eq!(expected(&headers(header::IF_MATCH, other)), Some(-1), "{other}");
        }
    }

    #[test]
    fn if_none_match_compares_weakly() {
        let held =
            IfNoneMatch(tags(&headers(header::IF_NONE_MATCH, "\"1\", W/\"2\""), &header::IF_NONE_MATCH).unwrap());
        assert!(held.holds("\"1\"") && held.holds("\"2\"") && !held.holds("\"3\""));
    }
}
