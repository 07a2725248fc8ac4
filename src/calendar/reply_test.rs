//! Answers as programs in use write them.

use chrono::{NaiveDate, TimeZone, Utc};
use entity::state::AnswerStatus;
use proptest::prelude::*;

use super::{Slot, replies};

fn event(lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

#[test]
fn an_answer_is_read_with_all_it_says() {
    let text = event(
        "UID:a@example.test\r\nSEQUENCE:3\r\nDTSTAMP:20240313T010203Z\r\nCOMMENT:出差\\, 不能来\r\n\
         ATTENDEE;CN=\"干部;KJ1\";PARTSTAT=declined:MAILTO:KJ001@Example.test",
    );
    let read = replies(&text).unwrap();
    assert_eq!(read.method.as_deref(), Some("REPLY"));
    let one = &read.answers[0];
    assert_eq!((one.uid.as_str(), one.sequence, one.comment.as_str()), ("a@example.test", 3, "出差, 不能来"));
    assert_eq!(one.stamp, Some(Utc.with_ymd_and_hms(2024, 3, 13, 1, 2, 3).unwrap()));
    let who = &one.attendees[0];
    assert_eq!((who.address.as_str(), who.name.as_str()), ("kj001@example.test", "干部;KJ1"));
    assert_eq!(who.status, Some(AnswerStatus::Declined));
}

#[test]
fn a_mark_at_the_front_bare_line_feeds_and_folded_lines_are_no_hindrance() {
    let text = event(
        "UID:a\r\nATTENDEE;CN=A very long name that a program folds wherever it\r\n  likes to fold it;PARTSTAT=TENT\r\n ATIVE:mailto:a@example.test",
    );
    let text = format!("\u{feff}{}", text.replace("\r\n", "\n"));
    let read = replies(&text).unwrap();
    assert_eq!(read.answers[0].attendees[0].status, Some(AnswerStatus::Tentative));
    assert_eq!(read.answers[0].sequence, 0);
}

#[test]
fn who_sends_somebody_else_does_not_come() {
    let text = event(
        "UID:a\r\nATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:b@example.test\":mailto:a@example.test\r\n\
         ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:b@example.test",
    );
    let read = replies(&text).unwrap();
    let [first, second] = read.answers[0].attendees.as_slice() else { panic!("two") };
    assert_eq!(first.status, Some(AnswerStatus::Declined));
    assert_eq!(first.delegate.as_deref(), Some("b@example.test"));
    assert_eq!((second.status, second.delegate.as_deref()), (None, None));
}

#[test]
fn what_somebody_adds_is_one_clean_line_whoever_was_sent_instead() {
    let long = "a".repeat(1_000_000);
    let text = event(&format!(
        "UID:a\r\nCOMMENT:see\r\nATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:{long}@x.test\":mailto:a@example.test"
    ));
    let read = replies(&text).unwrap();
    let said = read.answers[0].said(&read.answers[0].attendees[0]);
    assert!(said.starts_with("see → aaa") && said.chars().count() == 500, "{}", said.chars().count());
    let text =
        event("UID:a\r\nATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:b%0D%0A%00@x.test\":mailto:a@example.test");
    let read = replies(&text).unwrap();
    assert_eq!(read.answers[0].said(&read.answers[0].attendees[0]), "");
}

#[test]
fn what_holds_control_characters_is_nobodys_and_more_than_fifty_are_not_read() {
    for lines in [
        "UID:a\0b\r\nATTENDEE:mailto:a@x.test".to_owned(),
        format!("UID:{}\r\nATTENDEE:mailto:a@x.test", "a".repeat(256)),
    ] {
        assert_eq!(replies(&event(&lines)).unwrap().answers, [], "{lines:?}");
    }
    let read = replies(&event("UID:a\r\nATTENDEE:mailto:a%00@x.test\r\nATTENDEE:mailto:b@x.test")).unwrap();
    assert_eq!(read.answers[0].attendees.len(), 1);
    let one = "UID:a\r\nATTENDEE:mailto:a@x.test\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n".repeat(200);
    assert_eq!(replies(&event(&format!("{one}UID:a"))).unwrap().answers.len(), 50);
}

#[test]
fn a_sitting_is_named_in_any_zone() {
    let at = Utc.with_ymd_and_hms(2024, 3, 13, 1, 0, 0).unwrap();
    let own = "BEGIN:VTIMEZONE\r\nTZID:Customized\r\nX-LIC-LOCATION:Asia/Shanghai\r\nBEGIN:STANDARD\r\n\
               DTSTART:19700101T000000\r\nTZOFFSETFROM:+0800\r\nTZOFFSETTO:+0800\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
    for (line, zone) in [
        ("RECURRENCE-ID:20240313T010000Z", ""),
        ("RECURRENCE-ID;TZID=Asia/Shanghai:20240313T090000", ""),
        ("RECURRENCE-ID;TZID=China Standard Time:20240313T090000", ""),
        ("RECURRENCE-ID;TZID=\"W. Europe Standard Time\":20240313T020000", ""),
        ("RECURRENCE-ID;TZID=Customized:20240313T090000", own),
    ] {
        let text = event(&format!("UID:a\r\n{line}\r\nATTENDEE:mailto:a@example.test"))
            .replace("BEGIN:VEVENT", &format!("{zone}BEGIN:VEVENT"));
        assert_eq!(replies(&text).unwrap().answers[0].sitting, Some(Slot::At(at)), "{line}");
    }
    let slot = Slot::At(at);
    assert!(slot.is("20240313T090000", "Asia/Shanghai") && !slot.is("20240313T100000", "Asia/Shanghai"));
    let day = Slot::Day(NaiveDate::from_ymd_opt(2024, 3, 13).unwrap());
    assert!(day.is("20240313", "Asia/Shanghai") && day.is("20240313T090000", "Asia/Shanghai"));
    assert!(Slot::Local(at.naive_utc()).is("20240313T010000", "Asia/Shanghai"));
    assert!(!day.is("20240314", "Asia/Shanghai") && !day.is("", "Asia/Shanghai") && !day.is("日期日期日期", ""));
}

#[test]
fn a_thousand_levels_are_read_or_refused_but_never_break_anything() {
    let deep = format!("BEGIN:VCALENDAR\r\n{}{}", "BEGIN:VEVENT\r\n".repeat(100_000), "END:VEVENT\r\n".repeat(100_000));
    assert!(replies(&deep).is_some_and(|read| read.answers.is_empty()));
    assert!(replies("").is_none() && replies("hello").is_none() && replies("BEGIN:VCARD\r\nEND:VCARD\r\n").is_none());
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(text in "\\PC{0,400}", cut in 0usize..400) {
        drop(replies(&text));
        let whole = event("UID:a\r\nRECURRENCE-ID;TZID=China Standard Time:20240313T090000\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:a@example.test");
        let mut cut_at = cut.min(whole.len());
        while !whole.is_char_boundary(cut_at) { cut_at -= 1; }
        let (head, tail) = whole.split_at(cut_at);
        drop(replies(head));
        drop(replies(&format!("{head}{text}{tail}")));
    }
}
