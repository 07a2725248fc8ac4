//! What every journey needs: an app on a database of its own, a clock that stands still, people, and two clients.

mod app;
mod browser;
mod database;
mod imap;
mod secure;
mod server;
mod smtp;
mod world;

pub use app::{Answer, TestApp, shanghai};
pub use browser::Browser;
pub use database::Backend;
pub use imap::{Dovecot, Mood, Rogue};
pub use secure::{Authority, Certificate, SecureSmtp};
pub use server::{Killer, Server};
pub use smtp::Smtp;

/// Makes two tests of each journey: one on SQLite, one on PostgreSQL.
macro_rules! journeys {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: &TestApp) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "a journey may need nothing from outside")]
            use super::*;
            use crate::harness::{Backend, TestApp};

            async fn journey($app: &TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            $(#[$meta])*
            async fn sqlite() {
                journey(&TestApp::start(Backend::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            $(#[$meta])*
            async fn postgres() {
                journey(&TestApp::start(Backend::Postgres).await).await;
            }
        }
    )+};
}
