//! The errors and remarks of the rules in Chinese, for officers.
//!
//! Owns the catalogue `errors.zh.tsv` beside the English messages; JSON keeps the English ones. A message that the
//! catalogue does not know is shown as it is, never left out; a test walks through what the loader can say.

use super::errors::RuleError;

/// The cures of errors whose words are the parser's own.
const TOML: &str = "write it as TOML";
const MEND: &str = "mend the file first";
const CATALOGUE: &str = include_str!("errors.zh.tsv");

impl RuleError {
    /// The whole message in Chinese: where, what is wrong, what to do.
    #[must_use]
    pub fn chinese(&self) -> String {
        let line = self.line.map_or(String::new(), |line| format!(" 第{line}行"));
        let cell = self.cell.as_ref().map_or(String::new(), |cell| format!(" [{cell}]"));
        format!("{}{line}{cell}:{};改法:{}", self.file, self.what_chinese(), self.cure_chinese())
    }

    /// What is wrong, in Chinese.
    #[must_use]
    pub fn what_chinese(&self) -> String {
        // What the parser of TOML says has no end of forms; where it is, the line says.
        let parser = self.cure.starts_with(TOML) || self.cure == MEND;
        let other = || if parser { "不符合 TOML 的写法".to_owned() } else { self.what.clone() };
        translate(&self.what).unwrap_or_else(other)
    }

    /// What to do, in Chinese.
    #[must_use]
    pub fn cure_chinese(&self) -> String {
        translate(&self.cure).unwrap_or_else(|| self.cure.clone())
    }
}

fn translate(message: &str) -> Option<String> {
    let entries = CATALOGUE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    entries.into_iter().find_map(|(english, chinese)| Some(fill(chinese, &values(english, message)?)))
}

/// What stands in the places of a pattern; nothing where the message is another one.
fn values<'a>(pattern: &str, message: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = pattern.split("{}");
    let mut rest = message.strip_prefix(parts.next()?)?;
    let mut values = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        // the last part ends the message
        let at = if parts.peek().is_some() { rest.find(part)? } else { rest.len().checked_sub(part.len())? };
        if !rest.get(at..)?.starts_with(part) {
            return None;
        }
        values.push(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    rest.is_empty().then_some(values)
}

fn fill(pattern: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let mut parts = pattern.split("{}");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(values.next().copied().unwrap_or_default());
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::{RuleBundle, RuleSet};

    fn said(rule: &str, dictionary: &str) -> Vec<RuleError> {
        said_with(rule, ("dictionaries/d.csv", dictionary))
    }

    fn said_with(rule: &str, beside: (&str, &str)) -> Vec<RuleError> {
        let files = [("rules/a.toml", rule), beside];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned())).into_iter().collect();
        match RuleSet::from_bundle(&RuleBundle { files }) {
            Ok(set) => set.lints().iter().map(|lint| lint.0.clone()).collect(),
            Err(errors) => errors.0,
        }
    }

    const RULE: &str = "[[rule]]\nid = \"A\"\nname = \"a\"\nlevel = \"机密\"\naction = \"阻断\"\nterms = [\"甲乙丙\"]\nreview_date = \
                        2027-01-01\npositive = [\"甲乙丙\", \"甲 乙丙\", \"x甲乙丙\"]\nnegative = [\"甲\", \"乙\", \"丙\"]\n";
    const WORDS: &str = "词,变体\n子丑寅,\n";

    /// A file of fingerprints, and what is left of it in many ways: each line lost, cut or spoilt, with a sum that holds.
    fn documents() -> Vec<String> {
        let mut registrar = crate::screen::Registrar::begin("登记件", "2026-11-25".into(), None).unwrap();
        let text: String = ('一'..).take(900).collect();
        registrar.add([text.as_str()]).unwrap();
        let whole = registrar.finish().text();
        let lines: Vec<&str> = whole.lines().collect();
        let with_sum = |lines: &[&str]| {
            let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
            format!("{text}sum {}\n", crate::model::Digest::of(text.as_bytes()))
        };
        let mut all = vec![whole.clone(), format!("{whole}x\n"), whole.replace("sum ", "sum 0")];
        for at in 0..lines.len() {
            all.push(lines[..at].join("\n"));
            let word = lines[at].split(' ').next().unwrap();
            for other in [word.to_owned(), format!("{word} 0"), format!("{word} 机密★1年"), format!("{} 0f", lines[at])]
            {
                let mut changed = lines[..lines.len() - 1].to_vec();
                if let Some(line) = changed.get_mut(at) {
                    *line = &other;
                }
                all.push(with_sum(&changed));
            }
        }
        all
    }

    /// What is said of files of fingerprints alone.
    fn spoilt(documents: &[String]) -> Vec<RuleError> {
        let (folds, mut report) = (crate::screen::fold::FoldTable::build(), crate::screen::errors::Report::default());
        for text in documents {
            crate::screen::fingerprint::read("dictionaries/d.fingerprints", text, &folds, &mut report);
        }
        report.errors.into_iter().chain(report.lints.into_iter().map(|lint| lint.0)).collect()
    }

    #[test]
    fn every_message_has_its_chinese() {
        let change = |from: &str, to: &str| RULE.replace(from, to);
        let rules = [
            RULE.to_owned(),
            String::new(),
            "= x".into(),
            "rule = 1\nx = 2".into(),
            "[[rule]]\n".into(),
            format!("{RULE}{RULE}"),
            change("id = \"A\"", "id = \"甲\""),
            change("name = \"a\"", "name = 7"),
            change("机密", "极密"),
            change("阻断", "删除"),
            change("terms = [\"甲乙丙\"]", "terms = [\"甲\", \"。\", \"\", 7]"),
            change("terms = [\"甲乙丙\"]", "terms = 7"),
            change("terms = [\"甲乙丙\"]", "terms = []"),
            change("terms = [\"甲乙丙\"]", "template = \"无\""),
            change("terms = [\"甲乙丙\"]", "template = \"手机号\"\nvariants = 4\nexceptions = [\"甲\"]"),
            change("terms = [\"甲乙丙\"]", "template = \"手机号\"\nterms = [\"甲乙\"]"),
            change("terms = [\"甲乙丙\"]", "dictionary = \"x.csv\""),
            change("2027-01-01", "7"),
            change("review_date", "# "),
            change("\"x甲乙丙\"", "\"无关\""),
            change("\"丙\"]", "\"甲乙丙\"]"),
            change(", \"丙\"]", "]"),
            change(", \"x甲乙丙\"]", "]"),
            change("positive", "# "),
            change("negative", "# "),
            format!("{RULE}exceptions = [\"甲乙丙\", \"丁戊\"]\n"),
            format!("{RULE}scope = {{}}\nnear = {{ any = [] }}\nvariants = 9\ncolour = 1\n"),
            format!("{RULE}scope = {{ fields = [\"x\"], kinds = [], units = [\"甲\"], x = 1 }}\n"),
            format!("{RULE}scope = 1\nnear = 1\n"),
            format!("{RULE}near = {{ any = [\"子\"], same = \"页\", x = 1 }}\n"),
            format!("{RULE}drafted_by = \"甲\"\napproved_by = \"甲\"\nbasis = \"法\"\n"),
        ];
        let words = [
            WORDS,
            "",
            "词\n",
            "单词,词\n甲乙,\n",
            "词,词\n甲乙,甲乙\n",
            "级别\n机密\n",
            "词,级别,处置,变体,复核日期\n甲乙,x,y,z,w\n,机密,,,\n",
            "词,变体\n甲乙,4\n丙丁,3\n丙丁,2\n",
            "词,备注\n甲乙,机密★1年\n",
        ];
        let documents = documents();
        let named =
            change("terms = [\"甲乙丙\"]", "fingerprints = \"d.fingerprints\"\nterms = []\npassage = 1\nshare = 2");
        let printed = [
            said_with(&named, ("dictionaries/d.fingerprints", &documents[0])),
            said(&named.replace("terms = []\npassage = 1\nshare = 2", ""), WORDS),
            said(&format!("{RULE}share = 1\n"), WORDS),
            spoilt(&documents),
        ];
        let all = rules.iter().map(|rule| said(rule, WORDS)).chain(words.iter().map(|words| said(RULE, words)));
        let all = all.chain(printed);
        let mut seen = 0;
        for error in all.flatten() {
            // the words of the TOML parser are its own
            let parser = error.cure.starts_with("write it as TOML");
            assert!(parser || translate(&error.what).is_some(), "{}", error.what);
            assert!(translate(&error.cure).is_some(), "{}", error.cure);
            seen += 1;
        }
        assert!(seen > 60, "{seen}");
    }

    #[test]
    fn the_places_are_filled() {
        let error = RuleError {
            file: "rules/a.toml".into(),
            line: Some(7),
            cell: Some("positive".into()),
            what: "rule BM-1 does not find its own example \"甲\"".into(),
            cure: "correct the rule or the example".into(),
        };
        assert_eq!(
            error.chinese(),
            "rules/a.toml 第7行 [positive]:规则BM-1查不出自己的正例\"甲\";改法:改正规则,或改正例子"
        );
    }
}
