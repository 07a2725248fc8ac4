//! Month, week, agenda, planner and list: what they show, to whom, and what they ask the database.

use std::collections::BTreeMap;

use entity::state::Role;

use crate::harness::{Browser, TestApp};

/// A browser that is signed in with an account of that role.
async fn desk<'a>(app: &'a TestApp, org: &str, role: Role) -> Browser<'a> {
    let secret = app.account(&format!("{}-{role}@example.test", org.to_lowercase()), org, role).await;
    let browser = Browser::new(app);
    browser.get(&format!("/enter/{secret}")).await.expect(303);
    browser
}

/// How often each kind of thing was asked for since the last call: by the first table of each statement.
fn asked(app: &TestApp) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for sql in app.statements() {
        let table = sql.split(" FROM \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
        *counts.entry(table.to_owned()).or_default() += 1;
    }
    counts
}

journeys! {
    async fn no_kind_of_thing_is_asked_for_twice(app: &TestApp) {
        app.world().await;
        let browser = desk(app, "GQ", Role::Organizer).await;
        for path in ["/calendar", "/events"] {
            app.statements();
            browser.get(path).await.expect(200);
            let counts = asked(app);
            assert!(counts.contains_key("session") || counts.contains_key("event"), "{path}: {counts:?}");
            assert!(counts["organisation"] == 1 && counts["account"] == 1, "{path}: {counts:?}");
        }
    }
}
