//! One sitting of a series on a page of its own: changed by itself, with all later ones, or with all.

pub mod pages;
