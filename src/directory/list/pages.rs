//! The list of people.

use axum::extract::Query;
use axum::response::Response;
use chrono::NaiveDate;
use minijinja::{context, value::Serde};
use serde::{Deserialize, Serialize};

use super::{Found, Presence, Wanted, find, labels};
use crate::directory::pages::{group_name, own_orgs};
use crate::error::Result;
use crate::people::OrgTree;
use crate::view::encode;
use crate::web::{Desk, ToRead};

/// People on one page.
const SIZE: u64 = 50;

/// What the reader looks for, as the address says it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    org: String,
    group: String,
    day: String,
    state: String,
    page: String,
    done: String,
}

impl Asked {
    fn with_page(&self, page: u64) -> String {
        let pairs =
            [("q", &self.q), ("org", &self.org), ("group", &self.group), ("day", &self.day), ("state", &self.state)];
        let mut query: Vec<_> = pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        query.push(format!("page={page}"));
        query.join("&")
    }
}

/// `GET /people`
pub async fn show(Desk { page, actor, .. }: Desk<ToRead>, Query(asked): Query<Asked>) -> Result<Response> {
    let (db, today) = (page.app.db.read(), page.app.config.zone().day(page.app.now()));
    let tree = OrgTree::load(db).await?;
    let org = tree.by_code(&asked.org).filter(|org| tree.is_below(org.id, actor.organisation));
    let org = org.map_or(actor.organisation, |org| org.id);
    let day: NaiveDate = asked.day.parse().unwrap_or(today);
    let presence = if asked.state == "away" { Presence::Away } else { Presence::Here };
    let wanted = Wanted {
        org,
        day,
        presence,
        text: asked.q.clone(),
        group: Some(asked.group.clone()).filter(|group| !group.is_empty() && !group.contains('\0')),
    };
    let at = asked.page.parse::<u64>().unwrap_or(1).clamp(1, 1_000_000);
    let Found { people, groups, total } = find(db, &wanted, at, SIZE).await?;
    let rows: Vec<_> = people
        .iter()
        .map(|row| {
            let labels = groups.get(&row.membership_id).into_iter().flatten();
            context! {
                id => row.person_id.0, staff_no => row.staff_no.as_str(), name => row.name.as_str(),
                title => row.title.as_str(), org => tree.name(row.organisation_id), no_email => row.email.is_none(),
                groups => labels.map(|name| group_name(page.lang, name)).collect::<Vec<_>>(),
            }
        })
        .collect();
    let first = (at - 1).saturating_mul(SIZE);
    let shown = rows.len() as u64;
    let names: Vec<_> = labels(db, actor.organisation)
        .await?
        .into_iter()
        .map(|name| context! { text => group_name(page.lang, &name), chosen => name == asked.group, value => name })
        .collect();
    let context = context! {
        rows, total, from => first + 1, to => first + shown,
        earlier => (at > 1).then(|| asked.with_page(at - 1)),
        later => (first + shown < u64::try_from(total).unwrap_or(0)).then(|| asked.with_page(at + 1)),
        orgs => own_orgs(&tree, &actor, &asked.org, None), groups => names,
        org_name => tree.name(actor.organisation), day => day.to_string(), is_today => day == today,
        asked => Serde(asked), may_manage => actor.may_manage(),
    };
    page.render("directory/list/list.html", "people", context).await
}
