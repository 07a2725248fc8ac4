//! A browser without a screen: keeps cookies, follows no redirects, finds the secret of a page's forms.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::body::Body;
use axum::http::{Request, header};

use super::{Answer, TestApp};

/// A browser at one app.
pub struct Browser<'a> {
    app: &'a TestApp,
    cookies: Mutex<BTreeMap<String, String>>,
    csrf: Mutex<String>,
}

impl<'a> Browser<'a> {
    /// A new one, signed in nowhere.
    pub fn new(app: &'a TestApp) -> Self {
        Self { app, cookies: Mutex::default(), csrf: Mutex::default() }
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        let request = self.request("GET", path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// Sends a form with the secret of the last page that had one.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.lock().unwrap().clone();
        let mut all = fields.to_vec();
        if !fields.iter().any(|(name, _)| *name == "csrf") {
            all.push(("csrf", &csrf));
        }
        let body = all.iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect::<Vec<_>>().join("&");
        self.post_form(path, "application/x-www-form-urlencoded", body.into_bytes()).await
    }

    /// Sends a form that is put together already.
    pub async fn post_form(&self, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        let request =
            self.request("POST", path).header(header::CONTENT_TYPE, content_type).body(Body::from(body)).unwrap();
        self.send(request).await
    }

    /// Sends a file as the field `file`, with the secret of the last page that had one, or with that one.
    pub async fn upload(&self, path: &str, file: &[u8], csrf: Option<&str>) -> Answer {
        let csrf = csrf.map_or_else(|| self.csrf.lock().unwrap().clone(), str::to_owned);
        let part = |head: &str, body: &[u8]| {
            [b"--limit\r\nContent-Disposition: form-data; ", head.as_bytes(), b"\r\n\r\n", body, b"\r\n"].concat()
        };
        let head = "name=\"file\"; filename=\"notice\"\r\nContent-Type: application/octet-stream";
        let body = [part("name=\"csrf\"", csrf.as_bytes()), part(head, file), b"--limit--\r\n".to_vec()].concat();
        let request = self
            .request("POST", path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=limit")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let cookies = self.cookies.lock().unwrap();
        let line = cookies.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("; ");
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, line)
            .header(header::HOST, "pufa.example.test")
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.app.send(request).await;
        for value in answer.headers.get_all(header::SET_COOKIE) {
            let text = value.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        let body = String::from_utf8_lossy(&answer.body);
        if let Some(value) = body.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()) {
            *self.csrf.lock().unwrap() = value.to_owned();
        }
        answer
    }
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
