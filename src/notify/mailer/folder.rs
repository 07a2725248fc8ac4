//! Keeping mail as .eml files: a file is there whole or not at all.

use std::io;
use std::path::Path;

use super::Mail;

/// Writes a mail into `folder`, which is made when missing; gives the file's name, which tells when and to whom. The
/// same mail written again replaces itself only within the same second.
pub async fn write(folder: &Path, mail: &Mail, bytes: &[u8]) -> io::Result<String> {
    tokio::fs::create_dir_all(folder).await?;
    let id: String = mail.message_id.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    let to: String = mail.to.address.chars().map(|c| if safe(c) { c } else { '_' }).take(80).collect();
    let name = format!("{}-{to}-{id}.eml", mail.date.format("%Y%m%dT%H%M%SZ"));
    let temporary = folder.join(format!(".{name}.part"));
    let written = match tokio::fs::write(&temporary, bytes).await {
        Ok(()) => tokio::fs::rename(&temporary, folder.join(&name)).await,
        Err(error) => Err(error),
    };
    if written.is_err() {
        // A full folder gets no fuller by what is only half there.
        drop(tokio::fs::remove_file(&temporary).await);
    }
    written.map(|()| name)
}

fn safe(c: char) -> bool {
    c.is_ascii_alphanumeric() || "@.-_+".contains(c)
}
