//! The life of the process: signals, soft and hard shutdown, systemd, supervised tasks.
//!
//! Owns two tokens. `soft`: claim no more work, finish what is in hand. `hard`: stop now. SIGTERM or SIGINT cancels
//! `soft`; a second signal, or sixty seconds, cancels `hard`. A task that ends by itself is an incident: it cancels
//! `soft` and the process exits as failed, so that systemd starts it again. SIGHUP asks for a reload. READY is told
//! only when everything is open; the watchdog is fed only while the caller's probe says that work can be done.
//! Source: sd_notify(3), systemd.service(5).

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Time between the first signal and the hard stop.
const GRACE: Duration = Duration::from_secs(60);

/// The process's life.
#[derive(Clone)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    reload: Arc<Notify>,
    failed: Arc<AtomicBool>,
}

impl Lifecycle {
    /// Begins it and listens for signals.
    ///
    /// # Errors
    /// Where a signal handler cannot be set.
    pub fn begin() -> std::io::Result<Self> {
        let life = Self::without_signals();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let own = life.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => own.signalled(),
                    _ = interrupt.recv() => own.signalled(),
                    _ = hangup.recv() => own.reload.notify_waiters(),
                    () = own.hard.cancelled() => return,
                }
            }
        });
        Ok(life)
    }

    /// A life that only its owner ends: for commands that run once, and for tests.
    #[must_use]
    pub fn without_signals() -> Self {
        Self {
            soft: CancellationToken::new(),
            hard: CancellationToken::new(),
            tasks: TaskTracker::new(),
            reload: Arc::new(Notify::new()),
            failed: Arc::new(AtomicBool::new(false)),
        }
    }

    fn signalled(&self) {
        if self.soft.is_cancelled() {
            tracing::warn!("a second signal: stopping now");
            self.hard.cancel();
        } else {
            tracing::info!(grace_s = GRACE.as_secs(), "stopping: work in hand is finished first");
            self.stop();
        }
    }

    /// Asks everything to stop softly.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Cancelled when no more work is to be claimed.
    #[must_use]
    pub fn soft(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Waits for the next SIGHUP.
    pub async fn reload_asked(&self) {
        self.reload.notified().await;
    }

    /// Runs `task` under supervision; it is expected to run until `soft` is cancelled.
    pub fn supervise<F, E>(&self, name: &'static str, task: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display + Send + 'static,
    {
        let life = self.clone();
        self.tasks.spawn(async move {
            let inner = tokio::spawn(task);
            let stopper = inner.abort_handle();
            let ended = tokio::select! {
                ended = inner => ended,
                () = life.hard.cancelled() => { stopper.abort(); return; }
            };
            match ended {
                Ok(Ok(())) if life.soft.is_cancelled() => tracing::debug!(task = name, "ended"),
                Ok(Ok(())) => life.incident(name, "it ended by itself"),
                Ok(Err(error)) => life.incident(name, &error.to_string()),
                Err(panic) => life.incident(name, &panic.to_string()),
            }
        });
    }

    fn incident(&self, task: &str, why: &str) {
        tracing::error!(task, why, "a part of the daemon ended: the whole stops");
        self.failed.store(true, Ordering::SeqCst);
        self.soft.cancel();
    }

    /// Tells systemd that everything is open, and from now on feeds its watchdog while `useful` says yes.
    pub fn ready<F, P>(&self, useful: F)
    where
        F: Fn() -> P + Send + Sync + 'static,
        P: Future<Output = bool> + Send,
    {
        notify(&[sd_notify::NotifyState::Ready]);
        let Some(limit) = sd_notify::watchdog_enabled() else { return };
        let soft = self.soft.clone();
        tokio::spawn(async move {
            let mut tick = tokio::time::interval(limit / 3);
            while !soft.is_cancelled() {
                tick.tick().await;
                if useful().await {
                    notify(&[sd_notify::NotifyState::Watchdog]);
                } else {
                    tracing::error!("the store does not answer or no rule set is loaded: the watchdog is not fed");
                }
            }
        });
    }

    /// Waits until everything has stopped; true where nothing failed.
    pub async fn ended(&self) -> bool {
        self.soft.cancelled().await;
        notify(&[sd_notify::NotifyState::Stopping]);
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => {}
            () = self.hard.cancelled() => tracing::warn!("stopped before all work in hand was finished"),
            () = tokio::time::sleep(GRACE) => {
                tracing::warn!(grace_s = GRACE.as_secs(), "the grace time is over: stopping now");
                self.hard.cancel();
            }
        }
        self.hard.cancel();
        !self.failed.load(Ordering::SeqCst)
    }
}

/// systemd is told where it listens; elsewhere this is nothing.
fn notify(states: &[sd_notify::NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd could not be notified");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_by_itself_is_a_failure() {
        let life = Lifecycle::without_signals();
        life.supervise("early", async { Ok::<(), String>(()) });
        assert!(!life.ended().await);
    }

    #[tokio::test]
    async fn a_soft_stop_lets_work_finish() {
        let life = Lifecycle::without_signals();
        let soft = life.soft();
        let done = Arc::new(AtomicBool::new(false));
        let seen = done.clone();
        life.supervise("worker", async move {
            soft.cancelled().await;
            tokio::task::yield_now().await;
            seen.store(true, Ordering::SeqCst);
            Ok::<(), String>(())
        });
        life.stop();
        assert!(life.ended().await);
        assert!(done.load(Ordering::SeqCst));
    }
}
