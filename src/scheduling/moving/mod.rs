//! Moving one session to another time or place: by hand, or by one tap on a free one.

pub mod pages;
