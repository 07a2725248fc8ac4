//! What must be said by now, made into mails and sent.

mod mailer;

pub use mailer::Mailer;
