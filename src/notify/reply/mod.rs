//! What comes back by mail: answers of calendar programs, and mail that could not be delivered.
//!
//! Nobody is believed for what they say they are alone: an answer counts when the address that it came from was
//! invited to just that, a returned mail when it names the Message-ID of one that was sent to just that address. All
//! else is written down and changes nothing.

mod bounce;
mod forget;
mod intake;
mod mime;
mod read;
mod returned;
mod take;

pub use forget::{forget, is_due};
pub use intake::{Intake, receive};
