//! Mobile numbers of persons.
//!
//! Source: 工业和信息化部 numbering plan, 1[3-9] and nine digits, +86 before it or not. Numbers of duty rooms and of
//! the contact person of a notice are public: beside such words a number passes. Amounts pass too.

use super::{Sighting, Window, written};
use crate::screen::numbers::Number;

const NEAR: usize = 30;
/// Words before a number that make it a public one.
const PUBLIC: [&str; 22] = [
    "联系电话",
    "咨询",
    "举报",
    "监督",
    "投诉",
    "热线",
    "值班",
    "服务电话",
    "办公电话",
    "联系人",
    "联系方式",
    "报名",
    "预约",
    "受理",
    "客服",
    "传真",
    "电话微信",
    "业务",
    "求助",
    "报警",
    "应急",
    "商务",
];
/// Words that make it a person's, whatever else stands there.
const PRIVATE: [&str; 9] = ["身份证", "住址", "家庭", "患者", "学生", "监护人", "户主", "本人", "申请人"];

pub(super) fn look(window: Window<'_>, number: &Number) -> Option<Sighting> {
    let digits = match number.digits.as_slice() {
        [8, 6, rest @ ..] if rest.len() == 11 => rest,
        all if all.len() == 11 => all,
        _ => return None,
    };
    if digits[0] != 1
        || digits[1] < 3
        || digits.iter().any(|digit| *digit > 9)
        || number.chinese && number.groups.len() > 1
    {
        return None;
    }
    let apart =
        !matches!(number.groups.as_slice(), [_] | [3, 4, 4] | [2, 11] | [2, 3, 4, 4] | [3, 3, 5] | [3, 8] | [7, 4]);
    let measured = window.after(number.end, 1).first().is_some_and(|c| {
        matches!(
            c.char,
            '元' | '万'
                | '亿'
                | '吨'
                | '只'
                | '人'
                | '户'
                | '米'
                | '平'
                | '公'
                | '千'
                | '号'
                | '%'
                | '％'
                | '个'
                | '家'
                | '件'
        )
    });
    if measured || (apart && number.groups.len() != digits.len()) {
        return None;
    }
    let before = window.letters_before(number.start, NEAR);
    let holds = |words: &[&str]| words.iter().any(|word| before.contains(word));
    // a list of numbers: look past the number before this one
    let listed = window.letters_before(number.start, NEAR + 24);
    let public = holds(&PUBLIC) || PUBLIC.iter().any(|word| listed.contains(word));
    if public && !holds(&PRIVATE) {
        return None;
    }
    Some(Sighting {
        start: number.start,
        end: number.end,
        certain: true,
        level: None,
        plain: written(number),
        why: "手机号码:前文没有公务联系电话字样,疑似个人号码".to_owned(),
    })
}
