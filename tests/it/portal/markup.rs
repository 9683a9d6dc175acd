//! Every template with odd data is valid, ordered, labelled HTML: what a validator and a screen reader would ask.

use std::collections::HashSet;

use scraper::{ElementRef, Html, Selector};

use super::{TestSite, content};

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

/// What is wrong with a page.
fn faults(html: &str) -> Vec<String> {
    let page = Html::parse_document(html);
    let mut faults: Vec<String> = page.errors.iter().map(ToString::to_string).collect();
    let mut ids = HashSet::new();
    for element in all(&page, "[id]") {
        let id = element.attr("id").unwrap();
        if !ids.insert(id.to_owned()) || id.is_empty() || id.contains(char::is_whitespace) {
            faults.push(format!("id {id:?} is twice, empty or spaced"));
        }
    }
    for (selector, attribute) in
        [("[for]", "for"), ("[aria-labelledby]", "aria-labelledby"), ("[aria-describedby]", "aria-describedby")]
    {
        let names = all(&page, selector).into_iter().map(|element| element.attr(attribute).unwrap());
        faults
            .extend(names.filter(|name| !ids.contains(*name)).map(|name| format!("{attribute}={name} leads nowhere")));
    }
    let mut level = 0;
    for heading in all(&page, "h1, h2, h3, h4, h5, h6") {
        let next = heading.value().name()[1..].parse::<u32>().unwrap();
        if next > level + 1 || (level == 0 && next != 1) {
            faults.push(format!("heading {level} is followed by {next}"));
        }
        if heading.text().collect::<String>().trim().is_empty() {
            faults.push("an empty heading".to_owned());
        }
        level = next;
    }
    for (selector, count) in [("h1", 1), ("main", 1), ("title", 1), ("header", 1), ("footer", 1), ("html[lang]", 1)] {
        if all(&page, selector).len() != count {
            faults.push(format!("{} {selector}", all(&page, selector).len()));
        }
    }
    for link in all(&page, "a, button") {
        if link.text().collect::<String>().trim().is_empty() && link.attr("aria-label").is_none() {
            faults.push(format!("no words in {}", link.html()));
        }
    }
    for field in all(&page, "input:not([type=hidden])") {
        let id = field.attr("id").unwrap_or_default();
        if all(&page, &format!("label[for=\"{id}\"]")).len() != 1 {
            faults.push(format!("no label for {}", field.html()));
        }
    }
    faults.extend(all(&page, "img:not([alt]), [style], script, [onclick]").iter().map(|element| element.html()));
    for nav in all(&page, "nav, section") {
        if nav.attr("aria-label").is_none() && nav.attr("aria-labelledby").is_none() {
            faults.push("a region without a name".to_owned());
        }
    }
    faults
}

#[tokio::test]
async fn odd_items_make_sound_pages() {
    let site = TestSite::new().await;
    let mut long = content(&"关于进一步加强和改进全市各级各部门政府门户网站内容保障工作的若干意见".repeat(8));
    long.html = "<h1>一</h1><h4>二</h4><p><img src=\"http://a.cn/x.png\"><a href=\"http://a.cn/\"></a></p>\
                 <table><tbody><tr><td>格</td></tr></tbody></table><p>未完"
        .into();
    site.publish("long", &long).await;
    let mut bare = content(" ");
    (bare.html, bare.text, bare.origin, bare.source_url) = Default::default();
    (bare.published, bare.written) = (None, None);
    site.publish("bare", &bare).await;
    let mut full = content("<b>\"引号\" & '单' </title><script>alert(1)</script>");
    full.author = Some("作者<i>".into());
    full.document_number = Some("衢政办发〔2008〕12号".into());
    full.index_number = Some("330800-01".into());
    for name in ["一.pdf", "没有后缀", "长".repeat(60).as_str(), "a<b>.DOCX"] {
        full.attachments.push(site.file(name, "application/octet-stream", &vec![0; name.len() * 7_000]).await);
    }
    site.publish("full", &full).await;
    for number in 0..50 {
        site.publish(&format!("n{number}"), &content(&format!("第{number}条信息"))).await;
    }
    for path in [
        "/",
        "/columns/zwdt",
        "/columns/zwdt?page=2",
        "/columns/zcwj",
        "/items/long",
        "/items/bare",
        "/items/full",
        "/items/n7",
        "/search",
        "/search?q=%E4%BF%A1%E6%81%AF",
        "/search?q=%E4%BF%A1%E6%81%AF&page=3&sort=date",
        "/search?q=zzzz&column=zcwj&year=2024",
        "/search?q=&column=zwdt&from=x",
        "/links",
        "/map",
        "/no-such-page",
        "/search?q=%22%3E%3Cb%3E",
        "/?v=large",
        "/items/full?lang=en&v=contrast",
    ] {
        let answer = site.get(path).await;
        assert!(answer.status == 200 || path == "/no-such-page", "{path}: {}", answer.status);
        assert_eq!(faults(&answer.body), Vec::<String>::new(), "{path}\n{}", answer.body);
        assert!(!answer.body.contains("{{") && !answer.body.contains("<script"), "{path}");
        assert!(answer.bytes.len() <= 60_000, "{path}: {} bytes", answer.bytes.len());
    }
}

#[tokio::test]
async fn the_same_faults_are_seen_where_they_are() {
    assert!(faults("<!doctype html><html lang=a><title>x</title><body><h1>a</h1><h3>b</h3></body>").len() >= 3);
}
