//! The sanitiser on payloads and parser tests that others wrote.

use menhu::extract::{PageInput, clean, page};
use scraper::Html;
use serde_json::Value;
use url::Url;

use super::{data, text};

/// The predicate of the set's SOURCE.md, on the parsed output.
fn is_safe(html: &str) -> bool {
    const GONE: [&str; 16] = [
        "script", "style", "iframe", "object", "embed", "base", "meta", "link", "form", "input", "svg", "math",
        "template", "noscript", "textarea", "button",
    ];
    let tree = Html::parse_fragment(html);
    tree.root_element().descendent_elements().all(|element| {
        let value = element.value();
        let attributes = value.attrs().all(|(name, value)| {
            let runs =
                name.starts_with("on") || ["srcdoc", "formaction", "background", "style", "action"].contains(&name);
            let address = !["href", "src", "cite", "data"].contains(&name) || is_safe_address(value);
            !runs && address
        });
        !GONE.contains(&value.name()) && attributes
    })
}

fn is_safe_address(address: &str) -> bool {
    let base = Url::parse("http://a.gov.cn/x/").unwrap();
    base.join(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto" | "tel"))
}

#[test]
fn payloads() {
    let Some(folder) = data("malicious-html") else { return };
    let base = Url::parse("http://www.qz.gov.cn/a/").unwrap();
    let (mut total, mut safe) = (0, 0);
    for line in std::fs::read_to_string(folder.join("payloads.jsonl")).unwrap().lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        let payload = text(&value, "payload").unwrap();
        total += 1;
        let cleaned = clean(payload, Some(&base));
        let whole = page(&PageInput {
            bytes: payload.as_bytes(),
            url: base.as_str(),
            content_type: Some("text/html"),
            pinned_charset: None,
        });
        let is_right = is_safe(&cleaned)
            && is_safe(&clean(payload, None))
            && is_safe(&whole.html)
            && clean(&cleaned, Some(&base)) == cleaned;
        safe += usize::from(is_right);
        if !is_right {
            println!("{}: {payload} -> {cleaned}", value["id"]);
        }
    }
    println!("malicious-html: {safe}/{total}");
    assert_eq!(safe, total);
}

#[test]
fn parser_cases_are_idempotent() {
    let Some(folder) = data("malicious-html/tree-construction") else { return };
    let base = Url::parse("http://www.qz.gov.cn/a/").unwrap();
    let (mut total, mut fixed) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let content = String::from_utf8_lossy(&std::fs::read(entry.unwrap().path()).unwrap()).into_owned();
        for case in content.split("#data\n").skip(1) {
            let source = case.split("\n#errors").next().unwrap();
            let cleaned = clean(source, Some(&base));
            total += 1;
            if clean(&cleaned, Some(&base)) == cleaned && is_safe(&cleaned) {
                fixed += 1
            } else {
                println!("{source:?} -> {cleaned:?} -> {:?}", clean(&cleaned, Some(&base)))
            }
            let _read = page(&PageInput {
                bytes: source.as_bytes(),
                url: base.as_str(),
                content_type: Some("text/html"),
                pinned_charset: None,
            });
        }
    }
    println!("tree-construction: {fixed}/{total}");
    assert_eq!(fixed, total);
}
