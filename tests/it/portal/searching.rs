//! The search page: finds, filters with true counts, marks, helps, and bears anything that is typed.

use super::{TestSite, content};

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn site() -> TestSite {
    let site = TestSite::new().await;
    let mut notice = content("关于加强市政府门户网站内容保障工作的通知");
    notice.document_number = Some("衢政办发〔2008〕12号".into());
    notice.published = Some("2008-01-29".parse().unwrap());
    notice.column = "zcwj".parse().unwrap();
    notice.text =
        "各县（市、区）人民政府：为进一步丰富门户网站内容，提高信息的权威性，现就内容保障工作通知如下。".into();
    site.publish("notice", &notice).await;
    let mut other = content("门户网站改版上线");
    other.published = Some("2024-03-01".parse().unwrap());
    site.publish("other", &other).await;
    site
}

#[tokio::test]
async fn finds_marks_and_keeps_what_was_asked() {
    let site = site().await;
    let page = site.ok(&format!("/search?q={}", encoded("门户网站"))).await.body;
    assert!(page.contains("找到 2 条信息") && page.contains("<mark>门户网站</mark>"));
    assert!(page.contains("value=\"门户网站\""), "the query stays in the box");
    assert!(page.contains("<title>“门户网站”的搜索结果_"));
    assert!(page.contains("name=\"robots\" content=\"noindex\""));
    let number = site.ok(&format!("/search?q={}", encoded("[2008]12号"))).await.body;
    let hit = number.find("<ol class=\"list\">").map(|at| &number[at..]).unwrap();
    assert!(hit.find("/items/notice").is_some());
}

#[tokio::test]
async fn filters_have_true_counts_and_can_be_taken_away() {
    let site = site().await;
    let all = format!("/search?q={}", encoded("门户网站"));
    let page = site.ok(&all).await.body;
    for (name, count) in [("政策文件", 1), ("政务动态", 1), ("市档案局", 2), ("2008", 1), ("2024", 1)] {
        assert!(page.contains(&format!("{name} <span class=\"number\">{count}</span>")), "{name} {count}");
    }
    let filtered = site.ok(&format!("{all}&column=zcwj&from=2007.1.1&to=2009年1月1日&sort=date")).await.body;
    assert!(
        filtered.contains("找到 1 条信息") && filtered.contains("/items/notice") && !filtered.contains("/items/other")
    );
    assert!(filtered.contains("栏目：政策文件") && filtered.contains("aria-label=\"去掉条件：栏目：政策文件\""));
    assert!(filtered.contains("<input type=\"hidden\" name=\"column\" value=\"zcwj\">"));
    assert!(filtered.contains("name=\"from\" value=\"2007-01-01\""));
    let by_type = site.ok(&format!("{all}&type={}", encoded("政策文件"))).await.body;
    assert!(by_type.contains("找到 1 条信息") && by_type.contains("栏目：政策文件"));
    let filter_only = site.ok("/search?q=&column=zwdt").await.body;
    assert!(filter_only.contains("找到 1 条信息") && filter_only.contains("/items/other"));
}

#[tokio::test]
async fn nothing_found_leads_to_something() {
    let site = site().await;
    let page = site.ok(&format!("/search?q={}&year=2019", encoded("门户网站"))).await.body;
    assert!(page.contains("没有找到相符的信息") && page.contains("去掉“年份：2019”后有 2 条"));
    assert!(page.contains("12345"));
    let page = site.ok(&format!("/search?q={}", encoded("\"门户网站zzz\" 改版"))).await.body;
    assert!(page.contains("没有找到相符的信息") || page.contains("/items/other"));
    let empty = site.ok("/search").await.body;
    assert!(empty.contains("请输入要查找的内容") && !empty.contains("没有找到"));
}

#[tokio::test]
async fn what_was_not_understood_is_said() {
    let site = site().await;
    let page = site.ok(&format!("/search?q={}&from={}", encoded("网站"), encoded("昨天<b>"))).await.body;
    assert!(page.contains("没有读懂日期“昨天&#60;b&#62;”"), "{page}");
    let long = site.ok(&format!("/search?q={}", encoded(&"网站".repeat(200)))).await.body;
    assert!(long.contains("只取了前 100 个字"));
}

#[tokio::test]
async fn anything_may_be_typed() {
    let site = site().await;
    let hostile = [
        "(".repeat(3_000),
        "NOT ".repeat(2_000),
        "\"".repeat(1_000),
        "<script>alert(1)</script>".into(),
        "\" onfocus=\"alert(1)".into(),
        "' OR 1=1 --".into(),
        "\u{202e}\u{0}\u{feff}\u{200b}".into(),
        "%00%0d%0aSet-Cookie: a=b".into(),
        ".*[a-z]{1000}\\".into(),
        "title:* AND -".into(),
        "😀👨‍👩‍👧 门户".into(),
        "字".repeat(5_000),
        "- - - -门户".into(),
    ];
    for text in hostile {
        for base in ["/search?q=", "/api/v1/search?q=", "/api/v1/suggest?q="] {
            let path = format!("{base}{}&column={}&sort=%00&year=99999", encoded(&text), "%3Cscript%3E");
            let answer = site.get(&path).await;
            assert_eq!(answer.status, 200, "{text:.40}");
            let html = answer.header("content-type").starts_with("text/html");
            if html {
                assert!(!answer.body.contains("<script") && !answer.body.contains(" onfocus=\"alert"), "{text:.40}");
            }
            assert!(answer.headers.get("set-cookie").is_none());
        }
    }
}

#[tokio::test]
async fn programs_find_the_same() {
    let site = site().await;
    let answer = site.ok(&format!("/api/v1/search?q={}", encoded("门户网站内容"))).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let json = answer.json();
    assert!(json["took_us"].as_u64().is_some());
    let hit = &json["hits"][0];
    assert_eq!(hit["id"], "notice");
    assert_eq!(hit["source"], "市档案局");
    assert_eq!(hit["published"], "2008-01-29");
    assert_eq!(hit["column"]["name"], "政策文件");
    let snippet = hit["snippet"].as_str().unwrap();
    let mark = &hit["marks"][0];
    let (from, to) = (mark[0].as_u64().unwrap() as usize, mark[1].as_u64().unwrap() as usize);
    assert!("门户网站内容".contains(&snippet[from..to]));
    assert_eq!(json["facets"]["column"][0]["count"], 1);
}
