//! A small world: organisations, people, tokens and accounts, written straight into the tables.

use entity::id::{OrganisationId, PersonId};
use entity::state::{Role, Scope};
use entity::{membership, membership_group, organisation, person};
use pufa::access::{sign_in, token};
use pufa::people;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::TestApp;

impl TestApp {
    /// Organisations `ZB-KJ` (city), `GQ` (county) with `GQ-KJ` (bureau; sections `GQ-KJ-FG` and `GQ-KJ-BGS`), `GQ-SF`
    /// and `GQ-TZ`; people KJ001 to KJ006 in the two sections by turns (the first three in `center-group`), SF001 and
    /// SF002, ZB001, TZ001; each with an address `kj001@example.test`.
    pub async fn world(&self) {
        for (code, name, parent, level) in [
            ("ZB-KJ", "市科技局", "", "city"),
            ("GQ", "高青县", "", "county"),
            ("GQ-KJ", "县科技局", "GQ", "bureau"),
            ("GQ-KJ-FG", "政策法规科", "GQ-KJ", "section"),
            ("GQ-KJ-BGS", "办公室", "GQ-KJ", "section"),
            ("GQ-SF", "县司法局", "GQ", "bureau"),
            ("GQ-TZ", "田镇街道", "GQ", "town"),
        ] {
            self.organisation(code, name, parent, level).await;
        }
        for n in 1..=6 {
            let section = if n % 2 == 1 { "GQ-KJ-FG" } else { "GQ-KJ-BGS" };
            let groups: &[&str] = if n <= 3 { &["center-group"] } else { &[] };
            self.person(&format!("KJ00{n}"), section, groups).await;
        }
        for (number, org) in [("SF001", "GQ-SF"), ("SF002", "GQ-SF"), ("ZB001", "ZB-KJ"), ("TZ001", "GQ-TZ")] {
            self.person(number, org, &[]).await;
        }
    }

    /// An organisation below `parent` (a code; empty: at the top).
    pub async fn organisation(&self, code: &str, name: &str, parent: &str, level: &str) -> OrganisationId {
        let parent_id = if parent.is_empty() { None } else { Some(self.org_id(parent).await) };
        let tx = self.db.begin().await.unwrap();
        let row = organisation::ActiveModel {
            code: Set(code.to_owned()),
            name: Set(name.to_owned()),
            parent_id: Set(parent_id),
            level: Set(level.to_owned()),
            ..Default::default()
        };
        let id = organisation::Entity::insert(row).exec(&tx).await.unwrap().last_insert_id;
        people::rebuild_closure(&tx).await.unwrap();
        people::touch(&tx).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// The id of the organisation of that code.
    pub async fn org_id(&self, code: &str) -> OrganisationId {
        people::by_code(self.db.read(), code).await.unwrap().id
    }

    /// A person `干部…` with an open membership since 2021 in the organisation of that code.
    pub async fn person(&self, staff_no: &str, org: &str, groups: &[&str]) -> PersonId {
        let organisation_id = self.org_id(org).await;
        let (kind, number) = staff_no.split_at(2);
        let tx = self.db.begin().await.unwrap();
        let row = person::ActiveModel {
            staff_no: Set(staff_no.to_owned()),
            name: Set(format!("干部{kind}{}", number.trim_start_matches('0'))),
            email: Set(Some(format!("{}@example.test", staff_no.to_lowercase()))),
            created_at: Set(self.now()),
            ..Default::default()
        };
        let person_id = person::Entity::insert(row).exec(&tx).await.unwrap().last_insert_id;
        let row = membership::ActiveModel {
            person_id: Set(person_id),
            organisation_id: Set(organisation_id),
            title: Set(String::new()),
            active_from: Set("2021-01-01".parse().unwrap()),
            active_to: Set(None),
            ..Default::default()
        };
        let membership_id = membership::Entity::insert(row).exec(&tx).await.unwrap().last_insert_id;
        for group in groups {
            let row =
                membership_group::ActiveModel { membership_id: Set(membership_id), name: Set((*group).to_owned()) };
            membership_group::Entity::insert(row).exec_without_returning(&tx).await.unwrap();
        }
        people::touch(&tx).await.unwrap();
        tx.commit().await.unwrap();
        person_id
    }

    /// The id of the person of that number.
    pub async fn person_id(&self, staff_no: &str) -> PersonId {
        let found = person::Entity::find().filter(person::Column::StaffNo.eq(staff_no)).one(self.db.read()).await;
        found.unwrap().expect("a person of that number").id
    }

    /// A new API token.
    pub async fn token(&self, org: &str, scope: Scope) -> String {
        let org = self.org_id(org).await;
        token::create(self.db.write(), "test", org, scope, self.now()).await.unwrap()
    }

    /// A new account, and the secret of a link that signs it in.
    pub async fn account(&self, email: &str, org: &str, role: Role) -> String {
        let org = self.org_id(org).await;
        let account = sign_in::create_account(self.db.write(), email, org, role, self.now()).await.unwrap();
        sign_in::create_link(self.db.write(), Some(account.id), None, &self.config.access, self.now()).await.unwrap()
    }
}
