//! Check-ins as requests write them, read into what the domain takes; answers of many as one.

use chrono::{DateTime, Utc};
use entity::id::{PersonId, SessionId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Arrived, CheckIn, Nonce, Record, Recorded, Who};
use crate::access::Actor;
use crate::error::{Code, Error, FieldProblem, Result};
use crate::locale::Lang;
use crate::web::read_json;

/// How many check-ins one request may carry.
const MANY: usize = 1_000;
/// The longest staff number, method, and nonce, in characters.
const NUMBER: usize = 100;
const METHOD: usize = 40;
const NONCE: usize = 200;

/// One check-in: names a person by `staff_no`, `person_id` or `code`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CheckInBody {
    /// A staff number.
    staff_no: Option<String>,
    /// A person's id, as a roster gives it.
    #[schema(value_type = Option<String>)]
    person_id: Option<Id>,
    /// A person's own code.
    code: Option<String>,
    /// When they came, RFC 3339 with offset; left out: now.
    at: Option<String>,
    /// How it was learned; left out: `token`.
    method: Option<String>,
    /// Makes a repetition of the request known: it gets the first answer again.
    nonce: Option<String>,
}

/// An id: given out as a text, taken as a number too.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum Id {
    Text(String),
    Number(i64),
}

impl Id {
    /// Nothing has the id that is none.
    fn number(&self) -> Result<i64> {
        match self {
            Self::Number(id) => Ok(*id),
            Self::Text(text) => text.parse().map_err(|_| Error::new(Code::NotFound)),
        }
    }
}

impl CheckInBody {
    /// What is asked, in the name of `actor`.
    pub(super) fn read(self, session_id: SessionId, actor: Actor) -> Result<CheckIn> {
        let staff_no = self.staff_no.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut wrong = Vec::new();
        check_text(&mut wrong, "staff_no", staff_no.as_deref(), NUMBER);
        check_text(&mut wrong, "method", self.method.as_deref(), METHOD);
        check_text(&mut wrong, "nonce", self.nonce.as_deref(), NONCE);
        let at = match self.at.as_deref().map(DateTime::parse_from_rfc3339) {
            None => None,
            Some(Ok(at)) => Some(at.with_timezone(&Utc)),
            Some(Err(_)) => {
                wrong.push(FieldProblem::new("at", "bad-moment"));
                None
            }
        };
        if staff_no.is_none() && self.person_id.is_none() && self.code.is_none() {
            wrong.push(FieldProblem::new("staff_no", "names-nobody"));
        }
        if !wrong.is_empty() {
            return Err(Error::invalid(wrong));
        }
        if self.code.is_some() {
            // Nobody has been given a code: whatever is presented is none that works.
            return Err(Error::new(Code::Expired));
        }
        let who = match (staff_no, self.person_id) {
            (Some(number), None) => Who::StaffNo(number),
            (Some(number), Some(id)) => Who::Both(number, PersonId(id.number()?)),
            (None, Some(id)) => Who::Person(PersonId(id.number()?)),
            (None, None) => return Err(Error::field("staff_no", "names-nobody")),
        };
        let method = self.method.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        // The same from one device, whether sent at once or later with others.
        let nonce = self.nonce.map(|text| Nonce { scope: format!("check-in:{}", actor.name), text });
        Ok(CheckIn { session_id, who, at, method: method.unwrap_or_else(|| "token".to_owned()), nonce, actor })
    }
}

fn check_text(wrong: &mut Vec<FieldProblem>, field: &'static str, text: Option<&str>, limit: usize) {
    let Some(text) = text else { return };
    if text.chars().count() > limit {
        wrong.push(FieldProblem::new(field, "too-long").with("limit", limit));
    } else if text.chars().any(char::is_control) {
        wrong.push(FieldProblem::new(field, "control-characters"));
    } else if field == "nonce" && text.is_empty() {
        wrong.push(FieldProblem::new(field, "required"));
    }
}

/// Check-ins of a device that was offline.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfflineBody {
    /// At most 1000.
    #[schema(value_type = Vec<OfflineItem>)]
    check_ins: Vec<Value>,
}

/// One check-in of many.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OfflineItem {
    /// A session's id.
    #[schema(value_type = String)]
    session_id: Id,
    /// A staff number.
    staff_no: Option<String>,
    /// A person's id.
    #[schema(value_type = Option<String>)]
    person_id: Option<Id>,
    /// A person's own code.
    code: Option<String>,
    /// When they came, RFC 3339 with offset.
    at: Option<String>,
    /// How it was learned.
    method: Option<String>,
    /// Makes a repetition known.
    nonce: Option<String>,
}

/// What an item of the request came to before anything was written.
pub(super) struct Item {
    nonce: Option<String>,
    /// Why it cannot be read; None: it is among the good ones.
    wrong: Option<Error>,
}

/// The answer to one of many.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OfflineResult {
    /// As sent.
    nonce: Option<String>,
    /// As for one check-in.
    status: u16,
    /// The record, when it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<Record>,
    /// A problem document, when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<Value>,
}

impl OfflineBody {
    /// What stands at each place, and the good ones in order.
    pub(super) fn read(self, actor: &Actor) -> Result<(Vec<Item>, Vec<CheckIn>)> {
        if self.check_ins.len() > MANY {
            let problem = FieldProblem::new("check_ins", "too-many").with("limit", MANY);
            return Err(Error::invalid(vec![problem]));
        }
        let (mut items, mut good) = (Vec::with_capacity(self.check_ins.len()), Vec::new());
        for value in self.check_ins {
            let nonce = value.get("nonce").and_then(Value::as_str).map(ToOwned::to_owned);
            let wrong = match read_item(&value, actor) {
                Ok(check_in) => {
                    good.push(check_in);
                    None
                }
                Err(error) => Some(error),
            };
            items.push(Item { nonce, wrong });
        }
        Ok((items, good))
    }
}

fn read_item(value: &Value, actor: &Actor) -> Result<CheckIn> {
    let item: OfflineItem = read_json(value.to_string().as_bytes())?;
    let OfflineItem { session_id, staff_no, person_id, code, at, method, nonce } = item;
    let body = CheckInBody { staff_no, person_id, code, at, method, nonce };
    let session = session_id.number()?;
    body.read(SessionId(session), actor.clone())
}

/// Puts the answers of the good ones back into their places.
pub(super) fn results(items: Vec<Item>, answers: Vec<Result<Recorded>>) -> Vec<OfflineResult> {
    let mut answers = answers.into_iter();
    items
        .into_iter()
        .map(|item| {
            let answered = match item.wrong {
                Some(error) => Err(error),
                None => answers.next().unwrap_or_else(|| Err(Error::internal("a check-in without an answer"))),
            };
            result(item.nonce, answered)
        })
        .collect()
}

fn result(nonce: Option<String>, answered: Result<Recorded>) -> OfflineResult {
    match answered {
        Ok(recorded) => {
            OfflineResult { nonce, status: answer(recorded.status), record: Some(recorded.record), problem: None }
        }
        Err(error) => {
            if !matches!(error, Error::Problem(_)) {
                tracing::error!(%error, "one check-in of many failed");
            }
            let problem = error.problem();
            let status = problem.code.status().as_u16();
            OfflineResult { nonce, status, record: None, problem: Some(problem.document(Lang::En)) }
        }
    }
}

/// 201 for somebody who came just now, 200 for somebody who was known to have come.
pub(super) const fn answer(status: Arrived) -> u16 {
    match status {
        Arrived::New => 201,
        Arrived::Again => 200,
    }
}
