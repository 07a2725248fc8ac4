//! One person: who they are, where they belong and belonged, and the forms that change it.

mod form;
pub mod pages;
mod shown;
