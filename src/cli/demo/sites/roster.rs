//! The roster: which sub-sites the demo runs, what they are built with, how their servers behave, and the units,
//! columns and links of the portal that they feed.
//!
//! The city and its bodies are invented. Paths, quirks and headers follow what such sites are seen to do.

use crate::model::{Profile, UnitClass};

/// What a sub-site is built with; one module of `families` each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Family {
    /// `shtml/{column}/{article}/detail_1.shtml`.
    Shtml,
    /// Hanweb JCMS with `dataproxy.jsp`.
    Jcms,
    /// TRS WCM with `createPageHTML`.
    Trs,
    /// Pages announced by RSS 2.0.
    Rss,
    /// Pages announced by Atom.
    Atom,
    /// Pages announced by a sitemap index.
    Sitemap,
    /// `list.aspx?cid=3&page=2`.
    Paged,
    /// One long list, tables for layout.
    Plain,
    /// A table of disclosed documents, `pageNo=2`.
    Disclosure,
    /// One list of documents with a metadata table, as gov.cn has it.
    Gazette,
}

/// The bytes of a site's pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Charset {
    /// UTF-8.
    Utf8,
    /// GBK, named `gb2312` in the pages.
    Gbk,
}

/// What a site's server says for conditional requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Validators {
    /// Nothing.
    None,
    /// `Last-Modified`.
    Date,
    /// `ETag` and `Last-Modified`.
    Both,
}

/// A column of a sub-site.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct SiteColumn {
    /// Its key in addresses.
    pub key: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// The column of the portal that it feeds; none for one that no source reads.
    pub feeds: Option<&'static str>,
}

/// A sub-site.
#[derive(Debug)]
pub(super) struct SubSite {
    /// Id of the source and of the unit.
    pub key: &'static str,
    /// Name of the body.
    pub name: &'static str,
    /// Its short name.
    pub short: &'static str,
    /// Its class in the register of units.
    pub class: UnitClass,
    /// What it is built with.
    pub family: Family,
    /// How the source lists, as an operator would register it.
    pub profile: Profile,
    /// What its pages are encoded in.
    pub charset: Charset,
    /// `Content-Type` of a page, word for word.
    pub content_type: &'static str,
    /// Conditional requests.
    pub validators: Validators,
    /// `Server`.
    pub server: &'static str,
    /// `robots.txt`; none answers 404.
    pub robots: Option<&'static str>,
    /// Whether the unit's own review is on record; without it items wait in the queue.
    pub reviewed: bool,
    /// Its columns.
    pub columns: &'static [SiteColumn],
}

const fn column(key: &'static str, name: &'static str, feeds: &'static str) -> SiteColumn {
    SiteColumn { key, name, feeds: Some(feeds) }
}

/// Every sub-site, in the order of the register.
pub(super) const SUB_SITES: [SubSite; 10] = [
    SubSite {
        key: "zfb",
        name: "市人民政府办公室",
        short: "市府办",
        class: UnitClass::Office,
        family: Family::Gazette,
        profile: Profile::Plain,
        charset: Charset::Utf8,
        content_type: "text/html; charset=utf-8",
        validators: Validators::Both,
        server: "nginx",
        robots: Some("User-agent: *\nDisallow: /nbzl/\nDisallow: /manage/\n"),
        reviewed: true,
        columns: &[column("zcwj", "政策文件", "zcwj"), SiteColumn { key: "nbzl", name: "学习资料", feeds: None }],
    },
    SubSite {
        key: "fgw",
        name: "市发展和改革委员会",
        short: "市发展改革委",
        class: UnitClass::Department,
        family: Family::Jcms,
        profile: Profile::Jcms,
        charset: Charset::Utf8,
        content_type: "text/html;charset=UTF-8",
        validators: Validators::Both,
        server: "Apache-Coyote/1.1",
        robots: Some("User-agent: *\nCrawl-delay: 0\nDisallow: /admin/\nDisallow: /jcms/\n"),
        reviewed: true,
        columns: &[column("1229037077", "法律法规", "flfg"), column("1229037080", "通知公告", "tzgg")],
    },
    SubSite {
        key: "jyj",
        name: "市教育局",
        short: "市教育局",
        class: UnitClass::Department,
        family: Family::Paged,
        profile: Profile::Paged,
        charset: Charset::Utf8,
        content_type: "text/html; charset=utf-8",
        validators: Validators::None,
        server: "Microsoft-IIS/8.5",
        robots: Some("User-agent: *\nDisallow: /admin/\n"),
        reviewed: true,
        columns: &[column("3", "政策法规", "flfg"), column("5", "通知公告", "tzgg")],
    },
    SubSite {
        key: "sfj",
        name: "市司法局",
        short: "市司法局",
        class: UnitClass::Department,
        family: Family::Rss,
        profile: Profile::Feed,
        charset: Charset::Utf8,
        content_type: "text/html; charset=utf-8",
        validators: Validators::Date,
        server: "nginx/1.18.0",
        robots: Some("User-agent: *\nDisallow:\n"),
        reviewed: true,
        columns: &[
            column("sfjs", "司法解释", "sfjs"),
            column("dxal", "典型案例", "dxal"),
            column("flfg", "法律法规", "flfg"),
            column("pfxc", "普法宣传", "gzdt"),
        ],
    },
    SubSite {
        key: "rsj",
        name: "市人力资源和社会保障局",
        short: "市人力社保局",
        class: UnitClass::Department,
        family: Family::Disclosure,
        profile: Profile::Paged,
        charset: Charset::Utf8,
        content_type: "text/html;charset=utf-8",
        validators: Validators::None,
        server: "Apache",
        robots: Some("User-agent: *\nDisallow: /search/\n"),
        reviewed: true,
        columns: &[column("A07", "政策法规", "flfg"), column("B03", "公示公告", "gsgg")],
    },
    SubSite {
        key: "zrzy",
        name: "市自然资源局",
        short: "市自然资源局",
        class: UnitClass::Department,
        family: Family::Trs,
        profile: Profile::Trs,
        charset: Charset::Utf8,
        content_type: "text/html",
        validators: Validators::Date,
        server: "Apache/2.2.15 (CentOS)",
        robots: Some("User-agent: *\nDisallow: /was5/\nDisallow: /wcm/\n"),
        reviewed: true,
        columns: &[
            column("tzgg", "通知公告", "tzgg"),
            column("flfg", "法律法规", "flfg"),
            column("dfxfg", "地方性法规", "dfxfg"),
        ],
    },
    SubSite {
        key: "wjw",
        name: "市卫生健康委员会",
        short: "市卫生健康委",
        class: UnitClass::Department,
        family: Family::Sitemap,
        profile: Profile::Sitemap,
        charset: Charset::Utf8,
        content_type: "text/html; charset=utf-8",
        validators: Validators::Both,
        server: "openresty",
        robots: Some("User-agent: *\nDisallow: /api/\n"),
        reviewed: false,
        columns: &[column("flfg", "法律法规", "flfg")],
    },
    SubSite {
        key: "scjg",
        name: "市市场监督管理局",
        short: "市市场监管局",
        class: UnitClass::Department,
        family: Family::Plain,
        profile: Profile::Plain,
        charset: Charset::Gbk,
        // The platform says UTF-8 for every site it carries; this one is GBK.
        content_type: "text/html; charset=utf-8",
        validators: Validators::None,
        server: "Apache",
        robots: Some("\u{feff}# 市市场监督管理局\r\nUser-agent: *\r\nAllow: /\r\n"),
        reviewed: true,
        columns: &[column("zcfg", "政策法规", "flfg")],
    },
    SubSite {
        key: "daj",
        name: "市档案局",
        short: "市档案局",
        class: UnitClass::Direct,
        family: Family::Shtml,
        profile: Profile::Shtml,
        charset: Charset::Gbk,
        content_type: "text/html",
        validators: Validators::None,
        server: "Microsoft-IIS/6.0",
        robots: None,
        reviewed: true,
        columns: &[column("10108", "文件通知", "tzgg"), column("10110", "政策法规", "flfg")],
    },
    SubSite {
        key: "xaq",
        name: "信安区人民政府",
        short: "信安区",
        class: UnitClass::County,
        family: Family::Atom,
        profile: Profile::Feed,
        charset: Charset::Utf8,
        content_type: "text/html; charset=utf-8",
        validators: Validators::Both,
        server: "Tengine",
        robots: Some("User-agent: *\nDisallow: /gkmlpt/api/\n"),
        reviewed: false,
        columns: &[column("zwgk", "政务公开", "dfxfg")],
    },
];

/// A column of the portal: id, name, description, keywords, ColumnType.
pub(super) const PORTAL_COLUMNS: [(&str, &str, &str, &str, &str); 8] = [
    ("gzdt", "工作动态", "各部门的工作动态和普法宣传", "动态,普法,宣传", "工作动态"),
    ("tzgg", "通知公告", "市政府和各部门发布的通知、公告", "通知,公告,通告", "通知公告"),
    ("zcwj", "政策文件", "市政府转发和制发的政策文件", "政策,文件,意见,批复", "政策文件"),
    ("flfg", "法律法规", "各部门执行的法律、行政法规和规章", "法律,行政法规,规章", "政策文件"),
    ("dfxfg", "地方性法规", "地方性法规和单行条例", "地方性法规,条例", "政策文件"),
    ("sfjs", "司法解释", "与行政执法有关的司法解释", "司法解释,规定", "政策文件"),
    ("dxal", "典型案例", "以案释法的典型案例", "案例,以案释法", "工作动态"),
    ("gsgg", "公示公告", "人事、资格和补贴的公示", "公示,名单", "通知公告"),
];
