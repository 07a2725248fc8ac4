//! An empty handler: the same JSON in, a like JSON out, nothing between.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::{Json, Router, routing::post};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct CheckIn {
    staff_no: String,
}

#[derive(Serialize)]
struct Record {
    session_id: String,
    session_key: &'static str,
    person_id: &'static str,
    staff_no: String,
    name: &'static str,
    org_code: &'static str,
    status: &'static str,
    checked_in_at: &'static str,
    method: &'static str,
    walk_in: bool,
    note: Option<String>,
}

async fn check_in(Path(session_id): Path<String>, Json(body): Json<CheckIn>) -> (StatusCode, Json<Record>) {
    let record = Record {
        session_id,
        session_key: "BENCH-1",
        person_id: "10001",
        staff_no: body.staff_no,
        name: "干部BK10001",
        org_code: "BENCH-01",
        status: "present",
        checked_in_at: "2024-03-12T08:45:00.123456+08:00",
        method: "token",
        walk_in: false,
        note: None,
    };
    (StatusCode::CREATED, Json(record))
}

/// Serves it until killed, with as many worker threads as `pufa serve`.
pub fn serve(port: &str) {
    let runtime = pufa::cli::runtime().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("a free port");
        let router = Router::new().route("/api/v1/sessions/{id}/check-ins", post(check_in));
        axum::serve(listener, router).await.expect("it serves until killed");
    });
}
