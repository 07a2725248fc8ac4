//! The bodies that host an event together: what each says, its own people, its own figures.

use std::collections::HashMap;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use entity::id::{EventId, OrganisationId};
use entity::state::{CoHostStatus, EventStatus};
use minijinja::{Value, context, value::Serde};
use serde::{Deserialize, Serialize};

use super::{
    Decision, ask_again, decide, event_to_look_at, has_begun, own_lines, remove, replace_own_lines, set_contact,
};
use crate::access::Actor;
use crate::attendance::bodies::{body_of, by_body};
use crate::attendance::{Counts, roll};
use crate::error::{Code, Error, FieldProblem, Problem, Result};
use crate::people::OrgTree;
use crate::scheduling::detail::pages::{choose, event_view};
use crate::scheduling::{Whole, load_whole, roster, session as sitting};
use crate::view::format;
use crate::web::{Desk, Page, Signed, ToManage};

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    session: String,
    done: String,
}

/// What a co-host or the host sends.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    /// `accept`, `decline`, `contact`, `people`, `ask`, `remove`.
    act: String,
    /// What the page showed that it said.
    was: String,
    reason: String,
    contact: String,
    audience: String,
}

/// What was refused, of which body.
struct Wrong {
    of: OrganisationId,
    typed: Typed,
    problem: Problem,
}

/// `GET /events/{id}/joint`
pub async fn show(
    Desk { page, actor, .. }: Desk<()>,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    render(&page, &actor, id, &asked, None).await
}

/// The counts of each body's people at one sitting, and how many of each are invited.
struct Numbers {
    when: String,
    session: i64,
    held: bool,
    counts: HashMap<Option<OrganisationId>, Counts>,
    invited: HashMap<Option<OrganisationId>, usize>,
}

async fn numbers(page: &Page, whole: &Whole, tree: &OrgTree, asked: &str) -> Result<Option<Numbers>> {
    let (db, now) = (page.app.db.read(), page.app.now());
    let Some(session) = choose(whole, asked, now)? else { return Ok(None) };
    let bodies: Vec<_> = std::iter::once(whole.host.id).chain(whole.co_hosts.iter().map(|org| org.id)).collect();
    let rows = roll(db, &whole.event, session, tree, now).await?;
    let mut invited: HashMap<_, usize> = HashMap::new();
    for member in roster::invited_to(db, &whole.event, session).await? {
        *invited.entry(body_of(tree, &bodies, Some(member.organisation_id))).or_default() += 1;
    }
    Ok(Some(Numbers {
        when: format::span(page.lang, &sitting::span(session), now),
        session: session.id.0,
        held: sitting::counts(&whole.event, session, now),
        counts: by_body(&rows, tree, &bodies),
        invited,
    }))
}

async fn render(page: &Page, actor: &Actor, id: i64, asked: &Asked, wrong: Option<Wrong>) -> Result<Response> {
    let (db, now, lang) = (page.app.db.read(), page.app.now(), page.lang);
    let event = event_to_look_at(db, actor, EventId(id)).await?;
    let whole = load_whole(db, event).await?;
    let tree = OrgTree::load(db).await?;
    let host = tree.is_below(whole.event.host_id, actor.organisation);
    let alive = whole.event.status != EventStatus::Cancelled;
    let open = alive && !has_begun(&whole.sessions, now);
    let numbers = numbers(page, &whole, &tree, &asked.session).await?;
    let figures = |body: Option<OrganisationId>| {
        numbers.as_ref().map(|numbers| {
            let counts = numbers.counts.get(&body).copied().unwrap_or_default();
            context! {
                invited => numbers.invited.get(&body).copied().unwrap_or_default(),
                expected => counts.expected, attended => counts.attended, excused => counts.excused,
                absent => counts.absent + counts.missing, walk_ins => counts.walk_ins,
            }
        })
    };
    let mut rows = vec![context! {
        id => whole.host.id.0, name => whole.host.name.as_str(), state => "host", when => (), may_ask => false, may_remove => false, contact => whole.event.contact.as_str(),
        figures => figures(Some(whole.host.id)).filter(|_| host),
    }];
    let zone = page.app.config.zone();
    let mut mine = Vec::new();
    for row in &whole.asked {
        let org = row.organisation_id;
        let own = tree.is_below(org, actor.organisation);
        let stands = row.status != CoHostStatus::Declined;
        let view = context! {
            id => org.0, name => tree.name(org), state => row.status.as_str(), contact => row.contact.as_str(),
            when => row.decided_at.map(|at| format::moment(lang, zone, at, now)),
            figures => figures(Some(org)).filter(|_| stands && (host || own)),
            may_ask => host && actor.may_manage() && open && !stands, may_remove => host && actor.may_manage() && open,
        };
        if own && actor.may_manage() && alive {
            let lines = own_lines(db, whole.event.id, org).await?;
            let typed = wrong.as_ref().filter(|wrong| wrong.of == org);
            mine.push(context! {
                stands, open, lines => lines.join("\n"), typed => typed.map(|wrong| Serde(&wrong.typed)),
                problem => typed.map(|wrong| told(&wrong.problem, lang)),
                ..view.clone()
            });
        }
        rows.push(view);
    }
    let others = numbers
        .as_ref()
        .is_some_and(|numbers| numbers.counts.contains_key(&None) || numbers.invited.contains_key(&None));
    if others && host {
        rows.push(context! { id => 0, name => lang.text("page-joint-others"), state => "others", when => (), may_ask => false, may_remove => false, contact => "", figures => figures(None) });
    }
    let sessions = whole.sessions.iter().map(|session| {
        context! { id => session.id.0, when => format::span(lang, &sitting::span(session), now) }
    });
    let key = format!("page-done-joint-{}", asked.done);
    let other_problem = wrong.as_ref().filter(|wrong| !whole.asked.iter().any(|row| row.organisation_id == wrong.of));
    let context = context! {
        event => event_view(page, &whole, now), rows, mine, host, open, alive,
        sees => host || whole.co_hosts.iter().any(|org| tree.is_below(org.id, actor.organisation)),
        sessions => sessions.collect::<Vec<_>>(), chosen => numbers.as_ref().map(|numbers| numbers.session),
        when => numbers.as_ref().map(|numbers| numbers.when.as_str()), held => numbers.as_ref().is_some_and(|n| n.held),
        problem => other_problem.map(|wrong| told(&wrong.problem, lang)),
        toast => (!asked.done.is_empty() && lang.has(&key)).then(|| lang.text(&key)),
    };
    let status = wrong.map_or(StatusCode::OK, |wrong| wrong.problem.code.status());
    page.render_as(status, "scheduling/joint/joint.html", "events", context).await
}

fn told(problem: &Problem, lang: crate::locale::Lang) -> String {
    let fields: Vec<_> = problem.fields.iter().map(|field: &FieldProblem| field.text(lang)).collect();
    if fields.is_empty() { problem.text(lang) } else { fields.join(" ") }
}

/// `POST /events/{id}/joint/{org}`
pub async fn say(
    Desk { page, actor, .. }: Desk<ToManage>,
    Path((id, org)): Path<(i64, i64)>,
    Signed(typed): Signed<Typed>,
) -> Result<Response> {
    let (event, organisation) = (EventId(id), OrganisationId(org));
    match act(&page, &actor, event, organisation, &typed).await {
        Ok(done) => {
            // Who took itself out may not see the event's own page, but still this one.
            Ok(Redirect::to(&format!("/events/{id}/joint?done={done}")).into_response())
        }
        Err(Error::Problem(problem)) if !matches!(problem.code, Code::NotFound | Code::Forbidden) => {
            let wrong = Wrong { of: organisation, typed, problem: *problem };
            render(&page, &actor, id, &Asked::default(), Some(wrong)).await
        }
        Err(error) => Err(error),
    }
}

async fn act(
    page: &Page,
    actor: &Actor,
    event: EventId,
    organisation: OrganisationId,
    typed: &Typed,
) -> Result<&'static str> {
    let now = page.app.now();
    let tx = page.app.db.begin().await?;
    let seen = typed.was.parse().ok();
    let done = match typed.act.as_str() {
        "accept" => {
            decide(&tx, actor, event, organisation, Decision::Accept, seen, now).await?;
            "accepted"
        }
        "decline" => {
            let decision = Decision::Decline(Some(typed.reason.clone()));
            decide(&tx, actor, event, organisation, decision, seen, now).await?;
            "declined"
        }
        "contact" => {
            set_contact(&tx, actor, event, organisation, &typed.contact, now).await?;
            "contact"
        }
        "people" => {
            let lines: Vec<_> =
                typed.audience.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect();
            replace_own_lines(&tx, actor, event, organisation, &lines, now).await?;
            "people"
        }
        "ask" => {
            ask_again(&tx, actor, event, organisation, now).await?;
            "asked"
        }
        "remove" => {
            remove(&tx, actor, event, organisation, now).await?;
            "removed"
        }
        _ => return Err(Error::new(Code::Malformed)),
    };
    tx.commit().await?;
    Ok(done)
}

/// What an event's own page shows of its co-hosts; None when it has none.
#[must_use]
pub fn summary(page: &Page, whole: &Whole) -> Option<Value> {
    if whole.asked.is_empty() {
        return None;
    }
    let of = |status| whole.asked.iter().filter(|row| row.status == status).count();
    let parts =
        [CoHostStatus::Accepted, CoHostStatus::Asked, CoHostStatus::Declined].map(|status| (status, of(status)));
    let parts = parts.into_iter().filter(|(_, n)| *n > 0);
    let parts: Vec<_> = parts
        .map(|(status, n)| {
            page.lang.text_with(&format!("page-joint-n-{status}"), [("n", i64::try_from(n).unwrap_or(0))])
        })
        .collect();
    Some(context! { event => whole.event.id.0, parts })
}
