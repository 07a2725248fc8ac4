//! Dates and zones: pure, values in and values out.
//!
//! Instants are kept in UTC; what a wall clock shows is worked out here and at the edges.

mod span;
mod zone;

pub use span::{Span, parse_duration};
pub use zone::{Zone, ZoneError};
