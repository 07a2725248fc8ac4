//! The figures as a table for README.

use std::fmt::Write;

/// What was measured on one back end, all in check-ins or rows a second.
pub struct Figures {
    /// Bare insert, one row a transaction.
    pub bare_one: f64,
    /// Bare insert, 100 rows a transaction.
    pub bare_hundred: f64,
    /// The empty handler at 1, 16 and 64 connections.
    pub empty: [f64; 3],
    /// The door at 1, 16 and 64 connections.
    pub door: [f64; 3],
}

impl Figures {
    /// A Markdown table; `targets` are the shares of the limit to reach at 1 and at 64 connections.
    pub fn table(&self, name: &str, targets: [f64; 2]) -> String {
        let alone = 1.0 / (1.0 / self.bare_one + 1.0 / self.empty[0]);
        let crowd = self.bare_hundred.min(self.empty[2]);
        let (at_one, at_64) = (self.door[0] / alone, self.door[2] / crowd);
        let mut text = format!("| {name} | 1 | 16 | 64 connections |\n|---|---|---|---|\n");
        let mut line = |name: &str, cells: [String; 3]| {
            writeln!(text, "| {name} | {} |", cells.join(" | ")).expect("a text takes more text");
        };
        let whole = |value: f64| format!("{value:.0}");
        line("bare insert, one a transaction", [whole(self.bare_one), String::new(), String::new()]);
        line("bare insert, 100 a transaction", [String::new(), String::new(), whole(self.bare_hundred)]);
        line("empty handler", self.empty.map(whole));
        line("limit", [whole(alone), String::new(), whole(crowd)]);
        line("**pufa**", self.door.map(|value| format!("**{value:.0}**")));
        let share = |value: f64, target: f64| match target {
            0.0 => format!("{value:.2}"),
            target => format!("{value:.2} (at least {target})"),
        };
        line("of the limit", [share(at_one, targets[0]), String::new(), share(at_64, targets[1])]);
        text
    }
}

/// The middle value.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
