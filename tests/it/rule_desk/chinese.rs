//! Whatever an officer does wrong is answered in Chinese: no sentence of the inside reaches a page.

use axum::http::StatusCode;
use menhu::flow::rule_edit::Edit;
use menhu::flow::rules;
use menhu::model::Action;

use super::pages::Browser;
use super::{Bed, PASSWORD, on_both, word};

on_both!(no_failing_step_is_answered_in_english);

/// What stands on a page for people, without the frame, the markup and what code says.
fn words(page: &str) -> String {
    let main = page.split("<main").nth(1).and_then(|main| main.split("</main>").next()).unwrap_or(page);
    let mut text = String::new();
    let mut rest = main;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        text.push('\n');
        let inside = &rest[at..];
        let skipped = ["<code", "<textarea"].iter().find(|tag| inside.starts_with(**tag));
        let end = match skipped {
            Some(tag) => inside.find(&format!("</{}>", &tag[1..])).map(|end| end + tag.len() + 2),
            None => inside.find('>').map(|end| end + 1),
        };
        rest = &inside[end.unwrap_or(inside.len())..];
    }
    text.push_str(rest);
    text
}

/// Three English words in a row.
fn english(text: &str) -> Option<&str> {
    text.lines().find(|line| {
        let mut run = 0;
        line.split([' ', ',', ';']).any(|part| {
            run = if part.len() > 1 && part.bytes().all(|b| b.is_ascii_lowercase()) { run + 1 } else { 0 };
            run >= 3
        })
    })
}

fn chinese(what: &str, (status, _, page): &(StatusCode, String, String)) {
    assert_eq!(*status, StatusCode::UNPROCESSABLE_ENTITY, "{what}: {page}");
    let text = words(page);
    assert_eq!(english(&text), None, "{what}: {text}");
    assert!(page.contains("role=\"alert\">"), "{what} is said aloud: {text}");
}

fn new_word<'a>(words: &'a str, variants: &'a str, dictionary: &'a str) -> [(&'a str, &'a str); 7] {
    [
        ("words", words),
        ("level", "工作秘密"),
        ("action", "阻断"),
        ("variants", variants),
        ("dictionary", dictionary),
        ("review", "2027-06-30"),
        ("source", "通知"),
    ]
}

async fn no_failing_step_is_answered_in_english(bed: Bed) {
    assert!(english("a term of nine letters").is_some() && english("规则 GZ-0001 的 id 不对").is_none());
    let (one, two) = (Browser::of(&bed, "baomi").await, Browser::of(&bed, "baomi2").await);
    // a word
    let long = "长".repeat(300);
    for (words, variants, dictionary) in [
        ("的", "2", ""),
        ("★★", "2", ""),
        (" ", "2", ""),
        ("甲乙丙", "4", ""),
        ("甲乙丙", "9", ""),
        (long.as_str(), "2", ""),
        ("甲乙丙", "2", "dictionaries/../x.csv"),
        ("机密★5年", "2", "dictionaries/新词表.csv"),
        ("拟任人选\n拟任人选\n拟任人选", "5", ""),
    ] {
        let answer = one.post("/rules/add", &new_word(words, variants, dictionary)).await;
        if answer.0 != StatusCode::SEE_OTHER {
            chinese(words, &answer);
        }
    }
    let mut undated = new_word("甲乙丙丁", "2", "");
    undated[5].1 = "明年";
    chinese("a wrong date", &one.post("/rules/add", &undated).await);
    // a list that bears a marking itself
    let mut fields = new_word("甲乙丙丁", "2", "dictionaries/带标志.csv");
    fields[6].1 = "机密★5年";
    chinese("a marked dictionary", &one.post("/rules/add", &fields).await);
    // a rule
    for fields in [
        vec![("what", "set")],
        vec![("what", "none")],
        vec![("what", "remove"), ("term", "没有的词")],
        vec![("what", "remove"), ("term", "")],
        vec![("what", "set"), ("term", "没有的词"), ("action", "提示")],
        vec![("what", "except"), ("phrase", "别的话")],
        vec![("what", "except"), ("phrase", "拟任人选")],
        vec![("what", "except"), ("phrase", "拟任人选公示")],
        vec![("what", "except"), ("phrase", "拟任人选培训"), ("negative", "常委会研究拟任人选")],
        vec![("what", "unexcept"), ("phrase", "没有的例外")],
        vec![("what", "set"), ("variants", "4")],
        vec![("what", "remove"), ("term", "拟任人选")],
    ] {
        let all: Vec<(&str, &str)> = [("rule", "GZ-0001")].into_iter().chain(fields.clone()).collect();
        let answer = one.post("/rules/change", &all).await;
        if answer.0 != StatusCode::SEE_OTHER {
            chinese(&format!("{fields:?}"), &answer);
        }
    }
    for rule in ["BM-0001", "XX-9999", "dictionary/没有"] {
        let fields = [("rule", rule), ("what", "except"), ("phrase", "机密★5年")];
        chinese(rule, &one.post("/rules/change", &fields).await);
    }
    // a proposal: wrong password, the same person, no reason, decided already, a base that was overtaken
    let number = bed.propose(&[word("麒麟工程", Action::Block)]).await;
    let other = bed.propose(&[word("玄武项目", Action::Hold)]).await;
    bed.try_all().await;
    let page = |number: i64, act: &str| format!("/rules/proposals/{number}/{act}");
    chinese("wrong password", &two.post(&page(number, "approve"), &[("password", "falsch")]).await);
    chinese("the same person", &one.post(&page(number, "approve"), &[("password", PASSWORD)]).await);
    chinese("no reason", &two.post(&page(number, "refuse"), &[("reason", " ")]).await);
    let (status, _, _) = two.post(&page(number, "approve"), &[("password", PASSWORD)]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    chinese("decided already", &two.post(&page(number, "approve"), &[("password", PASSWORD)]).await);
    chinese("overtaken", &two.post(&page(other, "approve"), &[("password", PASSWORD)]).await);
    chinese("rebased with a wrong password", &one.post(&page(other, "rebase"), &[("password", "x")]).await);
    // a trial whose base is lost says so, and one that cannot be carried out
    let (_, trial, _) = one.post("/rules/change", &[("rule", "GZ-0002"), ("what", "set"), ("action", "提示")]).await;
    chinese("a trial signed wrongly", &one.post(&trial, &[("password", "falsch")]).await);
    let remove = [("rule", "dictionary/保密员词表"), ("what", "remove"), ("term", "麒麟工程")];
    let (_, gone, _) = one.post("/rules/change", &remove).await;
    let removal = Edit::RemoveTerm { rule: "dictionary/保密员词表".into(), term: "麒麟工程".into() };
    bed.approve(bed.propose(&[removal]).await).await.unwrap();
    bed.try_all().await;
    let failed = one.get(&gone).await;
    assert!(failed.contains("role=\"alert\">"), "{failed}");
    assert_eq!(english(&words(&failed)), None, "{failed}");
}

/// A record that cannot be read is said, not shown empty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_list_of_changes_is_said() {
    let bed = Bed::sqlite().await;
    let number = bed.propose(&[word("麒麟工程", Action::Block)]).await;
    bed.approve(number).await.unwrap();
    bed.app
        .behind_the_back("desk/desk.sqlite", &format!("UPDATE rule_sets SET changes = '[{{' WHERE number = {number}"))
        .await;
    let one = Browser::of(&bed, "baomi").await;
    for path in ["/rules/history", "/rules/show?id=GZ-0001"] {
        assert!(one.get(path).await.contains("改动清单已损坏"), "{path}");
    }
    assert!(rules::in_force(bed.desk(), &bed.app.base.verifier).await.is_ok(), "the list is not what is signed");
}
