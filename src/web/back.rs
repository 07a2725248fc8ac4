//! Where a reader goes back to: a path of this site, never another one.

/// The path to go back to, if it is one of this site: one slash first, no host (`//evil`, `/\evil`), no control
/// characters that a browser would drop before it looks.
#[must_use]
pub fn local_path(next: &str) -> Option<&str> {
    let mut chars = next.chars();
    let local = chars.next() == Some('/') && !matches!(chars.next(), Some('/' | '\\'));
    (local && next.len() <= 2_000 && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_site_is_never_gone_back_to() {
        for good in ["/", "/events/5?session=3#roster", "/my", "/events?q=%E6%B3%95"] {
            assert_eq!(local_path(good), Some(good));
        }
        for bad in
            ["", "my", "//evil.test", "/\\evil.test", "https://evil.test", "/\t/evil.test", "/a\\b", "/a\r\nX: y"]
        {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
    }
}
