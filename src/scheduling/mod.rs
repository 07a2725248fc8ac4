//! Events, their sessions, whom they invite and who must come.
//!
//! A draft tells nobody anything; publishing, moving and cancelling write what must be told in the same transaction.
//! A roster follows memberships until its session starts and never changes after. Who manages the host, or what is
//! above it, may change an event; a co-host sees it.

pub mod act;
mod add_sessions;
pub mod afterwards;
pub mod agenda;
pub mod ahead;
pub mod answer;
pub mod api;
pub mod audience;
mod audience_line;
mod change;
mod change_session;
pub mod conflict;
pub mod content;
mod create;
pub mod detail;
mod draft;
pub mod filters;
pub mod form;
pub mod holidays;
pub mod joint;
mod kind;
mod list;
pub mod month;
pub mod moving;
pub mod pages;
mod phase;
pub mod place;
pub mod planner;
mod publish;
pub mod reach;
pub mod registration;
pub mod roster;
mod scope;
pub mod series;
pub mod session;
mod shown;
pub mod sitting;
pub mod states;
mod tell;
pub mod undo;
pub mod view;
pub mod views;
pub mod waiting;
pub mod wanted;
pub mod week;
mod whole;
pub mod wording;
mod work_hours;
pub mod year;

pub use add_sessions::add_sessions;
pub use afterwards::Afterwards;
pub use change::{EventChange, change_event};
pub use change_session::{SessionChange, change_session};
pub use content::{Task, put_checklist};
pub use create::{Made, create};
pub use draft::{Ground, NewEvent, NewSession, check_event};
pub use filters::CLASSES;
pub use kind::{Class, Counts, Kind, Kinds, Name};
pub use list::{Bound, Filter, list_events, list_sessions};
pub use phase::Phase;
pub use publish::{cancel_event, cancel_session, publish};
pub use scope::{hosted_below, stands};
pub use shown::{touch, touch_all};
pub use tell::{News, is_ahead, join, tell_all, written_so_far};
pub use wanted::Wanted;
pub use whole::{Whole, event_for, event_to_manage, load_whole, load_wholes, session_for, session_to_manage};
pub use work_hours::WorkHours;
