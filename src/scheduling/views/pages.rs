//! The head that the five views share: the way through time, the other views, the filters, and what was not understood.

use chrono::{DateTime, Months, NaiveDate, Utc};
use entity::place;
use minijinja::{Value, context, value::Serde};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{DayMark, Show, mark, year_without_notice};
use crate::access::Actor;
use crate::access::sign_in::SignedIn;
use crate::calendar::subscription::invited_to;
use crate::dates::{Workdays, Zone};
use crate::error::Result;
use crate::people::OrgTree;
use crate::scheduling::filters::{Filters, View};
use crate::scheduling::waiting::{Waiting, exams, run_by};
use crate::scheduling::{Phase, Wanted, holidays};
use crate::web::{Desk, Page};

/// Places offered to choose from.
const PLACES: u64 = 300;

/// One of the views being made: what is asked for, by whom, and when.
pub struct Frame<'a> {
    /// The page.
    pub page: &'a Page,
    /// Who asks.
    pub actor: &'a Actor,
    /// What is asked for.
    pub filters: Filters,
    /// The same as conditions.
    pub wanted: Wanted,
    /// Kinds whose attendance is their results.
    pub exams: Vec<String>,
    /// All organisations.
    pub tree: &'a OrgTree,
    /// The site's zone.
    pub zone: Zone,
    /// The present.
    pub now: DateTime<Utc>,
    /// Its date.
    pub today: NaiveDate,
    /// Which days are worked.
    pub workdays: Workdays,
    view: View,
}

/// The way through time from where a view stands: addresses, and what their buttons say.
pub struct Way {
    /// What the page is called.
    pub title: String,
    /// The day that stays when the view changes.
    pub day: NaiveDate,
    /// The time before; none where nothing is.
    pub before: Option<String>,
    /// The time after.
    pub after: Option<String>,
    /// The address of today.
    pub today: String,
    /// The key of the texts of both, `month` or `week`.
    pub unit: &'static str,
}

impl<'a> Frame<'a> {
    /// Reads what is asked for.
    pub async fn open<N>(desk: &'a Desk<N>, query: Option<&str>, view: View) -> Result<Self> {
        let (page, actor) = (&desk.page, &desk.actor);
        let filters = Filters::read(query);
        let tree = page.tree().await?;
        let kinds = &page.app.kinds;
        let (zone, now) = (page.app.config.zone(), page.app.now());
        let exams = exams(kinds);
        let mut wanted = filters.wanted(actor.organisation, tree, kinds);
        if filters.needs_me() {
            wanted.only = Some(waiting(page, actor, &desk.signed, exams.clone()).await?);
        }
        let workdays = holidays::load(page.app.db.read()).await?;
        Ok(Self { page, actor, filters, wanted, exams, tree, zone, now, today: zone.day(now), workdays, view })
    }

    /// The condition of the sittings, as the queries take it.
    #[must_use]
    pub fn sittings(&self) -> (&Wanted, &[String]) {
        (&self.wanted, &self.exams)
    }

    /// How sittings are shown.
    #[must_use]
    pub fn show(&self) -> Show<'_> {
        Show { lang: self.page.lang, kinds: &self.page.app.kinds, zone: self.zone, now: self.now }
    }

    /// What a notice says of a day; `first` is the first day that is shown.
    #[must_use]
    pub fn mark(&self, day: NaiveDate, first: NaiveDate) -> Option<DayMark> {
        mark(&self.workdays, day, first)
    }

    /// What the head of the page shows.
    pub async fn head(&self, way: &Way) -> Result<Value> {
        let (filters, view, day) = (&self.filters, self.view, way.day);
        let tab = |other: View| {
            let (name, letter) = other.name();
            context! { name, letter, href => filters.to(other, day), current => other == view }
        };
        // What a form leaves out of the address: the time at which it stands.
        let time: Vec<_> = match view {
            View::Month => vec![("year", day.format("%Y").to_string()), ("month", day.format("%-m").to_string())],
            View::Week | View::Agenda => vec![("date", day.to_string())],
            View::Planner | View::List => vec![("year", day.format("%Y").to_string())],
        };
        let (lang, kinds) = (self.page.lang, &self.page.app.kinds);
        Ok(context! {
            title => way.title.as_str(), unit => way.unit,
            before => way.before.as_deref(), after => way.after.as_deref(), today => way.today.as_str(),
            tabs => View::ALL.map(tab).to_vec(), path => view.path(), time => Serde(time),
            off => Filters::off(view, day), narrow => filters.narrow(),
            topic_off => filters.with(view, day, "topic", ""),
            asked => Serde(filters),
            orgs => Serde(filters.orgs(self.actor.organisation, self.tree)),
            org_name => self.tree.name(self.actor.organisation),
            kinds => Serde(filters.kinds(kinds, lang)),
            phases => Phase::ALL.map(Phase::as_str),
            places => self.places().await?,
            doubts => Serde(filters.doubts(self.actor.organisation, self.tree, kinds)),
            may_manage => self.actor.may_manage(),
            no_notice => year_without_notice(&self.workdays, day).filter(|_| view != View::List),
        })
    }

    /// The names of the places that the reader's organisation, one above or below has.
    async fn places(&self) -> Result<Vec<String>> {
        let own = self.actor.organisation;
        let near = self.tree.upwards(own).into_iter().chain(self.tree.below(own));
        Ok(place::Entity::find()
            .select_only()
            .column(place::Column::Name)
            .distinct()
            .filter(place::Column::OrganisationId.is_in(near))
            .filter(place::Column::RetiredAt.is_null())
            .order_by_asc(place::Column::Name)
            .limit(PLACES)
            .into_tuple()
            .all(self.page.app.db.read())
            .await?)
    }
}

/// What waits for the reader: as an organiser, and as somebody of the staff.
async fn waiting(page: &Page, actor: &Actor, signed: &SignedIn, exams: Vec<String>) -> Result<Waiting> {
    let (db, now, tree) = (page.app.db.read(), page.app.now(), page.tree().await?);
    let theirs = if actor.may_manage() { run_by(db, tree, actor.organisation).await? } else { Vec::new() };
    let mut invited = Vec::new();
    if let Some(person) = &signed.identity.person {
        let until = now.checked_add_months(Months::new(page.app.config.calendar.months_ahead)).unwrap_or(now);
        let found = invited_to(db, tree, person.id, (now, until)).await?;
        let ahead = |phase: Phase| matches!(phase, Phase::Ahead | Phase::Running);
        invited = found
            .into_iter()
            .filter(|(event, session)| event.required && ahead(Phase::of_session(event, session, now)))
            .map(|(_, session)| session.id)
            .collect();
    }
    Ok(Waiting { theirs, invited, exams })
}
