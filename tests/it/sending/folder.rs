//! Mail kept in a folder on a disk that is full, or where there is no folder.

use std::path::Path;

use entity::outbox;
use entity::state::MessageState;

use super::Ground;
use crate::harness::{Backend, TestApp};

/// Where the mail of a message is put together before it is there as a whole.
fn part(folder: &Path, row: &outbox::Model, app: &TestApp) -> std::path::PathBuf {
    let id: String = row.message_id.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    folder.join(format!(".{}-{}-{id}.eml.part", app.now().format("%Y%m%dT%H%M%SZ"), row.address))
}

/// `/dev/full` takes no byte: what the system says when a disk has no room (ENOSPC), without filling one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_keeps_mail_waiting_and_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let ground = Ground::make(Backend::Sqlite, 3, format!("file://{}", folder.path().display())).await;
    for row in ground.rows().await {
        std::os::unix::fs::symlink("/dev/full", part(folder.path(), &row, &ground.app)).unwrap();
    }
    ground.deliver(10).await;
    let rows = ground.rows().await;
    let failed: Vec<_> = rows.iter().filter(|row| row.state == MessageState::Failed).collect();
    assert!(!failed.is_empty(), "{rows:?}");
    for row in &failed {
        let answer = row.answer.as_deref().unwrap_or_default();
        assert!(answer.contains("No space left on device"), "{answer}");
        assert!(answer.contains(&folder.path().display().to_string()), "it says where: {answer}");
        assert!(!part(folder.path(), row, &ground.app).exists());
    }
    assert!(rows.iter().all(|row| row.state != MessageState::Sent), "{rows:?}");
    // There is room again.
    for left in std::fs::read_dir(folder.path()).unwrap() {
        let left = left.unwrap();
        assert!(left.file_type().unwrap().is_symlink(), "half a mail: {left:?}");
        std::fs::remove_file(left.path()).unwrap();
    }
    ground.deliver(60).await;
    ground.deliver(60).await;
    assert!(ground.rows().await.iter().all(|row| row.state == MessageState::Sent));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "one file each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_in_the_folders_place_is_said_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("mail");
    std::fs::write(&place, "not a folder").unwrap();
    let ground = Ground::make(Backend::Postgres, 2, format!("file://{}", place.display())).await;
    ground.deliver(10).await;
    let rows = ground.rows().await;
    let failed = rows.iter().find(|row| row.state == MessageState::Failed).expect("one was tried");
    let answer = failed.answer.as_deref().unwrap_or_default();
    assert!(answer.contains(&place.display().to_string()), "{answer}");
    std::fs::remove_file(&place).unwrap();
    ground.deliver(60).await;
    ground.deliver(60).await;
    assert!(ground.rows().await.iter().all(|row| row.state == MessageState::Sent));
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 2);
}
