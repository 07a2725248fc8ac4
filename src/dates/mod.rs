//! Dates and zones: pure, values in and values out.
//!
//! Instants are kept in UTC; what a wall clock shows is worked out here and at the edges.

mod moment;
mod span;
mod zone;

pub use moment::{MomentError, parse_date, parse_moment};
pub use span::{Span, parse_duration};
pub use zone::{Zone, ZoneError};
