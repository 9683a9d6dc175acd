//! The words on screen: Chinese and English side by side, one line a word.
//!
//! Promises: a page can only say what stands here in both languages, since both catalogues are made from the same
//! line. What people wrote (titles, reasons) is never translated; words of the model come from `model`.

use crate::model::{Action, Field, Outcome, Role, Status};

/// The language of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Tongue {
    /// Simplified Chinese.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Tongue {
    /// Reads the value of `?lang=`.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        match word {
            "zh" | "zh-CN" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The value of `?lang=` and of the cookie.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Chinese => "zh",
            Self::English => "en",
        }
    }

    /// The `lang` attribute.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The catalogue.
    pub(super) fn say(self) -> &'static Words {
        match self {
            Self::Chinese => &CHINESE,
            Self::English => &ENGLISH,
        }
    }

    /// One of two words.
    pub(super) fn pick(self, chinese: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    /// A status in words.
    pub(super) fn status(self, status: Status) -> &'static str {
        self.pick(status.chinese(), status.word())
    }

    /// A role in words.
    pub(super) fn role(self, role: &Role) -> &'static str {
        self.pick(role.chinese(), role.word())
    }

    /// What a rule asks for, in words.
    pub(super) fn action(self, action: &Action) -> &'static str {
        let english = match action {
            Action::Note => "note",
            Action::Hold => "hold",
            Action::Block => "block",
        };
        self.pick(action.chinese(), english)
    }

    /// The gate's answer in words.
    pub(super) fn outcome(self, outcome: Outcome) -> &'static str {
        let chinese = match outcome {
            Outcome::Pass => "通过",
            Outcome::Hold => "保密审查",
            Outcome::Block => "阻断",
        };
        self.pick(chinese, outcome.word())
    }

    /// Part of an item in words.
    pub(super) fn field(self, field: &Field) -> &'static str {
        let english = match field {
            Field::Title => "title",
            Field::Body => "body",
            Field::Page => "page outside the body",
            Field::Attribute => "attribute",
            Field::Comment => "comment",
            Field::Metadata => "metadata",
            Field::FileName => "file name",
            Field::Attachment => "attachment",
            Field::Joined => "title and body joined",
        };
        self.pick(field.chinese(), english)
    }
}

macro_rules! words {
    ($($name:ident: $chinese:literal, $english:literal;)*) => {
        /// Every word of the console.
        pub(super) struct Words {
            $(#[doc = $english] pub(super) $name: &'static str,)*
        }
        const CHINESE: Words = Words { $($name: $chinese,)* };
        const ENGLISH: Words = Words { $($name: $english,)* };
    };
}

words! {
    // frame
    product: "门户内容工作台", "Portal desk";
    skip: "跳到正文", "Skip to content";
    places: "栏目导航", "Places";
    other_tongue: "English", "中文";
    log_out: "退出登录", "Log out";
    none: "无", "none";
    all: "全部", "all";
    total: "共计", "total";
    page: "页次", "page";
    earlier_page: "上一页", "previous";
    next_page: "下一页", "next";
    filter: "筛选", "Filter";
    when: "时间", "time";
    // login
    log_in: "登录", "Log in";
    login_lead: "仅供本单位工作人员使用，全部操作均有记录。", "For staff only. Everything done here is on record.";
    account: "账号", "Account";
    password: "口令", "Password";
    login_refused: "账号或口令不正确，或账号已停用。", "Account or password is wrong, or the account is disabled.";
    key_wrong_password: "口令不正确，什么也没有打开。错误次数已记录，多次错误将暂停使用。", "The password is wrong, and nothing was opened. It was counted; after several the account has to wait.";
    loses_quarantine: "重置会使只有此保密员能打开的隔离信息永远无法打开，没有重置。", "A reset would lose sealed items that this officer alone opens; it was not done.";
    key_wait: "口令错误次数过多，请 15 分钟后再试。", "Too many wrong passwords. Try again in 15 minutes.";
    key_missing: "此账号还没有保密员密钥。请退出后重新登录；仍不行，请系统管理员重置口令。", "This account has no officer's key yet. Log out and in again; if that does not help, have the password reset.";
    key_no_access: "您的密钥没有此条目的打开权限（在您成为保密员或重置口令之前密封）。请另一名保密员在隔离页面为您授权。", "Your key was never given access to this item (it was sealed before you were an officer, or before your password was reset). Another officer can give it on the quarantine page.";
    destroy_refused: "不能销毁：须先关闭此条，写明事由，并由两名不同的保密员先后操作。", "It is not destroyed: close it first, give a reason, and two different officers are needed.";
    login_wait: "登录失败次数过多，请稍后再试。等待时间（分钟）", "Too many failed logins. Try again later. Minutes to wait";
    logged_out: "已退出登录。", "You are logged out.";
    welcome: "设置口令", "Set your password";
    welcome_lead: "此链接只能使用一次。设置口令后，用账号和新口令登录。", "This link works once. Set a password, then log in with it.";
    welcome_used: "此链接已失效：已使用、已过期或被新的链接代替。请向系统管理员索取新的链接。", "This link no longer works: it was used, has expired or was replaced. Ask the administrator for a new one.";
    password_again: "再次输入口令", "Password again";
    password_rule: "至少 10 个字符，含大写、小写、数字、符号中的三类；或至少 16 个字符。不得包含账号。", "At least 10 characters of three kinds (upper case, lower case, digits, others), or at least 16 characters. It must not contain the account.";
    mine: "本单位信息", "Our items";
    settings: "设置", "Settings";
    password_change: "修改口令", "Change the password";
    password_change_lead: "修改后，其他地方的登录立即退出。保密员的密钥不变，仍能打开以前的隔离信息。", "Sessions elsewhere end at once. An officer's key stays and opens what it opened before.";
    password_old: "现在的口令", "Present password";
    password_new: "新口令", "New password";
    password_old_wrong: "现在的口令不正确，没有修改。错误次数已记录，多次错误将暂停使用。", "The present password is wrong; nothing was changed. It was counted.";
    password_same: "新口令与现在的口令相同，请另设一个。", "The new password is the present one; choose another.";
    password_changed: "口令已修改，其他地方的登录已退出。", "The password is changed; sessions elsewhere have ended.";
    password_unequal: "两次输入的口令不一致。", "The two passwords differ.";
    password_set: "口令已设置，请登录。", "The password is set. Please log in.";
    // errors
    not_found: "没有找到此页面", "This page was not found";
    not_found_help: "地址有误，或此信息已不在这一列表中。", "The address is wrong, or the item is no longer in this list.";
    forbidden: "您的角色无权进行此操作", "Your role may not do this";
    forbidden_help: "没有任何改动。此次尝试已记入审计日志。如工作需要，请联系系统管理员。", "Nothing was changed. The attempt is on record. If your work needs it, ask the administrator.";
    stale_form: "表单已失效", "This form is no longer valid";
    stale_form_help: "没有任何改动。请返回，刷新页面后重试。", "Nothing was changed. Go back, reload the page and try again.";
    conflict: "此信息已被他人或系统改动", "Somebody or the system changed this item meanwhile";
    conflict_help: "您的操作没有执行。请查看现在的内容和状态，再作决定。", "Your action was not carried out. Look at the present content and status, then decide.";
    see_now: "查看现在的状态", "See how it stands now";
    wrong_input: "填写有误", "Something is not filled in right";
    too_large: "提交的内容过大", "What was sent is too large";
    too_slow: "处理超时", "This took too long";
    bad_method: "此地址不接受这种操作", "This address does not take this kind of request";
    internal: "系统内部错误", "Internal error";
    internal_help: "没有完成的操作不会留下部分结果。请把下面的编号告诉系统管理员，他可以在日志中查到原因。", "Nothing half done was kept. Give the number below to the administrator, who finds the cause in the log.";
    reference: "编号", "Reference";
    home: "首页", "Home";
    nothing_here: "您的角色目前没有可用的页面", "There is no page for your role yet";
    nothing_here_help: "单位报送功能启用后，将在这里显示。", "Pages of units will appear here.";
    // item
    item: "信息", "Item";
    title: "标题", "Title";
    source: "来源站点", "Source";
    unit: "单位", "Unit";
    column: "栏目", "Column";
    status: "状态", "Status";
    origin: "来源", "Origin";
    published: "源发布时间", "Published at source";
    written: "成文日期", "Dated";
    document_number: "文号", "Document number";
    index_number: "索引号", "Index number";
    author: "作者", "Author";
    address: "原文地址", "Address";
    received: "接收", "Received";
    changed: "最近变动", "Last change";
    attachments: "附件", "Attachments";
    version: "版本", "Version";
    content_hash: "内容哈希", "Content hash";
    notes: "提示", "Notes";
    near: "相同文本", "same text";
    back_after: "曾", "was";
    clear: "无提示", "no notes";
    as_it_stands: "无须还原", "as it stands";
    near_duplicate: "内容相同的信息", "The same text";
    near_duplicate_help: "请确认是否重复；如重复，保留发文单位的一条。", "Check whether it is the same; if so keep the issuer's.";
    preview: "正文预览", "Preview of the body";
    preview_help: "与发布后的正文一致；图片和脚本在此不加载。", "As it will be published; images and scripts are not loaded here.";
    // queue
    queue: "审核", "Queue";
    queue_empty: "没有符合条件的信息。", "No item matches.";
    gate: "保密筛查", "Gate";
    gate_clear: "筛查通过，无提示。", "Passed, without notes.";
    gate_notes: "筛查通过，有提示，请在审核时留意。", "Passed, with notes for the reviewer.";
    rule_set: "规则集", "Rule set";
    approve: "通过并发布", "Approve and publish";
    approve_help: "按现在的内容批准，随即发布到门户。", "Approves exactly this content; it goes to the portal next.";
    approve_note: "审核意见（可不填）", "Note (may be empty)";
    send_back: "退回", "Return";
    send_back_help: "不发布。须写明原因。", "It is not published. Say why.";
    reason: "原因", "Reason";
    reason_needed: "请填写原因。", "Give a reason.";
    reason_long: "文字过长。最多字符数", "The text is too long. Most characters";
    withdraw: "撤稿", "Withdraw";
    withdraw_help: "立即从门户撤下，并从检索中移除。须写明原因。", "Taken off the portal at once, then out of search. Say why.";
    withdrawing: "已提交撤稿，正在执行。", "Withdrawal is under way.";
    approved_done: "已通过，正在发布。", "Approved; being published.";
    returned_done: "已退回。", "Returned.";
    decision: "审核记录", "Decision";
    decided_by: "决定人", "By";
    decided_at: "决定时间", "At";
    by_unit_review: "依据单位审核", "On the unit's own review";
    decision_none: "尚未作出决定。", "No decision yet.";
    history: "经过", "History";
    your_move: "处理", "Decide";
    read_only: "您可以查看，不能处理此信息。", "You may read this item but not decide.";
    at_rest: "此信息目前无须处理。", "Nothing is to be decided about this item now.";
    // quarantine
    quarantine: "隔离", "Quarantine";
    rules: "规则", "Rules";
    quarantine_empty: "隔离区没有待处理的信息。", "Nothing is in quarantine.";
    quarantine_closed: "已关闭", "Closed";
    quarantine_open: "待处理", "Open";
    outcome: "结论", "Outcome";
    findings: "命中", "Findings";
    finding: "命中", "Finding";
    rule: "规则", "Rule";
    place: "位置", "Where";
    bytes: "字节", "bytes";
    as_given: "原文", "As given";
    seen_through: "还原", "Undone";
    why: "理由", "Why";
    unreadable: "未能读取", "Not readable";
    unreadable_help: "凡未能完整读取的内容，一律不放行。", "What cannot be read whole is never let through.";
    the_page: "页面本身", "the page itself";
    original: "原文与标注", "Original text, findings marked";
    left_out: "此处省略字符", "characters left out here";
    not_placed: "原文已不可得，只列出命中的文字。", "The original text is not at hand; only what was found is listed.";
    dismiss: "不予发布", "Keep out for good";
    dismiss_help: "关闭此条，不再处理，也不再采集此页的新内容。", "Closes the case for good; what the page says later is not taken in.";
    dismissed_done: "已关闭：不予发布。", "Closed: kept out.";
    ground: "认定", "Ground";
    ground_needed: "请选择认定。", "Choose a ground.";
    rescreen: "重新筛查", "Screen again";
    rescreen_help: "按现行规则再筛一遍；规则修订后使用。放行与否仍由规则决定。", "Under the rules now in force, after they were changed. The rules decide.";
    // sources
    sources: "来源", "Sources";
    sources_empty: "尚未登记来源站点。", "No source is registered.";
    health: "情况", "State";
    last_round: "最近一轮", "Last round";
    next_due: "下次", "Next due";
    fresh: "新增", "new";
    altered: "变动", "changed";
    unchanged: "未变", "unchanged";
    gone: "消失", "gone";
    held: "隔离", "held";
    failed: "失败", "failed";
    robots_forbid: "不允许抓取", "forbidden by robots.txt";
    never: "尚未采集", "never";
    running: "进行中", "running";
    troubled: "异常", "in trouble";
    stopped: "停用", "disabled";
    enable: "启用", "Enable";
    disable: "停用", "Disable";
    unit_review: "单位审核备案", "Unit's own review";
    cause: "说明", "What happened";
    now_due: "即将开始", "due now";
    // audit
    audit: "审计", "Audit";
    audit_lead: "只增不改，逐条以哈希相连。", "Append-only; each record is chained to the one before by hash.";
    number: "序号", "No.";
    actor: "操作者", "Actor";
    act: "操作", "Action";
    subject: "对象", "Subject";
    detail: "详情", "Detail";
    verify_chain: "校验整链", "Verify the chain";
    chain_whole: "整链完好。已校验记录数", "The chain is whole. Records verified";
    chain_broken: "链在此处断裂，序号", "The chain is broken at record";
    audit_empty: "没有符合条件的记录。", "No record matches.";
    // status
    system: "系统", "System";
    counts: "信息数量", "Items by status";
    jobs: "任务", "Jobs";
    jobs_troubled: "到期或有错误的任务", "Due jobs, and jobs with errors";
    kind: "种类", "Kind";
    waiting: "等待", "waiting";
    later: "稍后", "later";
    given_up: "已放弃", "given up";
    age: "已等待", "Age";
    attempts: "尝试", "Attempts";
    last_error: "最近错误", "Last error";
    in_force: "现行规则集", "Rule set in force";
    since: "自", "since";
    no_rules: "没有现行规则集：一切内容都不放行。", "No rule set is in force: nothing passes.";
    under_older: "按旧规则筛查的信息", "Items screened under older rules";
    index_lag: "待更新到检索的变动", "Changes not yet in the index";
    release: "软件版本", "Release";
    people_count: "有效会话", "Sessions";
    // people
    people: "人员", "People";
    people_add: "新增账号", "Add an account";
    full_name: "姓名", "Name";
    role: "角色", "Role";
    account_rule: "小写字母、数字、点、横线，最多 64 个字符", "lower-case letters, digits, dot and hyphen, at most 64";
    add: "新增", "Add";
    active: "有效", "active";
    invited: "待设置口令", "invited";
    disabled: "停用", "disabled";
    reset: "重置口令", "Reset password";
    last_login: "最近登录", "Last login";
    link_once: "一次性链接（请当面或以可靠方式交给本人，24 小时内有效，只显示这一次）", "One-time link (hand it over in person; valid 24 hours; shown only now)";
    for_account: "账号", "For account";
    account_taken: "此账号已存在。", "This account exists already.";
    account_bad: "账号格式不正确。", "This is not a valid account name.";
    name_needed: "请填写姓名。", "Give a name.";
    role_needed: "请选择角色。", "Choose a role.";
    not_yourself: "不能停用自己的账号。", "You cannot disable your own account.";
    last_administrator: "不能停用唯一的系统管理员。", "The only administrator cannot be disabled.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_catalogues_speak() {
        assert_eq!(Tongue::Chinese.say().queue, "审核");
        assert_eq!(Tongue::English.say().queue, "Queue");
        assert_eq!(Tongue::of_word("en"), Some(Tongue::English));
    }
}
