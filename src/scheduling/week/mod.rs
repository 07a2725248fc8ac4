//! A week by the hour: which sittings stand side by side, and where on the day. Pure.

pub mod pages;

use chrono::{Datelike, Days, NaiveDate};

/// Columns side by side before the rest of a crowd becomes one link.
pub const LANES: usize = 4;
/// Minutes that the shortest sitting takes up, so that its name can be read.
const SHORTEST: u32 = 30;
/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// The Monday of a day's week.
#[must_use]
pub fn monday(day: NaiveDate) -> NaiveDate {
    day - Days::new(day.weekday().num_days_from_monday().into())
}

/// What something takes up of a day, in minutes from midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    from: u32,
    to: u32,
}

impl Stretch {
    /// From one minute to another of the same day, but never less than can be read.
    #[must_use]
    pub fn new(from: u32, to: u32) -> Self {
        let from = from.min(DAY - SHORTEST);
        Self { from, to: to.clamp(from + SHORTEST, DAY) }
    }

    /// The quarter of an hour from which it is drawn, counted from an hour, and how many it takes.
    #[must_use]
    pub const fn quarters(self, from_hour: u32) -> (u32, u32) {
        let first = self.from / 15;
        (first - from_hour * 4, self.to.div_ceil(15) - first)
    }

    /// The hours that it touches: the first, and the one at which the last ends.
    #[must_use]
    pub const fn hours(self) -> (u32, u32) {
        (self.from / 60, self.to.div_ceil(60))
    }
}

/// Where something stands among what overlaps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Counted from the left, from 0.
    pub at: usize,
    /// How many there are side by side, at most [`LANES`].
    pub of: usize,
}

/// Something drawn on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// The one of that index.
    One(usize, Stretch, Lane),
    /// So many that had no room.
    More(usize, Stretch, Lane),
}

/// Puts what overlaps side by side; `all` is in order of start. What does not fit into [`LANES`] columns becomes one.
#[must_use]
pub fn draw(all: &[Stretch]) -> Vec<Drawn> {
    let mut drawn = Vec::new();
    let mut begin = 0;
    while begin < all.len() {
        let mut until = all[begin].to;
        let mut end = begin + 1;
        while end < all.len() && all[end].from < until {
            until = until.max(all[end].to);
            end += 1;
        }
        draw_crowd(all, begin..end, &mut drawn);
        begin = end;
    }
    drawn
}

/// Those that overlap each other, directly or through others.
fn draw_crowd(all: &[Stretch], crowd: std::ops::Range<usize>, drawn: &mut Vec<Drawn>) {
    let mut free: Vec<u32> = Vec::new();
    let mut places = Vec::new();
    for index in crowd {
        let stretch = all[index];
        let at = free.iter().position(|until| *until <= stretch.from).unwrap_or(free.len());
        if at == free.len() {
            free.push(0);
        }
        free[at] = stretch.to;
        places.push((index, at));
    }
    let of = free.len().min(LANES);
    let fits = |at: usize| free.len() <= LANES || at < LANES - 1;
    let mut hidden: Vec<Stretch> = Vec::new();
    for (index, at) in places {
        if fits(at) {
            drawn.push(Drawn::One(index, all[index], Lane { at, of }));
        } else {
            hidden.push(all[index]);
        }
    }
    let from = hidden.iter().map(|stretch| stretch.from).min();
    let to = hidden.iter().map(|stretch| stretch.to).max();
    if let (Some(from), Some(to)) = (from, to) {
        drawn.push(Drawn::More(hidden.len(), Stretch { from, to }, Lane { at: LANES - 1, of }));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(from: u32, to: u32) -> Stretch {
        Stretch::new(from, to)
    }

    #[test]
    fn what_overlaps_stands_side_by_side_and_nothing_else_does() {
        let drawn = draw(&[at(540, 660), at(600, 720), at(660, 700), at(720, 780)]);
        let lanes: Vec<_> = drawn
            .iter()
            .map(|one| match one {
                Drawn::One(index, _, lane) => (*index, lane.at, lane.of),
                Drawn::More(..) => unreachable!("four have room"),
            })
            .collect();
        assert_eq!(lanes, [(0, 0, 2), (1, 1, 2), (2, 0, 2), (3, 0, 1)]);
    }

    #[test]
    fn a_crowd_keeps_three_and_counts_the_rest() {
        let all = vec![at(540, 600); 9];
        let drawn = draw(&all);
        assert_eq!(drawn.len(), 4);
        assert_eq!(drawn[3], Drawn::More(6, at(540, 600), Lane { at: 3, of: 4 }));
    }

    #[test]
    fn the_shortest_and_the_latest_can_be_read() {
        assert_eq!(at(540, 545).quarters(8), (4, 2));
        assert_eq!(at(1439, 1440).quarters(0), (94, 2));
        assert_eq!(at(0, 1440).quarters(0), (0, 96));
        assert_eq!(at(547, 605).hours(), (9, 11));
        assert_eq!(monday("2024-05-19".parse().unwrap()).to_string(), "2024-05-13");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_covers_another(mut raw in proptest::collection::vec((0_u32..1440, 1_u32..600), 0..40)) {
            raw.sort_unstable();
            let all: Vec<_> = raw.iter().map(|(from, length)| at(*from, from + length)).collect();
            let mut sorted = all.clone();
            sorted.sort_by_key(|stretch| stretch.from);
            let drawn = draw(&sorted);
            let shown: usize = drawn.iter().map(|one| match one { Drawn::One(..) => 1, Drawn::More(n, ..) => *n }).sum();
            prop_assert_eq!(shown, sorted.len());
            for (i, a) in drawn.iter().enumerate() {
                for b in &drawn[i + 1..] {
                    if let (Drawn::One(_, x, p), Drawn::One(_, y, q)) = (a, b) {
                        let overlap = x.from < y.to && y.from < x.to;
                        prop_assert!(!overlap || (p.of == q.of && p.at != q.at));
                    }
                }
            }
        }
    }
}
