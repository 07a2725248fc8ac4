//! Templates: what events of one sort have in common, so that a session takes a date and nothing more.
//!
//! A template belongs to an organisation; those below may use it, those above see it. Whatever an event would be
//! refused for, a template is refused for when it is written. Events made of one are theirs own: a later change or
//! the end of the template leaves them as they are.

pub mod api;
mod form;
pub mod pages;
pub mod pattern;
mod starter;
mod store;
pub mod using;
mod wish;

pub use starter::{Starter, starters};
pub use store::{change, delete, for_use, free_name, make, to_manage, version, visible};
pub use using::pages::FromTemplate;
pub use using::{Using, day, is_past, of_event, of_form, prefill, use_template};
pub use wish::{DAY, HOST, NewTemplate};
