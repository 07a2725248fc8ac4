//! A column chart as numbers: pure. The template draws it as SVG of our own, whose text stays text and follows the
//! page's colours; a plotting crate would bring fonts and colours of its own.

use serde::Serialize;

/// Height of the plot in user units; columns grow upwards from its lower edge.
pub const HEIGHT: i64 = 180;

/// One column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// Left edge in thousandths of the width.
    pub x: i64,
    /// Middle in thousandths of the width.
    pub middle: i64,
    /// Upper edge.
    pub y: i64,
    /// Height.
    pub height: i64,
    /// What it shows.
    pub value: i64,
}

/// A line across the plot with its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Where.
    pub y: i64,
    /// What it stands for.
    pub value: i64,
}

/// Columns side by side and the lines behind them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chart {
    /// From left to right.
    pub columns: Vec<Column>,
    /// From the lowest, without that of zero.
    pub lines: Vec<Line>,
    /// Width of every column in thousandths of the whole.
    pub width: i64,
}

/// A chart of these values, from left to right; negative ones stand as zero.
#[must_use]
pub fn columns(values: &[i64]) -> Chart {
    let count = i64::try_from(values.len()).unwrap_or(i64::MAX).max(1);
    let most = values.iter().copied().max().unwrap_or(0).max(0);
    let step = step(most);
    let top = (most + step - 1).div_euclid(step).max(1) * step;
    let room = 1000 / count;
    let width = room * 6 / 10;
    let height = |value: i64| value.max(0) * HEIGHT / top;
    let column = |(at, &value): (usize, &i64)| {
        let left = i64::try_from(at).unwrap_or(0) * 1000 / count;
        let height = height(value);
        Column { x: left + (room - width) / 2, middle: left + room / 2, y: HEIGHT - height, height, value }
    };
    let lines = (1..=top / step).map(|n| Line { y: HEIGHT - height(n * step), value: n * step });
    Chart { columns: values.iter().enumerate().map(column).collect(), lines: lines.collect(), width }
}

/// 1, 2 or 5 times a power of ten, such that at most five steps reach `most`.
fn step(most: i64) -> i64 {
    let mut power = 1_i64;
    loop {
        for step in [1, 2, 5].map(|n| n * power) {
            if step * 5 >= most {
                return step;
            }
        }
        let Some(next) = power.checked_mul(10).filter(|next| *next < i64::MAX / 50) else { return power };
        power = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_stand_at_round_numbers() {
        let chart = columns(&[0, 3, 7, 12]);
        assert_eq!(chart.lines.iter().map(|line| line.value).collect::<Vec<_>>(), [5, 10, 15]);
        assert_eq!((chart.columns[3].y, chart.columns[3].height), (36, 144));
        assert_eq!(columns(&[]).columns, []);
    }

    proptest! {
        #[test]
        fn every_column_lies_inside_and_grows_with_its_value(values in prop::collection::vec(0_i64..1_000_000, 1..13)) {
            let chart = columns(&values);
            prop_assert!(chart.lines.len() <= 5);
            for (column, &value) in chart.columns.iter().zip(&values) {
                prop_assert!(column.x >= 0 && column.x + chart.width <= 1000 && column.y >= 0);
                prop_assert_eq!(column.y + column.height, HEIGHT);
                prop_assert_eq!(column.value, value);
            }
            for (a, b) in chart.columns.iter().zip(&chart.columns[1..]) {
                prop_assert!(a.value <= b.value || a.height >= b.height);
                prop_assert!(a.x + chart.width <= b.x);
            }
        }
    }
}
