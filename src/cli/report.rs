//! `pufa report`: the year's figures of an organisation as a document.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};

use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::{people, report};

/// What `pufa report` takes.
#[derive(Args)]
pub(super) struct ReportArgs {
    /// Code of the organisation; everything below it belongs to it.
    #[arg(long)]
    org: String,
    /// Which year.
    #[arg(long, value_parser = clap::value_parser!(i32).range(1900..=9999))]
    year: i32,
    /// What sort of document.
    #[arg(long)]
    format: Format,
    /// Where to write it; standard output when missing.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What sort of document.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Json,
    Csv,
}

/// Writes the document, and nothing else, to standard output or to the file given.
pub(super) async fn run(args: &ReportArgs, config: &Config, db: &Db, now: DateTime<Utc>) -> Result<()> {
    let kinds = config.event_kinds().map_err(Error::internal)?;
    let org = people::by_code(db.read(), &args.org).await?;
    report::settle(db, now).await?;
    let figures = report::load(&db.snapshot().await?, &kinds, &org, args.year, config.zone(), now).await?;
    let document = match args.format {
        Format::Json => {
            let mut text = serde_json::to_vec_pretty(&figures).map_err(Error::internal)?;
            text.push(b'\n');
            text
        }
        Format::Csv => report::csv::write(&figures, &kinds, config.locale.default),
    };
    let written = match &args.out {
        Some(path) => std::fs::write(path, document).map_err(|e| format!("cannot write {}: {e}", path.display())),
        None => std::io::Write::write_all(&mut std::io::stdout().lock(), &document)
            .map_err(|e| format!("cannot write to standard output: {e}")),
    };
    written.map_err(Error::internal)
}
