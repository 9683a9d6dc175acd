//! The objects of a PDF beside its pages: every string, XMP, and the fonts.

use std::collections::BTreeSet;

use pdf_oxide::PdfDocument;
use pdf_oxide::object::Object;

use crate::extract::Extracted;
use crate::extract::bounds::PDF_OBJECTS;
use crate::extract::segments::Collector;
use crate::model::Field;

/// The strings of all objects, and the streams of XMP.
pub(super) fn read(document: &PdfDocument, name: &str, collector: &mut Collector, out: &mut Extracted) {
    let ids: BTreeSet<u32> = document.all_object_ids().into_iter().collect();
    if ids.len() > PDF_OBJECTS {
        return out.refuse(name, format!("over {PDF_OBJECTS} objects"));
    }
    let text: String = collector.texts().collect();
    for id in ids {
        let Ok(object) = document.load_object(pdf_oxide::object::ObjectRef::new(id, 0)) else { continue };
        strings(&object, 0, &mut |bytes| {
            for text in decodings(bytes) {
                collector.add(Field::Metadata, "strings", &text);
            }
        });
        if let Some(reason) = object.as_dict().and_then(|dict| super::fonts::doubt(document, dict, &text)) {
            out.refuse(name, reason);
        }
        let is_metadata = object
            .as_dict()
            .and_then(|dict| dict.get("Type"))
            .is_some_and(|kind| matches!(kind, Object::Name(name) if name == "Metadata"));
        if is_metadata && let Ok(data) = object.decode_stream_data() {
            let text = String::from_utf8_lossy(&data);
            collector.add(Field::Metadata, "XMP", &crate::extract::segments::without_tags(&text));
        }
    }
    let information = document
        .trailer()
        .as_dict()
        .and_then(|trailer| trailer.get("Info"))
        .and_then(|info| document.resolve_object(info).ok());
    let title =
        information.as_ref().and_then(Object::as_dict).and_then(|info| info.get("Title")).and_then(Object::as_string);
    out.title = title.and_then(|bytes| decodings(bytes).pop()).unwrap_or_default();
}

fn strings(object: &Object, depth: usize, take: &mut impl FnMut(&[u8])) {
    if depth > 64 {
        return;
    }
    match object {
        Object::String(bytes) => take(bytes),
        Object::Array(items) => items.iter().for_each(|item| strings(item, depth + 1, take)),
        Object::Dictionary(entries) | Object::Stream { dict: entries, .. } => {
            entries.values().for_each(|value| strings(value, depth + 1, take));
        }
        _ => {}
    }
}

/// The texts that a string may be: UTF-16 or UTF-8 by its mark, else ASCII, else GB18030 as Chinese programs write
/// it and Latin as the standard has it. Nothing for identifiers and other binary.
fn decodings(bytes: &[u8]) -> Vec<String> {
    if bytes.len() < 2 {
        return Vec::new();
    }
    if let Some((encoding, length)) = encoding_rs::Encoding::for_bom(bytes) {
        return vec![encoding.decode_without_bom_handling(&bytes[length..]).0.into_owned()];
    }
    if bytes.iter().any(|byte| *byte < 9) {
        return Vec::new();
    }
    if bytes.is_ascii() {
        return vec![String::from_utf8_lossy(bytes).into_owned()];
    }
    let chinese = encoding_rs::GB18030.decode_without_bom_handling(bytes).0.into_owned();
    let latin: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    if chinese.contains('\u{FFFD}') { vec![latin] } else { vec![latin, chinese] }
}
