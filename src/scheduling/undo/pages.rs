//! The button that takes the last deed back.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use entity::id::{EventId, UndoStepId};
use minijinja::{Value, context};
use serde::Deserialize;

use super::{latest, undo};
use crate::error::{Error, Result};
use crate::scheduling::Whole;
use crate::web::{Desk, Page, Signed, ToManage};

/// Which deed is meant.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Meant {
    step: String,
}

/// What `scheduling/undo/button.html` needs: the step and the words of what it takes back; None where there is nothing.
pub async fn button(page: &Page, whole: &Whole) -> Result<Option<Value>> {
    let possible = latest(page.app.db.read(), &whole.event, &whole.sessions, page.app.now()).await?;
    Ok(possible.map(|possible| {
        let deed = page.lang.text(&format!("page-deed-{}", possible.action.replace('.', "-")));
        context! { step => possible.step.0, says => page.lang.text_with("undo-says", [("deed", deed)]) }
    }))
}

/// `POST /events/{id}/undo`
pub async fn take_back(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path(id): Path<i64>,
    Signed(meant): Signed<Meant>,
) -> Result<Response> {
    let step = meant.step.parse().map_err(|_| Error::field("step", "required"))?;
    let tx = page.app.db.begin().await?;
    undo(&tx, &actor, EventId(id), Some(UndoStepId(step)), page.app.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/events/{id}?done=undone")).into_response())
}
