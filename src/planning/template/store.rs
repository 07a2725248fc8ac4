//! Templates in the database: those one may use, and making, changing, copying and deleting those one manages.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::event_template::{ActiveModel, Column, Entity, Model};
use entity::id::{EventTemplateId, OrganisationId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::pattern;
use super::wish::{DAY, NewTemplate, clock};
use crate::access::{Actor, Rights, audit};
use crate::error::{Code, Error, FieldProblem, Result};
use crate::people::OrgTree;
use crate::scheduling::{Ground, Task, check_event, wording};

/// The longest sitting with a time of day: a week.
const LONGEST: i32 = 7 * DAY;
/// The longest of whole days: a year.
const LONGEST_DAYS: i32 = 366;

/// The templates that an organisation may use: its own, those above it, those below; by kind and name.
pub async fn visible(db: &impl ConnectionTrait, tree: &OrgTree, organisation: OrganisationId) -> Result<Vec<Model>> {
    let near: HashSet<_> = tree.upwards(organisation).into_iter().chain(tree.below(organisation)).collect();
    let rows = Entity::find()
        .filter(Column::OrganisationId.is_in(near))
        .order_by_asc(Column::OrganisationId)
        .order_by_asc(Column::Kind)
        .order_by_asc(Column::Name)
        .all(db)
        .await?;
    Ok(rows)
}

/// The template of that id; `not-found` unless the actor may use it.
pub async fn for_use(db: &impl ConnectionTrait, tree: &OrgTree, actor: &Actor, id: EventTemplateId) -> Result<Model> {
    let row = Entity::find_by_id(id).one(db).await?;
    let near = |row: &Model| {
        tree.is_below(row.organisation_id, actor.organisation) || tree.is_below(actor.organisation, row.organisation_id)
    };
    row.filter(near).ok_or_else(|| Error::new(Code::NotFound))
}

/// The same, held until the transaction ends, for somebody who may change it: its organisation is the actor's or below.
/// `expected` is when it last changed as far as the actor saw.
pub async fn to_manage(
    db: &impl ConnectionTrait,
    tree: &OrgTree,
    actor: &Actor,
    id: EventTemplateId,
    expected: &str,
) -> Result<Model> {
    let row = Entity::find_by_id(id).lock_exclusive().one(db).await?.ok_or_else(|| Error::new(Code::NotFound))?;
    for_use(db, tree, actor, id).await?;
    actor.demand(Rights::Manage)?;
    if !tree.is_below(row.organisation_id, actor.organisation) {
        return Err(Error::new(Code::Forbidden));
    }
    if expected != version(&row) {
        return Err(Error::new(Code::ChangedMeanwhile));
    }
    Ok(row)
}

/// What tells one state of a template from a later one.
#[must_use]
pub fn version(row: &Model) -> String {
    row.updated_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// Makes a template, in the caller's transaction; `key-taken` when its organisation has one of that name.
pub async fn make(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    tree: &OrgTree,
    actor: &Actor,
    wish: &NewTemplate,
    now: DateTime<Utc>,
) -> Result<Model> {
    let row = understood(db, ground, tree, actor, wish, now).await?;
    let row = ActiveModel { created_at: Set(now), ..row };
    let inserted = Entity::insert_many([row.clone()])
        .on_conflict(OnConflict::columns([Column::OrganisationId, Column::Name]).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    if inserted == 0 {
        return Err(name_taken());
    }
    let made = named(db, *row.organisation_id.as_ref(), row.name.as_ref()).await?;
    let made = made.ok_or_else(|| Error::internal("a template that was just written is not there"))?;
    record(db, actor, "template.create", made.id, now).await?;
    Ok(made)
}

/// Changes a template that [`to_manage`] gave, in the caller's transaction. Events made of it stay as they are.
pub async fn change(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    tree: &OrgTree,
    actor: &Actor,
    (before, wish): (&Model, &NewTemplate),
    now: DateTime<Utc>,
) -> Result<Model> {
    let row = understood(db, ground, tree, actor, wish, now).await?;
    if let Some(other) = named(db, *row.organisation_id.as_ref(), row.name.as_ref()).await?
        && other.id != before.id
    {
        return Err(name_taken());
    }
    let row = ActiveModel { id: Set(before.id), created_at: Set(before.created_at), ..row };
    let changed = Entity::update(row).exec(db).await.map_err(|error| {
        // Somebody else took the name since the look above.
        if crate::db::is_duplicate(&error) { name_taken() } else { error.into() }
    })?;
    record(db, actor, "template.change", before.id, now).await?;
    Ok(changed)
}

/// Deletes a template that [`to_manage`] gave, in the caller's transaction. Events made of it stay.
pub async fn delete(db: &impl ConnectionTrait, actor: &Actor, row: &Model, now: DateTime<Utc>) -> Result<()> {
    Entity::delete_by_id(row.id).exec(db).await?;
    record(db, actor, "template.delete", row.id, now).await
}

/// A name for a copy of `name` that the organisation has not given yet; `again` joins the name and a number.
pub async fn free_name(
    db: &impl ConnectionTrait,
    organisation: OrganisationId,
    name: &str,
    again: impl Fn(&str, usize) -> String,
) -> Result<String> {
    let taken: Vec<String> = Entity::find()
        .select_only()
        .column(Column::Name)
        .filter(Column::OrganisationId.eq(organisation))
        .into_tuple()
        .all(db)
        .await?;
    let mut names = std::iter::once(name.to_owned()).chain((2..).map(|n| again(name, n)));
    Ok(names.find(|name| !taken.contains(name)).unwrap_or_default())
}

fn name_taken() -> Error {
    Error::new(Code::KeyTaken).at("name", "name-taken")
}

async fn named(db: &impl ConnectionTrait, organisation: OrganisationId, name: &str) -> Result<Option<Model>> {
    let found = Entity::find().filter(Column::OrganisationId.eq(organisation)).filter(Column::Name.eq(name));
    Ok(found.one(db).await?)
}

async fn record(
    db: &impl ConnectionTrait,
    actor: &Actor,
    action: &str,
    id: EventTemplateId,
    now: DateTime<Utc>,
) -> Result<()> {
    let deed = audit::Deed {
        actor: &actor.name,
        action,
        subject: format!("template:{id}"),
        event_id: None,
        detail: json!({}),
    };
    Ok(audit::record(db, deed, now).await?)
}

/// Understands every field, or refuses with all that is wrong at once: whatever an event would be refused for, a
/// template is refused for already.
async fn understood(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    tree: &OrgTree,
    actor: &Actor,
    wish: &NewTemplate,
    now: DateTime<Utc>,
) -> Result<ActiveModel> {
    let mut wrong = Vec::new();
    let name = wording::needed("name", &wish.name, 100, &mut wrong);
    let title_pattern = pattern::check("title_pattern", &wish.title_pattern, &mut wrong);
    check_time(wish, &mut wrong);
    let checklist = checklist(wish, &mut wrong);
    let sample = wish.event("template", ground.zone.day(now), &wish.org_code);
    match check_event(db, ground, actor, &sample).await {
        Ok(()) => {}
        Err(Error::Problem(problem)) if problem.code == Code::Invalid => {
            let times = wrong.iter().any(|problem| matches!(problem.field.as_str(), "starts_at" | "length_minutes"));
            wrong.extend(problem.fields.into_iter().filter_map(|problem| of_template(problem, times)));
        }
        Err(error) => return Err(error),
    }
    if !wrong.is_empty() {
        return Err(Error::invalid(wrong));
    }
    let organisation = tree.by_code(&wish.org_code).ok_or_else(|| Error::field("org_code", "required"))?;
    // What the check cleaned is written as it read it, but for what depends on the date and the host.
    let lines = |list: &[String]| -> Vec<String> {
        list.iter().map(|text| wording::line("", text, 200, &mut Vec::new())).filter(|text| !text.is_empty()).collect()
    };
    let line = |text: &str| wording::line("", text, 200, &mut Vec::new());
    Ok(ActiveModel {
        organisation_id: Set(organisation.id),
        name: Set(name),
        kind: Set(wish.kind.clone()),
        title_pattern: Set(title_pattern),
        starts_at: Set(if wish.all_day { String::new() } else { wish.starts_at.trim().to_owned() }),
        length_minutes: Set(wish.length_minutes),
        all_day: Set(wish.all_day),
        location: Set(line(&wish.location)),
        form: Set(line(&wish.form)),
        required: Set(wish.required),
        walk_ins: Set(wish.walk_ins),
        audience: Set(json!(lines(&wish.audience))),
        topics: Set(json!(lines(&wish.topics))),
        also_kinds: Set(json!(wish.also_kinds)),
        reminders: Set(wish.reminders.as_ref().map(|list| json!(lines(list)))),
        remind_whom: Set(wish.remind_whom.unwrap_or_else(|| ground.kinds.remind_whom(&wish.kind))),
        after: Set(wish.after.as_ref().map(|list| json!(lines(list)))),
        rrule: Set(wish.rrule.as_deref().map(str::trim).filter(|rule| !rule.is_empty()).map(str::to_owned)),
        on_day_off: Set(wish.on_day_off),
        checklist: Set(json!(checklist)),
        updated_at: Set(now),
        ..Default::default()
    })
}

fn check_time(wish: &NewTemplate, wrong: &mut Vec<FieldProblem>) {
    if wish.all_day {
        if wish.length_minutes < DAY || wish.length_minutes % DAY != 0 || wish.length_minutes / DAY > LONGEST_DAYS {
            wrong.push(FieldProblem::new("length_minutes", "bad-days").with("limit", LONGEST_DAYS));
        }
        return;
    }
    if clock(&wish.starts_at).is_none() {
        let code = if wish.starts_at.trim().is_empty() { "required" } else { "bad-clock" };
        wrong.push(FieldProblem::new("starts_at", code));
    }
    if !(1..=LONGEST).contains(&wish.length_minutes) {
        wrong.push(FieldProblem::new("length_minutes", "bad-length").with("limit", LONGEST));
    }
}

fn checklist(wish: &NewTemplate, wrong: &mut Vec<FieldProblem>) -> Vec<Task> {
    if wish.checklist.len() > 100 {
        wrong.push(FieldProblem::new("checklist", "too-many").with("limit", 100));
        return Vec::new();
    }
    let mut found = Vec::new();
    for (i, task) in wish.checklist.iter().enumerate() {
        let text = wording::line(&format!("checklist[{i}].text"), &task.text, 200, wrong);
        if !text.is_empty() {
            found.push(Task { kind: task.kind, text });
        }
    }
    found
}

/// The template's field behind an event's; None for what is said already, or is not the writer's doing.
fn of_template(problem: FieldProblem, times_are_wrong: bool) -> Option<FieldProblem> {
    let field = match problem.field.as_str() {
        "title" | "key" => return None,
        "series.rrule" => "rrule".to_owned(),
        field if field.starts_with("sessions") || field.starts_with("series") => {
            if times_are_wrong {
                return None;
            }
            "length_minutes".to_owned()
        }
        field => field.to_owned(),
    };
    Some(FieldProblem { field, ..problem })
}
