//! What an event consists of besides its time and its people: speakers, materials, agenda and minutes, checklist.

mod speakers;

pub use speakers::speakers_of;
