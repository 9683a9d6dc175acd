//! The change by two officers, and everything that is refused while the old set stays in force.

use menhu::app;
use menhu::flow::rule_edit::{Edit, Settings};
use menhu::flow::{FlowError, rules};
use menhu::model::{Action, Actor};
use menhu::screen::{RuleBundle, RuleSet};
use menhu::store::RuleSetState;

use super::{Bed, PASSWORD, on_both, word};
use crate::testapp::person;

on_both!(
    a_change_is_signed_by_two_and_holds_everywhere,
    what_is_refused_leaves_the_old_set_in_force,
    a_change_that_came_too_late_is_made_again,
    a_set_behind_the_desks_back_is_not_used,
);

async fn a_change_is_signed_by_two_and_holds_everywhere(bed: Bed) {
    let other = app::Base::open(bed.app.config.clone(), bed.app.clock.clone()).await.unwrap();
    let before = bed.in_force().await;
    let number = bed.propose(&[word("麒麟工程", Action::Block)]).await;
    assert_eq!(bed.in_force().await, before, "a proposal changes nothing");
    let id = bed.approve(number).await.unwrap();
    let began = std::time::Instant::now();
    assert!(rules::refresh(&other.desk, &other.verifier, &other.screener).await.unwrap());
    println!("another process has the new set after {:?} of its look", began.elapsed());
    assert_eq!((other.screener.current().id(), bed.in_force().await), (id, id));
    let row = bed.desk().rules_in_force().await.unwrap().unwrap();
    let (proposer, approver) = (row.proposer.clone().unwrap(), row.approver.clone().unwrap());
    assert_ne!(proposer.key, approver.key);
    let set = rules::in_force(bed.desk(), &bed.app.base.verifier).await.unwrap();
    assert!(set.rule("dictionary/保密员词表").is_some());
    let said = rules::changes_of(bed.desk(), &row).await.unwrap();
    assert!(said[0].words.contains("「麒麟工程」"), "{said:?}");

    // from now on the desk's key alone puts nothing in force
    let system = |part: &str| Actor::System(part.into());
    let shipped = crate::rules::shipped();
    let number = rules::propose(bed.desk(), &shipped, &system("release"), "").await.unwrap();
    let key = &bed.app.work.publisher.key;
    let error = rules::approve(bed.desk(), number, &system("init"), key).await.unwrap_err().to_string();
    assert!(error.contains("two officers"), "{error}");
    assert!(bed.desk().verify_audit().await.unwrap().broken.is_none());
}

async fn what_is_refused_leaves_the_old_set_in_force(bed: Bed) {
    let (desk, verifier) = (bed.desk(), &bed.app.base.verifier);
    let keys = app::desk_keys(&bed.app.config).unwrap();
    let before = bed.in_force().await;
    let baomi = bed.officer("baomi").await;

    // by the same person
    let number = bed.propose(&[word("麒麟工程", Action::Block)]).await;
    let error = rules::approve_signed(desk, &keys, &baomi, number, true).await.unwrap_err().to_string();
    assert!(error.contains("another officer"), "{error}");

    // unsigned
    let set = crate::rules::shipped();
    let mut files = set.bundle().files.clone();
    files.insert("rules/zz.toml".into(), format!("# other\n{}", files["rules/work.toml"]).replace("GZ-", "GY-"));
    let other = RuleSet::from_bundle(&RuleBundle { files }).unwrap();
    let unsigned = rules::propose(desk, &other, &Actor::Person(person("baomi")), "").await.unwrap();
    let error = bed.approve(unsigned).await.unwrap_err().to_string();
    assert!(error.contains("no officer's signature"), "{error}");

    // nothing changed; an example that fails; an empty set; a word that cannot be one
    let error = rules::propose_edits(desk, verifier, &baomi, &[], "").await.unwrap_err().to_string();
    assert!(error.contains("nothing is changed"), "{error}");
    for edit in [
        Edit::RemoveTerm { rule: "GZ-0002".into(), term: "试题启用前".into() },
        Edit::AddException { rule: "BM-0001".into(), phrase: "机密★5年".into(), negative: String::new() },
        Edit::RemoveTerm { rule: "GZ-9999".into(), term: "无".into() },
        word("的", Action::Block),
    ] {
        let error = rules::propose_edits(desk, verifier, &baomi, std::slice::from_ref(&edit), "").await.unwrap_err();
        assert!(matches!(error, FlowError::Rules(_)), "{edit:?}: {error}");
    }
    assert!(RuleSet::from_bundle(&RuleBundle::default()).is_err(), "an empty set does not exist");

    // a wrong password signs nothing
    let error = menhu::flow::officer_key::unlock(desk, &person("baomi2"), "Falsch-2026-x").await.unwrap_err();
    assert!(matches!(error, FlowError::Key(_)), "{error}");

    // much smaller, without a word about it
    let weak = Settings { action: Some(Action::Note), ..Settings::default() };
    let to_note = |rule: &str| Edit::Set { rule: rule.into(), term: None, to: weak };
    let rules_in_force = rules::in_force(desk, verifier).await.unwrap();
    let strong = rules_in_force.rules().iter().filter(|rule| rule.action > Action::Note && rule.id.starts_with("GZ"));
    let edits: Vec<Edit> = strong.map(|rule| to_note(&rule.id)).collect();
    let number = bed.propose(&edits).await;
    let row = desk.rule_set(number).await.unwrap().unwrap();
    assert!(row.smaller, "{:?}", row.sizes);
    let error = bed.approve(number).await.unwrap_err().to_string();
    assert!(error.contains("a fifth"), "{error}");
    assert_eq!(bed.in_force().await, before);

    // refused with a reason, and only once
    let by = Actor::Person(person("baomi2"));
    assert!(rules::refuse(desk, number, &by, "  ").await.is_err(), "no reason");
    rules::refuse(desk, number, &by, "放宽过多").await.unwrap();
    let row = desk.rule_set(number).await.unwrap().unwrap();
    assert_eq!((row.state, row.refusal.as_str()), (RuleSetState::Refused, "放宽过多"));
    assert!(bed.approve(number).await.is_err());
    assert!(rules::refuse(desk, number, &by, "again").await.is_err());

    // the same, with the word
    let number = bed.propose(&edits).await;
    let second = bed.officer("baomi2").await;
    let id = rules::approve_signed(desk, &keys, &second, number, true).await.unwrap();
    assert_eq!(bed.in_force().await, id);
    rules::in_force(desk, verifier).await.unwrap();
}

async fn a_change_that_came_too_late_is_made_again(bed: Bed) {
    let first = bed.propose(&[word("麒麟工程", Action::Block)]).await;
    let late = bed.propose(&[word("玄武项目", Action::Hold)]).await;
    bed.approve(first).await.unwrap();
    let error = bed.approve(late).await.unwrap_err().to_string();
    assert!(error.contains("would be lost"), "{error}");
    let officer = bed.officer("baomi").await;
    let new = rules::rebase(bed.desk(), &bed.app.base.verifier, &officer, late).await.unwrap();
    assert_eq!(bed.desk().rule_set(late).await.unwrap().unwrap().state, RuleSetState::Refused);
    bed.approve(new).await.unwrap();
    let set = rules::in_force(bed.desk(), &bed.app.base.verifier).await.unwrap();
    let words: Vec<&str> =
        set.rule("dictionary/保密员词表").unwrap().terms().iter().map(|term| term.text.as_str()).collect();
    assert_eq!(words, ["麒麟工程", "玄武项目"], "neither is lost");
    // a password that was changed since leaves the old signatures good
    let people = menhu::flow::people::People::new(
        bed.desk().clone(),
        &bed.app.config.console,
        app::desk_keys(&bed.app.config).unwrap(),
    )
    .unwrap();
    let link = people.reset(&Actor::System("test".into()), &person("baomi"), false).await.unwrap();
    people.set_password(&link.token, format!("{PASSWORD}x")).await.unwrap();
    rules::in_force(bed.desk(), &bed.app.base.verifier).await.unwrap();
}

async fn a_set_behind_the_desks_back_is_not_used(bed: Bed) {
    if bed.app.config.data.desk_postgres.is_some() {
        return; // the file is changed below
    }
    let number = bed.propose(&[word("麒麟工程", Action::Block)]).await;
    bed.approve(number).await.unwrap();
    let row = bed.desk().rules_in_force().await.unwrap().unwrap();
    let verifier = &bed.app.base.verifier;
    for (change, undo) in [
        ("note = 'x'".to_owned(), format!("note = '{}'", row.note)),
        ("smaller = 1".to_owned(), "smaller = 0".to_owned()),
        ("size_after = 1".to_owned(), format!("size_after = {}", row.sizes.unwrap().1)),
        (
            "proposer_signature = approver_signature".to_owned(),
            format!("proposer_signature = '{}'", row.proposer.clone().unwrap().signature),
        ),
        ("approver_key = proposer_key".to_owned(), format!("approver_key = '{}'", row.approver.clone().unwrap().key)),
        ("bundle = replace(bundle, '阻断', '提示')".to_owned(), String::new()),
    ] {
        let set = |change: &str| format!("UPDATE rule_sets SET {change} WHERE state = 'in-force'");
        bed.app.behind_the_back("desk/desk.sqlite", &set(&change)).await;
        assert!(rules::in_force(bed.desk(), verifier).await.is_err(), "{change}");
        if !undo.is_empty() {
            bed.app.behind_the_back("desk/desk.sqlite", &set(&undo)).await;
            rules::in_force(bed.desk(), verifier).await.unwrap();
        }
    }
    // the signatures taken off, the first set put back in force: the desk's key alone no longer counts
    let back = "UPDATE rule_sets SET state = 'superseded' WHERE state = 'in-force'";
    bed.app.behind_the_back("desk/desk.sqlite", back).await;
    bed.app.behind_the_back("desk/desk.sqlite", "UPDATE rule_sets SET state = 'in-force' WHERE number = 1").await;
    let error = rules::in_force(bed.desk(), verifier).await.unwrap_err().to_string();
    assert!(error.contains("behind the desk's back"), "{error}");
}
