use super::*;
use crate::calendar::entry::Extra;
use crate::calendar::{Attendance, Method, Party, message};
use crate::dates::Span;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn entry(summary: &str) -> Entry {
    Entry {
        uid: "s-1@pufa".into(),
        sequence: 2,
        stamp: at("2024-03-01T00:00:00Z"),
        span: Span {
            start: at("2024-03-12T01:00:00Z"),
            end: at("2024-03-12T03:00:00Z"),
            all_day: false,
            zone: Zone::parse("Asia/Shanghai").unwrap(),
        },
        summary: summary.into(),
        description: String::new(),
        location: "局三楼会议室".into(),
        category: "专题讲座".into(),
        status: Status::Confirmed,
        recurrence: Recurrence::Once,
        attendance: None,
        answer: None,
        extra: Extra::default(),
    }
}

fn head() -> Head<'static> {
    let title = Title { name: "普法, 干部;KJ01", color: "royalblue", source: None };
    Head { method: None, name: Some(title), zone: Zone::parse("Asia/Shanghai").unwrap() }
}

#[test]
fn a_calendar_has_each_property_once_and_the_same_bytes_each_time() {
    let text = render(&head(), &[entry("讲座")]);
    assert_eq!(text, render(&head(), &[entry("讲座")]));
    for once in ["VERSION:", "PRODID:", "CALSCALE:", "\r\nNAME:", "BEGIN:VTIMEZONE", "DTSTAMP:20240301T000000Z", "UID:"]
    {
        assert_eq!(text.matches(once).count(), 1, "{once} in {text}");
    }
    assert!(text.contains("\r\nNAME:普法\\, 干部\\;KJ01\r\n"));
    assert!(text.contains("DTSTART;TZID=Asia/Shanghai:20240312T090000\r\n"));
    assert!(text.find("BEGIN:VTIMEZONE").unwrap() < text.find("BEGIN:VEVENT").unwrap());
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
}

#[test]
fn lines_are_folded_at_75_octets_and_never_cut_a_character() {
    let summary = "法".repeat(200);
    let text = render(&head(), &[entry(&summary)]);
    assert!(text.split("\r\n").all(|line| line.len() <= 75));
    assert!(text.replace("\r\n ", "").contains(&format!("SUMMARY:{summary}\r\n")));
}

#[test]
fn no_line_of_any_length_is_over_75_octets() {
    for (letter, n) in ["a", "法", "ä b"].into_iter().flat_map(|letter| (0..160).map(move |n| (letter, n))) {
        for before in ["", "a", "ab"] {
            let summary = format!("{before}{}", letter.repeat(n));
            let text = render(&head(), &[entry(&summary)]);
            let longest = text.split("\r\n").map(str::len).max();
            assert!(longest <= Some(75), "{longest:?} octets of {summary}");
            assert!(text.replace("\r\n ", "").contains(&format!("SUMMARY:{summary}\r\n")), "{text}");
        }
    }
}

#[test]
fn whole_days_are_dates_with_the_end_after_the_last_day() {
    let mut whole = entry("科技活动周");
    let zone = whole.span.zone;
    let (start, end) = zone.whole_days("2024-05-25".parse().unwrap(), "2024-06-01".parse().unwrap());
    whole.span = Span { start, end, all_day: true, zone };
    let text = render(&head(), &[whole]);
    assert!(text.contains("DTSTART;VALUE=DATE:20240525\r\n") && text.contains("DTEND;VALUE=DATE:20240602\r\n"));
}

#[test]
fn a_name_cannot_break_out_of_its_line() {
    let attendance = Attendance {
        organizer: Party { name: "县科技局".into(), address: "pufa@example.test".into() },
        attendee: Party { name: "x\"\r\nATTENDEE:mailto:y@example.test;z".into(), address: "a%b@example.test".into() },
        required: true,
        method: Method::Request,
    };
    let text = message(vec![entry("讲座\r\nSUMMARY:另一个\rX-A:1\u{0}")], &attendance).replace("\r\n ", "");
    assert_eq!(text.lines().filter(|line| line.starts_with("ATTENDEE")).count(), 1);
    assert_eq!(text.lines().filter(|line| line.starts_with("SUMMARY")).count(), 1);
    assert!(text.contains("SUMMARY:讲座\\nSUMMARY:另一个\\nX-A:1\r\n"));
    assert!(text.contains("CN=\"x'  ATTENDEE:mailto:y@example.test;z\""));
    assert!(text.contains("PARTSTAT=NEEDS-ACTION") && text.contains("RSVP=TRUE") && text.contains("mailto:a%25b@"));
    assert!(text.parse::<Calendar>().is_ok());
}

#[test]
fn a_cancellation_is_cancelled_and_asks_for_no_answer() {
    let attendance = Attendance {
        organizer: Party { name: "县科技局".into(), address: "pufa@example.test".into() },
        attendee: Party { name: "干部KJ01".into(), address: "kj001@example.test".into() },
        required: false,
        method: Method::Cancel,
    };
    let text = message(vec![entry("讲座")], &attendance);
    assert!(text.contains("METHOD:CANCEL\r\n") && text.contains("STATUS:CANCELLED\r\n"));
    assert!(text.contains("SEQUENCE:2\r\n") && text.contains("RSVP=FALSE"));
}

#[test]
fn an_empty_calendar_still_holds_a_zone() {
    let text = render(&head(), &[]);
    assert!(text.contains("END:VTIMEZONE\r\nEND:VCALENDAR\r\n"));
}
