//! Whether the service lives, whether it can serve, and its figures for Prometheus.

use std::sync::OnceLock;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use entity::outbox;
use entity::state::MessageState;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, ExprTrait, QuerySelect};

use crate::error::{Code, Error, Result};
use crate::state::App;

/// The recorder is one for the process; tests start many apps in one.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// `/healthz`, `/readyz` and `/metrics`.
pub fn routes() -> Router<App> {
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready)).route("/metrics", get(figures))
}

/// Begins to count; what is counted before goes nowhere.
pub fn start_counting() -> Result<()> {
    if RECORDER.get().is_some() {
        return Ok(());
    }
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
        .map_err(Error::internal)?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    // A second app of the same process comes second here: the first one's recorder stays.
    if metrics::set_global_recorder(recorder).is_ok() {
        RECORDER.set(handle).map_err(|_| Error::internal("the recorder is set twice"))?;
        metrics::describe_counter!("pufa_http_requests_total", "Requests answered, by route and status");
        metrics::describe_histogram!("pufa_http_request_duration_seconds", "Time from request to answer");
        metrics::describe_counter!("pufa_check_ins_total", "Check-ins answered, by outcome");
        metrics::describe_gauge!("pufa_outbox_messages", "Messages of the outbox, by state");
    }
    Ok(())
}

async fn ready(State(app): State<App>) -> Result<&'static str> {
    match app.db.pending_migrations().await {
        Ok(0) => Ok("ready\n"),
        Ok(missing) => {
            tracing::error!(missing, "the database lacks migrations");
            Err(Error::new(Code::Unavailable))
        }
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            Err(Error::new(Code::Unavailable))
        }
    }
}

async fn figures(State(app): State<App>) -> Result<impl IntoResponse> {
    let counted: Vec<(MessageState, i64)> = outbox::Entity::find()
        .select_only()
        .column(outbox::Column::State)
        .column_as(Expr::col(outbox::Column::Id).count(), "count")
        .group_by(outbox::Column::State)
        .into_tuple()
        .all(app.db.read())
        .await?;
    for state in MessageState::ALL {
        let count = counted.iter().find(|(s, _)| s == state).map_or(0, |(_, count)| *count);
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        metrics::gauge!("pufa_outbox_messages", "state" => state.as_str()).set(f64::from(count));
    }
    let text = RECORDER.get().map_or_else(String::new, |recorder| {
        // Histograms gather their samples only when asked to.
        recorder.run_upkeep();
        recorder.render()
    });
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
