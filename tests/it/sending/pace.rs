//! A domain that takes two mails a second and 25 a day, from two servers on one database: neither knows of the other but
//! by the rows.

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{EventId, SessionId};
use entity::state::{MessageKind, MessageState, Scope};
use entity::{mail_pace, outbox, person};
use pufa::access::sign_in::mail_link;
use pufa::config::{Config, DomainPace};
use pufa::jobs;
use pufa::outbox::{Limits, Pacer, Paces, claim, release};
use pufa::state::{App, Mode};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Ground;
use crate::harness::{Backend, Smtp, TestApp, shanghai};
use crate::mail::{deliver, publish, rows};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_keep_one_pace_on_sqlite() {
    paced(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_keep_one_pace_on_postgres() {
    paced(Backend::Postgres).await;
}

const SLOW: &str = "slow.test";
const PEOPLE: usize = 40;
/// Of these, so many have an address at the slow domain.
const AT_SLOW: usize = 31;
const A_SECOND: usize = 2;
const A_DAY: usize = 25;

/// The slow domain's mails that the server was offered so far, and the others'.
fn offered(smtp: &Smtp) -> (usize, usize) {
    let all = smtp.offered();
    let slow = all.iter().filter(|mail| mail.to[0].ends_with(SLOW)).count();
    (slow, all.len() - slow)
}

/// Sends what is due from both servers at once.
async fn both(one: &App, two: &App) {
    let stop = CancellationToken::new();
    let (first, second) = tokio::join!(jobs::deliver(one, &stop), jobs::deliver(two, &stop));
    first.unwrap();
    second.unwrap();
}

/// Sends from both for so many seconds; gives how many mails the slow domain was offered in each.
async fn seconds(one: &TestApp, two: &App, smtp: &Smtp, n: usize) -> Vec<usize> {
    let mut by_second = Vec::new();
    for _ in 0..n {
        let before = offered(smtp).0;
        both(one, two).await;
        by_second.push(offered(smtp).0 - before);
        one.clock.set(one.now() + TimeDelta::seconds(1));
    }
    by_second
}

/// What the row of the slow domain says.
async fn row(app: &App) -> mail_pace::Model {
    mail_pace::Entity::find_by_id(SLOW).one(app.db.read()).await.unwrap().expect("a row of the domain")
}

/// When those ask for a slot again that got none.
async fn waiting(app: &App) -> Vec<DateTime<Utc>> {
    let rows = outbox::Entity::find().filter(outbox::Column::Domain.eq(SLOW)).all(app.db.read()).await.unwrap();
    let waiting = rows.into_iter().filter(|row| row.paced_at.is_some_and(|since| since < row.next_at));
    waiting.map(|row| row.next_at).collect()
}

async fn paced(backend: Backend) {
    let smtp = Smtp::up();
    let url = smtp.url();
    let app = Ground::people(backend, PEOPLE, |config| {
        config.mail.url = url;
        let pace = DomainPace { per_second: Some(2.0), per_day: Some(25) };
        config.mail.domains.insert(SLOW.to_owned(), pace);
    })
    .await;
    for n in 1..=AT_SLOW {
        let moved = person::Entity::update_many().filter(person::Column::StaffNo.eq(format!("H{n:02}")));
        let moved = moved.col_expr(person::Column::Email, Expr::value(format!("h{n:02}@{SLOW}")));
        moved.exec(app.db.write()).await.unwrap();
    }
    let ground = Ground::publish(app).await;
    let one = &ground.app;
    let two = pufa::app::build(one.config.clone(), one.clock.clone(), Mode::Normal).await.unwrap();

    // The first day: the clock goes on by a second at a time, and nothing else makes time pass.
    let start = one.now();
    let by_second = seconds(one, &two, &smtp, 30).await;
    assert!(by_second.iter().all(|sent| *sent <= A_SECOND), "{by_second:?}");
    assert_eq!(by_second.iter().sum::<usize>(), A_DAY, "{by_second:?}");
    // One slot each half second, and none later than the last needs.
    assert_eq!(by_second[..13].iter().sum::<usize>(), A_DAY, "{by_second:?}");
    assert_eq!(offered(&smtp).1, PEOPLE - AT_SLOW, "nobody else waits");
    let midnight = shanghai("2024-03-13T00:00");
    let waiting = waiting(one).await;
    assert_eq!(waiting.len(), AT_SLOW - A_DAY);
    assert!(waiting.iter().all(|at| *at > one.now() && *at <= one.now() + TimeDelta::hours(1)), "{waiting:?}");
    let pace = row(one).await;
    assert_eq!((pace.day.to_string().as_str(), pace.sent), ("2024-03-12", 25), "tomorrow's slots are nobody's yet");

    // An hour later it is still today.
    one.clock.set(start + TimeDelta::hours(1));
    both(one, &two).await;
    assert_eq!(offered(&smtp).0, A_DAY);

    // Tomorrow the others go, no faster.
    one.clock.set(midnight);
    let by_second = seconds(one, &two, &smtp, 6).await;
    assert!(by_second.iter().all(|sent| *sent <= A_SECOND), "{by_second:?}");
    assert_eq!(by_second.iter().sum::<usize>(), AT_SLOW - A_DAY, "{by_second:?}");

    // Everybody got one mail, in one attempt: to wait is none.
    let mut people: Vec<_> = smtp.accepted().into_iter().map(|mail| mail.to[0].clone()).collect();
    people.sort();
    people.dedup();
    assert_eq!((people.len(), smtp.offered().len()), (PEOPLE, PEOPLE));
    assert!(ground.rows().await.iter().all(|row| row.attempts == 1), "{:?}", ground.rows().await);
}

/// An app with people, all at one domain that takes so much; its mail is kept in a folder.
async fn limited(backend: Backend, per_second: f64, per_day: u32) -> TestApp {
    let limits = |config: &mut Config| {
        (config.mail.domain_per_second, config.mail.domain_per_day) = (per_second, per_day);
    };
    let app = TestApp::start_with(backend, Mode::Normal, limits).await;
    app.world().await;
    app
}

async fn link(app: &TestApp) {
    let tx = app.db.begin().await.unwrap();
    mail_link(&tx, "kj002@example.test", &app.config.access, app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn states(app: &TestApp, kind: MessageKind) -> Vec<MessageState> {
    rows(app).await.into_iter().filter(|row| row.kind == kind).map(|row| row.state).collect()
}

/// How many mails the one domain has had today, as its row counts.
async fn counted(app: &TestApp) -> i32 {
    mail_pace::Entity::find_by_id("example.test").one(app.db.read()).await.unwrap().expect("a row").sent
}

/// 2,000 reminders wait for a domain that takes one a second when somebody asks for a link and something is cancelled.
async fn crowd(backend: Backend) {
    let app = limited(backend, 1.0, 0).await;
    let token = app.token("GQ-KJ", Scope::Manage).await;
    let (event, session) = publish(&app, &token, "e", "2024-03-20", &["staff:KJ001"]).await;
    let reminder = |n: usize| outbox::ActiveModel {
        key: Set(format!("r{n}")),
        kind: Set(MessageKind::Reminder),
        event_id: Set(Some(EventId(event))),
        session_id: Set(Some(SessionId(session))),
        address: Set(format!("r{n}@example.test")),
        domain: Set("example.test".to_owned()),
        state: Set(MessageState::Queued),
        attempts: Set(0),
        next_at: Set(app.now() - TimeDelta::minutes(1)),
        message_id: Set(uuid::Uuid::new_v4().to_string()),
        created_at: Set(app.now() - TimeDelta::minutes(1)),
        ..Default::default()
    };
    for some in (0..2_000).collect::<Vec<_>>().chunks(500) {
        let some = some.iter().map(|n| reminder(*n));
        outbox::Entity::insert_many(some).exec_without_returning(app.db.write()).await.unwrap();
    }
    app.post(&format!("/api/v1/events/{event}/cancel"), &token, json!({})).await.expect(200);
    link(&app).await;
    let start = app.now();
    deliver(&app).await;
    assert_eq!(states(&app, MessageKind::SignIn).await, [MessageState::Sent], "a link waits for nothing");
    while states(&app, MessageKind::Cancellation).await != [MessageState::Sent] {
        assert!(app.now() - start <= TimeDelta::seconds(62), "a cancellation waits for a minute at the most");
        app.clock.set(app.now() + TimeDelta::seconds(1));
        deliver(&app).await;
    }
    let next = mail_pace::Entity::find_by_id("example.test").one(app.db.read()).await.unwrap().unwrap().next_at;
    assert!(next <= app.now() + TimeDelta::seconds(61), "slots are given for a minute: {next}");
    // The others wait at one a second, and not all for the same moment.
    let waiting = rows(&app).await.into_iter().filter(|row| row.state == MessageState::Queued);
    let mut waiting: Vec<_> = waiting.map(|row| row.next_at).collect();
    waiting.sort();
    let span = *waiting.last().unwrap() - waiting[0];
    assert!(waiting.len() > 1_900 && span > TimeDelta::seconds(1_800), "{} in {span}", waiting.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_keeps_no_link_and_no_cancellation_waiting_on_sqlite() {
    crowd(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_keeps_no_link_and_no_cancellation_waiting_on_postgres() {
    crowd(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_is_used_up_lets_a_link_through() {
    let app = limited(Backend::Postgres, 0.0, 4).await;
    let token = app.token("GQ", Scope::Manage).await;
    publish(&app, &token, "e", "2024-03-20", &["org:GQ"]).await;
    deliver(&app).await;
    let sent =
        async || states(&app, MessageKind::Invitation).await.iter().filter(|s| **s == MessageState::Sent).count();
    assert_eq!(sent().await, 4);
    link(&app).await;
    deliver(&app).await;
    assert_eq!(states(&app, MessageKind::SignIn).await, [MessageState::Sent]);
    assert_eq!((sent().await, counted(&app).await), (4, 4), "and takes nobody's place");
}

/// What is given back untried, and what turns out not to be sent at all, uses up nothing of the day.
async fn unsent(backend: Backend) {
    let app = limited(backend, 0.0, 3).await;
    let token = app.token("GQ-KJ", Scope::Manage).await;
    publish(&app, &token, "over", "2024-03-13", &["staff:KJ001", "staff:KJ002", "staff:KJ003"]).await;
    app.at("2024-03-14T08:00");
    let three = Limits { per_second: 0.0, per_day: 3 };
    let paces = Paces { others: three, ..Paces::default() };
    for _ in 0..3 {
        let tx = app.db.begin().await.unwrap();
        let claimed = claim(&tx, "one", 9, app.now()).await.unwrap();
        let mut pacer = Pacer::new(paces.clone(), app.config.zone(), TimeDelta::seconds(2));
        let go = pacer.pace(&tx, claimed, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((go.len(), counted(&app).await), (3, 3), "a place of the day is taken once");
        release(app.db.write(), "one", &go.iter().map(|row| row.id).collect::<Vec<_>>()).await.unwrap();
        // Longer than a slot is good.
        app.clock.set(app.now() + TimeDelta::minutes(5));
    }
    publish(&app, &token, "e", "2024-03-20", &["staff:KJ001", "staff:KJ002", "staff:KJ003"]).await;
    deliver(&app).await;
    assert_eq!(counted(&app).await, 0, "the session is over: nothing was sent");
    app.clock.set(app.now() + TimeDelta::hours(1));
    deliver(&app).await;
    let states = states(&app, MessageKind::Invitation).await;
    assert_eq!(states, [[MessageState::Dead; 3], [MessageState::Sent; 3]].concat());
    assert_eq!(counted(&app).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_sent_uses_up_nothing_of_a_day_on_sqlite() {
    unsent(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_sent_uses_up_nothing_of_a_day_on_postgres() {
    unsent(Backend::Postgres).await;
}
