//! A calendar that subscribes: vdirsyncer fetches by HTTP, khal shows what came.

use std::path::{Path, PathBuf};
use std::process::Command;

use entity::state::Scope;
use pufa::calendar::subscription;
use serde_json::json;
use tokio::net::TcpListener;

/// A person's calendar on their own machine.
struct Subscriber {
    folder: PathBuf,
    bin: PathBuf,
}

impl Subscriber {
    /// Subscribes to an address.
    fn new(folder: &Path, url: &str) -> Self {
        let python = std::env::var("PUFA_TEST_PYTHON").expect("PUFA_TEST_PYTHON is not set: use tests/run");
        let bin = Path::new(&python).parent().expect("python lies in a folder").to_owned();
        let folder = folder.join("subscriber");
        std::fs::create_dir_all(folder.join("calendar")).unwrap();
        let here = folder.display();
        let sync = format!(
            "[general]\nstatus_path = \"{here}/status/\"\n\
             [pair pufa]\na = \"remote\"\nb = \"local\"\ncollections = null\nconflict_resolution = \"a wins\"\n\
             [storage remote]\ntype = \"http\"\nurl = \"{url}\"\n\
             [storage local]\ntype = \"filesystem\"\npath = \"{here}/calendar/\"\nfileext = \".ics\"\n"
        );
        std::fs::write(folder.join("vdirsyncer"), sync).unwrap();
        let show = format!(
            "[calendars]\n[[pufa]]\npath = {here}/calendar/\n\
             [locale]\nlocal_timezone = Asia/Shanghai\ndefault_timezone = Asia/Shanghai\ntimeformat = %H:%M\n\
             dateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\n\
             longdatetimeformat = %Y-%m-%d %H:%M\n\
             [sqlite]\npath = {here}/khal.db\n"
        );
        std::fs::write(folder.join("khal"), show).unwrap();
        let subscriber = Self { folder, bin };
        subscriber.vdirsyncer("discover");
        subscriber
    }

    /// Fetches, and gives what khal shows of a week: title, start, end, place and status of each.
    fn sync(&self) -> Vec<String> {
        self.vdirsyncer("sync");
        let config = self.folder.join("khal");
        let format = "{title}|{start-long-full}|{end-long-full}|{location}|{status}";
        let arguments = ["list", "--day-format", "", "--format", format, "2024-03-18", "14d"];
        let shown = self.run(self.python("khal").arg("-c").arg(config).args(arguments));
        shown.lines().filter(|line| line.contains('|')).map(str::trim).map(str::to_owned).collect()
    }

    fn vdirsyncer(&self, what: &str) {
        self.run(self.python("vdirsyncer").arg("-c").arg(self.folder.join("vdirsyncer")).arg(what));
    }

    fn python(&self, module: &str) -> Command {
        let mut command = Command::new(self.bin.join("python"));
        command.args(["-m", module]).env("HOME", &self.folder).env("LC_ALL", "C.UTF-8");
        command
    }

    fn run(&self, command: &mut Command) -> String {
        let output = command.output().expect("the program starts: use tests/run");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{command:?}\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
        said
    }
}

journeys! {
    async fn a_calendar_that_subscribes_follows_a_move_and_a_cancellation(app: &TestApp) {
        app.world().await;
        let token = app.token("GQ-KJ", Scope::Manage).await;
        let event = json!({
            "key": "e", "kind": "lecture", "title": "数据安全法讲座", "org_code": "GQ-KJ", "location": "局三楼会议室",
            "audience": ["org:GQ-KJ"], "sessions": [
                {"key": "s1", "starts_at": "2024-03-20T09:00", "ends_at": "2024-03-20T11:00"},
                {"key": "s2", "starts_at": "2024-03-22T14:30", "ends_at": "2024-03-22T16:00"},
            ],
        });
        let made = app.post("/api/v1/events", &token, event).await.expect(201).json();
        let id = made["id"].as_str().unwrap().to_owned();
        let session = |n: usize| made["sessions"][n]["id"].as_str().unwrap().to_owned();
        app.post(&format!("/api/v1/events/{id}/publish"), &token, json!({"override": "冲突另有测试"})).await.expect(200);

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = pufa::app::router((**app).clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let secret = subscription::create(app.db.write(), app.person_id("KJ001").await, app.now()).await.unwrap();
        let url = format!("http://127.0.0.1:{port}/calendar/{secret}.ics");
        let folder = app.folder.path().to_owned();
        let subscriber = tokio::task::spawn_blocking(move || Subscriber::new(&folder, &url)).await.unwrap();
        let sync = || tokio::task::block_in_place(|| subscriber.sync());
        assert_eq!(sync(), [
            "数据安全法讲座|2024-03-20 09:00|2024-03-20 11:00|局三楼会议室|CONFIRMED",
            "数据安全法讲座|2024-03-22 14:30|2024-03-22 16:00|局三楼会议室|CONFIRMED",
        ]);
        let moved = json!({"starts_at": "2024-03-21T10:00", "ends_at": "2024-03-21T12:00", "location": "二楼"});
        app.patch(&format!("/api/v1/sessions/{}", session(0)), &token, moved).await.expect(200);
        assert_eq!(sync(), [
            "数据安全法讲座|2024-03-21 10:00|2024-03-21 12:00|二楼|CONFIRMED",
            "数据安全法讲座|2024-03-22 14:30|2024-03-22 16:00|局三楼会议室|CONFIRMED",
        ]);
        app.post(&format!("/api/v1/sessions/{}/cancel", session(1)), &token, json!({})).await.expect(200);
        assert_eq!(sync(), [
            "数据安全法讲座|2024-03-21 10:00|2024-03-21 12:00|二楼|CONFIRMED",
            "数据安全法讲座|2024-03-22 14:30|2024-03-22 16:00|局三楼会议室|CANCELLED",
        ]);
        assert_eq!(sync().len(), 2, "a sync without a change changes nothing");
    }
}
