//! What mails say to somebody who put their name down. Pure.

use entity::state::{MessageKind, RegistrationStatus};
use entity::{outbox, registration};

use super::facts::{Facts, registered};
use crate::calendar::Method;
use crate::locale::Lang;

/// A message to somebody who put their name down.
#[derive(Clone, Copy)]
pub(super) struct Registered<'a> {
    row: &'a outbox::Model,
    /// As it stands now.
    registration: &'a registration::Model,
}

impl<'a> Registered<'a> {
    /// What a message says of a registration; None when it goes to somebody invited.
    pub(super) fn of(facts: &'a Facts, row: &'a outbox::Model) -> Option<Self> {
        facts.registration(row).map(|registration| Self { row, registration })
    }

    /// Why nothing should be said any more, as a text's key.
    pub(super) fn moot(facts: &Facts, row: &outbox::Model) -> Option<&'static str> {
        registered(row)?;
        let Some(now) = facts.registration(row) else { return Some("mail-moot-forgotten") };
        let off = now.status == RegistrationStatus::Cancelled;
        match (off, says_off(row)) {
            (true, false) => Some("mail-moot-called-off"),
            _ if said(row) == "waiting" && now.status == RegistrationStatus::Registered => Some("mail-moot-moved-up"),
            _ => None,
        }
    }

    /// What is said, as it ends the keys of texts.
    pub(super) fn key(&self) -> &'static str {
        match (said(self.row), self.registration.status) {
            ("moved_up", _) => "moved-up",
            ("called_off", _) => "called-off",
            ("not_waiting", _) => "not-waiting",
            (_, RegistrationStatus::Waiting) => "waiting",
            _ => "registered",
        }
    }

    /// The path of the page where it is called off.
    pub(super) fn path(&self) -> String {
        format!("/registration/{}", self.registration.secret)
    }

    /// Whether its mail is one by which it may be called off.
    pub(super) fn may_call_off(&self) -> bool {
        let asks = [MessageKind::Invitation, MessageKind::Update, MessageKind::Registration, MessageKind::Reminder];
        self.registration.status != RegistrationStatus::Cancelled && asks.contains(&self.row.kind)
    }

    /// At which place of the queue it waited when the message was written.
    pub(super) fn place(&self) -> Option<i64> {
        let waits = self.registration.status == RegistrationStatus::Waiting;
        self.row.detail.as_ref().filter(|_| waits)?["place"].as_i64()
    }

    /// What the calendar is told: nothing of whoever only waits.
    pub(super) fn method(&self) -> Option<Method> {
        match (self.row.kind, self.key()) {
            (_, "waiting" | "not-waiting") | (MessageKind::Reminder, _) => None,
            // They are invited all the same.
            (MessageKind::Registration, "called-off") if self.row.detail.as_ref()?["stays"] == true => None,
            (MessageKind::Registration, "called-off") | (MessageKind::Cancellation, _) => Some(Method::Cancel),
            _ => Some(Method::Request),
        }
    }

    /// What is said below.
    pub(super) fn notes(&self, lang: Lang) -> Vec<String> {
        let mut keys = Vec::new();
        if self.method() == Some(Method::Request) {
            keys.push("mail-note-calendar");
        }
        match self.key() {
            "waiting" => keys.extend(["mail-note-waiting", "mail-note-call-off"]),
            "registered" | "moved-up" if self.row.kind != MessageKind::Cancellation => keys.push("mail-note-call-off"),
            _ => {}
        }
        keys.into_iter().map(|key| lang.text(key)).collect()
    }
}

/// Whether a message says that a name was taken off again.
pub(super) fn says_off(row: &outbox::Model) -> bool {
    row.kind == MessageKind::Registration && matches!(said(row), "called_off" | "not_waiting")
}

fn said(row: &outbox::Model) -> &str {
    row.detail.as_ref().and_then(|detail| detail["said"].as_str()).unwrap_or_default()
}
