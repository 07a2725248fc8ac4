//! A PostgreSQL cluster of its own on a free port, as Debian installs it, fsync on; and its own bench.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::server::free_port;

/// A cluster that runs until dropped.
pub struct Cluster {
    folder: PathBuf,
    bin: PathBuf,
    port: u16,
}

impl Cluster {
    /// Starts one with its files in `folder`, which its server must be able to enter.
    pub fn start(folder: &Path) -> Self {
        let folder = folder.join("postgres");
        std::fs::create_dir(&folder).expect("a folder for PostgreSQL");
        let cluster = Self { bin: newest_bin(), port: free_port(), folder };
        if is_root() {
            // initdb refuses root.
            let parent = cluster.folder.parent().expect("a folder in a folder");
            run(Command::new("chmod").arg("755").arg(parent));
            run(Command::new("chown").arg("postgres").arg(&cluster.folder));
        }
        let data = cluster.folder.join("data");
        run(cluster.command("initdb").arg("-D").arg(&data).args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]));
        let options =
            format!("-p {} -k {} -c listen_addresses=127.0.0.1 -c fsync=on", cluster.port, cluster.folder.display());
        let log = cluster.folder.join("log");
        run(cluster
            .command("pg_ctl")
            .arg("-D")
            .arg(&data)
            .arg("-w")
            .arg("-l")
            .arg(log)
            .args(["-o", &options, "start"]));
        cluster
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Inserts `people` attendances of a session by pgbench, one client, prepared, `batch` in a transaction, which is one
    /// statement; gives rows a second.
    pub fn pgbench(&self, session: i64, batch: u32, people: u32) -> f64 {
        let rows: Vec<_> = (1..=batch)
            .map(|k| {
                format!("({session}, :n + {k}, (:n + {k}) % 40 + 2, 'present', 'check_in', now(), 'token', now(), 'token:1')")
            })
            .collect();
        let script = format!(
            "insert into attendance (session_id, person_id, organisation_id, status, word, checked_in_at, method, \
             recorded_at, recorded_by) values {};\n\\set n :n + {batch}\n",
            rows.join(", ")
        );
        let file = self.folder.join(format!("bench-{session}.sql"));
        std::fs::write(&file, script).expect("a script");
        let transactions = (people / batch).to_string();
        let port = self.port.to_string();
        let output = Command::new(self.bin.join("pgbench"))
            .args(["-n", "-M", "prepared", "-c", "1", "-D", "n=0", "-h", "127.0.0.1", "-U", "postgres"])
            .args(["-p", &port, "-t", &transactions, "-f"])
            .arg(&file)
            .arg("postgres")
            .output()
            .expect("pgbench runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")).expect("pgbench says its rate");
        let rate: f64 = rate.split(' ').next().and_then(|text| text.parse().ok()).expect("a rate is a number");
        rate * f64::from(batch)
    }

    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(&self.folder).stdout(Stdio::null());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        // What is left of it goes with its folder.
        drop(self.command("pg_ctl").arg("-D").arg(data).args(["-m", "immediate", "stop"]).status());
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id runs");
    output.stdout.starts_with(b"0\n")
}

fn newest_bin() -> PathBuf {
    let mut found: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed: apt-get install postgresql")
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    found.sort();
    found.pop().expect("PostgreSQL is installed: apt-get install postgresql")
}

fn run(command: &mut Command) {
    let output = command.stderr(Stdio::piped()).output().expect("the command runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
