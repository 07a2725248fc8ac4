//! A conflict in words, in either language: pure.

use chrono::{DateTime, Utc};

use super::{About, Conflict, Other};
use crate::locale::Lang;
use crate::scheduling::Kinds;
use crate::view::format;

/// Names said before it becomes a number.
const NAMES: usize = 5;

/// One sentence that says what is in the way of which session, with the other event's title, host and time.
#[must_use]
pub fn words(conflict: &Conflict, kinds: &Kinds, lang: Lang, now: DateTime<Utc>) -> String {
    let span = &conflict.own.span;
    let when = format::span(lang, span, now);
    let other = conflict.other.as_ref().map(|other| beside(other, kinds, lang, now)).unwrap_or_default();
    let today = span.zone.day(now);
    let (key, args): (&str, Vec<(&str, String)>) = match &conflict.about {
        About::Place(place) => ("conflict-place", vec![("place", place.clone())]),
        About::Speakers(names) => ("conflict-speaker", vec![("names", list(lang, names.iter().map(String::as_str)))]),
        About::People(people) => {
            let names = list(lang, people.iter().map(|somebody| somebody.name.as_str()));
            ("conflict-person", vec![("n", people.len().to_string()), ("names", names)])
        }
        About::DayOff(day, None) => ("conflict-day-off", vec![("day", format::date(lang, *day, today))]),
        About::DayOff(day, Some(name)) => {
            ("conflict-holiday", vec![("day", format::date(lang, *day, today)), ("name", name.clone())])
        }
        About::NoNotice(year) => ("conflict-no-notice", vec![("year", year.to_string())]),
        About::Hours(hours) => ("conflict-hours", vec![("hours", hours.to_string())]),
        About::Room(expected, capacity, None) => {
            ("conflict-capacity", vec![("expected", expected.to_string()), ("capacity", capacity.to_string())])
        }
        About::Room(expected, capacity, Some(place)) => (
            "conflict-capacity-place",
            vec![("expected", expected.to_string()), ("capacity", capacity.to_string()), ("place", place.clone())],
        ),
    };
    lang.text_with(key, args.into_iter().chain([("when", when), ("other", other)]))
}

/// The other session: `“理论中心组学法”（县科技局，3月12日（周二）09:00–11:00）`.
fn beside(other: &Other, kinds: &Kinds, lang: Lang, now: DateTime<Utc>) -> String {
    let when = ("when", format::span(lang, &other.span, now));
    let Some(known) = &other.known else { return lang.text_with("conflict-other-hidden", [when]) };
    let title = if known.title.is_empty() { kinds.name(&known.kind, lang) } else { &known.title };
    let key = if other.draft { "conflict-other-draft" } else { "conflict-other" };
    lang.text_with(key, [("title", title.to_owned()), ("host", known.host_name.clone()), when])
}

fn list<'a>(lang: Lang, names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = names.len();
    let first: Vec<&str> = names.take(NAMES).collect();
    let joined = first.join(&lang.text("page-list-comma"));
    if count <= NAMES {
        joined
    } else {
        lang.text_with("conflict-and-others", [("names", joined), ("n", count.to_string())])
    }
}
