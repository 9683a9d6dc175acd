//! What is planted among the real texts, and what must become of it: the list that the demo checks itself against.
//!
//! Everything planted is fiction and says so in its own text. Rule ids are those of `rules/*.toml`.

use anyhow::Context as _;

use super::expect::{Expect, Planted};
use super::texts::Text;
use crate::model::{Field, SourceId};

/// Ids of the shipped rules that the plants are made for.
mod rule {
    /// A marking of secrecy 密级标志.
    pub(super) const MARKING: &str = "BM-0001";
    /// A note that a document is internal or not to be disclosed 附注.
    pub(super) const NOTE: &str = "BM-0005";
    /// A whole identity-card number 公民身份号码.
    pub(super) const IDENTITY: &str = "GR-0001";
}

/// An attachment.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct File {
    /// Its name in the page.
    pub name: &'static str,
    /// Path and query of its address.
    pub path: &'static str,
    /// What the server calls it.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
}

/// What the bytes of a page are like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wire {
    /// As the site's are.
    AsTheSite,
    /// As the site's are, but the page says `utf-8` of itself.
    SaysUtf8,
    /// Damaged: in no charset.
    Torn,
}

/// A page of fiction.
pub(super) struct Plant {
    /// Key of the site.
    pub site: &'static str,
    /// Key of the column there.
    pub column: &'static str,
    /// Number in addresses.
    pub number: u32,
    /// Title.
    pub title: &'static str,
    /// Year, month, day.
    pub date: (i16, i8, i8),
    /// Markup of the body.
    pub body: &'static str,
    /// Its attachments.
    pub files: &'static [File],
    /// Its bytes.
    pub wire: Wire,
    what: &'static str,
    want: Want,
}

/// [`Expect`] before the addresses are known.
#[derive(Clone, Copy)]
enum Want {
    Published,
    Queued,
    Held(&'static str, Field),
    Blocked(&'static str, Field),
    NeverAsked,
    Withdrawn,
    DuplicateOf(&'static str, u32),
    Titled,
    Unreadable(&'static str),
}

/// A real text that stands on a second site too.
pub(super) struct Copy {
    of: (&'static str, u32),
    site: &'static str,
    column: &'static str,
    number: u32,
    date: (i16, i8, i8),
    what: &'static str,
}

impl Copy {
    /// The copy, found among `texts`.
    pub(super) fn of(&self, texts: &[Text]) -> anyhow::Result<Text> {
        let (site, number) = self.of;
        let original = texts
            .iter()
            .find(|text| text.site == site && text.number == number)
            .with_context(|| format!("no bundled text {site} {number} to copy"))?;
        let (year, month, day) = self.date;
        let (site, column) = (self.site.to_owned(), self.column.to_owned());
        Ok(Text { site, column, number: self.number, date: jiff::civil::date(year, month, day), ..original.clone() })
    }
}

/// The one notice that three sites carry.
pub(super) const COPIES: &[Copy] = &[
    Copy {
        of: ("zfb", 6107),
        site: "jyj",
        column: "5",
        number: 2303,
        date: (2019, 1, 25),
        what: "a notice of the government's office, reposted by the education bureau",
    },
    Copy {
        of: ("zfb", 6107),
        site: "xaq",
        column: "zwgk",
        number: 9501,
        date: (2019, 1, 28),
        what: "the same notice, reposted by the district",
    },
];

/// Real texts that are worth watching.
const WATCHED: [(&str, u32, &str, Want); 6] = [
    ("daj", 462_491, "the notice of 2008 on an old GBK site that names its charset in the page only", Want::Titled),
    ("sfj", 7067, "a law about secrecy, which names every level of it", Want::Published),
    ("sfj", 7028, "a regulation about ciphers", Want::Published),
    ("zfb", 6107, "the first of three copies of one notice", Want::Published),
    ("wjw", 11054, "a page of a unit without a recorded review", Want::Queued),
    ("scjg", 928, "a page in GBK whose server says UTF-8", Want::Titled),
];

/// Every page of fiction.
pub(super) const PLANTS: &[Plant] = &[
    Plant {
        // On a site whose pages show no titles of their neighbours: the gate reads those too and would block them.
        site: "rsj",
        column: "B03",
        number: 4907,
        title: "机密★1年　关于职业技能竞赛命题安排的通知（演示）",
        date: (2024, 1, 18),
        body: include_str!("data/planted/title.html"),
        files: &[],
        wire: Wire::AsTheSite,
        what: "a marking in the title",
        want: Want::Blocked(rule::MARKING, Field::Title),
    },
    Plant {
        site: "jyj",
        column: "5",
        number: 2301,
        title: "关于校园安全工作会议安排的通知（演示）",
        date: (2024, 2, 21),
        body: include_str!("data/planted/split.html"),
        files: &[],
        wire: Wire::AsTheSite,
        what: "a marking in the body, split by tags and a zero-width space",
        want: Want::Blocked(rule::MARKING, Field::Body),
    },
    Plant {
        site: "rsj",
        column: "B03",
        number: 4901,
        title: "关于公布应急演练点位安排的公告（演示）",
        date: (2024, 3, 4),
        body: include_str!("data/planted/pdf.html"),
        files: &[File {
            name: "演练点位安排表.pdf",
            path: "/upload/202403/20240304101512.pdf",
            content_type: "application/pdf",
            bytes: include_bytes!("data/planted/marked.pdf"),
        }],
        wire: Wire::AsTheSite,
        what: "a marking in a PDF attachment",
        want: Want::Blocked(rule::MARKING, Field::Attachment),
    },
    Plant {
        site: "zrzy",
        column: "tzgg",
        number: 2_732_003,
        title: "关于印发补充耕地核查样本说明的通知（演示）",
        date: (2024, 3, 12),
        body: include_str!("data/planted/docx.html"),
        files: &[File {
            name: "补充耕地核查样本说明.docx",
            path: "/zwgk/tzgg/202403/P020240312374012345678.docx",
            content_type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            bytes: include_bytes!("data/planted/marked.docx"),
        }],
        wire: Wire::AsTheSite,
        what: "a marking in a DOCX attachment, split over runs",
        want: Want::Blocked(rule::MARKING, Field::Attachment),
    },
    Plant {
        site: "rsj",
        column: "B03",
        number: 4903,
        title: "关于就业见习补贴拟发放人员名单的公示（演示）",
        date: (2024, 3, 15),
        body: include_str!("data/planted/identity.html"),
        files: &[],
        wire: Wire::AsTheSite,
        what: "a whole identity-card number in a list of names",
        want: Want::Blocked(rule::IDENTITY, Field::Body),
    },
    Plant {
        site: "rsj",
        column: "B03",
        number: 4905,
        title: "关于技能提升补贴拟发放人员名单的公示（演示）",
        date: (2024, 3, 18),
        body: include_str!("data/planted/masked.html"),
        files: &[],
        wire: Wire::AsTheSite,
        what: "masked identity and telephone numbers",
        want: Want::Published,
    },
    Plant {
        site: "sfj",
        column: "pfxc",
        number: 7101,
        title: "保密常识：国家秘密标志由哪几部分组成（演示）",
        date: (2024, 4, 15),
        body: include_str!("data/planted/about-markings.html"),
        files: &[],
        wire: Wire::AsTheSite,
        what: "an article about how markings work",
        want: Want::Published,
    },
    Plant {
        site: "zrzy",
        column: "tzgg",
        number: 2_732_001,
        title: "关于甲地块规划条件调整的公告（演示）",
        date: (2024, 2, 2),
        body: include_str!("data/planted/withdrawn.html"),
        files: &[],
        wire: Wire::AsTheSite,
        what: "a page that its site takes down between two rounds",
        want: Want::Withdrawn,
    },
    Plant {
        site: "zrzy",
        column: "tzgg",
        number: 2_732_005,
        title: "关于开展年度测绘成果质量检查的通知（演示）",
        date: (2024, 3, 20),
        body: include_str!("data/planted/surveying.html"),
        files: &[],
        wire: Wire::AsTheSite,
        what: "its neighbour, which stays",
        want: Want::Published,
    },
    Plant {
        site: "zrzy",
        column: "tzgg",
        number: 2_732_007,
        title: "关于做好野外作业安全工作的通知（演示）",
        date: (2024, 3, 26),
        body: include_str!("data/planted/note.html"),
        files: &[],
        wire: Wire::AsTheSite,
        what: "a note under the date that the document is not to be disclosed",
        want: Want::Held(rule::NOTE, Field::Body),
    },
    Plant {
        site: "scjg",
        column: "zcfg",
        number: 1101,
        title: "关于规范节日期间商品明码标价的提醒告诫书（演示）",
        date: (2024, 1, 26),
        body: include_str!("data/planted/wrong-charset.html"),
        files: &[],
        wire: Wire::SaysUtf8,
        what: "a page in the wrong charset: server and page say UTF-8, the bytes are GBK",
        want: Want::Titled,
    },
    Plant {
        site: "scjg",
        column: "zcfg",
        number: 1103,
        title: "关于集贸市场计量器具检定安排的公告（演示）",
        date: (2024, 1, 29),
        body: include_str!("data/planted/torn.html"),
        files: &[],
        wire: Wire::Torn,
        what: "a page in no charset: damaged bytes",
        want: Want::Unreadable(""),
    },
    Plant {
        site: "jyj",
        column: "5",
        number: 2305,
        title: "关于开展校园安全自查的通知（演示）",
        date: (2024, 3, 1),
        body: include_str!("data/planted/fake-file.html"),
        files: &[File {
            name: "校园安全自查表.docx",
            path: "/uploadfile/2024/0301/20240301092233441.docx",
            content_type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            bytes: include_bytes!("data/planted/image.docx"),
        }],
        wire: Wire::AsTheSite,
        what: "an attachment that is not what its name says: an image called .docx",
        want: Want::Unreadable("校园安全自查表.docx"),
    },
    Plant {
        site: "zfb",
        column: "zcwj",
        number: 6801,
        title: "关于调整部分城乡公交班次的通告（演示）",
        date: (2024, 1, 22),
        body: include_str!("data/planted/bus.html"),
        files: &[File {
            name: "城乡公交班次调整一览表.pdf",
            path: "/attach/0/4f1b7c0e9d3a4a6e8f52.pdf",
            content_type: "application/pdf",
            bytes: include_bytes!("data/planted/bus-timetable.pdf"),
        }],
        wire: Wire::AsTheSite,
        what: "a clean PDF attachment",
        want: Want::Published,
    },
    Plant {
        site: "fgw",
        column: "1229037080",
        number: 2_402_003,
        title: "关于开展粮食应急加工企业年度申报的通知（演示）",
        date: (2024, 2, 6),
        body: include_str!("data/planted/grain.html"),
        files: &[File {
            name: "申报表填报说明.docx",
            path: "/module/download/downfile.jsp?classid=0&filename=2402060915337781.docx",
            content_type: "application/octet-stream",
            bytes: include_bytes!("data/planted/grain-form.docx"),
        }],
        wire: Wire::AsTheSite,
        what: "a clean DOCX attachment",
        want: Want::Published,
    },
    forbidden(9001, "学习资料第一期（演示）", (2024, 1, 5)),
    forbidden(9003, "学习资料第二期（演示）", (2024, 2, 5)),
    forbidden(9005, "学习资料第三期（演示）", (2024, 3, 5)),
];

const fn forbidden(number: u32, title: &'static str, date: (i16, i8, i8)) -> Plant {
    Plant {
        site: "zfb",
        column: "nbzl",
        number,
        title,
        date,
        body: include_str!("data/planted/forbidden.html"),
        files: &[],
        wire: Wire::AsTheSite,
        what: "a page of a column that robots.txt forbids and an allowed list links to",
        want: Want::NeverAsked,
    }
}

/// Whether this page is the one that the second round finds gone.
pub(super) fn leaves(site: &str, number: u32) -> bool {
    PLANTS.iter().any(|plant| matches!(plant.want, Want::Withdrawn) && plant.site == site && plant.number == number)
}

/// The whole list. `page` gives address and title of a page by site and number.
pub(super) fn list(page: impl Fn(&str, u32) -> Option<(String, String)>) -> anyhow::Result<Vec<Planted>> {
    let plants = PLANTS.iter().map(|plant| (plant.site, plant.number, plant.what, plant.want));
    let copies = COPIES.iter().map(|copy| {
        let (site, number) = copy.of;
        (copy.site, copy.number, copy.what, Want::DuplicateOf(site, number))
    });
    let find = |site: &str, number: u32| page(site, number).with_context(|| format!("no bundled page {site} {number}"));
    plants
        .chain(copies)
        .chain(WATCHED)
        .map(|(site, number, what, want)| {
            let (url, title) = find(site, number)?;
            let expect = match want {
                Want::Published => Expect::Published,
                Want::Queued => Expect::Queued,
                Want::Held(rule, field) => Expect::Held { rule, field },
                Want::Blocked(rule, field) => Expect::Blocked { rule, field },
                Want::NeverAsked => Expect::NeverAsked,
                Want::Withdrawn => Expect::Withdrawn,
                Want::DuplicateOf(site, number) => Expect::DuplicateOf { url: find(site, number)?.0 },
                Want::Titled => Expect::PublishedWithTitle { title },
                Want::Unreadable(place) => Expect::Unreadable { place },
            };
            Ok(Planted { what, source: SourceId::new(site)?, url, expect })
        })
        .collect()
}
