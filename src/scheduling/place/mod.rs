//! Places as records: what room a location's text means, how many fit in, and who may use it.
//!
//! An event's location stays a text, for many events are in the open. Where it is the name of a place of the host, or
//! of an organisation above the host, that place is meant.

pub mod api;
mod list;
pub mod pages;
mod resolve;
mod write;

pub use list::{list_places, offered, place_for, uses_this_year};
pub use resolve::{Places, resolve};
pub use write::{NewPlace, PlaceChange, add_place, change_place};
