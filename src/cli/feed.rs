//! `pufa feed-url`: a new address of a calendar.

use chrono::{DateTime, Utc};
use clap::Args;

use super::open;
use crate::access::SigningKey;
use crate::calendar::feed::url;
use crate::calendar::feeds::{What, address};
use crate::config::Config;
use crate::error::{Error, FieldProblem, Result};
use crate::people;

/// Whose calendar it is.
#[derive(Args)]
#[command(group(clap::ArgGroup::new("what").args(["staff", "org", "kind", "public"]).required(true).multiple(true)))]
pub(super) struct FeedArgs {
    /// A person, by staff number: what they are invited to. Earlier addresses stay valid.
    #[arg(long, conflicts_with_all = ["org", "kind", "public"])]
    staff: Option<String>,
    /// An organisation, by code: what it and everything below it hosts; with --kind or --public, only that of it.
    #[arg(long)]
    org: Option<String>,
    /// The events of one kind, by its key.
    #[arg(long, conflicts_with = "public")]
    kind: Option<String>,
    /// What the public may come to; an earlier address of the same stops.
    #[arg(long)]
    public: bool,
}

pub(super) async fn run(args: &FeedArgs, config: &Config, now: DateTime<Utc>) -> Result<()> {
    let db = open(config).await?;
    let key = SigningKey::load(db.write(), now).await?;
    let tx = db.begin().await?;
    let org = match &args.org {
        Some(code) => Some(people::by_code(&tx, code).await?.id),
        None => None,
    };
    let what = match (&args.staff, &args.kind, org) {
        (Some(staff), _, _) => {
            let unknown = || Error::invalid(vec![FieldProblem::new("staff", "no-such-staff").with("value", staff)]);
            What::Person(people::by_number(&tx, staff).await?.ok_or_else(unknown)?.id)
        }
        (None, Some(kind), org) => {
            if config.event_kinds().map_err(Error::internal)?.get(kind).is_none() {
                return Err(Error::invalid(vec![FieldProblem::new("kind", "unknown-kind").with("value", kind)]));
            }
            What::Kind(kind.clone(), org)
        }
        (None, None, org) if args.public => What::Public(org),
        (None, None, Some(org)) => What::Organisation(org),
        (None, None, None) => return Err(Error::field("org", "required")),
    };
    let token = address::create(&tx, &key, &what, now).await?;
    tx.commit().await?;
    println!("{}", url(&config.public_url(), &token));
    Ok(())
}
