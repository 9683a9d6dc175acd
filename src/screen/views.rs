//! Other readings of a text: tags taken out, entities, percent, `\u`, Base64 decoded, right-to-left overrides undone.
//!
//! Owns the way back: every piece of a view knows where in the original it came from. One pass undoes one layer of
//! everything (`layer`); at most [`DEPTH`] layers, each but the first only near what the one before undid.

use std::ops::Range;

use super::layer::Layer;
use super::transforms::{Transform, Transforms};

/// Layers that are undone.
pub(super) const DEPTH: usize = 3;
/// Bytes before a change at which something may begin that only the change makes whole.
const REACH: usize = 64;

/// A reading of a text.
pub(super) struct View {
    /// What it reads.
    pub(super) text: String,
    pub(super) pieces: Vec<Piece>,
}

/// `text[at..]` up to the next piece came from `from..to` of the original.
pub(super) struct Piece {
    pub(super) at: usize,
    pub(super) from: usize,
    pub(super) to: usize,
    /// Nothing where the text stands as it was.
    pub(super) by: Option<Transform>,
}

impl View {
    /// The views of a text, one a layer; none where nothing is written in another way. Letters that happen to decode as
    /// Base64 (`GJB5000A`, `20270301`) may be what they are: where any did, the text is read once more without it.
    pub(super) fn of(text: &str) -> Vec<Self> {
        let mut views = Self::chain(text, true);
        if views.iter().any(Self::has_base64) {
            views.extend(Self::chain(text, false));
        }
        views
    }

    fn has_base64(&self) -> bool {
        self.pieces.iter().any(|piece| piece.by == Some(Transform::Base64))
    }

    fn chain(text: &str, base64: bool) -> Vec<Self> {
        let mut views: Vec<Self> = Vec::new();
        for _ in 0..DEPTH {
            let view = match views.last() {
                None => Layer::read(text, std::iter::once(0..text.len()), base64),
                Some(under) => Layer::read(&under.text, near(under), base64).map(|layer| layer.over(under)),
            };
            let Some(view) = view else { break };
            views.push(view);
        }
        views
    }

    /// Where something was undone: bytes of [`View::text`], in order.
    pub(super) fn changes(&self) -> impl Iterator<Item = Range<usize>> {
        let ends = self.pieces.iter().skip(1).map(|piece| piece.at).chain([self.text.len()]);
        self.pieces.iter().zip(ends).filter(|(piece, _)| piece.by.is_some()).map(|(piece, end)| piece.at..end)
    }

    /// A view that is written from here on by [`View::copy`] and [`View::write`].
    pub(super) fn begin() -> Self {
        Self { text: String::new(), pieces: Vec::new() }
    }

    /// Takes over `from..to` of the original as it stands.
    pub(super) fn copy(&mut self, original: &str, from: usize, to: usize) {
        if from < to {
            self.pieces.push(Piece { at: self.text.len(), from, to, by: None });
            self.text.push_str(&original[from..to]);
        }
    }

    /// Writes `c` for `from..to` of the original.
    pub(super) fn write(&mut self, c: char, from: usize, to: usize, by: Transform) {
        self.pieces.push(Piece { at: self.text.len(), from, to, by: Some(by) });
        self.text.push(c);
    }

    /// The text without its tags and without what stands over the line in ruby: `机<rt>jī</rt>密`. Nothing where there
    /// is no ruby. The other views keep what stands there, so that nothing hides in it.
    pub(super) fn without_ruby(text: &str) -> Option<Self> {
        if !text.contains('<')
            || !text.contains("<rt") && !text.contains("<RT") && !text.contains("<Rt") && !text.contains("<rT")
        {
            return None;
        }
        let mut view = Self::begin();
        let (mut plain, mut above) = (0, false);
        while let Some(open) = text[plain..].find('<').map(|at| plain + at) {
            let Some(end) = text[open..].find('>').map(|at| open + at + 1) else { break };
            let name = text[open + 1..end].to_ascii_lowercase();
            if !above {
                view.copy(text, plain, open);
            }
            let closes = name.starts_with('/');
            let is_above = ["rt", "rp", "rtc"].contains(&name.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
            above = if is_above { !closes } else { above && !name.starts_with("/ruby") };
            view.pieces.push(Piece { at: view.text.len(), from: open, to: end, by: Some(Transform::Tags) });
            plain = end;
        }
        if !above {
            view.copy(text, plain, text.len());
        }
        Some(view)
    }

    /// Where `start..end` of this view stands in the original, and what was undone there.
    pub(super) fn origin(&self, start: usize, end: usize) -> (usize, usize, Transforms) {
        let first = self.pieces.partition_point(|piece| piece.at <= start).saturating_sub(1);
        let mut by = Transforms::default();
        let (mut from, mut to) = (usize::MAX, 0);
        for (index, piece) in self.pieces.iter().enumerate().skip(first) {
            let length = self.pieces.get(index + 1).map_or(self.text.len(), |next| next.at) - piece.at;
            if piece.at >= end {
                break;
            }
            if piece.at + length <= start && !(length == 0 && piece.at > start) {
                continue;
            }
            match piece.by {
                Some(transform) => {
                    by.add(transform);
                    from = from.min(piece.from);
                    to = to.max(piece.to);
                }
                None => {
                    from = from.min(piece.from + start.max(piece.at) - piece.at);
                    to = to.max(piece.from + end.min(piece.at + length) - piece.at);
                }
            }
        }
        (from.min(to), to, by)
    }

    /// This view, read from `under`, in terms of the text that `under` was read from.
    fn over(mut self, under: &Self) -> Self {
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for (index, piece) in self.pieces.iter().enumerate() {
            let length = self.pieces.get(index + 1).map_or(self.text.len(), |next| next.at) - piece.at;
            if piece.by.is_some() {
                let (from, to, _) = under.origin(piece.from, piece.to.max(piece.from + 1));
                pieces.push(Piece { at: piece.at, from, to, by: piece.by });
                continue;
            }
            // plain here: take over what was undone below, piece by piece
            let first = under.pieces.partition_point(|below| below.at <= piece.from).saturating_sub(1);
            for (below_index, below) in under.pieces.iter().enumerate().skip(first) {
                if below.at >= piece.from + length {
                    break;
                }
                let skipped = piece.from.saturating_sub(below.at);
                let below_end = under.pieces.get(below_index + 1).map_or(under.text.len(), |next| next.at);
                if below_end <= piece.from && below.at < piece.from {
                    continue;
                }
                let from = if below.by.is_none() { below.from + skipped } else { below.from };
                let at = piece.at + below.at.saturating_sub(piece.from);
                pieces.push(Piece { at, from, to: below.to, by: below.by });
            }
        }
        self.pieces = pieces;
        self
    }
}

/// Where one more layer can begin: in what was undone, and so near before it that it may reach into it.
fn near(view: &View) -> impl Iterator<Item = Range<usize>> {
    view.changes().map(|change| view.text.floor_char_boundary(change.start.saturating_sub(REACH))..change.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        View::of(text).pop().map_or_else(|| text.to_owned(), |view| view.text)
    }

    #[test]
    fn the_line_under_ruby_is_read_alone() {
        let text = "<ruby>机<rp>(</rp><rt>jī</rt><rp>)</rp>密<RT>mì</RT></ruby>文件";
        let view = View::without_ruby(text).unwrap();
        assert_eq!(view.text, "机密文件");
        let (start, end, by) = view.origin(0, "机密".len());
        assert_eq!((text[start..end].chars().next(), text[start..end].chars().last()), (Some('机'), Some('密')));
        assert_ne!(by, Transforms::default());
        assert!(View::without_ruby("机密").is_none());
        assert_eq!(read(r"content:'\673a\5bc6 '"), "content:'机密'");
    }

    #[test]
    fn each_disguise_is_undone() {
        for (given, meant) in [
            ("机<b>密</b>", "机密"),
            ("机<!-- x > y -->密", "机密"),
            ("&#26426;&#x5BC6;", "机密"),
            ("机&zwnj;密", "机\u{200C}密"),
            ("%E6%9C%BA%E5%AF%86", "机密"),
            ("%BB%FA%C3%DC", "机密"),
            ("%u673a\\u5bc6", "机密"),
            ("5py65a+G", "机密"),
            ("\u{202E}密机\u{202C}", "机密\u{202C}"),
            ("%2526%2523x673a;密", "机密"),
            ("机<b title=\"1>0\">密</b>", "机密"),
            ("u/rD3A==", "机密"),
        ] {
            assert_eq!(read(given), meant, "{given}");
        }
        for plain in ["a < b & c", "100%", "没有<", "C:\\users", "AbCdEfGhIjKl"] {
            assert!(View::of(plain).is_empty(), "{plain}");
        }
    }

    #[test]
    fn the_way_back() {
        let text = "甲&#26426;<b>密</b>乙%26%2326426%3B密";
        for view in View::of(text) {
            for (at, _) in view.text.match_indices("机密") {
                let (start, end, by) = view.origin(at, at + "机密".len());
                assert!(["&#26426;<b>密", "%26%2326426%3B密"].contains(&&text[start..end]), "{}", &text[start..end]);
                assert!(by.level() >= 2);
            }
            let (start, end, by) = view.origin(0, "甲".len());
            assert_eq!((&text[start..end], by.level()), ("甲", 0));
        }
        assert_eq!(View::of(text).len(), 2);
    }
}
