//! Where a sitting of one year lies in another. Pure.
//!
//! It keeps its place: the same weekday of the month, counted, or the month's end, or its day of an observance. From
//! there it moves to the nearest working day, within its quarter where there is one, for what is counted by quarters
//! must stay in them.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::Ground;
use super::tie::Tie;

/// What gave a sitting its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The n-th such weekday of the month, as before.
    NthWeekday {
        /// Counted from 1.
        nth: u8,
        /// Which.
        weekday: Weekday,
        /// Of which month.
        month: u32,
    },
    /// It was the fifth, or is one that the month no longer has: the last such weekday.
    LastWeekday {
        /// Which.
        weekday: Weekday,
        /// Of which month.
        month: u32,
    },
    /// It was the last day of its month, or the last but for a weekend.
    MonthEnd {
        /// Of which month.
        month: u32,
    },
    /// Its day of the observance that it is held for.
    Observance,
    /// So many working days after the sitting before it, as before; 0 is the same day.
    After(u32),
    /// The rule of its series.
    Rule,
    /// Somebody chose the day.
    ByHand,
}

/// What moved a sitting from its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// From where.
    pub from: NaiveDate,
    /// The holiday that a notice names there; None is a weekend, or a day inside that is off.
    pub holiday: Option<String>,
}

/// The days of a sitting in the new year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// First day.
    pub first: NaiveDate,
    /// Last day; the first again of one day.
    pub last: NaiveDate,
    /// What gave it its place.
    pub why: Why,
    /// What moved it from there, if anything did.
    pub moved: Option<Moved>,
}

/// How a sitting lies: how many days it has beyond its first, and whether none of its days was a day off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Days beyond the first.
    pub more: u64,
    /// Whether it lay on working days alone.
    pub working: bool,
}

impl Ground<'_> {
    fn is_off(&self, day: NaiveDate) -> bool {
        self.workdays.is_off(day)
    }

    /// How a sitting of the old year lies.
    pub(super) fn shape(&self, first: NaiveDate, last: NaiveDate) -> Shape {
        let more = u64::try_from((last - first).num_days()).unwrap_or(0);
        Shape { more, working: span(first, more).all(|day| !self.is_off(day)) }
    }

    /// Working days after `from`, up to `to`.
    pub(super) fn gap(&self, from: NaiveDate, to: NaiveDate) -> u32 {
        let days = from.iter_days().skip(1).take_while(|day| *day <= to).filter(|day| !self.is_off(*day)).count();
        u32::try_from(days).unwrap_or(u32::MAX)
    }

    /// Whether a sitting of that shape may begin on `first`: it begins and ends on working days, and has no day off
    /// between where it had none.
    pub(super) fn fits(&self, first: NaiveDate, shape: Shape) -> bool {
        let last = plus(first, shape.more);
        !self.is_off(first)
            && !self.is_off(last)
            && (!shape.working || span(first, shape.more).all(|day| !self.is_off(day)))
    }

    /// The day nearest to `target` of the new year on which the shape fits, those that `best` prefers before all
    /// others; the later of two as near.
    fn nearest(&self, target: NaiveDate, shape: Shape, best: impl Fn(NaiveDate) -> bool) -> Option<NaiveDate> {
        let around = (0..=366).flat_map(|n| {
            let after = target.checked_add_days(Days::new(n));
            let before = target.checked_sub_days(Days::new(n)).filter(|_| n > 0);
            [after, before].into_iter().flatten()
        });
        let good = around
            .filter(|day| day.year() == self.to && plus(*day, shape.more).year() == self.to && self.fits(*day, shape));
        let good: Vec<_> = good.collect();
        good.iter().find(|day| best(**day)).or(good.first()).copied()
    }

    /// The place nearest to `target`; a long sitting that finds no run of working days may span days off inside.
    pub(super) fn settle(&self, target: NaiveDate, shape: Shape, why: Why, best: impl Fn(NaiveDate) -> bool) -> Placed {
        let loose = Shape { working: false, ..shape };
        let first = self.nearest(target, shape, &best).or_else(|| self.nearest(target, loose, &best)).unwrap_or(target);
        let moved = (first != target).then(|| Moved { from: target, holiday: self.holiday(target, shape) });
        Placed { first, last: plus(first, shape.more), why, moved }
    }

    fn holiday(&self, target: NaiveDate, shape: Shape) -> Option<String> {
        let off = span(target, shape.more).find(|day| self.is_off(*day))?;
        self.workdays.holiday(off).map(str::to_owned)
    }

    /// Where a sitting that belongs to no observance lies.
    pub(super) fn own_place(&self, old: NaiveDate, shape: Shape) -> Placed {
        let (target, why) = self.same_place(old);
        self.settle(target, shape, why, |day| quarter(day) == quarter(target))
    }

    pub(super) fn same_place(&self, old: NaiveDate) -> (NaiveDate, Why) {
        let month = old.month();
        let later = old.iter_days().skip(1).take_while(|day| day.month() == month);
        // By weekends alone: a holiday at the month's end was that year's own.
        if later.clone().all(is_weekend) {
            let last = month_end(self.to, month);
            let working = (0..28).filter_map(|n| last.checked_sub_days(Days::new(n))).find(|day| !self.is_off(*day));
            return (working.unwrap_or(last), Why::MonthEnd { month });
        }
        let weekday = old.weekday();
        let nth = u8::try_from(old.day0() / 7 + 1).unwrap_or(5);
        if let Some(day) = NaiveDate::from_weekday_of_month_opt(self.to, month, weekday, nth).filter(|_| nth < 5) {
            return (day, Why::NthWeekday { nth, weekday, month });
        }
        let last =
            [5, 4].into_iter().find_map(|nth| NaiveDate::from_weekday_of_month_opt(self.to, month, weekday, nth));
        (last.unwrap_or(old), Why::LastWeekday { weekday, month })
    }

    /// Where a sitting that belongs to an observance lies: the whole of it where it was the whole, else its day of it.
    pub(super) fn tied_place(&self, (first, last): (NaiveDate, NaiveDate), shape: Shape, tie: &Tie) -> Placed {
        let inside = |day: NaiveDate| tie.new.0 <= day && plus(day, shape.more) <= tie.new.1;
        let is_month = |(from, to): (NaiveDate, NaiveDate)| (to - from).num_days() >= 27;
        let Some(old) = tie.old else {
            let target =
                if is_month(tie.new) { self.same_place(first).0.clamp(tie.new.0, tie.new.1) } else { tie.new.0 };
            return self.settle(target, shape, Why::Observance, inside);
        };
        if (first, last) == old && first != last {
            let days = || span(tie.new.0, u64::try_from((tie.new.1 - tie.new.0).num_days()).unwrap_or(0));
            let mut working = days().filter(|day| !self.is_off(*day));
            if let Some(begin) = working.next() {
                let end = working.last().unwrap_or(begin);
                let moved = (begin != tie.new.0 || end != tie.new.1)
                    .then(|| Moved { from: tie.new.0, holiday: self.workdays.holiday(tie.new.0).map(str::to_owned) });
                return Placed { first: begin, last: end, why: Why::Observance, moved };
            }
        }
        let target = if is_month(old) {
            // Of a whole month it is the weekday that people keep.
            self.same_place(first).0.clamp(tie.new.0, tie.new.1)
        } else {
            let target = tie.new.0 + (first - old.0);
            if (old.0..=old.1).contains(&first) { target.min(tie.new.1) } else { target }
        };
        self.settle(target, shape, Why::Observance, inside)
    }

    /// The first day from `gap` working days after `day` on, 0 being that day, on which the shape fits.
    pub(super) fn after(&self, day: NaiveDate, gap: u32, shape: Shape) -> Placed {
        let mut from = day;
        for _ in 0..gap {
            from = self.workdays.after(from);
        }
        let fitting = |shape| from.iter_days().take(62).find(|day| self.fits(*day, shape));
        let first = fitting(shape).or_else(|| fitting(Shape { working: false, ..shape })).unwrap_or(from);
        let moved = (first != from).then_some(Moved { from, holiday: None });
        Placed { first, last: plus(first, shape.more), why: Why::After(gap), moved }
    }
}

fn span(first: NaiveDate, more: u64) -> impl Iterator<Item = NaiveDate> {
    first.iter_days().take(usize::try_from(more).unwrap_or(usize::MAX).saturating_add(1))
}

/// So many days later; the last day that there is beyond that.
pub(super) fn plus(day: NaiveDate, more: u64) -> NaiveDate {
    day.checked_add_days(Days::new(more)).unwrap_or(NaiveDate::MAX)
}

fn quarter(day: NaiveDate) -> (i32, u32) {
    (day.year(), day.month0() / 3)
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

fn month_end(year: i32, month: u32) -> NaiveDate {
    let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    NaiveDate::from_ymd_opt(next.0, next.1, 1).and_then(|day| day.pred_opt()).unwrap_or(NaiveDate::MAX)
}
