//! Numbers inside titles. Pure.

/// `text` with `number` replaced wherever it stands by itself, not inside a longer number.
#[must_use]
pub fn replace_number(text: &str, number: &str, with: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(number) {
        let (before, found) = rest.split_at(at);
        let after = &found[number.len()..];
        let digit_before = before.chars().next_back().or_else(|| out.chars().next_back()).is_some_and(char::is_numeric);
        let digit_after = after.chars().next().is_some_and(char::is_numeric);
        out.push_str(before);
        out.push_str(if digit_before || digit_after { number } else { with });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_replaced_where_it_stands_alone() {
        for (text, wanted) in [
            ("2024年学法", "2025年学法"),
            ("学法2024", "学法2025"),
            ("第20241号", "第20241号"),
            ("12024", "12024"),
            ("2024、2024", "2025、2025"),
            ("20242024", "20242024"),
            ("", ""),
        ] {
            assert_eq!(replace_number(text, "2024", "2025"), wanted, "{text}");
        }
    }
}
