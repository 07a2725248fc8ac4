//! Whether answers to invitations and returned mail come in.

use super::Finding;
use crate::config;
use crate::notify::mailbox::{Target, examine};

/// Asks the mailbox, if one is to be read.
pub(super) async fn check(settings: &config::Mailbox) -> Finding {
    let target = match Target::of(settings) {
        Ok(Some(target)) => target,
        Ok(None) => return Finding::ok("mailbox-none"),
        Err(why) => return Finding::fail("mailbox-settings").with("why", why),
    };
    // Its form for logs leaves the password out.
    let at = format!("{target:?}");
    match examine(&target).await {
        Ok(n) => Finding::ok("mailbox").with("at", at).with("n", n),
        Err(why) => Finding::fail("mailbox-closed").with("at", at).with("why", why),
    }
}
