//! JSON in and out, and what stands in the address: every way in which they can be wrong becomes a problem document.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Code, Error, FieldProblem};
use crate::paging::Listed;
use crate::state::App;

/// A body of JSON: taken from a request (up to `server.body_limit`), or given as an answer.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        if !is_json(request.headers()) {
            return Err(Error::new(Code::UnsupportedMedia));
        }
        read_json(&body(request, app.config.server.body_limit).await?).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
            Err(error) => Error::internal(error).into_response(),
        }
    }
}

/// A body of JSON that may be left out: no body, or none of the type JSON, is the default.
#[derive(Clone, Debug, Default)]
pub struct MaybeJson<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<App> for MaybeJson<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let is_json = is_json(request.headers());
        let bytes = body(request, app.config.server.body_limit).await?;
        match (bytes.trim_ascii().is_empty(), is_json) {
            (true, _) => Ok(Self(T::default())),
            (false, true) => read_json(&bytes).map(Self),
            (false, false) => Err(Error::new(Code::UnsupportedMedia)),
        }
    }
}

/// Reads JSON: `malformed` when it is none, `invalid` with the field when a value is of a wrong type, is missing or is
/// not known here.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        match error.inner().classify() {
            serde_json::error::Category::Data => wrong_field(&path, &error.inner().to_string()),
            _ => Error::new(Code::Malformed),
        }
    })?;
    reader.end().map_err(|_| Error::new(Code::Malformed))?;
    // PostgreSQL keeps no NUL in a text, so none gets in anywhere.
    if bytes.windows(6).any(|w| w == br"\u0000") {
        return Err(Error::invalid(vec![FieldProblem::new("", "control-characters")]));
    }
    Ok(value)
}

fn wrong_field(path: &str, message: &str) -> Error {
    let path = if path == "." { "" } else { path };
    let named = |before: &str| message.strip_prefix(before).and_then(|rest| rest.split('`').next());
    let inside = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let problem = if let Some(name) = named("missing field `") {
        FieldProblem::new(inside(name), "required")
    } else if message.starts_with("unknown field `") {
        // The path ends with the unknown name itself.
        FieldProblem::new(path, "unknown-field")
    } else {
        FieldProblem::new(path, "wrong-type")
    };
    Error::invalid(vec![problem])
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(text) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let kind = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

/// Reads a body of at most `limit` octets. A larger one is read on for a while and thrown away, so that the answer
/// reaches a client that is still sending.
pub(super) async fn body(request: Request, limit: usize) -> Result<Vec<u8>, Error> {
    let mut stream = request.into_body().into_data_stream();
    let (mut bytes, mut total) = (Vec::new(), 0_usize);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Error::new(Code::Malformed))?;
        total = total.saturating_add(chunk.len());
        if total <= limit {
            bytes.extend_from_slice(&chunk);
        } else if total > limit.saturating_mul(16) {
            break;
        }
    }
    if total > limit { Err(Error::new(Code::TooLarge)) } else { Ok(bytes) }
}

/// What stands in the path: an id that is none names nothing, so it is `not-found`.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        match axum::extract::Path::from_request_parts(parts, app).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Error::new(Code::NotFound)),
        }
    }
}

/// What stands behind the question mark; a value that cannot be read is `invalid`, with its name.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        if let Ok(axum::extract::Query(value)) = axum::extract::Query::<T>::from_request_parts(parts, app).await {
            return Ok(Self(value));
        }
        let pairs = axum::extract::Query::<Vec<(String, String)>>::from_request_parts(parts, app).await;
        let axum::extract::Query(pairs) = pairs.map_err(|_| Error::new(Code::Malformed))?;
        // One by one, to find which it is.
        let wrong = pairs.into_iter().map(|(name, _)| FieldProblem::new(name, "wrong-type")).collect();
        Err(Error::invalid(wrong))
    }
}

/// A list as every list is answered.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Items<T> {
    /// What was asked for.
    pub items: Vec<T>,
    /// Give it as `cursor` for the next part; null at the end.
    pub next: Option<String>,
}

impl<T> From<Listed<T>> for Items<T> {
    fn from(listed: Listed<T>) -> Self {
        Self { items: listed.items, next: listed.next }
    }
}

/// Where a list goes on.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Cursor {
    /// `next` of the part before.
    cursor: Option<String>,
}

impl Cursor {
    /// The cursor; None at the beginning.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.cursor.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only read")]
        rows: Vec<Inner>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only read")]
        amount: i64,
    }

    fn refusal(text: &str) -> (Code, Vec<(String, &'static str)>) {
        let problem = read_json::<Outer>(text.as_bytes()).unwrap_err().problem();
        (problem.code, problem.fields.into_iter().map(|f| (f.field, f.code)).collect())
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        assert_eq!(refusal("{"), (Code::Malformed, vec![]));
        assert_eq!(refusal("{\"rows\":[]} x"), (Code::Malformed, vec![]));
        assert_eq!(refusal(r#"{"rows":[{"amount":1},{"amount":"2"}]}"#).1, [("rows[1].amount".into(), "wrong-type")]);
        assert_eq!(refusal(r#"{"rows":[{}]}"#).1, [("rows[0].amount".into(), "required")]);
        assert_eq!(refusal("{}").1, [("rows".into(), "required")]);
        assert_eq!(refusal(r#"{"rows":[],"x":1}"#).1, [("x".into(), "unknown-field")]);
        assert_eq!(refusal("[1]").1, [(String::from("[0]"), "wrong-type")]);
    }
}
