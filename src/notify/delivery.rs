//! Taking what is due out of the outbox, making it into mail, and sending it; no transaction is open while sending.

use std::time::Duration;

use chrono::TimeDelta;
use entity::outbox::Model as Row;
use futures_util::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::facts::Facts;
use super::mailer::Mailer;
use super::message::{Composed, Stationery, compose};
use crate::access::SigningKey;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::error::Result;
use crate::outbox::{LEASE, Outcome, Patience, claim, has_due, put_off, release, renew, settle};
use crate::scheduling::Kinds;
use crate::view::Views;

/// What delivering needs.
pub struct Delivery<'a> {
    /// The outbox.
    pub db: &'a Db,
    /// The time of each step.
    pub clock: &'a dyn Clock,
    /// Where mail goes.
    pub mailer: &'a Mailer,
    /// The templates.
    pub views: &'a Views,
    /// The kinds.
    pub kinds: &'a Kinds,
    /// The settings.
    pub config: &'a Config,
    /// With what links are signed.
    pub key: &'a SigningKey,
}

impl Delivery<'_> {
    /// Sends everything that is due, in batches, until nothing is left or `stop` is called; then what is being sent is
    /// finished and the rest is let go of. Gives how many messages were settled.
    pub async fn drain(&self, stop: &CancellationToken) -> Result<usize> {
        let limit = u64::try_from(self.mailer.connections() * 2).unwrap_or(u64::MAX);
        let mut settled = 0;
        while !stop.is_cancelled() && has_due(self.db.read(), self.clock.now()).await? {
            let rows = claim(self.db.write(), &self.mailer.worker, limit, self.clock.now()).await?;
            if rows.is_empty() {
                break;
            }
            settled += rows.len();
            self.send_batch(&rows, stop).await?;
        }
        Ok(settled)
    }

    async fn send_batch(&self, rows: &[Row], stop: &CancellationToken) -> Result<()> {
        let facts = Facts::load(self.db.read(), rows).await?;
        let stationery = self.stationery();
        let sending = stream::iter(rows).for_each_concurrent(self.mailer.connections(), |row| async {
            if let Err(error) = self.send_one(&stationery, &facts, row, stop).await {
                // Its lease runs out and it is tried again, with the same Message-ID.
                tracing::error!(message = %row.id, %error, "a message was not settled");
            }
        });
        let holding = async {
            loop {
                tokio::time::sleep(LEASE.to_std().unwrap_or(Duration::from_secs(30)) / 3).await;
                if let Err(error) = renew(self.db.write(), &self.mailer.worker, self.clock.now()).await {
                    tracing::warn!(%error, "leases were not renewed");
                }
            }
        };
        tokio::select! {
            () = sending => Ok(()),
            never = holding => never,
        }
    }

    async fn send_one(
        &self,
        stationery: &Stationery<'_>,
        facts: &Facts,
        row: &Row,
        stop: &CancellationToken,
    ) -> Result<()> {
        let (db, worker) = (self.db.write(), self.mailer.worker.as_str());
        if stop.is_cancelled() {
            return Ok(release(db, worker, &[row.id]).await?);
        }
        let outcome = match compose(stationery, facts, row, self.clock.now()) {
            Ok(Composed::Mail(mail)) => self.mailer.send(&mail).await,
            Ok(Composed::Later(at)) => return Ok(put_off(db, row, worker, at).await?),
            Ok(Composed::Moot(why)) => Outcome::Dead(why),
            Err(error) => {
                tracing::error!(message = %row.id, %error, "a message cannot be made into a mail");
                Outcome::Failed("internal error".to_owned())
            }
        };
        let word = match &outcome {
            Outcome::Sent(_) => "sent",
            Outcome::Failed(_) => "failed",
            Outcome::Dead(_) => "dead",
        };
        metrics::counter!("pufa_mail_attempts_total", "outcome" => word).increment(1);
        if !settle(db, row, worker, outcome, self.patience(), jitter(), self.clock.now()).await? {
            tracing::warn!(message = %row.id, "a lease ran out while sending");
        }
        Ok(())
    }

    fn stationery(&self) -> Stationery<'_> {
        Stationery {
            views: self.views,
            kinds: self.kinds,
            key: self.key,
            lang: self.config.locale.default,
            zone: self.config.zone(),
            public_url: self.config.public_url(),
            sender: self.mailer.sender().clone(),
            link_minutes: self.config.access.link_minutes,
            quiet: self.config.quiet(),
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
}

/// From 0 to 1; 0 when the system gives no random numbers.
fn jitter() -> f64 {
    let mut byte = [0_u8];
    getrandom::fill(&mut byte).map_or(0.0, |()| f64::from(byte[0]) / 255.0)
}
