//! Taking what is due out of the outbox, making it into mail, and sending it; no transaction is open while sending.
//!
//! A line: one claims batches and reads what they speak of ([`claim`](Delivery)), several make mails and send them, one
//! writes down what became of them, many in one transaction, and one renews the leases of all that are under way.
//! Between them are bounded channels, so that the senders are busy while the next batch is claimed, and a slow server
//! slows the claiming. Links to sign in have a sender of their own.

mod flow;
mod leases;
mod send;
mod write;

use std::sync::Arc;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::due::House;
use super::mailer::Mailer;
use super::message::Stationery;
use crate::access::SigningKey;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::error::Result;
use crate::outbox::{Pacer, Patience, has_due};
use crate::scheduling::Kinds;
use crate::traffic::Traffic;
use crate::view::Views;

/// What delivering needs.
pub struct Delivery {
    /// The outbox.
    pub db: Db,
    /// The time of each step.
    pub clock: Arc<dyn Clock>,
    /// Where mail goes.
    pub mailer: Mailer,
    /// The templates.
    pub views: Views,
    /// The kinds.
    pub kinds: Kinds,
    /// The settings.
    pub config: Config,
    /// With what links are signed.
    pub key: SigningKey,
    /// For whom it makes room.
    pub traffic: Traffic,
}

impl Delivery {
    /// Sends everything that is due, until nothing is left, the server goes away, or `stop` is called; then what is
    /// being sent is finished and the rest is let go of. Gives how many messages were settled.
    pub async fn drain(self, stop: &CancellationToken) -> Result<usize> {
        let now = self.clock.now();
        if self.mailer.breaker().resting(now).is_some() || !has_due(self.db.read(), now).await? {
            return Ok(0);
        }
        let mailer = self.mailer.clone();
        let settled = flow::run(Arc::new(self), stop).await;
        mailer.rest().await;
        settled
    }

    fn stationery(&self) -> Stationery<'_> {
        Stationery {
            views: &self.views,
            kinds: &self.kinds,
            key: &self.key,
            lang: self.config.locale.default,
            zone: self.config.zone(),
            public_url: self.config.public_url(),
            sender: self.mailer.sender().clone(),
            link_minutes: self.config.access.link_minutes,
            house: House::of(&self.config, &self.kinds),
            make_up_days: self.config.mail.make_up_days,
        }
    }

    fn patience(&self) -> Patience {
        let mail = &self.config.mail;
        Patience {
            retry_after: TimeDelta::seconds(mail.retry_after.into()),
            max_attempts: i32::try_from(mail.max_attempts).unwrap_or(i32::MAX),
        }
    }

    fn pacer(&self) -> Pacer {
        let mail = &self.config.mail;
        Pacer::new(mail.paces(), self.config.zone(), TimeDelta::seconds(mail.tick.into()))
    }
}

/// From 0 to 1; 0 when the system gives no random numbers.
fn jitter() -> f64 {
    let mut byte = [0_u8];
    getrandom::fill(&mut byte).map_or(0.0, |()| f64::from(byte[0]) / 255.0)
}
