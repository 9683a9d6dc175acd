//! 放行: one content passes because two officers read it and signed for it; nothing else does.

use axum::http::StatusCode;
use menhu::app;
use menhu::flow::FlowError;
use menhu::flow::officer_key;
use menhu::flow::quarantine::open;
use menhu::flow::quarantine::release::{self, Grounds};
use menhu::flow::review::{Seen, approve};
use menhu::flow::rule_edit::Edit;
use menhu::flow::rules;
use menhu::model::{Action, Draft, ItemId, Outcome, Segment, Status, Unreadable};
use menhu::screen::{RuleSet, Screened};
use menhu::store::ItemRow;

use super::pages::Browser;
use super::{Bed, PASSWORD, content, on_both, word};
use crate::testapp::person;

on_both!(two_officers_release_one_content, what_was_not_looked_at_is_not_released, the_pages_of_a_release);

const TITLE: &str = "公文格式讲解";
const TEXT: &str = "版头左上角标注“机密★5年”，字体用黑体。";

impl Bed {
    async fn open(&self, officer: &str, id: &ItemId) {
        let (base, key) = (&self.app.base, self.officer(officer).await);
        open::open(self.desk(), &base.blobs, &person(officer), &key, id, "核对").await.unwrap();
    }

    async fn ask(&self, officer: &str, id: &ItemId, not_secret: bool) -> Result<i64, FlowError> {
        let (base, key) = (&self.app.base, self.officer(officer).await);
        rules::refresh(self.desk(), &base.verifier, &base.screener).await?;
        let grounds = Grounds { basis: "讲解公文格式的文章", not_secret };
        release::ask(&base.sealer(), &base.screener, &key, id, grounds).await
    }

    async fn agree(&self, officer: &str, number: i64) -> Result<(), FlowError> {
        let (keys, key) = (app::desk_keys(&self.app.config).unwrap(), self.officer(officer).await);
        rules::approve_signed(self.desk(), &keys, &key, number, false).await?;
        let base = &self.app.base;
        rules::refresh(self.desk(), &base.verifier, &base.screener).await?;
        release::carry_out(&base.sealer(), &base.screener, &key, number).await?;
        Ok(())
    }

    async fn held(&self, id: &str, text: &str) -> ItemRow {
        let row = self.queued(id, TITLE, text).await;
        assert_eq!(row.status, Status::Quarantined);
        row
    }

    fn passes(&self, title: &str, text: &str, segments: Vec<Segment>) -> bool {
        let draft = Draft { content: content(title, text), source: None, segments, unreadable: Vec::new() };
        matches!(self.app.base.screener.screen(draft), Screened::Cleared(_))
    }
}

fn why<T: std::fmt::Debug>(result: Result<T, FlowError>) -> String {
    result.unwrap_err().to_string()
}

async fn two_officers_release_one_content(bed: Bed) {
    let row = bed.held("a", TEXT).await;
    assert!(why(bed.ask("baomi", &row.id, true).await).contains("open item a first"));
    bed.open("baomi", &row.id).await;
    assert!(why(bed.ask("baomi", &row.id, false).await).contains("no state secret"));
    let number = bed.ask("baomi", &row.id, true).await.unwrap();
    let proposal = bed.desk().rule_set(number).await.unwrap().unwrap();
    let changes = rules::changes_of(bed.desk(), &proposal).await.unwrap();
    assert!(changes.iter().all(|change| change.weaker && change.words.contains("放行一条信息：a")), "{changes:?}");
    assert!(!proposal.bundle.contains("版头左上角"), "not a word of it stands in the rules");

    assert!(why(bed.agree("baomi", number).await).contains("same person"));
    assert!(why(bed.agree("baomi2", number).await).contains("open item a first"));
    assert!(!bed.passes(TITLE, TEXT, vec![]));
    bed.open("baomi2", &row.id).await;
    bed.agree("baomi2", number).await.unwrap();
    let queued = bed.row(&row.id).await;
    assert_eq!((queued.status, queued.outcome, queued.content_hash), (Status::Queued, Outcome::Pass, row.content_hash));
    assert_eq!(Some(queued.rule_set), bed.desk().rules_id_in_force().await.unwrap());
    let note = &queued.verdict.findings[0];
    assert_eq!(note.action, Action::Note);
    assert!(note.why.contains("已由两名保密员放行") && note.text.contains("机密"), "it stays visible: {note:?}");

    // both signatures hold for exactly this release, and are in the audit
    let set = RuleSet::from_bundle(&serde_json::from_str(&proposal.bundle).unwrap()).unwrap();
    let text = release::signed_text(&set.releases()[0], &proposal.id);
    for (officer, action) in [("baomi", "quarantine.release-ask"), ("baomi2", "quarantine.release")] {
        let history = bed.desk().audit_of("a").await.unwrap();
        let step = history.iter().find(|step| step.action == action).unwrap();
        let detail: serde_json::Value = serde_json::from_str(&step.detail).unwrap();
        let key = officer_key::record_of(bed.desk(), &person(officer)).await.unwrap().unwrap();
        let signature = detail["signature"].as_str().unwrap();
        assert!(officer_key::verify(&key, release::DOMAIN, &text, signature), "{officer}");
        assert!(!officer_key::verify(&key, release::DOMAIN, &text.replace("item a", "item b"), signature));
    }

    // the page at the exit passes too; any edit is judged anew; taken back, it leaves
    let seen = Seen { version: queued.version, content: queued.content_hash };
    approve(bed.desk(), &person("shenhe"), &row.id, seen, "").await.unwrap();
    bed.app.drain().await;
    assert!(bed.on_site(&row.id).await, "{:?}", bed.row(&row.id).await.verdict);
    assert!(bed.passes(TITLE, TEXT, vec![]));
    assert!(!bed.passes(TITLE, &format!("{TEXT} "), vec![]) && !bed.passes("讲解", TEXT, vec![]));
    // a change of other rules screens it again from its kept text, and it stays
    bed.approve(bed.propose(&[word("玄武项目", Action::Hold)]).await).await.unwrap();
    bed.app.drain().await;
    assert!(bed.on_site(&row.id).await, "{:?}", bed.row(&row.id).await.verdict);
    assert_eq!(Some(bed.row(&row.id).await.rule_set), bed.desk().rules_id_in_force().await.unwrap());
    bed.approve(bed.propose(&[Edit::TakeBack { item: row.id.clone() }]).await).await.unwrap();
    bed.app.drain().await;
    assert!(!bed.on_site(&row.id).await);
    assert_eq!(bed.row(&row.id).await.status, Status::Quarantined);
}

async fn what_was_not_looked_at_is_not_released(bed: Bed) {
    let row = bed.held("a", TEXT).await;
    for officer in ["baomi", "baomi2"] {
        bed.open(officer, &row.id).await;
    }
    let number = bed.ask("baomi", &row.id, true).await.unwrap();
    bed.agree("baomi2", number).await.unwrap();
    // The page that it came from is not part of the content: a marking there was not looked at.
    let hidden = Segment::new(menhu::model::Field::Comment, "", "绝密★长期");
    assert!(!bed.passes(TITLE, TEXT, vec![hidden]));
    let known = Segment::new(menhu::model::Field::Comment, "", "机密★5年");
    assert!(bed.passes(TITLE, TEXT, vec![known]), "the same words of the same rule were looked at");
    let content = content(TITLE, TEXT);
    let unread = vec![Unreadable { place: "扫描件.pdf".into(), reason: "no text layer".into() }];
    let draft = Draft { content, source: None, segments: vec![], unreadable: unread };
    assert!(matches!(bed.app.base.screener.screen(draft), Screened::Held(_)), "nobody read that part");
    // Another rule that hits the same content holds it.
    bed.approve(bed.propose(&[word("版头左上角", Action::Hold)]).await).await.unwrap();
    bed.app.drain().await;
    let row = bed.row(&row.id).await;
    assert_eq!(row.status, Status::Quarantined);
    let actions: Vec<Action> = row.verdict.findings.iter().map(|finding| finding.action).collect();
    assert!(actions.contains(&Action::Note) && actions.contains(&Action::Hold), "{actions:?}");
}

async fn the_pages_of_a_release(bed: Bed) {
    let row = bed.held("a", TEXT).await;
    let (one, two) = (Browser::of(&bed, "baomi").await, Browser::of(&bed, "baomi2").await);
    let open = [("reason", "核对"), ("password", PASSWORD)];
    let form =
        |not_secret, password| [("basis", "讲解公文格式的文章"), ("not_secret", not_secret), ("password", password)];
    let wrong = [
        ("请先打开这条信息", form("yes", PASSWORD)),
        ("须勾选", form("", PASSWORD)),
        ("口令不正确", form("yes", "falsch")),
    ];
    for (index, (words, fields)) in wrong.into_iter().enumerate() {
        let (status, _, page) = one.post("/quarantine/a/release", &fields).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("没有申请放行") && page.contains(words), "{words}: {page}");
        if index == 0 {
            let (_, _, opened) = one.post("/quarantine/a/open", &open).await;
            assert!(opened.contains("放行这一条") && opened.contains("经核实不属于国家秘密"), "{opened}");
        }
    }
    let (status, place, page) = one.post("/quarantine/a/release", &form("yes", PASSWORD)).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    let place = place.split('?').next().unwrap().to_owned();
    bed.try_all().await;
    let page = two.get(&place).await;
    for part in ["放行一条信息：a", "经核实不属于国家秘密", "放宽", "请先打开核对", "href=\"/quarantine/a\""]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    let approve = format!("{place}/approve");
    let (status, _, page) = two.post(&approve, &[("password", PASSWORD)]).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains("请先打开这条信息"), "{page}");
    let link = format!("href=\"{place}\"");
    assert!(two.get("/quarantine/a").await.contains(&link));
    let (_, _, opened) = two.post("/quarantine/a/open", &open).await;
    assert!(opened.contains(&link), "the way back to what is to be signed");
    assert!(two.get(&place).await.contains("您已打开核对"));
    let (status, to, page) = two.post(&approve, &[("password", PASSWORD)]).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    assert!(two.get(&to).await.contains("已不在隔离区"));
    assert_eq!(bed.row(&row.id).await.status, Status::Queued);

    // the rule's page shows it, and takes it back
    let rule = row.verdict.findings[0].rule.clone();
    let page = two.get(&format!("/rules/show?id={rule}")).await;
    assert!(page.contains("逐条放行的信息") && page.contains("讲解公文格式的文章"), "{page}");
    let (status, trial, page) =
        two.post("/rules/change", &[("rule", rule.as_str()), ("what", "take-back"), ("term", "a")]).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    bed.try_all().await;
    assert!(two.get(&trial).await.contains("收回放行：a"));
    assert!(one.get("/rules/history").await.contains("放行一条信息：a"));
}
