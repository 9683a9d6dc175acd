//! Registered documents at the rule desk: told by name and number, never by hash; what is taken from one leaves the site.

use axum::http::StatusCode;
use menhu::flow::rules::{self, Proposal};
use menhu::screen::{Registered, Registrar, RuleSet};

use super::pages::Browser;
use super::{Bed, PASSWORD, on_both};

on_both!(a_registered_document_leaves_the_site);

/// A text that says nothing, of which every eight letters are others than all eight before.
fn document(first: char) -> String {
    (first..).take(600).collect()
}

fn registered(documents: &[String]) -> Registered {
    let mut registrar = Registrar::begin("2026年第7号登记件", "2026-11-25".into(), None).unwrap();
    for text in documents {
        registrar.add([text.as_str()]).unwrap();
    }
    registrar.finish()
}

async fn a_registered_document_leaves_the_site(bed: Bed) {
    let secret = document('\u{5000}');
    let part: String = secret.chars().skip(100).take(150).collect();
    let hit = bed.published("hit", "通知", &format!("各单位：\n{part}\n特此通知。")).await;
    let other = bed.published("other", "通知", &document('\u{7000}')).await;
    let registered = registered(&[secret, document('\u{6000}')]);
    let (one, two) = (Browser::of(&bed, "baomi").await, Browser::of(&bed, "baomi2").await);

    // put beside the rules as a file, and proposed
    let base = rules::in_force(bed.desk(), &bed.app.base.verifier).await.unwrap();
    let mut bundle = base.bundle().clone();
    bundle.files.insert("dictionaries/登记.fingerprints".into(), registered.text());
    let set = RuleSet::from_bundle(&bundle).unwrap();
    let proposal = Proposal { set: &set, base: base.id(), edits: None, note: "登记两件" };
    let officer = bed.officer("baomi").await;
    let number = rules::propose_signed(bed.desk(), &bed.app.base.verifier, &officer, proposal).await.unwrap();
    bed.try_all().await;
    let page = two.get(&format!("/rules/proposals/{number}")).await;
    let prints = registered.prints();
    let said = format!("登记文件“2026年第7号登记件”2 件，指纹 {prints} 枚");
    assert!(page.contains(&said) || page.contains(&said.replace(['“', '”'], "&#34;")), "{page}");
    assert!(page.contains("会从网站撤下") && page.contains(part.chars().nth(20).unwrap()), "{page}");

    bed.approve(number).await.unwrap();
    bed.app.drain().await;
    assert!(!bed.on_site(&hit).await && bed.on_site(&other).await);

    let path = "/rules/show?id=fingerprints%2F%E7%99%BB%E8%AE%B0";
    let page = one.get(path).await;
    for part in ["2026年第7号登记件", &format!("2 件，指纹 {prints} 枚"), "2000 字之内", "不设例外", "2026-11-25 登记"]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    let text = registered.text();
    for line in text.lines().filter(|line| line.len() > 60) {
        assert!(!page.contains(line.split(' ').next_back().unwrap()), "a fingerprint on the page");
    }
    for (what, more, said) in [
        ("except", ("phrase", "别的话"), "识别登记文件，不设例外"),
        ("set", ("action", "提示"), "指纹文件没有自己的规则"),
    ] {
        let (status, _, page) = one
            .post("/rules/change", &[("rule", "fingerprints/登记"), ("what", what), more, ("password", PASSWORD)])
            .await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
        assert!(page.contains(said), "{said} in {page}");
    }
}
