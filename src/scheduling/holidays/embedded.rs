//! The notices that come with the program: config/holidays.

use std::sync::LazyLock;

use rust_embed::RustEmbed;

use crate::dates::Notice;

#[derive(RustEmbed)]
#[folder = "config/holidays"]
#[include = "*.toml"]
struct Files;

static NOTICES: LazyLock<Vec<Notice>> = LazyLock::new(|| {
    let mut notices: Vec<_> = Files::iter()
        .filter_map(|name| Some((Files::get(&name)?, name)))
        .filter_map(|(file, name)| match Notice::read(&file.data) {
            Ok(notice) => Some(notice),
            Err(problems) => {
                tracing::error!(%name, ?problems, "a notice that comes with the program cannot be read");
                None
            }
        })
        .collect();
    notices.sort_by_key(|notice| notice.year);
    notices
});

/// The notices that come with the program, by year.
#[must_use]
pub fn embedded() -> &'static [Notice] {
    &NOTICES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_notice_is_read_and_names_its_source() {
        for name in Files::iter() {
            let notice = Notice::read(&Files::get(&name).unwrap().data).unwrap();
            assert_eq!(name, format!("cn-{}.toml", notice.year));
            assert!(notice.source.starts_with("国务院办公厅") && notice.source.contains("\nhttps://www.gov.cn/"));
            assert!(notice.published.is_some());
        }
        assert_eq!(embedded().len(), Files::iter().count());
    }
}
