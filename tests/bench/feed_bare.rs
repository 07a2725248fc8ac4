//! The same bytes by a bare axum handler: no database, no layers, nothing worked out.

use std::path::{Path, PathBuf};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::{Router, routing::get};

use crate::client::Version;

/// Where the bytes are kept for the process that serves them.
const FOLDER: &str = "PUFA_BENCH_BARE";

/// Keeps the bytes of a version for [`serve`].
pub fn keep(folder: &Path, version: &Version) {
    std::fs::write(folder.join("plain"), &version.plain).expect("a file");
    std::fs::write(folder.join("packed"), &version.packed).expect("a file");
    // Before any other thread of this process starts a server.
    std::fs::write(std::env::temp_dir().join(FOLDER), folder.display().to_string()).expect("a file");
}

/// Serves it until killed, with as many worker threads as `pufa serve`.
pub fn serve(port: &str) {
    let folder = std::fs::read_to_string(std::env::temp_dir().join(FOLDER)).expect("the folder of the bytes");
    let read = |name: &str| Bytes::from(std::fs::read(PathBuf::from(&folder).join(name)).expect("the bytes"));
    let (plain, packed) = (read("plain"), read("packed"));
    let handler = async move |headers: HeaderMap| {
        let mut response = Response::new(Body::empty());
        let own = response.headers_mut();
        own.insert(header::ETAG, HeaderValue::from_static("\"0123456789abcdef0123456789abcdef\""));
        own.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=0, must-revalidate"));
        if headers.contains_key(header::IF_NONE_MATCH) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        own.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
        if headers.contains_key(header::ACCEPT_ENCODING) {
            own.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            *response.body_mut() = Body::from(packed.clone());
        } else {
            *response.body_mut() = Body::from(plain.clone());
        }
        response
    };
    let runtime = pufa::cli::runtime().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("a free port");
        axum::serve(listener, Router::new().route("/calendar/{file}", get(handler))).await.expect("it serves");
    });
}
