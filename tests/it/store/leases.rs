//! Leases: each job and each address to one, at the pace of the host; what comes late is refused.

use std::collections::BTreeSet;
use std::time::Duration;

use menhu::model::{Digest, ItemId, SourceId, Timestamp};
use menhu::store::{
    Claimed, Desk, Discovered, JobLease, JobState, NewUrl, RobotsRecord, Slot, StoreError, UrlDone, UrlKind, UrlLease,
    UrlOutcome,
};
use serde_json::json;

use super::{Bed, on_both};

const TTL: Duration = Duration::from_secs(60);
const GAP: Duration = Duration::from_millis(300);

on_both!(
    sixteen_workers_claim_each_job_once,
    sixteen_workers_claim_each_address_once,
    a_late_job_is_refused,
    a_job_asked_for_while_it_runs_runs_again,
    a_job_that_fails_waits_and_then_is_poison,
    a_job_that_kills_its_runner_is_poison,
    a_host_is_asked_at_its_pace,
    a_late_answer_is_refused,
    an_address_that_kills_its_reader_is_poison,
    lists_come_before_pages,
    what_a_fetch_leaves_behind,
    a_block_doubles_and_is_forgotten,
    leases_of_the_dead_are_cleared
);

fn daj() -> SourceId {
    SourceId::new("daj").unwrap()
}

fn new_url(path: &str, kind: UrlKind) -> NewUrl {
    NewUrl {
        source: daj(),
        url: format!("http://a/{path}"),
        host: "a".into(),
        kind,
        column: None,
        title: format!("标题{path}"),
        published: Some("2008-01-29".parse().unwrap()),
        due: Timestamp(0),
    }
}

async fn discover(desk: &Desk, url: &NewUrl) -> Discovered {
    let mut tx = desk.begin().await.unwrap();
    let found = tx.discover_url(url).await.unwrap();
    tx.commit().await.unwrap();
    found
}

async fn claim(desk: &Desk) -> UrlLease {
    match desk.claim_url(&daj(), "me", TTL, Duration::ZERO).await.unwrap() {
        Claimed::Url(lease) => *lease,
        other => panic!("{other:?}"),
    }
}

fn done(outcome: UrlOutcome) -> UrlDone {
    UrlDone { outcome, next_fetch_at: None, etag: None, last_modified: None, body: None, item: None }
}

async fn finish(desk: &Desk, lease: &UrlLease, done: &UrlDone) -> Result<(), StoreError> {
    let mut tx = desk.begin().await?;
    tx.finish_url(lease, done).await?;
    tx.commit().await
}

async fn enqueue(desk: &Desk, subject: &str) {
    let mut tx = desk.begin().await.unwrap();
    tx.enqueue("publish", subject, &json!({"of": subject}), Timestamp(0)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn claim_job(desk: &Desk) -> Option<JobLease> {
    desk.claim_job(&["index", "publish"], "me", TTL).await.unwrap()
}

async fn finish_job(desk: &Desk, lease: &JobLease) -> Result<(), StoreError> {
    let mut tx = desk.begin().await?;
    tx.finish_job(lease).await?;
    tx.commit().await
}

async fn sixteen_workers_claim_each_job_once(bed: Bed) {
    let desk = bed.desk().await;
    let mut tx = desk.begin().await.unwrap();
    for number in 0..200 {
        tx.enqueue("publish", &format!("i{number}"), &json!(number), Timestamp(number)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let workers: Vec<_> = (0..16)
        .map(|worker| {
            let desk = desk.clone();
            tokio::spawn(async move {
                let mut claimed = Vec::new();
                while let Some(lease) = desk.claim_job(&["publish"], &format!("w{worker}"), TTL).await.unwrap() {
                    claimed.push(lease.subject);
                }
                claimed
            })
        })
        .collect();
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    assert_eq!(all.len(), 200);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 200);
}

async fn sixteen_workers_claim_each_address_once(bed: Bed) {
    let desk = bed.desk().await;
    let mut tx = desk.begin().await.unwrap();
    for number in 0..200 {
        tx.discover_url(&new_url(&number.to_string(), UrlKind::Detail)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let workers: Vec<_> = (0..16)
        .map(|worker| {
            let desk = desk.clone();
            tokio::spawn(async move {
                let mut claimed = Vec::new();
                loop {
                    match desk.claim_url(&daj(), &format!("w{worker}"), TTL, Duration::ZERO).await.unwrap() {
                        Claimed::Url(lease) => claimed.push(lease.row.url.clone()),
                        Claimed::Wait(_) => tokio::task::yield_now().await,
                        Claimed::Nothing => return claimed,
                    }
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    assert_eq!(all.len(), 200);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 200);
}

async fn a_late_job_is_refused(bed: Bed) {
    let desk = bed.desk().await;
    enqueue(&desk, "i1").await;
    let late = claim_job(&desk).await.unwrap();
    assert_eq!(claim_job(&desk).await, None, "it is ours");
    bed.pass(61);
    let mut second = claim_job(&desk).await.unwrap();
    assert_eq!(second.attempt, 2);
    assert!(matches!(finish_job(&desk, &late).await, Err(StoreError::Stale(_))));
    desk.release_job(&late).await.unwrap();
    bed.pass(59);
    desk.renew_job(&mut second, TTL).await.unwrap();
    bed.pass(59);
    finish_job(&desk, &second).await.unwrap();
    assert!(matches!(finish_job(&desk, &second).await, Err(StoreError::Stale(_))), "once");

    // The same job asked for anew, at the same moment, is not the old one's to end.
    enqueue(&desk, "i1").await;
    let third = claim_job(&desk).await.unwrap();
    assert!(matches!(finish_job(&desk, &second).await, Err(StoreError::Stale(_))));
    finish_job(&desk, &third).await.unwrap();
    assert_eq!(desk.job("publish", "i1").await.unwrap(), None);
}

async fn a_job_asked_for_while_it_runs_runs_again(bed: Bed) {
    let desk = bed.desk().await;
    enqueue(&desk, "i1").await;
    let lease = claim_job(&desk).await.unwrap();
    enqueue(&desk, "i1").await;
    finish_job(&desk, &lease).await.unwrap();
    let again = claim_job(&desk).await.expect("asked for again");
    let mut tx = desk.begin().await.unwrap();
    tx.repeat_job(&again, bed.clock.now().after(TTL)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim_job(&desk).await, None);
    assert_eq!(desk.next_job_due("publish").await.unwrap(), Some(bed.clock.now().after(TTL)));
    bed.pass(60);
    assert!(claim_job(&desk).await.is_some());
    assert_eq!(desk.job_counts().await.unwrap()[0].running, 1);
}

async fn a_job_that_fails_waits_and_then_is_poison(bed: Bed) {
    let desk = bed.desk().await;
    enqueue(&desk, "i1").await;
    for attempt in 1..=JobLease::LIMIT {
        let lease = claim_job(&desk).await.unwrap();
        assert_eq!(lease.attempt, attempt);
        let mut tx = desk.begin().await.unwrap();
        let state = tx.fail_job(&lease, "the site is read only").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(state == JobState::Poison, attempt == JobLease::LIMIT);
        assert_eq!(claim_job(&desk).await, None, "it waits");
        bed.pass(3_600);
    }
    assert_eq!(claim_job(&desk).await, None);
    let row = desk.jobs(None, 10).await.unwrap().remove(0);
    assert_eq!((row.state, row.last_error.as_str()), (JobState::Poison, "the site is read only"));
    let mut tx = desk.begin().await.unwrap();
    tx.retry_job(&row.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim_job(&desk).await.unwrap().attempt, 1);
}

async fn a_job_that_kills_its_runner_is_poison(bed: Bed) {
    let desk = bed.desk().await;
    enqueue(&desk, "i1").await;
    for _ in 0..JobLease::LIMIT {
        assert!(claim_job(&desk).await.is_some());
        bed.pass(61);
    }
    assert_eq!(claim_job(&desk).await, None);
    assert_eq!(desk.job("publish", "i1").await.unwrap().unwrap().state, JobState::Poison);
}

async fn a_host_is_asked_at_its_pace(bed: Bed) {
    let desk = bed.desk().await;
    for path in ["1", "2", "3"] {
        discover(&desk, &new_url(path, UrlKind::Detail)).await;
    }
    assert!(matches!(desk.claim_url(&daj(), "me", TTL, GAP).await.unwrap(), Claimed::Url(_)));
    let next = bed.clock.now().after(GAP);
    assert_eq!(desk.claim_url(&daj(), "you", TTL, GAP).await.unwrap(), Claimed::Wait(next));
    assert_eq!(desk.reserve_slot("a", GAP).await.unwrap(), Slot::Wait(next));
    bed.clock.advance(GAP);
    assert_eq!(desk.reserve_slot("a", GAP).await.unwrap(), Slot::Now);

    // A longer Crawl-delay wins; the pace outlives the process.
    let robots = RobotsRecord {
        state: "found".into(),
        body: b"User-agent: *".to_vec(),
        fetched_at: bed.clock.now(),
        crawl_delay: Some(Duration::from_secs(5)),
    };
    let mut tx = desk.begin().await.unwrap();
    tx.put_robots("a", &robots).await.unwrap();
    tx.commit().await.unwrap();
    // It holds from the request that brought it.
    let next = bed.clock.now().after(Duration::from_secs(5));
    assert_eq!(desk.claim_url(&daj(), "me", TTL, GAP).await.unwrap(), Claimed::Wait(next));
    bed.clock.advance(Duration::from_secs(5));
    assert!(matches!(desk.claim_url(&daj(), "me", TTL, GAP).await.unwrap(), Claimed::Url(_)));
    desk.close().await;
    let desk = bed.open_desk().await.unwrap();
    let next = bed.clock.now().after(Duration::from_secs(5));
    assert_eq!(desk.claim_url(&daj(), "me", TTL, GAP).await.unwrap(), Claimed::Wait(next));
    assert_eq!(desk.host_state("a").await.unwrap().unwrap().robots, Some(robots));
}

async fn a_late_answer_is_refused(bed: Bed) {
    let desk = bed.desk().await;
    discover(&desk, &new_url("1", UrlKind::Detail)).await;
    let late = claim(&desk).await;
    bed.pass(61);
    assert!(matches!(finish(&desk, &late, &done(UrlOutcome::Fetched)).await, Err(StoreError::Stale(_))));
    let mut second = claim(&desk).await;
    assert!(matches!(finish(&desk, &late, &done(UrlOutcome::Fetched)).await, Err(StoreError::Stale(_))));
    bed.pass(59);
    desk.renew_url(&mut second, TTL).await.unwrap();
    desk.release_url(&late).await.unwrap();
    bed.pass(59);
    finish(&desk, &second, &done(UrlOutcome::Fetched)).await.unwrap();
    assert!(matches!(finish(&desk, &second, &done(UrlOutcome::Fetched)).await, Err(StoreError::Stale(_))), "once");
    assert_eq!(desk.claim_url(&daj(), "me", TTL, GAP).await.unwrap(), Claimed::Nothing);
    let mut tx = desk.begin().await.unwrap();
    tx.set_url_due(&daj(), "http://a/1", bed.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(&desk).await.row.state, "ok");
}

async fn an_address_that_kills_its_reader_is_poison(bed: Bed) {
    let desk = bed.desk().await;
    discover(&desk, &new_url("1", UrlKind::Detail)).await;
    for _ in 0..UrlLease::LIMIT {
        claim(&desk).await;
        bed.pass(61);
    }
    assert_eq!(desk.claim_url(&daj(), "me", TTL, GAP).await.unwrap(), Claimed::Nothing);
    let row = desk.url(&daj(), "http://a/1").await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.next_fetch_at), ("poison", None));
}

async fn lists_come_before_pages(bed: Bed) {
    let desk = bed.desk().await;
    for (path, kind) in [("file", UrlKind::Attachment), ("page", UrlKind::Detail), ("list", UrlKind::List)] {
        assert_eq!(discover(&desk, &new_url(path, kind)).await, Discovered::New);
    }
    assert_eq!(desk.due_counts().await.unwrap(), vec![(daj(), 3)]);
    for path in ["list", "page", "file"] {
        let lease = claim(&desk).await;
        assert_eq!(lease.row.url, format!("http://a/{path}"));
        desk.release_url(&lease).await.unwrap();
        assert_eq!(claim(&desk).await.row.attempts, 1, "what was given back is not counted");
    }
}

async fn what_a_fetch_leaves_behind(bed: Bed) {
    let desk = bed.desk().await;
    let mut url = new_url("1", UrlKind::Detail);
    discover(&desk, &url).await;
    let now = bed.clock.now();
    let fetched = UrlDone {
        next_fetch_at: Some(now),
        etag: Some("\"e\"".into()),
        body: Some(Digest::of(b"body")),
        item: Some(ItemId::new("i1").unwrap()),
        ..done(UrlOutcome::Fetched)
    };
    let again = |outcome| UrlDone { next_fetch_at: Some(now), ..done(outcome) };
    finish(&desk, &claim(&desk).await, &fetched).await.unwrap();
    finish(&desk, &claim(&desk).await, &again(UrlOutcome::NotModified)).await.unwrap();
    finish(&desk, &claim(&desk).await, &again(UrlOutcome::Failed("timeout".into()))).await.unwrap();
    finish(&desk, &claim(&desk).await, &again(UrlOutcome::Failed("503".into()))).await.unwrap();
    let row = desk.url(&daj(), "http://a/1").await.unwrap().unwrap();
    assert_eq!((row.failures, row.last_error.as_str(), row.state.as_str()), (2, "503", "failing"));
    assert_eq!((row.etag, row.body, row.item), (fetched.etag.clone(), fetched.body, fetched.item.clone()));

    finish(&desk, &claim(&desk).await, &again(UrlOutcome::Missing)).await.unwrap();
    bed.pass(1_800);
    finish(&desk, &claim(&desk).await, &again(UrlOutcome::Missing)).await.unwrap();
    let row = desk.url(&daj(), "http://a/1").await.unwrap().unwrap();
    assert_eq!((row.missing_count, row.missing_since), (2, Some(now)));
    finish(&desk, &claim(&desk).await, &again(UrlOutcome::NotModified)).await.unwrap();
    finish(&desk, &claim(&desk).await, &done(UrlOutcome::NotModified)).await.unwrap();
    let row = desk.url(&daj(), "http://a/1").await.unwrap().unwrap();
    assert_eq!((row.missing_count, row.missing_since, row.failures), (0, None, 0));

    assert_eq!(discover(&desk, &url).await, Discovered::Known);
    assert_eq!(desk.claim_url(&daj(), "me", TTL, GAP).await.unwrap(), Claimed::Nothing);
    url.title = "标题（更正）".into();
    assert_eq!(discover(&desk, &url).await, Discovered::Changed);
    assert_eq!(claim(&desk).await.row.title, url.title);
    assert_eq!(desk.url_counts(&daj()).await.unwrap()[0].count, 1);
    assert_eq!(desk.urls_unlisted_since(&daj(), bed.clock.now().after(GAP), 10).await.unwrap().len(), 1);
}

async fn a_block_doubles_and_is_forgotten(bed: Bed) {
    let desk = bed.desk().await;
    discover(&desk, &new_url("1", UrlKind::Detail)).await;
    let block = async |until: Option<Timestamp>| {
        let mut tx = desk.begin().await.unwrap();
        let until = tx.block_host("a", until, "503").await.unwrap();
        tx.commit().await.unwrap();
        until.since(bed.clock.now()).as_secs()
    };
    assert_eq!((block(None).await, block(None).await, block(None).await), (60, 120, 240));
    let wait = bed.clock.now().after(Duration::from_secs(240));
    assert_eq!(desk.claim_url(&daj(), "me", TTL, GAP).await.unwrap(), Claimed::Wait(wait));
    bed.pass(240 + 1_801);
    assert_eq!(block(None).await, 60);
    assert_eq!(block(Some(bed.clock.now().after(Duration::from_secs(7)))).await, 7);
}

async fn leases_of_the_dead_are_cleared(bed: Bed) {
    let desk = bed.desk().await;
    discover(&desk, &new_url("1", UrlKind::Detail)).await;
    enqueue(&desk, "i1").await;
    let (url, job) = (claim(&desk).await, claim_job(&desk).await.unwrap());
    assert_eq!(desk.clear_leases_except("me").await.unwrap(), 0);
    let cleared = desk.clear_leases_except("you").await.unwrap();
    if !bed.is_sqlite() {
        assert_eq!(cleared, 0, "others may live");
        return;
    }
    assert_eq!(cleared, 2);
    assert!(matches!(finish(&desk, &url, &done(UrlOutcome::Fetched)).await, Err(StoreError::Stale(_))));
    assert!(matches!(finish_job(&desk, &job).await, Err(StoreError::Stale(_))));
    assert!(claim_job(&desk).await.is_some());
    claim(&desk).await;

    // Of processes that share the file, each ends what its own predecessor left.
    enqueue(&desk, "i2").await;
    let desk_job = desk.claim_job(&["publish"], "desk/1", TTL).await.unwrap().unwrap();
    assert_eq!(desk.clear_leases_except("collector/2").await.unwrap(), 0);
    finish_job(&desk, &desk_job).await.unwrap();
    enqueue(&desk, "i3").await;
    desk.claim_job(&["publish"], "collector/1", TTL).await.unwrap().unwrap();
    assert_eq!(desk.clear_leases_except("collector/2").await.unwrap(), 1);
}
