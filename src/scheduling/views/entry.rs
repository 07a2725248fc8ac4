//! A sitting as the calendar's pages show it: pure.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::dates::Zone;
use crate::locale::Lang;
use crate::scheduling::sitting::Sitting;
use crate::scheduling::{Class, Kinds, Phase};
use crate::view::format;

/// A sitting in a template.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its event's id.
    pub event: i64,
    /// Its session's id.
    pub session: i64,
    /// When it starts that day, with its zone where that is another one; empty for whole days and for a later day.
    pub time: String,
    /// When it ends that day; empty for whole days and where it goes on.
    pub until: String,
    /// Whether it began on an earlier day.
    pub continued: bool,
    /// As shown; its kind where it has no title.
    pub title: String,
    /// Its class among the texts.
    pub class: &'static str,
    /// The class of its colour.
    pub tone: &'static str,
    /// The name of its sign.
    pub icon: &'static str,
    /// Where it stands.
    pub phase: &'static str,
    /// Whether it is over and nobody recorded who came.
    pub unfinished: bool,
    /// Where it is; may be empty.
    pub place: String,
}

/// For whom sittings are shown, and when.
#[derive(Clone, Copy)]
pub struct Show<'a> {
    /// In that language.
    pub lang: Lang,
    /// By these kinds.
    pub kinds: &'a Kinds,
    /// The site's zone: times in it go without its name.
    pub zone: Zone,
    /// The present.
    pub now: DateTime<Utc>,
}

/// The name, colour and sign of a class.
#[must_use]
pub const fn look(class: Option<Class>) -> (&'static str, &'static str, &'static str) {
    match class {
        Some(Class::Study) => ("study", "is-info", "book-open"),
        Some(Class::Exam) => ("exam", "is-leave", "clipboard-pen"),
        Some(Class::Outreach) => ("outreach", "is-good", "megaphone"),
        Some(Class::Meeting) | None => ("meeting", "is-quiet", "presentation"),
    }
}

impl Show<'_> {
    /// What is shown of a sitting on one of its days.
    #[must_use]
    pub fn entry(&self, sitting: &Sitting, day: NaiveDate) -> Entry {
        let span = sitting.span();
        let (class, tone, icon) = look(self.kinds.get(&sitting.kind).map(|kind| kind.class));
        let clock = |at, shown: bool| if shown { format::clock(span.zone, at) } else { String::new() };
        let mut time = clock(span.start, !span.all_day && day == span.day());
        let until = clock(span.end, !span.all_day && day == span.zone.day(span.end));
        if span.zone != self.zone && !time.is_empty() {
            time = format!("{time} {}", place_of(span.zone));
        }
        Entry {
            event: sitting.event_id.0,
            session: sitting.id.0,
            time,
            until,
            continued: day > span.day() && !span.all_day,
            title: self.title(sitting).to_owned(),
            class,
            tone,
            icon,
            phase: sitting.phase(self.now).as_str(),
            unfinished: sitting.unfinished,
            place: sitting.location().to_owned(),
        }
    }

    /// Its title, or its kind where it has none.
    #[must_use]
    pub fn title<'a>(&'a self, sitting: &'a Sitting) -> &'a str {
        match sitting.title() {
            "" => self.kinds.name(&sitting.kind, self.lang),
            title => title,
        }
    }

    /// Whether it stands there, if that is asked for.
    #[must_use]
    pub fn stands(&self, sitting: &Sitting, phase: Option<Phase>) -> bool {
        phase.is_none_or(|phase| phase == sitting.phase(self.now))
    }
}

/// The city of a zone's name: `Berlin`.
fn place_of(zone: Zone) -> String {
    zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ")
}
