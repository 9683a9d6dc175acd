//! The words of the rule desk: Chinese and English side by side, one line a word; and what the loader and the two-person
//! change say, in words of an officer. What is not known here is shown as it stands, so nothing is ever hidden.

use super::words::Tongue;
use crate::flow::FlowError;
use crate::flow::officer_key::KeyError;
use crate::flow::rule_diff::RuleChange;
use crate::screen::RuleError;

macro_rules! rule_words {
    ($($name:ident: $chinese:literal, $english:literal;)*) => {
        /// Every word of the rule desk.
        pub(super) struct RuleWords {
            $(#[doc = $english] pub(super) $name: &'static str,)*
        }
        const CHINESE: RuleWords = RuleWords { $($name: $chinese,)* };
        const ENGLISH: RuleWords = RuleWords { $($name: $english,)* };
    };
}

rule_words! {
    rules: "规则", "Rules";
    lead: "现行规则决定什么不得公开。改动须由一名保密员提出、另一名保密员批准，双方签名后一秒内生效。", "These rules decide what must not become public. A change is proposed by one officer, approved by another, signed by both, and in force within a second.";
    add_word: "加一个词", "Add a word";
    history: "规则变更史", "History of changes";
    back: "返回规则", "Back to the rules";
    search: "查找规则或词", "Find a rule or a word";
    find: "查找", "Find";
    nothing_found: "没有符合的规则。", "No rule fits.";
    in_force: "现行规则集", "Set in force";
    since: "生效时间", "Since";
    proposed_by: "提出", "Proposed by";
    approved_by: "批准", "Approved by";
    shipped: "随程序提供，由本系统签名", "came with the program, signed by this system";
    signed_both: "双方签名有效", "both officers' signatures hold";
    expired_some: "条规则或词已过复核日期。它们继续生效，请复核后设定新的日期。", "rules or words are past their review date. They go on working; look at them again and set a new date.";
    open_proposals: "待批准的改动", "Changes that wait for approval";
    number: "编号", "Number";
    note: "说明", "Note";
    when: "时间", "When";
    rule: "规则", "Rule";
    level: "级别", "Level";
    action: "处置", "Action";
    variants: "变体等级", "Variant level";
    hits_30: "近 30 天命中", "Hits in 30 days";
    hits_365: "近 12 个月命中", "Hits in 12 months";
    false_365: "其中误报", "False hits";
    review: "复核日期", "Review date";
    expired: "已过期，仍在生效", "expired, still in force";
    undated: "未定", "none";
    rescreen: "按新规则重新筛查", "Screening under the new rules";
    rescreen_done: "按新规则重新筛查已完成", "Screening under the new rules is done";
    screened: "已筛查", "Screened";
    of: "共", "of";
    withdrawn: "已撤下", "Taken off";
    // a rule
    catches: "查找什么，为什么", "What it catches, and why";
    guards: "保护的级别", "Guards";
    reads: "查看的部分", "Reads";
    everything: "全部", "everything";
    undoes: "能识破的变体", "Undoes";
    basis: "依据", "Basis";
    no_basis: "未写", "none given";
    looks_for: "查找", "Looks for";
    terms: "词", "Words";
    near: "邻近条件", "Nearness";
    exceptions: "例外（命中完全落在例外之内才放行）", "Exceptions (a hit is excused only inside one)";
    none: "无", "none";
    positive: "应当命中的样例", "Examples that it catches";
    negative: "不应命中的样例", "Examples that it lets pass";
    file: "所在文件", "Written in";
    figures: "命中情况", "Figures";
    blocked: "阻断", "blocked";
    held: "保密审查", "held";
    noted: "提示", "noted";
    false_hits: "误报", "false hits";
    openings: "隔离内容查看次数", "openings in quarantine";
    days_30: "近 30 天", "30 days";
    days_365: "近 12 个月", "12 months";
    past: "改动记录", "Changes of this rule";
    no_past: "没有改动记录。", "No change is on record.";
    change: "改动这条规则", "Change this rule";
    change_help: "任何改动都先试算，不会立即生效。", "Every change is tried first; nothing takes effect at once.";
    set_all: "修改级别、处置、变体或复核日期", "Set level, action, variants or review date";
    keep: "不改", "as it is";
    one_word: "只改这一个词（留空为整条规则）", "Only this word (empty: the whole rule)";
    try_it: "试算", "Try it";
    add_exception: "增加例外", "Add an exception";
    exception_phrase: "例外的短语（要含有误命中的词）", "The phrase, with the word in it";
    exception_text: "应当放行的一句话（作为样例保存）", "A sentence that should pass (kept as an example)";
    no_exceptions: "密级标志一类的规则不设例外。谈论标志的文章由两名保密员逐条放行。", "Rules for markings take no exceptions. An article about markings is released item by item, by two officers.";
    try_removal: "试算删除", "Try without it";
    remove_word: "删除一个词", "Remove a word";
    word: "词", "Word";
    // adding
    add_lead: "一行写一个词，可一次写多个。接着会列出能识破的变体，并在全部已发布信息中试算。", "One word a line, several at once if you like. Next you see the variants that it will catch, and what it hits among all that is published.";
    dictionary: "放入词表", "Dictionary";
    officers_list: "保密员词表（新词默认放这里）", "officers' list (the usual place)";
    source: "来源或依据", "Source or basis";
    registered: "登记文件", "Registered documents";
    registered_count: "件数", "How many";
    registered_enough: "达到多少算命中", "What is enough";
    registered_undoes: "全半角、繁体异体、不可见字符、夹空格标点均不影响识别；改写三成以内一般仍能识别", "width, traditional forms, invisible characters, blanks and punctuation make no difference; three tenths may be rewritten";
    registered_exceptions: "识别登记文件的规则不设例外。误认的信息由两名保密员逐条放行。", "Rules for registered documents take no exceptions. What is taken for one is released item by item, by two officers.";
    level_0: "0 原样", "0 as written";
    level_1: "1 另识破全半角、大小写、繁体异体、不可见字符", "1 and width, case, traditional forms, invisible characters";
    level_2: "2 另识破夹空格符号、变形星号、形似字符、标签（常用）", "2 and gaps, stars, look-alikes, tags (usual)";
    level_3: "3 另识破编码、拆字、反向、跨标题正文", "3 and encodings, split characters, reversed, joined fields";
    level_4: "4 另识破拼音、形近字（至少 4 个字，只转保密审查）", "4 and pinyin, look-alike words (4 characters at least, held only)";
    mind: "请注意：国家秘密本身不得录入本系统（保守国家秘密法第三十一条）。这里只放标志、文号、代称和工作秘密一类的词。", "Mind: state secrets themselves must not be entered here (保守国家秘密法, article 31). Words of markings, document numbers, code names and work secrets only.";
    // a trial
    trial: "试算结果", "Trial";
    changes: "改动内容", "What changes";
    weaker: "放宽", "catches less";
    will_catch: "这个词能识破的变体", "Variants that it will catch";
    caught: "能识破", "caught";
    not_caught: "不识破", "not caught";
    remarks: "请留意", "Mind";
    running: "正在试算，本页每两秒更新一次。", "Under way; this page is renewed every two seconds.";
    waiting: "等待试算。", "It waits for its turn.";
    failed: "试算没有完成", "The trial could not be carried out";
    gone_through: "已试算", "Gone through";
    items: "条", "items";
    published_hits: "已发布信息中命中", "Hits among what is published";
    would_withdraw: "批准后会从网站撤下", "Would be taken off the site on approval";
    waiting_hits: "待审核信息中会被隔离", "Would be held among what waits";
    no_hits: "没有命中。", "No hit.";
    newest: "命中的信息（新的在前，最多列 100 条，数目按全部计算）", "Hits (the newest first, at most 100 are listed, all are counted)";
    title: "标题", "Title";
    surroundings: "上下文", "Surroundings";
    status: "状态", "Status";
    undone: "已还原", "undone";
    propose: "提请批准", "Propose";
    propose_help: "输入您的口令即以您的密钥签名。改动要由另一名保密员批准后才生效。", "Your password signs with your key. The change takes effect when another officer approves it.";
    password: "您的口令", "Your password";
    why: "改动的理由（给另一名保密员看）", "Why (for the other officer)";
    // a proposal
    proposal: "改动提案", "Proposal";
    proposed: "已提出，等待另一名保密员批准。", "Proposed; it waits for another officer.";
    approved: "已批准并生效。已发布信息正在按新规则重新筛查，新的在前。", "Approved and in force. What is published is being screened again, the newest first.";
    refused: "已退回。", "Refused.";
    state_proposed: "待批准", "waits";
    state_in_force: "现行", "in force";
    state_superseded: "已被替代", "superseded";
    state_refused: "已退回", "refused";
    reason: "退回理由", "Reason of the refusal";
    refuse: "退回", "Refuse";
    take_back: "撤回我的提案", "Take my proposal back";
    approve: "批准并生效", "Approve";
    approve_help: "请核对上面的改动和试算结果。输入您的口令即以您的密钥签名，改动随即生效，命中的已发布信息会撤下。", "Check the changes and the trial above. Your password signs with your key; the change is in force at once and what it hits is taken off.";
    own: "这是您自己提出的改动，要由另一名保密员批准。", "You proposed this; another officer must approve it.";
    smaller: "批准后，能阻断或转审的规则和词将减少五分之一以上。", "A fifth or more of the rules and words that stop something would be gone.";
    smaller_agree: "我已核实，确认大幅减少规则是有意为之", "I have checked this, and the large reduction is meant";
    sizes: "能阻断或转审的规则和词", "Rules and words that stop something";
    stale: "这个提案所依据的规则集已不是现行的，直接批准会丢掉其间的改动。", "The set that this was made from is no longer in force; approving it would lose what was changed meanwhile.";
    trying: "试算完成后即可批准或退回。", "You can approve or refuse when the trial is done.";
    releases: "放行的信息", "Items that would be released";
    releases_help: "只放行这里的内容，改动后无效。签署前请打开原文核对；批准后用您的密钥转入审核。", "Only this content passes; an edit makes it void. Open it before you sign; with your approval it goes on to the queue.";
    release_opened: "您已打开核对", "you have opened it";
    release_done: "已不在隔离区", "no longer in quarantine";
    released: "逐条放行的信息", "Items released one by one";
    released_help: "只放行签署时的内容。收回后，这条信息按规则重新筛查，已发布的会撤下。", "Each holds for the content that was signed for. Taken back, the item is judged by the rules again, and leaves the site.";
    take_back_release: "试算：收回放行", "Try: take it back";
    release_unopened: "请先打开核对", "open it first";
    rebase: "按现行规则重新提出", "Propose again on the set in force";
    signature: "签名", "Signatures";
    history_lead: "每次改动由谁提出、谁批准，改了什么。", "Who proposed and approved each change, and what it changed.";
    state: "状态", "State";
}

impl Tongue {
    /// The catalogue of the rule desk.
    pub(super) fn rules(self) -> &'static RuleWords {
        match self {
            Self::Chinese => &CHINESE,
            Self::English => &ENGLISH,
        }
    }
}

/// What the loader and the desk say, and what it means. The first that fits counts.
const SAID: [(&str, &str); 60] = [
    ("registered documents and takes no exceptions", "这条规则识别登记文件，不设例外；请逐条放行"),
    (
        "has no place for settings",
        "指纹文件没有自己的规则，不能在这里改动；请在规则文件中写一条指名该文件的规则后用命令提出",
    ),
    ("open item", "请先打开这条信息核对原文（填写事由），再签署放行"),
    ("that it is no state secret", "命中的级别属于国家秘密，须勾选“经核实不属于国家秘密”才能放行"),
    ("what nobody read", "有部分内容未能读取，不能放行；请退回单位"),
    ("not every hit is shown", "有的命中没有列出原文，不能放行；请退回单位"),
    ("find more in it than was shown", "按现行规则的命中比您看到的多：请先重新筛查并打开，再申请放行"),
    ("it passes under the rules in force", "现行规则已不拦截这条信息，请直接重新筛查"),
    ("the rules changed", "规则刚刚改动，请稍候再试"),
    ("is not in quarantine with the content", "这条信息已不在隔离区，或内容已经改变；请退回这个提案"),
    ("a phrase and its example", "例外说法和例句各不超过 500 字"),
    ("a release asks for a basis", "请写明放行依据，不超过 500 字"),
    ("is released already", "这条信息已经放行"),
    ("is not released", "这条信息没有放行记录"),
    ("quarantined item", "这条信息不在隔离区"),
    ("sealed item", "这条信息不在隔离区，或已经销毁"),
    ("has no letter or digit", "里没有文字或数字，请写一个词"),
    ("is one character and would hold nearly everything", "只有一个字，几乎所有信息都会命中，请写更长的词"),
    ("a term of", "词太长"),
    ("stands there already", "已在这个词表中"),
    ("stands in rule", "已在这条规则中"),
    ("does not stand in rule", "不在这条规则中，请照原样填写"),
    ("does not stand there", "不在这个词表中，请照原样填写"),
    ("not a word", "不是一个词，请在一行内填写"),
    ("not the name of a dictionary", "词表名称不合规"),
    ("the dictionary has no column", "词表缺少这一列，请先在表头补上"),
    ("has a template and takes no exceptions", "这条规则查找密级标志一类的结构，不设例外；请在隔离页面逐条放行"),
    ("takes no exceptions", "这条规则查找密级标志一类的结构，不设例外；请逐条放行"),
    ("is itself a term", "这个例外就是词本身，会使规则失效；请写更长的短语"),
    ("contains no term", "这个例外里没有规则的词，不会起作用；请写含有该词的完整短语"),
    ("in its negative example", "加上例外后，这句话仍会命中；请把例外写得与原文一致，或换一句话"),
    ("does not find its own example", "改动后，规则不再命中自己的样例；请检查改动"),
    ("is not found in itself", "这个词无法被自己命中，请用普通字符书写"),
    ("there is no rule", "没有这条规则"),
    ("a dictionary without a word", "词表不能没有词"),
    ("an empty text", "不能为空"),
    ("cannot be changed by itself", "这条规则的写法不能自动改动，请改规则文件后用命令提出"),
    ("nothing is changed", "没有任何改动：与现行规则集相同"),
    ("it was made from rule set", "这个提案所依据的规则集已不是现行的；请按现行规则重新提出"),
    ("another rule set came into force", "此刻另一项改动刚刚生效，请重新查看"),
    ("was overtaken by another", "此刻另一项改动刚刚生效，请重新查看"),
    ("was made by the same person", "提出人不能批准自己的改动，请另一名保密员批准"),
    ("bears no officer's signature", "这个提案没有保密员签名，不能生效"),
    ("bears a signature that does not hold", "提案的签名无效：签名后内容被改动过，请退回并查明原因"),
    ("says other sizes", "提案所写的规则数与内容不符，请退回"),
    ("take away a fifth", "规则将大幅减少，请勾选确认后再批准"),
    ("a refusal needs a reason", "请写明退回理由"),
    ("already", "这个提案已经处理过了"),
    ("was made of files", "这个提案由规则文件提出，请用命令导出现行规则、重新改动后再提出"),
    ("does not load", "改动后的规则集不能使用"),
    (
        "an older set was put back",
        "现行规则集与审计记录不符，可能被人换回旧的；请立即停止操作，由系统管理员从备份恢复并查明原因",
    ),
    ("behind the desk's back", "规则集被人绕过本系统改动过；请立即停止操作，由系统管理员从备份恢复并查明原因"),
    ("has the text of", "规则集的文字与编号不符，可能被改动过；请由系统管理员查明原因"),
    ("no rule set is in force", "没有现行规则集，请系统管理员检查"),
    ("rule set in force", "没有现行规则集，请系统管理员检查"),
    ("this key belongs to no person", "这把密钥不属于任何保密员"),
    ("the signatures of two officers", "须由两名保密员签名"),
    ("no random token", "系统没有取得随机数，请稍后再试"),
    ("menhu rules history lists them", "没有这个提案"),
    ("rule set ", "没有这个规则集，请系统管理员检查"),
];

/// Where a sentence is not known in Chinese; the log has it.
const UNKNOWN: &str = "未能完成，什么也没有改变。请稍后再试；仍不行时，请把此刻的时间告诉系统管理员";

fn known(sentence: &str) -> Option<&'static str> {
    SAID.iter().find(|(words, _)| sentence.contains(words)).map(|(_, chinese)| *chinese)
}

/// An error or remark of the loader, for an officer: where, what, and what to do.
pub(super) fn rule_error(tongue: Tongue, error: &RuleError) -> String {
    if tongue == Tongue::English {
        return error.to_string();
    }
    let quoted = error.what.split('"').nth(1).filter(|word| !word.is_empty());
    match (known(&error.what), quoted) {
        (Some(words), Some(word)) => format!("「{word}」{words}"),
        (Some(words), None) => words.to_owned(),
        (None, _) => error.chinese(),
    }
}

/// A sentence of the inside, or several on a line each, for an officer: a trial keeps why it failed so.
pub(super) fn said(tongue: Tongue, sentences: &str) -> String {
    if tongue == Tongue::English {
        return sentences.to_owned();
    }
    let mut lines: Vec<&str> = Vec::new();
    for sentence in sentences.lines() {
        let words = known(sentence).unwrap_or(UNKNOWN);
        if words == UNKNOWN {
            tracing::warn!(sentence, "an officer was told of this in general words");
        }
        if !lines.contains(&words) {
            lines.push(words);
        }
    }
    lines.join("\n")
}

/// The changes that a set's record names; a record that cannot be read is said, never taken for an empty one.
pub(super) fn changes_noted(tongue: Tongue, noted: Option<&str>) -> Vec<RuleChange> {
    let Some(noted) = noted else { return Vec::new() };
    serde_json::from_str(noted).unwrap_or_else(|error| {
        tracing::error!(%error, "the list of changes of a rule set cannot be read");
        let words = tongue.pick(
            "改动清单已损坏，无法显示；请由系统管理员查明原因",
            "The list of changes is damaged and cannot be shown.",
        );
        vec![RuleChange { rule: String::new(), name: String::new(), words: words.to_owned(), weaker: false }]
    })
}

/// Why something was not done, for an officer; what is ours to mend is handed back.
pub(super) fn refusal(tongue: Tongue, error: FlowError) -> Result<String, FlowError> {
    match error {
        FlowError::Rules(errors) => {
            let lines: Vec<String> = errors.0.iter().map(|error| rule_error(tongue, error)).collect();
            Ok(lines.join("\n"))
        }
        FlowError::Refused(sentence) | FlowError::Missing(sentence) => Ok(said(tongue, &sentence)),
        FlowError::Key(KeyError::WrongPassword) => Ok(tongue.say().key_wrong_password.to_owned()),
        FlowError::Key(KeyError::Wait(_)) => Ok(tongue.say().key_wait.to_owned()),
        FlowError::Key(KeyError::NoKey(_)) => Ok(tongue.say().key_missing.to_owned()),
        FlowError::Store(crate::store::StoreError::Refused(sentence)) if sentence.contains("another person") => {
            let same = known("was made by the same person").filter(|_| tongue == Tongue::Chinese);
            Ok(same.map_or(sentence, str::to_owned))
        }
        other => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_phrase_holds_no_later_phrase_hides() {
        for (at, (words, _)) in SAID.iter().enumerate() {
            let first = SAID.iter().position(|(other, _)| words.contains(other));
            assert_eq!(first, Some(at), "{words}");
        }
    }

    #[test]
    fn errors_are_said_in_chinese_with_their_word() {
        let error = RuleError {
            file: "dictionaries/a.csv".into(),
            line: Some(2),
            cell: None,
            what: "\"的\" is one character and would hold nearly everything".into(),
            cure: "write a longer word".into(),
        };
        assert_eq!(rule_error(Tongue::Chinese, &error), "「的」只有一个字，几乎所有信息都会命中，请写更长的词");
        assert!(rule_error(Tongue::English, &error).contains("one character"));
    }
}
