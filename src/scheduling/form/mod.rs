//! The form of an event: what a browser sends, and the way between it and the domain's own words. Pure.

mod differences;
pub mod pages;
mod repeat;
mod row;
mod wrong;

pub use row::Row;
pub use wrong::Wrong;

use entity::session;
use serde::{Deserialize, Serialize};

use super::{EventChange, NewEvent, NewSession, SessionChange, Whole};

/// Rows for sittings that a new event is offered.
const ROWS: usize = 3;

/// Reminders that forms offer.
pub const REMINDERS: [&str; 7] = ["P7D", "P3D", "P1D", "PT2H", "PT1H", "PT30M", "PT0S"];

/// What a browser sends. Lists beginning with `s_` run side by side, one entry a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    /// Which button: `save`, `more` (another row), `look` (whom would it invite).
    pub act: String,
    /// Of a new event: its key, so that the form sent twice makes one event.
    pub key: String,
    /// Of an event that is there: the revision that the form was made from.
    pub revision: String,
    /// Of a new event: the template that filled the form in; its checklist comes along.
    pub template: String,
    /// Of a published event: why conflicts of a new time or place do not matter.
    #[serde(rename = "override")]
    pub why: String,
    /// Kind.
    pub kind: String,
    /// Title.
    pub title: String,
    /// Host.
    pub org_code: String,
    /// Those who host it too.
    pub co_host_codes: Vec<String>,
    /// Place.
    pub location: String,
    /// Lines.
    pub audience: String,
    /// An organisation to add to the audience.
    pub add_org: String,
    /// A group to add to the audience.
    pub add_group: String,
    /// People to add to the audience, by number.
    pub add_staff: Vec<String>,
    /// `-` when what is added is to be taken out.
    pub add_sign: String,
    /// Part of the name or number of somebody who is looked for.
    pub find: String,
    /// `yes` or `no`.
    pub required: String,
    /// `yes` or `no`.
    pub walk_ins: String,
    /// Apart by 、 or ;.
    pub topics: String,
    /// Form of publicity.
    pub form: String,
    /// Further kinds.
    pub also_kinds: Vec<String>,
    /// Ids of sittings that are there; empty for a new one.
    pub s_id: Vec<String>,
    /// First day.
    pub s_day: Vec<String>,
    /// Time of the start.
    pub s_start: Vec<String>,
    /// Time of the end.
    pub s_end: Vec<String>,
    /// Last day, where it is another.
    pub s_last: Vec<String>,
    /// Numbers of the rows that are whole days.
    pub s_all_day: Vec<String>,
    /// Titles of their own.
    pub s_title: Vec<String>,
    /// Places of their own.
    pub s_place: Vec<String>,
    /// Whom to ask.
    pub contact: String,
    /// How many may take part; empty is as many as come.
    pub capacity: String,
    /// IANA name.
    pub time_zone: String,
    /// `own` where the event has reminders of its own, else the kind's go out.
    pub reminding: String,
    /// Its own.
    pub reminders: Vec<String>,
    /// Which of the invited are reminded; empty is as the kind says.
    pub remind_whom: String,
    /// `own` where the event says itself what is mailed afterwards, else its kind does.
    pub aftering: String,
    /// What it says.
    pub after: Vec<String>,
    /// How sittings recur: `no`, `form` by the fields that follow, `rule` by a rule as typed.
    pub r_repeat: String,
    /// Every how many.
    pub r_every: String,
    /// `days`, `weeks`, `month-date`, `month-weekday`, `quarter-date`, `quarter-weekday`, `years`.
    pub r_unit: String,
    /// Weekdays, `MO`.
    pub r_days: Vec<String>,
    /// A day of the month; -1 is the last.
    pub r_date: String,
    /// The how manieth weekday of the month; -1 is the last.
    pub r_nth: String,
    /// Which weekday, `TH`.
    pub r_weekday: String,
    /// `count`, `until` or `never`.
    pub r_end: String,
    /// How many sittings.
    pub r_count: String,
    /// The last day.
    pub r_until: String,
    /// A rule as typed.
    pub r_rule: String,
    /// `keep`, `skip`, `before` or `after`.
    pub r_off: String,
    /// From which date on a changed rule says what is; empty is all that have not begun.
    pub r_from: String,
    /// `take`: sittings whose time was set by hand follow as well.
    pub r_by_hand: String,
}

impl Typed {
    /// The form of an event that is there. Only sittings that can still be changed have a row.
    #[must_use]
    pub fn of(whole: &Whole, sessions: &[&session::Model]) -> Self {
        let event = &whole.event;
        let yes_no = |yes| if yes { "yes" } else { "no" }.to_owned();
        let mut typed = Self {
            revision: event.revision.to_string(),
            kind: event.kind.clone(),
            title: event.title.clone(),
            org_code: whole.host.code.clone(),
            co_host_codes: whole.co_hosts.iter().map(|org| org.code.clone()).collect(),
            location: event.location.clone(),
            audience: whole.audience.join("\n"),
            required: yes_no(event.required),
            walk_ins: yes_no(event.walk_ins),
            topics: whole.topics.join("、"),
            form: event.form.clone(),
            also_kinds: whole.also_kinds.clone(),
            contact: event.contact.clone(),
            capacity: event.capacity.map(|n| n.to_string()).unwrap_or_default(),
            time_zone: event.time_zone.clone(),
            ..Self::default()
        };
        let own: Option<Vec<String>> = event.reminders.clone().and_then(|list| serde_json::from_value(list).ok());
        typed.set_reminders(own.as_deref());
        typed.remind_whom = event.remind_whom.to_string();
        let after: Option<Vec<String>> = event.after.clone().and_then(|list| serde_json::from_value(list).ok());
        typed.set_after(after.as_deref());
        typed.set_rows(&sessions.iter().map(|session| Row::of(session)).collect::<Vec<_>>());
        typed
    }

    /// The form of an event that is not there yet, as filled in for somebody.
    #[must_use]
    pub fn of_new(event: &NewEvent) -> Self {
        let yes_no = |yes| if yes { "yes" } else { "no" }.to_owned();
        let mut typed = Self {
            key: event.key.clone(),
            kind: event.kind.clone(),
            title: event.title.clone(),
            org_code: event.org_code.clone(),
            co_host_codes: event.co_host_codes.clone(),
            location: event.location.clone(),
            audience: event.audience.join("\n"),
            required: yes_no(event.required),
            walk_ins: yes_no(event.walk_ins),
            topics: event.topics.join("、"),
            also_kinds: event.also_kinds.clone(),
            form: event.form.clone(),
            contact: event.contact.clone(),
            capacity: event.capacity.map(|n| n.to_string()).unwrap_or_default(),
            time_zone: event.time_zone.clone().unwrap_or_default(),
            ..Self::default()
        };
        typed.set_reminders(event.reminders.as_deref());
        typed.remind_whom = event.remind_whom.map(|whom| whom.to_string()).unwrap_or_default();
        typed.set_after(event.after.as_deref());
        typed.set_rows(&event.sessions.iter().map(Row::of_new).collect::<Vec<_>>());
        typed
    }

    fn set_reminders(&mut self, own: Option<&[String]>) {
        self.reminding = if own.is_some() { "own" } else { "kind" }.to_owned();
        self.reminders = own.unwrap_or_default().to_vec();
    }

    fn set_after(&mut self, own: Option<&[String]>) {
        self.aftering = if own.is_some() { "own" } else { "kind" }.to_owned();
        self.after = own.unwrap_or_default().to_vec();
    }

    /// What is mailed afterwards; None is the kind's.
    fn own_after(&self) -> Option<Vec<String>> {
        (self.aftering == "own").then(|| self.after.clone())
    }

    /// Its own reminders; None is the kind's.
    fn own_reminders(&self) -> Option<Vec<String>> {
        (self.reminding == "own").then(|| self.reminders.clone())
    }

    /// The reminders to choose from: those offered, and others that the event has.
    #[must_use]
    pub fn reminder_choices(&self) -> Vec<String> {
        let others = self.reminders.iter().map(String::as_str).filter(|own| !REMINDERS.contains(own));
        REMINDERS.into_iter().chain(others).map(str::to_owned).collect()
    }

    /// As many as may take part; what is no number is 0, which no event may have.
    fn most(&self) -> Option<i32> {
        let text = self.capacity.trim();
        (!text.is_empty()).then(|| text.parse().unwrap_or(0))
    }

    fn zone(&self) -> Option<String> {
        Some(self.time_zone.trim().to_owned()).filter(|name| !name.is_empty())
    }

    fn set_rows(&mut self, rows: &[Row]) {
        let column = |of: fn(&Row) -> &String| rows.iter().map(|row| of(row).clone()).collect();
        self.s_id = column(|row| &row.id);
        self.s_day = column(|row| &row.day);
        self.s_start = column(|row| &row.start);
        self.s_end = column(|row| &row.end);
        self.s_last = column(|row| &row.last);
        self.s_title = column(|row| &row.title);
        self.s_place = column(|row| &row.place);
        self.s_all_day = rows.iter().enumerate().filter(|(_, row)| row.all_day).map(|(i, _)| i.to_string()).collect();
    }

    /// The rows as typed, blank ones too; at most 400.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let at = |list: &[String], i: usize| list.get(i).cloned().unwrap_or_default();
        (0..self.s_day.len().min(400))
            .map(|i| Row {
                id: at(&self.s_id, i),
                day: at(&self.s_day, i),
                start: at(&self.s_start, i),
                end: at(&self.s_end, i),
                last: at(&self.s_last, i),
                all_day: self.s_all_day.contains(&i.to_string()),
                title: at(&self.s_title, i),
                place: at(&self.s_place, i),
            })
            .collect()
    }

    /// Makes sure of a blank row to write in: three rows of a new event at least, one more when asked.
    pub fn make_room(&mut self, least: usize) {
        let mut rows = self.rows();
        if self.act == "more" {
            rows.push(Row::default());
        }
        while rows.len() < least {
            rows.push(Row::default());
        }
        self.set_rows(&rows);
    }

    /// Takes the organisation and the group chosen beside the audience into its lines.
    pub fn take_choices(&mut self) {
        let mut chosen =
            vec![("org", std::mem::take(&mut self.add_org)), ("group", std::mem::take(&mut self.add_group))];
        chosen.extend(std::mem::take(&mut self.add_staff).into_iter().map(|number| ("staff", number)));
        let sign = if self.add_sign == "-" { "-" } else { "" };
        for (sort, name) in chosen.into_iter().filter(|(_, name)| !name.is_empty()) {
            let line = format!("{sign}{sort}:{name}");
            if !self.audience_lines().contains(&line) {
                let before = self.audience.trim_end();
                self.audience = if before.is_empty() { line } else { format!("{before}\n{line}") };
            }
        }
    }

    /// The lines of the audience, empty ones left out.
    #[must_use]
    pub fn audience_lines(&self) -> Vec<String> {
        self.audience
            .split(['\n', ';', '；'])
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn topics(&self) -> Vec<String> {
        self.topics.split(['、', ';', '；']).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }

    /// The event that it describes, and the row of each of its sittings.
    #[must_use]
    pub fn new_event(&self) -> (NewEvent, Vec<usize>) {
        let (sessions, rows) = self.new_sessions();
        let event = NewEvent {
            key: self.key.clone(),
            kind: self.kind.clone(),
            title: self.title.clone(),
            org_code: self.org_code.clone(),
            co_host_codes: self.co_host_codes.clone(),
            location: self.location.clone(),
            topics: self.topics(),
            form: self.form.clone(),
            also_kinds: self.also_kinds.clone(),
            audience: self.audience_lines(),
            required: self.required == "yes",
            walk_ins: self.walk_ins != "no",
            contact: self.contact.clone(),
            capacity: self.most(),
            time_zone: self.zone(),
            reminders: self.own_reminders(),
            remind_whom: self.remind_whom.parse().ok(),
            after: self.own_after(),
            // Of a series, the first row is the first slot.
            sessions: if self.recurs() { sessions.into_iter().skip(1).collect() } else { sessions },
            series: self.recurs().then(|| self.new_series()),
        };
        let skip = usize::from(self.recurs()).min(rows.len());
        (event, rows[skip..].to_vec())
    }

    /// The sittings that are new, and the row of each.
    #[must_use]
    pub fn new_sessions(&self) -> (Vec<NewSession>, Vec<usize>) {
        let rows = self.rows().into_iter().enumerate().filter(|(_, row)| row.id.is_empty() && !row.is_blank());
        rows.map(|(i, row)| (row.new_session(format!("{}-{}", self.key, i + 1)), i)).unzip()
    }

    /// The sittings that are there and now read otherwise: id, change, row.
    #[must_use]
    pub fn changed_sessions(&self, before: &[&session::Model]) -> Vec<(i64, SessionChange, usize)> {
        let rows = self.rows().into_iter().enumerate();
        rows.filter_map(|(i, row)| {
            let id: i64 = row.id.parse().ok()?;
            let was = before.iter().find(|session| session.id.0 == id)?;
            (Row::of(was) != row).then(|| (id, row.change(), i))
        })
        .collect()
    }

    /// The change of the event itself.
    #[must_use]
    pub fn change(&self) -> EventChange {
        EventChange {
            kind: Some(self.kind.clone()),
            title: Some(self.title.clone()),
            org_code: Some(self.org_code.clone()),
            co_host_codes: Some(self.co_host_codes.clone()),
            location: Some(self.location.clone()),
            topics: Some(self.topics()),
            form: Some(self.form.clone()),
            also_kinds: Some(self.also_kinds.clone()),
            audience: Some(self.audience_lines()),
            required: Some(self.required == "yes"),
            walk_ins: Some(self.walk_ins != "no"),
            contact: Some(self.contact.clone()),
            capacity: Some(self.most()),
            time_zone: self.zone(),
            reminders: (!self.reminding.is_empty()).then(|| self.own_reminders()),
            remind_whom: self.remind_whom.parse().ok(),
            after: (!self.aftering.is_empty()).then(|| self.own_after()),
            ..EventChange::default()
        }
    }
}

#[cfg(test)]
mod tests;
