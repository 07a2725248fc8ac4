//! A domain that takes two mails a second and 25 a day, from two servers on one database: neither knows of the other but
//! by the rows.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{mail_pace, outbox, person};
use pufa::config::DomainPace;
use pufa::jobs;
use pufa::state::{App, Mode};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tokio_util::sync::CancellationToken;

use super::Ground;
use crate::harness::{Backend, Smtp, TestApp, shanghai};

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

/// The slots of those that had to wait, in order.
async fn slots(app: &App) -> Vec<DateTime<Utc>> {
    let rows = outbox::Entity::find().filter(outbox::Column::Domain.eq(SLOW)).all(app.db.read()).await.unwrap();
    let mut slots: Vec<_> = rows.into_iter().filter_map(|row| row.paced_at).collect();
    slots.sort();
    slots
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
    let waiting = slots(one).await;
    assert!(waiting.windows(2).all(|pair| pair[1] - pair[0] >= TimeDelta::milliseconds(500)), "{waiting:?}");
    let midnight = shanghai("2024-03-13T00:00");
    let today = waiting.iter().filter(|slot| **slot < midnight).count();
    assert!(today <= A_DAY, "{waiting:?}");
    let second = |slot: &DateTime<Utc>| (*slot - start).num_seconds();
    for slot in &waiting {
        assert!(waiting.iter().filter(|other| second(other) == second(slot)).count() <= A_SECOND, "{waiting:?}");
    }
    let pace = row(one).await;
    assert_eq!((pace.day.to_string().as_str(), pace.sent), ("2024-03-13", 6), "what is left has its slots tomorrow");

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
