//! Kept texts: what the gate reads of an item, packed into one value, so that a change of rules reads one row for it and
//! not its row, its files and its source.
//!
//! Form: the draft as JSON in an LZ4 block with its length before it. Packed and unpacked by this file alone; where unpacking
//! fails, the item is read from its row and its evidence. Which bytes it stands for, its place in the store says. Limits: at
//! most [`KEPT_LIMIT`](crate::store::KEPT_LIMIT) packed, at most [`LONGEST`] unpacked.

use crate::model::Draft;

/// Longest draft in bytes.
const LONGEST: usize = 4 << 20;
/// Length of the length.
const LENGTH: usize = 4;

/// Packs what is screened; nothing where it is too long, which is seen before it is copied.
#[must_use]
pub fn pack(draft: &Draft) -> Option<Vec<u8>> {
    let read = draft.segments.iter().map(|segment| segment.text.len()).sum::<usize>();
    if draft.content.text.len() + draft.content.html.len() + read > LONGEST {
        return None;
    }
    let text = serde_json::to_vec(draft).ok().filter(|text| text.len() <= LONGEST)?;
    let packed = lz4_flex::block::compress_prepend_size(&text);
    (packed.len() <= crate::store::KEPT_LIMIT).then_some(packed)
}

/// What was packed; nothing where it is damaged.
#[must_use]
pub fn unpack(packed: &[u8]) -> Option<Draft> {
    let (length, block) = packed.split_first_chunk::<LENGTH>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= LONGEST)?;
    let text = lz4_flex::block::decompress(block, length).ok()?;
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ColumnId, Content, Field, Segment, UnitId, Unreadable};

    fn draft(text: &str) -> Draft {
        let content = Content {
            title: "通知".into(),
            html: format!("<p>{text}</p>"),
            published: None,
            written: None,
            origin: String::new(),
            author: None,
            document_number: None,
            index_number: None,
            source_url: String::new(),
            unit: UnitId::new("daj").unwrap(),
            column: ColumnId::new("zwdt").unwrap(),
            attachments: Vec::new(),
            text: text.into(),
        };
        let segments = vec![Segment::new(Field::Page, "页脚", "联系我们")];
        let unreadable = vec![Unreadable { place: "附件.doc".into(), reason: "it is no document".into() }];
        Draft { content, source: None, segments, unreadable }
    }

    #[test]
    fn what_is_packed_comes_back_whole_or_not_at_all() {
        let given = draft(&"本周六开放参观。".repeat(200));
        let packed = pack(&given).unwrap();
        assert!(packed.len() < 2_000, "{}", packed.len());
        assert_eq!(unpack(&packed), Some(given));
        for length in 0..packed.len() {
            assert_eq!(unpack(&packed[..length]), None, "cut at {length}");
        }
        let mut long = packed;
        long[..LENGTH].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(unpack(&long), None);
    }

    #[test]
    fn what_is_too_long_is_not_packed() {
        let mut state = 2008_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from_u32(0x4E00 + (state >> 16) % 20_000).unwrap()
        };
        let noise: String = (0..100_000).map(|_| next()).collect();
        assert_eq!(pack(&draft(&noise)), None);
        assert_eq!(pack(&draft(&"空".repeat(LONGEST))), None);
    }
}
