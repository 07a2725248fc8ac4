//! `pufa mail receive`: one mail on standard input, from a pipe of a mail server.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::notify::reply::{Intake, receive};

/// Says on standard output what became of the mail. It fails only when the mail could not be taken in at all; a mail
/// that changes nothing is no failure. A mail server tries again where its pipe makes that failure an exit code of 75.
pub(super) async fn run(config: &Config, now: DateTime<Utc>) -> Result<()> {
    let limit = config.mailbox.limit;
    let read = tokio::task::spawn_blocking(move || Intake::read(std::io::stdin().lock(), limit));
    let intake = read.await.map_err(Error::internal)?.map_err(Error::internal)?;
    let db = super::open(config).await?;
    println!("{}", receive(&db, intake, now).await?);
    Ok(())
}
