//! Decisions: bound to what was seen, with audit and job, refused where the item moved; and hostile content.

use axum::http::StatusCode;
use menhu::model::{Basis, Field, Role, Status};
use menhu::store::{ItemRow, Screening};
use serde_json::json;

use super::{Bed, content, screener, segment};

fn seen(row: &ItemRow) -> [(String, String); 2] {
    [("version".into(), row.version.to_string()), ("content".into(), row.content_hash.to_string())]
}

fn form<'a>(seen: &'a [(String, String); 2], words: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<(&str, &str)> = seen.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("words", words));
    fields
}

#[tokio::test]
async fn an_approval_is_decision_audit_and_job_in_one() {
    let bed = Bed::new().await;
    let row = bed.queued("a").await;
    let browser = bed.browser(Role::CentreReviewer).await;
    let list = browser.get("/queue").await.text;
    assert!(list.contains("href=\"/queue/a\"") && list.contains("关于开放日的通知") && list.contains("档案局子站"));
    let page = browser.get("/queue/a").await.text;
    assert!(page.contains(&format!("value=\"{}\"", row.content_hash)));

    let answer = browser.post("/queue/a/approve", &form(&seen(&row), "同意发布")).await;
    assert_eq!(answer.header("location"), "/queue?done=approved");
    let after = bed.row(&row.id).await;
    assert_eq!(after.status, Status::Approved);
    let decision = after.decision.clone().unwrap();
    assert_eq!((decision.content, decision.note.as_str()), (row.content_hash, "同意发布"));
    assert!(matches!(decision.basis, Basis::Person { person } if person.as_str() == "centre-reviewer"));
    assert!(bed.desk.job("publish", "a").await.unwrap().is_some());
    assert_eq!(bed.acts("a").await, ["item.approve"]);
    assert!(browser.get("/queue/a").await.text.contains("同意发布"));
    assert!(browser.get("/queue?done=approved").await.text.contains("已通过，正在发布"));

    // The same form again is a conflict, not a second decision.
    let twice = browser.post("/queue/a/approve", &form(&seen(&row), "")).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert!(twice.text.contains("此信息已被他人或系统改动") && twice.text.contains("href=\"/queue/a\""));
    assert_eq!(bed.acts("a").await, ["item.approve"]);

    let withdrawn = browser.post("/queue/a/withdraw", &form(&seen(&after), "内容有误")).await;
    assert_eq!(withdrawn.header("location"), "/queue?status=published&done=withdrawing");
    let job = bed.desk.job("withdraw", "a").await.unwrap().unwrap();
    assert_eq!((job.payload["reason"].as_str(), job.payload["erase"].as_bool()), (Some("内容有误"), Some(false)));
}

#[tokio::test]
async fn a_return_needs_a_reason_and_publishes_nothing() {
    let bed = Bed::new().await;
    let row = bed.queued("a").await;
    let browser = bed.browser(Role::CentreReviewer).await;
    for words in ["", "  \n", &"长".repeat(501)] {
        let answer = browser.post("/queue/a/return", &form(&seen(&row), words)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = browser.post("/queue/a/return", &form(&seen(&row), "附件缺失")).await;
    assert_eq!(answer.header("location"), "/queue?done=returned");
    let after = bed.row(&row.id).await;
    assert_eq!((after.status, after.reason.as_str()), (Status::Returned, "附件缺失"));
    assert!(bed.desk.job("publish", "a").await.unwrap().is_none());
    assert!(browser.get("/queue?status=returned").await.text.contains("/queue/a"));
    assert!(browser.get("/queue/a").await.text.contains("附件缺失"));
    // Nothing is on the site, so there is nothing to withdraw.
    let withdrawn = browser.post("/queue/a/withdraw", &form(&seen(&after), "x")).await;
    assert_eq!(withdrawn.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_decision_about_content_that_changed_meanwhile_is_refused() {
    let bed = Bed::new().await;
    let row = bed.queued("a").await;
    let browser = bed.browser(Role::CentreReviewer).await;

    let changed = content("关于开放日的通知", "开放日改为周日,欢迎市民前来。");
    let draft = menhu::model::Draft { content: changed, source: None, segments: vec![], unreadable: vec![] };
    let menhu::screen::Screened::Cleared(cleared) = screener().screen(draft) else { panic!("it passes") };
    let screening = Screening {
        content: cleared.bytes().to_owned(),
        verdict: cleared.verdict().clone(),
        segments: row.segments,
        raw: None,
        text_hash: None,
        duplicate_of: None,
        flags: json!({}),
        sealed: None,
    };
    let mut tx = bed.desk.begin().await.unwrap();
    tx.rescreen_item(&row.id, row.status, row.version, &screening).await.unwrap();
    tx.commit().await.unwrap();
    let moved = bed.row(&row.id).await;

    for action in ["approve", "return"] {
        let answer = browser.post(&format!("/queue/a/{action}"), &form(&seen(&row), "x")).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{action}");
    }
    // The new version number with the old hash is refused as well.
    let mixed = [("version".to_owned(), moved.version.to_string()), ("content".into(), row.content_hash.to_string())];
    assert_eq!(browser.post("/queue/a/approve", &form(&mixed, "")).await.status, StatusCode::CONFLICT);
    assert_eq!(bed.row(&row.id).await, moved);
    assert!(bed.acts("a").await.is_empty());
    assert_eq!(browser.post("/queue/a/approve", &form(&seen(&moved), "")).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn of_two_reviewers_at_once_one_decides() {
    let bed = Bed::new().await;
    let row = bed.queued("a").await;
    bed.account("second", Role::CentreReviewer).await;
    let (first, second) = (bed.browser(Role::CentreReviewer).await, bed.browser_of("second").await);
    let seen = seen(&row);
    let (fields, back) = (form(&seen, ""), form(&seen, "退回"));
    let (one, other) = tokio::join!(first.post("/queue/a/approve", &fields), second.post("/queue/a/return", &back));
    let mut answers = [one.status, other.status];
    answers.sort_unstable();
    assert_eq!(answers, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
    assert_eq!(bed.acts("a").await.len(), 1);
}

#[tokio::test]
async fn hostile_content_stays_text() {
    let bed = Bed::new().await;
    let attack = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>{{ 7*7 }}";
    let mut hostile = content(attack, attack);
    hostile.origin = attack.into();
    hostile.source_url = "javascript:alert(3)".into();
    hostile.html = "<p onclick=\"alert(4)\">正文</p><script>alert(5)</script>".into();
    let row = bed.item("a", hostile, vec![segment(Field::Attribute, attack, attack)], vec![]).await;
    let (role, place) = match row.status {
        Status::Queued => (Role::CentreReviewer, "/queue"),
        _ => (Role::SecurityOfficer, "/quarantine"),
    };
    let browser = bed.browser(role).await;
    for page in [browser.get(place).await.text, browser.get(&format!("{place}/a")).await.text] {
        assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
        for live in ["<script", "<img", "javascript:alert(3)\"", "onclick"] {
            assert!(!page.contains(live), "{live}");
        }
    }
    if row.status == Status::Queued {
        let preview = browser.get("/queue/a/preview").await;
        let policy = preview.header("content-security-policy");
        assert!(
            policy.starts_with("sandbox; default-src 'none'") && policy.contains("frame-ancestors 'self'"),
            "{policy}"
        );
        assert_eq!(preview.header("x-frame-options"), "SAMEORIGIN");
    }
}

#[tokio::test]
async fn filters_and_pages_hold_what_they_say() {
    let bed = Bed::new().await;
    for number in 0..53 {
        bed.queued(&format!("item-{number}")).await;
        bed.pass(1);
    }
    let browser = bed.browser(Role::Supervisor).await;
    let first = browser.get("/queue").await.text;
    assert_eq!(first.matches("href=\"/queue/item-").count(), 50);
    assert!(first.contains("/queue?status=queued&amp;page=2") || first.contains("/queue?status=queued&#38;page=2"));
    assert_eq!(browser.get("/queue?page=2").await.text.matches("href=\"/queue/item-").count(), 3);
    assert_eq!(
        browser.get("/queue?unit=daj&source=daj&column=gsgg&text=开放日").await.text.matches("/queue/item-").count(),
        50
    );
    for none in ["unit=other", "source=other", "column=other", "text=没有这几个字", "status=published"] {
        assert!(browser.get(&format!("/queue?{none}")).await.text.contains("没有符合条件的信息"), "{none}");
    }
    for odd in ["page=0", "page=-1", "page=99999999999999999999", "status=quarantined", "unit=%00"] {
        assert_eq!(browser.get(&format!("/queue?{odd}")).await.status, StatusCode::OK, "{odd}");
    }
}
