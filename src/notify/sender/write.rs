//! Setting and taking away a sender.

use chrono::{DateTime, Utc};
use entity::mail_sender::{self, Column};
use entity::organisation;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;

use crate::access::Actor;
use crate::access::audit::{Deed, record};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people;

/// The longest name, in characters.
const NAME: usize = 100;

/// A sender as it is typed in.
#[derive(Clone, Debug, Default)]
pub struct NewSender {
    /// Whose.
    pub org_code: String,
    /// As shown; may be empty.
    pub name: String,
    /// The address.
    pub address: String,
}

/// Sets the sender of an organisation, in place of an earlier one. Fields: `org_code`, `name`, `address`.
pub async fn put_sender(db: &impl ConnectionTrait, actor: &Actor, new: &NewSender, now: DateTime<Utc>) -> Result<()> {
    let (name, address) = (new.name.trim(), new.address.trim());
    let organisation = own(db, actor, &new.org_code).await?;
    let mut wrong = Vec::new();
    if organisation.is_none() {
        wrong.push(FieldProblem::new("org_code", "unknown-org").with("value", &new.org_code));
    }
    if name.chars().count() > NAME || name.chars().any(char::is_control) {
        wrong.push(FieldProblem::new("name", "sender-name").with("most", NAME));
    }
    if !is_sending(address) {
        wrong.push(FieldProblem::new("address", "sender-address"));
    }
    let organisation = match organisation {
        Some(organisation) if wrong.is_empty() => organisation,
        _ => return Err(Error::invalid(wrong)),
    };
    let row = mail_sender::ActiveModel {
        organisation_id: Set(organisation.id),
        name: Set(name.to_owned()),
        address: Set(address.to_owned()),
        updated_at: Set(now),
        updated_by: Set(actor.name.clone()),
    };
    let again = OnConflict::column(Column::OrganisationId)
        .update_columns([Column::Name, Column::Address, Column::UpdatedAt, Column::UpdatedBy])
        .to_owned();
    mail_sender::Entity::insert(row).on_conflict(again).exec_without_returning(db).await?;
    note(db, actor, "mail_sender.set", &organisation, json!({ "address": address }), now).await
}

/// Takes the sender of an organisation away; from then on that of the next above it holds. `not-found` when it has none.
pub async fn remove_sender(db: &impl ConnectionTrait, actor: &Actor, org_code: &str, now: DateTime<Utc>) -> Result<()> {
    let organisation = own(db, actor, org_code).await?.ok_or_else(|| Error::new(Code::NotFound))?;
    let done = mail_sender::Entity::delete_by_id(organisation.id).exec(db).await?;
    if done.rows_affected == 0 {
        return Err(Error::new(Code::NotFound));
    }
    note(db, actor, "mail_sender.remove", &organisation, json!({}), now).await
}

async fn own(db: &impl ConnectionTrait, actor: &Actor, code: &str) -> Result<Option<organisation::Model>> {
    let found = people::by_codes(db, [code]).await?.remove(code);
    match found {
        Some(org) if people::is_below(db, org.id, actor.organisation).await? => Ok(Some(org)),
        _ => Ok(None),
    }
}

async fn note(
    db: &impl ConnectionTrait,
    actor: &Actor,
    action: &str,
    organisation: &organisation::Model,
    detail: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<()> {
    let subject = format!("organisation:{}", organisation.id);
    Ok(record(db, Deed { actor: &actor.name, action, subject, event_id: None, detail }, now).await?)
}

/// Whether mail can be sent in the name of an address: `local@domain` as RFC 5321 section 4.1.2 has it without quotes,
/// in ASCII, for not every server on the way takes more (RFC 6531), and with a dot in the domain.
fn is_sending(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&c);
    let dotted = |text: &str, part: &dyn Fn(&str) -> bool| text.split('.').all(|one| !one.is_empty() && part(one));
    let label = |one: &str| {
        one.len() <= 63
            && !one.starts_with('-')
            && !one.ends_with('-')
            && one.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    text.len() <= 254
        && local.len() <= 64
        && dotted(local, &|one| one.bytes().all(atom))
        && domain.contains('.')
        && dotted(domain, &label)
}

#[cfg(test)]
mod tests {
    use super::is_sending;

    #[test]
    fn a_sender_is_an_address_that_every_server_takes() {
        for good in ["pufa@kj.example.test", "a.b+c@example.test", "x@a-b.test"] {
            assert!(is_sending(good), "{good}");
        }
        for bad in [
            "",
            "pufa",
            "pufa@localhost",
            "@example.test",
            "a@",
            "a@b@example.test",
            "a b@example.test",
            "干部@example.test",
            "a@例子.test",
            "a@example..test",
            ".a@example.test",
            "a@-b.test",
            "a@example.test\r\nBcc: x@y.test",
            "普法 <a@example.test>",
            "a@[10.0.0.1]",
        ] {
            assert!(!is_sending(bad), "{bad:?}");
        }
    }
}
