//! Fonts that a person can read and a program cannot.
//!
//! A glyph gets its Unicode value from the font's `ToUnicode` map, from a registered character collection, or from
//! standard glyph names. A font that has none of these is a picture of text. Source: ISO 32000-1, 9.10.2.

use std::collections::HashMap;

use pdf_oxide::PdfDocument;
use pdf_oxide::object::Object;

type Dict = HashMap<String, Object>;

/// Collections whose CIDs have Unicode values.
const COLLECTIONS: [&str; 5] = ["GB1", "CNS1", "Japan1", "Korea1", "KR"];

/// Why the text of a font is not to be trusted; nothing for other dictionaries. `text` is what was read of all pages.
pub(super) fn doubt(document: &PdfDocument, dict: &Dict, text: &str) -> Option<String> {
    let is_font = name(dict.get("Type")) == Some("Font");
    let subtype = name(dict.get("Subtype"))?;
    if !is_font || subtype.starts_with("CIDFont") {
        return None;
    }
    let label = name(dict.get("BaseFont")).unwrap_or("without a name").to_owned();
    if let Some(map) = dict.get("ToUnicode") {
        return (!was_applied(document, map, text))
            .then(|| format!("the font {label} has a map to Unicode that cannot be read"));
    }
    let is_blind = match subtype {
        "Type0" => !has_collection(document, dict),
        "Type3" => has_own_names(document, dict, |name| name.chars().count() > 1 && !is_standard(name)),
        _ => has_own_names(document, dict, |name| !is_standard(name)),
    };
    is_blind.then(|| format!("the font {label} has no map to Unicode"))
}

fn name(object: Option<&Object>) -> Option<&str> {
    match object {
        Some(Object::Name(name)) => Some(name),
        _ => None,
    }
}

/// Whether a map can be read, and where it leads to Chinese, whether any of that is in the text.
///
/// The maps of an encrypted file cannot be had from here; there Chinese text is taken as the sign that they worked.
fn was_applied(document: &PdfDocument, map: &Object, text: &str) -> bool {
    if document.is_encrypted() {
        return text.chars().any(is_han);
    }
    match document.resolve_object(map) {
        // A predefined map such as Identity-H.
        Ok(Object::Name(_)) => true,
        Ok(stream @ Object::Stream { .. }) => stream.decode_stream_data().is_ok_and(|data| {
            let data = String::from_utf8_lossy(&data);
            let is_map = ["begincodespacerange", "beginbfchar", "beginbfrange", "usecmap"]
                .iter()
                .any(|word| data.contains(word));
            let targets: Vec<char> = targets(&data).collect();
            is_map && (targets.len() < 3 || targets.iter().any(|target| text.contains(*target)))
        }),
        _ => false,
    }
}

/// Han characters among the values `<4E00>` of a map.
fn targets(map: &str) -> impl Iterator<Item = char> {
    let values = map.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(value, _)| value.trim());
    values
        .filter(|value| value.len() == 4)
        .filter_map(|value| u32::from_str_radix(value, 16).ok())
        .filter_map(char::from_u32)
        .filter(|c| is_han(*c))
}

fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{2FA1F}')
}

/// A composite font: by a predefined encoding, or by the collection of its descendant.
fn has_collection(document: &PdfDocument, dict: &Dict) -> bool {
    if let Some(encoding) = name(dict.get("Encoding"))
        && !encoding.starts_with("Identity")
    {
        return true;
    }
    let descendants = dict.get("DescendantFonts").and_then(|fonts| document.resolve_object(fonts).ok());
    let Some(Object::Array(fonts)) = descendants else { return false };
    fonts.iter().any(|font| {
        let font = document.resolve_object(font).ok();
        let system = font
            .as_ref()
            .and_then(Object::as_dict)
            .and_then(|font| font.get("CIDSystemInfo"))
            .and_then(|info| document.resolve_object(info).ok());
        let ordering =
            system.as_ref().and_then(Object::as_dict).and_then(|info| info.get("Ordering")).and_then(Object::as_string);
        ordering.is_some_and(|ordering| COLLECTIONS.iter().any(|known| ordering == known.as_bytes()))
    })
}

/// A simple font whose encoding names glyphs that only the font knows.
fn has_own_names(document: &PdfDocument, dict: &Dict, is_own: impl Fn(&str) -> bool) -> bool {
    let encoding = dict.get("Encoding").and_then(|encoding| document.resolve_object(encoding).ok());
    let differences = encoding
        .as_ref()
        .and_then(Object::as_dict)
        .and_then(|encoding| encoding.get("Differences"))
        .and_then(|list| document.resolve_object(list).ok());
    let Some(Object::Array(names)) = differences else { return false };
    names.iter().any(|entry| name(Some(entry)).is_some_and(&is_own))
}

/// Names that say which character they are: letters, words such as `comma`, `uni4E00`, `u1F600`. Names made of a
/// letter and a number (`g5167`, `G065`, `cid00123`, `glyph12`) do not.
fn is_standard(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or("");
    let digits = stem.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return true;
    }
    stem.len() - digits.len() > 5 || stem.starts_with("uni") || stem.starts_with('u') || stem.starts_with("afii")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_glyphs() {
        for name in ["A", "comma", "uni4E00", "u1F600", "afii10017", "a.sc", ".notdef", "onehalf"] {
            assert!(is_standard(name), "{name}");
        }
        for name in ["g5167", "G065", "cid00123", "glyph12", "C0032"] {
            assert!(!is_standard(name), "{name}");
        }
    }
}
