//! Terms that other parts write as words of the program (audit actions, jobs, states of sources, transforms,
//! grounds), in both languages. A term that is not known here is shown as it stands, so nothing is ever hidden.

use super::words::Tongue;

impl Tongue {
    fn term(self, table: &[(&'static str, &'static str, &'static str)], term: &str) -> String {
        let known = table.iter().find(|(word, _, _)| *word == term);
        known.map_or_else(|| term.to_owned(), |(_, chinese, english)| self.pick(chinese, english).to_owned())
    }

    /// What the gate undid to see a finding, in words; what is not known here is shown as the gate names it.
    pub(super) fn transform(self, name: &str) -> String {
        self.term(&TRANSFORMS, name)
    }

    /// What the audit calls an action, in words; what is not known here is shown as it stands.
    pub(super) fn act(self, action: &str) -> String {
        self.term(&ACTS, action)
    }

    /// A kind of job in words.
    pub(super) fn job(self, kind: &str) -> String {
        self.term(&JOBS, kind)
    }

    /// The state of a source in words.
    pub(super) fn state(self, state: &str) -> String {
        self.term(&STATES, state)
    }

    /// Why an item was closed in quarantine, in words.
    pub(super) fn ground(self, ground: &str) -> String {
        self.term(&GROUNDS, ground)
    }

    /// What an officer answers a unit, in words.
    pub(super) fn answer(self, answer: &str) -> String {
        self.term(&ANSWERS, answer)
    }

    /// The answers that an officer chooses from.
    pub(super) fn answers(self) -> Vec<(&'static str, &'static str)> {
        ANSWERS.iter().map(|(word, chinese, english)| (*word, self.pick(chinese, english))).collect()
    }

    /// A place in an item, in words.
    pub(super) fn place(self, place: &str) -> String {
        super::phrases::place(self, place)
    }

    /// The grounds that an officer chooses from: value and words.
    pub(super) fn grounds(self) -> Vec<(&'static str, &'static str)> {
        GROUNDS.iter().map(|(word, chinese, english)| (*word, self.pick(chinese, english))).collect()
    }
}

/// Names of the gate's transforms.
const TRANSFORMS: [(&str, &str, &str); 19] = [
    ("width", "全角半角", "full or half width"),
    ("case", "大小写", "letter case"),
    ("traditional", "繁体或异体字", "traditional or variant characters"),
    ("compatibility", "兼容字符", "compatibility characters"),
    ("radical", "部首字符", "radicals"),
    ("invisible", "不可见字符", "invisible characters"),
    ("gap", "夹杂空格或符号", "set apart by spaces or signs"),
    ("star", "变形星号", "other forms of the star"),
    ("look-alike", "形似字符", "look-alikes"),
    ("numeral", "中文或带圈数字", "Chinese or circled numerals"),
    ("tags", "夹杂网页标签", "split by tags"),
    ("entity", "网页实体编码", "HTML entities"),
    ("percent", "百分号编码", "percent encoding"),
    ("escape", "转义编码", "escapes"),
    ("base64", "Base64 编码", "Base64"),
    ("reversed", "反向显示", "shown reversed"),
    ("split", "拆字", "characters taken apart"),
    ("star-left-out", "省略星号", "star left out"),
    ("joined", "拆分在标题和正文中", "split over title and body"),
];

/// Actions of the audit that have words.
const ACTS: [(&str, &str, &str); 47] = [
    ("item.collect", "接收并筛查", "collected and screened"),
    ("item.change", "内容变动，重新筛查", "changed and screened again"),
    ("item.queue", "重新筛查后进入审核", "passed a new screening, queued"),
    ("item.hold", "筛查不通过，隔离", "held by the gate"),
    ("item.duplicate", "与已有信息相同", "same text as another"),
    ("item.gone", "来源页面已删除", "gone at its source"),
    ("item.rescreen-request", "要求重新筛查", "asked for a new screening"),
    ("item.approve", "通过", "approved"),
    ("item.return", "退回", "returned"),
    ("item.publish", "发布", "published"),
    ("item.withdraw-request", "要求撤稿", "asked for withdrawal"),
    ("item.withdraw", "撤稿", "withdrawn"),
    ("item.dismiss", "不予发布", "kept out for good"),
    ("item.erase", "清除", "erased"),
    ("quarantine.look", "查看隔离内容", "looked at in quarantine"),
    ("quarantine.open", "打开密封内容", "opened what is sealed"),
    ("quarantine.file", "取出附件", "took a file out"),
    ("quarantine.rescreen", "按现行规则重新筛查", "screened again under the rules in force"),
    ("quarantine.confirm", "确认涉密", "confirmed as secret"),
    ("quarantine.return", "退回单位", "returned to the unit"),
    ("quarantine.false", "认定误报，提出例外", "found a false hit, proposed an exception"),
    ("quarantine.release-ask", "签名申请放行", "signed and asked for a release"),
    ("quarantine.release", "签名同意放行", "signed and agreed to a release"),
    ("quarantine.destroy-ask", "申请销毁", "asked for destruction"),
    ("quarantine.destroy", "确认销毁", "confirmed destruction"),
    ("quarantine.grant", "授权另一保密员", "gave another officer access"),
    ("key.made", "生成保密员密钥", "officer's key made"),
    ("key.wrong-password", "密钥口令错误", "wrong password for a key"),
    ("key.escrow", "生成托管密钥", "escrow key made"),
    ("key.escrow-gone", "托管密钥已交接并销毁", "escrow key handed over and destroyed"),
    ("item.off-site", "从门户撤下", "taken off the site"),
    ("login", "登录", "logged in"),
    ("login.failed", "登录失败", "login failed"),
    ("logout", "退出", "logged out"),
    ("person.add", "新增账号", "account added"),
    ("person.reset", "重置口令", "password reset"),
    ("person.password", "设置口令", "password set"),
    ("person.disable", "停用账号", "account disabled"),
    ("person.enable", "启用账号", "account enabled"),
    ("source.put", "登记来源", "source registered"),
    ("source.enable", "启用来源", "source enabled"),
    ("source.disable", "停用来源", "source disabled"),
    ("rules.propose", "提出规则", "rules proposed"),
    ("rules.approve", "批准规则", "rules approved"),
    ("rules.refuse", "退回规则", "rules refused"),
    ("audit.verify", "校验审计", "audit verified"),
    ("console.refused", "越权被拒", "refused"),
];

/// Kinds of jobs.
const JOBS: [(&str, &str, &str); 8] = [
    ("collect", "采集", "collect"),
    ("approve", "按单位审核批准", "approve on unit's review"),
    ("publish", "发布", "publish"),
    ("withdraw", "撤稿", "withdraw"),
    ("clean", "清除明文", "take plain copies out"),
    ("index", "更新检索", "index"),
    ("rescreen", "重新筛查", "screen again"),
    ("rule-trial", "规则试算", "trial of rules"),
];

/// States of sources that have words.
const STATES: [(&str, &str, &str); 10] = [
    ("ok", "正常", "in order"),
    ("failing", "部分失败", "failing"),
    ("incomplete", "采集不全", "incomplete"),
    ("challenged", "被对方拦截", "challenged"),
    ("waiting", "等待对方", "waiting"),
    ("frozen", "已冻结", "frozen"),
    ("refused", "被拒绝", "refused"),
    ("unreachable", "无法连接", "unreachable"),
    ("robots", "对方不允许抓取", "forbidden by robots.txt"),
    ("interrupted", "中断", "interrupted"),
];

/// Why an officer closes a quarantined item. A choice, not free words: the audit must not repeat what is guarded.
const GROUNDS: [(&str, &str, &str); 5] = [
    ("state-secret", "确认涉及国家秘密", "state secret confirmed"),
    ("work-secret", "确认涉及工作秘密或内部信息", "work secret or internal matter confirmed"),
    ("personal", "确认涉及个人信息", "personal information confirmed"),
    ("unreadable", "无法读取，不宜发布", "cannot be read, not fit to publish"),
    ("unfit", "其他原因不宜发布", "not fit to publish for another reason"),
];

/// What an officer answers a unit. A choice: no term may stand in it.
const ANSWERS: [(&str, &str, &str); 3] = [
    (
        "self-check",
        "此信息转保密审查，现予退回。请按保密法和信息发布保密审查制度自查并修改源页面，修改后系统自动重新筛查。",
        "Returned from the confidentiality review. Check the page against the rules and correct it; it is screened again then.",
    ),
    (
        "unreadable",
        "附件无法读取，现予退回。请改用可读取的格式（如带文字层的 PDF、DOCX）重新发布。",
        "An attachment cannot be read. Publish it in a form that can be read.",
    ),
    (
        "personal",
        "请核对页面和附件中的个人信息，删除或遮盖后重新发布。",
        "Check the page and its files for personal information, and remove or mask it.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_that_is_not_known_stands_for_itself() {
        assert_eq!(Tongue::Chinese.transform("invisible"), "不可见字符");
        assert_eq!(Tongue::English.act("item.approve"), "approved");
        assert_eq!(Tongue::Chinese.transform("a-new-one"), "a-new-one");
    }
}
