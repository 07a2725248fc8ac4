//! The app under test, and requests to its router.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use chrono::{DateTime, Utc};
use pufa::clock::TestClock;
use pufa::config::Config;
use pufa::db::Db;
use pufa::state::{App, Mode};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use super::Backend;

/// An app on a database of its own. Its clock stands at Tuesday 12 March 2024, 08:00 in Shanghai, until moved.
pub struct TestApp {
    app: App,
    router: Router,
    pub clock: Arc<TestClock>,
    pub backend: Backend,
    pub folder: TempDir,
    statements: Arc<Mutex<Vec<String>>>,
}

impl Deref for TestApp {
    type Target = App;
    fn deref(&self) -> &App {
        &self.app
    }
}

/// What the router answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("a body in UTF-8")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}): {}", self.text()))
    }

    /// The header of that name; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header in ASCII"))
    }

    /// The same, if the status is as expected; else fails and shows the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// Checks that it is a problem document of that code and status.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let document = answer.json();
        assert_eq!(document["type"], format!("urn:pufa:problem:{code}"), "{document}");
        assert_eq!(document["status"], status);
        document
    }
}

impl TestApp {
    /// Starts one on an empty, migrated database.
    pub async fn start(backend: Backend) -> Self {
        Self::start_with(backend, Mode::Normal, |_| {}).await
    }

    /// The same with changed settings.
    pub async fn start_with(backend: Backend, mode: Mode, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::defaults().unwrap();
        config.database.url = super::database::make(backend, &folder).await;
        config.database.max_connections = 3;
        config.mail.url = format!("file://{}/mail", folder.path().display());
        config.mail.from = "普法 <pufa@example.test>".to_owned();
        config.server.public_url = "http://pufa.example.test".to_owned();
        change(&mut config);
        let clock = Arc::new(TestClock::new("2024-03-12T00:00:00Z".parse().unwrap()));
        let mut db = Db::connect(&config.database.url, config.database.max_connections).await.unwrap();
        db.migrate().await.expect("the schema is made");
        let statements: Arc<Mutex<Vec<String>>> = Arc::default();
        let told = statements.clone();
        db.watch(move |sql| told.lock().unwrap().push(sql.to_owned()));
        let app = pufa::app::build_on(db, config, clock.clone(), mode).expect("the app starts");
        let router = pufa::app::router(app.clone());
        Self { app, router, clock, backend, folder, statements }
    }

    /// What the database was asked since this was last called: the SQL of every statement, in order.
    pub fn statements(&self) -> Vec<String> {
        std::mem::take(&mut *self.statements.lock().unwrap())
    }

    /// Moves the clock to a local time in Shanghai: `2024-03-12T09:00`.
    pub fn at(&self, local: &str) {
        self.clock.set(shanghai(local));
    }

    /// Sends a request to the router.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("the router answers");
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body").to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A request with a bearer token and, unless it is null, a JSON body.
    pub async fn call(&self, method: Method, path: &str, token: &str, body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(body.to_string())
        };
        self.send(request.body(body).unwrap()).await
    }

    /// `GET` with a token; without one when it is empty.
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.call(Method::GET, path, token, Value::Null).await
    }

    /// `POST` of JSON with a token.
    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(Method::POST, path, token, body).await
    }

    /// `PUT` of JSON with a token.
    pub async fn put(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, token, body).await
    }

    /// `PATCH` of JSON with a token.
    pub async fn patch(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, token, body).await
    }
}

/// The instant at which clocks in Shanghai show `local`.
pub fn shanghai(local: &str) -> DateTime<Utc> {
    let text = if local.len() == 16 { format!("{local}:00") } else { local.to_owned() };
    pufa::dates::Zone::parse("Asia/Shanghai").unwrap().instant(text.parse().expect("a local time")).unwrap()
}
