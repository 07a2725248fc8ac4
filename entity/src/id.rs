//! Ids as types of their own, so that one table's id cannot stand where another's belongs.

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($name:ident => $table:literal),+ $(,)?) => {$(
        #[doc = concat!("Id of a row of `", $table, "`.")]
        #[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

ids! {
    OrganisationId => "organisation",
    PersonId => "person",
    MembershipId => "membership",
    EventId => "event",
    SessionId => "session",
    AttendanceId => "attendance",
    AttendanceChangeId => "attendance_change",
    LeaveId => "leave",
    ExamResultId => "exam_result",
    TallyId => "tally",
    PlanItemId => "plan_item",
    StudyHoursId => "study_hours",
    OutboxId => "outbox",
    AccountId => "account",
    SignInLinkId => "sign_in_link",
    WebSessionId => "web_session",
    ApiTokenId => "api_token",
    FeedId => "calendar_feed",
    AuditId => "audit",
    SeriesId => "series",
    PlaceId => "place",
    SpeakerId => "speaker",
    MaterialId => "material",
    StoredFileId => "stored_file",
    AgendaItemId => "agenda_item",
    ChecklistItemId => "checklist_item",
    RegistrationId => "registration",
    EventTemplateId => "event_template",
    UndoStepId => "undo_step",
    AnswerId => "answer",
    AssistantId => "assistant",
    ReceivedMailId => "received_mail",
    MailTextId => "mail_text",
    ReminderRunId => "reminder_run",
    FeedFetchId => "feed_fetch",
    FeedVersionId => "feed_version",
}
