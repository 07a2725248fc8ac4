//! What must be told, as rows: written in the transaction of the change that causes them, claimed by lease, settled.
//!
//! A row's key makes it unique, so what was said once is not said again. Delivery is at least once: a server that dies
//! between the mail server's answer and the row's mark sends it a second time, with the same Message-ID.

pub mod api;
mod claim;
mod outcome;
mod pace;
mod queue;
mod requeue;
mod settle;
mod summary;
mod told;
pub mod trouble;
mod withdraw;

pub use claim::{LEASE, claim, claim_links, has_due, has_links, put_off, release, renew};
pub use outcome::{Outcome, Patience};
pub use pace::{Limits, Pacer, Paces, spare};
pub use queue::{Message, domain, enqueue, enqueue_for};
pub use requeue::requeue;
pub use settle::{Settled, settle};
pub use summary::{Heap, summary, troubled};
pub use told::of_event;
pub use withdraw::{Withdrawn, unremind, withdraw, written_since};
