//! Text that was decoded with the wrong charset, read again as it was meant.
//!
//! Owns which mistakes are undone: UTF-8, GB18030 and UTF-16 read as windows-1252, UTF-8 read as GB18030, Big5 and
//! GB18030 read as one another, UTF-16 with its bytes swapped. A run is read again only where it looks wrong and where
//! the new reading is Chinese, so ordinary text pays one look at each character. Linear; one view a mistake.

use super::transforms::Transform;
use super::views::View;

/// Characters that a run must have, as it was meant.
const LEAST: usize = 2;
/// One in this many Han characters is out of the everyday ones before whole runs are doubted.
const ODD: usize = 4;

/// Charset tables, built once a rule set.
pub(super) struct Misreadings {
    /// For each character of the first plane, its two bytes in GBK; 0 for none.
    gbk: Box<[u16]>,
    /// The same in Big5.
    big5: Box<[u16]>,
    /// For each character of the first plane, which of the four counts it adds to.
    kinds: Box<[u8; PLANE]>,
}

const PLANE: usize = 0x1_0000;
/// A character of windows-1252 above ASCII that is no everyday punctuation.
const WESTERN: u8 = 1;
/// In GBK it is as a Han character of UTF-8 begins, with its first byte or its last.
const BEGINS: u8 = 2;
/// Han, and others that no Western text has.
const EASTERN: u8 = 4;
/// One of those that is not among the everyday ones.
const ODD_ONE: u8 = 8;
/// Bytes of text whose counts fit 16 bits each.
const STRETCH: usize = 32 * 1024;

/// How bytes are read again.
#[derive(Clone, Copy)]
enum Meant {
    Utf8,
    Pairs(&'static encoding_rs::Encoding),
    /// Code units of UTF-16, low byte first or last, from the first or the second byte on.
    Units {
        low_first: bool,
        skip: usize,
    },
}

/// A byte of a run and the character that it came from.
#[derive(Clone, Copy)]
struct Octet {
    byte: u8,
    from: usize,
    to: usize,
}

/// What a text shows of mistakes.
#[derive(Default)]
struct Signs {
    /// Characters of windows-1252 above ASCII stand beside one another.
    western: bool,
    /// Among characters of one byte stand such as code units of UTF-16 make.
    units: bool,
    /// Han characters and others of the first plane that no Western text has.
    eastern: usize,
    /// Those of them that are not among the 3,755 everyday ones of GB 2312.
    odd: usize,
    /// Three pairs of GBK hold two Han characters of UTF-8.
    utf8: bool,
}

/// Characters of one byte that stand together.
#[derive(Clone, Copy, Default)]
struct Run {
    length: usize,
    high: usize,
}

impl Misreadings {
    pub(super) fn build() -> Self {
        let table = |encoding: &'static encoding_rs::Encoding| {
            let mut table = vec![0u16; 0x1_0000].into_boxed_slice();
            for lead in 0x81..=0xFEu8 {
                for trail in (0x40..=0x7E).chain(0x80..=0xFEu8) {
                    let bytes = [lead, trail];
                    let decoded = encoding.decode_without_bom_handling_and_without_replacement(&bytes);
                    let Some(text) = decoded else { continue };
                    let mut chars = text.chars();
                    if let (Some(c), None) = (chars.next(), chars.next())
                        && let Some(slot) = table.get_mut(c as usize)
                    {
                        *slot = u16::from_be_bytes([lead, trail]);
                    }
                }
            }
            table
        };
        let gbk = table(encoding_rs::GBK);
        let mut kinds = Box::new([0; PLANE]);
        for (slot, (c, code)) in kinds.iter_mut().zip((0..).zip(&gbk)) {
            *slot = char::from_u32(c).map_or(0, |c| kind_of(c, *code));
        }
        Self { gbk, big5: table(encoding_rs::BIG5), kinds }
    }

    /// What ordinary text shows: how many characters are Han, and how many of those are odd; nothing where there is more
    /// to see. One look a character.
    fn ordinary(&self, text: &str) -> Option<Signs> {
        let bit = |kind: u8, bit: u8| u64::from(kind & bit != 0);
        let counts_of: [u64; 16] = std::array::from_fn(|kind| {
            let kind = kind as u8;
            bit(kind, EASTERN) | (bit(kind, ODD_ONE) << 16) | (bit(kind, WESTERN | BEGINS) << 32)
        });
        let mut signs = Signs::default();
        let mut at = 0;
        while at < text.len() {
            let stop = text.floor_char_boundary(at + STRETCH);
            let mut counts = 0;
            for c in text[at..stop].chars() {
                let kind = if (c as usize) < PLANE { self.kinds[c as usize % PLANE] } else { EASTERN | ODD_ONE };
                counts += counts_of[usize::from(kind % 16)];
            }
            if counts >> 32 != 0 {
                return None;
            }
            signs.eastern += (counts & 0xFFFF) as usize;
            signs.odd += (counts >> 16 & 0xFFFF) as usize;
            at = stop;
        }
        Some(signs)
    }

    fn signs(&self, text: &str) -> Signs {
        let mut signs = Signs::default();
        let (mut run, mut beside) = (Run::default(), false);
        let mut pairs = [0u16; 3];
        for c in text.chars() {
            if c.is_ascii() {
                run.length += 1;
                beside = false;
                pairs = [0; 3];
                continue;
            }
            if c as u32 <= 0x2122 && western(c).is_some() {
                // quotes and dashes stand in every Chinese text
                let usual = is_usual(c);
                signs.western |= beside;
                beside = !usual || beside;
                run = Run { length: run.length + 1, high: run.high + usize::from(!usual) };
            } else {
                signs.units |= run.is_odd();
                (run, beside) = (Run::default(), false);
            }
            let code = self.gbk.get(c as usize).copied().unwrap_or(0);
            pairs = [pairs[1], pairs[2], code];
            signs.utf8 |= is_utf8(pairs);
            let kind = kind_of(c, code);
            signs.eastern += usize::from(kind & EASTERN != 0);
            signs.odd += usize::from(kind & ODD_ONE != 0);
        }
        signs.units |= run.is_odd();
        signs
    }

    /// The readings that a text could have been meant by; none for ordinary text.
    pub(super) fn views(&self, text: &str) -> Vec<View> {
        let signs = self.ordinary(text).unwrap_or_else(|| self.signs(text));
        let mut views = Vec::new();
        let high = |c: char| western(c).filter(|byte| *byte >= 0x80).map(|byte| [0, byte]);
        if signs.western {
            views.extend(read_again(text, Meant::Utf8, high));
            views.extend(read_again(text, Meant::Pairs(encoding_rs::GB18030), high));
        }
        if signs.units {
            for (low_first, skip) in [(true, 0), (true, 1), (false, 0), (false, 1)] {
                views.extend(read_again(text, Meant::Units { low_first, skip }, |c| western(c).map(|byte| [0, byte])));
            }
        }
        let pair =
            |table: &[u16], c: char| table.get(c as usize).filter(|code| **code != 0).map(|code| code.to_be_bytes());
        if signs.utf8 {
            views.extend(read_again(text, Meant::Utf8, |c| pair(&self.gbk, c)));
        }
        if signs.odd >= LEAST && signs.odd * ODD > signs.eastern {
            views.extend(read_again(text, Meant::Pairs(encoding_rs::BIG5), |c| pair(&self.gbk, c)));
            views.extend(read_again(text, Meant::Pairs(encoding_rs::GBK), |c| pair(&self.big5, c)));
            let swapped = |c: char| u16::try_from(c as u32).ok().filter(|unit| *unit > 0xFF).map(u16::to_be_bytes);
            views.extend(read_again(text, Meant::Units { low_first: true, skip: 0 }, swapped));
        }
        views
    }
}

/// Punctuation of windows-1252 that Chinese text is full of.
fn is_usual(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{203A}' | '·' | '\u{A0}')
}

/// What a character with this code in GBK counts as.
fn kind_of(c: char, code: u16) -> u8 {
    let [lead, trail] = code.to_be_bytes();
    let is_western = !c.is_ascii() && c as u32 <= 0x2122 && western(c).is_some();
    let mut kind = if is_western && !is_usual(c) { WESTERN } else { 0 };
    if matches!(lead, 0xE4..=0xE9) && matches!(trail, 0x80..=0xBF) {
        kind |= BEGINS;
    }
    if !c.is_ascii() && (matches!(c as u32, 0x2E80..=0x2FFF | 0x3040..=0xFEFF) || c as u32 >= 0x100 && code == 0) {
        kind |= EASTERN;
        if !(matches!(lead, 0xB0..=0xD7) && trail >= 0xA1) {
            kind |= ODD_ONE;
        }
    }
    kind
}

impl Run {
    fn is_odd(self) -> bool {
        self.length >= 4 && self.high * 8 >= self.length
    }
}

/// Whether three pairs hold two Han characters of UTF-8, from their first or their second byte on.
fn is_utf8(pairs: [u16; 3]) -> bool {
    let [[a, b], [c, d], [e, f]] = pairs.map(u16::to_be_bytes);
    let (lead, tail) = (|byte: u8| matches!(byte, 0xE4..=0xE9), |byte: u8| matches!(byte, 0x80..=0xBF));
    let even = lead(a) && tail(b) && tail(c) && lead(d) && tail(e) && tail(f);
    even || lead(b) && tail(c) && tail(d) && lead(e) && tail(f)
}

/// The byte of a character that came of one byte: windows-1252, and ISO 8859-1 where that has none.
fn western(c: char) -> Option<u8> {
    const HIGH: [char; 27] = [
        '€', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 'Ž', '‘', '’', '“', '”', '•', '–', '—', '˜', '™',
        'š', '›', 'œ', 'ž', 'Ÿ',
    ];
    const BYTES: [u8; 27] = [
        0x80, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8B, 0x8C, 0x8E, 0x91, 0x92, 0x93, 0x94, 0x95,
        0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9E, 0x9F,
    ];
    match u8::try_from(c as u32) {
        Ok(byte) => Some(byte),
        Err(_) => HIGH.iter().position(|high| *high == c).map(|at| BYTES[at]),
    }
}

/// Reads every run of characters that `bytes` knows again; nothing where no run becomes Chinese.
fn read_again(text: &str, meant: Meant, bytes: impl Fn(char) -> Option<[u8; 2]>) -> Option<View> {
    let mut view = View::begin();
    let (mut run, mut plain) = (Vec::new(), 0);
    let mut changed = false;
    let mut end_run = |run: &mut Vec<Octet>, plain: &mut usize, view: &mut View| {
        let read = decode(run, meant);
        let chinese = read.iter().filter(|(c, ..)| is_han(*c)).count();
        if chinese >= LEAST && chinese * 2 > read.len() {
            view.copy(text, *plain, run[0].from);
            for (c, from, to) in read {
                view.write(c, from, to, Transform::Misread);
            }
            *plain = run[run.len() - 1].to;
            changed = true;
        }
        run.clear();
    };
    for (at, c) in text.char_indices() {
        let Some([lead, trail]) = bytes(c) else {
            end_run(&mut run, &mut plain, &mut view);
            continue;
        };
        let (from, to) = (at, at + c.len_utf8());
        if lead != 0 {
            run.push(Octet { byte: lead, from, to });
        }
        run.push(Octet { byte: trail, from, to });
    }
    end_run(&mut run, &mut plain, &mut view);
    view.copy(text, plain, text.len());
    changed.then_some(view)
}

/// The characters that bytes stand for, each with the place that they came from. What is none is left out.
fn decode(run: &[Octet], meant: Meant) -> Vec<(char, usize, usize)> {
    let mut read = Vec::new();
    let mut at = if let Meant::Units { skip, .. } = meant { skip } else { 0 };
    while at < run.len() {
        let (c, length) = match meant {
            Meant::Utf8 => utf8(&run[at..]),
            Meant::Pairs(encoding) => pair(&run[at..], encoding),
            Meant::Units { low_first, .. } => unit(&run[at..], low_first),
        };
        if let Some(c) = c {
            read.push((c, run[at].from, run[at + length - 1].to));
        }
        at += length;
    }
    read
}

fn utf8(run: &[Octet]) -> (Option<char>, usize) {
    let length = match run[0].byte {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        byte => return (byte.is_ascii().then_some(char::from(byte)), 1),
    };
    let bytes: Vec<u8> = run.iter().take(length).map(|octet| octet.byte).collect();
    match std::str::from_utf8(&bytes) {
        Ok(text) => (text.chars().next(), length.min(run.len())),
        Err(_) => (None, 1),
    }
}

fn pair(run: &[Octet], encoding: &'static encoding_rs::Encoding) -> (Option<char>, usize) {
    let (Some(lead), Some(trail)) = (run.first(), run.get(1)) else { return (None, 1) };
    let bytes = [lead.byte, trail.byte];
    match encoding.decode_without_bom_handling_and_without_replacement(&bytes) {
        Some(text) if !lead.byte.is_ascii() => (text.chars().next(), 2),
        _ => (lead.byte.is_ascii().then_some(char::from(lead.byte)), 1),
    }
}

fn unit(run: &[Octet], low_first: bool) -> (Option<char>, usize) {
    let (Some(one), Some(two)) = (run.first(), run.get(1)) else { return (None, 1) };
    let bytes = [one.byte, two.byte];
    let unit = if low_first { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) };
    (char::from_u32(u32::from(unit)), 2)
}

fn is_han(c: char) -> bool {
    matches!(c as u32, 0x3400..=0x9FFF | 0x2_0000..=0x3_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(text: &str) -> Vec<String> {
        Misreadings::build().views(text).into_iter().map(|view| view.text).collect()
    }

    #[test]
    fn each_mistake_is_undone() {
        let secret = "本件为机密文件";
        let latin = |bytes: &[u8]| encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned();
        let (gbk, ..) = encoding_rs::GBK.encode(secret);
        let (big5, ..) = encoding_rs::BIG5.encode("本件為機密文件");
        let low: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let high: Vec<u8> = secret.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let swapped: String = secret.encode_utf16().filter_map(|u| char::from_u32(u32::from(u.swap_bytes()))).collect();
        for (given, wanted) in [
            (latin(secret.as_bytes()), "机密"),
            (latin(&gbk), "机密"),
            (latin(&low), "机密"),
            (latin(&high), "机密"),
            (encoding_rs::GBK.decode_without_bom_handling("机密文件资料".as_bytes()).0.into_owned(), "机密"),
            (encoding_rs::GBK.decode_without_bom_handling(&big5).0.into_owned(), "機密"),
            (encoding_rs::BIG5.decode_without_bom_handling(&gbk).0.into_owned(), "机密"),
            (swapped, "机密"),
        ] {
            for around in [given.clone(), format!("通知 {given}, 各单位")] {
                let readings = meant(&around);
                assert!(readings.iter().any(|text| text.contains(wanted)), "{around:?}: {readings:?}");
            }
        }
    }

    #[test]
    fn ordinary_text_has_one_reading() {
        for text in
            ["各单位:现将有关事项通知如下。", "Café «L'été» — naïve", "中华人民共和国国务院令第786号", "价格 100€ ± 5°"]
        {
            assert!(meant(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn the_way_back_is_the_misread_text() {
        let given = format!("附件:{}。", encoding_rs::WINDOWS_1252.decode_without_bom_handling("机密".as_bytes()).0);
        let views = Misreadings::build().views(&given);
        let view = views.iter().find(|view| view.text.contains("机密")).unwrap();
        let at = view.text.find('密').unwrap();
        let (start, end, _) = view.origin(at, at + 3);
        assert_eq!(&given[start..end], "å¯†");
    }
}
