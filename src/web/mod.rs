//! What every handler shares: who asks, in what language, with what form; and how a problem is shown on a page.

pub mod assets;
mod form;
mod page;
mod problem;
mod who;

pub use form::Signed;
pub use page::{Desk, Page, Seat};
pub use problem::{not_found, show_problems};
pub use who::{Caller, Needs, ToCheckIn, ToManage, ToRead};
