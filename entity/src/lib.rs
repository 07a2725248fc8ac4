//! The tables of pufa as types: columns and closed words, no rules.
//!
//! Instants are UTC and cut to microseconds; SQLite compares them as text, so nothing but `DateTime<Utc>` is ever bound.

pub mod account;
pub mod agenda_item;
pub mod answered_nonce;
pub mod api_token;
pub mod attendance;
pub mod attendance_change;
pub mod audience_rule;
pub mod audit;
pub mod checklist_item;
pub mod event;
pub mod event_also_kind;
pub mod event_co_host;
pub mod event_template;
pub mod event_topic;
pub mod exam_result;
pub mod feed;
pub mod holiday_day;
pub mod holiday_notice;
pub mod id;
pub mod leave;
pub mod material;
pub mod membership;
pub mod membership_group;
pub mod organisation;
pub mod organisation_closure;
pub mod outbox;
pub mod person;
pub mod person_alias;
pub mod place;
pub mod plan_item;
pub mod registration;
pub mod revision;
pub mod roster_entry;
pub mod series;
pub mod session;
pub mod sign_in_link;
pub mod speaker;
pub mod state;
pub mod stored_file;
pub mod study_hours;
pub mod tally;
pub mod undo_step;
pub mod web_session;
