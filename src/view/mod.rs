//! Rendering: templates that lie beside their domain's code, strict about what is undefined.
//!
//! Every template gets `lang` and `t("key", name=value)` for its texts, `icon("name")`, and `asset("pufa.css")`.

pub mod format;

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior};
use rust_embed::RustEmbed;
use serde::Serialize;

use crate::error::Result;
use crate::locale::Lang;

#[derive(RustEmbed)]
#[folder = "src"]
#[include = "**/*.html"]
#[include = "**/*.txt"]
struct Templates;

/// All templates, read once.
#[derive(Clone)]
pub struct Views(Arc<Environment<'static>>);

impl Views {
    /// Reads every embedded template; fails with the name and line of one that does not parse.
    pub fn load() -> Result<Self> {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_auto_escape_callback(|name| match name.rsplit_once('.') {
            Some((_, "html")) => AutoEscape::Html,
            _ => AutoEscape::None,
        });
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        env.set_syntax(syntax.map_err(crate::error::Error::internal)?);
        env.add_function("t", translate);
        env.add_function("icon", icon);
        env.add_function("asset", |name: &str| crate::web::assets::url(name));
        for name in Templates::iter() {
            let Some(file) = Templates::get(&name) else { continue };
            let text = String::from_utf8_lossy(&file.data).into_owned();
            env.add_template_owned(name.into_owned(), text).map_err(crate::error::Error::internal)?;
        }
        Ok(Self(Arc::new(env)))
    }

    /// Renders a template, such as `scheduling/event.html`, in a language.
    pub fn render(&self, name: &str, lang: Lang, context: impl Serialize) -> Result<String> {
        let context = minijinja::context! { lang => lang.tag(), ..minijinja::value::Serde(context) };
        self.0
            .get_template(name)
            .and_then(|template| template.render(context))
            .map_err(|error| crate::error::Error::internal(format!("template {name}: {error:#}")))
    }

    /// The names of all templates.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.templates().map(|(name, _)| name)
    }
}

/// A text as the value of a query: everything but letters, digits and `-_./` as `%XX`.
#[must_use]
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[expect(clippy::needless_pass_by_value, reason = "minijinja hands arguments over by value")]
fn translate(state: &State<'_, '_>, key: &str, args: Kwargs) -> std::result::Result<String, Error> {
    let lang = state
        .lookup("lang")
        .and_then(|lang| lang.as_str().and_then(Lang::parse))
        .ok_or_else(|| Error::new(ErrorKind::UndefinedError, "no language"))?;
    if !lang.has(key) {
        return Err(Error::new(ErrorKind::UndefinedError, format!("no text {key} in {}", lang.tag())));
    }
    let mut pairs = Vec::new();
    for name in args.args() {
        let value: Value = args.get(name)?;
        let value = match i64::try_from(value.clone()) {
            Ok(number) => fluent::FluentValue::from(number),
            Err(_) => fluent::FluentValue::from(value.to_string()),
        };
        pairs.push((name.to_owned(), value));
    }
    Ok(lang.text_with(key, pairs))
}

fn icon(name: &str) -> Value {
    let url = crate::web::assets::url("icons.svg");
    Value::from_safe_string(format!("<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{url}#{name}\"/></svg>"))
}
