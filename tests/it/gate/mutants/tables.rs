//! What the disguises are made of, written down from public tables and not from the gate's own.
//!
//! Sources: OpenCC 1.1 TS/ST/HK/TW characters (Apache-2.0), UTS #39 confusables of Unicode 17, kfcd/chaizi (CC BY 3.0),
//! Unicode 17 Cf, Default_Ignorable and White_Space. Only what concerns the letters of [`TERMS`].

/// Words that nobody has guarded: neutral and invented ones, with Latin letters and digits among them.
pub(in crate::gate) const TERMS: [&str; 30] = [
    "绝密",
    "机密",
    "秘密",
    "工作秘密",
    "国家秘密",
    "内部资料",
    "拟任人选",
    "干部考察",
    "警卫路线",
    "作战方案",
    "标底金额",
    "应急预案底稿",
    "会议纪要草稿",
    "涉密人员名单",
    "麒麟工程",
    "长征五号",
    "东风项目",
    "后勤发电",
    "无线电频率",
    "复兴计划",
    "乾坤圈",
    "里程碑节点",
    "制订云图",
    "ABC工程",
    "GJB5000A标准",
    "531项目",
    "Q7计划",
    "防空识别区",
    "导弹阵地坐标",
    "密码本",
];

/// A character and every form that OpenCC puts beside it, in either direction.
pub(super) const FORMS: &str = "东東 严嚴 为為爲 举舉 乾干 于於 云雲 仅僅 会會 传傳 党黨 兴興 内內 准準 划劃畫 \
    别別彆 制製 区區 单單 卫衛 即卽 卷捲 参參蔘 发發髮 号號 后後 启啓啟 员員 回迴 围圍 国國 图圖 坐座 坤堃 处處 \
    复復複覆 实實 家傢 对對 导導 属屬 干乾幹榦 应應 开開 弹彈 录彔錄録 征徵 战戰 报報 拟擬 挥揮 无無 机機 标標 \
    核覈 注註 点點 电電 码碼 秘祕 管筦 系係繫 级級 纪紀 线綫線 组組 经經 绝絕絶 网網 联聯 舆輿 节節 范範 荐薦 \
    表錶 见見 计計 订訂 议議 讯訊 访訪 证証證 评評 识識 试試 话話 请請 象像 账賬 资貲資 转轉 选選 里哩裏裡 银銀 \
    长長 问問 阅閱閲 阵陣 面麪麫麵 项項 预預 领領 频頻 题題 额額 风風";

/// UTS #39: what looks like a letter of a term and is not NFKC of it; letters only, for a sign is a gap.
pub(super) const LOOKALIKES: [(char, &str); 9] = [
    ('A', "ΑАᎪᗅꓮɑαа"),
    ('B', "ΒВᏴᗷⲂꓐꞴƄЬᏏᑲᖯ"),
    ('C', "СᏟⲤꓚсငၚᴄⲥꮯ"),
    ('G', "ԌᏀᏳꓖƍɡցᶃ"),
    ('J', "ͿЈᎫᒍꓙꞲϳј"),
    ('Q', "ⵕԛգզ"),
    ('工', "エ"),
    ('长', "⻓"),
    ('风', "⻛"),
];

/// chaizi: whole components only, no strokes.
pub(super) const SPLITS: &str = "云:二厶 任:人壬,亻壬 会:人云 作:人乍,亻乍 兴:丷六 内:冂人 准:冰隹 划:戈刀,戈刂 \
    别:另刀,另刂 勤:堇力 区:匸乂,匚乂 单:丷甲一 卫:卩一 号:口丂 名:夕口 后:厂一口 员:口贝 国:囗玉 图:囗冬 圈:囗卷 \
    地:土也 坐:人人土 坤:土申 家:宀豕 密:宀必山,宓山 察:宀祭 导:巳寸 干:一十 应:广小一 底:广氐 弹:弓单 征:彳正 \
    急:刍心 战:占戈 拟:手以,扌以,才以 料:米斗 方:亠勹,亠刀 无:一尢 本:木一 机:木几 标:木示 案:安木 涉:水步,氵步 \
    点:占火 目:囗二 码:石马 碑:石卑 秘:禾必 程:禾呈 稿:禾高 空:穴工 纪:丝己,纟己 线:丝戋,纟戋 绝:丝色,纟色 \
    考:耂丂,老丂 节:竹卩 草:艸早,艹早 要:西女,襾女,覀女 警:敬言 计:言十,讠十 订:言丁,讠丁 议:言义,讠义 \
    识:言只,讠只 资:次贝 路:足各 选:辵先,辶先 部:咅邑,咅阝 里:甲二,田土,曰土 金:人王丷 防:阜方,阝方 阵:阜车,阝车 \
    项:工页 预:予页 频:步页 额:客页 风:几乂 麒:鹿其 麟:鹿粦";

/// Every character that is not seen: Cf, variation selectors, blank jamo, tags, overlays and enclosing marks.
pub(super) fn invisible() -> Vec<char> {
    let ranges: [(u32, u32); 33] = [
        (0xAD, 0xAD),
        (0x0300, 0x036F),
        (0x0600, 0x0605),
        (0x061C, 0x061C),
        (0x06DD, 0x06DD),
        (0x070F, 0x070F),
        (0x0890, 0x0891),
        (0x08E2, 0x08E2),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x200B, 0x200F),
        (0x202A, 0x202D),
        (0x2060, 0x2064),
        (0x2066, 0x206F),
        (0x20D0, 0x20F0),
        (0x2800, 0x2800),
        (0x302A, 0x302F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFE20, 0xFE2F),
        (0xFEFF, 0xFEFF),
        (0xFFA0, 0xFFA0),
        (0xFFF9, 0xFFFB),
        (0x110BD, 0x110BD),
        (0x110CD, 0x110CD),
        (0x13430, 0x1343F),
        (0x1BCA0, 0x1BCA3),
        (0x1D173, 0x1D17A),
        (0xE0001, 0xE0001),
        (0xE0020, 0xE007F),
        (0xE0100, 0xE01EF),
        (0x0483, 0x0489),
    ];
    ranges.into_iter().flat_map(|(first, last)| (first..=last).filter_map(char::from_u32)).collect()
}

/// Every blank, and the punctuation and signs that are put between the letters of a word. No star.
pub(super) fn gaps() -> Vec<char> {
    let blanks = "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\
        \u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";
    let ascii = "!\"#$'()+,-./:;=>?@[]^_`{|}~*";
    let chinese =
        "、。〈〉《》「」『』【】〔〕〖〗〜〝〞〟，．：；！？（）［］｛｝｜～＿￣＂＇＃＄＠＋－＝・‧·•…‥—–‐―‖′″";
    let forms = "︰﹐﹑﹒﹔﹕﹖﹗﹘﹙﹚﹛﹜﹝﹞﹟﹢﹣﹤﹥﹦﹨﹩﹪﹫｡｢｣､･︵︶︷︸︹︺︻︼︽︾︿﹀﹁﹂﹃﹄";
    let boxes = "─│┌┐└┘├┤┬┴┼═║╔╗╚╝╱╲╳▀▄█▌▐░▒▓○●□■◆◇△▲▽▼◎◯◉►◄";
    let signs = "×÷±≈≠≤≥∥∠→←↑↓⇒⇔√∞∴§¶†‡°№™¥￥€£♥♡♠♣♪☎☑☒☐✓✔✗✘❤➡⚑🔒😀🔑✅";
    let others = "\u{FFFD}\u{E000}\u{F8FF}¨¯´¸";
    [blanks, ascii, chinese, forms, boxes, signs, others].iter().flat_map(|text| text.chars()).collect()
}
