//! A whole invitation as it is sent: every header, every part, in its order. `PUFA_TEST_BLESS=1` writes the golden file.
//!
//! Texts and calendars are shown decoded, so that a difference can be read; what is new in each mail, its Message-ID,
//! boundaries, UID and signed links, is named by what it is.

use std::fmt::Write as _;
use std::path::Path;

use entity::state::Scope;
use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use serde_json::json;

use crate::answers::newest;
use crate::mail::{deliver, mail_of, rows};

/// A part with its headers as they stand, and what is in it.
fn write_part(mail: &Message<'_>, id: usize, out: &mut String) {
    let part = &mail.parts[id];
    let raw = mail.raw_message.as_ref();
    let text =
        |from: u32, to: u32| String::from_utf8(raw[from as usize..to as usize].to_vec()).expect("headers in ASCII");
    let headers = text(part.offset_header, part.offset_body).replace("\r\n", "\n");
    assert!(!headers.contains('\r'), "lines end as RFC 5322 wants it");
    writeln!(out, "{}\n", headers.trim_end()).unwrap();
    match &part.body {
        PartType::Multipart(parts) => {
            let boundary = part.content_type().and_then(|kind| kind.attribute("boundary")).expect("a boundary");
            for child in parts {
                writeln!(out, "--{boundary}").unwrap();
                write_part(mail, *child as usize, out);
            }
            writeln!(out, "--{boundary}--").unwrap();
        }
        _ => writeln!(out, "{}", String::from_utf8(part.contents().to_vec()).expect("UTF-8").replace("\r\n", "\n"))
            .unwrap(),
    }
}

/// What follows each of these words, up to what no such thing has in it, in order of appearance, each once.
fn found(text: &str, before: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for rest in text.split(before).skip(1) {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.~".contains(c))).unwrap_or(rest.len());
        let one = rest[..end].trim_end_matches('.').to_owned();
        if !one.is_empty() && !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

/// Names what is new in each mail by what it is.
fn settled(text: &str) -> String {
    let mut text = text.to_owned();
    for (before, name) in [
        ("Message-ID: <", "message"),
        ("boundary=\"", "boundary"),
        ("UID:", "uid"),
        ("/answer/", "answer-link"),
        ("/reminders/", "reminder-link"),
    ] {
        for (n, one) in found(&text, before).iter().enumerate() {
            text = text.replace(one.as_str(), &format!("{name}-{}", n + 1));
        }
    }
    text
}

/// Compares with a golden file.
fn hold(name: &str, shown: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/mail").join(name);
    if std::env::var_os("PUFA_TEST_BLESS").is_some() {
        std::fs::create_dir_all(golden.parent().unwrap()).unwrap();
        std::fs::write(&golden, shown).unwrap();
    }
    let held = std::fs::read_to_string(&golden).unwrap_or_else(|_| panic!("no golden file {}", golden.display()));
    assert_eq!(shown, held, "{} differs", golden.display());
}

journeys! {
    async fn a_whole_invitation_is_as_it_was(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let body = json!({
            "key": "e", "kind": "lecture", "title": "新修订的科学技术进步法要点解读", "org_code": "GQ-KJ",
            "location": "局三楼会议室", "topics": ["科学技术进步法"], "required": true, "audience": ["staff:KJ001"],
            "sessions": [{"key": "e-1", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"}],
        });
        let made = app.post("/api/v1/events", &token, body).await.expect(201).json();
        let path = format!("/api/v1/events/{}/publish", made["id"].as_str().unwrap());
        app.post(&path, &token, json!({})).await.expect(200);
        deliver(app).await;
        let raw = std::fs::read(newest(app, "kj001@example.test").await).unwrap();
        for line in raw.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            assert!(line.ends_with(b"\r") && line.len() <= 999 && line.is_ascii(), "{}", String::from_utf8_lossy(line));
        }
        let mail = MessageParser::default().parse(&raw).expect("a mail");
        let mut shown = String::new();
        write_part(&mail, 0, &mut shown);
        let shown = settled(&shown);
        hold("invitation.txt", &shown);
    }

    async fn the_headers_of_one_that_may_be_declined_are_as_they_were(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let body = json!({
            "key": "e", "kind": "lecture", "title": "选听讲座", "org_code": "GQ-KJ", "audience": ["staff:KJ001"],
            "sessions": [{"key": "e-1", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"}],
        });
        let made = app.post("/api/v1/events", &token, body).await.expect(201).json();
        let event = format!("/api/v1/events/{}", made["id"].as_str().unwrap());
        app.post(&format!("{event}/publish"), &token, json!({})).await.expect(200);
        deliver(app).await;
        app.at("2024-03-13T08:00");
        let session = format!("/api/v1/sessions/{}", made["sessions"][0]["id"].as_str().unwrap());
        app.patch(&session, &token, json!({"location": "二楼"})).await.expect(200);
        deliver(app).await;
        app.at("2024-03-14T08:00");
        app.post(&format!("{event}/cancel"), &token, json!({})).await.expect(200);
        deliver(app).await;
        let mut shown = String::new();
        for row in rows(app).await {
            let raw = mail_of(app, &row);
            let end = raw.windows(4).position(|four| four == b"\r\n\r\n").expect("an end of the headers");
            writeln!(shown, "{}\n", String::from_utf8(raw[..end].to_vec()).expect("ASCII").replace("\r\n", "\n")).unwrap();
        }
        hold("optional.txt", &settled(&shown));
    }
}
