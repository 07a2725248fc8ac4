//! Saying something of sessions to many: to each circle of people in a run of its own, page by page.

use chrono::{DateTime, Utc};
use entity::reminder_run;

use super::House;
use super::people::{Page, Recipient, Whom, page, with_registrations};
use super::run::{self, Ending, Occasion, Part, Seen};
use super::standing::Standing;
use crate::db::Db;
use crate::error::Result;
use crate::outbox::Message;

/// Something that is said of a session: a reminder before it, thanks after it.
pub trait Saying {
    /// To whom of the staff, and to whom else.
    fn whom(&self) -> (Whom, Option<Whom>);

    /// Its name in `reminder_run.what`, before what tells the circles apart.
    fn name(&self) -> String;

    /// Whether there is still something to say of a session, as the run that was begun for it knew it.
    fn stands(&self, seen: &Seen, run: &reminder_run::Model) -> bool;

    /// From when on it may go to somebody; None when they are not to be told.
    fn goes(
        &self,
        house: &House<'_>,
        seen: &Seen,
        standing: &Standing,
        to: &Recipient,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>>;

    /// The message to one of them.
    fn message(&self, seen: &Seen, to: Recipient) -> Message;

    /// What its runs are called, one for each circle.
    fn runs(&self) -> impl Iterator<Item = (Whom, String)> {
        let (staff, others) = self.whom();
        let name = self.name();
        [Some(staff), others].into_iter().flatten().map(move |whom| (whom, format!("{name}{}", whom.suffix())))
    }
}

/// Writes what is due down, as far as nobody did; gives how many messages.
pub async fn write_all<S: Saying>(db: &Db, house: &House<'_>, due: &[(Seen, S)], now: DateTime<Utc>) -> Result<usize> {
    let named = with_registrations(db.read(), due.iter().map(|(seen, _)| seen)).await?;
    let mut wanted = Vec::new();
    for (seen, saying) in due {
        let (staff, _) = saying.whom();
        for (whom, what) in saying.runs().filter(|(whom, _)| *whom == staff || named.contains(&seen.session.id)) {
            let occasion = Occasion { session: seen.session.id, starts_at: seen.session.starts_at, what };
            wanted.push((occasion, saying, whom));
        }
    }
    let occasions: Vec<Occasion> = wanted.iter().map(|(occasion, ..)| occasion.clone()).collect();
    let mut runs = run::open(db, &occasions, now).await?;
    let mut count = 0;
    for (occasion, saying, whom) in wanted {
        if let Some(run) = runs.remove(&occasion) {
            count += write_run(db, house, run, (saying, whom), now).await?;
        }
    }
    Ok(count)
}

/// Goes through the people whom nobody wrote for so far.
async fn write_run<S: Saying>(
    db: &Db,
    house: &House<'_>,
    mut run: reminder_run::Model,
    (saying, whom): (&S, Whom),
    now: DateTime<Utc>,
) -> Result<usize> {
    let mut count = 0;
    while run.done_at.is_none() {
        let Some(seen) = Seen::load(db.read(), run.session_id).await? else { break };
        if !saying.stands(&seen, &run) {
            break;
        }
        let Page { people, standing, reached, looked_at } = page(db.read(), &seen, whom, run.reached).await?;
        let message = |to: Recipient| {
            let goes = saying.goes(house, &seen, &standing, &to, now)?;
            Some((goes, saying.message(&seen, to)))
        };
        let messages: Vec<_> = people.into_iter().filter_map(message).collect();
        let written = messages.len();
        if !run::write(db, &mut run, &seen, Part { messages, reached, end: Ending::after(looked_at) }, now).await? {
            break;
        }
        count += written;
    }
    Ok(count)
}
