//! `pufa import`: the folder or file, what came of it on standard output, what is wrong on standard error.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::import::{self, BadRows, Ground, Notify, Outcome, Within};
use crate::locale::Lang;

/// What `pufa import` takes.
#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// A folder with any of the files, or one file: .csv or .xlsx.
    path: PathBuf,
    /// Say what would change, and keep nothing.
    #[arg(long)]
    dry_run: bool,
    /// Keep the good rows although others are bad.
    #[arg(long)]
    skip_bad_rows: bool,
    /// Mail the invited of what is new or changed and published.
    #[arg(long)]
    notify: bool,
}

/// Imports, and says what came of it; an error when nothing was kept because of bad rows.
pub async fn run(args: &ImportArgs, config: &Config) -> Result<()> {
    let sheets = import::from_path(&args.path).map_err(Error::internal)?;
    let db = super::open(config).await?;
    let kinds = config.event_kinds().map_err(Error::internal)?;
    let ground = Ground {
        kinds: &kinds,
        zone: config.zone(),
        by: "command",
        within: Within::Everything,
        notify: if args.notify { Notify::Invited } else { Notify::Nobody },
        now: SystemClock.now(),
    };
    let bad_rows = if args.skip_bad_rows { BadRows::Skip } else { BadRows::Refuse };
    let bar = progress_bar(sheets.sheets.iter().map(|sheet| sheet.rows().len()).sum());
    let tx = db.begin().await?;
    let outcome = import::run(&tx, sheets, &ground, &|rows| bar.set_position(rows as u64)).await?;
    bar.finish_and_clear();
    let stands = outcome.stands(bad_rows);
    if stands && !args.dry_run {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    let lang = super::terminal_language();
    say(&outcome, lang).map_err(Error::internal)?;
    if !stands {
        return Err(Error::internal(lang.text("import-refused")));
    }
    println!("{}", lang.text(if args.dry_run { "import-dry" } else { "import-kept" }));
    Ok(())
}

fn progress_bar(rows: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(rows as u64).with_style(style)
}

fn say(outcome: &Outcome, lang: Lang) -> std::io::Result<()> {
    let mut errors = std::io::stderr().lock();
    for problem in &outcome.problems {
        writeln!(errors, "{}", problem.line(lang))?;
    }
    for note in &outcome.notes {
        writeln!(errors, "{}: {}", lang.text("import-note"), note.line(lang))?;
    }
    let mut out = std::io::stdout().lock();
    for file in &outcome.files {
        let numbers =
            [("added", file.added), ("changed", file.changed), ("unchanged", file.unchanged), ("bad", file.bad)];
        let args = numbers.map(|(name, number)| (name, number.to_string()));
        let args = args.into_iter().chain([("file", file.file.clone())]);
        writeln!(out, "{}", lang.text_with("import-line", args))?;
    }
    Ok(())
}
