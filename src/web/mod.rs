//! What every handler shares: who asks, in what language, with what form; and how a problem is shown on a page.

pub mod assets;
mod back;
pub mod boundary;
mod client;
mod form;
pub mod health;
mod json;
pub mod openapi;
mod page;
mod precondition;
mod problem;
pub mod settings;
mod upload;
mod who;

pub use back::local_path;
pub use client::{Client, Throttle};
pub use form::Signed;
pub use json::{Cursor, Items, Json, MaybeJson, Path, Query, read_json};
pub use page::{Desk, Page, SESSION_COOKIE, Seat};
pub use precondition::{IfMatch, IfNoneMatch, Tagged};
pub use problem::{not_found, show_problems};
pub use upload::{Part, Parts, SignedParts};
pub use who::{Caller, Needs, ToCheckIn, ToManage, ToRead};
