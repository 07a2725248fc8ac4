//! The name of a figure, such as `kinds.lecture.expected` or `outreach.materials`: the same words that lead to it in the
//! report's JSON.

use super::source::Which;

/// A figure whose rows can be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Events or sessions.
    Held(Which, Held),
    /// People of sessions.
    People(Which, People),
    /// People of exams.
    Exam(Examined),
    /// A metric's tallies.
    Outreach(String),
    /// Of a kind's hours.
    Hours(String, Online),
}

/// What is counted of what was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Events.
    Events,
    /// Sessions.
    Sessions,
}

/// Who is counted of people in sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// On a roster and not exempt.
    Expected,
    /// On a roster, with that status; absent also without any.
    Status(entity::state::AttendanceStatus),
    /// Attended off the roster.
    WalkIns,
    /// Attended at all, once a session.
    PersonTimes,
    /// Attended at all, once a person.
    Different,
}

/// Who is counted of people in exams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Examined {
    /// On the roster, not exempt.
    Eligible,
    /// Exempt.
    Exempt,
    /// Eligible, with a result.
    Sat,
    /// Eligible, with an attempt that reached its mark.
    Passed,
}

/// What is counted of hours that are no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Online {
    /// Persons.
    People,
    /// Rows of hours.
    Hours,
}

impl Figure {
    /// Reads a figure's name; None for one that there is not. A rate's rows are those of its denominator. Of the kinds
    /// in `exam_kinds` only events and sessions are figures.
    #[must_use]
    pub fn parse(name: &str, exam_kinds: &[String]) -> Option<Self> {
        let (section, rest) = name.split_once('.')?;
        match section {
            "total" => match held(rest) {
                Some(what) => Some(Self::Held(Which::Every, what)),
                None => people(rest).map(|who| Self::People(Which::Attended, who)),
            },
            "kinds" => {
                let (kind, rest) = rest.rsplit_once('.')?;
                let which = Which::Kind(kind.to_owned());
                match held(rest) {
                    Some(what) => Some(Self::Held(which, what)),
                    None if exam_kinds.iter().any(|exam| exam == kind) => None,
                    None => people(rest).map(|who| Self::People(which, who)),
                }
            }
            "months" => {
                let (month, rest) = rest.split_once('.')?;
                let month = month.parse().ok().filter(|month| (1..=12).contains(month))?;
                match rest {
                    "sessions" => Some(Self::Held(Which::Month(month), Held::Sessions)),
                    "person_times" => Some(Self::People(Which::AttendedIn(month), People::PersonTimes)),
                    _ => None,
                }
            }
            "exam" => examined(rest).map(Self::Exam),
            "outreach" => Some(Self::Outreach(rest.to_owned())),
            "hours" => {
                let (kind, rest) = rest.rsplit_once('.')?;
                let what = match rest {
                    "people" => Online::People,
                    "hours" => Online::Hours,
                    _ => return None,
                };
                Some(Self::Hours(kind.to_owned(), what))
            }
            _ => None,
        }
    }
}

fn held(name: &str) -> Option<Held> {
    match name {
        "events" => Some(Held::Events),
        "sessions" => Some(Held::Sessions),
        _ => None,
    }
}

fn people(name: &str) -> Option<People> {
    match name {
        "expected" | "attendance_rate" | "net_attendance_rate" | "coverage_rate" => Some(People::Expected),
        "walk_ins" => Some(People::WalkIns),
        "person_times" | "person_hours" => Some(People::PersonTimes),
        "people" => Some(People::Different),
        "exempt" => None,
        status => status.parse().ok().map(People::Status),
    }
}

fn examined(name: &str) -> Option<Examined> {
    match name {
        "eligible" | "participation_rate" => Some(Examined::Eligible),
        "exempt" => Some(Examined::Exempt),
        "sat" | "pass_rate" => Some(Examined::Sat),
        "passed" => Some(Examined::Passed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_figures_and_others_nowhere() {
        let parse = |name: &str| Figure::parse(name, &["exam".to_owned()]);
        let lecture = || Which::Kind("lecture".to_owned());
        assert_eq!(parse("kinds.lecture.events"), Some(Figure::Held(lecture(), Held::Events)));
        assert_eq!(parse("kinds.lecture.coverage_rate"), Some(Figure::People(lecture(), People::Expected)));
        assert_eq!(parse("outreach.a.b"), Some(Figure::Outreach("a.b".to_owned())));
        assert_eq!(parse("months.12.sessions"), Some(Figure::Held(Which::Month(12), Held::Sessions)));
        assert!(parse("kinds.exam.sessions").is_some());
        for none in [
            "",
            "kinds",
            "kinds.lecture",
            "kinds.lecture.exempt",
            "kinds.exam.expected",
            "months.13.sessions",
            "plan.0",
        ] {
            assert_eq!(parse(none), None, "{none}");
        }
    }
}
