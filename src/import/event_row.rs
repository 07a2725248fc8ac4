//! One row of events.csv, read and held against what the database has.

use entity::id::{OrganisationId, PersonId};
use entity::state::{AudienceSign, AudienceTarget, EventStatus};
use entity::{audience_rule, event};

use super::run::Ground;
use super::sheet::RowReader;
use super::{Known, Reason, value};

/// One line of an audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whether it adds or takes out.
    pub sign: AudienceSign,
    /// What it names.
    pub target: AudienceTarget,
    /// Of `org`.
    pub organisation_id: Option<OrganisationId>,
    /// Of `group`.
    pub group_name: Option<String>,
    /// Of `staff`.
    pub person_id: Option<PersonId>,
}

impl From<audience_rule::Model> for Rule {
    fn from(row: audience_rule::Model) -> Self {
        Self {
            sign: row.sign,
            target: row.target,
            organisation_id: row.organisation_id,
            group_name: row.group_name,
            person_id: row.person_id,
        }
    }
}

/// What stands in tables beside the event's own. None: the file has no such column, so what there is stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Organisations that host it too, by id.
    pub co_hosts: Vec<OrganisationId>,
    /// Its audience.
    pub rules: Vec<Rule>,
    /// Further kinds, by name.
    pub also_kinds: Option<Vec<String>>,
    /// Laws and subjects, in order.
    pub topics: Option<Vec<String>>,
}

/// A row that is right.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// Its key.
    pub key: String,
    /// Its kind.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Its host.
    pub host: OrganisationId,
    /// Where it is.
    pub location: String,
    /// Whether the invited form a roster.
    pub required: bool,
    /// Where it stands.
    pub status: EventStatus,
    /// Its form; None when the file has no such column.
    pub form: Option<String>,
    /// The rest.
    pub beside: Beside,
}

impl EventRow {
    /// Reads a row.
    pub fn read(known: &Known, ground: &Ground<'_>, cells: &mut RowReader<'_>) -> Option<Self> {
        let key = cells.text("event_key").to_owned();
        if known.events.get(&key).is_some_and(|event| !known.is_ours(event.host_id)) {
            cells.bad("event_key", Reason::NotYours);
        }
        let is_kind = |text: &str| ground.kinds.get(text).map(|_| text.to_owned()).ok_or(Reason::UnknownKind);
        let kind = cells.parsed("kind", is_kind);
        let host = cells.parsed("org_code", |code| known.own_org(code));
        let co_hosts = each(cells, "co_host_codes", |code| known.org(code));
        let rules = each(cells, "audience", |text| rule(known, text));
        let mut also_kinds = each(cells, "also_kinds", is_kind);
        also_kinds.retain(|also| Some(also) != kind.as_ref());
        also_kinds.sort();
        let topics = cells.list("topics").into_iter().map(ToOwned::to_owned).collect();
        let title = cells.filled("title").to_owned();
        let (required, status) = (cells.parsed("required", value::yes_no), cells.word("status"));
        let host = host?;
        let mut co_hosts: Vec<_> = co_hosts.into_iter().filter(|&other| other != host).collect();
        co_hosts.sort_unstable();
        Some(Self {
            key,
            kind: kind?,
            title,
            host,
            location: cells.text("location").to_owned(),
            required: required?,
            status: status?,
            form: cells.optional("form").map(ToOwned::to_owned),
            beside: Beside {
                co_hosts,
                rules,
                also_kinds: cells.optional("also_kinds").map(|_| also_kinds),
                topics: cells.optional("topics").map(|_| topics),
            },
        })
    }

    /// The event as the row wants it, from what it is now.
    #[must_use]
    pub fn onto(&self, present: &event::Model) -> event::Model {
        event::Model {
            kind: self.kind.clone(),
            title: self.title.clone(),
            host_id: self.host,
            location: self.location.clone(),
            required: self.required,
            status: self.status,
            form: self.form.clone().unwrap_or_else(|| present.form.clone()),
            ..present.clone()
        }
    }
}

fn each<T>(cells: &mut RowReader<'_>, column: &str, read: impl Fn(&str) -> Result<T, Reason>) -> Vec<T> {
    let mut good = Vec::new();
    for part in cells.list(column) {
        match read(part) {
            Ok(value) => good.push(value),
            Err(reason) => cells.bad_part(column, part, reason),
        }
    }
    good
}

/// Reads one line of an audience: `org:CODE`, `group:NAME`, `staff:NO` or `public`, perhaps with a leading `-`.
fn rule(known: &Known, text: &str) -> Result<Rule, Reason> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (AudienceSign::Exclude, rest.trim_start()),
        None => (AudienceSign::Include, text),
    };
    let blank = Rule { sign, target: AudienceTarget::Public, organisation_id: None, group_name: None, person_id: None };
    if rest == "public" {
        return Ok(blank);
    }
    let (target, name) = rest.split_once(':').ok_or(Reason::BadAudience)?;
    let name = name.trim();
    if name.is_empty() {
        return Err(Reason::BadAudience);
    }
    match target.trim() {
        "org" => Ok(Rule { target: AudienceTarget::Org, organisation_id: Some(known.org(name)?), ..blank }),
        "group" => Ok(Rule { target: AudienceTarget::Group, group_name: Some(name.to_owned()), ..blank }),
        "staff" => Ok(Rule { target: AudienceTarget::Staff, person_id: Some(known.person(name)?), ..blank }),
        _ => Err(Reason::BadAudience),
    }
}
