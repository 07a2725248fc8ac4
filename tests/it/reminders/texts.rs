//! An organisation's own words in its mails.

use entity::mail_text;
use entity::state::{MessageKind, MessageState, Role};
use sea_orm::EntityTrait;
use serde_json::json;

use super::{publish, rows};
use crate::harness::{Browser, TestApp};
use crate::pages::desk;

const TIMES: (&str, &str) = ("2024-03-20T09:00", "2024-03-20T11:00");

/// Subject, text and HTML of the newest mail of a kind.
async fn newest(app: &TestApp, kind: MessageKind) -> (String, String, String) {
    let found = rows(app).await.into_iter().rfind(|row| row.kind == kind && row.state == MessageState::Sent);
    let raw = std::fs::read(app.folder.path().join("mail").join(found.unwrap().answer.unwrap())).unwrap();
    let mail = mail_parser::MessageParser::default().parse(&raw).unwrap();
    assert!(mail.bcc().is_none());
    (
        mail.subject().unwrap().to_owned(),
        mail.body_text(0).unwrap().into_owned(),
        mail.body_html(0).unwrap().into_owned(),
    )
}

async fn save<'a>(browser: &Browser<'a>, kind: &str, org: &str, words: [&str; 3]) -> crate::harness::Answer {
    let [subject, lead, note] = words;
    let fields = [("act", "save"), ("org", org), ("subject", subject), ("lead", lead), ("note", note)];
    browser.post(&format!("/mail/texts/{kind}"), &fields).await
}

journeys! {
    async fn own_words_stand_in_mails_of_the_organisation_and_below(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ", Role::Admin).await;
        let list = browser.get("/mail/texts").await.expect(200).text();
        assert!(list.contains("补学通知") && list.contains("默认文字"));
        browser.get("/mail/texts/invitation?org=GQ-KJ").await.expect(200);
        save(&browser, "invitation", "GQ", ["【全县】{title}", "{name}：{host}请你来", "请带笔\n\n地点在{place}"]).await.expect(303);
        publish(app, "a", TIMES, &["staff:KJ001"], json!({})).await;
        let (subject, text, html) = newest(app, MessageKind::Invitation).await;
        assert_eq!(subject, "【全县】讲座a");
        assert!(text.contains("干部KJ1：县科技局请你来") && text.contains("请带笔") && text.contains("地点在三楼"), "{text}");
        assert!(html.contains("干部KJ1：县科技局请你来"));
        // Its own words stand before those of above; empty parts are the house's.
        save(&browser, "invitation", "GQ-KJ", ["", "局里请你来", ""]).await.expect(303);
        publish(app, "b", TIMES, &["staff:KJ001"], json!({})).await;
        let (subject, text, _) = newest(app, MessageKind::Invitation).await;
        assert!(subject.starts_with("邀请：讲座b") && text.contains("局里请你来") && !text.contains("请带笔"), "{subject}\n{text}");
        let page = browser.get("/mail/texts?org=GQ-KJ").await.expect(200).text();
        assert!(page.contains("本单位的文字"));
        // And back to those of above.
        browser.post("/mail/texts/invitation", &[("act", "reset"), ("org", "GQ-KJ")]).await.expect(303);
        publish(app, "c", TIMES, &["staff:KJ001"], json!({})).await;
        assert_eq!(newest(app, MessageKind::Invitation).await.0, "【全县】讲座c");
    }

    async fn words_that_come_to_nothing_are_the_houses(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        browser.get("/mail/texts/invitation").await.expect(200);
        save(&browser, "invitation", "GQ-KJ", ["{place}", " {place} ", "{place}"]).await.expect(303);
        publish(app, "a", TIMES, &["staff:KJ001"], json!({"location": ""})).await;
        let (subject, text, _) = newest(app, MessageKind::Invitation).await;
        assert!(subject.starts_with("邀请：讲座a") && text.contains("县科技局邀请你"), "{subject}\n{text}");
        publish(app, "b", TIMES, &["staff:KJ001"], json!({})).await;
        assert_eq!(newest(app, MessageKind::Invitation).await.0, "三楼");
    }

    async fn the_whole_mail_is_shown_before_it_is_kept(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        // Without any event of its own by an invented one.
        for kind in ["invitation", "update", "cancellation", "reminder", "make-up", "thanks", "materials"] {
            let page = browser.get(&format!("/mail/texts/{kind}")).await.expect(200).text();
            assert!(page.contains("专题讲座（示例）") && page.contains("虚构"), "{kind}: {page}");
        }
        publish(app, "a", TIMES, &["staff:KJ001"], json!({})).await;
        let look = [("act", "look"), ("subject", "来听{title}"), ("lead", "<b>请来</b>"), ("note", "带笔")];
        let page = browser.post("/mail/texts/reminder", &look).await.expect(200).text();
        assert!(page.contains("来听讲座a") && page.contains("以本单位的一场活动为例") && page.contains("&lt;b&gt;"));
        assert!(mail_text::Entity::find().all(app.db.read()).await.unwrap().is_empty(), "looking keeps nothing");
        let frame = page.split("<iframe").nth(1).unwrap().split('>').next().unwrap();
        assert!(frame.contains(" sandbox "), "{frame}");
        let html = frame.split("srcdoc=\"").nth(1).unwrap().split('"').next().unwrap();
        let html = html.replace("&#x2f;", "/").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        assert!(html.starts_with("<!doctype html>") && html.contains("style=\""), "{html}");
        assert!(html.contains("&lt;b&gt;请来&lt;") && !html.contains("<b>请来") && html.contains("带笔"), "{html}");
        // However long they are.
        let long = format!("{}在最后", "请带笔记本。\n".repeat(140));
        let answer = browser.post("/mail/texts/reminder", &[("act", "look"), ("note", &long)]).await.expect(200);
        assert!(answer.header("content-security-policy").contains("style-src 'self' 'unsafe-inline'; "));
        assert!(answer.text().split("<iframe").nth(1).unwrap().split('>').next().unwrap().contains("在最后"));
        // English has words of its own, and mails go out in Chinese.
        let english = browser.get("/mail/texts/reminder?lang=en").await.expect(200).text();
        assert!(english.contains("Reminder: ") && english.contains("邮件现在都用中文发送"));
        assert!(browser.get("/mail/texts?lang=en").await.expect(200).text().contains("邮件现在都用中文发送"));
        assert!(!browser.get("/mail/texts/reminder").await.expect(200).text().contains("邮件现在都用"));
    }

    async fn what_is_wrong_is_refused_beside_its_field(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ-KJ", Role::Organizer).await;
        browser.get("/mail/texts/reminder").await.expect(200);
        let long = "长".repeat(301);
        for (field, words, says) in [
            ("subject", ["{who}", "", ""], "没有“who”这个占位词"),
            ("lead", ["", "{title", ""], "花括号不成对"),
            ("note", ["", "", "{{title}}"], "花括号不成对"),
            ("note", ["", "", "{title|safe}"], "没有“title|safe”这个占位词"),
            ("lead", ["", long.as_str(), ""], "300"),
            ("subject", ["a\u{7}b", "", ""], ""),
        ] {
            let page = save(&browser, "reminder", "GQ-KJ", words).await.expect(422).text();
            assert!(page.contains(&format!("id=\"e-{field}\"")) && page.contains(says), "{words:?}");
        }
        assert!(mail_text::Entity::find().all(app.db.read()).await.unwrap().is_empty());
        // A line break in a subject is a blank, whatever follows it.
        save(&browser, "invitation", "GQ-KJ", ["邀请\r\nBcc: x@example.test", "", ""]).await.expect(303);
        publish(app, "a", TIMES, &["staff:KJ001"], json!({})).await;
        assert_eq!(newest(app, MessageKind::Invitation).await.0, "邀请 Bcc: x@example.test");
        // Of no other organisation, of no other mail, and not without the right.
        save(&browser, "reminder", "GQ", ["x", "", ""]).await.expect(404);
        browser.get("/mail/texts?org=GQ").await.expect(404);
        browser.get("/mail/texts?org=NOWHERE").await.expect(404);
        browser.get("/mail/texts/sign-in").await.expect(404);
        let viewer = desk(app, "GQ-KJ", Role::Viewer).await;
        viewer.get("/mail/texts").await.expect(403);
        viewer.get("/mail/texts/reminder").await.expect(403);
        Browser::new(app).get("/mail/texts").await.expect(303);
    }
}
