//! Disguises of a word: what people and programs do to it, class by class, each with the least `variants` that
//! promises to see through it (`docs/rules.md`).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use unicode_normalization::UnicodeNormalization;

use super::tables::{FORMS, LOOKALIKES, SPLITS, gaps, invisible};

/// A disguised word.
pub(in crate::gate) struct Disguised {
    pub(in crate::gate) class: &'static str,
    pub(in crate::gate) level: u8,
    pub(in crate::gate) text: String,
}

/// The tables, read once.
pub(in crate::gate) struct Disguises {
    /// Characters that NFKC makes one character of a term.
    compatible: BTreeMap<char, Vec<char>>,
    forms: BTreeMap<char, Vec<char>>,
    splits: BTreeMap<char, Vec<&'static str>>,
    invisible: Vec<char>,
    gaps: Vec<char>,
}

/// Random numbers that are the same in every run (xorshift64).
pub(in crate::gate) struct Random(pub(in crate::gate) u64);

impl Random {
    pub(in crate::gate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }

    pub(in crate::gate) fn of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

const TAGS: [(&str, &str); 10] = [
    ("<b>", "</b>"),
    ("<span style=\"color:#fff\">", "</span>"),
    ("<SPAN CLASS='a'>", "</SPAN>"),
    ("<font size=3><i>", "</i></font>"),
    ("<a href=\"/x?a=1&amp;b=2\">", "</a>"),
    ("<em title=\"a>b\">", "</em>"),
    ("<!-- x -->", "<!--y-->"),
    ("<wbr>", ""),
    ("<br/>", ""),
    ("</span><span lang=\"zh\">", "<u></u>"),
];

fn decimal(c: char) -> String {
    format!("&#{};", c as u32)
}

fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

fn escape(c: char) -> String {
    c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

fn gb18030(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

pub(super) fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

impl Disguises {
    /// Reads the tables for the letters of these words.
    pub(in crate::gate) fn read(words: &[&str]) -> Self {
        let letters: Vec<char> = words.iter().flat_map(|word| word.chars()).collect();
        let mut compatible: BTreeMap<char, Vec<char>> = BTreeMap::new();
        for c in (0x80..0x11_0000).filter_map(char::from_u32) {
            let mut folded = std::iter::once(c).nfkc();
            if let (Some(one), None) = (folded.next(), folded.next())
                && one != c
            {
                let same = |letter: &&char| **letter == one || letter.to_lowercase().eq([one]);
                if let Some(letter) = letters.iter().find(same) {
                    compatible.entry(*letter).or_default().push(c);
                }
            }
        }
        let mut forms: BTreeMap<char, Vec<char>> = BTreeMap::new();
        for group in FORMS.split_whitespace() {
            let mut chars = group.chars();
            forms.insert(chars.next().unwrap(), chars.collect());
        }
        let splits = SPLITS.split_whitespace().map(|entry| {
            let (whole, parts) = entry.split_once(':').unwrap();
            (whole.chars().next().unwrap(), parts.split(',').collect())
        });
        Self { compatible, forms, splits: splits.collect(), invisible: invisible(), gaps: gaps() }
    }

    /// Every disguise of one word, each in all its places. `turn` shifts the long lists, so that all of them are used up
    /// over the words.
    pub(in crate::gate) fn of(&self, word: &str, turn: usize) -> Vec<Disguised> {
        let letters: Vec<char> = word.chars().collect();
        let mut out = Vec::new();
        let mut add = |class: &'static str, level: u8, text: String| {
            if text != word {
                out.push(Disguised { class, level, text });
            }
        };
        add("plain", 0, format!("{word}。"));
        self.forms_of_letters(&letters, &mut add);
        self.between_letters(&letters, turn, &mut add);
        encoded_letters(&letters, &mut add);
        encoded_words(word, &mut add);
        self.split_letters(&letters, &mut add);
        nested(&letters, &mut add);
        out
    }

    fn forms_of_letters(&self, letters: &[char], add: &mut impl FnMut(&'static str, u8, String)) {
        let with = |at: usize, text: &str| -> String {
            let letter = |(index, c): (usize, &char)| if index == at { text.to_owned() } else { c.to_string() };
            letters.iter().enumerate().map(letter).collect()
        };
        let none: Vec<char> = Vec::new();
        let mut longest = 0;
        for (at, c) in letters.iter().enumerate() {
            let forms = self.forms.get(c).unwrap_or(&none);
            longest = longest.max(forms.len());
            for form in forms {
                add("traditional", 1, with(at, &form.to_string()));
            }
            for form in self.compatible.get(c).unwrap_or(&none) {
                let (class, level) = match *form {
                    '\u{FF00}'..='\u{FFEF}' => ("width", 1),
                    '\u{2E80}'..='\u{2FDF}' => ("radical", 1),
                    _ if c.is_ascii_digit() => ("numeral", 2),
                    _ => ("compatibility", 1),
                };
                add(class, level, with(at, &form.to_string()));
            }
            if let Some((_, others)) = LOOKALIKES.iter().find(|(own, _)| own == c) {
                others.chars().for_each(|other| add("look-alike", 2, with(at, &other.to_string())));
            }
        }
        for turn in 0..longest {
            let all = letters.iter().map(|c| match self.forms.get(c) {
                Some(forms) => forms[turn % forms.len()],
                None => *c,
            });
            add("traditional", 1, all.collect());
        }
        let text: String = letters.iter().collect();
        add("case", 1, text.to_lowercase());
        add("case", 1, text.to_uppercase());
        for digits in ["〇一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖"] {
            let digit = |c: &char| c.to_digit(10).and_then(|value| digits.chars().nth(value as usize)).unwrap_or(*c);
            add("numeral in Chinese", 2, letters.iter().map(digit).collect());
            let value = |c: &char| digits.chars().position(|digit| digit == *c);
            let arabic = |c: &char| value(c).and_then(|value| char::from_digit(value as u32, 10)).unwrap_or(*c);
            add("numeral in Arabic", 2, letters.iter().map(arabic).collect());
        }
    }

    fn between_letters(&self, letters: &[char], turn: usize, add: &mut impl FnMut(&'static str, u8, String)) {
        let joined = |by: &str| letters.iter().map(char::to_string).collect::<Vec<_>>().join(by);
        let at = |at: usize, by: &str| -> String {
            let (before, after) = letters.split_at(at);
            before.iter().collect::<String>() + by + &after.iter().collect::<String>()
        };
        let list = |from: &[char], count: usize| -> Vec<char> {
            (0..count).map(|index| from[(turn * count + index) % from.len()]).collect()
        };
        for (index, c) in list(&self.invisible, 60).into_iter().enumerate() {
            add("invisible", 1, joined(&c.to_string()));
            add("invisible", 1, at(1 + index % (letters.len() - 1), &c.to_string().repeat(1 + index % 9)));
        }
        add("invisible", 1, joined(&"\u{200B}\u{2060}\u{FEFF}".repeat(40)));
        for (index, c) in list(&self.gaps, 60).into_iter().enumerate() {
            add("gap", 2, joined(&c.to_string()));
            add("gap", 2, at(1 + index % (letters.len() - 1), &c.to_string().repeat(1 + index % 6)));
        }
        for by in ["\r\n", "\n\n", "\r\n\u{3000}\u{3000}", " \u{200B} ", "……", "——", "\u{200B}·\u{200B}", " / "]
        {
            add("gap", 2, joined(by));
        }
        for (open, close) in TAGS {
            add("tags", 2, letters.iter().map(|c| format!("{open}{c}{close}")).collect());
            for place in 1..letters.len() {
                let (before, after) = letters.split_at(place);
                let (before, after): (String, String) = (before.iter().collect(), after.iter().collect());
                add("tags", 2, format!("{before}{open}{after}{close}"));
            }
        }
    }

    fn split_letters(&self, letters: &[char], add: &mut impl FnMut(&'static str, u8, String)) {
        for (at, c) in letters.iter().enumerate() {
            for parts in self.splits.get(c).into_iter().flatten() {
                let letter = |(index, c): (usize, &char)| if index == at { (*parts).into() } else { c.to_string() };
                add("split", 3, letters.iter().enumerate().map(letter).collect());
            }
        }
        let letter = |c: &char| self.splits.get(c).map_or_else(|| c.to_string(), |parts| parts[0].to_owned());
        add("split", 3, letters.iter().map(letter).collect());
    }

    /// A word with everything at once that `level` promises to undo, letter by letter.
    pub(in crate::gate) fn mixed(&self, word: &str, level: u8, random: &mut Random) -> String {
        let mut out = String::new();
        let count = word.chars().count();
        for (index, c) in word.chars().enumerate() {
            let ways = [1, 4, 7, 9][usize::from(level)];
            let written = match random.below(ways) {
                1 => self.forms.get(&c).map(|forms| random.of(forms).to_string()),
                2 => self.compatible.get(&c).map(|forms| random.of(forms).to_string()),
                3 => c.is_ascii_lowercase().then(|| c.to_ascii_uppercase().to_string()),
                4 => Some(decimal(c)),
                5 => Some(format!("&#x{:x};", c as u32)),
                6 => LOOKALIKES.iter().find(|(own, _)| *own == c).map(|(_, others)| {
                    let others: Vec<char> = others.chars().collect();
                    random.of(&others).to_string()
                }),
                7 => Some(percent(c.to_string().as_bytes())),
                8 => Some(escape(c)),
                _ => None,
            };
            // a digit in another form is a numeral, which level 1 does not promise
            let plain = level < 2 && c.is_ascii_digit();
            out.push_str(&written.filter(|_| !plain).unwrap_or_else(|| c.to_string()));
            if index + 1 == count {
                continue;
            }
            match random.below([1, 3, 6, 6][usize::from(level)]) {
                1 | 2 => (0..1 + random.below(3)).for_each(|_| out.push(random.of(&self.invisible))),
                3 => (0..1 + random.below(3)).for_each(|_| out.push(random.of(&self.gaps))),
                4 => out.push_str(random.of(&TAGS).0),
                _ => {}
            }
        }
        out
    }
}

fn encoded_letters(letters: &[char], add: &mut impl FnMut(&'static str, u8, String)) {
    type Way = (&'static str, u8, fn(char) -> String);
    let ways: [Way; 14] = [
        ("entity", 2, decimal),
        ("entity", 2, |c| format!("&#{:08};", c as u32)),
        ("entity", 2, |c| format!("&#x{:x};", c as u32)),
        ("entity", 2, |c| format!("&#X{:X};", c as u32)),
        ("entity unclosed", 2, |c| format!("&#{} ", c as u32)),
        ("entity twice", 2, |c| format!("&amp;#{};", c as u32)),
        ("percent", 3, |c| percent(c.to_string().as_bytes())),
        ("percent", 3, |c| percent(c.to_string().as_bytes()).to_lowercase()),
        ("percent u", 3, |c| escape(c).replace('\\', "%")),
        ("percent twice", 3, |c| percent(c.to_string().as_bytes()).replace('%', "%25")),
        ("escape", 3, escape),
        ("escape", 3, |c| escape(c).to_uppercase().replace("\\U", "\\u")),
        ("escape", 3, |c| format!("\\u{{{:x}}}", c as u32)),
        ("escape", 3, |c| format!("\\x{{{:X}}}", c as u32)),
    ];
    for (class, level, write) in ways {
        add(class, level, letters.iter().map(|c| write(*c)).collect());
        for at in 0..letters.len() {
            let letter = |(index, c): (usize, &char)| if index == at { write(*c) } else { c.to_string() };
            add(class, level, letters.iter().enumerate().map(letter).collect());
        }
    }
}

fn encoded_words(word: &str, add: &mut impl FnMut(&'static str, u8, String)) {
    let sentence = format!("关于{word}的有关情况说明如下");
    add("percent GB18030", 3, percent(&gb18030(word)));
    for text in [word, sentence.as_str()] {
        for bytes in [text.as_bytes().to_vec(), gb18030(text), utf16(text, false), utf16(text, true)] {
            add("base64", 3, STANDARD.encode(&bytes));
            // six letters alone are every other word of English
            if bytes.len() >= 6 {
                add("base64", 3, STANDARD_NO_PAD.encode(&bytes));
            }
            add("base64", 3, URL_SAFE.encode(&bytes));
            add("base64", 3, format!("data:text/plain;base64,{}", STANDARD.encode(&bytes)));
        }
    }
    let lines = STANDARD.encode(sentence.repeat(4));
    let lines: Vec<&str> = lines.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    add("base64 in lines", 3, lines.join("\r\n"));
    let reversed: String = word.chars().rev().collect();
    add("reversed", 3, format!("\u{202E}{reversed}\u{202C}"));
    add("reversed", 3, format!("\u{202E}{reversed}\n"));
    let (first, rest): (String, String) = (word.chars().take(1).collect(), word.chars().skip(1).collect());
    add("reversed", 3, format!("{first}\u{202E}{}\u{202C}", rest.chars().rev().collect::<String>()));
    let rubies: String = word.chars().map(|c| format!("<ruby>{c}<rt>xx</rt></ruby>")).collect();
    add("ruby", 3, rubies);
    let with_parentheses: String =
        word.chars().map(|c| format!("<ruby>{c}<rp>(</rp><rt>xx</rt><rp>)</rp></ruby>")).collect();
    add("ruby", 3, with_parentheses);
}

/// Up to three layers of encoding.
fn nested(letters: &[char], add: &mut impl FnMut(&'static str, u8, String)) {
    let word: String = letters.iter().collect();
    let entities: String = letters.iter().map(|c| decimal(*c)).collect();
    let escapes: String = letters.iter().map(|c| escape(*c)).collect();
    let percents = percent(word.as_bytes());
    add("nested", 3, percent(entities.as_bytes()));
    add("nested", 3, percent(escapes.as_bytes()));
    add("nested", 3, percent(percent(percents.as_bytes()).as_bytes()));
    add("nested", 3, percents.replace('%', "&#37;"));
    add("nested", 3, percents.replace('%', "&#37;").replace('&', "%26"));
    add("nested", 3, escapes.replace('\\', "&#92;"));
    add("nested", 3, escapes.replace('\\', "%5C"));
    add("nested", 3, percent(STANDARD.encode(&word).as_bytes()));
    add("nested", 3, letters.iter().map(|c| format!("<b>{}</b>", percent(c.to_string().as_bytes()))).collect());
}
