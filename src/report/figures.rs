//! The year's figures of one organisation as one plain struct: numbers and rates, no words.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::state::AttendanceStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::rate::Rate;

/// The year's figures of one organisation and everything below it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Figures {
    /// Which year.
    pub year: i32,
    /// The organisation's code.
    pub org: String,
    /// Its name.
    pub name: String,
    /// When the figures were taken, RFC 3339.
    pub taken_at: String,
    /// By kind of event; kinds without an event are left out.
    pub kinds: BTreeMap<String, Kind>,
    /// Over all kinds, each event and session once (counting rule 11); attendance without exams.
    pub total: Kind,
    /// Exams, by people (counting rule 6).
    pub exam: Exam,
    /// What outreach handed out and answered, by metric.
    pub outreach: BTreeMap<String, i64>,
    /// Hours that are no session, by kind.
    pub hours: BTreeMap<String, Hours>,
    /// The plan, in the order entered.
    pub plan: Vec<Plan>,
    /// The twelve months.
    pub months: Vec<Month>,
}

/// What counts of one kind, or in total.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Kind {
    /// Events with a session that counts in the year.
    pub events: i64,
    /// Sessions that count.
    pub sessions: i64,
    /// Who came; none of an exam, whose figures go by people.
    #[serde(flatten)]
    pub attendance: Option<Attendance>,
}

/// Who was to come and who came (counting rules 3 to 5).
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Attendance {
    /// On the rosters, less exempt.
    pub expected: i64,
    /// In time.
    pub present: i64,
    /// After the kind's limit.
    pub late: i64,
    /// Gone before the end.
    pub left_early: i64,
    /// On leave.
    pub excused: i64,
    /// Missed, then made up.
    pub made_up: i64,
    /// Not there, or not known of.
    pub absent: i64,
    /// Came without being on the roster.
    pub walk_ins: i64,
    /// Attended and walk-ins together.
    pub person_times: i64,
    /// Different persons among these.
    pub people: i64,
    /// Planned lengths of their sessions, summed, in hours.
    pub person_hours: f64,
    /// Attended of expected.
    #[schema(value_type = Option<f64>)]
    pub attendance_rate: Rate,
    /// Attended of expected less excused.
    #[schema(value_type = Option<f64>)]
    pub net_attendance_rate: Rate,
    /// Attended and made up of expected.
    #[schema(value_type = Option<f64>)]
    pub coverage_rate: Rate,
}

/// Exams, by people, added up over exams (counting rule 6).
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Exam {
    /// On the roster, less exempt.
    pub eligible: i64,
    /// Taken off it.
    pub exempt: i64,
    /// Eligible with a result.
    pub sat: i64,
    /// Of those, with an attempt that reached its pass mark.
    pub passed: i64,
    /// Sat of eligible.
    #[schema(value_type = Option<f64>)]
    pub participation_rate: Rate,
    /// Passed of sat.
    #[schema(value_type = Option<f64>)]
    pub pass_rate: Rate,
}

/// Hours that are no session (counting rule 12).
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Hours {
    /// Different persons.
    pub people: i64,
    /// Their hours.
    pub hours: f64,
}

/// One item of the plan (counting rule 9).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Plan {
    /// Whose item.
    pub org_code: String,
    /// A kind or a metric.
    pub item: String,
    /// What was aimed at.
    pub target: i64,
    /// What was reached: the kind's yearly count or the tally's total of the item's own organisation.
    pub done: i64,
    /// Done of target; may pass 1.
    #[schema(value_type = Option<f64>)]
    pub completion: Rate,
    /// By when.
    pub due: Option<NaiveDate>,
    /// The name of the figure that `done` is, in the report of `org_code`.
    #[serde(skip)]
    pub figure: String,
}

/// One month.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Month {
    /// From 1 to 12.
    pub month: u32,
    /// Sessions that count, exams too.
    pub sessions: i64,
    /// Attended and walk-ins, without exams.
    pub person_times: i64,
}

/// How far a person on an exam's roster got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Exempt,
    Eligible,
    Sat,
    Passed,
}

impl Attendance {
    /// Adds `count` people of a roster with one status; None is nothing recorded, which is absent (counting rule 3).
    /// Hours are the session's, for those who came.
    pub(super) fn add_roster(&mut self, status: Option<AttendanceStatus>, count: i64, hours: f64) {
        let cell = match status.unwrap_or(AttendanceStatus::Absent) {
            AttendanceStatus::Present => &mut self.present,
            AttendanceStatus::Late => &mut self.late,
            AttendanceStatus::LeftEarly => &mut self.left_early,
            AttendanceStatus::Excused => &mut self.excused,
            AttendanceStatus::MadeUp => &mut self.made_up,
            AttendanceStatus::Absent => &mut self.absent,
            AttendanceStatus::Exempt => return,
        };
        *cell += count;
        self.expected += count;
        if status.is_some_and(AttendanceStatus::attended) {
            self.add_person_times(count, hours);
        }
    }

    /// Adds `count` people who came without being on the roster.
    pub(super) fn add_walk_ins(&mut self, count: i64, hours: f64) {
        self.walk_ins += count;
        self.add_person_times(count, hours);
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of people stay far below 2^53")]
    fn add_person_times(&mut self, count: i64, hours: f64) {
        self.person_times += count;
        self.person_hours += count as f64 * hours;
    }

    /// Of people on the roster, those who came (counting rule 4).
    #[must_use]
    pub const fn attended(&self) -> i64 {
        self.present + self.late + self.left_early
    }

    /// Works out the rates (counting rule 5) and cuts what binary fractions left behind the millionth hour.
    pub(super) fn finish(&mut self) {
        self.attendance_rate = Rate::new(self.attended(), self.expected);
        self.net_attendance_rate = Rate::new(self.attended(), self.expected - self.excused);
        self.coverage_rate = Rate::new(self.attended() + self.made_up, self.expected);
        self.person_hours = to_millionths(self.person_hours);
    }
}

impl Exam {
    /// Adds `count` people of a roster, all of one standing.
    pub(super) fn add(&mut self, standing: Standing, count: i64) {
        if standing == Standing::Exempt {
            self.exempt += count;
            return;
        }
        self.eligible += count;
        self.sat += if standing == Standing::Eligible { 0 } else { count };
        self.passed += if standing == Standing::Passed { count } else { 0 };
        self.participation_rate = Rate::new(self.sat, self.eligible);
        self.pass_rate = Rate::new(self.passed, self.sat);
    }
}

/// Rounds to millionths, so that a sum reads the same whatever the order of its parts.
pub(super) fn to_millionths(hours: f64) -> f64 {
    (hours * 1e6).round() / 1e6
}
