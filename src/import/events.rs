//! events.csv: events with their hosts, audience, further kinds and topics.

use std::collections::{HashMap, HashSet};

use entity::id::{EventId, OrganisationId};
use entity::state::{CoHostStatus, EventStatus};
use entity::{audience_rule, event, event_also_kind, event_co_host, event_topic, exam_result, session};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::Reason;
use super::columns::File;
use super::event_row::{Beside, EventRow};
use super::run::{CHUNK, Count, Ground, Import, Notify};
use super::sheet::Sheet;
use crate::db::insert_all;
use crate::error::Result;
use crate::scheduling::Class;
use crate::scheduling::content::follow_agendas;

/// Takes the file in.
pub async fn take<C: ConnectionTrait>(import: &mut Import<'_, C>, sheet: &Sheet) -> Result<Count> {
    let with_results: HashSet<EventId> = exam_result::Entity::find()
        .select_only()
        .column(exam_result::Column::EventId)
        .distinct()
        .into_tuple()
        .all(import.db)
        .await?
        .into_iter()
        .collect();
    let mut rows = Vec::new();
    for row in sheet.rows() {
        let mut cells = sheet.reader(row, &mut import.problems);
        let key = cells.text("event_key").to_owned();
        let read = EventRow::read(&import.known, import.ground, &mut cells);
        if let (Some(read), Some(present)) = (&read, import.known.events.get(&key))
            && with_results.contains(&present.id)
            && import.ground.kinds.get(&read.kind).is_some_and(|kind| kind.class != Class::Exam)
        {
            cells.bad("kind", Reason::HasResults);
        }
        match (read, cells.done()) {
            (Some(read), true) => rows.push(read),
            _ => import.known.mark_bad(File::Events, &key),
        }
    }
    let (old, new): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| import.known.events.contains_key(&row.key));
    let mut count = change(import, &old).await?;
    for chunk in new.chunks(CHUNK) {
        add(import, chunk).await?;
        count.added += chunk.len();
    }
    Ok(count)
}

async fn add<C: ConnectionTrait>(import: &mut Import<'_, C>, rows: &[EventRow]) -> Result<()> {
    let now = import.ground.now;
    let models = rows.iter().map(|row| event::ActiveModel {
        key: Set(row.key.clone()),
        kind: Set(row.kind.clone()),
        title: Set(row.title.clone()),
        host_id: Set(row.host),
        location: Set(row.location.clone()),
        required: Set(row.required),
        // The files have no word on it; paper lists have always had room at their end.
        walk_ins: Set(true),
        status: Set(row.status),
        time_zone: Set(import.ground.zone.name().to_owned()),
        form: Set(row.form.clone().unwrap_or_default()),
        reminders: Set(None),
        remind_whom: Set(import.ground.kinds.remind_whom(&row.kind)),
        mails: Set(import.ground.notify == Notify::Invited),
        revision: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        // What comes cancelled was announced once: subscriptions show it as cancelled.
        published_at: Set((row.status != EventStatus::Draft).then_some(now)),
        ..Default::default()
    });
    let made = event::Entity::insert_many(models).exec_with_returning(import.db).await?;
    for model in made {
        import.known.put_event(model);
    }
    let beside: Vec<_> =
        rows.iter().filter_map(|row| Some((import.known.events.get(&row.key)?.id, &row.beside))).collect();
    insert_beside(import.db, import.ground, &beside).await?;
    Ok(())
}

/// Writes the rows of events that are there and differ.
async fn change<C: ConnectionTrait>(import: &mut Import<'_, C>, rows: &[EventRow]) -> Result<Count> {
    let ids: Vec<EventId> = rows.iter().filter_map(|row| Some(import.known.events.get(&row.key)?.id)).collect();
    let mut besides = load_beside(import.db, &ids).await?;
    let (mut count, mut rewritten, mut gone) = (Count::default(), Vec::new(), Condition::any());
    let mut changed = Vec::new();
    for row in rows {
        let Some(present) = import.known.events.get(&row.key).cloned() else { continue };
        let mut wanted = row.onto(&present);
        wanted.mails |= import.ground.notify == Notify::Invited;
        let old = besides.remove(&present.id).unwrap_or_default();
        let mut beside = row.beside.clone();
        beside.also_kinds = beside.also_kinds.or_else(|| old.also_kinds.clone());
        beside.topics = beside.topics.or_else(|| old.topics.clone());
        let differs = wanted != present || beside != old;
        count.add_present(differs);
        if !differs {
            continue;
        }
        changed.push(present.id);
        wanted.revision += 1;
        wanted.updated_at = import.ground.now;
        if wanted.status != EventStatus::Draft && wanted.published_at.is_none() {
            wanted.published_at = Some(import.ground.now);
        }
        show_sessions(import, &present, &wanted).await?;
        event::Entity::update(wanted.clone().into_active_model().reset_all()).exec(import.db).await?;
        import.known.put_event(wanted);
        if beside != old {
            for &other in old.co_hosts.iter().filter(|other| !beside.co_hosts.contains(other)) {
                gone = gone.add(co_host(present.id, other));
            }
            rewritten.push((present.id, beside));
        }
    }
    drop_co_hosts(import.db, gone).await?;
    let ids: Vec<EventId> = rewritten.iter().map(|(id, _)| *id).collect();
    for chunk in ids.chunks(CHUNK) {
        delete_beside(import.db, chunk).await?;
    }
    let rewritten: Vec<_> = rewritten.iter().map(|(id, beside)| (*id, beside)).collect();
    insert_beside(import.db, import.ground, &rewritten).await?;
    follow_agendas(import.db, &changed).await?;
    Ok(count)
}

fn co_host(event: EventId, organisation: OrganisationId) -> Condition {
    Condition::all()
        .add(event_co_host::Column::EventId.eq(event))
        .add(event_co_host::Column::OrganisationId.eq(organisation))
}

/// Takes out co-hosts that the file does not name any more, with the lines that they added to the audience.
async fn drop_co_hosts(db: &impl ConnectionTrait, which: Condition) -> Result<(), DbErr> {
    if which.is_empty() {
        return Ok(());
    }
    let gone = event_co_host::Entity::delete_many().filter(which).exec_with_returning(db).await?;
    for row in gone {
        audience_rule::Entity::delete_many()
            .filter(audience_rule::Column::EventId.eq(row.event_id))
            .filter(audience_rule::Column::CoHostId.eq(row.organisation_id))
            .exec(db)
            .await?;
    }
    Ok(())
}

/// The sessions of an event that changed show something new; a change of place or status is one of theirs too, unless
/// a session has a place of its own.
async fn show_sessions<C: ConnectionTrait>(
    import: &mut Import<'_, C>,
    old: &event::Model,
    new: &event::Model,
) -> Result<()> {
    let turned = (old.status == EventStatus::Cancelled) != (new.status == EventStatus::Cancelled);
    let moved = old.location != new.location;
    let quiet = import.ground.notify == Notify::Nobody;
    for session in import.known.sessions.values_mut().filter(|session| session.event_id == new.id) {
        session.revision += 1;
        session.updated_at = import.ground.now;
        let stirs = turned || moved && session.location.is_none();
        if stirs {
            session.sequence += 1;
            // Nobody has been told how it is now, so nobody is reminded of it.
            session.told_at = session.told_at.filter(|_| !quiet);
        }
        if moved && session.location.is_none() {
            import.news.moved(session.id);
        }
        if stirs || old.status != new.status || old.mails != new.mails {
            import.news.add(session.id);
        }
    }
    let mine = session::Column::EventId.eq(new.id);
    session::Entity::update_many()
        .col_expr(session::Column::Revision, Expr::col(session::Column::Revision).add(1))
        .col_expr(session::Column::UpdatedAt, Expr::value(import.ground.now))
        .filter(mine.clone())
        .exec(import.db)
        .await?;
    if turned || moved {
        let mut stir = session::Entity::update_many()
            .col_expr(session::Column::Sequence, Expr::col(session::Column::Sequence).add(1))
            .filter(mine);
        if quiet {
            let never = None::<chrono::DateTime<chrono::Utc>>;
            stir = stir.col_expr(session::Column::ToldAt, Expr::value(never));
        }
        if !turned {
            stir = stir.filter(session::Column::Location.is_null());
        }
        stir.exec(import.db).await?;
    }
    Ok(())
}

async fn load_beside(db: &impl ConnectionTrait, ids: &[EventId]) -> Result<HashMap<EventId, Beside>, DbErr> {
    let mut all: HashMap<EventId, Beside> = ids
        .iter()
        .map(|&id| (id, Beside { also_kinds: Some(Vec::new()), topics: Some(Vec::new()), ..Beside::default() }))
        .collect();
    for chunk in ids.chunks(CHUNK) {
        let chunk = || chunk.iter().copied();
        let co_hosts = event_co_host::Entity::find()
            .filter(event_co_host::Column::EventId.is_in(chunk()))
            .order_by_asc(event_co_host::Column::OrganisationId);
        for row in co_hosts.all(db).await? {
            all.entry(row.event_id).or_default().co_hosts.push(row.organisation_id);
        }
        let kinds = event_also_kind::Entity::find()
            .filter(event_also_kind::Column::EventId.is_in(chunk()))
            // Those that came by an agenda are none of the file's.
            .filter(event_also_kind::Column::ByAgenda.eq(false))
            .order_by_asc(event_also_kind::Column::Kind);
        for row in kinds.all(db).await? {
            all.entry(row.event_id).or_default().also_kinds.get_or_insert_default().push(row.kind);
        }
        let topics = event_topic::Entity::find()
            .filter(event_topic::Column::EventId.is_in(chunk()))
            .order_by_asc(event_topic::Column::Position);
        for row in topics.all(db).await? {
            all.entry(row.event_id).or_default().topics.get_or_insert_default().push(row.name);
        }
        let rules = audience_rule::Entity::find()
            .filter(audience_rule::Column::EventId.is_in(chunk()))
            .filter(audience_rule::Column::CoHostId.is_null())
            .order_by_asc(audience_rule::Column::Position);
        for row in rules.all(db).await? {
            all.entry(row.event_id).or_default().rules.push(row.into());
        }
    }
    // PostgreSQL sorts text by the database's own order, this program by bytes.
    for beside in all.values_mut() {
        beside.also_kinds.get_or_insert_default().sort();
    }
    Ok(all)
}

async fn delete_beside(db: &impl ConnectionTrait, ids: &[EventId]) -> Result<(), DbErr> {
    let ids = || ids.iter().copied();
    event_also_kind::Entity::delete_many().filter(event_also_kind::Column::EventId.is_in(ids())).exec(db).await?;
    event_topic::Entity::delete_many().filter(event_topic::Column::EventId.is_in(ids())).exec(db).await?;
    audience_rule::Entity::delete_many()
        .filter(audience_rule::Column::EventId.is_in(ids()))
        .filter(audience_rule::Column::CoHostId.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// What a file says is so: its co-hosts have accepted, unless they said something themselves.
async fn insert_beside(
    db: &impl ConnectionTrait,
    ground: &Ground<'_>,
    all: &[(EventId, &Beside)],
) -> Result<(), DbErr> {
    let (mut co_hosts, mut kinds, mut topics, mut rules) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for &(id, beside) in all {
        let event_id = Set(id);
        co_hosts.extend(beside.co_hosts.iter().map(|&organisation| event_co_host::ActiveModel {
            event_id: event_id.clone(),
            organisation_id: Set(organisation),
            status: Set(CoHostStatus::Accepted),
            decided_at: Set(Some(ground.now)),
            decided_by: Set(Some(ground.by.to_owned())),
            contact: Set(String::new()),
        }));
        kinds.extend(beside.also_kinds.iter().flatten().map(|kind| event_also_kind::ActiveModel {
            event_id: event_id.clone(),
            kind: Set(kind.clone()),
            by_agenda: Set(false),
        }));
        topics.extend((0..).zip(beside.topics.iter().flatten()).map(|(at, name)| event_topic::ActiveModel {
            event_id: event_id.clone(),
            position: Set(at),
            name: Set(name.clone()),
        }));
        rules.extend((0..).zip(&beside.rules).map(|(at, rule)| audience_rule::ActiveModel {
            event_id: event_id.clone(),
            position: Set(at),
            sign: Set(rule.sign),
            target: Set(rule.target),
            organisation_id: Set(rule.organisation_id),
            group_name: Set(rule.group_name.clone()),
            person_id: Set(rule.person_id),
            ..Default::default()
        }));
    }
    let key = [event_co_host::Column::EventId, event_co_host::Column::OrganisationId];
    insert_all(db, co_hosts, Some(OnConflict::columns(key).do_nothing())).await?;
    insert_all(db, kinds, None).await?;
    insert_all(db, topics, None).await?;
    insert_all(db, rules, None).await?;
    Ok(())
}
