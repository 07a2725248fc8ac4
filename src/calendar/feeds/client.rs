//! Which program fetches, by what it calls itself. Pure.

/// Words of User-Agent headers, and the key of the name that people know the program by; the first that fits counts.
const KNOWN: [(&str, &str); 18] = [
    ("google-calendar-importer", "google"),
    ("wxwork", "wecom"),
    ("wecom", "wecom"),
    ("dingtalk", "dingtalk"),
    ("feishu", "feishu"),
    ("lark", "feishu"),
    ("macos", "mac"),
    ("mac os x", "mac"),
    ("mac+os+x", "mac"),
    ("ios/", "iphone"),
    ("dataaccessd", "iphone"),
    ("outlook", "outlook"),
    ("microsoft", "outlook"),
    ("exchange", "outlook"),
    ("icsx5", "android"),
    ("android", "android"),
    ("thunderbird", "thunderbird"),
    ("vdirsyncer", "vdirsyncer"),
];

/// The key of a program's name, `client-KEY` among the texts; None for one that is not known.
#[must_use]
pub fn program(agent: &str) -> Option<&'static str> {
    let agent = agent.to_lowercase();
    KNOWN.iter().find(|(word, _)| agent.contains(word)).map(|(_, key)| *key)
}

/// What an unknown program calls itself, short: its name without version and remarks.
#[must_use]
pub fn short(agent: &str) -> String {
    agent.split(['/', ' ', ';', '(']).find(|part| !part.is_empty()).unwrap_or_default().chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_known_by_what_they_call_themselves() {
        for (agent, name) in [
            ("iOS/17.4 (21E219) dataaccessd/1.0", Some("iphone")),
            ("macOS/14.4 (23E214) dataaccessd/1.0", Some("mac")),
            ("Google-Calendar-Importer", Some("google")),
            ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)", Some("outlook")),
            ("ICSx5/2.2.1 (Android 14; okhttp)", Some("android")),
            ("Mozilla/5.0 (X11; Linux) Gecko Thunderbird/115.9", Some("thunderbird")),
            ("curl/8.5.0", None),
            ("", None),
        ] {
            assert_eq!(program(agent), name, "{agent}");
        }
        assert_eq!((short("curl/8.5.0 (x)"), short("")), ("curl".into(), String::new()));
    }
}
