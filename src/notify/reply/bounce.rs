//! Mail that came back: what a delivery status says (RFC 3464). Pure.

use super::mime::{Parsed, head};

/// What a mail server says of a mail that it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// The Message-IDs that may be those of the mail: of what came back, else of what the report goes with.
    pub ids: Vec<String>,
    /// What became of it, by recipient.
    pub recipients: Vec<Fate>,
}

/// What became of a mail for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fate {
    /// Their address as the mail named it and as the server knows it, lower case.
    pub addresses: Vec<String>,
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    pub action: String,
    /// `5.1.1` (RFC 3463).
    pub status: String,
    /// What the server there said.
    pub reason: String,
}

impl Fate {
    /// Whether the server there will never take mail for that address.
    pub(super) fn is_permanent(&self) -> bool {
        self.action == "failed" && self.status.starts_with('5')
    }
}

/// The longest reason that is kept, in characters.
const REASON: usize = 500;

/// What a mail says that is a delivery status; None for any other.
pub(super) fn report(parsed: &Parsed) -> Option<Report> {
    let status = parsed.parts.iter().find(|part| part.kind == "message/delivery-status")?;
    let returned = parsed.parts.iter().filter(|part| {
        matches!(
            part.kind.as_str(),
            "message/rfc822" | "message/global" | "text/rfc822-headers" | "message/global-headers"
        )
    });
    let mut ids: Vec<_> = returned
        // A head that came alone ends where its part does.
        .filter_map(|part| head(&[part.body.as_slice(), b"\r\n\r\n"].concat())?.message_id)
        .collect();
    if ids.is_empty() {
        ids.clone_from(&parsed.head.related);
    }
    let text = String::from_utf8_lossy(&status.body).replace("\r\n", "\n");
    let recipients = text.split("\n\n").filter_map(|group| fate(&fields(group))).collect();
    Some(Report { ids, recipients })
}

/// The fields of a group, names in lower case, folded lines joined.
fn fields(group: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in group.lines() {
        match (line.starts_with([' ', '\t']), found.last_mut(), line.split_once(':')) {
            (true, Some((_, value)), _) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            (false, _, Some((name, value))) => found.push((name.trim().to_lowercase(), value.trim().to_owned())),
            _ => {}
        }
    }
    found
}

fn fate(fields: &[(String, String)]) -> Option<Fate> {
    let get = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    // `rfc822; a@example.test`
    let address = |name: &str| {
        let value = get(name)?;
        let bare = value.split_once(';').map_or(value, |(_, rest)| rest).trim();
        Some(bare.trim_matches(['<', '>']).to_lowercase())
    };
    let addresses: Vec<_> = ["original-recipient", "final-recipient"].into_iter().filter_map(address).collect();
    if addresses.is_empty() {
        return None;
    }
    let said = get("diagnostic-code").map(|value| value.split_once(';').map_or(value, |(_, rest)| rest).trim());
    let status = get("status").and_then(|value| value.split_whitespace().next()).unwrap_or_default();
    let reason = said.filter(|said| !said.is_empty()).unwrap_or(status);
    Some(Fate {
        addresses,
        action: get("action").unwrap_or_default().to_lowercase(),
        status: status.chars().filter(|c| c.is_ascii_digit() || *c == '.').take(12).collect(),
        reason: reason
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .filter(|c| !c.is_control())
            .take(REASON)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::mime::parse;
    use super::*;

    const BOUNCE: &str = "From: MAILER-DAEMON@mx.test\r\nIn-Reply-To: <other@x>\r\n\
        Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n\
        Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n\
        Original-Recipient: rfc822;KJ001@example.test\r\nFinal-Recipient: RFC822; <box7@mx.test>\r\nAction: Failed\r\n\
        Status: 5.1.1 (no such user)\r\nDiagnostic-Code: smtp; 550 5.1.1\r\n  No such user\r\n\r\n\
        Final-Recipient: rfc822; b@x.test\r\nAction: delayed\r\nStatus: 4.4.1\r\n--b\r\n\
        Content-Type: text/rfc822-headers\r\n\r\nFrom: p@example.test\r\nMessage-ID: <u@example.test>\r\n--b--\r\n";

    #[test]
    fn a_returned_mail_says_whose_it_was_and_why() {
        let told = report(&parse(BOUNCE.as_bytes(), 5_000_000).unwrap()).unwrap();
        assert_eq!(told.ids, ["u@example.test"]);
        let [first, second] = told.recipients.as_slice() else { panic!("two recipients") };
        assert_eq!(first.addresses, ["kj001@example.test", "box7@mx.test"]);
        assert_eq!((first.status.as_str(), first.reason.as_str()), ("5.1.1", "550 5.1.1 No such user"));
        assert!(first.is_permanent() && !second.is_permanent());
        assert_eq!((second.action.as_str(), second.reason.as_str()), ("delayed", "4.4.1"));
        let bare = BOUNCE.replace("text/rfc822-headers", "text/plain");
        assert_eq!(report(&parse(bare.as_bytes(), 5_000_000).unwrap()).unwrap().ids, ["other@x"]);
        let other = BOUNCE.replace("message/delivery-status", "text/plain");
        assert_eq!(report(&parse(other.as_bytes(), 5_000_000).unwrap()), None);
    }
}
