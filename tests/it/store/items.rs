//! Items: no order of moves breaks promise 1, and the database itself refuses what would.

use menhu::model::{BlobId, Content, Digest, ItemId, Outcome, Status, Verdict};
use menhu::store::{Change, Desk, DeskTx, ItemRow, QueueFilter, Screening, Sealed, StoreError};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::{Bed, decision, item, on_both, rules, screening, sealed};

on_both!(
    no_order_of_moves_breaks_the_promises,
    the_database_refuses_what_the_program_would_not_do,
    a_conflict_says_what_it_found,
    content_is_what_was_screened,
    changed_content_is_seen,
    queues_and_counts,
    rules_move_on,
    erasing_leaves_the_others_their_files,
    what_is_held_is_sealed_or_refused
);

fn id(text: &str) -> ItemId {
    ItemId::new(text).unwrap()
}

/// What a careless caller may try.
#[derive(Clone, Debug)]
enum Try {
    Rescreen { title: u8, outcome: Outcome },
    Reclear,
    Approve { other_bytes: bool },
    Publish,
    Return,
    Withdraw,
    Dismiss,
}

/// A try, and whether it stands on what was read or on something older.
fn tries() -> impl Strategy<Value = Vec<(Try, bool)>> {
    let outcome = prop_oneof![3 => Just(Outcome::Pass), 1 => Just(Outcome::Hold), 1 => Just(Outcome::Block)];
    let one = prop_oneof![
        2 => (0..3_u8, outcome).prop_map(|(title, outcome)| Try::Rescreen { title, outcome }),
        1 => Just(Try::Reclear),
        4 => any::<bool>().prop_map(|other_bytes| Try::Approve { other_bytes }),
        4 => Just(Try::Publish),
        1 => Just(Try::Return),
        1 => Just(Try::Withdraw),
        1 => Just(Try::Dismiss),
    ];
    proptest::collection::vec((one, prop::bool::weighted(0.15)), 1..25)
}

async fn attempt(tx: &mut DeskTx, row: &ItemRow, what: &Try, outdated: bool) -> Result<(), StoreError> {
    let version = if outdated { row.version - 1 } else { row.version };
    let change = match what {
        Try::Rescreen { title, outcome } => {
            let screening = screening(&format!("标题{title}"), *outcome);
            tx.rescreen_item(&row.id, row.status, version, &screening).await?;
            let packed = Content::hash_of(&screening.content).to_string();
            assert_eq!(tx.keep_text(&row.id, packed.as_bytes()).await?, *outcome == Outcome::Pass);
            return Ok(());
        }
        Try::Reclear => {
            let verdict = Verdict { rule_set: rules("two"), outcome: Outcome::Pass, ..row.verdict.clone() };
            return tx.reclear_item(&row.id, row.status, version, &verdict).await.map(|_| ());
        }
        Try::Approve { other_bytes: true } => Change::Approve(decision(Content::hash_of("other"))),
        Try::Approve { other_bytes: false } => Change::Approve(decision(row.content_hash)),
        Try::Publish => Change::Publish { seq: 7 },
        Try::Return => Change::Return("缺附件".into()),
        Try::Withdraw => Change::Withdraw("来源撤稿".into()),
        Try::Dismiss => Change::Dismiss("涉密".into()),
    };
    tx.move_item(&row.id, row.status, version, &change).await.map(|_| ())
}

/// Whether the try must succeed.
fn legal(row: &ItemRow, what: &Try, outdated: bool) -> bool {
    let to = match what {
        Try::Rescreen { outcome: Outcome::Pass, .. } => Status::Queued,
        Try::Rescreen { .. } => Status::Quarantined,
        Try::Reclear => {
            return !outdated && matches!(row.status, Status::Queued | Status::Approved | Status::Published);
        }
        Try::Approve { other_bytes: true } => return false,
        Try::Approve { other_bytes: false } => Status::Approved,
        Try::Publish => Status::Published,
        Try::Return => Status::Returned,
        Try::Withdraw => Status::Withdrawn,
        Try::Dismiss => Status::Dismissed,
    };
    !outdated && row.status.may_become(to)
}

fn keeps_promise_1(row: &ItemRow) {
    let waits = matches!(row.status, Status::Queued | Status::Approved | Status::Published);
    assert!(!waits || (row.outcome == Outcome::Pass && row.cleared_hash == Some(row.content_hash)), "{row:?}");
    assert!(!waits || row.cleared_rule_set.is_some(), "{row:?}");
    let decided = matches!(row.status, Status::Approved | Status::Published);
    assert!(!decided || row.decision.as_ref().is_some_and(|found| found.content == row.content_hash), "{row:?}");
    assert!(row.status != Status::Published || row.on_site == Some((7, row.content_hash)), "{row:?}");
}

/// What is public or waits, and nothing else, stands in the walk, with what was read of these very bytes.
async fn keeps_its_text(desk: &Desk, row: &ItemRow) {
    let texts = desk.texts_below(i64::MAX, None, 1_000).await.unwrap();
    let text = texts.into_iter().find(|text| text.item == row.id);
    let waits = matches!(row.status, Status::Queued | Status::Approved | Status::Published);
    assert_eq!(text.is_some(), waits, "{row:?}");
    let packed = text.and_then(|text| text.packed);
    assert!(packed.is_none_or(|packed| packed == row.content_hash.to_string().as_bytes()), "{row:?}");
}

async fn play(desk: &Desk, id: &ItemId, tries: &[(Try, bool)]) {
    let mut tx = desk.begin().await.unwrap();
    tx.insert_item(&item(id.as_str(), "标题0", Outcome::Pass)).await.unwrap();
    tx.commit().await.unwrap();
    for (what, outdated) in tries {
        let row = desk.item(id).await.unwrap().unwrap();
        let mut tx = desk.begin().await.unwrap();
        let result = attempt(&mut tx, &row, what, *outdated).await;
        let expected = legal(&row, what, *outdated);
        assert_eq!(result.is_ok(), expected, "{what:?} outdated {outdated} on {:?}: {result:?}", row.status);
        if expected {
            tx.commit().await.unwrap()
        } else {
            drop(tx)
        }
        let row = desk.item(id).await.unwrap().unwrap();
        keeps_promise_1(&row);
        keeps_its_text(desk, &row).await;
    }
}

async fn no_order_of_moves_breaks_the_promises(bed: Bed) {
    let desk = bed.desk().await;
    let runtime = tokio::runtime::Handle::current();
    let played = tokio::task::spawn_blocking(move || {
        let number = std::cell::Cell::new(0);
        TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() }).run(&tries(), |tries| {
            number.set(number.get() + 1);
            runtime.block_on(play(&desk, &id(&format!("i{}", number.get())), &tries));
            Ok(())
        })
    });
    played.await.unwrap().unwrap();
}

async fn the_database_refuses_what_the_program_would_not_do(bed: Bed) {
    let desk = bed.desk().await;
    let mut tx = desk.begin().await.unwrap();
    tx.insert_item(&item("queued", "一", Outcome::Pass)).await.unwrap();
    tx.insert_item(&item("held", "二", Outcome::Hold)).await.unwrap();
    tx.commit().await.unwrap();
    for sql in [
        "UPDATE items SET status = 'published', site_seq = 1, site_hash = content_hash WHERE id = 'queued'",
        "UPDATE items SET status = 'approved' WHERE id = 'queued'",
        "UPDATE items SET status = 'approved', decision = '{}', decision_hash = cleared_rule_set WHERE id = 'queued'",
        "UPDATE items SET content_hash = cleared_rule_set WHERE id = 'queued'",
        "UPDATE items SET cleared_hash = NULL WHERE id = 'queued'",
        "UPDATE items SET outcome = 'hold' WHERE id = 'queued'",
        "UPDATE items SET status = 'queued' WHERE id = 'held'",
        "UPDATE items SET status = 'queued', cleared_hash = content_hash WHERE id = 'held'",
        "UPDATE items SET status = 'seen' WHERE id = 'held'",
        "UPDATE items SET source_id = 'nobody' WHERE id = 'held'",
    ] {
        // A connection of SQLite's own shell would not check foreign keys; sqlx's does.
        assert!(bed.raw("desk", sql).await.is_err(), "{sql}");
    }
    assert_eq!(desk.item(&id("queued")).await.unwrap().unwrap().status, Status::Queued);
}

async fn a_conflict_says_what_it_found(bed: Bed) {
    let desk = bed.desk().await;
    let mut tx = desk.begin().await.unwrap();
    tx.insert_item(&item("i1", "一", Outcome::Pass)).await.unwrap();
    let known = tx.insert_item(&item("i1", "一", Outcome::Pass)).await.unwrap_err();
    assert!(known.to_string().contains("queued in version 1"), "{known}");
    let late = Change::Return("x".into());
    tx.move_item(&id("i1"), Status::Queued, 1, &late).await.unwrap();
    let error = tx.move_item(&id("i1"), Status::Queued, 1, &late).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { .. }));
    assert_eq!(
        error.to_string(),
        "item i1 is not as it was read: expected queued in version 1, found returned in version 2"
    );
    let error = tx.move_item(&id("i1"), Status::Returned, 2, &Change::Publish { seq: 1 }).await.unwrap_err();
    assert_eq!(error.to_string(), "item i1: an item that is returned cannot become published");
    assert!(matches!(tx.put_flags(&id("i9"), &json!([]), None).await, Err(StoreError::Missing(_))));
}

async fn content_is_what_was_screened(bed: Bed) {
    let desk = bed.desk().await;
    let mut new = item("i1", "一", Outcome::Pass);
    new.screening.content = format!(" {}", new.screening.content);
    let mut tx = desk.begin().await.unwrap();
    assert!(matches!(tx.insert_item(&new).await, Err(StoreError::Refused(_))));
    let new = item("i1", "带\u{0}的标题 𠮷 \u{200b}", Outcome::Pass);
    tx.insert_item(&new).await.unwrap();
    tx.commit().await.unwrap();
    let row = desk.item(&id("i1")).await.unwrap().unwrap();
    assert_eq!(row.content, new.screening.content, "to the byte");
    assert_eq!(row.content_hash, Content::hash_of(&new.screening.content));
}

async fn changed_content_is_seen(bed: Bed) {
    let desk = bed.desk().await;
    let mut tx = desk.begin().await.unwrap();
    tx.insert_item(&item("i1", "一", Outcome::Pass)).await.unwrap();
    tx.commit().await.unwrap();
    bed.raw("desk", "UPDATE items SET content = replace(content, '一', '二')").await.unwrap();
    let error = desk.item(&id("i1")).await.unwrap_err();
    assert!(matches!(&error, StoreError::Corrupt { what, .. } if what == "item i1"), "{error}");
}

async fn queues_and_counts(bed: Bed) {
    let desk = bed.desk().await;
    for (name, title, outcome) in [
        ("a", "关于 GBK 的通知", Outcome::Pass),
        ("b", "同一份通知", Outcome::Pass),
        ("c", "同一份通知", Outcome::Block),
    ] {
        let mut tx = desk.begin().await.unwrap();
        tx.insert_item(&item(name, title, outcome)).await.unwrap();
        tx.commit().await.unwrap();
        bed.pass(1);
    }
    let ids = async |filter: QueueFilter| {
        let page = desk.queue(&filter, 0, 10).await.unwrap();
        let ids: Vec<_> = page.rows.into_iter().map(|row| row.id.to_string()).collect();
        assert_eq!(ids.len() as u64, page.total);
        ids.concat()
    };
    let any = QueueFilter::default();
    assert_eq!(ids(any.clone()).await, "cba");
    assert_eq!(ids(QueueFilter { status: Some(Status::Queued), ..any.clone() }).await, "ba");
    assert_eq!(ids(QueueFilter { status: Some(Status::Quarantined), ..any.clone() }).await, "c");
    assert_eq!(ids(QueueFilter { text: Some("gbk".into()), ..any.clone() }).await, "a");
    assert_eq!(ids(QueueFilter { text: Some("".into()), unit: Some(super::unit().id), ..any.clone() }).await, "cba");
    let page = desk.queue(&any, 1, 1).await.unwrap();
    assert_eq!((page.total, page.rows.len(), page.rows[0].id.as_str()), (3, 1, "b"));

    let same = desk.same_text(&Digest::of("同一份通知".as_bytes()), &id("c")).await.unwrap();
    assert_eq!(same.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["b"]);
    let mut tx = desk.begin().await.unwrap();
    tx.put_flags(&id("c"), &json!(["duplicate"]), Some(&id("b"))).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(desk.item(&id("c")).await.unwrap().unwrap().duplicate_of, Some(id("b")));
    let counts = desk.status_counts(None).await.unwrap();
    assert_eq!(counts.len(), Status::ALL.len());
    assert!(counts.contains(&(Status::Queued, 2)) && counts.contains(&(Status::Published, 0)));
    assert_eq!(desk.items_after(Some(&id("a")), 10).await.unwrap().len(), 2);
}

async fn rules_move_on(bed: Bed) {
    let desk = bed.desk().await;
    let mut tx = desk.begin().await.unwrap();
    for (name, outcome) in [("queued", Outcome::Pass), ("held", Outcome::Hold), ("public", Outcome::Pass)] {
        tx.insert_item(&item(name, name, outcome)).await.unwrap();
    }
    let row = tx.item(&id("public")).await.unwrap().unwrap();
    let approve = Change::Approve(decision(row.content_hash));
    let version = tx.move_item(&row.id, Status::Queued, 1, &approve).await.unwrap();
    tx.move_item(&row.id, Status::Approved, version, &Change::Publish { seq: 7 }).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(desk.items_of_older_rules(&rules("one"), 10).await.unwrap(), vec![]);
    let older = desk.items_of_older_rules(&rules("two"), 10).await.unwrap();
    assert_eq!(
        older.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(),
        ["public", "queued"],
        "what is held is sealed"
    );
    assert_eq!(desk.items_of_older_rules(&rules("two"), 1).await.unwrap().len(), 1);

    // Published, then caught by the new rules: off the site first, then into quarantine.
    let on_site = desk.on_site(None, None, None, 10).await.unwrap();
    assert_eq!((on_site.len(), on_site[0].seq, on_site[0].content_hash), (1, 7, row.content_hash));
    let mut tx = desk.begin().await.unwrap();
    assert!(matches!(tx.note_off_site(&row.id).await, Err(StoreError::Refused(_))));
    let held = screening("public", Outcome::Block);
    tx.rescreen_item(&row.id, Status::Published, 3, &held).await.unwrap();
    tx.note_off_site(&row.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(desk.on_site(None, None, None, 10).await.unwrap(), vec![]);
    assert_eq!(desk.item(&row.id).await.unwrap().unwrap().decision, None, "a decision is for what was read");
}

async fn erasing_leaves_the_others_their_files(bed: Bed) {
    let desk = bed.desk().await;
    let blob = |text: &str| BlobId(Digest::of(text.as_bytes()));
    let mut tx = desk.begin().await.unwrap();
    for (name, own) in [("a", "own of a"), ("b", "own of b")] {
        let mut new = item(name, "同一份通知", Outcome::Block);
        let held = Sealed { package: blob(own), ..sealed("") };
        new.screening = Screening { sealed: Some(held), ..new.screening };
        tx.insert_item(&new).await.unwrap();
    }
    assert!(matches!(tx.erase_item(&id("a")).await, Err(StoreError::Refused(_))));
    tx.move_item(&id("a"), Status::Quarantined, 1, &Change::Dismiss("涉密".into())).await.unwrap();
    assert_eq!(tx.erase_item(&id("a")).await.unwrap(), vec![blob("own of a")]);
    tx.commit().await.unwrap();
    desk.scrub().await.unwrap();
    let row = desk.item(&id("a")).await.unwrap().unwrap();
    assert_eq!((row.content.as_str(), row.title.as_str(), row.raw), ("", "", None));
    assert_eq!(desk.blobs_of(&id("b")).await.unwrap(), vec![blob("own of b")]);
    let mut tx = desk.begin().await.unwrap();
    for (name, own) in [("c", "own of c"), ("d", "own of d")] {
        let mut new = item(name, "又一份通知", Outcome::Pass);
        new.screening.raw = Some(blob(own));
        new.screening.segments = Some(blob("shared"));
        tx.insert_item(&new).await.unwrap();
    }
    tx.move_item(&id("c"), Status::Queued, 1, &Change::Return("缺附件".into())).await.unwrap();
    assert_eq!(tx.erase_item(&id("c")).await.unwrap(), vec![blob("own of c")]);
    tx.commit().await.unwrap();
    assert_eq!(desk.items_with_blob(&blob("shared")).await.unwrap(), vec![id("d")]);
    assert_eq!(desk.blobs_of(&id("d")).await.unwrap().len(), 2);
}

async fn what_is_held_is_sealed_or_refused(bed: Bed) {
    let desk = bed.desk().await;
    let mut tx = desk.begin().await.unwrap();
    let mut plain = item("a", "不得外传", Outcome::Block);
    plain.screening.sealed = None;
    assert!(matches!(tx.insert_item(&plain).await, Err(StoreError::Refused(_))), "nothing is held in plain");
    let mut passed = item("a", "通知", Outcome::Pass);
    passed.screening.sealed = Some(sealed("x"));
    assert!(matches!(tx.insert_item(&passed).await, Err(StoreError::Refused(_))));
    let mut lost = item("a", "不得外传", Outcome::Block);
    lost.screening.sealed = Some(Sealed { keys: vec![("retired".into(), "w".into())], ..sealed("x") });
    assert!(matches!(tx.insert_item(&lost).await, Err(StoreError::Refused(_))), "sealed for nobody");
    drop(tx);

    // What waits in plain and is held then: row, files and list say no word, and what is to go is noted.
    let blob = |text: &str| BlobId(Digest::of(text.as_bytes()));
    let mut new = item("a", "不得外传", Outcome::Pass);
    new.screening.raw = Some(blob("raw"));
    let mut tx = desk.begin().await.unwrap();
    tx.insert_item(&new).await.unwrap();
    let held = screening("不得外传", Outcome::Block);
    tx.rescreen_item(&id("a"), Status::Queued, 1, &held).await.unwrap();
    tx.commit().await.unwrap();
    let row = desk.item(&id("a")).await.unwrap().unwrap();
    assert_eq!((row.content.as_str(), row.title.as_str(), row.raw, row.segments), ("", "", None, None));
    assert_eq!(row.content_hash, Content::hash_of(&held.content));
    assert_eq!(desk.blobs_of(&row.id).await.unwrap(), vec![sealed("不得外传").package]);
    let noted = desk.to_clean(10).await.unwrap();
    assert_eq!(noted, [("blob".to_owned(), blob("raw").to_string()), ("item".into(), "a".into())]);
    assert_eq!(desk.sealed_counts("escrow").await.unwrap(), (1, 1));

    // Freed: the sealed file goes.
    let mut tx = desk.begin().await.unwrap();
    tx.rescreen_item(&id("a"), Status::Quarantined, 2, &screening("不得外传", Outcome::Pass)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(desk.sealed(&id("a")).await.unwrap(), None);
    assert!(desk.to_clean(10).await.unwrap().contains(&("blob".into(), sealed("不得外传").package.to_string())));
}
