//! Imports over HTTP: the files as parts of a form, named as on disk.

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{BadRows, FileOutcome, Ground, Notify, Shown, Upload, Within, from_uploads, run};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::locale::Lang;
use crate::state::App;
use crate::web::{Caller, Json, Part, Parts, Query, ToManage};

/// `POST /imports`, with a limit of its own for what is sent.
pub fn routes(config: &Config) -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(import)).layer(DefaultBodyLimit::max(config.server.import_limit))
}

/// How to import.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct How {
    /// Say what would change, and keep nothing.
    dry_run: bool,
    /// Keep the good rows although others are bad.
    skip_bad_rows: bool,
    /// Mail the invited of what is new or changed and published.
    notify: bool,
}

/// The files, as parts of a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form to the document; the parts are read one by one")]
struct Files {
    /// Any of the files of an import; each part carries its file name (`orgs.csv`, `people.xlsx`, …).
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<Vec<u8>>,
}

/// What came of an import.
#[derive(Serialize, ToSchema)]
struct Answer {
    /// Whether anything was written.
    kept: bool,
    /// By file, in the order read.
    files: Vec<FileOutcome>,
    /// Every row that is bad.
    problems: Vec<Shown>,
    /// What is worth knowing, and no error.
    notes: Vec<Shown>,
}

/// Bring in files of people, events and what became of them. Everything in them must belong to the token's organisation
/// or to one below it. 422 when a row is bad and nothing was kept.
#[utoipa::path(
    post, path = "/imports", tag = "imports", params(How),
    request_body(content = Files, content_type = "multipart/form-data"),
    responses((status = 200, body = Answer), (status = 422, description = "Bad rows; nothing was kept", body = Answer))
)]
async fn import(
    caller: Caller<ToManage>,
    State(app): State<App>,
    Query(how): Query<How>,
    request: Request,
) -> Result<Response> {
    let sheets = from_uploads(&uploads(request, &app).await?);
    let ground = Ground {
        kinds: &app.kinds,
        zone: app.config.zone(),
        by: &caller.actor.name,
        within: Within::Organisation(caller.actor.organisation),
        notify: if how.notify { Notify::Invited } else { Notify::Nobody },
        now: app.now(),
    };
    let bad_rows = if how.skip_bad_rows { BadRows::Skip } else { BadRows::Refuse };
    let tx = app.db.begin().await?;
    let outcome = run(&tx, sheets, &ground, &|_| ()).await?;
    let stands = outcome.stands(bad_rows);
    let kept = stands && !how.dry_run;
    if kept {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    let shown = |all: &[super::RowProblem]| all.iter().map(|problem| problem.shown(Lang::En)).collect();
    let answer =
        Answer { kept, problems: shown(&outcome.problems), notes: shown(&outcome.notes), files: outcome.files };
    let status = if stands { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, Json(answer)).into_response())
}

/// Reads the parts of the form; a part without a file name goes by its own.
async fn uploads(request: Request, app: &App) -> Result<Vec<Upload>> {
    let Parts(parts) = Parts::read(request, app, app.config.server.import_limit).await?;
    let upload = |part: Part| {
        let name = part.file_name.unwrap_or(part.name);
        // What comes before the last slash is a folder of the sender's machine.
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        Upload { name, bytes: part.content }
    };
    let uploads: Vec<_> = parts.into_iter().map(upload).collect();
    if uploads.is_empty() {
        return Err(Error::field("file", "required"));
    }
    Ok(uploads)
}
