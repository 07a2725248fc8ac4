//! Words with placeholders, and what stands for them. Pure: a placeholder is a name in braces and nothing more, so that
//! no text can run anything or reach anything else.

use crate::error::FieldProblem;

/// What may stand in braces.
pub const PLACEHOLDERS: [&str; 5] = ["title", "when", "place", "host", "name"];

/// What stands for each placeholder in one mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// What it is called.
    pub title: String,
    /// When it is.
    pub when: String,
    /// Where; may be empty.
    pub place: String,
    /// Who asks.
    pub host: String,
    /// To whom the mail goes; may be empty.
    pub name: String,
}

impl Values {
    fn of(&self, placeholder: &str) -> Option<&str> {
        Some(match placeholder {
            "title" => &self.title,
            "when" => &self.when,
            "place" => &self.place,
            "host" => &self.host,
            "name" => &self.name,
            _ => return None,
        })
    }
}

/// A text cut at its braces.
enum Piece<'a> {
    Plain(&'a str),
    Placeholder(&'a str),
    /// A brace without its other half.
    Loose,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        if at > 0 {
            found.push(Piece::Plain(&rest[..at]));
        }
        let inside = &rest[at + 1..];
        let end = inside.find(['{', '}']).filter(|end| rest.as_bytes()[at] == b'{' && inside.as_bytes()[*end] == b'}');
        if let Some(end) = end {
            found.push(Piece::Placeholder(inside[..end].trim()));
            rest = &inside[end + 1..];
        } else {
            found.push(Piece::Loose);
            rest = inside;
        }
    }
    if !rest.is_empty() {
        found.push(Piece::Plain(rest));
    }
    found
}

/// Notes braces that name nothing, or are alone.
pub fn check(field: &str, text: &str, wrong: &mut Vec<FieldProblem>) {
    for piece in pieces(text) {
        match piece {
            Piece::Placeholder(name) if !PLACEHOLDERS.contains(&name) => {
                let name = crate::scheduling::wording::short(name);
                wrong.push(FieldProblem::new(field, "unknown-mail-placeholder").with("value", name));
                return;
            }
            Piece::Loose => {
                wrong.push(FieldProblem::new(field, "loose-brace"));
                return;
            }
            Piece::Plain(_) | Piece::Placeholder(_) => {}
        }
    }
}

/// The text with what stands for its placeholders. What stands there is not looked through again.
#[must_use]
pub fn fill(text: &str, values: &Values) -> String {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Plain(text) => text,
            Piece::Placeholder(name) => values.of(name).unwrap_or_default(),
            Piece::Loose => "",
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values {
            title: "讲座{name}".into(),
            when: "3月20日 09:00".into(),
            place: "三楼".into(),
            host: "县科技局".into(),
            name: "干部KJ01".into(),
        }
    }

    #[test]
    fn placeholders_are_filled_once_and_only_by_what_they_name() {
        assert_eq!(fill("{host}：{ title }，{when}", &values()), "县科技局：讲座{name}，3月20日 09:00");
        assert_eq!(fill("没有", &values()), "没有");
        assert_eq!(fill("{name}{name}", &values()), "干部KJ01干部KJ01");
    }

    #[test]
    fn what_is_no_placeholder_is_refused_and_named() {
        let code = |text: &str| {
            let mut wrong = Vec::new();
            check("lead", text, &mut wrong);
            wrong.pop().map(|problem| problem.code)
        };
        for good in ["", "请参加", "{title}{when}{place}{host}{name}", "{ name }"] {
            assert_eq!(code(good), None, "{good}");
        }
        for unknown in ["{who}", "{}", "{title|safe}", "{{title}}x{y}", "{Title}", "{title.x}", "{7*7}"] {
            assert!(code(unknown).is_some(), "{unknown}");
        }
        for loose in ["{title", "title}", "{", "a } b", "{{title}}"] {
            assert_eq!(code(loose), Some("loose-brace"), "{loose}");
        }
    }
}
