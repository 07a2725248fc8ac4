//! A copy of everything and back, also from one database to the other; what is not whole is refused.

use pufa::backup::{BackupError, restore, save};
use pufa::db::Db;

use crate::harness::{Backend, TestApp};
use crate::import::{dump, good, year};

/// Another database of the same or the other sort, empty.
async fn empty(backend: Backend) -> TestApp {
    TestApp::start(backend).await
}

journeys! {
    async fn a_copy_comes_back_whole_on_either_database(app: &TestApp) {
        app.at("2025-02-01T09:00");
        good(app, pufa::import::from_path(&year()).unwrap()).await;
        let (file, before) = (app.folder.path().join("copy.txt"), dump(app).await);
        save(&app.db, &file, app.now()).await.unwrap();
        for backend in [Backend::Sqlite, Backend::Postgres] {
            let other = empty(backend).await;
            let rows = restore(&other.db, &file).await.unwrap();
            assert_eq!(dump(&other).await, before, "{backend:?}");
            assert_eq!(rows, before.lines().filter(|line| line.starts_with('[')).count() as u64);
            // New rows get ids of their own.
            let people = "staff_no,name,email,org_code,title,groups,active_from,active_to\nN1,干部新,,GQ-KJ,,,2025-01-01,\n";
            good(&other, crate::import::only("people.csv", people)).await;
            let refused = restore(&other.db, &file).await;
            assert!(matches!(refused, Err(BackupError::NotEmpty("organisation"))), "{refused:?}");
        }
        let again = save(&app.db, &file, app.now()).await;
        assert!(matches!(again, Err(BackupError::Exists(_))), "{again:?}");
    }

    async fn what_is_not_whole_is_refused_before_anything_is_written(app: &TestApp) {
        app.world().await;
        let file = app.folder.path().join("copy.txt");
        save(&app.db, &file, app.now()).await.unwrap();
        let whole = std::fs::read_to_string(&file).unwrap();
        let other = empty(app.backend).await;
        let before = dump(&other).await;
        let cut_line = whole.lines().take(20).map(|line| format!("{line}\n")).collect::<String>();
        for (what, text) in [
            ("altered", whole.replace("kj001@", "kj999@")),
            ("cut in a line", whole[..whole.len() / 2].to_owned()),
            ("cut at a line", cut_line),
            ("without its last line's end", whole.trim_end().to_owned()),
            ("with more behind", format!("{whole}x\n")),
            ("empty", String::new()),
            ("something else", "staff_no,name\n1,2\n".to_owned()),
        ] {
            let broken = app.folder.path().join("broken.txt");
            std::fs::write(&broken, text).unwrap();
            let refused = restore(&other.db, &broken).await;
            assert!(matches!(refused, Err(BackupError::Broken(_))), "{what}: {refused:?}");
            assert_eq!(dump(&other).await, before, "{what}");
        }
        let newer = whole.replacen("m20261123_000001", "m29990101_000001", 1);
        let broken = app.folder.path().join("newer.txt");
        std::fs::write(&broken, &newer).unwrap();
        assert!(restore(&other.db, &broken).await.is_err());
        restore(&other.db, &file).await.unwrap();
    }

    async fn every_table_is_in_a_copy(app: &TestApp) {
        use sea_orm::{ConnectionTrait, DbBackend, Statement};
        let (backend, query) = match app.backend {
            Backend::Sqlite => (DbBackend::Sqlite, "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"),
            Backend::Postgres => (DbBackend::Postgres, "select tablename::text as name from pg_tables where schemaname = 'public'"),
        };
        let rows = app.db.read().query_all_raw(Statement::from_string(backend, query)).await.unwrap();
        let mut there: Vec<String> = rows.iter().map(|row| row.try_get("", "name").unwrap()).collect();
        there.retain(|name| name != "seaql_migrations");
        let copy = dump(app).await;
        let mut copied: Vec<String> = copy
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()?["table"].as_str().map(str::to_owned))
            .collect();
        there.sort();
        copied.sort();
        assert_eq!(copied, there);
    }

    async fn a_copy_holds_one_moment_while_others_write(app: &TestApp) {
        app.world().await;
        let file = app.folder.path().join("copy.txt");
        let writer = async {
            for n in 0..20 {
                app.person(&format!("WR{n:03}"), "GQ-KJ", &["busy"]).await;
            }
        };
        let (copied, ()) = tokio::join!(save(&app.db, &file, app.now()), writer);
        copied.unwrap();
        let other = empty(app.backend).await;
        // Each person came with a membership and a group in one transaction: foreign keys hold only for whole ones.
        restore(&other.db, &file).await.unwrap();
        let count = |copy: &str, what: &str| copy.lines().filter(|line| line.contains(what)).count();
        let copy = dump(&other).await;
        assert_eq!(count(&copy, "\"WR0"), count(&copy, "\"busy\""));
        let _: &Db = &other.db;
    }
}
