//! Taking an answer: whose it may be, to which sessions, and whether it still counts.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::id::{EventId, PersonId, SeriesId, SessionId};
use entity::state::{AnswerStatus, AnswerVia, EventStatus, RegistrationStatus, SessionStatus};
use entity::{event, outbox, registration as registered, series, session};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::calendar::reply::{Attendee, Reply};
use crate::error::Result;
use crate::people::with_email;
use crate::scheduling::answer::{self, Given, Taken, assists};
use crate::scheduling::audience::{Audience, invited_among_by_day, load_all};
use crate::scheduling::registration;

/// What became of one answer, and of whom it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// `taken`, or why it changed nothing.
    pub verdict: &'static str,
    /// Of which event.
    pub event: Option<EventId>,
    /// Of which session, where it is one.
    pub session: Option<SessionId>,
    /// Of whom.
    pub person: Option<PersonId>,
}

impl Outcome {
    /// Nothing is known but why it changed nothing.
    pub(super) fn of(verdict: &'static str) -> Self {
        Self { verdict, ..Self::default() }
    }
}

/// What an answer is to.
struct Asked<'a> {
    event: &'a event::Model,
    audience: &'a Audience,
    /// Those that it speaks of; one, or the sittings of a series.
    sessions: Vec<session::Model>,
    /// Every address that mail of it may have gone to finds these rows.
    mailed: Condition,
}

/// Takes the answers of one mail that came from `from`, in the caller's transaction.
pub(super) async fn take(
    db: &impl ConnectionTrait,
    from: &[String],
    replies: &[Reply],
    said_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Vec<Outcome>> {
    let [from] = from else { return Ok(vec![Outcome::of("other-sender")]) };
    let mut spoken: Vec<_> = replies.iter().map(|reply| (reply, speaks_for(reply, from))).collect();
    // What is said of one sitting goes before what is said of all, wherever either stands in the mail.
    spoken.sort_by_key(|(reply, _)| reply.sitting.is_some());
    let meant = spoken.iter().filter(|(_, attendee)| attendee.is_some()).map(|(reply, _)| reply.uid.as_str());
    let held = Held::of(db, meant).await?;
    let mut found = Vec::new();
    for (reply, attendee) in spoken {
        found.push(match attendee {
            Some(attendee) => one(db, &held, from, (reply, attendee), said_at, now).await?,
            None => Outcome::of("other-sender"),
        });
    }
    Ok(found)
}

async fn one(
    db: &impl ConnectionTrait,
    held: &Held,
    from: &str,
    (reply, attendee): (&Reply, &Attendee),
    said_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Outcome> {
    let asked = match asked(db, held, reply).await? {
        Ok(asked) => asked,
        Err(why) => return Ok(Outcome::of(why)),
    };
    let single = match asked.sessions.as_slice() {
        [one] => Some(one.id),
        _ => None,
    };
    let told = |verdict, person| Outcome { verdict, event: Some(asked.event.id), session: single, person };
    let ahead = match ahead(&asked, now) {
        Ok(ahead) => ahead,
        Err(why) => return Ok(told(why, None)),
    };
    let people = people_at(db, &asked, &attendee.address).await?;
    let (people, by) = if attendee.address == from {
        (people, None)
    } else {
        match assists(db, &with_email(db, from).await?, &people).await? {
            Some((assistant, people)) => (people, Some(assistant)),
            None => return Ok(told("other-sender", None)),
        }
    };
    let who = match whose(db, &asked, &ahead, &people, attendee).await? {
        Ok(who) => who,
        Err("not-invited") if by.is_none() => return call_off(db, &asked, reply, attendee, now).await,
        Err(why) => return Ok(told(why, None)),
    };
    let Some(status) = attendee.status else { return Ok(told("no-answer", Some(who.person))) };
    let given = Given {
        person: who.person,
        status,
        comment: reply.said(attendee),
        sequence: Some(reply.sequence),
        stamp: reply.stamp.or(said_at),
        via: AnswerVia::Mail,
        by,
    };
    let own: Vec<_> = ahead.into_iter().filter(|session| who.sessions.contains(&session.id)).collect();
    let seen = answer::give(db, &own, &given, now).await?;
    let verdict = match () {
        () if seen.contains(&Taken::Stands) => "taken",
        () if seen.contains(&Taken::Late) => "late",
        () => "older",
    };
    Ok(told(verdict, Some(who.person)))
}

/// For whom it speaks: the one whose address it came from, else the only one that is named.
fn speaks_for<'a>(reply: &'a Reply, from: &str) -> Option<&'a Attendee> {
    let own = reply.attendees.iter().find(|attendee| attendee.address == from);
    own.or(match reply.attendees.as_slice() {
        [only] => Some(only),
        _ => None,
    })
}

/// What a UID is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Session(SessionId),
    Series(SeriesId),
}

/// The events that the answers of a mail are to, held until the transaction ends: nobody moves them meanwhile, and of
/// two mails that answer the same the second sees what the first said.
struct Held {
    places: HashMap<String, (EventId, Place)>,
    events: HashMap<EventId, event::Model>,
    audiences: HashMap<EventId, Audience>,
}

impl Held {
    async fn of<'a>(db: &impl ConnectionTrait, uids: impl Iterator<Item = &'a str>) -> Result<Self, DbErr> {
        let uids: HashSet<&str> = uids.collect();
        let of_series: Vec<(String, EventId, SeriesId)> = series::Entity::find()
            .select_only()
            .columns([series::Column::Uid, series::Column::EventId, series::Column::Id])
            .filter(series::Column::Uid.is_in(uids.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        let of_sessions: Vec<(String, EventId, SessionId)> = session::Entity::find()
            .select_only()
            .columns([session::Column::Uid, session::Column::EventId, session::Column::Id])
            .filter(session::Column::Uid.is_in(uids.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        let series = of_series.into_iter().map(|(uid, event, id)| (uid, (event, Place::Series(id))));
        let sessions = of_sessions.into_iter().map(|(uid, event, id)| (uid, (event, Place::Session(id))));
        let places: HashMap<_, _> = series.chain(sessions).collect();
        // By id, so that of two mails neither holds what the other waits for.
        let rows = event::Entity::find()
            .filter(event::Column::Id.is_in(places.values().map(|(event, _)| *event)))
            .order_by_asc(event::Column::Id)
            .lock_exclusive()
            .all(db)
            .await?;
        let audiences = load_all(db, rows.iter()).await?;
        Ok(Self { places, events: rows.into_iter().map(|event| (event.id, event)).collect(), audiences })
    }
}

/// The sessions of a UID: of a published event, so that nobody learns of a draft.
async fn asked<'a>(
    db: &impl ConnectionTrait,
    held: &'a Held,
    reply: &Reply,
) -> Result<Result<Asked<'a>, &'static str>, DbErr> {
    let unknown = Ok(Err("unknown-uid"));
    let Some(&(id, place)) = held.places.get(&reply.uid) else { return unknown };
    let (Some(event), Some(audience)) = (held.events.get(&id), held.audiences.get(&id)) else { return unknown };
    if event.published_at.is_none() || event.status == EventStatus::Draft {
        return unknown;
    }
    let which = match place {
        Place::Session(id) => session::Column::Id.eq(id),
        Place::Series(id) => session::Column::SeriesId.eq(id),
    };
    let mut sessions = session::Entity::find().filter(which).order_by_asc(session::Column::StartsAt).all(db).await?;
    if let Some(slot) = reply.sitting {
        sessions = slot.of(sessions);
        if sessions.is_empty() {
            return Ok(Err("unknown-sitting"));
        }
    }
    let of_series = match place {
        Place::Session(_) => sessions.first().and_then(|row| row.series_id),
        Place::Series(id) => Some(id),
    };
    let mailed = Condition::any()
        .add(outbox::Column::SessionId.is_in(sessions.iter().map(|row| row.id)))
        .add_option(of_series.map(|id| outbox::Column::SeriesId.eq(id)));
    Ok(Ok(Asked { event, audience, sessions, mailed }))
}

/// Those that can still be answered; why none can.
fn ahead(asked: &Asked<'_>, now: DateTime<Utc>) -> Result<Vec<session::Model>, &'static str> {
    if asked.event.status == EventStatus::Cancelled {
        return Err("cancelled");
    }
    let stands = |session: &&session::Model| session.status != SessionStatus::Cancelled;
    let ahead: Vec<_> = asked.sessions.iter().filter(|session| is_ahead(session, now)).cloned().collect();
    match (ahead.is_empty(), asked.sessions.iter().any(|session| stands(&session))) {
        (false, _) => Ok(ahead),
        (true, true) => Err("over"),
        (true, false) => Err("cancelled"),
    }
}

fn is_ahead(session: &session::Model, now: DateTime<Utc>) -> bool {
    session.status == SessionStatus::Scheduled && session.ends_at > now
}

/// Everyone whose address it is, or was when mail of this went there.
async fn people_at(db: &impl ConnectionTrait, asked: &Asked<'_>, address: &str) -> Result<HashSet<PersonId>, DbErr> {
    let mut people: HashSet<PersonId> = with_email(db, address).await?.into_iter().map(|person| person.id).collect();
    let rows = outbox::Entity::find()
        .filter(asked.mailed.clone())
        .filter(outbox::Column::PersonId.is_not_null())
        .filter(crate::people::is_address(outbox::Column::Address, address))
        .all(db)
        .await?;
    people.extend(rows.into_iter().filter_map(|row| row.person_id));
    Ok(people)
}

/// Who answers, and to which of the sessions they are invited.
struct Who {
    person: PersonId,
    sessions: HashSet<SessionId>,
}

/// The one of these people who is invited; where an address is that of several, the one whose name stands there.
async fn whose(
    db: &impl ConnectionTrait,
    asked: &Asked<'_>,
    ahead: &[session::Model],
    people: &HashSet<PersonId>,
    attendee: &Attendee,
) -> Result<Result<Who, &'static str>, DbErr> {
    if people.is_empty() {
        return Ok(Err("not-invited"));
    }
    let days: BTreeSet<_> = ahead.iter().map(|session| session.day).collect();
    let by_day = invited_among_by_day(db, asked.audience, &days, people.iter().copied()).await?;
    let mut found: Vec<(Who, String)> = Vec::new();
    for session in ahead {
        for member in by_day.get(&session.day).into_iter().flatten() {
            match found.iter_mut().find(|(who, _)| who.person == member.person_id) {
                Some((who, _)) => drop(who.sessions.insert(session.id)),
                None => found.push((
                    Who { person: member.person_id, sessions: HashSet::from([session.id]) },
                    member.name.clone(),
                )),
            }
        }
    }
    if found.len() > 1 {
        found.retain(|(_, name)| *name == attendee.name);
        if found.len() != 1 {
            return Ok(Err("ambiguous"));
        }
    }
    Ok(found.pop().map(|(who, _)| who).ok_or("not-invited"))
}

/// Who put their name down and declines all that is ahead of the event takes it off again: a name is down for all of it.
/// Who accepts keeps the place that they have.
async fn call_off(
    db: &impl ConnectionTrait,
    asked: &Asked<'_>,
    reply: &Reply,
    who: &Attendee,
    now: DateTime<Utc>,
) -> Result<Outcome> {
    let told = |verdict| Outcome { verdict, event: Some(asked.event.id), ..Outcome::default() };
    let row = registered::Entity::find()
        .filter(registered::Column::EventId.eq(asked.event.id))
        .filter(registered::Column::Status.ne(RegistrationStatus::Cancelled))
        .filter(crate::people::is_address(registered::Column::Email, &who.address))
        .one(db)
        .await?;
    let Some(row) = row else { return Ok(told("not-invited")) };
    match who.status {
        Some(AnswerStatus::Declined) => {}
        Some(AnswerStatus::Accepted) => return Ok(told("kept")),
        Some(AnswerStatus::Tentative) | None => return Ok(told("registered")),
    }
    let mut all = session::Entity::find().filter(session::Column::EventId.eq(asked.event.id)).all(db).await?;
    all.retain(|session| is_ahead(session, now));
    let meant: HashSet<SessionId> = asked.sessions.iter().map(|session| session.id).collect();
    if all.iter().any(|session| !meant.contains(&session.id)) {
        return Ok(told("registered"));
    }
    if all.iter().any(|session| reply.sequence < session.answers_from) {
        return Ok(told("late"));
    }
    registration::call_off(db, asked.event, row.id, "public", now).await?;
    Ok(told("taken"))
}
