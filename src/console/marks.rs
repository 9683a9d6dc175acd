//! Findings shown in the text where they were found, at exact offsets.
//!
//! A finding points into a segment by UTF-8 bytes. It is marked only where `text[start..end]` of a segment of the
//! same field and place is exactly what the gate saw; otherwise it is reported as not placed and only listed, so a
//! mark never stands on the wrong words. Characters that cannot be seen are written as code points.
//! Limits: a text over [`WHOLE`] bytes is shown as windows of [`AROUND`] bytes around each finding.

use crate::model::{Action, Field, Finding, Segment};

/// Longest text that is shown whole, in bytes.
const WHOLE: usize = 24_000;
/// What is shown before and after a finding in a longer text, in bytes.
const AROUND: usize = 600;

/// How far an exception reaches into its clause, in characters.
const NEAR: usize = 6;
/// How far its example reaches into the sentence.
const SENTENCE: usize = 60;

/// A stretch of visible text, or one character that cannot be seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Glyphs {
    /// Text as it was given.
    Text(String),
    /// A character that leaves no ink, as `U+200B`.
    Code(String),
}

/// A stretch of text that is marked in one way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Run {
    /// What stands there.
    pub(super) glyphs: Vec<Glyphs>,
    /// The worst action of the findings that cover it; none where it is plain.
    pub(super) action: Option<Action>,
    /// Numbers (from 1) of the findings that begin here.
    pub(super) begins: Vec<usize>,
    /// Characters that are left out before it.
    pub(super) skipped: usize,
}

impl Run {
    /// The class of the style.
    pub(super) fn class(&self) -> &'static str {
        self.action.map(action_class).unwrap_or_default()
    }
}

/// The class of the style for an action.
pub(super) fn action_class(action: Action) -> &'static str {
    match action {
        Action::Note => "note",
        Action::Hold => "hold",
        Action::Block => "block",
    }
}

/// A segment with its findings marked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Marked {
    /// Which part.
    pub(super) field: Field,
    /// Where in the item, for people; may be empty.
    pub(super) place: String,
    /// The text, in order.
    pub(super) runs: Vec<Run>,
    /// Characters that are left out at the end.
    pub(super) skipped: usize,
}

/// The texts in which something was found, and the numbers (from 1) of findings whose text is not at hand.
pub(super) fn mark(segments: &[Segment], findings: &[Finding]) -> (Vec<Marked>, Vec<usize>) {
    let mut of_segment: Vec<Vec<usize>> = vec![Vec::new(); segments.len()];
    let mut lost = Vec::new();
    for (index, finding) in findings.iter().enumerate() {
        match segments.iter().position(|segment| holds(segment, finding)) {
            Some(segment) => of_segment[segment].push(index),
            None => lost.push(index + 1),
        }
    }
    let marked = segments
        .iter()
        .zip(&of_segment)
        .filter(|(_, here)| !here.is_empty())
        .map(|(segment, here)| mark_segment(segment, findings, here))
        .collect();
    (marked, lost)
}

/// A text in which nothing was found, as far as it is shown.
pub(super) fn unmarked(segment: &Segment) -> Marked {
    let end = segment.text.floor_char_boundary(WHOLE.min(segment.text.len()));
    let run = Run { glyphs: glyphs(&segment.text[..end]), action: None, begins: Vec::new(), skipped: 0 };
    let skipped = segment.text[end..].chars().count();
    Marked { field: segment.field, place: segment.place.clone(), runs: vec![run], skipped }
}

/// What an exception could be that excuses a finding: the hit with at most [`NEAR`] characters of its clause on either side,
/// and its sentence as the example.
pub(super) fn excuse(segments: &[Segment], finding: &Finding) -> Option<(String, String)> {
    let text = segments.iter().find(|segment| holds(segment, finding))?.text.as_str();
    let reach = |most: usize, stops: fn(char) -> bool| {
        let before: usize =
            text[..finding.start].chars().rev().take(most).take_while(|c| !stops(*c)).map(char::len_utf8).sum();
        let after: usize = text[finding.end..].chars().take(most).take_while(|c| !stops(*c)).map(char::len_utf8).sum();
        text[finding.start - before..finding.end + after].trim().to_owned()
    };
    let clause =
        reach(NEAR, |c| c.is_whitespace() || c.is_control() || "，。；：、！？,.;:!?（）()《》“”\"".contains(c));
    Some((clause, reach(SENTENCE, |c| matches!(c, '\n' | '。' | '！' | '？'))))
}

fn holds(segment: &Segment, finding: &Finding) -> bool {
    segment.field == finding.field
        && segment.place == finding.place
        && finding.start < finding.end
        && segment.text.get(finding.start..finding.end) == Some(finding.text.as_str())
}

fn mark_segment(segment: &Segment, findings: &[Finding], here: &[usize]) -> Marked {
    let text = segment.text.as_str();
    let windows = windows(text, findings, here);
    let mut cuts: Vec<usize> = here.iter().flat_map(|index| [findings[*index].start, findings[*index].end]).collect();
    cuts.extend(windows.iter().flat_map(|(start, end)| [*start, *end]));
    cuts.sort_unstable();
    cuts.dedup();

    let mut runs = Vec::new();
    let mut shown_to = 0;
    for pair in cuts.windows(2) {
        let (start, end) = (pair[0], pair[1]);
        if !windows.iter().any(|(from, to)| *from <= start && end <= *to) {
            continue;
        }
        let covering = here.iter().filter(|index| findings[**index].start <= start && end <= findings[**index].end);
        runs.push(Run {
            glyphs: glyphs(&text[start..end]),
            action: covering.map(|index| findings[*index].action).max(),
            begins: here.iter().filter(|index| findings[**index].start == start).map(|index| index + 1).collect(),
            skipped: text[shown_to..start].chars().count(),
        });
        shown_to = end;
    }
    let skipped = text[shown_to..].chars().count();
    Marked { field: segment.field, place: segment.place.clone(), runs, skipped }
}

/// What of `text` is shown: ranges on character boundaries, in order, none touching another.
fn windows(text: &str, findings: &[Finding], here: &[usize]) -> Vec<(usize, usize)> {
    if text.len() <= WHOLE {
        return vec![(0, text.len())];
    }
    let mut ranges: Vec<(usize, usize)> = here
        .iter()
        .map(|index| {
            let start = text.floor_char_boundary(findings[*index].start.saturating_sub(AROUND));
            let end = text.ceil_char_boundary((findings[*index].end + AROUND).min(text.len()));
            (start, end)
        })
        .collect();
    ranges.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (start, end) in ranges {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// Text with what cannot be seen written as code points.
pub(super) fn glyphs(text: &str) -> Vec<Glyphs> {
    let mut out = Vec::new();
    let mut plain = String::new();
    for character in text.chars() {
        if unseen(character) {
            if !plain.is_empty() {
                out.push(Glyphs::Text(std::mem::take(&mut plain)));
            }
            out.push(Glyphs::Code(format!("U+{:04X}", u32::from(character))));
        } else {
            plain.push(character);
        }
    }
    if !plain.is_empty() {
        out.push(Glyphs::Text(plain));
    }
    out
}

/// The same of the beginning of a text: where a registered document is recognised, a finding may be pages long.
pub(super) fn beginning(text: &str) -> Vec<Glyphs> {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => glyphs(&format!("{}…", &text[..end])),
        None => glyphs(text),
    }
}

/// Whether a character leaves no ink, changes how others are shown or stands for one that was lost: controls, format
/// characters, fillers, variation selectors, tags, private use, the replacement character.
fn unseen(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        _ if character.is_control() => true,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => true,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fffd}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e0fff}' => true,
        '\u{f0000}'.. => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Level;

    fn finding(text: &str, whole: &str, action: Action) -> Finding {
        let start = whole.find(text).unwrap();
        Finding {
            rule: "BM-1".into(),
            level: Level::Confidential,
            action,
            field: Field::Body,
            place: String::new(),
            start,
            end: start + text.len(),
            text: text.into(),
            transforms: vec![],
            why: "密级标志".into(),
        }
    }

    fn body(text: &str) -> Segment {
        Segment::new(Field::Body, "", text)
    }

    fn shown(run: &Run) -> String {
        run.glyphs
            .iter()
            .map(|glyph| match glyph {
                Glyphs::Text(text) => text.clone(),
                Glyphs::Code(code) => format!("<{code}>"),
            })
            .collect()
    }

    #[test]
    fn marks_stand_on_exact_bytes_of_multibyte_text() {
        let text = "请按机\u{200b}密★5年管理,😀勿外传。";
        let (marked, lost) = mark(&[body(text)], &[finding("机\u{200b}密★5年", text, Action::Block)]);
        assert!(lost.is_empty());
        let runs = &marked[0].runs;
        assert_eq!(runs.iter().map(shown).collect::<Vec<_>>(), ["请按", "机<U+200B>密★5年", "管理,😀勿外传。"]);
        assert_eq!(runs.iter().map(|run| run.action).collect::<Vec<_>>(), [None, Some(Action::Block), None]);
        assert_eq!(runs[1].begins, [1]);
    }

    #[test]
    fn overlapping_findings_take_the_worst_action() {
        let text = "内部资料机密文件";
        let findings = [finding("内部资料机密", text, Action::Note), finding("机密文件", text, Action::Block)];
        let (marked, _) = mark(&[body(text)], &findings);
        let actions: Vec<_> = marked[0].runs.iter().map(|run| (shown(run), run.action)).collect();
        assert_eq!(
            actions,
            [
                ("内部资料".into(), Some(Action::Note)),
                ("机密".into(), Some(Action::Block)),
                ("文件".into(), Some(Action::Block))
            ]
        );
    }

    #[test]
    fn a_finding_of_other_text_is_listed_and_never_marked() {
        let text = "机密★5年";
        let mut moved = finding("机密", text, Action::Block);
        moved.start += 1;
        moved.end += 1;
        let mut beyond = finding("机密", text, Action::Block);
        (beyond.start, beyond.end) = (400, 406);
        assert_eq!(mark(&[body(text)], &[moved, beyond]), (vec![], vec![1, 2]));
    }

    #[test]
    fn an_exception_is_filled_in_from_the_clause_around_the_hit() {
        let text = "按规定，参观机密行动展览馆的学校，请先预约。谢谢。";
        let excuse = excuse(&[body(text)], &finding("机密行动", text, Action::Hold)).unwrap();
        assert_eq!(excuse, ("参观机密行动展览馆的学校".into(), "按规定，参观机密行动展览馆的学校，请先预约".into()));
    }

    #[test]
    fn long_texts_are_shown_around_their_findings() {
        let text = format!("{}机密★5年{}绝密{}", "前".repeat(20_000), "中".repeat(20_000), "后".repeat(9));
        let findings = [finding("机密★5年", &text, Action::Block), finding("绝密", &text, Action::Hold)];
        let (marked, lost) = mark(&[body(&text)], &findings);
        assert!(lost.is_empty());
        let kept: usize = marked[0].runs.iter().map(|run| shown(run).chars().count() + run.skipped).sum();
        assert_eq!(kept + marked[0].skipped, text.chars().count());
        assert!(marked[0].runs.iter().map(|run| shown(run).len()).sum::<usize>() < 4 * AROUND);
        assert_eq!(marked[0].runs.iter().filter(|run| run.action.is_some()).count(), 2);
    }
}
