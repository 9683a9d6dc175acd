//! Charsets of real and derived files.

use menhu::extract::{PageInput, page};

use super::{data, labels, text};

/// GB2312 and GBK are read as GB18030; names are compared as WHATWG has them.
fn class(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    match encoding_rs::Encoding::for_label(lower.as_bytes()) {
        Some(encoding) if [encoding_rs::GBK, encoding_rs::GB18030].contains(&encoding) => "gb18030".to_owned(),
        Some(encoding) => encoding.name().to_ascii_lowercase(),
        None => lower,
    }
}

#[test]
fn labelled_files() {
    let Some(folder) = data("encodings") else { return };
    let (mut chinese, mut chinese_of, mut right, mut total) = (0, 0, 0, 0);
    for label in labels(&folder, "labels.json").as_array().unwrap() {
        let name = text(label, "file").unwrap();
        let Ok(bytes) = std::fs::read(folder.join(name)) else { continue };
        let Some(expected) = text(label, "expected") else { continue };
        let got = page(&PageInput { bytes: &bytes, url: "", content_type: Some("text/html"), pinned_charset: None });
        let charset = got.charset.unwrap_or_default();
        let is_chinese = matches!(class(expected).as_str(), "gb18030" | "big5" | "utf-8" | "utf-16le" | "utf-16be")
            && !name.contains("/ascii");
        let is_right = class(expected) == class(&charset);
        total += 1;
        right += usize::from(is_right);
        chinese_of += usize::from(is_chinese);
        chinese += usize::from(is_chinese && is_right);
        if !is_right || got.unreadable.iter().any(|one| one.reason.contains("charset")) {
            println!("{name}: wanted {expected}, got {charset}, {:?}", got.unreadable);
        }
    }
    println!("encodings: {right}/{total}, Chinese and Unicode {chinese}/{chinese_of}");
    assert!(chinese + 1 >= chinese_of && right * 100 >= total * 93);
}
