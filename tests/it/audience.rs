//! Whom an audience names, asked two ways over made-up people and rules: of all at once by a query, of one by values.

use std::collections::HashSet;

use chrono::NaiveDate;
use entity::state::{AudienceSign, AudienceTarget};
use entity::{audience_rule, membership, membership_group};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use pufa::people::OrgTree;
use pufa::scheduling::audience::{Audience, Standing, invited};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

/// A line of an audience: sign, target, and which organisation, group or person.
fn line() -> impl Strategy<Value = (AudienceSign, AudienceTarget, usize)> {
    let sign = prop_oneof![3 => Just(AudienceSign::Include), 1 => Just(AudienceSign::Exclude)];
    (sign, prop::sample::select(AudienceTarget::ALL), 0..20_usize)
}

/// A few lines, and hosts.
fn audience() -> impl Strategy<Value = (Vec<(AudienceSign, AudienceTarget, usize)>, Vec<usize>)> {
    (prop::collection::vec(line(), 0..5), prop::collection::vec(0..20_usize, 1..3))
}

journeys! {
    async fn a_query_and_values_name_the_same_people(app: &TestApp) {
        app.world().await;
        // Somebody who changes their place, with another label; somebody who has left.
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (staff_no, last, next) in [("KJ001", "2024-06-30", Some("GQ-SF")), ("KJ002", "2024-03-31", None)] {
            let person_id = app.person_id(staff_no).await;
            let mut row: membership::ActiveModel = membership::Entity::find()
                .filter(membership::Column::PersonId.eq(person_id)).one(app.db.read()).await.unwrap().unwrap().into();
            row.active_to = Set(Some(day(last)));
            membership::Entity::update(row).exec(app.db.write()).await.unwrap();
            let Some(next) = next else { continue };
            let row = membership::ActiveModel {
                person_id: Set(person_id),
                organisation_id: Set(app.org_id(next).await),
                title: Set(String::new()),
                active_from: Set(day("2024-07-01")),
                active_to: Set(None),
                ..Default::default()
            };
            let id = membership::Entity::insert(row).exec(app.db.write()).await.unwrap().last_insert_id;
            let label = membership_group::ActiveModel { membership_id: Set(id), name: Set("enforcement".into()) };
            membership_group::Entity::insert(label).exec_without_returning(app.db.write()).await.unwrap();
        }
        let db = app.db.read();
        let tree = OrgTree::load(db).await.unwrap();
        let orgs: Vec<_> = tree.iter().map(|org| org.id).collect();
        let memberships = membership::Entity::find().all(db).await.unwrap();
        let labels = membership_group::Entity::find().all(db).await.unwrap();
        let groups = ["center-group", "enforcement", "nobody-has-this"];

        let handle = tokio::runtime::Handle::current();
        let mut runner = TestRunner::new(Config { cases: 200, ..Config::default() });
        let run = || runner.run(&audience(), |(lines, hosts)| {
            let rules = lines.iter().enumerate().map(|(n, (sign, target, which))| audience_rule::Model {
                event_id: entity::id::EventId(1),
                position: i32::try_from(n).unwrap(),
                sign: *sign,
                target: *target,
                organisation_id: (*target == AudienceTarget::Org).then(|| orgs[which % orgs.len()]),
                group_name: (*target == AudienceTarget::Group).then(|| groups[which % groups.len()].to_owned()),
                person_id: (*target == AudienceTarget::Staff).then(|| memberships[which % memberships.len()].person_id),
                co_host_id: None,
            }).collect();
            let hosts = hosts.iter().map(|which| orgs[which % orgs.len()]).collect();
            let audience = Audience { rules, hosts };
            for day in ["2024-03-12", "2024-06-30", "2024-07-01"].map(day) {
                let by_query: HashSet<_> = handle.block_on(invited(db, &audience, day)).unwrap()
                    .into_iter().map(|member| member.person_id).collect();
                let by_values: HashSet<_> = memberships.iter()
                    .filter(|row| row.active_from <= day && row.active_to.is_none_or(|last| day <= last))
                    .map(|row| Standing {
                        person_id: row.person_id,
                        upwards: tree.upwards(row.organisation_id),
                        groups: labels.iter().filter(|l| l.membership_id == row.id).map(|l| l.name.clone()).collect(),
                    })
                    .filter(|standing| audience.names(standing))
                    .map(|standing| standing.person_id)
                    .collect();
                prop_assert_eq!(by_query, by_values, "{} {:?}", day, audience);
            }
            Ok(())
        });
        tokio::task::block_in_place(run).unwrap();
    }
}
