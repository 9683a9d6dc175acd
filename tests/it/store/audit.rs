//! The audit: append-only, and every tampering with one record is found.

use menhu::model::Actor;
use menhu::store::{BrokenRecord, Desk};
use serde_json::json;

use super::{Bed, on_both};

on_both!(
    the_database_refuses_changes,
    each_tampering_is_found,
    many_writers_make_one_chain,
    what_was_rolled_back_leaves_no_gap,
    pages_and_subjects
);

async fn write(desk: &Desk, count: i64) {
    for number in 1..=count {
        let mut tx = desk.begin().await.unwrap();
        let actor = Actor::System("test".into());
        tx.audit(&actor, "item.approve", &format!("i{number}"), &json!({"n": number})).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn the_database_refuses_changes(bed: Bed) {
    let desk = bed.desk().await;
    write(&desk, 3).await;
    for sql in ["UPDATE audit SET actor = 'x' WHERE seq = 2", "DELETE FROM audit WHERE seq = 2"] {
        let error = bed.raw("desk", sql).await.unwrap_err().to_string();
        assert!(error.contains("append-only"), "{error}");
    }
    let check = desk.verify_audit().await.unwrap();
    assert_eq!((check.good, check.broken), (3, None));
}

/// Takes the triggers away, as somebody with a key to the machine could.
async fn disarm(bed: &Bed) {
    let sql = if bed.is_sqlite() {
        "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted"
    } else {
        "DROP TRIGGER audit_is_not_changed ON audit"
    };
    bed.raw("desk", sql).await.unwrap();
}

async fn broken(desk: &Desk) -> BrokenRecord {
    desk.verify_audit().await.unwrap().broken.expect("a broken record")
}

async fn each_tampering_is_found(bed: Bed) {
    let desk = bed.desk().await;
    write(&desk, 9).await;
    disarm(&bed).await;
    let undo = "DELETE FROM audit; INSERT INTO audit SELECT * FROM kept; UPDATE counter SET seq = 9,
        hash = (SELECT hash FROM kept WHERE seq = 9) WHERE name = 'audit'";
    bed.raw("desk", "CREATE TABLE kept AS SELECT * FROM audit").await.unwrap();

    for field in ["at = at + 1", "actor = 'person:x'", "action = 'item.return'", "subject = 'i0'", "detail = '{}'"] {
        for seq in [1, 5, 9] {
            bed.raw("desk", &format!("UPDATE audit SET {field} WHERE seq = {seq}")).await.unwrap();
            let found = broken(&desk).await;
            assert_eq!(found.seq, seq, "{field}: {found:?}");
            bed.raw("desk", undo).await.unwrap();
        }
    }
    for seq in 1..=9 {
        bed.raw("desk", &format!("DELETE FROM audit WHERE seq = {seq}")).await.unwrap();
        assert_eq!(broken(&desk).await.seq, seq, "the missing one is named");
        bed.raw("desk", undo).await.unwrap();
    }
    let swap = "UPDATE audit SET seq = 100 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4;
        UPDATE audit SET seq = 4 WHERE seq = 100";
    let add = "INSERT INTO audit SELECT 10, at, actor, action, subject, detail, prev, hash FROM kept WHERE seq = 9";
    let renumber = "DELETE FROM audit WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 9";
    let cut_and_counted = "DELETE FROM audit WHERE seq = 9; UPDATE counter SET seq = 8 WHERE name = 'audit'";
    for (sql, seq) in [(swap, 3), (add, 10), (renumber, 2), (cut_and_counted, 8)] {
        bed.raw("desk", sql).await.unwrap();
        let found = broken(&desk).await;
        assert_eq!(found.seq, seq, "{sql}: {found:?}");
        bed.raw("desk", undo).await.unwrap();
    }
    assert_eq!(desk.verify_audit().await.unwrap().broken, None);
}

async fn many_writers_make_one_chain(bed: Bed) {
    let desk = bed.desk().await;
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move { write(&desk, 20).await })
        })
        .collect();
    for writer in writers {
        // A check while others write sees a whole chain too.
        assert_eq!(desk.verify_audit().await.unwrap().broken, None);
        writer.await.unwrap();
    }
    let check = desk.verify_audit().await.unwrap();
    assert_eq!((check.good, check.broken), (160, None));
}

async fn what_was_rolled_back_leaves_no_gap(bed: Bed) {
    let desk = bed.desk().await;
    write(&desk, 2).await;
    let mut tx = desk.begin().await.unwrap();
    assert_eq!(tx.audit(&Actor::System("test".into()), "x", "y", &json!(null)).await.unwrap(), 3);
    drop(tx);
    write(&desk, 1).await;
    let check = desk.verify_audit().await.unwrap();
    assert_eq!((check.good, check.broken), (3, None));
}

async fn pages_and_subjects(bed: Bed) {
    let desk = bed.desk().await;
    write(&desk, 5).await;
    let page = desk.audit_page(None, 2).await.unwrap();
    assert_eq!(page.iter().map(|row| row.seq).collect::<Vec<_>>(), [5, 4]);
    let page = desk.audit_page(Some(4), 10).await.unwrap();
    assert_eq!(page.iter().map(|row| row.seq).collect::<Vec<_>>(), [3, 2, 1]);
    let of = desk.audit_of("i3").await.unwrap();
    assert_eq!((of.len(), of[0].actor.as_str(), of[0].detail.as_str()), (1, "system:test", r#"{"n":3}"#));
    assert_eq!(desk.audit_after(3, None, None, 10).await.unwrap().len(), 2);
    assert_eq!(desk.audit_after(0, Some(bed.clock.now()), Some(bed.clock.now()), 10).await.unwrap().len(), 0);
}
