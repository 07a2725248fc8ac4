//! Who is asking and what they may do: accounts, staff, API tokens, sign-in, and the audit of what was done.
//!
//! Of every secret that is handed out only its hash is kept.

mod actor;
pub mod audit;
pub mod deeds;
mod nonce;
pub mod pages;
mod secret;
pub mod sign_in;
mod signed;
pub mod token;

pub use actor::{Actor, Rights};
pub use nonce::Marked;
pub use secret::{Secret, hash};
pub use signed::SigningKey;
