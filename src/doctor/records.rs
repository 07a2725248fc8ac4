//! What to set in the DNS and at the relay so that mail is believed: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489).
//! Pure.
//!
//! pufa itself signs nothing: the relay that speaks to the world does. What cannot be known here stands in capitals.

use std::net::IpAddr;

use url::{Host, Url};

use crate::locale::Lang;

/// What a domain that mail comes from needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Records {
    /// The domain, as it stands in the DNS.
    pub domain: String,
    relay: Relay,
}

/// What is known of the server that mail leaves by.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Relay {
    /// By name.
    Named(String),
    /// By an address that the world sees.
    Address(IpAddr),
    /// On this machine or behind a wall: the world sees another address.
    Hidden,
}

/// What each of these domains needs, once each; those that exist on one machine only need nothing.
pub(super) fn of_domains(mail_url: &str, domains: impl IntoIterator<Item = String>) -> Vec<Records> {
    let relay = relay(mail_url);
    let mut found: Vec<Records> = Vec::new();
    for domain in domains {
        // The DNS knows letters of ASCII only (RFC 5891).
        let Ok(Host::Domain(domain)) = Host::parse(domain.trim_end_matches('.')) else { continue };
        if domain.contains('.') && !found.iter().any(|known| known.domain == domain) {
            found.push(Records { domain, relay: relay.clone() });
        }
    }
    found
}

fn relay(mail_url: &str) -> Relay {
    let host = Url::parse(mail_url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let host = host.trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(ip) if is_public(ip) => Relay::Address(ip),
        Err(_) if host.contains('.') => Relay::Named(host.to_owned()),
        _ => Relay::Hidden,
    }
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !(ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified()),
        // RFC 4193: fc00::/7.
        IpAddr::V6(ip) => !(ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local()),
    }
}

impl Records {
    /// The records as a zone file takes them, each beneath the reason for it.
    #[must_use]
    pub fn lines(&self, lang: Lang) -> Vec<String> {
        let domain = &self.domain;
        let say = |key: &str| lang.text_with(key, [("domain", domain.as_str())]);
        let term = match &self.relay {
            Relay::Named(name) => format!("a:{name}"),
            Relay::Address(IpAddr::V4(ip)) => format!("ip4:{ip}"),
            Relay::Address(IpAddr::V6(ip)) => format!("ip6:{ip}"),
            Relay::Hidden => "ip4:RELAY_ADDRESS".to_owned(),
        };
        let mut lines = vec![
            say("doctor-records"),
            format!("  {}", say("doctor-records-spf")),
            format!("    {domain}. IN TXT \"v=spf1 {term} -all\""),
        ];
        if self.relay == Relay::Hidden {
            lines.push(format!("    {}", say("doctor-records-hidden")));
        }
        lines.extend([
            format!("  {}", say("doctor-records-dkim")),
            format!("    pufa._domainkey.{domain}. IN TXT \"v=DKIM1; k=rsa; p=PUBLIC_KEY\""),
            format!("    {}", say("doctor-records-key")),
            format!("  {}", say("doctor-records-dmarc")),
            format!("    _dmarc.{domain}. IN TXT \"v=DMARC1; p=none; rua=mailto:postmaster@{domain}\""),
            format!("    {}", say("doctor-records-stricter")),
            format!("  {}", say("doctor-records-reverse")),
            format!("  {}", say("doctor-records-envelope")),
        ]);
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spf(url: &str) -> String {
        let found = of_domains(url, ["kj.example.test".to_owned()]);
        found[0].lines(Lang::En)[2].trim().to_owned()
    }

    #[test]
    fn the_relay_stands_in_spf_as_far_as_it_is_known() {
        let with = |term: &str| format!("kj.example.test. IN TXT \"v=spf1 {term} -all\"");
        assert_eq!(spf("smtps://u:secret@relay.example.test"), with("a:relay.example.test"));
        assert_eq!(spf("smtp://203.0.113.5:25"), with("ip4:203.0.113.5"));
        assert_eq!(spf("smtp://[2001:db8::5]"), with("ip6:2001:db8::5"));
        for hidden in ["smtp://127.0.0.1:25", "smtp://localhost", "smtp://10.1.2.3", "file:///tmp/x", "smtp://relay"] {
            assert_eq!(spf(hidden), with("ip4:RELAY_ADDRESS"), "{hidden}");
        }
    }

    #[test]
    fn each_domain_once_and_none_that_the_world_cannot_see() {
        let domains = ["kj.example.test", "localhost", "KJ.example.test", "科技.example.test", ""];
        let found = of_domains("", domains.map(str::to_owned));
        let names: Vec<_> = found.iter().map(|records| records.domain.as_str()).collect();
        assert_eq!(names, ["kj.example.test", "xn--2qux23c.example.test"]);
    }

    #[test]
    fn every_record_is_there_in_both_languages_and_no_password() {
        for lang in Lang::ALL {
            let lines = of_domains("smtps://u:secret@relay.example.test", ["a.test".to_owned()])[0].lines(lang);
            let text = lines.join("\n");
            for part in ["v=spf1", "v=DKIM1", "v=DMARC1", "_dmarc.a.test.", "pufa._domainkey.a.test."] {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert!(!text.contains("secret") && !text.contains("doctor-"), "{text}");
        }
    }
}
