//! `pufa holidays import`: a year's notice, and what it changed.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::Subcommand;

use super::{open, terminal_language};
use crate::config::Config;
use crate::dates::MAX_NOTICE_BYTES;
use crate::error::{Error, Result};
use crate::locale::Lang;
use crate::scheduling::holidays::{BroughtIn, Changed, bring_in};

#[derive(Subcommand)]
pub(super) enum HolidaysCommand {
    /// Bring in a year's notice, in the place of what there was for that year.
    Import {
        /// TOML like the files in config/holidays, or holiday-cn's JSON.
        file: PathBuf,
    },
}

pub(super) async fn run(config: &Config, command: HolidaysCommand, now: DateTime<Utc>) -> Result<()> {
    let HolidaysCommand::Import { file } = command;
    let bytes = read(&file)?;
    let db = open(config).await?;
    let tx = db.begin().await?;
    let outcome = bring_in(&tx, &bytes, "command", now).await?;
    tx.commit().await?;
    say(&outcome, terminal_language());
    Ok(())
}

/// The file, and a byte more than is allowed of one that is too large, which reading then refuses.
fn read(path: &Path) -> Result<Vec<u8>> {
    use std::io::Read;
    let wrong = |error: std::io::Error| Error::internal(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(wrong)?;
    file.take(MAX_NOTICE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(wrong)?;
    Ok(bytes)
}

fn say(outcome: &BroughtIn, lang: Lang) {
    let BroughtIn { year, off, worked, .. } = outcome;
    let numbers = [("year", year.to_string()), ("off", off.to_string()), ("worked", worked.to_string())];
    println!("{}", lang.text_with("holiday-said", numbers));
    let days = outcome.added.len() + outcome.removed.len();
    let what = match (outcome.changed, outcome.replaced) {
        (false, _) => "holiday-said-same",
        (true, false) => "holiday-said-new",
        (true, true) if days == 0 => "holiday-said-source",
        (true, true) => "holiday-said-replaced",
    };
    println!("{}", lang.text(what));
    if outcome.replaced {
        let line = |sign: &str, day: &Changed| {
            let key = if day.off { "holiday-said-off" } else { "holiday-said-worked" };
            let args = [("sign", sign.to_owned()), ("day", day.day.to_string()), ("name", day.name.clone())];
            println!("{}", lang.text_with(key, args));
        };
        outcome.removed.iter().for_each(|day| line("-", day));
        outcome.added.iter().for_each(|day| line("+", day));
    }
}
