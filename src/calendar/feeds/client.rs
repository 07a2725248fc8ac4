//! Which program fetches, by what it calls itself. Pure.

/// Words of User-Agent headers, and the key of the name that people know the program by; the first that fits counts. No
/// system is among them: every program names the one that it runs on.
const KNOWN: [(&str, &str); 14] = [
    ("google-calendar-importer", "google"),
    ("wxwork", "wecom"),
    ("wecom", "wecom"),
    ("dingtalk", "dingtalk"),
    ("feishu", "feishu"),
    ("lark", "feishu"),
    ("outlook", "outlook"),
    ("microsoft", "outlook"),
    ("exchange", "outlook"),
    ("thunderbird", "thunderbird"),
    ("vdirsyncer", "vdirsyncer"),
    ("icsx5", "android"),
    ("davx5", "android"),
    ("android", "android"),
];

/// The key of a program's name, `client-KEY` among the texts; None for one that is not known.
#[must_use]
pub fn program(agent: &str) -> Option<&'static str> {
    let agent = agent.to_lowercase();
    let known = KNOWN.iter().find(|(word, _)| agent.contains(word)).map(|(_, key)| *key);
    known.or_else(|| apple(&agent))
}

/// Apple's own calendars. Both phones and computers fetch by dataaccessd; older computers by `CalendarAgent`.
fn apple(agent: &str) -> Option<&'static str> {
    let names = |product: &str| agent.split([' ', ';', '(', ')', ',']).any(|part| part.starts_with(product));
    let on_mac = ["macos", "mac os x", "mac+os+x", "mac_os_x"].iter().any(|word| agent.contains(word));
    match (names("dataaccessd"), names("calendaragent")) {
        (_, true) => Some("mac"),
        (true, false) if on_mac => Some("mac"),
        (true, false) => Some("iphone"),
        (false, false) => names("ios/").then_some("iphone"),
    }
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
            ("Mac+OS+X/10.12.6 (16G29) CalendarAgent/386", Some("mac")),
            ("Mac OS X/10.15.7 (19H15) CalendarAgent/930.5.1", Some("mac")),
            ("iOS/16.1 (20B82) CalDAV", Some("iphone")),
            ("MacOutlook/16.83.24041420 (Intelx64 Mac OS X Version 14.4 (Build 23E214))", Some("outlook")),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:115.0) Gecko/20100101 Thunderbird/115.9",
                Some("thunderbird"),
            ),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", None),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Mobile/15E148 wxwork/4.1.22", Some("wecom")),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15", None),
            ("axios/1.7.2", None),
            ("DAVx5/4.3.1 (2024/03; dav4jvm; okhttp) Android/14", Some("android")),
            ("vdirsyncer/0.19.2", Some("vdirsyncer")),
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
