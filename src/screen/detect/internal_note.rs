//! Remarks that a document is not for the public: `（此件不公开）`, `内部资料 注意保存`, `公开属性：不予公开`.
//!
//! Source: GB/T 9704-2012 7.3.7 附注; 国办函 on 公开属性; forbidden without approval: 标注"内部文件(资料)""注意保存".
//! The words alone occur in laws; in brackets or alone in their line they are a remark on the text itself. 内部明电 is
//! none of them: it heads an open telegram, which is public by practice.

use super::{Anchor, Seen, Sighting, Window};

pub(super) const WORDS: [&str; 29] = [
    "不宜公开",
    "暂不公开",
    "不对外公开",
    "请勿外传",
    "切勿外传",
    "禁止外传",
    "仅限内部",
    "注意保密",
    "阅后退回",
    "阅后销毁",
    "此件不公开",
    "此件不予公开",
    "此件依申请公开",
    "此件发至",
    "此件传达至",
    "内部文件",
    "内部资料",
    "内部材料",
    "内部使用",
    "内部参考",
    "注意保存",
    "注意保管",
    "不得外传",
    "严禁外传",
    "不得公开",
    "不予公开",
    "会后收回",
    "阅后收回",
    "阅后即焚",
];
/// Words that stand in such a remark beside the anchor.
const BESIDE: [&str; 38] = [
    "此件",
    "本件",
    "对外",
    "仅限",
    "属性",
    "公开",
    "方式",
    "选项",
    "形式",
    "仅供",
    "供",
    "请",
    "切勿",
    "妥善",
    "保管",
    "保存",
    "注意",
    "不得",
    "严禁",
    "外传",
    "翻印",
    "复印",
    "复制",
    "转发",
    "上网",
    "登报",
    "县团级",
    "厅局级",
    "县处级",
    "地厅级",
    "省军级",
    "内部",
    "文件",
    "资料",
    "材料",
    "使用",
    "参考",
    "不",
];
const REMARK: usize = 30;

pub(super) fn look(window: Window<'_>, anchor: Anchor<'_>) -> Option<Sighting> {
    let before = window.before(anchor.start, REMARK + 1);
    let after = window.after(anchor.end, REMARK + 1);
    let bracketed = part(&before, |c| c.is_opening()).zip(part(&after, |c| c.is_closing()));
    let (before, after, place) = match bracketed {
        Some((before, after)) => (before, after, "置于括号内"),
        None => (line(&before)?, line(&after)?, "单独成行"),
    };
    let remark = anchor.word.starts_with("此件") || (only_beside(before, true) && only_beside(after, false));
    remark.then(|| Sighting {
        start: anchor.start,
        end: anchor.end,
        certain: true,
        level: None,
        plain: anchor.word.to_owned(),
        why: format!("附注“{}”{place},表明本文不对外公开", anchor.word),
    })
}

/// What stands up to a bracket, on the same line.
fn part(seen: &[Seen], bracket: impl Fn(&Seen) -> bool) -> Option<&[Seen]> {
    let at = seen.iter().position(|c| bracket(c) || c.is_line_break() || c.char == '。')?;
    bracket(&seen[at]).then(|| &seen[..at])
}

/// What stands up to the end of the line.
fn line(seen: &[Seen]) -> Option<&[Seen]> {
    match seen.iter().position(|c| c.is_line_break()) {
        Some(at) => Some(&seen[..at]),
        None => (seen.len() <= REMARK).then_some(seen),
    }
}

/// Whether the letters are made of [`BESIDE`] alone.
fn only_beside(seen: &[Seen], reversed: bool) -> bool {
    let mut letters: Vec<char> = seen.iter().filter(|c| c.solid).map(|c| c.char).collect();
    if reversed {
        letters.reverse();
    }
    let text: String = letters.into_iter().collect();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        match BESIDE.iter().filter_map(|word| rest.strip_prefix(word)).min_by_key(|rest| rest.len()) {
            Some(shorter) => rest = shorter,
            None => return false,
        }
    }
    true
}
