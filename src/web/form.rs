//! Forms of signed-in pages: refused without the secret that the page put in.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::Form;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use crate::error::{Code, Error};
use crate::state::App;
use crate::web::Seat;

/// A form whose hidden field `csrf` is the signed-in browser's own secret. Take it after the [`Seat`] or
/// [`super::Desk`] of the same handler.
pub struct Signed<T>(pub T);

#[derive(Deserialize)]
struct Csrf {
    #[serde(default)]
    csrf: String,
}

impl<T: DeserializeOwned + Send> FromRequest<App> for Signed<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let seat = Seat::from_request_parts(&mut parts, app).await?;
        let bytes = axum::body::to_bytes(body, app.config.server.body_limit)
            .await
            .map_err(|_| Error::new(Code::TooLarge).into_response())?;
        let again = |parts: &axum::http::request::Parts| {
            Request::from_parts(parts.clone(), axum::body::Body::from(bytes.clone()))
        };
        let malformed = |_| Error::new(Code::Malformed).into_response();
        let Form(Csrf { csrf }) = Form::from_request(again(&parts), app).await.map_err(malformed)?;
        if !bool::from(csrf.as_bytes().ct_eq(seat.signed.session.csrf.as_bytes())) {
            return Err(Error::new(Code::Forged).into_response());
        }
        let malformed = |_| Error::new(Code::Malformed).into_response();
        let Form(value) = Form::from_request(again(&parts), app).await.map_err(malformed)?;
        Ok(Self(value))
    }
}
