//! An organisation's own words in its mails, and in those of everything below it that has none of its own.
//!
//! Subject, opening and a note at the end; times, places, links and what a calendar reads stay as they are.

pub mod pages;
mod sample;
mod template;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::id::OrganisationId;
use entity::mail_text::{self, Column};
use entity::organisation_closure;
use entity::outbox;
use entity::state::MessageKind;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::mail::headline;
use super::message::{Letter, headline_of_many};
use crate::access::{Actor, Rights, audit};
use crate::error::{Code, Error, Result};
use crate::locale::Lang;
use crate::people;
use crate::scheduling::wording;

pub(super) use template::Values;

/// The mails whose words may be an organisation's own.
pub const KINDS: [MessageKind; 7] = [
    MessageKind::Invitation,
    MessageKind::Update,
    MessageKind::Cancellation,
    MessageKind::Reminder,
    MessageKind::MakeUp,
    MessageKind::Thanks,
    MessageKind::Materials,
];

/// Words of one kind of mail; an empty one is the house's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The subject.
    pub subject: String,
    /// The opening.
    pub lead: String,
    /// Said below, line by line.
    pub note: String,
}

impl Words {
    fn of(row: mail_text::Model) -> Self {
        Self { subject: row.subject, lead: row.lead, note: row.note }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same as it is kept; refuses what is too long, and placeholders that there are not.
    pub fn understood(&self) -> Result<Self> {
        let mut wrong = Vec::new();
        let words = Self {
            subject: wording::line("subject", &self.subject, 120, &mut wrong),
            lead: wording::line("lead", &self.lead, 300, &mut wrong),
            note: wording::passage("note", &self.note, 1_000, &mut wrong),
        };
        for (field, text) in [("subject", &words.subject), ("lead", &words.lead), ("note", &words.note)] {
            template::check(field, text, &mut wrong);
        }
        if wrong.is_empty() { Ok(words) } else { Err(Error::invalid(wrong)) }
    }

    /// Puts the words into a mail, where there are any.
    pub(super) fn put(&self, subject: &mut String, letter: &mut Letter, values: &Values) {
        // What is nothing but placeholders may come to nothing, as where no place is known: then the house's words stand.
        let own = headline(&template::fill(&self.subject, values));
        if !own.is_empty() {
            *subject = own;
        }
        let own = headline_of_many(&template::fill(&self.lead, values));
        if !own.is_empty() {
            letter.lead = own;
        }
        let note = template::fill(&self.note, values);
        letter.notes.extend(note.lines().map(headline_of_many).filter(|line| !line.is_empty()));
    }
}

/// Words that hold, by organisation, kind and language, and whose they are.
pub type Held = HashMap<(OrganisationId, MessageKind, Lang), (OrganisationId, Words)>;

/// The words that hold for organisations: their own, else those of the nearest above them.
#[expect(clippy::implicit_hasher, reason = "one kind of hasher is used in this program")]
pub async fn in_force(
    db: &impl ConnectionTrait,
    organisations: &HashSet<OrganisationId>,
    kinds: &HashSet<MessageKind>,
) -> Result<Held, DbErr> {
    let rows = mail_text::Entity::find().filter(Column::Kind.is_in(kinds.iter().copied())).all(db).await?;
    let mut found = Held::new();
    if rows.is_empty() || organisations.is_empty() {
        return Ok(found);
    }
    let owners: HashSet<OrganisationId> = rows.iter().map(|row| row.organisation_id).collect();
    let above: Vec<(OrganisationId, OrganisationId)> = organisation_closure::Entity::find()
        .select_only()
        .columns([organisation_closure::Column::DescendantId, organisation_closure::Column::AncestorId])
        .filter(organisation_closure::Column::DescendantId.is_in(organisations.iter().copied()))
        .filter(organisation_closure::Column::AncestorId.is_in(owners.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    // The deeper an organisation lies, the nearer it is to those below it.
    let depths: Vec<(OrganisationId, i64)> = organisation_closure::Entity::find()
        .select_only()
        .column(organisation_closure::Column::DescendantId)
        .column_as(organisation_closure::Column::AncestorId.count(), "depth")
        .filter(organisation_closure::Column::DescendantId.is_in(owners))
        .group_by(organisation_closure::Column::DescendantId)
        .into_tuple()
        .all(db)
        .await?;
    let depths: HashMap<OrganisationId, i64> = depths.into_iter().collect();
    for row in rows {
        let depth = |id: OrganisationId| depths.get(&id).copied().unwrap_or_default();
        let owner = row.organisation_id;
        let (kind, Some(lang)) = (row.kind, Lang::parse(&row.language)) else { continue };
        let words = Words::of(row);
        for (organisation, _) in above.iter().filter(|(_, high)| *high == owner) {
            let entry = found.entry((*organisation, kind, lang)).or_insert_with(|| (owner, words.clone()));
            if depth(owner) > depth(entry.0) {
                *entry = (owner, words.clone());
            }
        }
    }
    Ok(found)
}

/// The words of the hosts of some messages' events.
pub(super) async fn of_messages(
    db: &impl ConnectionTrait,
    rows: &[outbox::Model],
    hosts: impl Iterator<Item = OrganisationId>,
) -> Result<Held, DbErr> {
    let kinds: HashSet<MessageKind> = rows.iter().map(|row| row.kind).filter(|kind| KINDS.contains(kind)).collect();
    if kinds.is_empty() {
        return Ok(Held::new());
    }
    in_force(db, &hosts.collect(), &kinds).await
}

/// Refuses an organisation that the actor does not manage: it is not there for them.
pub async fn demand(db: &impl ConnectionTrait, actor: &Actor, organisation: OrganisationId) -> Result<()> {
    actor.demand(Rights::Manage)?;
    if people::is_below(db, organisation, actor.organisation).await? { Ok(()) } else { Err(Error::new(Code::NotFound)) }
}

/// Keeps an organisation's own words of a kind of mail, in the caller's transaction; without any, those of above, or
/// the house's, hold again.
pub async fn save(
    db: &impl ConnectionTrait,
    actor: &Actor,
    (organisation, kind, lang): (OrganisationId, MessageKind, Lang),
    words: &Words,
    now: DateTime<Utc>,
) -> Result<()> {
    demand(db, actor, organisation).await?;
    let words = words.understood()?;
    if words.is_empty() {
        mail_text::Entity::delete_many()
            .filter(Column::OrganisationId.eq(organisation))
            .filter(Column::Kind.eq(kind))
            .filter(Column::Language.eq(lang.tag()))
            .exec(db)
            .await?;
    } else {
        let row = mail_text::ActiveModel {
            organisation_id: Set(organisation),
            kind: Set(kind),
            language: Set(lang.tag().to_owned()),
            subject: Set(words.subject),
            lead: Set(words.lead),
            note: Set(words.note),
            updated_at: Set(now),
            updated_by: Set(actor.name.clone()),
            ..Default::default()
        };
        let over = OnConflict::columns([Column::OrganisationId, Column::Kind, Column::Language])
            .update_columns([Column::Subject, Column::Lead, Column::Note, Column::UpdatedAt, Column::UpdatedBy])
            .to_owned();
        mail_text::Entity::insert(row).on_conflict(over).exec_without_returning(db).await?;
    }
    let deed = audit::Deed {
        actor: &actor.name,
        action: "mail.text",
        subject: format!("organisation:{organisation}"),
        event_id: None,
        detail: json!({ "kind": kind, "language": lang.tag() }),
    };
    Ok(audit::record(db, deed, now).await?)
}
