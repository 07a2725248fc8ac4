//! What came back from the demonstration's invitations, how somebody wants to be reminded, an organisation's own words,
//! and an address that takes no mail.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::id::PersonId;
use entity::state::{AnswerStatus, AnswerVia, MessageKind, ReminderWish};
use entity::{organisation, person, session};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::STAFF;
use crate::access::{Actor, Rights};
use crate::error::{Error, Result};
use crate::locale::Lang;
use crate::notify::texts::{self, Words};
use crate::notify::wishes::{self, Wish};
use crate::outbox::trouble::{Word, mark};
use crate::scheduling::answer::{Given, give, name_assistant};

/// Session, who answers, what, by which way, what they add.
type Reply = (&'static str, &'static str, AnswerStatus, AnswerVia, &'static str);

const REPLIES: [Reply; 19] = {
    use AnswerStatus::{Accepted, Declined, Tentative};
    use AnswerVia::{Link, Mail, Page};
    [
        ("DEMO-OPEN", "NY001", Accepted, Page, ""),
        ("DEMO-OPEN", "NY002", Accepted, Mail, ""),
        ("DEMO-OPEN", "NY003", Declined, Link, "在市里开会"),
        ("DEMO-OPEN", "NY006", Accepted, Mail, ""),
        ("DEMO-OPEN", "NY008", Accepted, Page, ""),
        ("DEMO-OPEN", "NY011", Tentative, Link, "上午可能值班"),
        ("DEMO-OPEN", "NY014", Accepted, Mail, ""),
        ("DEMO-NEXT", "NY004", Accepted, Mail, ""),
        ("DEMO-NEXT", "NY007", Tentative, Mail, ""),
        ("DEMO-NEXT", "NY010", Accepted, Page, ""),
        ("DEMO-NEXT", "NY013", Declined, Link, "下乡"),
        ("DEMO-WEEK", "NY002", Accepted, Page, ""),
        ("DEMO-WEEK", "NY009", Declined, Mail, ""),
        ("DEMO-WEEK", "LN001", Accepted, Mail, ""),
        ("DEMO-WEEK", "HK003", Tentative, Link, ""),
        ("DEMO-TRAIN-1", "NY008", Accepted, Mail, ""),
        ("DEMO-TRAIN-1", "NY015", Declined, Link, "外出办案"),
        ("DEMO-TRAIN-2", "NY008", Accepted, Mail, ""),
        ("DEMO-TRAIN-2", "NY010", Tentative, Page, ""),
    ]
};

/// Has the member of the staff who signs in as an assistant.
const LEADER: &str = "NY001";
/// Gets one mail each morning.
const MORNING: &str = "NY002";
/// Their address takes no mail.
const GONE: &str = "NY017";

/// Writes them, in the caller's transaction.
pub async fn fill(db: &impl ConnectionTrait, host: &organisation::Model, now: DateTime<Utc>) -> Result<()> {
    let people = people(db).await?;
    let find = |number: &str| {
        people.get(number).ok_or_else(|| Error::internal(format!("the demonstration has nobody of number {number}")))
    };
    for (key, number, status, via, comment) in REPLIES {
        let found = session::Entity::find().filter(session::Column::Key.eq(key)).one(db).await?;
        let session = found.ok_or_else(|| Error::internal(format!("the demonstration has no session {key}")))?;
        let person = find(number)?.0;
        let given = Given { person, status, comment: comment.to_owned(), sequence: None, stamp: None, via, by: None };
        give(db, &[session], &given, now).await?;
    }
    name_assistant(db, find(LEADER)?.0, STAFF, now).await?;
    wishes::save(db, find(MORNING)?.0, &Wish { reminders: ReminderWish::Digest, quiet: None }, now).await?;
    let words = Words {
        subject: "提醒：{title}".to_owned(),
        lead: "{host}提醒你按时参加".to_owned(),
        note: "请带学习笔记本，提前五分钟入座。".to_owned(),
    };
    let actor = Actor { name: "demo".to_owned(), organisation: host.id, rights: Rights::Manage };
    texts::save(db, &actor, (host.id, MessageKind::Reminder, Lang::Zh), &words, now).await?;
    returned(db, &find(GONE)?.1, now).await
}

/// Mail to an address came back, last week and yesterday.
async fn returned(db: &impl ConnectionTrait, address: &str, now: DateTime<Utc>) -> Result<()> {
    let word = Word {
        permanent: true,
        status: "5.1.1".to_owned(),
        reason: format!("550 5.1.1 <{address}>: Recipient address rejected: User unknown"),
    };
    for days in [6, 1] {
        mark(db, address, &word, now - TimeDelta::days(days)).await?;
    }
    Ok(())
}

/// The people of the demonstration who answer or are marked, with their addresses, by number.
async fn people(db: &impl ConnectionTrait) -> Result<HashMap<String, (PersonId, String)>> {
    let rows = person::Entity::find().filter(person::Column::Email.is_not_null()).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.staff_no, (row.id, row.email.unwrap_or_default()))).collect())
}
