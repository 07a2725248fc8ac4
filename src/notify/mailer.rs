//! Sending by SMTP, or into a folder.

/// Where mail goes.
pub struct Mailer;
