//! The closed sets of words that columns hold, spelled as contract files and JSON spell them.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`.")] $(#[$vdoc])* #[sea_orm(string_value = $text)] #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every word, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word as files, JSON and the database spell it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text { $($text => Ok(Self::$variant),)+ _ => Err(UnknownWord) }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    )+};
}

/// A text is none of the words that its column may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownWord;

impl std::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not one of the known words")
    }
}

impl std::error::Error for UnknownWord {}

words! {
    /// Where an event stands; `Scheduled` is published.
    EventStatus { Draft = "draft", Scheduled = "scheduled", Cancelled = "cancelled" }
    /// Where one sitting stands.
    SessionStatus { Scheduled = "scheduled", Held = "held", Cancelled = "cancelled" }
    /// What became of one person in one session.
    AttendanceStatus {
        /// Came in time.
        Present = "present",
        /// Came after the kind's limit.
        Late = "late",
        /// Came, and went before the end.
        LeftEarly = "left_early",
        /// On leave that was granted.
        Excused = "excused",
        /// Missed it, then made it up.
        MadeUp = "made_up",
        /// Did not come.
        Absent = "absent",
        /// Taken off the roster.
        Exempt = "exempt",
    }
    /// Whose word an attendance is: a later source of higher standing replaces a lower one.
    Word { Import = "import", CheckIn = "check_in", Organiser = "organiser" }
    /// What one line of an audience names.
    AudienceTarget { Org = "org", Group = "group", Staff = "staff", Public = "public" }
    /// Whether an audience line adds people or takes them out.
    AudienceSign { Include = "include", Exclude = "exclude" }
    /// Why leave is asked for.
    LeaveKind { OfficialBusiness = "official_business", Sick = "sick", Annual = "annual", Other = "other" }
    /// Where a request for leave stands.
    LeaveStatus { Asked = "asked", Granted = "granted", Refused = "refused" }
    /// What a message of the outbox says.
    MessageKind { Invitation = "invitation", Update = "update", Cancellation = "cancellation", Reminder = "reminder", SignIn = "sign_in", Registration = "registration", CoHost = "co_host",
        /// What somebody missed and must make up.
        MakeUp = "make_up",
        /// Thanks to those who came.
        Thanks = "thanks",
        /// The materials, afterwards.
        Materials = "materials",
        /// What is ahead, in one mail a morning.
        Digest = "digest",
        /// To the organiser: mail came back.
        Bounce = "bounce",
    }
    /// Where a message stands; `Failed` is to be tried again.
    MessageState { Queued = "queued", Sent = "sent", Failed = "failed", Dead = "dead" }
    /// What an account may do, within its organisation and below.
    Role { Admin = "admin", Organizer = "organizer", Checker = "checker", Viewer = "viewer" }
    /// What an API token may do, within its organisation and below.
    Scope { CheckIn = "check-in", Read = "read", Manage = "manage" }
    /// What becomes of a sitting of a series whose date is a day off.
    OnDayOff {
        /// It stays where the rule puts it.
        Keep = "keep",
        /// It does not take place.
        Skip = "skip",
        /// It moves to the working day before.
        Before = "before",
        /// It moves to the working day after.
        After = "after",
    }
    /// Whether people put their names down for an event themselves.
    RegistrationMode { Closed = "closed", Open = "open" }
    /// Where somebody who put their name down stands.
    RegistrationStatus { Registered = "registered", Waiting = "waiting", Cancelled = "cancelled" }
    /// What a co-host says to being one; one that declined is none any more.
    CoHostStatus { Asked = "asked", Accepted = "accepted", Declined = "declined" }
    /// What an item of a checklist is: something to do, or something to take along.
    ChecklistKind { Task = "task", Take = "take" }
    /// What somebody answers to an invitation (RFC 5545 section 3.2.12).
    AnswerStatus { Accepted = "accepted", Declined = "declined", Tentative = "tentative" }
    /// By which way an answer came: a calendar's reply, a link in a mail, a page.
    AnswerVia { Mail = "mail", Link = "link", Page = "page" }
    /// What a mail that came in was.
    ReceivedKind { Reply = "reply", Bounce = "bounce", Other = "other" }
    /// How somebody wants to be reminded: one by one, in one mail each morning, or not at all.
    ReminderWish { Each = "each", Digest = "digest", Off = "off" }
    /// Which of the invited are reminded.
    RemindWhom {
        /// Everyone invited.
        All = "all",
        /// Those who have not answered.
        Unanswered = "unanswered",
        /// Those who have not checked in.
        NotCheckedIn = "not_checked_in",
    }
    /// What a calendar subscription holds.
    FeedScope { Person = "person", Organisation = "organisation", Kind = "kind", Public = "public" }
    /// How much a calendar subscription tells: all, or only that somebody is busy.
    FeedDetail { Full = "full", Busy = "busy" }
    /// How a row came in: by a file, or by somebody's hand.
    Origin { Import = "import", Entered = "entered" }
}

impl AttendanceStatus {
    /// Counted as attended: `present`, `late` or `left_early` (counting rule 4).
    #[must_use]
    pub const fn attended(self) -> bool {
        matches!(self, Self::Present | Self::Late | Self::LeftEarly)
    }
}
