//! What an event consists of, as pages show it.

use std::collections::HashMap;

use entity::checklist_item;
use entity::id::SessionId;
use entity::session;
use entity::state::ChecklistKind;
use minijinja::{Value, context};

use super::{Material, agenda_of, checklist_of, materials_of, starts};
use crate::access::deeds;
use crate::error::Result;
use crate::scheduling::{Whole, session as sitting};
use crate::view::format;
use crate::web::Page;

/// Everything of an event, with the agenda and minutes of one of its sittings.
pub async fn contents(page: &Page, whole: &Whole, chosen: Option<&session::Model>) -> Result<Value> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let several = whole.sessions.len() > 1;
    let when: HashMap<SessionId, String> =
        whole.sessions.iter().map(|row| (row.id, format::span(page.lang, &sitting::span(row), now))).collect();
    let of = |session: Option<SessionId>| session.filter(|_| several).and_then(|id| when.get(&id).cloned());
    let here = |session: Option<SessionId>| session.is_none_or(|id| chosen.is_some_and(|row| row.id == id));
    let speakers: Vec<_> = whole
        .speakers
        .iter()
        .map(|one| {
            context! {
                name => one.row.name.as_str(), title => one.row.title.as_str(), session => of(one.row.session_id),
                here => here(one.row.session_id),
            }
        })
        .collect();
    let materials = materials_of(db, [whole.event.id]).await?;
    let materials: Vec<_> =
        materials.iter().map(|one| context! { session => of(one.row.session_id), ..material(one) }).collect();
    Ok(context! {
        speakers, materials,
        agenda => match chosen { Some(row) => Some(agenda(page, row).await?), None => None },
        checklist => checklist(page, &checklist_of(db, whole.event.id).await?).await?,
    })
}

/// One material: where it leads, and what it is.
#[must_use]
pub fn material(one: &Material) -> Value {
    let row = &one.row;
    let file = format!("/events/{}/materials/{}/file", row.event_id, row.id);
    context! {
        id => row.id.0, title => row.title.as_str(),
        href => row.url.clone().unwrap_or(file),
        link => row.url.is_some(),
        name => row.file_name.clone().filter(|name| *name != row.title),
        size => one.size.map(size),
    }
}

/// A size as people read it: `820 B`, `64 KB`, `3.2 MB`.
fn size(octets: i64) -> String {
    match octets {
        ..1_024 => format!("{octets} B"),
        1_024..1_048_576 => format!("{} KB", octets / 1_024),
        _ => {
            let tenths = octets.saturating_mul(10) / 1_048_576;
            format!("{}.{} MB", tenths / 10, tenths % 10)
        }
    }
}

async fn agenda(page: &Page, row: &session::Model) -> Result<Value> {
    let span = sitting::span(row);
    let items = agenda_of(page.app.db.read(), [row.id]).await?;
    let starts = starts(&span, items.iter().map(|item| item.minutes));
    let total: i64 = items.iter().filter_map(|item| item.minutes).map(i64::from).sum();
    let length = (span.end - span.start).num_minutes();
    let shown: Vec<_> = items
        .iter()
        .zip(starts)
        .map(|(item, start)| {
            context! {
                title => item.title.as_str(), reporter => item.reporter.as_str(), note => item.note.as_str(),
                minutes => item.minutes, start => start.map(|at| format::clock(span.zone, at)),
                kind => item.kind.as_ref().map(|key| page.app.kinds.name(key, page.lang).to_owned()),
            }
        })
        .collect();
    Ok(context! {
        session => row.id.0, when => format::span(page.lang, &span, page.app.now()),
        items => shown, minutes => row.minutes.as_str(), total, length,
        over => !span.all_day && total > length,
    })
}

async fn checklist(page: &Page, rows: &[checklist_item::Model]) -> Result<Value> {
    let names = deeds::names(page.app.db.read(), rows.iter().filter_map(|row| row.done_by.as_deref())).await?;
    let (zone, now) = (page.app.config.zone(), page.app.now());
    let item = |row: &checklist_item::Model| {
        let by = row.done_by.as_ref().map(|by| names.get(by).cloned().unwrap_or_else(|| by.clone()));
        context! {
            id => row.id.0, text => row.text.as_str(), done => row.done_at.is_some(), by,
            at => row.done_at.map(|at| format::moment(page.lang, zone, at, now)),
        }
    };
    let of = |kind| rows.iter().filter(|row| row.kind == kind).map(item).collect::<Vec<_>>();
    Ok(context! {
        tasks => of(ChecklistKind::Task), take => of(ChecklistKind::Take),
        done => rows.iter().filter(|row| row.done_at.is_some()).count(), all => rows.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_read_in_their_unit() {
        for (octets, text) in
            [(0, "0 B"), (1_023, "1023 B"), (65_536, "64 KB"), (3_355_444, "3.2 MB"), (20_971_520, "20.0 MB")]
        {
            assert_eq!(size(octets), text);
        }
    }
}
