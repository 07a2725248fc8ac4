//! What happens by itself: a table of schedules and functions, each idempotent and safe on several servers at once.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::{Error, Result};
use crate::notify::mailbox::{Target, look};
use crate::notify::{Delivery, House, reply, write_due};
use crate::scheduling::{registration, roster};
use crate::state::App;

/// The longest that running jobs may take to end when the program stops.
const GRACE: Duration = Duration::from_mins(3);

/// The jobs of a running program.
pub struct Jobs {
    scheduler: JobScheduler,
    running: TaskTracker,
    stop: CancellationToken,
    grace: Duration,
}

impl Jobs {
    /// Cancelled, it has running jobs come to an end.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts no job any more and waits for those that run, mails that are being sent among them.
    pub async fn stop(mut self) -> Result<()> {
        self.stop.cancel();
        self.scheduler.shutdown().await.map_err(Error::internal)?;
        self.running.close();
        if tokio::time::timeout(self.grace, self.running.wait()).await.is_err() {
            tracing::warn!("stopped while a job was running");
        }
        Ok(())
    }
}

/// Starts ticking.
pub async fn start(app: &App) -> Result<Jobs> {
    let scheduler = JobScheduler::new().await.map_err(Error::internal)?;
    // A mail under way is asked about in four steps and a last one, for which twice the time of a step must do then.
    let grace = Duration::from_secs(u64::from(app.config.mail.timeout) * 6).min(GRACE);
    let jobs = Jobs { scheduler, running: TaskTracker::new(), stop: CancellationToken::new(), grace };
    let every = |seconds: u32| format!("*/{seconds} * * * * *");
    let tick = app.config.mail.tick;
    jobs.add(app, "rosters", every(10), |app, _| async move { freeze_rosters(&app).await }).await?;
    jobs.add(app, "reminders", every(tick), |app, _| async move { add_reminders(&app).await }).await?;
    jobs.add(app, "mail", every(tick), |app, stop| async move { deliver(&app, &stop).await }).await?;
    // Wrong settings mean no start.
    let mailbox = Target::of(&app.config.mailbox).map_err(|why| Error::internal(format!("configuration: {why}")))?;
    if let Some(target) = mailbox {
        let target = Arc::new(target);
        jobs.add(app, "mailbox", every(1), move |app, stop| {
            let target = target.clone();
            async move { read_mailbox(&app, &target, &stop).await }
        })
        .await?;
    }
    jobs.add(app, "registrations", "20 * * * * *".to_owned(), |app, _| async move { forget_registrations(&app).await })
        .await?;
    jobs.add(app, "received", "40 7 * * * *".to_owned(), |app, _| async move { forget_received(&app).await }).await?;
    jobs.add(app, "fetches", every(5), |app, _| async move { write_fetches(&app).await }).await?;
    jobs.scheduler.start().await.map_err(Error::internal)?;
    Ok(jobs)
}

/// Puts reminders, and whatever else is due by itself, into the outbox.
pub async fn add_reminders(app: &App) -> Result<()> {
    let count = write_due(&app.db, &House::of(&app.config, &app.kinds), app.now()).await?;
    if count > 0 {
        tracing::info!(count, "mails are due");
    }
    Ok(())
}

/// Sends what is due until nothing is left.
pub async fn deliver(app: &App, stop: &CancellationToken) -> Result<()> {
    let delivery = Delivery {
        db: app.db.clone(),
        clock: app.clock.clone(),
        mailer: app.mailer.clone(),
        views: app.views.clone(),
        kinds: app.kinds.clone(),
        config: app.config.clone(),
        key: app.signing_key().await?.clone(),
        traffic: app.traffic.clone(),
    };
    let count = delivery.drain(stop).await?;
    if count > 0 {
        tracing::info!(count, "messages settled");
    }
    Ok(())
}

/// Takes in what came to the mailbox, when it is time to look.
pub async fn read_mailbox(app: &App, target: &Target, stop: &CancellationToken) -> Result<()> {
    if app.mailbox.is_due(app.now()) {
        let every = app.config.mailbox.every;
        let brought = look(&app.db, app.clock.as_ref(), target, (&app.mailbox, every), stop).await;
        if brought.taken > 0 {
            tracing::info!(taken = brought.taken, left = brought.left, "mails came in");
        }
    }
    Ok(())
}

/// Deletes what is kept of the public once it is old enough.
pub async fn forget_registrations(app: &App) -> Result<()> {
    let days = app.config.registration.keep_days;
    if registration::has_due(app.db.read(), days, app.now()).await? {
        let tx = app.db.begin().await?;
        let count = registration::forget(&tx, days, app.now()).await?;
        tx.commit().await?;
        tracing::info!(count, "registrations were deleted");
    }
    Ok(())
}

/// Deletes what is known of mails that came in, once it is old enough.
pub async fn forget_received(app: &App) -> Result<()> {
    let days = app.config.mailbox.keep_days;
    if reply::is_due(app.db.read(), days, app.now()).await? {
        let count = reply::forget(app.db.write(), days, app.now()).await?;
        tracing::info!(count, "mails that came in long ago were forgotten");
    }
    Ok(())
}

/// Writes down who fetched which calendar.
pub async fn write_fetches(app: &App) -> Result<()> {
    if !app.feeds.fetches.is_empty() {
        let tx = app.db.begin().await?;
        app.feeds.fetches.write(&tx).await?;
        tx.commit().await?;
    }
    Ok(())
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

impl Jobs {
    async fn add<F, Fut>(&self, app: &App, name: &'static str, schedule: String, job: F) -> Result<()>
    where
        F: Fn(App, CancellationToken) -> Fut + Send + Sync + Clone + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let (app, stop, tracker) = (app.clone(), self.stop.clone(), self.running.clone());
        let turn = Arc::new(Mutex::new(()));
        let job = Job::new_async(schedule.as_str(), move |_, _| {
            let (app, job, turn, stop) = (app.clone(), job.clone(), turn.clone(), stop.clone());
            Box::pin(tracker.track_future(async move {
                // The scheduler starts a job again while it still runs: that turn is left out.
                let Ok(_guard) = turn.try_lock() else { return };
                if let Err(error) = job(app, stop).await {
                    tracing::error!(job = name, %error, "job failed; the next tick tries again");
                }
            }))
        })
        .map_err(|e: JobSchedulerError| Error::internal(e))?;
        self.scheduler.add(job).await.map(drop).map_err(Error::internal)
    }
}
