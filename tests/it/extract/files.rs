//! PDF and office files, read in the confined child as in production.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use menhu::extract::{ReadLimits, Reader, document};

use super::{data, file, labels, squeeze, text};

/// Share of the wanted characters that were read, and of the read ones that were wanted.
fn recall(got: &str, wanted: &str) -> (f64, f64) {
    let count = |text: &str| {
        let mut counts: HashMap<char, usize> = HashMap::new();
        squeeze(text).chars().for_each(|c| *counts.entry(c).or_default() += 1);
        counts
    };
    let (got, wanted) = (count(got), count(wanted));
    let common: usize = wanted.iter().map(|(c, n)| (*n).min(got.get(c).copied().unwrap_or(0))).sum();
    let total = |counts: &HashMap<char, usize>| counts.values().sum::<usize>().max(1) as f64;
    (common as f64 / total(&wanted), common as f64 / total(&got))
}

/// A package with these parts.
fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn docx(more: &[(&str, &str)]) -> Vec<u8> {
    let body = "<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body><w:p><w:r><w:t>正文机</w:t></w:r><w:r><w:t>密</w:t></w:r></w:p><w:p><w:del><w:r><w:delText>删去的话</w:delText></w:r></w:del></w:p></w:body></w:document>";
    let mut parts = vec![("[Content_Types].xml", "<?xml version=\"1.0\"?><Types/>"), ("word/document.xml", body)];
    parts.extend_from_slice(more);
    package(&parts)
}

#[test]
fn every_part_of_a_package_is_seen() {
    let bytes = docx(&[
        ("word/header1.xml", "<w:hdr xmlns:w=\"w\"><w:p><w:r><w:t>页眉的话</w:t></w:r></w:p></w:hdr>"),
        (
            "word/comments.xml",
            "<w:comments xmlns:w=\"w\"><w:comment><w:p><w:r><w:t>批注的话</w:t></w:r></w:p></w:comment></w:comments>",
        ),
        (
            "docProps/core.xml",
            "<cp:coreProperties xmlns:cp=\"c\" xmlns:dc=\"d\"><dc:title>属性的题</dc:title><dc:creator>作者</dc:creator></cp:coreProperties>",
        ),
        ("customXml/item1.xml", "<a b=\"属性值\"><!-- 注释的话 -->自定的话</a>"),
    ]);
    let read = document("通知.docx", &bytes);
    assert!(read.unreadable.is_empty(), "{:?}", read.unreadable);
    assert_eq!(
        (read.text.as_str(), read.title.as_str(), read.author.as_deref()),
        ("正文机密", "属性的题", Some("作者"))
    );
    let all: String = read.segments.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join("|");
    for said in
        ["正文机密", "删去的话", "页眉的话", "批注的话", "属性的题", "属性值", "注释的话", "自定的话", "通知.docx"]
    {
        assert!(all.contains(said), "{said} not in {all}");
    }
}

#[test]
fn what_cannot_be_read_of_a_package_holds_it() {
    let laughs = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>";
    let zeros = "0".repeat(40 << 20);
    let deep = "<a>".repeat(100_000);
    for (name, text) in [
        ("word/vbaProject.bin", "x"),
        ("word/embeddings/oleObject1.bin", "x"),
        ("word/a.xml", laughs),
        ("word/a.xml", &zeros),
        ("word/a.xml", &deep),
    ] {
        let read = document("a.docx", &docx(&[(name, text)]));
        assert!(!read.unreadable.is_empty(), "{name}");
        assert!(read.segments.iter().map(|segment| segment.text.len()).sum::<usize>() < 1 << 20, "{name}");
    }
    assert!(!document("a.docx", &docx(&[])[..300]).unreadable.is_empty());
    assert!(!document("a.pdf", &docx(&[])).unreadable.is_empty());
}

#[tokio::test]
async fn documents() {
    let Some(folder) = data("documents") else { return };
    let limits = ReadLimits { at_once: 2, time: Duration::from_secs(20), memory: 512 << 20 };
    let reader = Reader::new(PathBuf::from(env!("CARGO_BIN_EXE_menhu")), limits);
    let mut recalls: HashMap<String, Vec<f64>> = HashMap::new();
    for label in labels(&folder, "labels.json").as_array().unwrap() {
        let name = text(label, "file").unwrap();
        let Ok(_) = std::fs::metadata(folder.join(name)) else { continue };
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let extension = name.rsplit('.').next().unwrap().to_owned();
        let begun = std::time::Instant::now();
        let got = reader.document(name.rsplit('/').next().unwrap(), bytes).await;
        let took = begun.elapsed();
        if took > Duration::from_secs(1) {
            println!("slow: {name} {} ms {:?}", took.as_millis(), got.unreadable.first());
        }
        let all: String = got.segments.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join("\n");
        let held = !got.unreadable.is_empty();
        if let Some(expected) = text(label, "expected") {
            let wanted = String::from_utf8_lossy(&file(&folder.join(expected))).into_owned();
            let (kept, precise) = recall(&got.text, &wanted);
            let (seen, _) = recall(&all, &wanted);
            if ["pdf", "docx", "xlsx", "pptx", "odt", "ods", "ofd"].contains(&extension.as_str()) {
                println!(
                    "{name}: text recall {kept:.3} precision {precise:.3}, seen {seen:.3}, {:?} ms, {:?}",
                    took.as_millis(),
                    got.unreadable.iter().map(|one| one.reason.as_str()).collect::<Vec<_>>()
                );
            }
            if !held {
                recalls.entry(extension).or_default().push(seen);
            }
        } else if !held || took > Duration::from_secs(3) {
            println!(
                "{name}: {:?} {} characters, held {held}, {} ms; {:?} {:?}",
                got.kind,
                got.text.chars().count(),
                took.as_millis(),
                label["kind"],
                label["note"]
            );
        }
    }
    let mut kinds: Vec<_> = recalls.into_iter().collect();
    kinds.sort_by(|a, b| a.0.cmp(&b.0));
    for (kind, values) in kinds {
        let worst = values.iter().copied().fold(1.0, f64::min);
        // What the gate passes as read must have been read.
        assert!(worst > 0.94, "{kind}: {worst}");
        println!(
            "documents {kind}: {} passed, recall mean {:.3} worst {:.3}",
            values.len(),
            values.iter().sum::<f64>() / values.len() as f64,
            values.iter().copied().fold(1.0, f64::min)
        );
    }
}
