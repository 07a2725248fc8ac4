//! What a request asks of a version that it may have, and in which coding it wants it (RFC 9110). Pure.

use chrono::{DateTime, Utc};

/// A coding of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// As it is.
    Identity,
    /// Packed.
    Gzip,
}

/// The coding that an Accept-Encoding asks for (section 12.5.3): gzip where it is named, or meant by `*`, and not ruled
/// out by `q=0` or by a preference for the plain body.
#[must_use]
pub fn coding(accept: Option<&str>) -> Coding {
    let weights: Vec<(&str, f32)> = accept.unwrap_or_default().split(',').map(weighed).collect();
    let of = |names: &[&str]| weights.iter().find(|(name, _)| names.iter().any(|n| name.eq_ignore_ascii_case(n)));
    let gzip = of(&["gzip", "x-gzip"]).or_else(|| of(&["*"])).map_or(0.0, |(_, weight)| *weight);
    let plain = of(&["identity"]).map_or(0.0, |(_, weight)| *weight);
    if gzip > 0.0 && gzip >= plain { Coding::Gzip } else { Coding::Identity }
}

fn weighed(one: &str) -> (&str, f32) {
    let (name, rest) = one.split_once(';').unwrap_or((one, ""));
    let weight = rest.trim().strip_prefix("q=").or_else(|| rest.trim().strip_prefix("Q="));
    (name.trim(), weight.and_then(|text| text.trim().parse().ok()).unwrap_or(1.0))
}

/// Whether an If-None-Match names one of `tags` (section 13.1.2: any of a list, compared weakly, or `*`); None where the
/// request has none.
#[must_use]
pub fn none_match<'a>(values: impl Iterator<Item = &'a str>, tags: &[&str]) -> Option<bool> {
    let mut asked = None;
    for value in values {
        asked.get_or_insert(false);
        let hit = |one: &str| one == "*" || tags.contains(&one.strip_prefix("W/").unwrap_or(one));
        if value.split(',').map(str::trim).any(hit) {
            return Some(true);
        }
    }
    asked
}

/// Whether what changed last at `modified` is unchanged since the moment that an If-Modified-Since names (section
/// 13.1.3); one that cannot be read asks nothing.
#[must_use]
pub fn unmodified(since: &str, modified: DateTime<Utc>) -> bool {
    DateTime::parse_from_rfc2822(since.trim()).is_ok_and(|since| modified.timestamp() <= since.timestamp())
}

/// A moment as HTTP writes it (section 5.6.7).
#[must_use]
pub fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_given_to_who_takes_it() {
        for yes in ["gzip", "GZIP", "deflate, gzip;q=0.5", "*", "br, x-gzip", "gzip;q=1.0, identity; q=0.5", "*;q=0.1"]
        {
            assert_eq!(coding(Some(yes)), Coding::Gzip, "{yes}");
        }
        for no in ["", "identity", "gzip;q=0", "gzip; q=0, *", "deflate", "gzip;q=0.2, identity;q=0.9", "gzipx"] {
            assert_eq!(coding(Some(no)), Coding::Identity, "{no}");
        }
        assert_eq!(coding(None), Coding::Identity);
    }

    #[test]
    fn a_version_is_known_by_any_tag_of_a_list() {
        let tags = ["\"a\"", "\"a-gzip\""];
        for (asked, known) in [
            (vec!["\"a\""], Some(true)),
            (vec!["\"x\", W/\"a-gzip\""], Some(true)),
            (vec!["\"x\"", "\"a\""], Some(true)),
            (vec!["*"], Some(true)),
            (vec!["\"x\"", "a"], Some(false)),
            (vec![""], Some(false)),
            (vec![], None),
        ] {
            assert_eq!(none_match(asked.iter().copied(), &tags), known, "{asked:?}");
        }
    }

    #[test]
    fn what_changed_within_the_second_counts_as_known() {
        let modified = "2024-03-12T00:00:05.700Z".parse().unwrap();
        assert_eq!(http_date(modified), "Tue, 12 Mar 2024 00:00:05 GMT");
        assert!(unmodified("Tue, 12 Mar 2024 00:00:05 GMT", modified));
        assert!(unmodified("Tue, 12 Mar 2024 00:00:06 GMT", modified));
        assert!(!unmodified("Tue, 12 Mar 2024 00:00:04 GMT", modified));
        assert!(!unmodified("yesterday", modified));
    }
}
