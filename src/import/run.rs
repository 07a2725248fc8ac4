//! One import, from sheets to rows: in the caller's transaction, which is kept or dropped by what comes of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use serde::Serialize;

use super::columns::File;
use super::known::{Known, Within};
use super::read::Sheets;
use super::sheet::Sheet;
use super::{RowProblem, attendance, events, exam_results, hours, orgs, outreach, people, plan, sessions, tell};
use crate::access::audit;
use crate::dates::Zone;
use crate::error::Result;
use crate::scheduling::{Kinds, roster, touch_all};

/// Rows that go into one statement: SQLite takes 32,766 values, PostgreSQL 65,535.
pub const CHUNK: usize = 1_000;

/// Whether the invited are told of what an import brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notify {
    /// No mail, now or later.
    Nobody,
    /// Invitations to what is new and published and not over, updates of what changed, and to those whom it brings or
    /// takes off what says so.
    Invited,
}

/// What becomes of an import with bad rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadRows {
    /// Nothing of it is kept.
    Refuse,
    /// The good rows are kept.
    Skip,
}

/// What the rows are read against.
#[derive(Clone, Debug)]
pub struct Ground<'a> {
    /// The event kinds.
    pub kinds: &'a Kinds,
    /// The zone of events that are new.
    pub zone: Zone,
    /// Who brings them, as in `audit.actor`.
    pub by: &'a str,
    /// Whose rows may be brought.
    pub within: Within,
    /// Whether the invited are told.
    pub notify: Notify,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// What became of the rows of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// New.
    pub added: usize,
    /// There, and now different.
    pub changed: usize,
    /// There, and the same.
    pub unchanged: usize,
}

impl Count {
    /// Counts a row that was there.
    pub fn add_present(&mut self, differs: bool) {
        if differs {
            self.changed += 1;
        } else {
            self.unchanged += 1;
        }
    }
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FileOutcome {
    /// Its name.
    pub file: String,
    /// Rows that are new.
    pub added: usize,
    /// Rows that were there and differ.
    pub changed: usize,
    /// Rows that were there and are the same.
    pub unchanged: usize,
    /// Rows that are bad.
    pub bad: usize,
}

/// What came of an import.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// By file, in the order read.
    pub files: Vec<FileOutcome>,
    /// What is wrong, by file and line.
    pub problems: Vec<RowProblem>,
    /// What is worth saying, and no error.
    pub notes: Vec<RowProblem>,
}

impl Outcome {
    /// Whether the transaction is to be committed.
    #[must_use]
    pub fn stands(&self, bad_rows: BadRows) -> bool {
        bad_rows == BadRows::Skip || self.problems.is_empty()
    }
}

/// An import under way.
pub struct Import<'a, C> {
    /// The transaction.
    pub db: &'a C,
    /// What the rows are read against.
    pub ground: &'a Ground<'a>,
    /// What they may refer to.
    pub known: Known,
    /// What is wrong so far.
    pub problems: Vec<RowProblem>,
    /// What is worth saying so far.
    pub notes: Vec<RowProblem>,
    /// What must be told when all is read.
    pub news: tell::Changed,
    people_change: bool,
}

impl<C: ConnectionTrait> Import<'_, C> {
    /// Called before anything of organisations or people is written: rosters of what has started are fixed first.
    pub async fn before_people(&mut self) -> Result<()> {
        if !self.people_change {
            while roster::freeze_due(self.db, self.ground.now).await? == 10_000 {}
            self.known.reload_sessions(self.db).await?;
            self.people_change = true;
        }
        Ok(())
    }

    async fn take(&mut self, sheet: &Sheet) -> Result<Count> {
        for key in sheet.bad_keys() {
            self.known.mark_bad(sheet.file, key);
        }
        match sheet.file {
            File::Orgs => orgs::take(self, sheet).await,
            File::People => people::take(self, sheet).await,
            File::Events => events::take(self, sheet).await,
            File::Sessions => sessions::take(self, sheet).await,
            File::Attendance => attendance::take(self, sheet).await,
            File::ExamResults => exam_results::take(self, sheet).await,
            File::Outreach => outreach::take(self, sheet).await,
            File::Plan => plan::take(self, sheet).await,
            File::Hours => hours::take(self, sheet).await,
        }
    }
}

/// Takes sheets in, in the caller's transaction. Commit it if [`Outcome::stands`] and it is no dry run, else drop it:
/// with bad rows in it the good ones are written, so that whatever refers to them is judged rightly. `progress` is told
/// how many rows have been read.
pub async fn run<C: ConnectionTrait>(
    db: &C,
    sheets: Sheets,
    ground: &Ground<'_>,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Outcome> {
    let known = Known::load(db, ground.within).await?;
    let before = tell::Before::load(db, ground).await?;
    let Sheets { sheets, problems, notes } = sheets;
    let mut import =
        Import { db, ground, known, problems, notes, news: tell::Changed::default(), people_change: false };
    let (mut counts, mut read) = (BTreeMap::new(), 0);
    for sheet in &sheets {
        let count = import.take(sheet).await?;
        if sheet.file == File::People && import.people_change {
            crate::people::touch(db).await?;
        }
        counts.insert(sheet.file, (sheet.source.clone(), count));
        read += sheet.rows().len();
        progress(read);
    }
    if import.people_change && !sheets.iter().any(|sheet| sheet.file == File::People) {
        crate::people::touch(db).await?;
    }
    tell::tell(&import, &before).await?;
    write_down(&import, counts.values().map(|(_, count)| count)).await?;
    Ok(outcome(import.problems, import.notes, counts.into_values()))
}

/// One line of audit for an import that changed something.
async fn write_down<'a, C: ConnectionTrait>(
    import: &Import<'_, C>,
    counts: impl Iterator<Item = &'a Count>,
) -> Result<()> {
    let (added, changed) = counts.fold((0, 0), |(added, changed), c| (added + c.added, changed + c.changed));
    if added + changed > 0 {
        touch_all(import.db).await?;
        let deed = audit::Deed {
            actor: import.ground.by,
            action: "import",
            subject: "import".to_owned(),
            event_id: None,
            detail: serde_json::json!({ "added": added, "changed": changed }),
        };
        audit::record(import.db, deed, import.ground.now).await?;
    }
    Ok(())
}

fn outcome(
    mut problems: Vec<RowProblem>,
    notes: Vec<RowProblem>,
    counts: impl Iterator<Item = (String, Count)>,
) -> Outcome {
    problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    let mut bad: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for problem in &problems {
        bad.entry(problem.file.clone()).or_default().insert(problem.line);
    }
    let mut files: Vec<FileOutcome> = counts
        .map(|(file, Count { added, changed, unchanged })| {
            let bad = bad.remove(&file).map_or(0, |lines| lines.len());
            FileOutcome { file, added, changed, unchanged, bad }
        })
        .collect();
    // Files that could not be read at all.
    files.extend(bad.into_iter().map(|(file, lines)| FileOutcome {
        file,
        added: 0,
        changed: 0,
        unchanged: 0,
        bad: lines.len(),
    }));
    Outcome { files, problems, notes }
}
