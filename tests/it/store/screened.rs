//! What is screened again after a change of rules: which items, in which order, and that a verdict meets its bytes.

use menhu::model::{Action, Field, Finding, ItemId, Level, Outcome, Status, Verdict};
use menhu::store::{Change, Desk, KEPT_LIMIT, StoreError};

use super::{Bed, item, on_both, rules, screening};

on_both!(
    the_newest_bytes_come_first_and_what_passed_is_left_out,
    a_verdict_for_bytes_that_are_gone_is_not_written,
    a_row_that_is_lost_makes_no_item_current,
    what_is_too_long_is_not_kept
);

fn id(text: &str) -> ItemId {
    ItemId::new(text).unwrap()
}

async fn add(desk: &Desk, names: &[&str]) {
    let mut tx = desk.begin().await.unwrap();
    for name in names {
        tx.insert_item(&item(name, name, Outcome::Pass)).await.unwrap();
        assert!(tx.keep_text(&id(name), name.as_bytes()).await.unwrap());
    }
    tx.commit().await.unwrap();
}

async fn walked(desk: &Desk, but: Option<&str>) -> Vec<(i64, String)> {
    let but = but.map(rules);
    let texts = desk.texts_below(i64::MAX, but.as_ref(), 100).await.unwrap();
    texts.into_iter().map(|text| (text.place, text.item.to_string())).collect()
}

fn names(walked: &[(i64, String)]) -> Vec<&str> {
    walked.iter().map(|(_, name)| name.as_str()).collect()
}

async fn the_newest_bytes_come_first_and_what_passed_is_left_out(bed: Bed) {
    let desk = bed.desk().await;
    add(&desk, &["a", "b", "c", "d"]).await;
    let mut tx = desk.begin().await.unwrap();
    tx.rescreen_item(&id("b"), Status::Queued, 1, &screening("b2", Outcome::Pass)).await.unwrap();
    tx.move_item(&id("c"), Status::Queued, 1, &Change::Return("缺附件".into())).await.unwrap();
    tx.commit().await.unwrap();
    let all = walked(&desk, None).await;
    assert_eq!(names(&all), ["b", "d", "a"]);
    let texts = desk.texts_below(all[0].0, None, 1).await.unwrap();
    assert_eq!((texts[0].item.as_str(), texts[0].packed.as_deref()), ("d", Some("d".as_bytes())));

    assert_eq!(desk.count_of_older_rules(&rules("two")).await.unwrap(), 3);
    let mut tx = desk.begin().await.unwrap();
    assert_eq!(tx.stamp(all[1].0, all[0].0, &rules("two")).await.unwrap(), 2);
    assert_eq!(tx.stamp(all[1].0, all[0].0, &rules("two")).await.unwrap(), 0, "it was done");
    tx.commit().await.unwrap();
    assert_eq!(names(&walked(&desk, Some("two")).await), ["a"]);
    assert_eq!(desk.count_of_older_rules(&rules("two")).await.unwrap(), 1);
    let row = desk.item(&id("d")).await.unwrap().unwrap();
    assert_eq!((row.rule_set, row.version), (rules("two"), 1), "nothing else about it changed");
    let older = desk.items_of_older_rules(&rules("two"), 10).await.unwrap();
    assert_eq!(older.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["a"]);
}

async fn a_verdict_for_bytes_that_are_gone_is_not_written(bed: Bed) {
    let desk = bed.desk().await;
    add(&desk, &["a"]).await;
    let place = walked(&desk, None).await[0].0;
    let finding = Finding {
        rule: "GZ-0001".into(),
        level: Level::Internal,
        action: Action::Note,
        field: Field::Title,
        place: String::new(),
        start: 0,
        end: 1,
        text: "a".into(),
        transforms: Vec::new(),
        why: "示例".into(),
    };
    let noted =
        Verdict { rule_set: rules("two"), outcome: Outcome::Pass, findings: vec![finding], unreadable: Vec::new() };
    let mut tx = desk.begin().await.unwrap();
    assert!(tx.stamp_noted(place, &id("a"), &noted).await.unwrap());
    let held = Verdict { outcome: Outcome::Hold, ..noted.clone() };
    assert!(matches!(tx.stamp_noted(place, &id("a"), &held).await, Err(StoreError::Refused(_))));
    tx.commit().await.unwrap();
    let row = desk.item(&id("a")).await.unwrap().unwrap();
    assert_eq!((row.rule_set, &row.verdict, row.version), (rules("two"), &noted, 1));
    assert!(desk.texts_below(i64::MAX, None, 1).await.unwrap()[0].noted);

    // Changed meanwhile: the place is gone, and the new bytes have another.
    let mut tx = desk.begin().await.unwrap();
    tx.rescreen_item(&id("a"), Status::Queued, 1, &screening("a2", Outcome::Pass)).await.unwrap();
    tx.commit().await.unwrap();
    let late = Verdict { rule_set: rules("three"), ..noted };
    let mut tx = desk.begin().await.unwrap();
    assert!(!tx.stamp_noted(place, &id("a"), &late).await.unwrap());
    assert_eq!(tx.stamp(0, place, &rules("three")).await.unwrap(), 0);
    tx.commit().await.unwrap();
    let row = desk.item(&id("a")).await.unwrap().unwrap();
    assert_eq!((row.rule_set, row.verdict.findings.len()), (rules("one"), 0));
    assert_ne!(walked(&desk, None).await[0].0, place);
}

async fn a_row_that_is_lost_makes_no_item_current(bed: Bed) {
    let desk = bed.desk().await;
    add(&desk, &["a", "b"]).await;
    bed.raw("desk", "DELETE FROM kept_texts; DELETE FROM screened WHERE item_id = 'a'").await.unwrap();
    assert_eq!(desk.count_of_older_rules(&rules("one")).await.unwrap(), 1);
    let older = desk.items_of_older_rules(&rules("one"), 10).await.unwrap();
    assert_eq!(older.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["a"]);
    let verdict =
        Verdict { rule_set: rules("one"), outcome: Outcome::Pass, findings: Vec::new(), unreadable: Vec::new() };
    let mut tx = desk.begin().await.unwrap();
    tx.reclear_item(&id("a"), Status::Queued, 1, &verdict).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(desk.count_of_older_rules(&rules("one")).await.unwrap(), 0);
    assert_eq!(names(&walked(&desk, None).await), ["a", "b"]);
}

async fn what_is_too_long_is_not_kept(bed: Bed) {
    let desk = bed.desk().await;
    add(&desk, &["a"]).await;
    let mut tx = desk.begin().await.unwrap();
    assert!(!tx.keep_text(&id("a"), &vec![7; KEPT_LIMIT + 1]).await.unwrap());
    assert!(tx.keep_text(&id("a"), &vec![7; KEPT_LIMIT]).await.unwrap());
    assert!(!tx.keep_text(&id("nobody"), b"x").await.unwrap());
    tx.commit().await.unwrap();
    let text = desk.texts_below(i64::MAX, None, 1).await.unwrap().remove(0);
    assert_eq!(text.packed.unwrap().len(), KEPT_LIMIT);
}
