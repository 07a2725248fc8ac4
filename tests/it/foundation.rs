//! What everything stands on: schema, organisations, audiences, tokens.

use entity::state::Scope;
use pufa::people;

journeys! {
    async fn the_tree_knows_what_lies_below(app: &TestApp) {
        app.world().await;
        let county = app.org_id("GQ").await;
        let below = people::below(app.db.read(), county).await.unwrap();
        assert_eq!(below.len(), 6);
        let (section, city) = (app.org_id("GQ-KJ-FG").await, app.org_id("ZB-KJ").await);
        assert!(people::is_below(app.db.read(), section, county).await.unwrap());
        assert!(!people::is_below(app.db.read(), section, city).await.unwrap());
    }

    async fn the_schema_is_up_to_date_and_an_unknown_page_is_a_problem(app: &TestApp) {
        assert_eq!(app.db.pending_migrations().await.unwrap(), 0);
        let answer = app.get("/no-such-page", "").await;
        assert_eq!(answer.status, 404);
        assert!(answer.text().contains("没有找到"));
    }

    async fn the_schema_can_be_taken_down_and_built_again(app: &TestApp) {
        use migration::{Migrator, MigratorTrait};
        Migrator::down(app.db.write(), None).await.unwrap();
        assert_eq!(app.db.pending_migrations().await.unwrap(), Migrator::migrations().len());
        app.db.migrate().await.unwrap();
        app.world().await;
    }

    async fn a_token_is_kept_as_a_hash_alone(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Read).await;
        assert!(token.len() >= 32);
        let actor = pufa::access::token::actor(app.db.read(), &token).await.unwrap().unwrap();
        assert_eq!(actor.organisation, app.org_id("GQ-KJ").await);
        assert!(pufa::access::token::actor(app.db.read(), "wrong").await.unwrap().is_none());
        use sea_orm::EntityTrait;
        let rows = entity::api_token::Entity::find().all(app.db.read()).await.unwrap();
        assert!(rows.iter().all(|row| row.token_hash != token));
    }
}
