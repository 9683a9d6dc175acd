//! Split characters 拆字: a character written as its parts side by side, 木几 for 机.
//!
//! Owns the parts of the characters of markings. Expansion is on the side of the term, so it is exact, and bounded by
//! [`MOST`] forms a term. Written for this project; only forms that a reader would take for the character.

/// Forms of one term, at most.
pub(super) const MOST: usize = 64;

const PARTS: [(char, &[&str]); 58] = [
    ('绝', &["丝色", "纟色", "糹色", "幺色"]),
    ('机', &["木几", "木幾"]),
    ('秘', &["禾必"]),
    ('密', &["宀必山", "宓山"]),
    ('国', &["囗玉", "口玉"]),
    ('家', &["宀豕"]),
    ('内', &["冂人"]),
    ('部', &["立口阝", "咅阝", "音阝"]),
    ('级', &["丝及", "纟及", "糹及"]),
    ('保', &["亻呆", "人呆", "亻口木"]),
    ('文', &["亠乂"]),
    ('件', &["亻牛", "人牛"]),
    ('外', &["夕卜"]),
    ('传', &["亻专", "人专"]),
    ('作', &["亻乍", "人乍"]),
    ('使', &["亻吏", "人吏"]),
    ('资', &["次贝"]),
    ('料', &["米斗"]),
    ('注', &["水主", "氵主"]),
    ('意', &["音心", "立日心"]),
    ('存', &["一人子", "一亻子", "才子"]),
    ('期', &["其月"]),
    ('限', &["阝艮"]),
    ('严', &["亚厂"]),
    ('禁', &["林示", "木木示"]),
    ('供', &["亻共", "人共"]),
    ('涉', &["氵步", "水步"]),
    ('党', &["尚儿"]),
    ('收', &["丩攵"]),
    ('回', &["囗口"]),
    ('阅', &["门兑"]),
    ('即', &["艮卩"]),
    ('焚', &["林火", "木木火"]),
    ('得', &["彳日一寸", "彳旦寸"]),
    ('账', &["贝长"]),
    ('号', &["口丂"]),
    ('证', &["讠正", "言正"]),
    ('份', &["亻分", "人分"]),
    ('银', &["钅艮", "金艮"]),
    ('行', &["彳亍"]),
    ('联', &["耳关"]),
    ('系', &["丿糸"]),
    ('电', &["日乚"]),
    ('话', &["讠舌", "言舌"]),
    ('庭', &["广廷"]),
    ('住', &["亻主", "人主"]),
    ('址', &["土止"]),
    ('征', &["彳正"]),
    ('稿', &["禾高"]),
    ('请', &["讠青", "言青"]),
    ('转', &["车专"]),
    ('围', &["囗韦"]),
    ('会', &["人云"]),
    ('后', &["厂一口"]),
    ('公', &["八厶"]),
    ('开', &["一廾"]),
    ('仅', &["亻又", "人又"]),
    ('未', &["一木"]),
];

/// The forms of `term` with at least one character split; `term` in folded letters. Where all combinations are too
/// many, those of the usual parts come first.
pub(super) fn forms(term: &[char]) -> Vec<Vec<char>> {
    let parts: Vec<&[&str]> =
        term.iter().map(|c| PARTS.iter().find(|(whole, _)| whole == c).map_or(&[][..], |(_, parts)| *parts)).collect();
    let combinations = |most: usize| parts.iter().map(|parts| 1 + parts.len().min(most)).product::<usize>();
    let alternatives = (1..=4).rev().find(|most| combinations(*most) <= MOST + 1).unwrap_or(1);
    let mut forms: Vec<(Vec<char>, bool)> = vec![(Vec::new(), false)];
    for (c, parts) in term.iter().zip(&parts) {
        let mut longer = Vec::new();
        for (form, split) in &forms {
            for part in parts.iter().take(alternatives) {
                let mut other = form.clone();
                other.extend(part.chars());
                longer.push((other, true));
            }
            let mut whole = form.clone();
            whole.push(*c);
            longer.push((whole, *split));
        }
        longer.truncate(MOST + 1);
        forms = longer;
    }
    forms.into_iter().filter(|(_, split)| *split).take(MOST).map(|(form, _)| form).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_split_alone_and_together() {
        let term: Vec<char> = "机密".chars().collect();
        let forms: Vec<String> = forms(&term).into_iter().map(|form| form.into_iter().collect()).collect();
        for form in ["木几密", "机宀必山", "木几宀必山", "机宓山"] {
            assert!(forms.iter().any(|found| found == form), "{form}");
        }
        assert!(!forms.iter().any(|form| form == "机密"));
    }
}
