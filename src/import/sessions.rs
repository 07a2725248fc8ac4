//! sessions.csv: sittings of events. What has begun gets its roster here (contract.md, "Words": roster).

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use entity::id::EventId;
use entity::state::SessionStatus;
use entity::{event, session};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel,
    QueryFilter,
};

use super::columns::File;
use super::run::{CHUNK, Count, Ground, Import, Notify};
use super::sheet::{RowReader, Sheet};
use super::{Known, Reason, known, rosters, value};
use crate::dates::Zone;
use crate::error::Result;

struct SessionRow {
    line: u64,
    key: String,
    event: EventId,
    zone: Zone,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    all_day: bool,
    day: NaiveDate,
    status: SessionStatus,
}

/// Takes the file in.
pub async fn take<C: ConnectionTrait>(import: &mut Import<'_, C>, sheet: &Sheet) -> Result<Count> {
    let mut rows = Vec::new();
    for row in sheet.rows() {
        let mut cells = sheet.reader(row, &mut import.problems);
        let key = cells.text("session_key").to_owned();
        let read = read_row(&import.known, &mut cells);
        match (read, cells.done()) {
            (Some(read), true) => rows.push(read),
            _ => import.known.mark_bad(File::Sessions, &key),
        }
    }
    for row in rows.iter().filter(|row| row.status == SessionStatus::Held && row.end > import.ground.now) {
        import.notes.push(sheet.problem(row.line, "status", row.status.as_str(), Reason::HeldInFuture));
    }
    let (mut count, mut fresh, mut touched, mut differs) =
        (Count::default(), Vec::new(), BTreeSet::new(), HashSet::new());
    for row in &rows {
        let Some(present) = import.known.sessions.get(&row.key).cloned() else {
            fresh.push(row);
            continue;
        };
        let wanted = onto(row, &present, import.ground);
        if wanted != present {
            touched.extend([present.event_id, wanted.event_id]);
            differs.insert(present.id);
            update(import, &present, wanted).await?;
        }
    }
    for chunk in fresh.chunks(CHUNK) {
        touched.extend(chunk.iter().map(|row| row.event));
        add(import, chunk).await?;
        count.added += chunk.len();
    }
    let new: HashSet<&str> = fresh.iter().map(|row| row.key.as_str()).collect();
    for row in &rows {
        let Some(session) = import.known.sessions.get(&row.key).cloned() else { continue };
        let settled = rosters::settle(import, sheet, row.line, &session).await?;
        if !new.contains(row.key.as_str()) {
            count.add_present(differs.contains(&session.id) || settled == rosters::Settled::Anew);
        }
        if settled != rosters::Settled::AsItWas {
            touched.insert(row.event);
        }
    }
    let touched: Vec<EventId> = touched.into_iter().collect();
    touch_events(import, &touched).await?;
    Ok(count)
}

fn read_row(known: &Known, cells: &mut RowReader<'_>) -> Option<SessionRow> {
    let key = cells.text("session_key").to_owned();
    if let Some(present) = known.sessions.get(&key)
        && known.event_of(present).is_none_or(|event| !known.is_ours(event.host_id))
    {
        cells.bad("session_key", Reason::NotYours);
    }
    let event = known::event_of(known, cells);
    let all_day = cells.parsed("all_day", value::yes_no);
    let status = cells.word("status");
    // Times of a session without its event are read in the usual zone, so that a broken one is told all the same.
    let zone = event.as_ref().and_then(|event| Zone::parse(&event.time_zone).ok());
    let read_in = zone.unwrap_or(Zone(chrono_tz::Asia::Shanghai));
    let (start, end) = match all_day {
        None => (None, None),
        Some(true) => {
            let date = |text: &str| {
                value::date(text).map_err(|_| match value::time(text, read_in) {
                    Ok(_) => Reason::DateWanted,
                    Err(_) => Reason::BadDate,
                })
            };
            match (cells.parsed("starts_at", date), cells.parsed("ends_at", date)) {
                (Some(first), Some(last)) if last >= first => {
                    let (start, end) = read_in.whole_days(first, last);
                    (Some(start), Some(end))
                }
                (Some(_), Some(_)) => {
                    cells.bad("ends_at", Reason::EndBeforeStart);
                    (None, None)
                }
                _ => (None, None),
            }
        }
        Some(false) => {
            let time = |text: &str| value::time(text, read_in);
            let (start, end) = (cells.parsed("starts_at", time), cells.parsed("ends_at", time));
            if let (Some(start), Some(end)) = (start, end)
                && end <= start
            {
                cells.bad("ends_at", Reason::EndBeforeStart);
            }
            (start, end)
        }
    };
    let (start, zone) = (start?, zone?);
    Some(SessionRow {
        line: cells.line(),
        key,
        event: event?.id,
        zone,
        start,
        end: end?,
        all_day: all_day?,
        day: zone.day(start),
        status: status?,
    })
}

/// The session as the row wants it. SEQUENCE grows with its time and status (RFC 5546 section 2.1.4), the revision with
/// anything.
fn onto(row: &SessionRow, present: &session::Model, ground: &Ground<'_>) -> session::Model {
    let mut wanted = session::Model {
        event_id: row.event,
        starts_at: row.start,
        ends_at: row.end,
        all_day: row.all_day,
        time_zone: row.zone.name().to_owned(),
        day: row.day,
        year: row.day.year(),
        status: row.status,
        ..present.clone()
    };
    if wanted == *present {
        return wanted;
    }
    if time(&wanted) != time(present) || wanted.status != present.status {
        wanted.sequence += 1;
        if ground.notify == Notify::Nobody {
            // Nobody has been told how it is now, so nobody is reminded of it.
            wanted.told_at = None;
        }
    }
    wanted.revision += 1;
    wanted.updated_at = ground.now;
    wanted
}

const fn time(session: &session::Model) -> (DateTime<Utc>, DateTime<Utc>, bool) {
    (session.starts_at, session.ends_at, session.all_day)
}

async fn update<C: ConnectionTrait>(
    import: &mut Import<'_, C>,
    present: &session::Model,
    wanted: session::Model,
) -> Result<()> {
    if wanted.sequence != present.sequence {
        import.news.add(present.id);
    }
    if time(&wanted) != time(present) {
        import.news.moved(present.id);
    }
    session::Entity::update(wanted.clone().into_active_model().reset_all()).exec(import.db).await?;
    import.known.sessions.insert(wanted.key.clone(), wanted);
    Ok(())
}

async fn add<C: ConnectionTrait>(import: &mut Import<'_, C>, rows: &[&SessionRow]) -> Result<()> {
    let now = import.ground.now;
    let models = rows.iter().map(|row| session::ActiveModel {
        key: Set(row.key.clone()),
        event_id: Set(row.event),
        uid: Set(uuid::Uuid::new_v4().to_string()),
        starts_at: Set(row.start),
        ends_at: Set(row.end),
        all_day: Set(row.all_day),
        time_zone: Set(row.zone.name().to_owned()),
        day: Set(row.day),
        year: Set(row.day.year()),
        status: Set(row.status),
        title: Set(None),
        location: Set(None),
        sequence: Set(0),
        revision: Set(1),
        told_at: Set(None),
        roster_frozen_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    });
    for model in session::Entity::insert_many(models).exec_with_returning(import.db).await? {
        import.news.add(model.id);
        import.known.sessions.insert(model.key.clone(), model);
    }
    Ok(())
}

/// Events whose sessions changed show something new.
async fn touch_events<C: ConnectionTrait>(import: &mut Import<'_, C>, ids: &[EventId]) -> Result<()> {
    for chunk in ids.chunks(CHUNK) {
        event::Entity::update_many()
            .col_expr(event::Column::Revision, Expr::col(event::Column::Revision).add(1))
            .col_expr(event::Column::UpdatedAt, Expr::value(import.ground.now))
            .filter(event::Column::Id.is_in(chunk.iter().copied()))
            .exec(import.db)
            .await?;
    }
    Ok(())
}
