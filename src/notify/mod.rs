//! What must be said by now, made into mails and sent.

mod after;
mod answered;
mod bounce;
mod co_host;
mod delivery;
pub mod desk;
mod digest;
mod due;
mod facts;
mod inbox;
mod joined;
mod lines;
mod links;
mod mail;
pub mod mailbox;
mod mailer;
mod message;
mod overtaken;
pub mod pages;
mod registration;
pub mod reply;
pub mod sender;
mod series;
pub mod texts;
mod thread;
pub mod wishes;

pub use delivery::Delivery;
pub use due::{House, Quiet, write_due};
pub use mail::{Invitation, Mail, Party};
pub use mailer::{Cause, Flaw, Look, Mailer, SOON, Tls, Trouble};
