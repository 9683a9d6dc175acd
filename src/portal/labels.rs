//! The official labels of every page: `<meta>` tags by which inspection reads a government site.
//!
//! Source: 国办发〔2017〕47号《政府网站发展指引》附件. Every page carries 3, a column page 7, an article 10; here
//! each has a value that is true and not empty (defects seen in the field: "null", another city's code, 12-hour
//! times). The optional five of an article are written where they are known.

use crate::config;
use crate::model::{Column, Content, Timestamp};

/// The labels of one page: name and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels(Vec<(&'static str, String)>);

impl Labels {
    /// Those of every page.
    #[must_use]
    pub fn of_site(config: &config::Portal) -> Self {
        Self(vec![
            ("SiteName", config.site_name.clone()),
            ("SiteDomain", config.site_domain.clone()),
            ("SiteIDCode", config.site_id_code.clone()),
        ])
    }

    /// Those of a column page.
    #[must_use]
    pub fn of_column(config: &config::Portal, column: &Column) -> Self {
        let mut labels = Self::of_site(config);
        labels.0.extend([
            ("ColumnName", column.name.clone()),
            ("ColumnDescription", described(config, column)),
            ("ColumnKeywords", filled(&column.keywords, &column.name)),
            ("ColumnType", filled(&column.kind, "工作动态")),
        ]);
        labels
    }

    /// Those of an item's page. `shown` is the time that stands as 发布时间 on the page.
    #[must_use]
    pub fn of_item(config: &config::Portal, column: &Column, content: &Content, shown: Timestamp, url: &str) -> Self {
        let mut labels = Self::of_column(config, column);
        labels.0.extend([
            ("ArticleTitle", content.title.clone()),
            ("PubDate", shown.minute()),
            ("ContentSource", filled(&content.origin, &config.owner)),
            ("Keywords", keywords(column, content)),
            ("Description", description(content)),
            ("Url", url.to_owned()),
        ]);
        labels.0.extend(content.author.clone().filter(|author| !author.trim().is_empty()).map(|a| ("Author", a)));
        labels
    }

    /// In the order in which they are written.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

fn filled(value: &str, otherwise: &str) -> String {
    let value = value.trim();
    if value.is_empty() { otherwise.to_owned() } else { value.to_owned() }
}

fn described(config: &config::Portal, column: &Column) -> String {
    filled(&column.description, &format!("{}{}栏目", config.site_name, column.name))
}

fn keywords(column: &Column, content: &Content) -> String {
    [Some(column.name.as_str()), content.document_number.as_deref(), Some(content.origin.as_str())]
        .into_iter()
        .flatten()
        .filter(|word| !word.trim().is_empty())
        .collect::<Vec<_>>()
        .join(",")
}

/// The first 120 characters of the body, its lines joined.
fn description(content: &Content) -> String {
    let text: String = content.text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect();
    filled(&text, &content.title)
}
