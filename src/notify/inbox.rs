//! Mail that was kept in a folder instead of being sent, read again: only a demonstration shows it.

use std::io;
use std::path::Path;

use mail_parser::{MessageParser, MimeHeaders};
use serde::Serialize;

/// How many mails a list shows.
const SHOWN: usize = 200;

/// A mail in a list.
#[derive(Clone, Debug, Serialize)]
pub struct Heading {
    /// Its file.
    pub name: String,
    /// Who gets it.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// When it went out, RFC 3339.
    pub date: String,
}

/// A whole mail.
#[derive(Clone, Debug, Serialize)]
pub struct Letter {
    /// As in a list.
    pub heading: Heading,
    /// Name and value of each header, in order.
    pub headers: Vec<(String, String)>,
    /// Its body as text.
    pub text: String,
    /// Its body as HTML.
    pub html: String,
    /// Its calendar part; empty when it has none.
    pub calendar: String,
}

/// The newest mails of a folder, newest first; none when there is no folder yet.
pub async fn list(folder: &Path) -> io::Result<Vec<Heading>> {
    let mut names = Vec::new();
    let mut entries = match tokio::fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    while let Some(entry) = entries.next_entry().await? {
        names.extend(entry.file_name().into_string().ok().filter(|name| is_mail(name)));
    }
    // A name begins with the time.
    names.sort_unstable_by(|a, b| b.cmp(a));
    names.truncate(SHOWN);
    let mut headings = Vec::new();
    for name in names {
        headings.extend(read(folder, &name).await?.map(|letter| letter.heading));
    }
    Ok(headings)
}

/// One mail; None when there is none of that name.
pub async fn read(folder: &Path, name: &str) -> io::Result<Option<Letter>> {
    if !is_mail(name) {
        return Ok(None);
    }
    match tokio::fs::read(folder.join(name)).await {
        Ok(bytes) => Ok(letter(name, &bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a name can be that of a mail, and of nothing outside the folder.
fn is_mail(name: &str) -> bool {
    name.strip_suffix(".eml").is_some_and(|stem| {
        !stem.starts_with('.') && stem.chars().all(|c| c.is_ascii_alphanumeric() || "@.-_+".contains(c))
    })
}

fn letter(name: &str, bytes: &[u8]) -> Option<Letter> {
    let mail = MessageParser::default().parse(bytes)?;
    let to = mail.to().and_then(|list| list.first()).map(|one| match (one.name(), one.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => address.or(name).unwrap_or_default().to_owned(),
    });
    let calendar = mail.parts.iter().find(|part| {
        part.content_type().is_some_and(|kind| kind.ctype() == "text" && kind.subtype() == Some("calendar"))
    });
    Some(Letter {
        heading: Heading {
            name: name.to_owned(),
            to: to.unwrap_or_default(),
            subject: mail.subject().unwrap_or_default().to_owned(),
            date: mail.date().map(mail_parser::DateTime::to_rfc3339).unwrap_or_default(),
        },
        headers: mail.headers_raw().map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect(),
        text: mail.body_text(0).map(|text| text.trim().to_owned()).unwrap_or_default(),
        html: mail.body_html(0).map(std::borrow::Cow::into_owned).unwrap_or_default(),
        calendar: calendar.map(|part| String::from_utf8_lossy(part.contents()).replace('\r', "")).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mails_of_the_folder_itself_can_be_named() {
        assert!(is_mail("20240312T000000Z-kj001@example.test-0a1b2c3d.eml"));
        for wrong in ["../x.eml", "a/b.eml", ".x.eml", "x.txt", ".eml.part", "", "x\\y.eml"] {
            assert!(!is_mail(wrong), "{wrong}");
        }
    }
}
