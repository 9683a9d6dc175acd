//! Disguises that need an item or a file: a word split over title and body, pages whose markup hides it, and bytes in
//! other encodings and under wrong labels. What is not found must at least be held as unreadable.

use menhu::extract::{Extracted, PageInput, document, page};
use menhu::model::{Attachment, BlobId, Digest, Field, Outcome, Segment, Verdict};
use menhu::screen::{Screened, Screener};

use super::disguise::utf16;
use super::tables::{FORMS, TERMS};
use super::{Tally, has, words_at};
use crate::gate::{draft, segment};

fn verdict(gate: &Screener, extracted: &Extracted) -> Verdict {
    gate.scan(&extracted.segments, &extracted.unreadable)
}

fn traditional(text: &str) -> String {
    let form =
        |c: char| FORMS.split_whitespace().find(|group| group.starts_with(c)).and_then(|group| group.chars().nth(1));
    text.chars().map(|c| form(c).unwrap_or(c)).collect()
}

fn sentence(term: &str) -> String {
    format!("现将有关工作情况通知如下，请各有关单位认真做好{term}的各项准备，并及时报告。")
}

#[test]
fn words_over_title_and_body() {
    let gate = words_at(3);
    let mut tally = Tally::default();
    for (at, term) in TERMS.iter().enumerate() {
        let letters: Vec<char> = term.chars().collect();
        for cut in 1..letters.len() {
            let (first, second) = letters.split_at(cut);
            let (first, second): (String, String) = (first.iter().collect(), second.iter().collect());
            for (before, after) in [("关于", "的通知"), ("", ""), ("关于", "\n各单位："), ("通知 ", "！")]
            {
                for gap in ["", " ", "\u{200B}"] {
                    let item = draft(&format!("{before}{first}{gap}"), &format!("{second}{after}"));
                    tally.count("title and body", 3, &format!("{item:?}"), || {
                        let Screened::Held(held) = gate.screen(item) else { return false };
                        has(held.verdict(), &format!("dictionary/w{at}"))
                    });
                }
            }
        }
    }
    println!("{} splits", tally.known.len());
    tally.judge();
}

/// Where a page can hide a word.
#[test]
fn words_anywhere_in_a_page() {
    let gates = [words_at(2), words_at(3)];
    let mut tally = Tally::default();
    for (at, term) in TERMS.iter().enumerate() {
        let cells: String = term.chars().map(|c| format!("<td>{c}</td>")).collect();
        let lines: String = term.chars().map(|c| format!("<p>{c}</p>")).collect();
        let bold: String = term.chars().map(|c| format!("<b>{c}</b><i></i>")).collect();
        let quoted: String = term.chars().map(|c| format!("<b title=\"1>0\">{c}</b>")).collect();
        let entities: String = term.chars().map(|c| format!("&#{};", c as u32)).collect();
        let ruby: String = term.chars().map(|c| format!("<ruby>{c}<rt>x</rt></ruby>")).collect();
        let css: String = term.chars().map(|c| format!("\\{:x} ", c as u32)).collect();
        let bodies = [
            format!("<p>{term}</p>"),
            format!("<p>{bold}</p>"),
            format!("<p>{quoted}</p>"),
            format!("<p>{entities}</p>"),
            format!("<p>{ruby}</p>"),
            format!("<table><tr>{cells}</tr></table>"),
            format!("<div>{lines}</div>"),
            format!("<p style='display:none'>{term}</p>"),
            format!("<p style='color:#fff;font-size:0'>{term}</p>"),
            format!("<!-- {term} -->"),
            format!("<img src='a.png' alt='{term}'>"),
            format!("<p title='{term}' data-x='1'>x</p>"),
            format!("<p data-memo='{term}' aria-label='y'>x</p>"),
            format!("<p aria-label='{term}'>x</p>"),
            format!("<a href='http://a.example/{term}.html'>x</a>"),
            format!("<template><p>{term}</p></template>"),
            format!("<noscript><p>{term}</p></noscript>"),
            format!("<script>var a = '{term}';</script>"),
            format!("<script type='application/ld+json'>{{\"headline\":\"{term}\"}}</script>"),
            format!("<style>p::after {{ content: '{term}'; }}</style>"),
            format!("<style>p::after {{ content: '{css}'; }}</style>"),
            format!("<svg><text>{term}</text><title>{term}</title></svg>"),
            format!("<iframe srcdoc='<p>{term}</p>'></iframe>"),
            format!("<input type='hidden' value='{term}'><input placeholder='{term}'>"),
            format!("<select><option value='1'>{term}</option></select>"),
            format!("<textarea>{term}</textarea>"),
            format!("<math><mtext>{term}</mtext></math>"),
            format!("<xmp>{term}</xmp>"),
            format!("<p>x<![CDATA[{term}]]></p>"),
            format!("<?xml {term} ?><p>x</p>"),
            format!("<frameset><noframes>{term}</noframes></frameset>"),
        ];
        let heads = [format!("<title>{term}</title>"), format!("<meta name='description' content='{term}'>")];
        let pages = bodies
            .map(|hidden| format!("<html><head><title>通知</title></head><body><div><p>各单位：现将有关事项通知如下。</p>{hidden}</div></body></html>"))
            .into_iter()
            .chain(heads.map(|hidden| format!("<html><head>{hidden}</head><body><p>各单位：现将有关事项通知如下。</p></body></html>")));
        for source in pages {
            let (class, level) = if source.contains("<ruby>") {
                ("ruby", 3)
            } else if source.contains(&css) {
                ("css escape", 3)
            } else {
                ("page", 2)
            };
            tally.count(class, level, &source, || {
                let input = PageInput {
                    bytes: source.as_bytes(),
                    url: "http://a.example/1.html",
                    content_type: Some("text/html; charset=utf-8"),
                    pinned_charset: None,
                };
                let mut read = page(&input);
                // the body's markup is screened too, as a part of what would be published
                read.segments.push(segment(Field::Body, &read.html.clone()));
                let verdict = verdict(&gates[usize::from(level) - 2], &read);
                has(&verdict, &format!("dictionary/w{at}")) || verdict.outcome != Outcome::Pass
            });
        }
    }
    println!("{} pages", tally.known.len());
    tally.judge();
}

#[test]
fn bytes_in_every_encoding() {
    let gates = [words_at(2), words_at(3)];
    let mut tally = Tally::default();
    let (mut found, mut held) = (0, 0);
    for (at, term) in TERMS.iter().enumerate() {
        let text = sentence(term);
        let marked = |big| [if big { b"\xFE\xFF" } else { b"\xFF\xFE" }.to_vec(), utf16(&text, big)].concat();
        let big5 = encoding_rs::BIG5.encode(&traditional(&text)).0.into_owned();
        let encoded: Vec<(&'static str, Vec<u8>)> = vec![
            ("UTF-8", text.clone().into_bytes()),
            ("UTF-8 with mark", [b"\xEF\xBB\xBF".to_vec(), text.clone().into_bytes()].concat()),
            ("UTF-16 little with mark", marked(false)),
            ("UTF-16 big with mark", marked(true)),
            ("UTF-16 little", utf16(&text, false)),
            ("UTF-16 big", utf16(&text, true)),
            ("GB18030", encoding_rs::GB18030.encode(&text).0.into_owned()),
            ("Big5", big5),
        ];
        for (class, bytes) in encoded {
            let html = |label: &str| {
                let head = format!("<html><head><meta charset=\"{label}\"><title>t</title></head><body><p>");
                match class {
                    _ if class.starts_with("UTF-16 little") => [utf16(&head, false), utf16(&text, false)].concat(),
                    _ if class.starts_with("UTF-16 big") => [utf16(&head, true), utf16(&text, true)].concat(),
                    _ => [head.into_bytes(), bytes.clone()].concat(),
                }
            };
            let files = [
                ("a.txt".to_owned(), bytes.clone()),
                ("a.htm".to_owned(), [b"<p>".to_vec(), bytes.clone()].concat()),
                ("b.html".to_owned(), html("utf-8")),
                ("c.html".to_owned(), html("gb2312")),
                ("d.html".to_owned(), html("big5")),
                ("e.html".to_owned(), html("iso-8859-1")),
            ];
            for (name, bytes) in files {
                let lies = matches!((class, &*name), ("GB18030", "d.html") | ("Big5", "c.html"));
                let (shown, level) = if lies { ("wrong label", 3) } else { (class, 2) };
                tally.count(shown, level, &format!("{name} {class} {term}"), || {
                    let verdict = verdict(&gates[usize::from(level) - 2], &document(&name, &bytes));
                    let seen = has(&verdict, &format!("dictionary/w{at}"));
                    found += u32::from(seen);
                    held += u32::from(!seen && verdict.outcome != Outcome::Pass);
                    verdict.outcome != Outcome::Pass
                });
            }
        }
    }
    println!("{} files: {found} found, {held} held as unreadable", tally.known.len());
    tally.judge();
}

/// Names and metadata of an item.
#[test]
fn words_in_names_and_metadata() {
    let gate = words_at(2);
    for (at, term) in TERMS.iter().enumerate() {
        let mut items = vec![draft(term, "x"), draft("x", term), draft("x", "y"), draft("x", "y"), draft("x", "y")];
        items[2].content.author = Some((*term).into());
        items[3].content.origin = (*term).into();
        let attachment = Attachment {
            name: format!("{term}.pdf"),
            media_type: "application/pdf".into(),
            size: 1,
            blob: BlobId(Digest::zero()),
            text: None,
            url: String::new(),
        };
        items[4].content.attachments.push(attachment);
        for item in items {
            let Screened::Held(held) = gate.screen(item) else { panic!("{term} passed") };
            assert!(has(held.verdict(), &format!("dictionary/w{at}")), "{term}");
        }
    }
    let none: [Segment; 0] = [];
    assert_eq!(gate.scan(&none, &[]).outcome, Outcome::Pass);
}
