//! Whether the machine has letters for Chinese: for pages and pictures that are printed on it.

use std::io;
use std::process::Command;

use super::Finding;

/// What the machine says of its fonts for Chinese.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fonts {
    /// Their families.
    Known(Vec<String>),
    /// Nobody can be asked.
    Unknown(String),
}

impl Fonts {
    /// Asks fontconfig.
    #[must_use]
    pub fn of_machine() -> Self {
        Self::asked(Command::new("fc-list").args([":lang=zh-cn", "family"]).output())
    }

    fn asked(answer: io::Result<std::process::Output>) -> Self {
        match answer {
            Ok(output) if output.status.success() => {
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                let first = |line: &str| line.split(',').next().unwrap_or_default().trim().to_owned();
                let mut families: Vec<String> = text.lines().map(first).filter(|name| !name.is_empty()).collect();
                families.sort();
                families.dedup();
                Self::Known(families)
            }
            Ok(output) => Self::Unknown(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Self::Unknown(format!("fc-list: {error}")),
        }
    }

    /// The finding.
    pub(super) fn check(&self) -> Finding {
        match self {
            Self::Known(families) if families.is_empty() => Finding::warn("fonts-none"),
            Self::Known(families) => {
                Finding::ok("fonts").with("n", families.len()).with("first", families.first().map_or("", |f| f))
            }
            Self::Unknown(why) => Finding::warn("fonts-unknown").with("why", why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_counted_once_and_their_lack_is_told() {
        let known = |families: &[&str]| Fonts::Known(families.iter().map(|f| (*f).to_owned()).collect());
        assert_eq!(known(&["文泉驿微米黑", "Noto Serif CJK SC"]).check().key, "fonts");
        assert_eq!(known(&[]).check().key, "fonts-none");
        let missing = Fonts::asked(Err(io::Error::new(io::ErrorKind::NotFound, "no such file")));
        assert_eq!(missing.check().key, "fonts-unknown");
        let output = |text: &str| std::process::Output {
            status: std::process::ExitStatus::default(),
            stdout: text.as_bytes().to_vec(),
            stderr: Vec::new(),
        };
        let asked = Fonts::asked(Ok(output("Noto Serif CJK SC,思源宋体\nNoto Serif CJK SC\n黑体\n")));
        assert_eq!(asked, known(&["Noto Serif CJK SC", "黑体"]));
    }
}
