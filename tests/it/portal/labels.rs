//! The labels of 国办发〔2017〕47号 and the footer: present on every kind of page, and with true values.

use scraper::{Html, Selector};

use super::{TestSite, content};

fn labels(html: &str) -> Vec<(String, String)> {
    let page = Html::parse_document(html);
    let metas = Selector::parse("meta[name]").unwrap();
    page.select(&metas)
        .map(|meta| (meta.attr("name").unwrap().to_owned(), meta.attr("content").unwrap_or_default().to_owned()))
        .filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_uppercase()))
        .collect()
}

fn value<'a>(labels: &'a [(String, String)], name: &str) -> &'a str {
    let mut values = labels.iter().filter(|(label, _)| label == name);
    let value = values.next().map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("no label {name}"));
    assert!(values.next().is_none(), "{name} twice");
    assert!(!value.trim().is_empty() && value != "null", "{name} is empty");
    value
}

#[tokio::test]
async fn every_page_says_whose_it_is() {
    let site = TestSite::new().await;
    site.publish("a", &content("甲")).await;
    for path in ["/", "/columns/zwdt", "/items/a", "/search", "/search?q=甲", "/search?q=zzzz", "/links", "/map", "/no"]
    {
        let labels = labels(&site.get(path).await.body);
        assert_eq!(value(&labels, "SiteName"), "“中国衢州”政府门户网站", "{path}");
        assert_eq!(value(&labels, "SiteDomain"), "www.example.gov.cn", "{path}");
        assert_eq!(value(&labels, "SiteIDCode"), "3308000001", "{path}");
    }
}

#[tokio::test]
async fn a_column_has_seven_and_an_item_ten() {
    let site = TestSite::new().await;
    let mut one = content("关于<i>甲</i>\"的\"通知");
    one.origin = String::new();
    site.publish("a", &one).await;
    let column = labels(&site.ok("/columns/zwdt").await.body);
    assert_eq!(column.len(), 7);
    assert_eq!(value(&column, "ColumnName"), "政务动态");
    assert_eq!(value(&column, "ColumnDescription"), "政务动态的说明");
    assert_eq!(value(&column, "ColumnKeywords"), "政务动态,政务");
    assert_eq!(value(&column, "ColumnType"), "工作动态");
    let item = labels(&site.ok("/items/a").await.body);
    assert!(item.len() >= 10, "{item:?}");
    assert_eq!(value(&item, "ArticleTitle"), "关于<i>甲</i>\"的\"通知");
    assert_eq!(value(&item, "PubDate"), "2024-05-06 08:05");
    assert_eq!(value(&item, "ContentSource"), "市人民政府", "an item without a source stands under the host's name");
    assert_eq!(value(&item, "Url"), "https://www.example.gov.cn/items/a");
    for (name, _) in &item {
        value(&item, name);
    }
}

#[tokio::test]
async fn an_item_without_a_date_is_dated_by_its_permit() {
    let site = TestSite::new().await;
    let mut one = content("甲");
    one.published = None;
    site.publish("a", &one).await;
    let page = site.ok("/items/a").await.body;
    assert_eq!(value(&labels(&page), "PubDate"), "2026-11-25 09:30");
    assert!(page.contains("<dd>2026-11-25 09:30</dd>"), "what the label says stands on the page");
    one.published = Some("2008-01-29".parse().unwrap());
    site.publish("b", &one).await;
    let page = site.ok("/items/b").await.body;
    assert_eq!(value(&labels(&page), "PubDate"), "2008-01-29 00:00");
    assert!(page.contains("<dd>2008-01-29</dd>"), "no time of day is made up on the page");
}

#[tokio::test]
async fn the_footer_leads_where_it_must_and_nothing_is_asked_of_others() {
    let site = TestSite::new().await;
    site.publish("a", &content("甲")).await;
    for path in ["/", "/items/a", "/search?q=甲", "/no-such-page"] {
        let page = site.get(path).await.body;
        for part in [
            "主办单位",
            "承办单位",
            "联系方式",
            "网站标识码",
            "3308000001",
            "浙ICP备00000001号",
            "https://beian.miit.gov.cn/",
            "https://beian.mps.gov.cn/",
            "我为政府网站找错",
            "href=\"/map\"",
        ] {
            assert!(page.contains(part), "{path} has no {part}");
        }
        assert!(!page.contains("适老化标识"), "a mark that nobody gave is not shown");
        let html = Html::parse_document(&page);
        let loaded = Selector::parse("script, iframe, object, embed, [src], link[rel=stylesheet]").unwrap();
        for element in html.select(&loaded) {
            let address = element.attr("src").or_else(|| element.attr("href")).unwrap_or_default();
            assert!(address.starts_with('/') && !address.starts_with("//"), "{path} loads {:?}", element.html());
        }
    }
}
