//! Series: sittings of one event that recur by a rule.
//!
//! Truth is the session rows; the rule only says what is still to come. A sitting keeps its identity (`recurrence_id`)
//! and its key wherever it is moved; one that began, was held or has attendance never changes with its series; one that
//! was called off stays off, and one whose time was set by hand keeps it, unless somebody asks otherwise.

pub mod api;
mod apply;
mod change;
mod lay_out;
mod matching;
mod off;
pub mod pages;
mod pattern;
mod plan;
mod rest;
mod shown;
pub mod sitting;
mod view;

pub use apply::Applied;
pub use change::{ByHand, SeriesChange, change_series, look, preview};
pub use lay_out::{Dropped, LaidOut, MOST_SITTINGS, Planned, Skipped, Why, lay_out};
pub use off::{bring_back, cancel_rest};
pub use pattern::{Length, NewSeries, Pattern};
pub use plan::{Plan, Step};
pub use rest::{Apply, change_rest};
pub use shown::{Series, load_series};
pub use view::{AppliedView, SeriesView};

pub(super) use apply::of_series as key_of_series;
pub(super) use change::{Fresh, check_new};
