//! Check-ins, rosters and attendance over HTTP.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use entity::id::SessionId;
use entity::state::{AnswerStatus, AttendanceStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{CheckInBody, OfflineBody, OfflineResult, answer, results};
use super::{Eyes, Record, RollRow, Story, history, offset_text, own_word, roll, set};
use crate::access::Actor;
use crate::error::{Code, Error, Result};
use crate::people::OrgTree;
use crate::scheduling::{answer as answers, session as sitting, session_for};
use crate::state::App;
use crate::web::{Caller, Items, Json, Path, Query, ToCheckIn, ToManage, ToRead};

/// How many lines one part of a list has.
const PART: usize = 1_000;

/// The routes of attendance.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(check_in))
        .routes(routes!(check_in_many))
        .routes(routes!(roster))
        .routes(routes!(attendance))
        .routes(routes!(set_attendance))
        .routes(routes!(ask_leave))
        .routes(routes!(grant_leave))
        .routes(routes!(refuse_leave))
}

/// Takes the note out of a record unless the person is one of the caller's own. Few records have one, so little is read.
async fn cover(app: &App, actor: &Actor, record: &mut Record) -> Result<()> {
    if record.note.is_none() {
        return Ok(());
    }
    let id = record.session_id.parse().map(SessionId).map_err(Error::internal)?;
    let (event, _) = session_for(app.db.read(), actor, id).await?;
    let tree = OrgTree::load(app.db.read()).await?;
    Eyes::new(&tree, actor, &event).cover_record(record);
    Ok(())
}

/// Checks one person in. 201 with the record, which is on disk; 200 already checked in, with the record as it now
/// stands.
#[utoipa::path(post, path = "/sessions/{id}/check-ins", tag = "attendance", params(("id" = String, Path)),
    request_body = CheckInBody,
    responses((status = 201, body = Record), (status = 200, body = Record, description = "Already checked in"),
        (status = 403, description = "Not invited, and walk-ins are not allowed"),
        (status = 409, description = "Too early, closed, cancelled, or the nonce was used with another body"),
        (status = 410, description = "The code has run out")))]
async fn check_in(
    State(app): State<App>,
    caller: Caller<ToCheckIn>,
    Path(id): Path<i64>,
    Json(body): Json<CheckInBody>,
) -> Result<(StatusCode, Json<Record>)> {
    let check_in = body.read(SessionId(id), caller.actor.clone())?;
    let mut recorded = app.check_ins.record(check_in, app.now()).await?;
    cover(&app, &caller.actor, &mut recorded.record).await?;
    let status = StatusCode::from_u16(answer(recorded.status)).map_err(Error::internal)?;
    Ok((status, Json(recorded.record)))
}

/// Checks in many at once, from a device that was offline. Each is answered on its own, in order: a good one stands
/// whatever its neighbours are.
#[utoipa::path(post, path = "/check-ins", tag = "attendance", request_body = OfflineBody,
    responses((status = 200, body = OfflineResults)))]
async fn check_in_many(
    State(app): State<App>,
    caller: Caller<ToCheckIn>,
    Json(body): Json<OfflineBody>,
) -> Result<Json<OfflineResults>> {
    let (items, good) = body.read(&caller.actor)?;
    let mut answers = app.check_ins.record_all(good, app.now()).await;
    for recorded in answers.iter_mut().flatten() {
        cover(&app, &caller.actor, &mut recorded.record).await?;
    }
    Ok(Json(OfflineResults { results: results(items, answers) }))
}

/// The answers, in the order of what was sent.
#[derive(Debug, Serialize, ToSchema)]
struct OfflineResults {
    results: Vec<OfflineResult>,
}

/// Which part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Part {
    /// `next` of the part before.
    cursor: Option<String>,
}

impl Part {
    /// The rows after the cursor, at most a part; `number` is what they are sorted by.
    fn of<T>(&self, rows: Vec<T>, number: impl Fn(&T) -> &str) -> (Vec<T>, Option<String>) {
        let after = self.cursor.as_deref().unwrap_or_default();
        let mut rows: Vec<T> = rows.into_iter().filter(|row| after.is_empty() || number(row) > after).collect();
        let more = rows.len() > PART;
        rows.truncate(PART);
        let next = rows.last().filter(|_| more).map(|row| number(row).to_owned());
        (rows, next)
    }
}

/// Somebody of the roster, or a walk-in.
#[derive(Debug, Serialize, ToSchema)]
struct RosterItem {
    /// Opaque.
    person_id: String,
    /// Staff number.
    staff_no: String,
    /// As shown.
    name: String,
    /// Whom they were under on the session's day.
    org_code: Option<String>,
    /// Null before anything is known.
    #[schema(value_type = Option<String>)]
    status: Option<AttendanceStatus>,
    /// RFC 3339 with offset.
    checked_in_at: Option<String>,
    /// How that was learned.
    method: Option<String>,
    /// What they said to their invitation: `accepted`, `declined`, `tentative`; null before they did, and after a new
    /// time or place.
    #[schema(value_type = Option<String>, example = "accepted")]
    answer: Option<AnswerStatus>,
    /// Whether they came without being on the roster.
    walk_in: bool,
}

/// Who must attend a session, and who came besides.
#[utoipa::path(get, path = "/sessions/{id}/roster", tag = "attendance", params(("id" = String, Path), Part),
    responses((status = 200, body = Items<RosterItem>)))]
async fn roster(
    State(app): State<App>,
    caller: Caller<()>,
    Path(id): Path<i64>,
    Query(part): Query<Part>,
) -> Result<Json<Items<RosterItem>>> {
    let db = app.db.read();
    let (event, session) = session_for(db, &caller.actor, SessionId(id)).await?;
    let rows = roll(db, &event, &session, &OrgTree::load(db).await?, app.now()).await?;
    let answers = answers::of_session(db, session.id).await?;
    let zone = sitting::span(&session).zone;
    let (rows, next) = part.of(rows, |row: &RollRow| &row.staff_no);
    let items = rows
        .into_iter()
        .map(|row| RosterItem {
            person_id: row.person_id.to_string(),
            staff_no: row.staff_no,
            name: row.name,
            org_code: row.org_code,
            status: row.status,
            checked_in_at: row.checked_in_at.map(|at| offset_text(zone, at)),
            method: row.method,
            answer: answers.get(&row.person_id).map(|answer| answer.status),
            walk_in: row.walk_in,
        })
        .collect();
    Ok(Json(Items { items, next }))
}

/// One state that an attendance took.
#[derive(Debug, Serialize, ToSchema)]
struct PastItem {
    /// What it said.
    #[schema(value_type = String)]
    status: AttendanceStatus,
    /// Since when.
    at: DateTime<Utc>,
    /// Who said so.
    by: String,
    /// As given.
    reason: Option<String>,
}

/// One person's attendance with its history.
#[derive(Debug, Serialize, ToSchema)]
struct AttendanceItem {
    #[serde(flatten)]
    record: Record,
    /// Every state that it took, the present one last.
    history: Vec<PastItem>,
}

/// What became of whom in a session, with every earlier state.
#[utoipa::path(get, path = "/sessions/{id}/attendance", tag = "attendance", params(("id" = String, Path), Part),
    responses((status = 200, body = Items<AttendanceItem>)))]
async fn attendance(
    State(app): State<App>,
    caller: Caller<ToRead>,
    Path(id): Path<i64>,
    Query(part): Query<Part>,
) -> Result<Json<Items<AttendanceItem>>> {
    let db = app.db.read();
    let (event, session) = session_for(db, &caller.actor, SessionId(id)).await?;
    let tree = OrgTree::load(db).await?;
    let zone = sitting::span(&session).zone;
    let mut stories = history(db, &event, &session, &tree).await?;
    Eyes::new(&tree, &caller.actor, &event).cover_stories(&mut stories);
    let (stories, next) = part.of(stories, |story: &Story| &story.guest.staff_no);
    let items = stories
        .into_iter()
        .map(|story| AttendanceItem {
            record: Record::new((session.id, &session.key, zone), &story.guest, story.present()),
            history: story.states.into_iter().map(PastItem::from).collect(),
        })
        .collect();
    Ok(Json(Items { items, next }))
}

impl From<super::Past> for PastItem {
    fn from(past: super::Past) -> Self {
        Self { status: past.state.status, at: past.at, by: past.by, reason: past.state.note }
    }
}

/// An organiser's word.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct SetBody {
    /// `present`, `late`, `left_early`, `excused`, `made_up`, `absent` or `exempt`; off the roster only the first three.
    #[schema(required = true)]
    status: String,
    /// Why; kept in the history.
    note: Option<String>,
}

/// Says what became of one person: stands above check-ins.
#[utoipa::path(put, path = "/sessions/{id}/attendance/{staff_no}", tag = "attendance",
    params(("id" = String, Path), ("staff_no" = String, Path)), request_body = SetBody,
    responses((status = 200, body = Record)))]
async fn set_attendance(
    State(app): State<App>,
    caller: Caller<ToManage>,
    Path((id, staff_no)): Path<(i64, String)>,
    Json(body): Json<SetBody>,
) -> Result<Json<Record>> {
    let status = body.status.parse().map_err(|_| Error::field("status", "unknown-status"))?;
    let tx = app.db.begin().await?;
    let (event, session) = session_for(&tx, &caller.actor, SessionId(id)).await?;
    let tree = OrgTree::load(&tx).await?;
    let eyes = Eyes::new(&tree, &caller.actor, &event);
    let said = body.note.is_some();
    let note = own_word(&tx, eyes, &session, &staff_no, body.note).await?;
    let mut record = set(&tx, &caller.actor.name, &event, &session, &staff_no, status, note, app.now()).await?;
    tx.commit().await?;
    if !said {
        eyes.cover_record(&mut record);
    }
    Ok(Json(record))
}

/// Asks for leave.
#[utoipa::path(post, path = "/sessions/{id}/leaves", tag = "leave", params(("id" = String, Path)),
    responses((status = 501, description = "Not available yet")))]
async fn ask_leave(_: Caller<ToManage>, _: Path<i64>) -> Error {
    Error::new(Code::NotImplemented)
}

/// Grants leave.
#[utoipa::path(post, path = "/leaves/{id}/grant", tag = "leave", params(("id" = String, Path)),
    responses((status = 501, description = "Not available yet")))]
async fn grant_leave(_: Caller<ToManage>, _: Path<i64>) -> Error {
    Error::new(Code::NotImplemented)
}

/// Refuses leave.
#[utoipa::path(post, path = "/leaves/{id}/refuse", tag = "leave", params(("id" = String, Path)),
    responses((status = 501, description = "Not available yet")))]
async fn refuse_leave(_: Caller<ToManage>, _: Path<i64>) -> Error {
    Error::new(Code::NotImplemented)
}
