//! Two rows that are one person: finding them, and making them one.

mod found;
mod held;
mod merge;
pub mod pages;
mod records;
mod weigh;

pub use found::{Pair, Why, numbers_of, pairs};
pub use held::{Held, held};
pub use merge::{Clash, clashes, merge};
