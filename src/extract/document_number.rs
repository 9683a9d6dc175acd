//! 文号: the number of an official document, `机关代字〔年〕序号`.
//!
//! Source: GB/T 9704-2012 7.2.5 (year in full, in 〔〕, no 第 before the number). Pages write it with any bracket, with
//! spaces, full-width digits and a label; [`normalise`] gives the one form `衢政办发〔2008〕12号`.

/// The normal form of a text that is one document number and nothing else, with or without its label.
#[must_use]
pub fn normalise(text: &str) -> Option<String> {
    let squeezed: String = text.chars().filter_map(fold).collect();
    let squeezed = strip_label(&squeezed);
    let open = squeezed.find('〔')?;
    let (prefix, rest) = squeezed.split_at(open);
    let (year, rest) = rest.strip_prefix('〔')?.split_once('〕')?;
    let number = rest.strip_prefix('第').unwrap_or(rest).strip_suffix('号')?;
    let prefix_fits = (1..=20).contains(&prefix.chars().count())
        && prefix.chars().all(|c| is_han(c) || c.is_ascii_alphanumeric() || matches!(c, '-' | '、'));
    let year_fits = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let number_fits = (1..=9).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && number.bytes().any(|byte| byte.is_ascii_digit());
    (prefix_fits && year_fits && number_fits).then(|| {
        let digits = number.trim_start_matches('0');
        format!("{prefix}〔{year}〕{}号", if digits.is_empty() { number } else { digits })
    })
}

/// The number that a metadata label names: the normal form, or a form of its own such as `2018年第12号`.
pub(crate) fn of_label(value: &str) -> Option<String> {
    normalise(value).or_else(|| {
        let squeezed: String = value.chars().filter(|c| !c.is_whitespace() && *c != '\u{3000}').collect();
        let fits = squeezed.contains('号')
            && squeezed.chars().any(|c| c.is_ascii_digit() || is_han_digit(c))
            && squeezed.chars().count() <= 40;
        fits.then_some(squeezed)
    })
}

/// The first line of a body that is a document number and nothing else, among its first lines.
pub(crate) fn of_lines(text: &str) -> Option<String> {
    text.lines().take(40).filter(|line| line.chars().count() <= 48).find_map(normalise)
}

fn strip_label(text: &str) -> &str {
    ["发文字号:", "文件编号:", "文件号:", "文号:", "发文字号", "字号:"]
        .iter()
        .find_map(|label| text.strip_prefix(label))
        .unwrap_or(text)
}

fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{2FA1F}')
}

fn is_han_digit(character: char) -> bool {
    "〇○零一二三四五六七八九十百".contains(character)
}

/// Half width, one bracket, no spaces, no zero-width characters.
fn fold(character: char) -> Option<char> {
    Some(match character {
        c if c.is_whitespace() => return None,
        '\u{3000}' | '\u{00A0}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}' => return None,
        '[' | '［' | '【' | '﹝' | '〖' | '{' | '｛' | '〈' | '<' | '＜' | '（' | '(' | '❲' | '⦗' | '〔' => {
            '〔'
        }
        ']' | '］' | '】' | '﹞' | '〗' | '}' | '｝' | '〉' | '>' | '＞' | '）' | ')' | '❳' | '⦘' | '〕' => {
            '〕'
        }
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(character as u32 - 0xFEE0).unwrap_or(character),
        '–' | '—' => '-',
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bracket_and_width_gives_one_form() {
        for text in [
            "衢政办发〔2008〕12号",
            "衢政办发[2008]12号",
            "衢政办发［２００８］１２号",
            "衢政办发（2008）12号",
            "衢政办发(2008)第12号",
            "衢政办发【2008】12 号",
            "文　号：衢政办发﹝2008﹞ 12号",
            "发文字号: 衢政办发〔2008〕012号",
        ] {
            assert_eq!(normalise(text).as_deref(), Some("衢政办发〔2008〕12号"), "{text}");
        }
    }

    #[test]
    fn it_is_a_fixed_point_and_refuses_sentences() {
        assert_eq!(normalise(&normalise("国办发明电[2018]15号").unwrap()).as_deref(), Some("国办发明电〔2018〕15号"));
        assert_eq!(normalise("根据《通知》（国办发〔2006〕104号）精神"), None);
        assert_eq!(normalise("第十二届（2018）号"), None);
        assert_eq!(of_label("2018年第12号").as_deref(), Some("2018年第12号"));
    }
}
