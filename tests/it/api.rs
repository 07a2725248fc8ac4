//! The API's frame: who may call, what a wrong request is told, and the document that describes it all.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request};
use entity::state::Scope;
use pufa::state::Mode;
use serde_json::{Value, json};

use crate::harness::{Backend, TestApp};

/// A draft of GQ-KJ.
fn draft(key: &str) -> Value {
    json!({
        "key": key, "kind": "lecture", "title": "专题讲座", "org_code": "GQ-KJ", "audience": ["org:GQ-KJ"],
        "sessions": [{"key": format!("{key}-1"), "starts_at": "2024-03-15T09:00", "ends_at": "2024-03-15T11:00"}],
    })
}

/// The opaque id of what was answered.
fn id(shown: &Value) -> &str {
    shown["id"].as_str().expect("an id")
}

async fn raw(app: &TestApp, token: &str, kind: &str, body: impl Into<Body>) -> crate::harness::Answer {
    let mut request = Request::post("/api/v1/events").header("authorization", format!("Bearer {token}"));
    if !kind.is_empty() {
        request = request.header("content-type", kind);
    }
    app.send(request.body(body.into()).unwrap()).await
}

fn fields(problem: &Value) -> Vec<(String, String)> {
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
}

journeys! {
    async fn who_may_not_is_told_so_and_learns_nothing(app: &TestApp) {
        app.world().await;
        let manage = app.token("GQ-KJ", Scope::Manage).await;
        let made = app.post("/api/v1/events", &manage, draft("E1")).await.expect(201).json();
        let event = format!("/api/v1/events/{}", id(&made));
        let session = format!("/api/v1/sessions/{}", id(&made["sessions"][0]));

        let answer = app.get(&event, "").await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        answer.problem(401, "unauthorized");
        app.get(&event, "wrong").await.problem(401, "unauthorized");

        // Neither a sister organisation nor one below sees it; one above does.
        for org in ["GQ-SF", "GQ-KJ-FG", "ZB-KJ"] {
            let other = app.token(org, Scope::Manage).await;
            for path in [&event, &session] {
                app.get(path, &other).await.problem(404, "not-found");
                app.patch(path, &other, json!({"title": "x"})).await.problem(404, "not-found");
                app.post(&format!("{path}/cancel"), &other, Value::Null).await.problem(404, "not-found");
            }
            app.post(&format!("{event}/publish"), &other, Value::Null).await.problem(404, "not-found");
            app.post(&format!("{event}/tallies"), &other, json!({"metric": "a", "amount": 1})).await.problem(404, "not-found");
            for list in ["tallies", "exam-results", "messages"] {
                app.get(&format!("{event}/{list}"), &other).await.problem(404, "not-found");
            }
            let found = app.get("/api/v1/sessions", &other).await.expect(200).json();
            assert_eq!(found["items"], json!([]), "{org}");
        }
        let above = app.token("GQ", Scope::Read).await;
        app.get(&event, &above).await.expect(200);

        // Every scope looks up; only `manage` writes; a check-in token reads no lists of people or mail.
        for scope in [Scope::Read, Scope::CheckIn] {
            let token = app.token("GQ-KJ", scope).await;
            app.get(&session, &token).await.expect(200);
            app.patch(&event, &token, json!({"title": "x"})).await.problem(403, "forbidden");
            app.post("/api/v1/events", &token, draft("E2")).await.problem(403, "forbidden");
        }
        let check_in = app.token("GQ-KJ", Scope::CheckIn).await;
        app.get(&format!("{event}/messages"), &check_in).await.problem(403, "forbidden");

        // A host that the token may not see does not exist for it.
        let section = app.token("GQ-KJ-FG", Scope::Manage).await;
        let problem = app.post("/api/v1/events", &section, draft("E3")).await.problem(422, "invalid");
        assert_eq!(fields(&problem), [("org_code".into(), "unknown-org".into())]);
    }

    async fn a_co_host_sees_and_does_not_change(app: &TestApp) {
        app.world().await;
        let (host, co_host) = (app.token("GQ-KJ", Scope::Manage).await, app.token("GQ-SF", Scope::Manage).await);
        let mut body = draft("E1");
        body["co_host_codes"] = json!(["GQ-SF", "ZB-KJ"]);
        let made = app.post("/api/v1/events", &host, body).await.expect(201).json();
        assert_eq!(made["co_host_codes"], json!(["ZB-KJ", "GQ-SF"]));
        let event = format!("/api/v1/events/{}", id(&made));
        app.get(&event, &co_host).await.expect(200);
        app.patch(&event, &co_host, json!({"title": "x"})).await.problem(403, "forbidden");
        app.post(&format!("{event}/publish"), &co_host, Value::Null).await.problem(403, "forbidden");
        assert_eq!(app.get(&event, &host).await.json()["title"], "专题讲座");
    }

    async fn a_request_that_cannot_be_read_is_a_problem(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        raw(app, &token, "application/json", "{\"key\": ").await.problem(400, "malformed");
        raw(app, &token, "application/json", vec![0xff, 0xfe]).await.problem(400, "malformed");
        raw(app, &token, "application/json", "").await.problem(400, "malformed");
        raw(app, &token, "text/plain", "{}").await.problem(415, "unsupported-media");
        raw(app, &token, "", "{}").await.problem(415, "unsupported-media");
        let large = format!("{{\"key\": \"{}\"}}", "x".repeat(app.config.server.body_limit));
        raw(app, &token, "application/json", large).await.problem(413, "too-large");
        let problem = raw(app, &token, "application/json", r#"{"sessions": [{"key": 7}]}"#).await.problem(422, "invalid");
        assert_eq!(fields(&problem), [("sessions[0].key".into(), "wrong-type".into())]);
        let problem = raw(app, &token, "application/json", r#"{"kinds": "x"}"#).await.problem(422, "invalid");
        assert_eq!(fields(&problem), [("kinds".into(), "unknown-field".into())]);
        raw(app, &token, "application/json", r#"{"key": "a\u0000b"}"#).await.problem(422, "invalid");
        raw(app, &token, "application/json", r#"{"key": "\ud800"}"#).await.problem(400, "malformed");

        app.get("/api/v1/no-such-thing", &token).await.problem(404, "not-found");
        app.get("/api/v1", &token).await.problem(404, "not-found");
        app.get("/api/v1/events/abc", &token).await.problem(404, "not-found");
        app.get("/api/v1/events/99999999999999999999", &token).await.problem(404, "not-found");
        app.get("/api/v1/events?key=%00", &token).await.problem(400, "malformed");
        app.get("/api/v1/events?from=yesterday", &token).await.problem(422, "invalid");
        app.get("/api/v1/events?cursor=x", &token).await.problem(422, "invalid");
        app.get("/api/v1/sessions?cursor=x", &token).await.problem(422, "invalid");
        app.get("/api/v1/sessions?org=NONE", &token).await.problem(422, "invalid");
        let answer = app.call(Method::DELETE, "/api/v1/events", &token, Value::Null).await;
        assert_eq!(answer.header("allow"), "GET,HEAD,POST");
        answer.problem(405, "method-not-allowed");
    }

    async fn every_wrong_field_is_named(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let refused = async |change: Value| {
            let mut body = draft("E1");
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            fields(&app.post("/api/v1/events", &token, body).await.problem(422, "invalid"))
        };
        let session = |starts_at: &str, ends_at: &str, all_day: bool| {
            json!({"sessions": [{"key": "S", "starts_at": starts_at, "ends_at": ends_at, "all_day": all_day}]})
        };
        for (change, field, code) in [
            (json!({"key": " "}), "key", "required"),
            (json!({"title": ""}), "title", "required"),
            (json!({"title": "a\u{7}"}), "title", "control-characters"),
            (json!({"title": "长".repeat(201)}), "title", "too-long"),
            (json!({"kind": "picnic"}), "kind", "unknown-kind"),
            (json!({"also_kinds": ["picnic"]}), "also_kinds[0]", "unknown-kind"),
            (json!({"org_code": "NONE"}), "org_code", "unknown-org"),
            (json!({"co_host_codes": ["GQ", "NONE"]}), "co_host_codes[1]", "unknown-org"),
            (json!({"audience": []}), "audience", "required"),
            (json!({"audience": ["org:GQ", "everybody"]}), "audience[1]", "bad-audience"),
            (json!({"audience": ["org:NONE"]}), "audience[0]", "unknown-org"),
            (json!({"audience": ["-staff:XX9"]}), "audience[0]", "unknown-staff"),
            (json!({"audience": ["group:"]}), "audience[0]", "bad-audience"),
            (json!({"reminders": ["P1M"]}), "reminders[0]", "bad-duration"),
            (json!({"time_zone": "Mars/Base"}), "time_zone", "unknown-zone"),
            (json!({"status": "scheduled"}), "status", "begins-as-draft"),
            (json!({"sessions": []}), "sessions", "required"),
            (json!({"series": {}}), "series", "sessions-or-series"),
            (session("2024-03-15T09:00", "2024-03-15T09:00", false), "sessions[0].ends_at", "end-before-start"),
            (session("2024-03-15T09:00", "2024-02-30T10:00", false), "sessions[0].ends_at", "bad-time"),
            (session("2024-03-15", "2024-03-15", false), "sessions[0].starts_at", "bad-time"),
            (session("2024-03-15T09:00", "2024-03-16", true), "sessions[0].starts_at", "bad-date"),
            (session("2024-03-16", "2024-03-15", true), "sessions[0].ends_at", "end-before-start"),
            (session("", "2024-03-15T09:00", false), "sessions[0].starts_at", "required"),
        ] {
            let found = refused(change.clone()).await;
            assert!(found.contains(&(field.into(), code.into())), "{change} {found:?}");
        }
        let mut body = json!({"time_zone": "Europe/Berlin"});
        body["sessions"] = session("2026-03-29T02:30", "2026-03-29T04:00", false)["sessions"].clone();
        assert_eq!(refused(body).await, [("sessions[0].starts_at".into(), "missing-local-time".into())]);
        let one = json!({"key": "S", "starts_at": "2024-03-15T09:00", "ends_at": "2024-03-15T10:00"});
        let found = refused(json!({"sessions": [one, one]})).await;
        assert_eq!(found, [("sessions[1].key".into(), "key-twice".into())]);
        // All at once, not one after the other.
        assert!(refused(json!({"title": "", "kind": "", "audience": [], "sessions": []})).await.len() >= 4);
        let mut series = draft("E1");
        series.as_object_mut().unwrap().remove("sessions");
        series["series"] = json!({"key": "S", "rrule": "FREQ=WEEKLY"});
        let problem = app.post("/api/v1/events", &token, series).await.problem(422, "invalid");
        let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
        assert_eq!(fields, ["series.starts_at", "series.ends_at"]);
        assert_eq!(app.get("/api/v1/events", &token).await.json()["items"], json!([]));
    }

    async fn the_document_describes_every_route(app: &TestApp) {
        let answer = app.get("/api/v1/openapi.json", "").await.expect(200);
        assert_eq!(answer.header("content-type"), "application/json");
        let document = answer.json();
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["info"]["title"], "pufa");
        assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
        let mut calls = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            assert!(path.starts_with("/api/v1/"), "{path}");
            for (method, operation) in item.as_object().unwrap() {
                calls.insert(format!("{method} {}", path.trim_start_matches("/api/v1")));
                assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "twice: {}", operation["operationId"]);
                assert!(operation["summary"].is_string(), "{method} {path} says nothing of itself");
                let problem = &operation["responses"]["default"]["content"]["application/problem+json"];
                assert_eq!(problem["schema"]["$ref"], "#/components/schemas/Problem", "{method} {path}");
                for name in path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()) {
                    let params = operation["parameters"].as_array().unwrap();
                    assert!(params.iter().any(|p| p["name"] == name && p["in"] == "path"), "{method} {path}: {name}");
                }
            }
        }
        for call in [
            "get /openapi.json", "get /events", "post /events", "get /events/{id}", "patch /events/{id}",
            "post /events/{id}/publish", "post /events/{id}/cancel", "get /events/{id}/messages",
            "get /events/{id}/tallies", "post /events/{id}/tallies", "get /events/{id}/exam-results",
            "post /events/{id}/exam-results", "get /sessions", "get /sessions/{id}", "patch /sessions/{id}",
            "post /sessions/{id}/cancel", "get /sessions/{id}/roster", "post /sessions/{id}/check-ins",
            "post /check-ins", "get /sessions/{id}/attendance", "put /sessions/{id}/attendance/{staff_no}",
            "post /sessions/{id}/leaves", "post /leaves/{id}/grant", "post /leaves/{id}/refuse",
            "get /reports/{year}", "post /imports",
        ] {
            assert!(calls.contains(call), "{call} is not described");
        }
        // Whatever is referred to is there.
        let text = document.to_string();
        for name in text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(document["components"]["schemas"][name].is_object(), "no schema {name}");
        }
    }

    async fn health_and_figures_need_no_token(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        assert_eq!(app.get("/healthz", "").await.expect(200).text(), "ok\n");
        app.get("/readyz", "").await.expect(200);
        let made = app.post("/api/v1/events", &token, draft("E1")).await.expect(201).json();
        app.post(&format!("/api/v1/events/{}/publish", id(&made)), &token, Value::Null).await.expect(200);
        let text = app.get("/metrics", "").await.expect(200).text();
        assert!(text.contains("pufa_outbox_messages{state=\"queued\"} 6"), "{text}");
        let line = "pufa_http_requests_total{method=\"POST\",route=\"/api/v1/events/{id}/publish\",status=\"200\"} ";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("pufa_http_request_duration_seconds_bucket"), "{text}");
    }

    async fn of_two_at_once_one_makes_the_event(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let calls = (0..8).map(|_| app.post("/api/v1/events", &token, draft("E1")));
        let mut answers: Vec<_> = futures_util::future::join_all(calls).await.iter().map(|a| a.status.as_u16()).collect();
        answers.sort_unstable();
        assert_eq!(answers, [200, 200, 200, 200, 200, 200, 200, 201]);
        // PostgreSQL spends an id on every try, so the event's own may be any.
        let found = app.get("/api/v1/events?key=E1", &token).await.json();
        let event = format!("/api/v1/events/{}", id(&found["items"][0]));
        let publish = format!("{event}/publish");
        let calls = (0..8).map(|_| app.post(&publish, &token, Value::Null));
        assert!(futures_util::future::join_all(calls).await.iter().all(|answer| answer.status == 200));
        let told = app.get(&format!("{event}/messages"), &token).await.json();
        assert_eq!(told["items"].as_array().unwrap().len(), 6);
        // Of changes that all start from the same state, one wins.
        let etag = app.get(&event, &token).await.header("etag").to_owned();
        let change = |n: usize| {
            let request = Request::patch(&event)
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "application/json")
                .header("if-match", &etag);
            app.send(request.body(Body::from(json!({"title": format!("第{n}稿")}).to_string())).unwrap())
        };
        let mut answers: Vec<_> = futures_util::future::join_all((0..6).map(change)).await.iter().map(|a| a.status.as_u16()).collect();
        answers.sort_unstable();
        assert_eq!(answers, [200, 412, 412, 412, 412, 412]);
    }

    async fn a_request_has_an_id(app: &TestApp) {
        let own = app.get("/healthz", "").await;
        assert!(own.header("x-request-id").len() >= 32);
        let request = |id: &str| Request::get("/healthz").header("x-request-id", id).body(Body::empty()).unwrap();
        assert_eq!(app.send(request("abc-1")).await.header("x-request-id"), "abc-1");
        assert_ne!(app.send(request("a b\"c")).await.header("x-request-id"), "a b\"c");
    }
}

/// What takes longer than it may is given up, and says so; nothing of it is left.
#[tokio::test]
async fn a_request_that_takes_too_long_is_a_problem() {
    let app = TestApp::start_with(Backend::Sqlite, Mode::Normal, |config| config.server.request_timeout = 1).await;
    app.world().await;
    let token = app.token("GQ-KJ", Scope::Manage).await;
    let other = app.db.begin().await.unwrap();
    app.post("/api/v1/events", &token, draft("E1")).await.problem(503, "unavailable");
    drop(other);
    assert_eq!(app.get("/api/v1/events", &token).await.json()["items"], json!([]));
    app.post("/api/v1/events", &token, draft("E1")).await.expect(201);
}

/// A handler that panics answers as a fault of ours, without a word of why.
#[tokio::test]
async fn a_panic_is_a_problem() {
    let answer = pufa::web::boundary::panicked(Box::new("secret reason"));
    assert_eq!(answer.status(), 500);
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let document: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(document["type"], "urn:pufa:problem:internal");
    assert!(!String::from_utf8_lossy(&body).contains("secret"));
}
