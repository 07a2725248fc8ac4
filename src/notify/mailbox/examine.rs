//! A look at a mailbox that changes nothing there: whether it lets us in, and what lies in it.

use super::connect::{open, still_there, within};
use super::target::Target;

/// How many mails lie in the folder; the error says at which step it went wrong, and never a password.
pub async fn examine(target: &Target) -> Result<u32, String> {
    let mut session = open(target).await.map_err(|broken| broken.0)?;
    let folder = within(target, "open the folder", session.examine(&target.folder)).await.map_err(|broken| broken.0)?;
    still_there(target, "open the folder", &mut session).await.map_err(|broken| broken.0)?;
    // The server may hang up first; all that mattered is known.
    drop(within(target, "sign out", session.logout()).await);
    Ok(folder.exists)
}
