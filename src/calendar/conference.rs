//! Where an online session is joined (RFC 7986 section 5.11). Pure.

use url::Url;

/// Hosts of meeting services, with all below them: a link of the materials that leads there is the meeting, any other is
/// something to read.
const SERVICES: [&str; 12] = [
    "meeting.tencent.com",
    "voovmeeting.com",
    "meeting.dingtalk.com",
    "h5.dingtalk.com",
    "vc.feishu.cn",
    "work.weixin.qq.com",
    "welink-meeting.com",
    "meeting.huaweicloud.com",
    "zoom.us",
    "teams.microsoft.com",
    "meet.google.com",
    "webex.com",
];

/// The address of the meeting: the one that the place names, whatever service it is, else the first of the materials'
/// links that leads to a meeting service. An address in a place ends at the first character that none holds unencoded,
/// and without the brackets and stops of the text around it.
#[must_use]
pub fn of<'a>(place: &str, links: impl Iterator<Item = &'a str>) -> Option<String> {
    let in_place = place.find("https://").or_else(|| place.find("http://")).and_then(|at| {
        let ends = |c: char| !c.is_ascii() || c.is_ascii_whitespace() || c.is_ascii_control() || "\"'<>".contains(c);
        read(place[at..].split(ends).next()?.trim_end_matches(|c: char| "),.;:!?]}".contains(c)))
    });
    in_place.or_else(|| links.filter_map(read).find(is_meeting)).map(String::from)
}

fn read(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn is_meeting(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    SERVICES
        .iter()
        .any(|service| host == *service || host.strip_suffix(service).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_meeting_is_where_the_place_says_or_a_meeting_service_is_linked() {
        let none = [].into_iter();
        assert_eq!(
            of("线上：https://meet.example.test/j/1，密码 1234", none.clone()).as_deref(),
            Some("https://meet.example.test/j/1")
        );
        for (place, address) in [
            ("腾讯会议(https://meeting.tencent.com/dm/5)", "https://meeting.tencent.com/dm/5"),
            ("https://x.test/j/1, 密码 1234", "https://x.test/j/1"),
            ("https://x.test/j/1密码1234", "https://x.test/j/1"),
            ("[https://x.test/j/1?a=2&b=3.]", "https://x.test/j/1?a=2&b=3"),
            ("https://x.test/j/1\t1234", "https://x.test/j/1"),
            ("https://x.test/", "https://x.test/"),
        ] {
            assert_eq!(of(place, none.clone()).as_deref(), Some(address), "{place}");
        }
        assert_eq!(of("https://会议", none.clone()), None);
        assert_eq!(of("局三楼会议室", none.clone()), None);
        assert_eq!(of("http://", none), None);
        let links = ["https://law.example.test/a.pdf", "https://us02web.zoom.us/j/5?pwd=法"];
        assert_eq!(of("线上", links.into_iter()).as_deref(), Some("https://us02web.zoom.us/j/5?pwd=%E6%B3%95"));
        assert_eq!(of("线上", ["https://evilzoom.us/", "javascript:alert(1)"].into_iter()), None);
    }
}
