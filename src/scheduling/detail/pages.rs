//! One event: where it stands, who is missing, what was told, what was done.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, Query};
use axum::response::Response;
use chrono::{DateTime, Utc};
use entity::id::{EventId, SessionId};
use entity::state::{MessageState, SessionStatus};
use entity::{outbox as table, session};
use minijinja::{Value, context, value::Serde};
use serde::{Deserialize, Serialize};

use crate::access::{Actor, Rights, deeds};
use crate::attendance::board::{Figures, Group, lines, matches};
use crate::attendance::{Counts, Eyes, Moment, judge, roll, turnout};
use crate::error::{Code, Error, Result};
use crate::notify::desk;
use crate::outbox::{summary, troubled};
use crate::people::OrgTree;
use crate::report::rate::Rate;
use crate::scheduling::act::pages::reminders;
use crate::scheduling::content::contents;
use crate::scheduling::{
    Afterwards, Kind, Phase, Whole, afterwards, answer, conflict, event_for, joint, load_whole, registration,
    session as sitting, states, undo,
};
use crate::view::format;
use crate::web::{Desk, Page};

/// Rows of the roster on one page.
const SIZE: usize = 100;

/// The query of an event's page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    session: String,
    q: String,
    page: String,
    done: String,
    n: String,
}

/// What an actor may do with an event.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct May {
    manage: bool,
    set: bool,
    check_in: bool,
}

/// What this actor may do with this event: change it with the host's or a higher organisation's account, check people
/// in with any that sees it.
#[must_use]
pub fn may(actor: &Actor, whole: &Whole, tree: &OrgTree) -> May {
    May {
        manage: actor.may_manage() && tree.is_below(whole.event.host_id, actor.organisation),
        set: actor.may_manage(),
        check_in: actor.rights != Rights::Read,
    }
}

/// The session asked for, else the one that matters now: under way, else next, else the last.
pub(crate) fn choose<'a>(whole: &'a Whole, asked: &str, now: DateTime<Utc>) -> Result<Option<&'a session::Model>> {
    if let Ok(id) = asked.parse::<i64>() {
        let found = whole.sessions.iter().find(|session| session.id == SessionId(id));
        return found.map(Some).ok_or_else(|| Error::new(Code::NotFound));
    }
    let phase = |session: &session::Model| Phase::of_session(&whole.event, session, now);
    let find = |wanted| whole.sessions.iter().find(|session| phase(session) == wanted);
    let last_held = || whole.sessions.iter().rev().find(|session| phase(session) == Phase::Held);
    Ok(find(Phase::Running).or_else(|| find(Phase::Ahead)).or_else(last_held).or(whole.sessions.first()))
}

/// `GET /events/{id}`
pub async fn show(
    Desk { page, actor, .. }: Desk<()>,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let (app, now) = (page.app.clone(), page.app.now());
    let db = app.db.read();
    let event = event_for(db, &actor, EventId(id)).await?;
    let whole = load_whole(db, event).await?;
    let tree = OrgTree::load(db).await?;
    let chosen = choose(&whole, &asked.session, now)?;
    let roster = match chosen {
        Some(session) => {
            Some(roster(&page, &whole, session, (&tree, Eyes::new(&tree, &actor, &whole.event)), &asked).await?)
        }
        None => None,
    };
    let (history, deeds) = history(&page, &whole).await?;
    let context = context! {
        event => event_view(&page, &whole, now),
        may => Serde(may(&actor, &whole, &tree)),
        chosen => chosen.map(|session| session_view(&page, &whole, session, now)),
        roster, history, deeds,
        sessions => sessions(&page, &whole, now).await?,
        answers => answer::shown::pages::summary(&page, &actor, &whole, chosen).await?,
        troubles => answer::shown::pages::troubles(&page, &whole).await?,
        joint => joint::pages::summary(&page, &whole),
        registration => registration::pages::summary(&page, &actor, &whole).await?,
        messages => messages(&page, &whole, may(&actor, &whole, &tree).manage.then_some(&actor)).await?,
        steps => states::pages::steps(&page, &whole, chosen, now).await?,
        undo => undo::pages::button(&page, &whole).await?,
        content => contents(&page, &whole, chosen).await?,
        toast => toast(&page, &asked),
        q => asked.q.trim(),
    };
    page.render("scheduling/detail/event.html", "events", context).await
}

fn toast(page: &Page, asked: &Asked) -> Option<String> {
    let key = format!("page-done-{}", asked.done);
    let count: i64 = asked.n.parse().unwrap_or(0);
    (!asked.done.is_empty() && page.lang.has(&key)).then(|| page.lang.text_with(&key, [("n", count)]))
}

/// What every page about an event shows at its head.
#[must_use]
pub fn event_view(page: &Page, whole: &Whole, now: DateTime<Utc>) -> Value {
    let event = &whole.event;
    let kinds = &page.app.kinds;
    let title = if event.title.is_empty() { kinds.name(&event.kind, page.lang) } else { &event.title };
    let co_hosts: Vec<_> = whole.co_hosts.iter().map(|org| org.name.as_str()).collect();
    context! {
        id => event.id.0, title, kind => kinds.name(&event.kind, page.lang),
        phase => Phase::of_event(event, &whole.sessions, now).as_str(),
        status => event.status.as_str(),
        place => event.location.as_str(), host => whole.host.name.as_str(),
        co_hosts => co_hosts.join(&page.lang.text("page-list-comma")),
        required => event.required, walk_ins => event.walk_ins, mails => event.mails,
        reminders => reminders(page, whole), remind_whom => event.remind_whom.as_str(),
        after => afterwards::of_event(&page.app.kinds, event).into_iter().map(Afterwards::as_str).collect::<Vec<_>>(),
        topics => whole.topics.join(&page.lang.text("page-list-comma")),
        topic_list => whole.topics.clone(), form => event.form.as_str(),
        also => whole.also_kinds.iter().map(|key| kinds.name(key, page.lang).to_owned()).collect::<Vec<_>>(),
        audience => whole.audience.clone(),
        revision => event.revision,
        series => whole.series.as_ref().map(|series| series.words(page.lang)),
    }
}

/// One sitting as pages show it.
#[must_use]
pub fn session_view(page: &Page, whole: &Whole, session: &session::Model, now: DateTime<Utc>) -> Value {
    let span = sitting::span(session);
    let phase = Phase::of_session(&whole.event, session, now);
    let late_after = page.app.kinds.get(&whole.event.kind).map_or(chrono::TimeDelta::minutes(10), Kind::late_after);
    let door = if whole.event.status == entity::state::EventStatus::Scheduled && phase != Phase::Cancelled {
        match judge(&span, late_after, now) {
            Moment::Early => "early",
            Moment::Open(_) => "open",
            Moment::Closed => "closed",
        }
    } else {
        "shut"
    };
    context! {
        id => session.id.0, phase => phase.as_str(), door,
        when => format::span(page.lang, &span, now),
        title => sitting::title(&whole.event, session), place => sitting::location(&whole.event, session),
        opens => format::moment(page.lang, span.zone, span.start - chrono::TimeDelta::minutes(30), now),
        start => format::clock(span.zone, span.start),
        frozen => session.roster_frozen_at.is_some(),
        marked => session.status == SessionStatus::Held,
        started => session.starts_at <= now,
    }
}

async fn roster(
    page: &Page,
    whole: &Whole,
    session: &session::Model,
    (tree, eyes): (&OrgTree, Eyes<'_>),
    asked: &Asked,
) -> Result<Value> {
    let (lang, zone) = (page.lang, sitting::span(session).zone);
    let mut rows = roll(page.app.db.read(), &whole.event, session, tree, page.app.now()).await?;
    eyes.cover(&mut rows);
    let counts = Counts::of(&rows);
    let rate = |numerator: u32, denominator: u32| {
        let percent = Rate::new(numerator.into(), denominator.into()).percent();
        lang.text_with(
            "page-rate",
            [("percent", percent), ("n", numerator.to_string()), ("of", denominator.to_string())],
        )
    };
    let answers = answer::of_one(page.app.db.read(), session.id).await?;
    let all = lines(&rows, &answers, lang, zone);
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    for line in &all {
        *sizes.entry(name(line.group)).or_default() += 1;
    }
    let found: Vec<_> = all.into_iter().filter(|line| matches(&line.name, &line.staff_no, &asked.q)).collect();
    let total = found.len();
    let at = asked.page.parse::<usize>().unwrap_or(1).clamp(1, total.div_ceil(SIZE).max(1));
    let shown: Vec<_> = found.into_iter().skip((at - 1) * SIZE).take(SIZE).collect();
    Ok(context! {
        figures => Serde(Figures::from(counts)),
        rate => rate(counts.attended, counts.expected),
        net_rate => rate(counts.attended, counts.expected - counts.excused),
        excused => counts.excused,
        walk_ins => counts.walk_ins,
        from => (at - 1) * SIZE + 1, to => (at - 1) * SIZE + shown.len(), total,
        earlier => (at > 1).then_some(at - 1), later => (at * SIZE < total).then_some(at + 1),
        sizes => Serde(sizes), lines => Serde(shown), everybody => rows.len(), answered => !answers.is_empty(),
    })
}

/// The name of a heading in the keys of texts.
#[must_use]
pub const fn name(group: Group) -> &'static str {
    match group {
        Group::Missing => "missing",
        Group::Away => "away",
        Group::Came => "came",
        Group::WalkIn => "walk_in",
    }
}

async fn sessions(page: &Page, whole: &Whole, now: DateTime<Utc>) -> Result<Vec<Value>> {
    let answered = answer::shown::pages::lines(page, whole).await?;
    let came = turnout(page.app.db.read(), whole.sessions.iter().map(|session| session.id)).await?;
    let view = |session: &session::Model| {
        let phase = Phase::of_session(&whole.event, session, now);
        let rate = came.get(&session.id).filter(|_| phase == Phase::Held && whole.event.required).map(|&(n, of)| {
            let percent = Rate::new(n, of).percent();
            page.lang.text_with("page-rate", [("percent", percent), ("n", n.to_string()), ("of", of.to_string())])
        });
        context! {
            id => session.id.0, phase => phase.as_str(), rate, answers => answered.get(&session.id.0).cloned(),
            when => format::span(page.lang, &sitting::span(session), now),
            title => session.title.clone(), place => session.location.clone(),
        }
    };
    Ok(whole.sessions.iter().map(view).collect())
}

/// What was mailed; for `organiser`, who may change the event, also what is going out now.
async fn messages(page: &Page, whole: &Whole, organiser: Option<&Actor>) -> Result<Value> {
    let (db, now, zone) = (page.app.db.read(), page.app.now(), page.app.config.zone());
    let heaps = summary(db, whole.event.id).await?;
    let total: i64 = heaps.iter().map(|heap| heap.count).sum();
    let dead = heaps.iter().filter(|heap| heap.state == MessageState::Dead).map(|heap| heap.count).sum::<i64>();
    let runs = match organiser {
        Some(actor) => desk::pages::of_event(page, actor, whole.event.id).await?,
        None => Vec::new(),
    };
    let heaps: Vec<_> = heaps
        .into_iter()
        .map(|heap| {
            context! {
                kind => heap.kind.as_str(), state => heap.state.as_str(), count => heap.count,
                when => format::moment(page.lang, zone, heap.newest, now),
            }
        })
        .collect();
    let troubled = troubled(db, whole.event.id, 20).await?;
    let troubled: Vec<_> = troubled.into_iter().map(|row: table::Model| {
        context! { id => row.id.0, address => row.address, kind => row.kind.as_str(), state => row.state.as_str(), attempts => row.attempts, answer => row.answer.unwrap_or_default() }
    }).collect();
    Ok(context! { total, heaps, troubled, dead, runs })
}

async fn history(page: &Page, whole: &Whole) -> Result<(Vec<Value>, u64)> {
    let (db, now, zone, lang) = (page.app.db.read(), page.app.now(), page.app.config.zone(), page.lang);
    let (rows, count) = deeds::of_event(db, whole.event.id, 15).await?;
    let names = deeds::names(db, rows.iter().map(|row| row.actor.as_str())).await?;
    let people = rows.iter().filter_map(|row| row.detail["person_id"].as_i64()).map(|id| format!("person:{id}"));
    let people: Vec<_> = people.collect();
    let of = deeds::names(db, people.iter().map(String::as_str)).await?;
    let list = rows.iter().map(|row| {
        let key = format!("page-deed-{}", row.action.replace(['.', '_'], "-"));
        let person = row.detail["person_id"].as_i64().and_then(|id| of.get(&format!("person:{id}")).cloned());
        let status = row.detail["status"].as_str().map(|status| format!("page-status-{status}"));
        let status = status.filter(|key| lang.has(key)).map(|key| lang.text(&key));
        let args = [("person", person.unwrap_or_default()), ("status", status.unwrap_or_default())];
        let what = if lang.has(&key) { lang.text_with(&key, args) } else { row.action.clone() };
        let who = names.get(&row.actor).cloned().unwrap_or_else(|| match row.actor.as_str() {
            "command" => lang.text("page-actor-command"),
            other => other.to_owned(),
        });
        let tone = match row.action.as_str() {
            "event.publish" => "is-info",
            "event.cancel" | "session.cancel" => "is-bad",
            "attendance.set" => "is-leave",
            _ => "",
        };
        context! { what, who, tone, when => format::moment(lang, zone, row.at, now), reason => row.detail["reason"].as_str().unwrap_or_default(), overridden => conflict::pages::overridden(page, &row.detail) }
    });
    Ok((list.collect(), count))
}

/// `GET /events/{id}/counts?session=`: the figures of a session as JSON, for pages that keep themselves fresh.
pub async fn counts(
    Desk { page, actor, .. }: Desk<()>,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Json<Figures>> {
    let db = page.app.db.read();
    let event = event_for(db, &actor, EventId(id)).await?;
    let whole = load_whole(db, event).await?;
    let tree = OrgTree::load(db).await?;
    let session = choose(&whole, &asked.session, page.app.now())?.ok_or_else(|| Error::new(Code::NotFound))?;
    let rows = roll(db, &whole.event, session, &tree, page.app.now()).await?;
    Ok(Json(Figures::from(Counts::of(&rows))))
}
