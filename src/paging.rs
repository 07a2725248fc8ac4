//! Long lists a part at a time: a cursor says where the next part begins. Pure.

use crate::error::{Error, Result};

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next part begins; None at the end.
    pub next: Option<String>,
}

/// Rows of one part; a query asks for one more, to know whether there is a next part.
pub const PART: u64 = 100;

/// Cuts what a query found to one part; `cursor` tells of a row how to go on after it.
pub fn part<T>(mut rows: Vec<T>, cursor: impl Fn(&T) -> String) -> Listed<T> {
    let size = usize::try_from(PART).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = if more { rows.last().map(cursor) } else { None };
    Listed { items: rows, next }
}

/// The id after which to go on, of a cursor that is one; 0, which no row has, at the beginning.
pub fn after_id(cursor: Option<&str>) -> Result<i64> {
    cursor.map_or(Ok(0), |text| text.parse().map_err(|_| bad_cursor()))
}

/// The refusal of a text that is no cursor.
#[must_use]
pub fn bad_cursor() -> Error {
    Error::field("cursor", "bad-cursor")
}

impl<T> Listed<T> {
    /// The same with each row made into something else.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(each).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_has_no_next() {
        let rows = |n: i64| part((1..=n).collect(), ToString::to_string);
        assert_eq!((rows(100).items.len(), rows(100).next), (100, None));
        assert_eq!((rows(101).items.len(), rows(101).next), (100, Some("100".to_owned())));
    }
}
