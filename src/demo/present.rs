//! Sessions around the present moment, as files of an import: one that is open for check-in whatever the hour, some
//! ahead, some behind, one cancelled, one draft. Pure.

use chrono::{DateTime, NaiveDateTime, NaiveTime, SubsecRound, TimeDelta, Timelike, Utc};

use crate::dates::Zone;
use crate::import::Upload;

const EVENTS: &str = "\
event_key,kind,title,org_code,co_host_codes,location,audience,required,status,topics
DEMO-OPEN,lecture,农产品质量安全法专题讲座,YX-NY,,局四楼会议室,org:YX-NY,yes,scheduled,农产品质量安全法
DEMO-PAST,center_group_study,理论中心组学法,YX-NY,,局四楼会议室,group:center-group,yes,scheduled,宪法
DEMO-NEXT,party_day,主题党日·学习宪法,YX-NY,,局四楼会议室,group:party,yes,scheduled,宪法
DEMO-WEEK,joint_study,三级联合学法,YX-NY,LX-NY;YX-HK,局四楼会议室,org:YX-NY;org:LX-NY;org:YX-HK,yes,scheduled,
DEMO-TRAIN,training,执法人员法治培训班,YX-NY,,县委党校,group:enforcement,yes,scheduled,行政处罚法
DEMO-OUT,constitution_day,国家宪法日宣传,YX-NY,YX-HK,县人民广场,public,no,scheduled,宪法
DEMO-CANCELLED,lecture,行政复议法讲座,YX-NY,,局四楼会议室,org:YX-NY,yes,cancelled,行政复议法
DEMO-DRAFT,lecture,数据安全法讲座（筹备）,YX-NY,,局四楼会议室,org:YX-NY,yes,draft,数据安全法
";

/// The people of the leading group, and what became of them last week.
const PAST: [(&str, &str); 8] = [
    ("NY001", "present"),
    ("NY002", "present"),
    ("NY003", "excused"),
    ("NY004", "present"),
    ("NY005", "present"),
    ("NY006", "late"),
    ("NY007", "present"),
    ("NY008", "present"),
];

/// events.csv, sessions.csv and attendance.csv around `now`.
#[must_use]
pub fn uploads(zone: Zone, now: DateTime<Utc>) -> Vec<Upload> {
    let local = zone.local(now).with_second(0).unwrap_or_default().trunc_subsecs(0);
    let on = |days: i64, hour: u32| {
        let day = local.date() + TimeDelta::days(days);
        day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default())
    };
    let begun = local - TimeDelta::minutes(5);
    let sessions = [
        ("DEMO-OPEN", begun, 180, "scheduled"),
        ("DEMO-PAST", on(-6, 9), 120, "held"),
        ("DEMO-NEXT", on(1, 16), 60, "scheduled"),
        ("DEMO-WEEK", on(5, 14), 120, "scheduled"),
        ("DEMO-TRAIN-1", on(8, 9), 420, "scheduled"),
        ("DEMO-TRAIN-2", on(9, 9), 180, "scheduled"),
        ("DEMO-OUT", on(11, 9), 240, "scheduled"),
        ("DEMO-CANCELLED", on(3, 15), 120, "cancelled"),
        ("DEMO-DRAFT", on(13, 15), 120, "scheduled"),
    ];
    let mut rows = "session_key,event_key,starts_at,ends_at,all_day,status\n".to_owned();
    for (key, start, minutes, status) in sessions {
        let event = key.trim_end_matches("-1").trim_end_matches("-2");
        let end = start + TimeDelta::minutes(minutes);
        rows.extend([key, ",", event, ",", &text(start), ",", &text(end), ",no,", status, "\n"]);
    }
    let mut attendance = "session_key,staff_no,status,checked_in_at,note\n".to_owned();
    for (number, status) in PAST {
        let at = match status {
            "present" => text(on(-6, 9) - TimeDelta::minutes(6)),
            "late" => text(on(-6, 9) + TimeDelta::minutes(17)),
            _ => String::new(),
        };
        attendance.extend(["DEMO-PAST,", number, ",", status, ",", &at, ",\n"]);
    }
    [("events.csv", EVENTS.to_owned()), ("sessions.csv", rows), ("attendance.csv", attendance)]
        .map(|(name, text)| Upload { name: name.to_owned(), bytes: text.into_bytes() })
        .into()
}

fn text(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M").to_string()
}
