//! Officers' keys through the front door: made with the password, unlocked by it alone, retired by a reset.

use std::sync::Arc;

use menhu::config;
use menhu::flow::FlowError;
use menhu::flow::officer_key::{self, DeskKeys, FAILURES, KeyError, record_of, records_of, unlock, verify};
use menhu::flow::people::{Login, People, new_account};
use menhu::model::{Actor, Clock, PermitKey, PermitVerifier, PersonId, Role, Timestamp};
use menhu::store::{Desk, Place};
use tempfile::TempDir;

const PASSWORD: &str = "Xinan-2026-test";

struct Bed {
    desk: Desk,
    people: People,
    keys: DeskKeys,
    clock: Clock,
    _folder: TempDir,
}

impl Bed {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::fake(Timestamp(1_764_000_000_000_000));
        let desk = Desk::open(&Place::Sqlite(folder.path().into()), clock.clone()).await.unwrap();
        let permit = PermitKey::from_pkcs8(&PermitKey::generate().unwrap()).unwrap();
        let verifier = PermitVerifier::from_text(&permit.public_text()).unwrap();
        let keys =
            DeskKeys { permit: Arc::new(permit), verifier: Arc::new(verifier), folder: folder.path().join("keys") };
        let people = People::new(desk.clone(), &config::Console::default(), keys.clone()).unwrap();
        Self { desk, people, keys, clock, _folder: folder }
    }

    async fn account(&self, id: &str, role: Role) -> PersonId {
        let account = new_account(id, "某甲", role, None).unwrap();
        self.people.add_with_password(&by(), &account, PASSWORD).await.unwrap();
        account.id
    }
}

fn by() -> Actor {
    Actor::System("test".into())
}

#[tokio::test]
async fn an_officer_signs_with_the_password_and_nobody_else_has_a_key() {
    let bed = Bed::new().await;
    let officer = bed.account("jia", Role::SecurityOfficer).await;
    let reviewer = bed.account("yi", Role::CentreReviewer).await;
    let record = record_of(&bed.desk, &officer).await.unwrap().unwrap();
    assert!(record.is_signed(&bed.keys.verifier));
    assert_eq!(record_of(&bed.desk, &reviewer).await.unwrap(), None);
    let signature = unlock(&bed.desk, &officer, PASSWORD).await.unwrap().sign("rules", "文本");
    assert!(verify(&record, "rules", "文本", &signature));
    let refused = unlock(&bed.desk, &reviewer, PASSWORD).await.unwrap_err();
    assert!(matches!(refused, FlowError::Key(KeyError::NoKey(_))), "{refused}");

    bed.people.disable(&by(), &officer).await.unwrap();
    let refused = unlock(&bed.desk, &officer, PASSWORD).await.unwrap_err();
    assert!(matches!(refused, FlowError::Key(KeyError::NoKey(_))), "{refused}");
}

#[tokio::test]
async fn wrong_passwords_count_are_on_record_and_end_in_a_wait() {
    let bed = Bed::new().await;
    let officer = bed.account("jia", Role::SecurityOfficer).await;
    for _ in 0..FAILURES {
        let error = unlock(&bed.desk, &officer, "wrong-Passw0rd").await.unwrap_err();
        assert!(matches!(error, FlowError::Key(KeyError::WrongPassword)), "{error}");
    }
    let error = unlock(&bed.desk, &officer, PASSWORD).await.unwrap_err();
    assert!(matches!(error, FlowError::Key(KeyError::Wait(_))), "{error}");
    let login = bed.people.log_in("jia", PASSWORD.into(), "10.0.0.1", None).await.unwrap();
    assert!(matches!(login, Login::Wait(_)), "the same guesses count at the login: {login:?}");
    let rows = bed.desk.audit_of("jia").await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.action == "key.wrong-password").count(), FAILURES as usize);

    bed.clock.advance(officer_key::WAIT);
    unlock(&bed.desk, &officer, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_reset_makes_a_new_key_and_old_signatures_still_hold() {
    let bed = Bed::new().await;
    let officer = bed.account("jia", Role::SecurityOfficer).await;
    let signature = unlock(&bed.desk, &officer, PASSWORD).await.unwrap().sign("rules", "text");
    let link = bed.people.reset(&by(), &officer, false).await.unwrap();
    bed.people.set_password(&link.token, "another-Passw0rd".into()).await.unwrap();
    assert!(unlock(&bed.desk, &officer, PASSWORD).await.is_err());
    unlock(&bed.desk, &officer, "another-Passw0rd").await.unwrap();
    let records = records_of(&bed.desk, &officer).await.unwrap();
    assert_eq!(records.len(), 2);
    let holds = records.iter().find(|record| verify(record, "rules", "text", &signature)).unwrap();
    assert!(holds.retired_at.is_some() && holds.is_signed(&bed.keys.verifier));
}

#[tokio::test]
async fn ones_own_change_of_password_keeps_the_key() {
    let bed = Bed::new().await;
    let officer = bed.account("jia", Role::SecurityOfficer).await;
    let before = record_of(&bed.desk, &officer).await.unwrap();
    let wrong = bed.people.change_password(&officer, "wrong-Passw0rd".into(), "another-Passw0rd".into()).await;
    assert!(wrong.is_err());
    bed.people.change_password(&officer, PASSWORD.into(), "another-Passw0rd".into()).await.unwrap();
    assert_eq!(record_of(&bed.desk, &officer).await.unwrap(), before);
    unlock(&bed.desk, &officer, "another-Passw0rd").await.unwrap();
    assert!(unlock(&bed.desk, &officer, PASSWORD).await.is_err());
}
