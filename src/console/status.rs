//! `/status`: how much stands where, what waits to be done, which rules are in force. Counts and ids only.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::Console;
use super::frame::{Frame, page};
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use crate::model::Timestamp;
use crate::store::JobState;

/// Jobs that are listed one by one, the troubled first.
const JOBS: u32 = 50;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/status", get(show))
}

struct Kind {
    kind: String,
    due: u64,
    later: u64,
    running: u64,
    poison: u64,
}

struct Job {
    kind: String,
    subject: String,
    age: String,
    attempts: i64,
    error: String,
    poison: bool,
}

struct Rules {
    id: String,
    since: String,
    by: String,
    older: String,
}

#[derive(Template)]
#[template(path = "console/status.html")]
struct StatusPage {
    frame: Frame,
    counts: Vec<(&'static str, u64)>,
    kinds: Vec<Kind>,
    jobs: Vec<Job>,
    rules: Option<Rules>,
    index_lag: u64,
    sessions: usize,
    version: &'static str,
}

async fn show(State(console): State<Console>, staff: Staff, tongue: Tongue) -> Result<Response, Trouble> {
    let desk = &console.desk;
    let now = desk.clock().now();
    let counts = desk.status_counts(None).await?;
    let kinds = desk.job_counts().await?;
    let jobs = desk.jobs(None, JOBS).await?;
    let index_lag = kinds.iter().filter(|kind| kind.kind == "index").map(|kind| kind.due + kind.running).sum();
    Ok(page(&StatusPage {
        frame: Frame::staff(tongue, &staff, "/status"),
        counts: counts.into_iter().map(|(status, count)| (tongue.status(status), count)).collect(),
        kinds: kinds
            .into_iter()
            .map(|count| Kind {
                kind: tongue.job(&count.kind),
                due: count.due,
                later: count.later,
                running: count.running,
                poison: count.poison,
            })
            .collect(),
        jobs: jobs
            .into_iter()
            .filter(|job| job.due <= now || job.state == JobState::Poison || !job.last_error.is_empty())
            .map(|job| Job {
                kind: tongue.job(&job.kind),
                subject: job.subject,
                age: age(tongue, job.created, now),
                attempts: job.attempts,
                error: job.last_error.chars().take(200).collect(),
                poison: job.state == JobState::Poison,
            })
            .collect(),
        rules: rules(&console).await?,
        index_lag,
        sessions: desk.sessions().await?.len(),
        version: env!("CARGO_PKG_VERSION"),
    }))
}

async fn rules(console: &Console) -> Result<Option<Rules>, Trouble> {
    let Some(set) = console.desk.rules_in_force().await? else { return Ok(None) };
    let older = console.desk.count_of_older_rules(&set.id).await?;
    Ok(Some(Rules {
        id: set.id.to_string(),
        since: set.decided_at.unwrap_or(set.proposed_at).minute(),
        by: set.decided_by.unwrap_or(set.proposed_by),
        older: older.to_string(),
    }))
}

/// How long ago, in the largest whole unit.
fn age(tongue: Tongue, then: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(then).as_secs();
    let (number, chinese, english) = match seconds {
        0..60 => (seconds, "秒", "s"),
        60..3_600 => (seconds / 60, "分钟", "min"),
        3_600..86_400 => (seconds / 3_600, "小时", "h"),
        _ => (seconds / 86_400, "天", "d"),
    };
    let unit = if tongue == Tongue::Chinese { chinese } else { english };
    format!("{number} {unit}")
}
