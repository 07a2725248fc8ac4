//! attendance.csv: what became of people in sessions. An earlier state goes into the history; an organiser's word, and
//! a check-in, given since the last import stands, and the row is noted (contract.md, "Files"): what a file says was
//! known before it was written, and nothing that was confirmed to somebody's face is taken back by it.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::id::{OrganisationId, PersonId, SessionId};
use entity::state::{AttendanceStatus, Word};
use entity::{attendance, attendance_change, roster_entry, session};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::run::{CHUNK, Count, Import, Notify};
use super::sheet::{RowReader, Sheet};
use super::{Known, Reason, known, value};
use crate::dates::Zone;
use crate::db::insert_all;
use crate::error::Result;
use crate::scheduling::{Afterwards, afterwards, roster};

type Place = (SessionId, PersonId);
/// Who is on the roster of each session, and whom they are under.
type Rosters = HashMap<SessionId, HashMap<PersonId, OrganisationId>>;

struct AttendanceRow {
    line: u64,
    session: session::Model,
    person: PersonId,
    organisation: Option<OrganisationId>,
    status: AttendanceStatus,
    at: Option<DateTime<Utc>>,
    note: Option<String>,
}

/// Takes the file in.
pub async fn take<C: ConnectionTrait>(import: &mut Import<'_, C>, sheet: &Sheet) -> Result<Count> {
    let sessions: BTreeSet<SessionId> = {
        let keys: HashSet<&str> = sheet.rows().iter().map(|row| sheet.cell(row, "session_key")).collect();
        keys.into_iter().filter_map(|key| import.known.session(key).ok()).map(|(session, _)| session.id).collect()
    };
    let sessions: Vec<SessionId> = sessions.into_iter().collect();
    let rosters = load_rosters(import, &sessions).await?;
    let (mut rows, mut seen) = (Vec::new(), HashSet::new());
    for row in sheet.rows() {
        let mut cells = sheet.reader(row, &mut import.problems);
        let read = read_row(&import.known, &rosters, &mut cells);
        if let (Some(read), true) = (read, cells.done()) {
            // Two numbers of one file may have become one person since it was written.
            if seen.insert((read.session.id, read.person)) {
                rows.push(read);
            } else {
                let number = sheet.cell(row, "staff_no");
                import.notes.push(sheet.problem(row.line, "staff_no", number, Reason::MergedNumber));
            }
        }
    }
    let mut present = HashMap::new();
    for chunk in sessions.chunks(CHUNK) {
        let mine = attendance::Column::SessionId.is_in(chunk.iter().copied());
        for row in attendance::Entity::find().filter(mine).all(import.db).await? {
            present.insert((row.session_id, row.person_id), row);
        }
    }
    write(import, sheet, &rows, present).await
}

async fn load_rosters<C: ConnectionTrait>(import: &Import<'_, C>, sessions: &[SessionId]) -> Result<Rosters> {
    let mut rosters = Rosters::new();
    for chunk in sessions.chunks(CHUNK) {
        let mine = roster_entry::Column::SessionId.is_in(chunk.iter().copied());
        for row in roster_entry::Entity::find().filter(mine).all(import.db).await? {
            rosters.entry(row.session_id).or_default().insert(row.person_id, row.organisation_id);
        }
    }
    let wanted: HashSet<_> = sessions.iter().collect();
    let open = import.known.sessions.values().filter(|s| s.roster_frozen_at.is_none() && wanted.contains(&s.id));
    for session in open {
        let Some(event) = import.known.event_of(session) else { continue };
        let rows = roster::of(import.db, event, session).await?;
        rosters.insert(session.id, rows.into_iter().map(|row| (row.person_id, row.organisation_id)).collect());
    }
    Ok(rosters)
}

fn read_row(known: &Known, rosters: &Rosters, cells: &mut RowReader<'_>) -> Option<AttendanceRow> {
    let key = cells.text("session_key");
    let session = match known.session(key) {
        Ok((session, _)) => Some(session),
        Err(reason) => {
            cells.bad("session_key", reason);
            None
        }
    };
    let person = known::person_of(known, cells);
    let status: Option<AttendanceStatus> = cells.word("status");
    let zone = session.and_then(|session| Zone::parse(&session.time_zone).ok());
    let zone = zone.unwrap_or(Zone(chrono_tz::Asia::Shanghai));
    let at = cells.if_any("checked_in_at", |text| value::time(text, zone));
    let (session, person, status) = (session?, person?, status?);
    let on_roster = rosters.get(&session.id).and_then(|roster| roster.get(&person)).copied();
    if on_roster.is_none() && !status.attended() {
        cells.bad("status", Reason::OffRoster);
    }
    let note = cells.text("note");
    Some(AttendanceRow {
        line: cells.line(),
        organisation: on_roster.or_else(|| known.place(person, session.day)),
        session: session.clone(),
        person,
        status,
        at,
        note: (!note.is_empty()).then(|| note.to_owned()),
    })
}

async fn write<C: ConnectionTrait>(
    import: &mut Import<'_, C>,
    sheet: &Sheet,
    rows: &[AttendanceRow],
    mut present: HashMap<Place, attendance::Model>,
) -> Result<Count> {
    let (mut count, mut states, mut history) = (Count::default(), Vec::new(), Vec::new());
    for row in rows {
        let old = present.remove(&(row.session.id, row.person));
        if let Some(old) = &old {
            let says = |status, at: Option<DateTime<Utc>>, note: Option<&str>| {
                (status, at, note.unwrap_or_default().to_owned())
            };
            let same = says(old.status, old.checked_in_at, old.note.as_deref())
                == says(row.status, row.at, row.note.as_deref());
            if old.word != Word::Import {
                count.unchanged += 1;
                if !same {
                    let note = sheet.problem(row.line, "status", row.status.as_str(), Reason::WordStands);
                    import.notes.push(note.about(old.status.as_str()));
                }
                continue;
            }
            if same && old.organisation_id == row.organisation {
                count.unchanged += 1;
                continue;
            }
            count.changed += 1;
            history.push(earlier(old));
        } else {
            count.added += 1;
        }
        states.push(attendance::ActiveModel {
            session_id: Set(row.session.id),
            person_id: Set(row.person),
            organisation_id: Set(row.organisation),
            status: Set(row.status),
            word: Set(Word::Import),
            checked_in_at: Set(row.at),
            method: Set(Some("import".to_owned())),
            note: Set(row.note.clone()),
            recorded_at: Set(import.ground.now),
            recorded_by: Set(import.ground.by.to_owned()),
            ..Default::default()
        });
    }
    insert_all(import.db, history, None).await?;
    if import.ground.notify == Notify::Nobody {
        tell_nobody(import, states.iter().filter_map(|state| state.session_id.try_as_ref().copied()).collect()).await?;
    }
    let replace = OnConflict::columns([attendance::Column::SessionId, attendance::Column::PersonId])
        .update_columns([
            attendance::Column::OrganisationId,
            attendance::Column::Status,
            attendance::Column::Word,
            attendance::Column::CheckedInAt,
            attendance::Column::Method,
            attendance::Column::Note,
            attendance::Column::RecordedAt,
            attendance::Column::RecordedBy,
        ])
        .to_owned();
    insert_all(import.db, states, Some(&replace)).await?;
    Ok(count)
}

/// Who came is known now, and nobody is mailed for it: neither thanks nor what is to be made up.
async fn tell_nobody<C: ConnectionTrait>(import: &Import<'_, C>, which: HashSet<SessionId>) -> Result<()> {
    // After one that nobody was told of nothing is mailed anyway.
    let told = import.known.sessions.values().filter(|row| row.told_at.is_some() && which.contains(&row.id));
    let told: Vec<_> = told.cloned().collect();
    Ok(afterwards::spare(import.db, &told, &[Afterwards::MakeUp, Afterwards::Thanks], import.ground.now).await?)
}

fn earlier(old: &attendance::Model) -> attendance_change::ActiveModel {
    attendance_change::ActiveModel {
        session_id: Set(old.session_id),
        person_id: Set(old.person_id),
        status: Set(old.status),
        word: Set(old.word),
        checked_in_at: Set(old.checked_in_at),
        method: Set(old.method.clone()),
        note: Set(old.note.clone()),
        recorded_at: Set(old.recorded_at),
        recorded_by: Set(old.recorded_by.clone()),
        ..Default::default()
    }
}
