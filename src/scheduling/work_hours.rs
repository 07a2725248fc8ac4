//! The hours in which people are at work: pure.

use chrono::NaiveTime;

/// From when to when people are at work on a working day, in an event's own zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkHours {
    /// The first moment.
    pub from: NaiveTime,
    /// The last moment; a session may end with it.
    pub to: NaiveTime,
}

impl WorkHours {
    /// Reads `08:00-18:00`; None when it is something else, or ends before it begins.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        let (from, to) = (time(from)?, time(to)?);
        (from < to).then_some(Self { from, to })
    }
}

impl Default for WorkHours {
    /// From 08:00 to 18:00.
    fn default() -> Self {
        let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN);
        Self { from: at(8), to: at(18) }
    }
}

impl std::fmt::Display for WorkHours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}–{}", self.from.format("%H:%M"), self.to.format("%H:%M"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_times_in_order_and_nothing_else() {
        assert_eq!(WorkHours::parse("08:00-18:00"), Some(WorkHours::default()));
        assert_eq!(WorkHours::parse("08:30 - 17:30").unwrap().to_string(), "08:30–17:30");
        for wrong in ["", "8-18", "08:00", "18:00-08:00", "08:00-08:00", "08:00-25:00", "08:00–18:00"] {
            assert_eq!(WorkHours::parse(wrong), None, "{wrong}");
        }
    }
}
