//! The quarantine: exact marks for the officer, nothing at all for anybody else.

use axum::http::StatusCode;
use menhu::flow::rules;
use menhu::model::{Actor, Field, Role, Status, Unreadable};

use super::{Answer, Bed, Browser, GUARDED, PASSWORD, content, screener, segment};

/// Opens an item as the officer does.
async fn opened(officer: &Browser<'_>, id: &str) -> Answer {
    let fields = [("reason", "核对"), ("password", PASSWORD)];
    officer.post(&format!("/quarantine/{id}/open"), &fields).await
}

#[tokio::test]
async fn findings_are_marked_on_exact_characters() {
    let bed = Bed::new().await;
    let text = "😀第一段:内容提要。\n机\u{200b}密★5年\n後文，繼續。";
    let row = bed.item("a", content("通知", text), vec![], vec![]).await;
    assert_eq!(row.status, Status::Quarantined, "{:?}", row.verdict);
    let finding = row.verdict.findings.iter().find(|finding| finding.field == Field::Body).unwrap();
    assert_eq!((finding.text.as_str(), finding.why.as_str(), finding.end), ("", "", 0), "the row says no word of it");
    let start = text.find("机\u{200b}密★5年").unwrap();
    let place = format!("{start}–{}", start + "机\u{200b}密★5年".len());

    let page = opened(&bed.browser(Role::SecurityOfficer).await, "a").await.text;
    let mark = page.split("<mark").nth(1).unwrap().split("</mark>").next().unwrap();
    assert!(mark.contains("<span class=\"code\">U+200B</span>"), "{mark}");
    assert!(mark.contains("机<span") && mark.contains("密"), "{mark}");
    assert!(mark.contains("阻断") || mark.contains("保密审查"), "a word beside the colour: {mark}");
    assert!(page.contains(&finding.rule) && page.contains(&place), "{place}");
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
    let page = opened(&bed.browser(Role::SecurityOfficer).await, "a").await.text;
    assert!(page.contains("方案.pdf: p. 3") && page.contains("<mark"));
    assert!(page.contains("扫描件.pdf") && page.contains("no text layer"));
    assert!(page.contains("扫描件或图片，没有可读的文字"), "in words");

    let unreadable = vec![Unreadable { place: String::new(), reason: "took longer than 20 s to read".into() }];
    bed.item("b", content("通知", "读到\u{fffd}此为止。"), vec![], unreadable).await;
    let page = opened(&bed.browser(Role::SecurityOfficer).await, "b").await.text;
    assert!(page.contains("读到<span class=\"code\">U+FFFD</span>此为止。"), "what could be read is shown");
}

#[tokio::test]
async fn nobody_else_sees_a_word_of_it() {
    let bed = Bed::new().await;
    bed.held("secret").await;
    bed.queued("open").await;
    let officer = bed.browser(Role::SecurityOfficer).await;
    // Lists and the page of a sealed item say no word of it to the officer either.
    assert!(!officer.get("/quarantine").await.text.contains(GUARDED));
    assert!(!officer.get("/quarantine/secret").await.text.contains(GUARDED));
    assert!(opened(&officer, "secret").await.text.contains(GUARDED));
    assert!(!officer.get("/queue").await.text.contains(GUARDED));
    assert_eq!(bed.acts("secret").await, ["quarantine.look", "quarantine.open"], "looking is on record");

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
        "/settings",
        "/mine?status=quarantined",
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

    let (desk, set, by) = (&bed.desk, screener().current(), |name: &str| Actor::System(name.into()));
    let number = rules::propose(desk, &set, &by("release"), "").await.unwrap();
    rules::approve(desk, number, &by("init"), &bed.keys.permit).await.unwrap();
    let again = officer.post("/quarantine/a/rescreen", &[("password", PASSWORD)]).await;
    assert_eq!(again.header("location"), "/quarantine/a?done=held");
    let row = bed.row(&row.id).await;
    assert_eq!((row.status, row.content.as_str()), (Status::Quarantined, ""), "sealed anew");
    let version = row.version.to_string();
    let seen = [("version", version.as_str()), seen[1]];

    for ground in ["", "state-secret", "free words with the secret in them"] {
        let answer = officer.post("/quarantine/a/dismiss", &[seen[0], seen[1], ("ground", ground)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let done = officer.post("/quarantine/a/dismiss", &[seen[0], seen[1], ("ground", "personal")]).await;
    assert_eq!(done.header("location"), "/quarantine?done=dismissed");
    assert_eq!(bed.row(&row.id).await.status, Status::Dismissed);
    let again = officer.post("/quarantine/a/dismiss", &[seen[0], seen[1], ("ground", "personal")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text.contains("href=\"/quarantine/a\""));

    assert!(!officer.get("/quarantine").await.text.contains("/quarantine/a\""));
    assert!(officer.get("/quarantine?status=dismissed").await.text.contains("/quarantine/a\""));
    assert!(officer.get("/quarantine/a").await.text.contains("确认涉及个人信息"));
    let record = format!("{:?}", bed.desk.audit_page(None, 100).await.unwrap());
    assert!(record.contains("item.dismiss") && !record.contains(GUARDED));
}

#[tokio::test]
async fn an_internal_error_is_a_number_and_nothing_else() {
    let bed = Bed::new().await;
    let row = bed.held("a").await;
    let officer = bed.browser(Role::SecurityOfficer).await;
    let (package, _) = bed.desk.sealed(&row.id).await.unwrap().unwrap();
    bed.blobs.remove(&package).await.unwrap();
    let answer = opened(&officer, "a").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(bed.acts("a").await, ["quarantine.open"], "the opening is on record though the page failed");
    let number = answer.text.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
    assert_eq!(number.len(), 10, "{number}");
    assert!(!answer.text.contains("blob") && !answer.text.contains(&package.to_string()));
}

#[tokio::test]
async fn a_wrong_password_or_no_reason_opens_nothing() {
    let bed = Bed::new().await;
    bed.held("a").await;
    let officer = bed.browser(Role::SecurityOfficer).await;
    for (reason, password) in [("", PASSWORD), ("  ", PASSWORD), ("核对", "wrong-Passw0rd"), ("核对", "")] {
        let answer = officer.post("/quarantine/a/open", &[("reason", reason), ("password", password)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{reason:?}");
        assert!(!answer.text.contains(GUARDED));
    }
    assert!(bed.acts("a").await.is_empty(), "nothing was opened");
    let tries = bed.acts("security-officer").await;
    assert_eq!(tries.iter().filter(|act| *act == "key.wrong-password").count(), 2);
}

#[tokio::test]
async fn a_confirmed_secret_makes_a_report_without_a_word_of_it() {
    let bed = Bed::new().await;
    let row = bed.held("a").await;
    let officer = bed.browser(Role::SecurityOfficer).await;
    let (version, hash) = (row.version.to_string(), row.content_hash.to_string());
    let fields = [("version", version.as_str()), ("content", hash.as_str()), ("ground", "state-secret")];
    let done = officer.post("/quarantine/a/confirm", &fields).await;
    assert_eq!(done.header("location"), "/quarantine/incidents/BM-2025-0001");
    assert_eq!(bed.row(&row.id).await.status, Status::Dismissed);
    let report = officer.get("/quarantine/incidents/BM-2025-0001").await.text;
    assert!(!report.contains(GUARDED), "the form can be handed on");
    for word in ["BM-2025-0001", "确认涉及国家秘密", "http://daj.test/a", "机密", "单位联系人", "签字"]
    {
        assert!(report.contains(word), "{word}");
    }
    assert!(officer.get("/quarantine/incidents").await.text.contains("BM-2025-0001"));
    assert_eq!(officer.post("/quarantine/a/confirm", &fields).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_return_answers_from_a_choice_and_keeps_the_item_sealed() {
    let bed = Bed::new().await;
    let row = bed.held("a").await;
    let officer = bed.browser(Role::SecurityOfficer).await;
    let (version, hash) = (row.version.to_string(), row.content_hash.to_string());
    let seen = [("version", version.as_str()), ("content", hash.as_str())];
    let free = officer.post("/quarantine/a/return", &[seen[0], seen[1], ("answer", "free words")]).await;
    assert_eq!(free.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = officer.post("/quarantine/a/return", &[seen[0], seen[1], ("answer", "self-check")]).await;
    assert_eq!(done.header("location"), "/quarantine/a?done=returned");
    assert_eq!(bed.row(&row.id).await.status, Status::Quarantined);
    let page = officer.get("/quarantine/a").await.text;
    assert!(page.contains("转保密审查") && !page.contains(GUARDED));
}

#[tokio::test]
async fn destruction_takes_two_officers() {
    let bed = Bed::new().await;
    let row = bed.held("a").await;
    let officer = bed.browser(Role::SecurityOfficer).await;
    bed.account("second", Role::SecurityOfficer).await;
    let second = bed.browser_of("second").await;
    let ask = [("reason", "保存期满"), ("password", PASSWORD)];
    let early = officer.post("/quarantine/a/destroy", &ask).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "it is not closed");
    let (version, hash) = (row.version.to_string(), row.content_hash.to_string());
    let close = [("version", version.as_str()), ("content", hash.as_str()), ("ground", "unfit")];
    officer.post("/quarantine/a/dismiss", &close).await;
    let asked = officer.post("/quarantine/a/destroy", &ask).await;
    assert_eq!(asked.header("location"), "/quarantine/a?done=destroy-asked");
    let alone = officer.post("/quarantine/a/destroy", &ask).await;
    assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody confirms the own wish");
    assert!(bed.desk.job("withdraw", "a").await.unwrap().is_none());
    let done = second.post("/quarantine/a/destroy", &ask).await;
    assert_eq!(done.header("location"), "/quarantine/a?done=destroyed");
    let job = bed.desk.job("withdraw", "a").await.unwrap().unwrap();
    assert_eq!(job.payload["erase"], true);
}

#[tokio::test]
async fn a_new_officer_opens_after_another_gave_access() {
    let bed = Bed::new().await;
    let officer = bed.browser(Role::SecurityOfficer).await;
    bed.held("a").await;
    bed.account("second", Role::SecurityOfficer).await;
    let second = bed.browser_of("second").await;
    let refused = opened(&second, "a").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("请另一名保密员") && !refused.text.contains(GUARDED));
    assert!(officer.get("/quarantine").await.text.contains("授权此保密员"));
    let given = officer.post("/quarantine/grant", &[("to", "second"), ("password", PASSWORD)]).await;
    assert_eq!(given.header("location"), "/quarantine?done=granted");
    assert!(opened(&second, "a").await.text.contains(GUARDED));
}

#[tokio::test]
async fn a_marking_takes_no_exception_and_the_page_says_what_to_do() {
    let bed = Bed::new().await;
    let row = bed.held("a").await;
    let officer = bed.browser(Role::SecurityOfficer).await;
    let (desk, set, by) = (&bed.desk, screener().current(), |name: &str| Actor::System(name.into()));
    let number = rules::propose(desk, &set, &by("release"), "").await.unwrap();
    rules::approve(desk, number, &by("init"), &bed.keys.permit).await.unwrap();
    let page = opened(&officer, "a").await.text;
    assert!(page.contains("误报") && page.contains("/quarantine/a/false"), "the form is filled in");
    let rule = row.verdict.findings[0].rule.as_str();
    let fields = [("rule", rule), ("phrase", "机密★5年"), ("negative", "机密★5年"), ("password", PASSWORD)];
    let answer = officer.post("/quarantine/a/false", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("没有提出例外") && answer.text.contains("放行这一条"), "{}", answer.text);
    assert!(bed.acts("a").await.iter().all(|act| act != "quarantine.false"));
}

/// A unit learns that its item is in review, and the answer that was chosen; not one word, rule, level or ground more.
#[tokio::test]
async fn a_unit_learns_that_its_item_is_in_review_and_nothing_else() {
    let bed = Bed::new().await;
    let row = bed.held("a").await;
    bed.queued("open").await;
    for (id, unit) in [("ours", Some(super::unit().id)), ("unitless", None)] {
        let account = menhu::flow::people::new_account(id, "甲", Role::UnitEditor, unit).unwrap();
        bed.people.add_with_password(&Actor::System("test".into()), &account, PASSWORD).await.unwrap();
    }
    let (ours, unitless) = (bed.browser_of("ours").await, bed.browser_of("unitless").await);
    assert_eq!(ours.get("/").await.header("location"), "/mine");
    let silent = |page: &str| {
        let told = [GUARDED, "BM-0", "BM-1", "机密", "阻断", "密级", "确认涉", "href=\"/quarantine"];
        told.into_iter().find(|word| page.contains(word)).map(str::to_owned)
    };
    let page = ours.get("/mine?status=quarantined").await.text;
    assert!(page.contains("转保密审查") && page.contains("http://daj.test/a"), "{page}");
    assert_eq!(silent(&page), None, "{page}");
    assert!(ours.get("/mine").await.text.contains("关于开放日的通知"));
    assert!(!unitless.get("/mine?status=quarantined").await.text.contains("daj.test"));
    assert!(!unitless.get("/mine").await.text.contains("开放日"));

    let officer = bed.browser(Role::SecurityOfficer).await;
    let (version, hash) = (row.version.to_string(), row.content_hash.to_string());
    let seen = [("version", version.as_str()), ("content", hash.as_str())];
    officer.post("/quarantine/a/return", &[seen[0], seen[1], ("answer", "self-check")]).await;
    let page = ours.get("/mine?status=quarantined").await.text;
    assert!(page.contains("请按保密法") && silent(&page).is_none(), "{page}");
    let row = bed.row(&row.id).await;
    let (version, hash) = (row.version.to_string(), row.content_hash.to_string());
    let fields = [("version", version.as_str()), ("content", hash.as_str()), ("ground", "state-secret")];
    assert_eq!(officer.post("/quarantine/a/confirm", &fields).await.status, StatusCode::SEE_OTHER);
    let page = ours.get("/mine?status=dismissed").await.text;
    assert!(page.contains("不予发布") && silent(&page).is_none(), "{page}");
    for path in ["/queue", "/queue/a", "/quarantine", "/quarantine/a", "/audit"] {
        assert_eq!(ours.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}
