//! People, sessions, rule sets, rounds.

use std::time::Duration;

use menhu::model::{Actor, Digest, PersonId, Role, SourceId};
use menhu::store::{Desk, NewAccount, NewSession, RuleSetState, StoreError};
use serde_json::json;

use super::{Bed, on_both, rules};

const IDLE: Duration = Duration::from_secs(20 * 60);
const WAIT: Duration = Duration::from_secs(15 * 60);

on_both!(
    a_session_ends_in_time_and_with_its_account,
    failures_lock_the_name_and_the_address,
    a_one_time_link_is_taken_once,
    rules_need_two_people,
    rounds_and_states
);

fn zhang() -> PersonId {
    PersonId::new("zhang").unwrap()
}

async fn account(desk: &Desk, role: Role) {
    let mut tx = desk.begin().await.unwrap();
    tx.put_account(&NewAccount { id: zhang(), name: "张三".into(), role, unit: None }).await.unwrap();
    tx.commit().await.unwrap();
}

async fn log_in(desk: &Desk, token: &Digest) -> Result<(), StoreError> {
    let mut tx = desk.begin().await?;
    let (csrf, address) = ("c".into(), "10.0.0.1".into());
    tx.create_session(&NewSession { token: *token, csrf, person: zhang(), address }).await?;
    tx.commit().await
}

async fn a_session_ends_in_time_and_with_its_account(bed: Bed) {
    let desk = bed.desk().await;
    let token = Digest::of(b"token");
    assert!(matches!(log_in(&desk, &token).await, Err(StoreError::Refused(_))));
    account(&desk, Role::CentreReviewer).await;
    log_in(&desk, &token).await.unwrap();
    let session = desk.session(&token, IDLE).await.unwrap().unwrap();
    assert_eq!((session.account.name.as_str(), session.csrf.as_str()), ("张三", "c"));
    assert!(!session.account.has_password);
    bed.pass(19 * 60);
    desk.touch_session(&token).await.unwrap();
    bed.pass(19 * 60);
    assert!(desk.session(&token, IDLE).await.unwrap().is_some());
    bed.pass(60);
    assert!(desk.session(&token, IDLE).await.unwrap().is_none());
    assert_eq!(desk.remove_idle_sessions(IDLE).await.unwrap(), 1);

    log_in(&desk, &token).await.unwrap();
    account(&desk, Role::CentreEditor).await;
    assert!(desk.session(&token, IDLE).await.unwrap().is_none(), "a new role needs a new session");
    log_in(&desk, &token).await.unwrap();
    assert_eq!(desk.sessions().await.unwrap().len(), 1);
    let mut tx = desk.begin().await.unwrap();
    tx.disable_account(&zhang()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(desk.session(&token, IDLE).await.unwrap().is_none());
    assert!(matches!(log_in(&desk, &token).await, Err(StoreError::Refused(_))));
}

async fn fail(desk: &Desk) {
    let mut tx = desk.begin().await.unwrap();
    tx.note_login_failure(&zhang(), "10.0.0.1", 3, WAIT).await.unwrap();
    tx.commit().await.unwrap();
}

async fn failures_lock_the_name_and_the_address(bed: Bed) {
    let desk = bed.desk().await;
    account(&desk, Role::Auditor).await;
    let li = PersonId::new("li").unwrap();
    fail(&desk).await;
    fail(&desk).await;
    assert_eq!(desk.login_wait(&zhang(), "10.0.0.1").await.unwrap(), None);
    fail(&desk).await;
    let until = Some(bed.clock.now().after(WAIT));
    assert_eq!(desk.login_wait(&zhang(), "10.0.0.9").await.unwrap(), until, "the name");
    assert_eq!(desk.login_wait(&li, "10.0.0.1").await.unwrap(), until, "the address");
    assert_eq!(desk.login_wait(&li, "10.0.0.9").await.unwrap(), None);
    assert_eq!(desk.account(&zhang()).await.unwrap().unwrap().failures, 3);
    bed.pass(15 * 60);
    assert_eq!(desk.login_wait(&zhang(), "10.0.0.1").await.unwrap(), None);
    fail(&desk).await;
    assert_eq!(desk.account(&zhang()).await.unwrap().unwrap().failures, 1, "what lies far back is forgotten");
    let mut tx = desk.begin().await.unwrap();
    tx.set_password(&zhang(), "$argon2id$x").await.unwrap();
    tx.note_login(&zhang(), "10.0.0.1").await.unwrap();
    tx.commit().await.unwrap();
    let account = desk.account(&zhang()).await.unwrap().unwrap();
    assert_eq!((account.failures, account.last_login), (0, Some(bed.clock.now())));
    assert_eq!(desk.password_hash(&zhang()).await.unwrap().as_deref(), Some("$argon2id$x"));
    assert_eq!(desk.password_hash(&li).await.unwrap(), None);
}

async fn a_one_time_link_is_taken_once(bed: Bed) {
    let desk = bed.desk().await;
    account(&desk, Role::Administrator).await;
    let until = bed.clock.now().after(WAIT);
    let (old, new) = (Digest::of(b"old"), Digest::of(b"new"));
    let mut tx = desk.begin().await.unwrap();
    tx.put_one_time_link(&old, &zhang(), until).await.unwrap();
    tx.put_one_time_link(&new, &zhang(), until).await.unwrap();
    assert_eq!(tx.take_one_time_link(&old).await.unwrap(), None);
    tx.commit().await.unwrap();
    assert_eq!(desk.one_time_link(&new).await.unwrap(), Some(zhang()));
    let mut tx = desk.begin().await.unwrap();
    assert_eq!(tx.take_one_time_link(&new).await.unwrap(), Some(zhang()));
    assert_eq!(tx.take_one_time_link(&new).await.unwrap(), None);
    tx.put_one_time_link(&new, &zhang(), until).await.unwrap();
    tx.commit().await.unwrap();
    bed.pass(15 * 60);
    assert_eq!(desk.one_time_link(&new).await.unwrap(), None, "its time is up");
}

async fn rules_need_two_people(bed: Bed) {
    let desk = bed.desk().await;
    let (zhang, li) = (Actor::Person(zhang()), Actor::Person(PersonId::new("li").unwrap()));
    assert_eq!(desk.rules_in_force().await.unwrap(), None);
    let mut tx = desk.begin().await.unwrap();
    let one = tx.propose_rules(&rules("one"), "{}", &zhang, "first").await.unwrap();
    let error = tx.approve_rules(one, &zhang, "s").await.unwrap_err();
    assert!(matches!(&error, StoreError::Refused(why) if why.contains("another person")), "{error}");
    tx.approve_rules(one, &li, "s").await.unwrap();
    assert!(matches!(tx.approve_rules(one, &li, "s").await, Err(StoreError::Conflict { .. })));
    let two = tx.propose_rules(&rules("two"), "{}", &zhang, "").await.unwrap();
    let three = tx.propose_rules(&rules("one"), "{}", &zhang, "back again").await.unwrap();
    tx.approve_rules(two, &li, "s").await.unwrap();
    tx.refuse_rules(three, &zhang, "").await.unwrap();
    assert_eq!(tx.rules_in_force().await.unwrap(), Some(rules("two")));
    tx.commit().await.unwrap();
    let states: Vec<_> = desk.rule_sets(10).await.unwrap().into_iter().map(|row| row.state).collect();
    assert_eq!(states, [RuleSetState::Refused, RuleSetState::InForce, RuleSetState::Superseded]);
    for sql in [
        "UPDATE rule_sets SET state = 'in-force' WHERE number = 1",
        "UPDATE rule_sets SET decided_by = proposed_by WHERE number = 2",
        "UPDATE rule_sets SET signature = NULL WHERE number = 2",
    ] {
        assert!(bed.raw("desk", sql).await.is_err(), "{sql}");
    }
}

async fn rounds_and_states(bed: Bed) {
    let desk = bed.desk().await;
    let daj = SourceId::new("daj").unwrap();
    let mut tx = desk.begin().await.unwrap();
    assert_eq!(tx.start_round(&daj).await.unwrap(), 1);
    tx.commit().await.unwrap();
    bed.pass(10);
    let mut tx = desk.begin().await.unwrap();
    assert_eq!(tx.start_round(&daj).await.unwrap(), 2, "the first was interrupted");
    tx.finish_round(&daj, 2, "done", &json!({"fetched": 3})).await.unwrap();
    assert!(matches!(tx.finish_round(&daj, 2, "done", &json!({})).await, Err(StoreError::Conflict { .. })));
    tx.put_source_state(&daj, "ok", "").await.unwrap();
    tx.commit().await.unwrap();
    let rounds = desk.rounds(Some(&daj), 10).await.unwrap();
    assert_eq!((rounds[0].stats.clone(), rounds[1].outcome.as_str()), (json!({"fetched": 3}), "interrupted"));
    assert_eq!(desk.rounds(None, 1).await.unwrap().len(), 1);

    let ok = bed.clock.now();
    for _ in 0..2 {
        bed.pass(10);
        let mut tx = desk.begin().await.unwrap();
        tx.put_source_state(&daj, "failing", "timeout").await.unwrap();
        tx.commit().await.unwrap();
    }
    let state = desk.source_state(&daj).await.unwrap().unwrap();
    assert_eq!((state.state.as_str(), state.last_ok), ("failing", Some(ok)));
    assert_eq!((state.since, state.checked), (ok.after(Duration::from_secs(10)), bed.clock.now()));
    let mut tx = desk.begin().await.unwrap();
    assert!(matches!(tx.put_source_state(&daj, "Bad word", "").await, Err(StoreError::Refused(_))));
    let nobody = SourceId::new("nobody").unwrap();
    assert!(matches!(tx.start_round(&nobody).await, Err(StoreError::Refused(_))));
}
