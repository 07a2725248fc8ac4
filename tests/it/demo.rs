//! The demonstration has something of everything that comes back from invitations.

use entity::state::{MessageState, ReminderWish};
use entity::{answer, assistant, mail_preference, mail_text, mail_trouble, outbox};
use pufa::demo;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::harness::TestApp;
use crate::mail::deliver;

async fn fill(app: &TestApp) {
    let tx = app.db.begin().await.unwrap();
    demo::fill(&tx, &app.kinds, app.config.zone(), app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

journeys! {
    async fn it_shows_answers_wishes_words_and_an_address_that_bounced(app: &TestApp) {
        app.at("2025-09-16T10:00");
        fill(app).await;
        let all = || async { answer::Entity::find().all(app.db.read()).await.unwrap() };
        let said = all().await;
        fill(app).await;
        assert_eq!(all().await, said, "what is there stays");
        for status in entity::state::AnswerStatus::ALL {
            assert!(said.iter().any(|row| row.status == *status && row.cleared_at.is_none()), "{status}");
        }
        // Each answers what they are invited to: the counts of those pages are of these people.
        let organiser = pufa::people::by_code(app.db.read(), demo::ORGANISATION).await.unwrap();
        let words = mail_text::Entity::find().all(app.db.read()).await.unwrap();
        assert_eq!(words.iter().map(|row| row.organisation_id).collect::<Vec<_>>(), [organiser.id]);
        let wishes = mail_preference::Entity::find().all(app.db.read()).await.unwrap();
        assert_eq!(wishes.iter().map(|row| row.reminders).collect::<Vec<_>>(), [ReminderWish::Digest]);
        let staff = app.person_id(demo::STAFF).await;
        assert_eq!(assistant::Entity::find().filter(assistant::Column::AssistantId.eq(staff)).count(app.db.read()).await.unwrap(), 1);
        for row in &said {
            let session = entity::session::Entity::find_by_id(row.session_id).one(app.db.read()).await.unwrap().unwrap();
            let event = entity::event::Entity::find_by_id(session.event_id).one(app.db.read()).await.unwrap().unwrap();
            let invited = pufa::scheduling::roster::invited_to(app.db.read(), &event, &session).await.unwrap();
            assert!(invited.iter().any(|member| member.person_id == row.person_id), "{} {}", session.key, row.person_id);
        }

        // Nothing goes to the marked address, and its messages say why.
        let marks = mail_trouble::Entity::find().all(app.db.read()).await.unwrap();
        let [mark] = marks.as_slice() else { panic!("{marks:?}") };
        assert!(mark.permanent && mark.times == 2 && mark.first_at < mark.last_at && mark.last_at < app.now());
        deliver(app).await;
        let to = |address: String| outbox::Entity::find().filter(outbox::Column::Address.eq(address)).all(app.db.read());
        let held = to(mark.address.clone()).await.unwrap();
        assert!(!held.is_empty() && held.iter().all(|row| row.state == MessageState::Dead), "{held:?}");
        assert!(held[0].answer.as_deref().unwrap().contains("550 5.1.1"));
        let others = to("ny018@example.test".to_owned()).await.unwrap();
        assert!(!others.is_empty() && others.iter().all(|row| row.state == MessageState::Sent), "{others:?}");
    }
}
