//! The quarantine: exact marks for the officer, nothing at all for anybody else.

use axum::http::StatusCode;
use menhu::model::{Field, Role, Status, Unreadable};

use super::{Bed, GUARDED, content, segment};

#[tokio::test]
async fn findings_are_marked_on_exact_characters() {
    let bed = Bed::new().await;
    let text = "😀第一段:内容提要。\n机\u{200b}密★5年\n後文，繼續。";
    let row = bed.item("a", content("通知", text), vec![], vec![]).await;
    assert_eq!(row.status, Status::Quarantined, "{:?}", row.verdict);
    let finding = row.verdict.findings.iter().find(|finding| finding.field == Field::Body).unwrap();
    assert_eq!(text.get(finding.start..finding.end), Some(finding.text.as_str()));

    let page = bed.browser(Role::SecurityOfficer).await.get("/quarantine/a").await.text;
    let mark = page.split("<mark").nth(1).unwrap().split("</mark>").next().unwrap();
    assert!(mark.contains("<span class=\"code\">U+200B</span>"), "{mark}");
    assert!(mark.contains("机<span") && mark.contains("密"), "{mark}");
    assert!(mark.contains("阻断") || mark.contains("保密审查"), "a word beside the colour: {mark}");
    assert!(page.contains(&finding.rule) && page.contains(&format!("{}–{}", finding.start, finding.end)));
    assert!(page.contains("不可见字符"), "what was undone, in words");
    let before = page.split("<mark").next().unwrap();
    assert!(before.contains("😀第一段:内容提要。\n"), "the text before the mark is whole");
}

#[tokio::test]
async fn attachments_and_what_cannot_be_read_are_shown_with_their_place() {
    let bed = Bed::new().await;
    let pages = vec![segment(Field::Attachment, "方案.pdf: p. 3", "附：绝密★长期 有关材料")];
    let unreadable = vec![Unreadable { place: "扫描件.pdf".into(), reason: "no text layer".into() }];
    bed.item("a", content("通知", "见附件。"), pages, unreadable).await;
    let page = bed.browser(Role::SecurityOfficer).await.get("/quarantine/a").await.text;
    assert!(page.contains("方案.pdf: p. 3") && page.contains("<mark"));
    assert!(page.contains("扫描件.pdf") && page.contains("no text layer"));
    assert!(page.contains("扫描件或图片，没有可读的文字"), "in words");

    let unreadable = vec![Unreadable { place: String::new(), reason: "took longer than 20 s to read".into() }];
    bed.item("b", content("通知", "读到\u{fffd}此为止。"), vec![], unreadable).await;
    let page = bed.browser(Role::SecurityOfficer).await.get("/quarantine/b").await.text;
    assert!(page.contains("读到<span class=\"code\">U+FFFD</span>此为止。"), "what could be read is shown");
}

#[tokio::test]
async fn nobody_else_sees_a_word_of_it() {
    let bed = Bed::new().await;
    bed.held("secret").await;
    bed.queued("open").await;
    let officer = bed.browser(Role::SecurityOfficer).await;
    assert!(officer.get("/quarantine").await.text.contains(GUARDED));
    assert!(officer.get("/quarantine/secret").await.text.contains(GUARDED));
    assert!(!officer.get("/queue").await.text.contains(GUARDED));
    assert_eq!(bed.acts("secret").await, ["quarantine.look"], "looking is on record");

    let pages = [
        "/",
        "/queue",
        "/queue?status=quarantined",
        "/queue?status=dismissed",
        &format!("/queue?text={GUARDED}"),
        "/queue/secret",
        "/queue/secret/preview",
        "/queue/secret/files/0",
        "/quarantine",
        "/quarantine/secret",
        "/sources",
        "/audit",
        "/audit?subject=secret",
        "/status",
        "/people",
    ];
    for role in Role::ALL.into_iter().filter(|role| *role != Role::SecurityOfficer) {
        let browser = bed.browser(role).await;
        for path in pages {
            let path: String =
                url::Url::parse(&format!("http://desk.test{path}")).unwrap()[url::Position::BeforePath..].into();
            let answer = browser.get(&path).await;
            // The form repeats what was searched for; it says nothing of what there is.
            let echoes = path.contains("text=");
            assert_eq!(answer.text.contains(GUARDED), echoes && answer.status == StatusCode::OK, "{role:?} {path}");
            assert!(
                !answer.text.contains("href=\"/quarantine/secret") && !answer.text.contains("href=\"/queue/secret"),
                "{path}"
            );
        }
        for action in ["approve", "return", "withdraw"] {
            let row = bed.desk.item(&"secret".parse().unwrap()).await.unwrap().unwrap();
            let (version, hash) = (row.version.to_string(), row.content_hash.to_string());
            let fields = [("version", version.as_str()), ("content", hash.as_str()), ("words", "x")];
            let answer = browser.post(&format!("/queue/secret/{action}"), &fields).await;
            assert!(!answer.status.is_success() && answer.status != StatusCode::SEE_OTHER, "{role:?} {action}");
            assert!(!answer.text.contains(GUARDED));
        }
    }
    assert_eq!(bed.row(&"secret".parse().unwrap()).await.status, Status::Quarantined);
}

#[tokio::test]
async fn an_officer_closes_a_case_on_a_ground_and_asks_for_new_screening() {
    let bed = Bed::new().await;
    let row = bed.held("a").await;
    let officer = bed.browser(Role::SecurityOfficer).await;
    let (version, hash) = (row.version.to_string(), row.content_hash.to_string());
    let seen = [("version", version.as_str()), ("content", hash.as_str())];

    assert_eq!(officer.post("/quarantine/a/rescreen", &[]).await.header("location"), "/quarantine/a?done=rescreen");
    assert!(bed.desk.job("rescreen", "a").await.unwrap().is_some());

    for ground in ["", "free words with the secret in them"] {
        let answer = officer.post("/quarantine/a/dismiss", &[seen[0], seen[1], ("ground", ground)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let done = officer.post("/quarantine/a/dismiss", &[seen[0], seen[1], ("ground", "work-secret")]).await;
    assert_eq!(done.header("location"), "/quarantine?done=dismissed");
    assert_eq!(bed.row(&row.id).await.status, Status::Dismissed);
    let again = officer.post("/quarantine/a/dismiss", &[seen[0], seen[1], ("ground", "work-secret")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text.contains("href=\"/quarantine/a\""));

    assert!(!officer.get("/quarantine").await.text.contains("/quarantine/a\""));
    assert!(officer.get("/quarantine?status=dismissed").await.text.contains("/quarantine/a\""));
    assert!(officer.get("/quarantine/a").await.text.contains("确认涉及工作秘密或内部信息"));
    let record = format!("{:?}", bed.desk.audit_page(None, 100).await.unwrap());
    assert!(record.contains("item.dismiss") && !record.contains(GUARDED));
}

#[tokio::test]
async fn an_internal_error_is_a_number_and_nothing_else() {
    let bed = Bed::new().await;
    let row = bed.held("a").await;
    let officer = bed.browser(Role::SecurityOfficer).await;
    bed.blobs.remove(&row.segments.unwrap()).await.unwrap();
    let answer = officer.get("/quarantine/a").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let number = answer.text.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
    assert_eq!(number.len(), 10, "{number}");
    assert!(!answer.text.contains("blob") && !answer.text.contains(&row.segments.unwrap().to_string()));
}
