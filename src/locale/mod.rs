//! Languages: which one a reader wants, and every text of the program by key, from the .ftl files beside this one.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use fluent::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Hash)]
pub enum Lang {
    /// Simplified Chinese.
    #[default]
    #[serde(rename = "zh-CN")]
    Zh,
    /// English.
    #[serde(rename = "en")]
    En,
}

#[derive(RustEmbed)]
#[folder = "src/locale"]
#[include = "*.ftl"]
struct Texts;

impl Lang {
    /// Both, Chinese first.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// The BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The language of that tag, if it is one of ours.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.tag() == tag)
    }

    /// The text of `key`; the key itself, and a line in the log, when there is none.
    #[must_use]
    pub fn text(self, key: &str) -> String {
        self.text_with::<&str, String>(key, [])
    }

    /// The text of `key` with its arguments filled in.
    #[must_use]
    pub fn text_with<'a, K: Into<std::borrow::Cow<'a, str>>, V: Into<FluentValue<'a>>>(
        self,
        key: &str,
        args: impl IntoIterator<Item = (K, V)>,
    ) -> String {
        let bundle = &BUNDLES[usize::from(self == Self::En)];
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(key, lang = self.tag(), "no text");
            return key.to_owned();
        };
        let args: FluentArgs<'_> = args.into_iter().collect();
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::error!(key, lang = self.tag(), ?errors, "text with a missing argument");
        }
        text
    }

    /// Whether there is a text of that key.
    #[must_use]
    pub fn has(self, key: &str) -> bool {
        BUNDLES[usize::from(self == Self::En)].has_message(key)
    }

    /// Every key of this language's files.
    #[must_use]
    pub fn keys(self) -> BTreeSet<String> {
        sources(self)
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| line.split_once('=').map(|(key, _)| key.trim().to_owned()))
            .collect()
    }
}

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 2]> = LazyLock::new(|| Lang::ALL.map(bundle));

fn sources(lang: Lang) -> String {
    let folder = format!("{}/", lang.tag());
    let mut files: Vec<_> = Texts::iter().filter(|name| name.starts_with(&folder)).collect();
    files.sort();
    files
        .into_iter()
        .filter_map(|name| Texts::get(&name))
        .map(|file| String::from_utf8_lossy(&file.data).into_owned() + "\n")
        .collect()
}

fn bundle(lang: Lang) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(lang.tag().parse().into_iter().collect());
    // Isolation marks around arguments would show up in copied text and in mails.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(sources(lang)).unwrap_or_else(|(resource, errors)| {
        tracing::error!(?errors, lang = lang.tag(), "texts with errors");
        resource
    });
    if let Err(errors) = bundle.add_resource(resource) {
        tracing::error!(?errors, lang = lang.tag(), "texts given twice");
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_keys_and_parse_whole() {
        assert_eq!(Lang::Zh.keys(), Lang::En.keys());
        for lang in Lang::ALL {
            assert!(FluentResource::try_new(sources(lang)).is_ok(), "{}: a text does not parse", lang.tag());
            for key in lang.keys() {
                assert!(lang.has(&key), "{}: {key}", lang.tag());
            }
            let count = sources(lang).lines().filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase())).count();
            assert_eq!(count, lang.keys().len(), "{}: a key given twice", lang.tag());
        }
    }
}
