//! What the benchmarks read: the texts that the demo bundles, pages made of them, and real texts and pages of
//! `../shared/data` where it is.

#![allow(dead_code, reason = "each benchmark takes what it needs of this file")]

use std::error::Error;
use std::io::Read as _;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde_json::Value;

const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/demo/sites/data/texts.jsonl.gz");
const LAWS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/gov-corpus/npc.jsonl.gz");
const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/gov-html/articles");

/// A text with its title.
pub struct Text {
    pub title: String,
    pub paragraphs: Vec<String>,
}

/// The public documents that the demo bundles (591 of 8 KB on average).
pub fn bundled() -> Result<Vec<Text>, Box<dyn Error>> {
    let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let text = |line: &Value| Text {
        title: words(&line["title"]),
        paragraphs: line["paragraphs"].as_array().into_iter().flatten().map(words).collect(),
    };
    Ok(lines(BUNDLED)?.iter().map(text).collect())
}

/// Plain texts of up to `limit` bytes in all, and what they are.
pub fn texts(limit: usize) -> Result<(&'static str, Vec<String>), Box<dyn Error>> {
    let (name, all) = if Path::new(LAWS).exists() {
        let body = |line: &Value| line["body"].as_str().unwrap_or_default().to_owned();
        ("laws of gov-corpus", lines(LAWS)?.iter().map(body).collect::<Vec<_>>())
    } else {
        ("the texts of the demo", bundled()?.iter().map(|text| text.paragraphs.join("\n")).collect())
    };
    let mut left = limit;
    let fits = |text: &String| {
        left = left.saturating_sub(text.len());
        left > 0
    };
    Ok((name, all.into_iter().take_while(fits).collect()))
}

/// Real pages of governments; none where the data is not here.
pub fn real_pages() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    if !Path::new(PAGES).exists() {
        return Ok(Vec::new());
    }
    let mut files: Vec<_> =
        std::fs::read_dir(PAGES)?.map(|entry| entry.map(|file| file.path())).collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "html"));
    files.sort();
    Ok(files.iter().map(std::fs::read).collect::<Result<_, _>>()?)
}

/// The bundled texts as pages of a sub-site, with head, navigation and foot around them.
pub fn made_pages() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let links: String = (0..40).map(|n| format!("<li><a href=\"/col/{n}/index.html\">栏目第{n}号</a></li>")).collect();
    let page = |text: &Text| {
        let (title, body) = (escape(&text.title), html(text));
        format!(
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{title}</title>\
             <meta name=\"ArticleTitle\" content=\"{title}\"><meta name=\"PubDate\" content=\"2024-05-06 08:05\">\
             </head><body><div class=\"nav\"><ul>{links}</ul></div><div class=\"content\"><h1>{title}</h1>\
             <p class=\"info\">发布日期：2024-05-06 来源：市档案局</p><div id=\"zoom\">{body}</div></div>\
             <div class=\"foot\"><ul>{links}</ul>主办：市人民政府办公室</div></body></html>"
        )
        .into_bytes()
    };
    Ok(bundled()?.iter().map(page).collect())
}

/// A text as paragraphs of HTML.
pub fn html(text: &Text) -> String {
    text.paragraphs.iter().map(|paragraph| format!("<p>{}</p>", escape(paragraph))).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn lines(path: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut text = String::new();
    MultiGzDecoder::new(std::fs::File::open(path)?).read_to_string(&mut text)?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}
