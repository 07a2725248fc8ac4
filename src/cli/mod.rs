//! The command line: each call opens what it needs, does one thing, and says in its exit code how it went.
//!
//! 0 done, 1 failed, 2 wrong use.

mod doctor;
mod feed;
mod holidays;
mod import;
mod mail;
mod receive;
mod report;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::locale::Lang;
use crate::people;
use crate::state::{App as State, Mode};
use crate::{access, app, backup, demo};

/// Event scheduling and attendance for training and outreach.
#[derive(Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Cli {
    /// A TOML file whose settings replace the defaults.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service.
    Serve {
        /// Load a worked year into an empty database, print how to sign in, and keep mail in a folder.
        #[arg(long)]
        demo: bool,
    },
    /// Bring the database up to date.
    Migrate,
    /// Write the annual statistics of an organisation.
    Report(report::ReportArgs),
    /// Bring in files of people, events and what became of them.
    Import(import::ImportArgs),
    /// Write a consistent copy of everything to a file that is not there yet, while the service runs.
    Backup {
        /// Where to.
        file: PathBuf,
    },
    /// Bring a copy back into an empty database.
    Restore {
        /// What `pufa backup` wrote.
        file: PathBuf,
    },
    /// API tokens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print a new calendar subscription URL, and nothing else, on standard output.
    FeedUrl(feed::FeedArgs),
    /// Accounts.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Notices of days off.
    #[command(subcommand)]
    Holidays(holidays::HolidaysCommand),
    /// Mail.
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Check configuration, database, mail, clock and fonts, and say what to set at the mail relay.
    Doctor,
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token and print it, and nothing else, on standard output.
    Create {
        /// What it is for.
        #[arg(long)]
        name: String,
        /// Code of the organisation that it speaks for.
        #[arg(long)]
        org: String,
        /// check-in, read or manage.
        #[arg(long)]
        scope: entity::state::Scope,
    },
}

/// Reads the command line and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = match Config::load(cli.config.as_deref()) {
        Ok(config) => config,
        Err(error) if matches!(cli.command, Command::Doctor) => {
            return doctor::unreadable(&error).map_or_else(|error| fail(&error), |()| ExitCode::SUCCESS);
        }
        Err(error) => return fail(&error),
    };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(&config.log.filter))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(run(cli.command, config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&explain(&error)),
    }
}

/// What everything runs on.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

async fn run(command: Command, config: Config) -> Result<()> {
    let clock = Arc::new(SystemClock);
    match command {
        Command::Serve { demo } => serve(config, if demo { Mode::Demo } else { Mode::Normal }).await,
        Command::Migrate => open(&config).await.map(drop),
        Command::Report(args) => report::run(&args, &config, &open(&config).await?, clock.now()).await,
        Command::FeedUrl(args) => feed::run(&args, &config, clock.now()).await,
        Command::User(command) => user::run(&config, command, clock.now()).await,
        Command::Holidays(command) => holidays::run(&config, command, clock.now()).await,
        Command::Doctor => doctor::run(&config, clock.now()).await,
        Command::Mail(command) => mail::run(&config, command, clock.now()).await,
        Command::Import(args) => import::run(&args, &config).await,
        Command::Backup { file } => {
            backup::save(&open(&config).await?, &file, clock.now()).await.map_err(Error::internal)
        }
        Command::Restore { file } => {
            let db = Db::connect(&config.database.url, config.database.max_connections).await?;
            let rows = backup::restore(&db, &file).await.map_err(Error::internal)?;
            println!("{rows}");
            Ok(())
        }
        Command::Token(TokenCommand::Create { name, org, scope }) => {
            let db = open(&config).await?;
            let organisation = people::by_code(db.read(), &org).await?;
            let token = access::token::create(db.write(), &name, organisation.id, scope, clock.now()).await?;
            println!("{token}");
            Ok(())
        }
    }
}

async fn serve(mut config: Config, mode: Mode) -> Result<()> {
    if mode == Mode::Demo {
        demo::settle(&mut config).map_err(Error::internal)?;
    }
    let address = config.server.listen.clone();
    let app = app::build(config, Arc::new(SystemClock), mode).await?;
    let listener = tokio::net::TcpListener::bind(&address)
        .await
        .map_err(|e| Error::internal(format!("cannot listen on {address}: {e}")))?;
    if mode == Mode::Demo {
        show(&app).await?;
    }
    tracing::info!(%address, "serving");
    app::serve(app, listener).await
}

/// Fills the demonstration's database if it is empty, and prints how to sign in.
async fn show(app: &State) -> Result<()> {
    let tx = app.db.begin().await?;
    demo::fill(&tx, &app.kinds, app.config.zone(), app.now()).await?;
    let links = demo::links(&tx, &app.config.access, app.now()).await?;
    tx.commit().await?;
    let url = app.config.public_url();
    println!("pufa: {url}");
    match links {
        Some(links) => {
            println!("  organiser: {url}{}", links.organiser);
            println!("  staff:     {url}{}", links.staff);
            println!(
                "  each link signs in once, within {} minutes; start again for new ones",
                app.config.access.link_minutes
            );
        }
        None => println!("  the database held something else already; nothing was loaded"),
    }
    println!("  mail:      {}", app.config.mail.url);
    Ok(())
}

/// The language of the terminal, as POSIX says: the first of these that is set.
fn terminal_language() -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    match set.into_iter().find(|value| !value.is_empty()) {
        Some(value) if value.starts_with("zh") => Lang::Zh,
        _ => Lang::En,
    }
}

/// Opens the database and brings it up to date.
async fn open(config: &Config) -> Result<Db> {
    let db = Db::connect(&config.database.url, config.database.max_connections).await?;
    db.migrate().await?;
    Ok(db)
}

fn explain(error: &Error) -> String {
    match error {
        Error::Problem(problem) => {
            let fields = problem.fields.iter().map(|f| format!("\n  {}: {}", f.field, f.text(Lang::En)));
            std::iter::once(problem.text(Lang::En)).chain(fields).collect()
        }
        other => other.to_string(),
    }
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("pufa: {error}");
    ExitCode::FAILURE
}
