//! The words of the public pages, Chinese and English side by side.
//!
//! Chinese is what the public sees by default; English is the chrome only (items stay in the language they were
//! published in). A page takes one column of this table and never writes a label of its own, so a missing
//! translation does not compile.

macro_rules! table {
    ($($name:ident: $chinese:literal, $english:literal;)*) => {
        /// One column of the table; `{}` stands for a value, in order.
        #[derive(Debug, PartialEq, Eq)]
        pub struct Words { $(#[doc = $english] pub $name: &'static str,)* }

        const CHINESE: Words = Words { $($name: $chinese,)* };
        const ENGLISH: Words = Words { $($name: $english,)* };

        #[cfg(test)]
        const PAIRS: &[(&str, &str, &str)] = &[$((stringify!($name), $chinese, $english),)*];
    };
}

table! {
    // around every page
    tag: "zh-CN", "en";
    skip: "跳到正文", "Skip to content";
    home: "首页", "Home";
    navigation: "栏目导航", "Columns";
    view: "阅读方式", "Reading view";
    view_normal: "标准版", "Standard";
    view_large: "大字版", "Large print";
    view_contrast: "高对比", "High contrast";
    other_language: "English", "中文";
    links: "单位网站", "Sites of units";
    map: "网站地图", "Site map";
    breadcrumb: "当前位置", "You are here";
    owner: "主办单位", "Host";
    organiser: "承办单位", "Organiser";
    contact: "联系方式", "Contact";
    site_code: "网站标识码", "Site code";
    icp: "ICP备案编号", "ICP number";
    police: "公安备案号", "Public security number";
    party_badge: "党政机关网站标识", "Certified site of a public body";
    elder_badge: "适老化标识", "Accessibility mark";
    report_error: "我为政府网站找错", "Report an error of a government site";
    footer_tools: "网站工具", "Tools";
    footer_about: "网站信息", "About this site";
    // search
    search: "搜索", "Search";
    search_what: "您要找什么？", "What are you looking for?";
    search_hint: "可以输入标题、文号（如 衢政办发〔2008〕12号）或关键词", "A title, a document number or keywords";
    search_label: "搜索本站信息", "Search this site";
    // home
    newest: "最新发布", "Newest";
    more: "更多", "More";
    more_of: "更多{}", "More of {}";
    updated: "最近更新 {}", "Last updated {}";
    never_updated: "暂无信息", "Nothing yet";
    columns: "栏目", "Columns";
    leads_out: "前往该栏目", "Go to this column";
    // lists
    count_items: "共 {} 条信息", "{} items";
    empty_column: "本栏目暂无信息。", "There is nothing in this column yet.";
    subscribe: "订阅本栏目（Atom）", "Subscribe (Atom)";
    pages: "分页", "Pages";
    previous_page: "上一页", "Previous page";
    next_page: "下一页", "Next page";
    page_of: "第 {} 页，共 {} 页", "Page {} of {}";
    page_number: "第 {} 页", "Page {}";
    // item
    published: "发布时间", "Published";
    origin: "来源", "Source";
    document_number: "文号", "Document number";
    written: "成文日期", "Date of the document";
    index_number: "索引号", "Index number";
    author: "作者", "Author";
    unit: "责任单位", "Unit";
    source_page: "查看来源网页", "See the source page";
    leaving: "将离开本站", "leaves this site";
    facts: "信息要素", "About this document";
    attachments: "附件", "Attachments";
    download: "下载", "Download";
    newer: "上一篇", "Newer";
    older: "下一篇", "Older";
    neighbours: "相邻信息", "Neighbouring items";
    permit: "本信息已核验发布许可，{} 签发", "The permit of this item was verified; signed {}";
    // results
    results: "搜索结果", "Results";
    results_for: "“{}”的搜索结果", "Results for “{}”";
    found: "找到 {} 条信息", "{} found";
    found_pages: "找到 {} 条信息，第 {} 页，共 {} 页", "{} found, page {} of {}";
    only_first: "只显示前 {} 条，请增加关键词或筛选条件缩小范围。", "Only the first {} are shown; add keywords or filters to narrow the search.";
    filters: "筛选", "Filters";
    filters_set: "已选条件", "Chosen filters";
    remove_filter: "去掉条件：{}", "Remove filter: {}";
    remove_all: "清除全部条件", "Remove all filters";
    column: "栏目", "Column";
    year: "年份", "Year";
    chosen: "{}：{}", "{}: {}";
    date_range: "发布日期", "Date published";
    from: "从", "From";
    to: "到", "To";
    date_example: "例如 2024-01-31", "For example 2024-01-31";
    apply: "按日期筛选", "Apply dates";
    sort: "排序", "Sort";
    sort_relevance: "按相关度", "By relevance";
    sort_date: "按发布时间", "By date";
    in_attachment: "附件中有相符内容", "Found in an attachment";
    cut_query: "搜索词较长，只取了前 {} 个字。", "The query was long; the first {} characters were searched.";
    bad_date: "没有读懂日期“{}”，已忽略。请写成 2024-01-31 的样子。", "The date “{}” was not understood and is ignored. Write it like 2024-01-31.";
    none_found: "没有找到相符的信息", "Nothing was found";
    none_help: "您可以试试：", "You can try:";
    none_tip_words: "换一种说法，或少用几个词，例如只写“社保”“低保”", "other or fewer words";
    none_tip_number: "查找文件时直接输入文号，如 12号、〔2008〕12号", "the document number, if you look for a document";
    none_tip_typing: "检查有没有错别字", "checking for slips";
    none_tip_columns: "从栏目查找", "looking through the columns";
    none_drop: "去掉“{}”后有 {} 条", "Without “{}” there are {}";
    none_broader: "改搜“{}”，有 {} 条", "Search for “{}”: {}";
    none_call: "仍未找到，可拨打政务服务便民热线 12345，或联系本站：{}", "Still nothing? Call 12345, or this site: {}";
    ask_first: "请输入要查找的内容。", "Write what you are looking for.";
    // links and map
    links_intro: "以下链接由各单位维护，打开后将离开本站。", "These sites are kept by the units; they open outside this site.";
    links_none: "暂无链接。", "There are no links yet.";
    link_homes: "单位网站", "Sites";
    link_columns: "单位栏目", "Columns of sites";
    machine: "数据接口与订阅", "Data and subscriptions";
    api: "数据接口说明（OpenAPI）", "Description of the API (OpenAPI)";
    sitemap_xml: "网站地图（XML）", "Site map (XML)";
    // trouble
    missing_title: "没有找到这个页面", "There is no such page";
    missing_text: "地址可能写错，或页面已经移走。您可以搜索，或从首页开始。", "The address may be wrong, or the page has moved. Search, or start from the home page.";
    unavailable_title: "该信息暂不可用", "This item is not available now";
    unavailable_text: "该信息正在核查，暂时不能查看。如需了解，请联系本站。", "The item is being checked and cannot be shown now. Please contact this site.";
    busy_title: "现在访问的人较多", "Many people are here now";
    busy_text: "请稍等片刻再试。", "Please try again in a moment.";
    bad_title: "没有读懂这个请求", "The request was not understood";
    bad_text: "请检查地址，或从首页开始。", "Please check the address, or start from the home page.";
    fault_title: "抱歉，网页暂时打不开", "Sorry, the page cannot be opened now";
    fault_text: "我们已经记下这个问题。请稍后再试；如需联系我们，请说明下面的编号。", "The problem is on record. Please try again later; if you contact us, give the number below.";
    reference: "编号", "Reference";
}

/// The language of the chrome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// The default.
    Chinese,
    /// `?lang=en`.
    English,
}

impl Language {
    /// Its words.
    #[must_use]
    pub fn words(self) -> &'static Words {
        match self {
            Self::Chinese => &CHINESE,
            Self::English => &ENGLISH,
        }
    }

    /// Reads the value of `lang`.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        match word {
            "zh" | "zh-CN" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The value of `lang`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Chinese => "zh",
            Self::English => "en",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Chinese => Self::English,
            Self::English => Self::Chinese,
        }
    }
}

/// `template` with each `{}` replaced by the next of `values`.
#[must_use]
pub fn put(template: &str, values: &[&dyn std::fmt::Display]) -> String {
    let mut parts = template.split("{}");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (part, value) in parts.zip(values) {
        text.push_str(&value.to_string());
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_columns_take_the_same_values() {
        for (name, chinese, english) in PAIRS {
            assert_eq!(chinese.matches("{}").count(), english.matches("{}").count(), "{name}");
            assert!(!chinese.is_empty() && !english.is_empty(), "{name}");
        }
    }

    #[test]
    fn values_go_in_by_order() {
        assert_eq!(put(CHINESE.page_of, &[&2, &9]), "第 2 页，共 9 页");
        assert_eq!(put(CHINESE.home, &[]), "首页");
    }
}
