//! Mail that comes back: what it says of an address, who hears of it and how often, and how long it is remembered.

use entity::state::{MessageKind, MessageState, Role, Scope};
use entity::{mail_trouble, outbox, received_mail};
use pufa::jobs;
use pufa::outbox::{Message, enqueue, trouble};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::answers::{bounce, id_of, newest, publish, take};
use crate::harness::TestApp;
use crate::mail::deliver;

/// How often the organiser was told of a returned mail.
async fn told(app: &TestApp) -> u64 {
    outbox::Entity::find().filter(outbox::Column::Kind.eq(MessageKind::Bounce)).count(app.db.read()).await.unwrap()
}

journeys! {
    async fn a_full_mailbox_is_told_and_written_to_again(app: &TestApp) {
        app.world().await;
        app.account("host@example.test", "GQ-KJ", Role::Organizer).await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (_, session) = publish(app, &token, "e", "2024-10-18", &["staff:KJ001"]).await;
        let sent = newest(app, "kj001@example.test").await;
        assert_eq!(take(app, bounce(&sent, json!({"status": "5.2.2"}))).await, "taken");
        let row = mail_trouble::Entity::find().one(app.db.read()).await.unwrap().unwrap();
        assert_eq!((row.permanent, row.status.as_str(), told(app).await), (false, "5.2.2", 1));
        let moved = json!({"starts_at": "2024-10-21T14:00", "ends_at": "2024-10-21T16:00"});
        app.patch(&session, &token, moved).await.expect(200);
        deliver(app).await;
        let last = outbox::Entity::find()
            .filter(outbox::Column::Address.eq("kj001@example.test"))
            .order_by_desc(outbox::Column::Id)
            .one(app.db.read())
            .await
            .unwrap()
            .unwrap();
        assert_eq!((last.kind, last.state), (MessageKind::Update, MessageState::Sent));
        // Once a day is enough, and more so after somebody said that it is well.
        assert_eq!(take(app, bounce(&sent, json!({"status": "5.7.1"}))).await, "taken");
        assert_eq!(told(app).await, 1);
        app.at("2024-03-13T09:00");
        assert_eq!(take(app, bounce(&sent, json!({"status": "5.3.4"}))).await, "taken");
        assert_eq!(told(app).await, 2);
        trouble::clear(app.db.write(), "kj001@example.test").await.unwrap();
        assert_eq!(take(app, bounce(&sent, json!({"status": "5.1.1"}))).await, "taken");
        assert_eq!(told(app).await, 3);
    }

    async fn a_returned_digest_is_told_to_the_organisers_of_what_it_named(app: &TestApp) {
        app.world().await;
        app.account("host@example.test", "GQ-KJ", Role::Organizer).await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let (event, session) = publish(app, &token, "e", "2024-10-18", &["staff:KJ001"]).await;
        let (_, second) = publish(app, &token, "f", "2024-10-18", &["staff:KJ001"]).await;
        let named: Vec<i64> = [&session, &second].map(|path| id_of(path).parse().unwrap()).to_vec();
        let digest = Message::new(MessageKind::Digest, "digest:x".to_owned(), "kj001@example.test".to_owned())
            .to_person(Some(app.person_id("KJ001").await))
            .saying(json!({"day": "2024-03-12", "sessions": named}));
        enqueue(app.db.write(), vec![digest], app.now()).await.unwrap();
        outbox::Entity::update_many()
            .col_expr(outbox::Column::Attempts, Expr::value(1))
            .col_expr(outbox::Column::State, Expr::value(MessageState::Sent.as_str()))
            .filter(outbox::Column::Key.eq("digest:x"))
            .exec(app.db.write())
            .await
            .unwrap();
        let row = outbox::Entity::find().filter(outbox::Column::Key.eq("digest:x")).one(app.db.read()).await.unwrap().unwrap();
        let sent = outbox::Entity::find().filter(outbox::Column::Kind.eq(MessageKind::Invitation)).one(app.db.read()).await.unwrap().unwrap();
        let file = app.folder.path().join("mail").join(sent.answer.unwrap());
        let report = bounce(&file, json!({"message_id": format!("<{}@example.test>", row.message_id)}));
        assert_eq!(take(app, report).await, "taken");
        let letters = outbox::Entity::find().filter(outbox::Column::Kind.eq(MessageKind::Bounce)).all(app.db.read()).await.unwrap();
        let [letter] = letters.as_slice() else { panic!("one for the account: {letters:?}") };
        assert_eq!((letter.address.as_str(), letter.event_id.unwrap().to_string().as_str()), ("host@example.test", id_of(&event)));
        deliver(app).await;
        newest(app, "host@example.test").await;
    }

    async fn what_came_in_is_forgotten_in_time(app: &TestApp) {
        app.world().await;
        assert_eq!(take(app, b"From: stranger@x.test\r\n\r\nOld.".to_vec()).await, "no-calendar");
        app.at("2024-05-01T09:00");
        assert_eq!(take(app, b"From: stranger@x.test\r\n\r\nNew.".to_vec()).await, "no-calendar");
        let count = || async { received_mail::Entity::find().count(app.db.read()).await.unwrap() };
        app.at("2024-09-08T07:00");
        jobs::forget_received(app).await.unwrap();
        assert_eq!(count().await, 2);
        app.at("2024-09-09T09:00");
        jobs::forget_received(app).await.unwrap();
        assert_eq!(count().await, 1);
    }
}
