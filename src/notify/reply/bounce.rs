//! Mail that came back: what a delivery status says (RFC 3464). Pure.

use super::mime::{Parsed, head};
use crate::people::canonical;

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
    /// Their address as the mail named it and as the server knows it, as addresses are compared.
    pub addresses: Vec<String>,
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    pub action: String,
    /// `5.1.1` (RFC 3463).
    pub status: String,
    /// What the server there said.
    pub reason: String,
}

impl Fate {
    /// Whether the server there will never take mail for that address. Most failures are of the mail, the mailbox or
    /// the moment: one that is full, a mail that is too large or looks like spam says nothing about the next.
    pub(super) fn is_permanent(&self) -> bool {
        self.action == "failed" && GONE.contains(&self.status.as_str())
    }
}

/// What says that an address is none (RFC 3463 sections 3.2 to 3.5; 5.1.10 by RFC 7505): unknown or misspelt, of no such
/// domain, moved away, of a domain that takes no mail; a mailbox that is closed; a domain to which no way leads.
const GONE: [&str; 7] = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"];
/// How many recipients one report may speak of, and how many mails it may mean: each of ours has one recipient.
const MOST: usize = 20;

/// The longest reason that is kept, in characters.
const REASON: usize = 500;

/// What a mail says that is a delivery status; None for any other.
pub(super) fn report(parsed: &Parsed) -> Option<Report> {
    let status = parsed.parts.iter().find(|part| {
        // The second for addresses that are not ASCII (RFC 6533).
        matches!(part.kind.as_str(), "message/delivery-status" | "message/global-delivery-status")
    })?;
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
    ids.truncate(MOST);
    let text = String::from_utf8_lossy(&status.body).replace("\r\n", "\n");
    let recipients = text.split("\n\n").filter_map(|group| fate(&fields(group))).take(MOST).collect();
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
        Some(canonical(bare.trim_matches(['<', '>'])))
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
        let global = BOUNCE
            .replace("message/delivery-status", "message/global-delivery-status")
            .replace("Original-Recipient: rfc822;KJ001@example.test", "Original-Recipient: utf-8; 干部@例子.测试");
        let told = report(&parse(global.as_bytes(), 5_000_000).unwrap()).unwrap();
        assert_eq!(told.recipients[0].addresses[0], "干部@xn--fsqu00a.xn--0zwm56d");
        let other = BOUNCE.replace("message/delivery-status", "text/plain");
        assert_eq!(report(&parse(other.as_bytes(), 5_000_000).unwrap()), None);
    }

    #[test]
    fn only_an_address_that_is_none_is_gone_for_good() {
        for (status, gone) in [
            ("5.1.1", true),
            ("5.1.10", true),
            ("5.2.1", true),
            ("5.4.4", true),
            ("5.2.2", false),
            ("5.3.4", false),
            ("5.7.1", false),
            ("5.0.0", false),
            ("5.1.11", false),
            ("4.1.1", false),
        ] {
            let mail = BOUNCE.replace("Status: 5.1.1 (no such user)", &format!("Status: {status}"));
            let told = report(&parse(mail.as_bytes(), 5_000_000).unwrap()).unwrap();
            assert_eq!(told.recipients[0].is_permanent(), gone, "{status}");
        }
    }

    #[test]
    fn a_report_of_more_than_any_honest_one_is_cut() {
        let many = "Final-Recipient: rfc822; a@x.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n".repeat(5_000);
        let ids = "<a@x> ".repeat(5_000);
        let mail =
            format!("From: a@x.test\r\nReferences: {ids}\r\nContent-Type: message/delivery-status\r\n\r\n\r\n{many}");
        let told = report(&parse(mail.as_bytes(), 5_000_000).unwrap()).unwrap();
        assert_eq!((told.ids.len(), told.recipients.len()), (20, 20));
    }
}
