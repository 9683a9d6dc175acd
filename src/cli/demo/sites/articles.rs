//! The articles of one sub-site: its texts and its plants on one shelf, in the order of its lists.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::civil::Date;

use super::families;
use super::planted::{self, File, Plant, Wire};
use super::roster::{SUB_SITES, SiteColumn, SubSite};
use super::texts::Text;

/// What an article says.
#[derive(Clone)]
pub(super) enum Body {
    /// A paragraph each.
    Paragraphs(Vec<String>),
    /// Markup as it goes into the page.
    Markup(&'static str),
}

/// One page of a sub-site.
pub(super) struct Article {
    /// Its column there.
    pub column: &'static SiteColumn,
    /// Its number in addresses.
    pub number: u32,
    /// Title.
    pub title: String,
    /// The day of its publication there.
    pub date: Date,
    /// 来源 as the page says.
    pub issuer: String,
    /// 文号.
    pub document_number: Option<String>,
    /// 索引号.
    pub index_number: Option<String>,
    /// 成文日期.
    pub written: Option<Date>,
    /// What it says.
    pub body: Body,
    /// Its attachments.
    pub files: &'static [File],
    /// What its bytes are like.
    pub wire: Wire,
    /// Path and query of its address.
    pub path: String,
    /// Whether the second round finds it gone.
    pub leaves: bool,
}

impl Article {
    /// Hour and minute of its publication, made from its number: pages show them, the texts do not have them.
    pub(super) fn clock(&self) -> (u32, u32) {
        (8 + self.number % 9, self.number * 7 % 60)
    }
}

/// All articles of one sub-site, newest first.
pub(super) struct Shelf {
    /// The site.
    pub site: &'static SubSite,
    /// `http://HOST:PORT`.
    pub base: String,
    /// Its articles.
    pub articles: Vec<Article>,
    by_path: HashMap<String, usize>,
    withdrawn: AtomicBool,
}

impl Shelf {
    /// The articles of `column` that its lists show now.
    pub(super) fn listed(&self, column: &SiteColumn) -> Vec<&Article> {
        self.articles.iter().filter(|article| article.column == column && self.stands(article)).collect()
    }

    /// Every article that lists show now.
    pub(super) fn all(&self) -> Vec<&Article> {
        self.articles.iter().filter(|article| self.stands(article)).collect()
    }

    /// The article at `path`, unless it was withdrawn.
    pub(super) fn at(&self, path: &str) -> Option<&Article> {
        self.by_path.get(path).map(|place| &self.articles[*place]).filter(|article| self.stands(article))
    }

    /// The attachment at `path`.
    pub(super) fn file(&self, path: &str) -> Option<&'static File> {
        self.articles.iter().flat_map(|article| article.files).find(|file| file.path == path)
    }

    /// The article with `number`, withdrawn or not.
    pub(super) fn numbered(&self, number: u32) -> Option<&Article> {
        self.articles.iter().find(|article| article.number == number)
    }

    /// The column with `key`.
    pub(super) fn column(&self, key: &str) -> Option<&'static SiteColumn> {
        self.site.columns.iter().find(|column| column.key == key)
    }

    /// From now on the page that leaves is gone.
    pub(super) fn withdraw(&self) {
        self.withdrawn.store(true, Ordering::SeqCst);
    }

    /// Whether a page was withdrawn from this site.
    pub(super) fn withdrew(&self) -> bool {
        self.withdrawn.load(Ordering::SeqCst) && self.articles.iter().any(|article| article.leaves)
    }

    fn stands(&self, article: &Article) -> bool {
        !(article.leaves && self.withdrawn.load(Ordering::SeqCst))
    }
}

/// Puts every text and plant on its shelf. `ports` is keyed by the site.
pub(super) fn shelves(texts: Vec<Text>, host: Ipv4Addr, ports: &BTreeMap<String, u16>) -> anyhow::Result<Vec<Shelf>> {
    let copies: Vec<Text> = planted::COPIES.iter().map(|copy| copy.of(&texts)).collect::<anyhow::Result<_>>()?;
    let mut articles: HashMap<&'static str, Vec<Article>> = HashMap::new();
    for text in texts.into_iter().chain(copies) {
        let (site, column) = place(&text.site, &text.column)?;
        articles.entry(site.key).or_default().push(of_text(site, column, text));
    }
    for plant in planted::PLANTS {
        let (site, column) = place(plant.site, plant.column)?;
        articles.entry(site.key).or_default().push(of_plant(site, column, plant));
    }
    let shelf = |site: &'static SubSite| {
        let mut articles = articles.remove(site.key).unwrap_or_default();
        articles.sort_by_key(|article| std::cmp::Reverse((article.date, article.number)));
        let by_path = articles.iter().enumerate().map(|(place, article)| (article.path.clone(), place)).collect();
        let port = ports.get(site.key).copied().unwrap_or(0);
        let base = format!("http://{host}:{port}");
        Shelf { site, base, articles, by_path, withdrawn: AtomicBool::new(false) }
    };
    Ok(SUB_SITES.iter().map(shelf).collect())
}

fn place(site: &str, column: &str) -> anyhow::Result<(&'static SubSite, &'static SiteColumn)> {
    SUB_SITES
        .iter()
        .find(|known| known.key == site)
        .and_then(|site| site.columns.iter().find(|known| known.key == column).map(|column| (site, column)))
        .ok_or_else(|| anyhow::anyhow!("a bundled text is for {site} {column}, which the roster does not have"))
}

fn of_text(site: &SubSite, column: &'static SiteColumn, text: Text) -> Article {
    Article {
        path: families::article_path(site.family, column, text.number, text.date),
        column,
        number: text.number,
        leaves: planted::leaves(site.key, text.number),
        title: text.title,
        date: text.date,
        issuer: text.issuer,
        document_number: text.document_number,
        index_number: text.index_number,
        written: text.written,
        body: Body::Paragraphs(text.paragraphs),
        files: &[],
        wire: Wire::AsTheSite,
    }
}

fn of_plant(site: &SubSite, column: &'static SiteColumn, plant: &'static Plant) -> Article {
    let (year, month, day) = plant.date;
    let date = jiff::civil::date(year, month, day);
    Article {
        path: families::article_path(site.family, column, plant.number, date),
        column,
        number: plant.number,
        leaves: planted::leaves(site.key, plant.number),
        title: plant.title.to_owned(),
        date,
        issuer: site.name.to_owned(),
        document_number: None,
        index_number: None,
        written: None,
        body: Body::Markup(plant.body),
        files: plant.files,
        wire: plant.wire,
    }
}
