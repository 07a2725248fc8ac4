//! One person: who they are, where they belong and belonged, and the forms that change it.

pub(super) mod form;
pub mod pages;
pub(super) mod shown;

pub(super) use form::Wrong;
