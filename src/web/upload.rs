//! Forms with files in them (multipart/form-data), read part by part.

use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Multipart, Request};
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use crate::error::{Code, Error};
use crate::state::App;
use crate::web::Seat;
use crate::web::json::body;

/// One part of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// Of a file: as its sender calls it.
    pub file_name: Option<String>,
    /// What is in it.
    pub content: Vec<u8>,
}

/// The parts of a form, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts(pub Vec<Part>);

impl Parts {
    /// Reads a request of at most `limit` octets.
    pub async fn read(request: Request, app: &App, limit: usize) -> Result<Self, Error> {
        let (parts, stream) = request.into_parts();
        let bytes = body(Request::from_parts(parts.clone(), stream), limit).await?;
        let mut request = Request::from_parts(parts, bytes.into());
        // It was measured above.
        DefaultBodyLimit::disable().apply(&mut request);
        let form = Multipart::from_request(request, app).await;
        let mut form = form.map_err(|_| Error::new(Code::UnsupportedMedia))?;
        let wrong = |_| Error::new(Code::Malformed);
        let mut parts = Vec::new();
        while let Some(part) = form.next_field().await.map_err(wrong)? {
            let name = part.name().unwrap_or_default().to_owned();
            // So browsers write a quote and line breaks (HTML, section 4.10.21.8); `%` itself they leave.
            let plain = |name: &str| name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n");
            let file_name = part.file_name().map(plain);
            parts.push(Part { name, file_name, content: part.bytes().await.map_err(wrong)?.to_vec() });
        }
        Ok(Self(parts))
    }

    /// The text of a field; empty when it is not there. What is no UTF-8 becomes a sign that says so.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        let part = self.0.iter().find(|part| part.name == name && part.file_name.is_none());
        part.map_or_else(String::new, |part| String::from_utf8_lossy(&part.content).into_owned())
    }

    /// Takes the file of a field out: its name and content.
    pub fn take_file(&mut self, name: &str) -> Option<(String, Vec<u8>)> {
        let part = self.0.iter_mut().find(|part| part.name == name && part.file_name.is_some())?;
        Some((part.file_name.take()?, std::mem::take(&mut part.content)))
    }
}

/// A form with files whose field `csrf` is the signed-in browser's own secret, of at most `server.upload_limit` octets
/// and what surrounds them. One that is larger comes without its parts: the page can then say so beside the field.
pub struct SignedParts(pub Option<Parts>);

impl FromRequest<App> for SignedParts {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let seat = Seat::from_request_parts(&mut parts, app).await?;
        let limit = app.config.server.upload_limit.saturating_add(65_536);
        let form = match Parts::read(Request::from_parts(parts, body), app, limit).await {
            // Nothing is done with it, so its secret does not matter.
            Err(error) if error.code() == Code::TooLarge => return Ok(Self(None)),
            other => other.map_err(IntoResponse::into_response)?,
        };
        if bool::from(form.text("csrf").as_bytes().ct_eq(seat.signed.session.csrf.as_bytes())) {
            Ok(Self(Some(form)))
        } else {
            Err(Error::new(Code::Forged).into_response())
        }
    }
}
