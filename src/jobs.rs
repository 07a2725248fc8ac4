//! What happens by itself: a table of schedules and functions, each idempotent and safe on several servers at once.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::error::{Error, Result};
use crate::scheduling::roster;
use crate::state::App;

/// Starts ticking. Stop it with `shutdown` of what it gives.
pub async fn start(app: &App) -> Result<JobScheduler> {
    let scheduler = JobScheduler::new().await.map_err(Error::internal)?;
    add(&scheduler, app, "rosters", "*/10 * * * * *".to_owned(), |app| async move { freeze_rosters(&app).await })
        .await?;
    scheduler.start().await.map_err(Error::internal)?;
    Ok(scheduler)
}

/// Fixes the rosters of sessions that have started.
pub async fn freeze_rosters(app: &App) -> Result<()> {
    if roster::has_due(app.db.read(), app.now()).await? {
        let tx = app.db.begin().await?;
        roster::freeze_due(&tx, app.now()).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn add<F, Fut>(scheduler: &JobScheduler, app: &App, name: &'static str, schedule: String, job: F) -> Result<()>
where
    F: Fn(App) -> Fut + Send + Sync + Clone + 'static,
    Fut: Future<Output = Result<()>> + Send + 'static,
{
    let (app, running) = (app.clone(), Arc::new(Mutex::new(())));
    let job = Job::new_async(schedule.as_str(), move |_, _| {
        let (app, job, running) = (app.clone(), job.clone(), running.clone());
        Box::pin(async move {
            // The scheduler starts a job again while it still runs: that turn is left out.
            let Ok(_guard) = running.try_lock() else { return };
            if let Err(error) = job(app).await {
                tracing::error!(job = name, %error, "job failed; the next tick tries again");
            }
        })
    })
    .map_err(|e: JobSchedulerError| Error::internal(e))?;
    scheduler.add(job).await.map(drop).map_err(Error::internal)
}
