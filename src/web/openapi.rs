//! The OpenAPI document of everything under /api/v1: put together from the rooms' routes, so that it cannot lag behind.

use std::sync::Arc;

use axum::Extension;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::App;

/// Where the API lives.
pub const PREFIX: &str = "/api/v1";

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// A stable name of what went wrong: `urn:pufa:problem:CODE`.
    #[schema(example = "urn:pufa:problem:invalid")]
    pub r#type: String,
    /// The status in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What went wrong, for people.
    pub detail: String,
    /// The fields concerned, when some are.
    #[schema(required = false)]
    pub errors: Vec<WrongField>,
}

/// One field of a request that is wrong.
#[derive(Serialize, ToSchema)]
pub struct WrongField {
    /// Its path in the request.
    #[schema(example = "sessions[0].ends_at")]
    pub field: String,
    /// A stable name of what is wrong with it.
    #[schema(example = "end-before-start")]
    pub code: String,
    /// The same for people.
    pub detail: String,
}

/// The document as text, ready to be served.
#[derive(Clone)]
pub struct Document(Arc<str>);

impl Document {
    /// The document of these routes, as they stand below [`PREFIX`].
    pub fn of(routes: OpenApiRouter<App>) -> Result<Self, serde_json::Error> {
        let (_, mut document) = OpenApiRouter::<App>::with_openapi(base()).nest(PREFIX, routes).split_for_parts();
        for item in document.paths.paths.values_mut() {
            let operations = [
                &mut item.get,
                &mut item.put,
                &mut item.post,
                &mut item.delete,
                &mut item.patch,
                &mut item.head,
                &mut item.options,
            ];
            operations.into_iter().flatten().for_each(may_refuse);
        }
        document.to_json().map(|text| Self(text.into()))
    }
}

/// Every call may answer with a problem document; said once here instead of at every handler.
fn may_refuse(operation: &mut Operation) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let problem = ResponseBuilder::new()
        .description("A refusal, as a problem document (RFC 9457)")
        .content("application/problem+json", content)
        .build();
    operation.responses.responses.entry("default".to_owned()).or_insert_with(|| problem.into());
}

fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("pufa")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Event scheduling and attendance. A token sees its organisation and everything below it; what it may not \
             see is 404. Times are RFC 3339 with offset, dates for an all-day session (the end included). A list is \
             answered in parts: give `next` as `cursor` until it is null.",
        ))
        .build();
    let mut components = Components::new();
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token made by `pufa token create`; its scope is check-in, read or manage."))
        .build();
    components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    let mut schemas = Vec::new();
    <Problem as ToSchema>::schemas(&mut schemas);
    schemas.push(("Problem".to_owned(), <Problem as utoipa::PartialSchema>::schema()));
    components.schemas.extend(schemas);
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new("bearer", Vec::<String>::new())]))
        .build()
}

/// The route of the document itself.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(openapi))
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "about", security(()), responses((status = 200, description = "OpenAPI 3.1")))]
async fn openapi(Extension(Document(text)): Extension<Document>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text.to_string())
}
