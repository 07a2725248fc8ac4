//! People and organisations as an organiser keeps them: who joins, moves, leaves and comes back, groups, the tree, and
//! two rows that are one person.
//!
//! Every change says first what it does, and is then made in one transaction: rosters of what has begun are fixed
//! before it, so that it reaches only sessions that have not begun; who is invited to those now, or not any more, is
//! told; a deed is written down. Who manages an organisation manages it and all below it; what crosses that border is
//! done by whoever stands above both sides.

pub mod card;
mod change;
pub mod course;
pub mod double;
pub mod group;
pub mod list;
pub mod organisation;
pub mod pages;
mod person;
mod typed;
mod year;

pub use change::{Done, Outlook, apply, look};
pub use person::{NewPerson, Renamed, add, person_for, rename, takes_mail};
