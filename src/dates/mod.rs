//! Dates and zones: pure, values in and values out.
//!
//! Instants are kept in UTC; what a wall clock shows is worked out here and at the edges.

mod moment;
mod observance;
mod rule;
mod span;
mod workday;
mod zone;

pub use moment::{MomentError, parse_date, parse_moment};
pub use observance::{Observance, Observances, Source, Standing, Words};
pub use rule::{End, Expansion, FormEnd, Freq, NthWeekday, Pattern, Rule, RuleError, RuleForm, Until};
pub use span::{Span, parse_duration};
pub use workday::{MAX_NOTICE_BYTES, NamedDay, Notice, Workdays};
pub use zone::{Zone, ZoneError};
