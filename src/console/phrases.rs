//! What the collector and the readers say of trouble, in Chinese, for people who act on it.
//!
//! They write one English sentence with numbers and addresses in it. The page leads with the Chinese phrase that the
//! sentence is known by and keeps the sentence beside it; a sentence that is not known here stands alone.

use super::words::Tongue;

/// A sentence of the inside, for people.
pub(super) struct Said {
    /// What to read first.
    pub(super) lead: String,
    /// The sentence itself, where the lead is another.
    pub(super) exact: String,
}

/// Longest sentence that is shown, in characters.
const LONGEST: usize = 300;

/// Words by which a sentence is known, and what they mean. The first that fits counts.
const PHRASES: [(&str, &str); 51] = [
    // reading
    ("no text layer", "扫描件或图片，没有可读的文字"),
    ("a picture, whose words", "图片，其中的文字无法读取"),
    ("needs a password", "加密文件，需要密码"),
    ("an old binary office file", "旧版二进制 Office 文件，或有密码"),
    ("an archive", "压缩包"),
    ("holds macros", "含有宏"),
    ("which is not read", "含有不能读取的部分"),
    ("its embedded files cannot be read", "嵌入的文件不能读取"),
    ("is not what its name says", "文件内容与扩展名不符"),
    ("no reader for files of this kind", "不支持的文件类型"),
    ("the PDF is damaged", "PDF 已损坏"),
    ("is damaged", "文件已损坏"),
    ("pin the charset", "有字符不能按声明的编码解读；可为此来源固定编码"),
    ("wrongly decoded Chinese", "疑似乱码"),
    ("has no pages", "文件没有页面"),
    ("took longer than", "读取超时"),
    ("the reader crashed", "读取程序异常结束"),
    ("the reader panicked", "读取程序异常结束"),
    ("unpacks to more than", "解压后过大"),
    ("nested deeper than", "嵌套过深"),
    ("two parts have one name", "文件内部结构异常"),
    ("more operators than are read", "页面过于复杂，未能读完"),
    ("screening took too long", "筛查超时"),
    ("the page has no title", "页面没有标题"),
    ("no body was found", "页面没有找到正文"),
    // collecting
    ("is outside the source", "网址不属于此来源"),
    ("add the range to `allow`", "指向内部地址，已拒绝"),
    ("robots.txt forbids", "对方不允许抓取"),
    ("name not found", "域名无法解析"),
    ("no connection", "无法连接"),
    ("TLS failed", "加密连接失败"),
    ("no complete answer within", "对方响应超时"),
    ("broken answer", "对方响应不完整"),
    ("headers larger than", "响应头过大"),
    ("body larger than", "内容过大"),
    ("body inflates more than", "压缩内容异常膨胀"),
    ("body cannot be decoded", "内容无法解码"),
    ("with a challenge", "被对方的防护拦截，请联系对方放行"),
    ("a challenge came instead", "被对方的防护拦截，请联系对方放行"),
    ("ask later", "对方要求稍后再来"),
    ("to be left alone for", "对方要求稍后再来"),
    ("redirects in a loop", "循环跳转"),
    ("redirects, the last to", "跳转次数过多"),
    ("without a usable Location", "跳转没有目标"),
    ("the list is gone", "列表页已不存在"),
    ("declares", "列表声明的条数与找到的不符"),
    ("the declared total changed", "读取期间列表有变动，将重新读取"),
    ("no entries", "列表中没有条目：可能在维护，或网站已改版"),
    ("requests failed", "部分请求失败"),
    ("the server answered", "对方返回错误"),
    ("the list cannot be", "列表页无法读取"),
];

/// Puts a sentence into words of the page's language.
pub(super) fn said(tongue: Tongue, sentence: &str) -> Said {
    let exact: String = sentence.chars().take(LONGEST).collect();
    let known = PHRASES.iter().find(|(words, _)| sentence.contains(words)).map(|(_, chinese)| (*chinese).to_owned());
    match known.filter(|_| tongue == Tongue::Chinese) {
        Some(lead) => Said { lead, exact },
        None => Said { lead: exact, exact: String::new() },
    }
}

/// A place that the readers name, in words: parts of it that are not names of files.
pub(super) fn place(tongue: Tongue, place: &str) -> String {
    if tongue == Tongue::English {
        return place.to_owned();
    }
    place.replace("without tags", "去除标签后").replace(": page ", "：第 ").replace("attachment url", "附件地址")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sentences_lead_with_chinese_and_keep_themselves() {
        let words = said(Tongue::Chinese, "took longer than 20 s to read");
        assert_eq!((words.lead.as_str(), words.exact.as_str()), ("读取超时", "took longer than 20 s to read"));
        let new = said(Tongue::Chinese, "something new");
        assert_eq!((new.lead.as_str(), new.exact.as_str()), ("something new", ""));
        assert_eq!(said(Tongue::English, "no text layer").lead, "no text layer");
        assert_eq!(said(Tongue::Chinese, &"长".repeat(999)).lead.chars().count(), LONGEST);
    }

    #[test]
    fn what_one_phrase_holds_no_later_phrase_hides() {
        for (at, (words, _)) in PHRASES.iter().enumerate() {
            let first = PHRASES.iter().position(|(other, _)| words.contains(other));
            assert_eq!(first, Some(at), "{words}");
        }
    }
}
