//! `menhu rules`: what officers ask of the rules before they change them.
//!
//! `check` lints a set and runs every example, `explain` tells what a rule catches and why, `try` what a new term
//! would catch. All work on the folders as they are, signed or not.

use std::io::Write;
use std::path::PathBuf;

use super::scan::{RuleArgs, action, visible};
use super::{Exit, rule_backtest, rule_change, rule_edit, rule_export, rule_fingerprint};
use crate::flow::rule_forms;
use crate::model::{Clock, Field, Segment};
use crate::screen::{LooksFor, Rule, RuleBundle, RuleError, RuleSet, Screener};

/// Check, explain, try and change the rules of the gate.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu rules check\n  menhu rules explain BM-0001\n  menhu rules try 拟任人选")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Lint the rules and dictionaries and run every example.
    #[command(after_help = "Example:\n  menhu rules check --rules rules --dictionaries dictionaries")]
    Check(CheckArgs),
    /// Tell what a rule catches and why.
    #[command(after_help = "Example:\n  menhu rules explain BM-0001")]
    Explain(ExplainArgs),
    /// Show what a new term would catch, with its variants.
    #[command(after_help = "Example:\n  menhu rules try 拟任人选 --variants 2 notice.txt")]
    Try(TryArgs),
    /// Show what the rules of the folders hit in a corpus, or among everything published.
    Backtest(rule_backtest::Args),
    /// Propose the folders as they are, for a second officer.
    Propose(rule_change::ProposeArgs),
    /// Show what a proposal changes, and what its trial hit.
    Show(rule_change::ShowArgs),
    /// Put a proposal in force.
    Approve(rule_change::ApproveArgs),
    /// Refuse a proposal, or take one's own back.
    Refuse(rule_change::RefuseArgs),
    /// Make a proposal again on the set that is in force now.
    Rebase(rule_change::RebaseArgs),
    /// Show every proposal, the newest first, or what became of one rule.
    History(rule_change::HistoryArgs),
    /// Write the set in force to files.
    Export(rule_export::Args),
    /// Register documents by their fingerprints, so that the gate recognises them without keeping them.
    Fingerprint(rule_fingerprint::Args),
    /// Propose words more, in a dictionary.
    AddTerm(rule_edit::AddTermArgs),
    /// Propose a word less.
    RemoveTerm(rule_edit::RemoveTermArgs),
    /// Propose another level, action, variant level or review date.
    Set(rule_edit::SetArgs),
    /// Propose an exception: a phrase that excuses a hit which it contains.
    Except(rule_edit::ExceptArgs),
    /// Propose to take back the release of an item (menhu quarantine release)
    TakeBack(rule_edit::TakeBackArgs),
}

#[derive(clap::Args)]
struct CheckArgs {
    #[command(flatten)]
    rules: RuleArgs,
    /// JSON Lines on standard output, in English.
    #[arg(long)]
    json: bool,
    /// Language of the messages; else the one of the environment (LC_ALL, LC_MESSAGES, LANG).
    #[arg(long, value_name = "zh|en", value_parser = ["zh", "en"])]
    lang: Option<String>,
}

impl CheckArgs {
    /// What was asked for, else the first of the locale's variables that is set (POSIX, 8.2).
    #[expect(clippy::disallowed_methods, reason = "the language of a terminal is no setting of the installation")]
    fn is_chinese(&self) -> bool {
        let locale = || {
            let values = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
            values.into_iter().find(|value| !value.is_empty())
        };
        self.lang.clone().or_else(locale).is_some_and(|language| language.starts_with("zh"))
    }
}

#[derive(clap::Args)]
struct ExplainArgs {
    #[command(flatten)]
    rules: RuleArgs,
    /// Id of the rule.
    #[arg(value_name = "RULE")]
    rule: String,
}

#[derive(clap::Args)]
struct TryArgs {
    /// The new term.
    #[arg(value_name = "TERM")]
    term: String,
    /// How far disguises are undone.
    #[arg(long, value_name = "LEVEL", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=4))]
    variants: u8,
    /// Texts in which to look for it.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let out = || std::io::stdout().lock();
    match args.command {
        Command::Check(args) => check(&mut out(), &args),
        Command::Explain(args) => explain(&mut out(), &args),
        Command::Try(args) => try_term(&mut out(), &args),
        Command::Backtest(args) => rule_backtest::run(args).await,
        Command::Propose(args) => rule_change::propose(args).await,
        Command::Show(args) => rule_change::show(args).await,
        Command::Approve(args) => rule_change::approve(args).await,
        Command::Refuse(args) => rule_change::refuse(args).await,
        Command::Rebase(args) => rule_change::rebase(args).await,
        Command::History(args) => rule_change::history(args).await,
        Command::Export(args) => rule_export::run(args).await,
        Command::Fingerprint(args) => rule_fingerprint::run(args).await,
        Command::AddTerm(args) => rule_edit::add_term(args).await,
        Command::RemoveTerm(args) => rule_edit::remove_term(args).await,
        Command::Set(args) => rule_edit::set(args).await,
        Command::Except(args) => rule_edit::except(args).await,
        Command::TakeBack(args) => rule_edit::take_back(args).await,
    }
}

fn check(out: &mut impl Write, args: &CheckArgs) -> anyhow::Result<Exit> {
    let (problems, remarks, set) = match args.rules.load()?.0 {
        Ok(set) => (Vec::new(), set.lints().iter().map(|lint| lint.0.clone()).collect(), Some(set)),
        Err(errors) => (errors.0, Vec::new(), None),
    };
    let expired = set.as_ref().map_or_else(Vec::new, expired);
    if args.json {
        for (severity, found) in problems.iter().map(|e| ("error", e)).chain(remarks.iter().map(|e| ("remark", e))) {
            let (file, line, cell, what, cure) = (&found.file, found.line, &found.cell, &found.what, &found.cure);
            let json = serde_json::json!({"severity": severity, "file": file, "line": line, "cell": cell, "what": what, "cure": cure});
            writeln!(out, "{json}")?;
        }
        for (file, line, what) in &expired {
            let json = serde_json::json!({"severity": "remark", "file": file, "line": line, "cell": "review_date", "what": what, "cure": CURE});
            writeln!(out, "{json}")?;
        }
    } else if args.is_chinese() {
        check_in_chinese(out, &problems, &remarks, &expired, set.as_ref())?;
    } else {
        problems.iter().try_for_each(|problem| writeln!(out, "error   {problem}"))?;
        remarks.iter().try_for_each(|remark| writeln!(out, "remark  {remark}"))?;
        expired.iter().try_for_each(|(file, line, what)| writeln!(out, "remark  {file}:{line}: {what}; {CURE}"))?;
        match &set {
            Some(set) => summary(out, set)?,
            None => writeln!(out, "The set is refused. Nothing is screened by it. Errors: {}", problems.len())?,
        }
    }
    let clean = problems.is_empty() && remarks.is_empty() && expired.is_empty();
    Ok(if clean { Exit::Done } else { Exit::Problems })
}

/// The same in Chinese.
fn check_in_chinese(
    out: &mut impl Write,
    problems: &[RuleError],
    remarks: &[RuleError],
    expired: &[(String, usize, String)],
    set: Option<&RuleSet>,
) -> std::io::Result<()> {
    problems.iter().try_for_each(|problem| writeln!(out, "错误  {}", problem.chinese()))?;
    remarks.iter().try_for_each(|remark| writeln!(out, "提醒  {}", remark.chinese()))?;
    for (file, line, what) in expired {
        let (file, cell, what) = (file.clone(), Some("review_date".to_owned()), what.clone());
        let past = RuleError { file, line: Some(*line), cell, what, cure: CURE.to_owned() };
        writeln!(out, "提醒  {}", past.chinese())?;
    }
    let Some(set) = set else {
        return writeln!(out, "规则集未被采用,原来的规则继续有效。错误共{}处。", problems.len());
    };
    let terms: usize = set.rules().iter().map(|rule| rule.terms().len()).sum();
    let examples: usize = set.rules().iter().map(|rule| rule.positive.len() + rule.negative.len()).sum();
    writeln!(out, "规则集合格:规则{}条,词{terms}个,例子{examples}个全部通过。", set.rules().len())?;
    if let (1.., documents) = registered(set) {
        writeln!(out, "登记文件{documents}件,自检全部相符。")?;
    }
    writeln!(out, "规则集名称:{}", set.id())
}

const CURE: &str = "it goes on working; look at it again and set a new date";

fn summary(out: &mut impl Write, set: &RuleSet) -> std::io::Result<()> {
    let terms: usize = set.rules().iter().map(|rule| rule.terms().len()).sum();
    let examples: usize = set.rules().iter().map(|rule| rule.positive.len() + rule.negative.len()).sum();
    writeln!(out, "The set is good: {} rules, {terms} terms, {examples} examples hold.", set.rules().len())?;
    if let (rules @ 1.., documents) = registered(set) {
        writeln!(out, "Registered documents: {documents}, under {rules} rules; every self-check holds.")?;
    }
    writeln!(out, "Its name is {}.", set.id())
}

/// Rules about registered documents, and how many documents they guard.
fn registered(set: &RuleSet) -> (usize, usize) {
    let documents = set.rules().iter().filter_map(Rule::documents);
    documents.fold((0, 0), |(rules, all), documents| (rules + 1, all + documents.registered.counts().len()))
}

/// Rules and words whose review date is past: file, line, what.
fn expired(set: &RuleSet) -> Vec<(String, usize, String)> {
    let today = Clock::System.now().date();
    let mut found = Vec::new();
    for rule in set.rules() {
        if let Some(date) = rule.review_date.filter(|date| *date < today) {
            found.push((rule.file.clone(), rule.line, format!("rule {} was to be reviewed by {date}", rule.id)));
            continue;
        }
        for term in rule.terms() {
            if let Some(date) = term.review_date.filter(|date| *date < today) {
                found.push((rule.file.clone(), term.line, format!("{:?} was to be reviewed by {date}", term.text)));
            }
        }
    }
    found
}

fn explain(out: &mut impl Write, args: &ExplainArgs) -> anyhow::Result<Exit> {
    let Some(screener) = args.rules.screener()? else { return Ok(Exit::Usage) };
    let set = screener.current();
    let Some(rule) = set.rule(&args.rule) else {
        let known: Vec<&str> = set.rules().iter().map(|rule| rule.id.as_str()).collect();
        anyhow::bail!("there is no rule {}; the rules are {}", args.rule, known.join(", "));
    };
    paper(out, rule)?;
    catches(out, rule)?;
    if rule.positive.is_empty() {
        return Ok(Exit::Done);
    }
    writeln!(out, "Examples that it catches 正例:")?;
    for text in &rule.positive {
        let (field, kind) = rule.scope.example();
        let verdict = screener.scan(&[Segment { kind, ..Segment::new(field, "", text.clone()) }], &[]);
        let found = verdict.findings.into_iter().find(|finding| finding.rule == rule.id);
        writeln!(out, "  {}", visible(text))?;
        if let Some(found) = found {
            writeln!(out, "      → {} {}", action(found.action), found.why)?;
        }
    }
    writeln!(out, "Examples that it lets pass 反例:")?;
    rule.negative.iter().try_for_each(|text| writeln!(out, "  {}", visible(text)))?;
    Ok(Exit::Done)
}

fn paper(out: &mut impl Write, rule: &Rule) -> std::io::Result<()> {
    writeln!(out, "{} {}", rule.id, rule.name)?;
    writeln!(out, "  guards 级别      {}", rule.level.word())?;
    writeln!(out, "  action 处置      {}", action(rule.action))?;
    writeln!(out, "  reads 范围       {}", rule.scope.describes())?;
    writeln!(out, "  undoes 变体      {}", LEVELS[usize::from(rule.highest_variants().min(4))])?;
    let date = rule.review_date.map_or("none 未定".to_owned(), |date| date.to_string());
    writeln!(out, "  review 复核日期  {date}")?;
    writeln!(out, "  basis 依据       {}", if rule.basis.is_empty() { "none 未写" } else { &rule.basis })?;
    writeln!(out, "  written in       {}:{}", rule.file, rule.line)
}

/// What each level undoes, in words; `docs/rules.md` has the contract.
const LEVELS: [&str; 5] = [
    "0 as written 原样",
    "1 width, case, traditional and variant forms, invisible characters 全半角、大小写、繁体异体、不可见字符",
    "2 and blanks or marks between characters, stars, look-alikes, tags, entities 夹杂空格符号、变形星号、形似字符、标签、实体",
    "3 and encodings, wrong charsets, split characters, right-to-left, title and body joined 编码、错读、拆字、反向显示、跨标题正文",
    "4 and pinyin, words that sound or look alike, for review only 拼音、谐音、形近字(只作保密审查)",
];

fn catches(out: &mut impl Write, rule: &Rule) -> std::io::Result<()> {
    const SHOWN: usize = 40;
    match &rule.looks_for {
        LooksFor::Template(template) => writeln!(out, "Looks for 查找: {}", template.describes())?,
        LooksFor::Terms(terms) => {
            let words: Vec<&str> = terms.iter().take(SHOWN).map(|term| term.text.as_str()).collect();
            let more = if terms.len() > SHOWN { format!(" and {} more", terms.len() - SHOWN) } else { String::new() };
            writeln!(out, "Looks for 查找: {}{more}", words.join("、"))?;
        }
        LooksFor::Fingerprints(documents) => {
            let (registered, counts) = (&documents.registered, documents.registered.counts());
            writeln!(out, "Looks for 查找: registered documents 登记文件 “{}”", registered.name)?;
            writeln!(
                out,
                "  registered on {} 登记, {} documents 件, {} fingerprints 指纹, in {}",
                registered.made,
                counts.len(),
                registered.prints(),
                documents.file
            )?;
            writeln!(
                out,
                "  found where 2,000 characters of a text have {} of one document 片段, or {}% of a short one 份额",
                documents.passage,
                (documents.share * 100.0).round()
            )?;
        }
    }
    if let Some(near) = &rule.near {
        let (count, words) = (near.at_least, near.words.join("、"));
        writeln!(out, "  only where at least {count} of these stands within {} characters 邻近: {words}", near.within)?;
    }
    if !rule.exceptions.is_empty() {
        writeln!(out, "  but not inside 例外: {}", rule.exceptions.join("、"))?;
    }
    Ok(())
}

fn try_term(out: &mut impl Write, args: &TryArgs) -> anyhow::Result<Exit> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["term", "variants", "note"])?;
    csv.write_record([args.term.as_str(), &args.variants.to_string(), ""])?;
    let csv = String::from_utf8(csv.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?)?;
    let files = [("rules/try.toml", CARRIER.to_owned()), ("dictionaries/try.csv", csv)];
    let bundle = RuleBundle { files: files.into_iter().map(|(name, text)| (name.to_owned(), text)).collect() };
    let set = match RuleSet::from_bundle(&bundle) {
        Ok(set) => set,
        Err(errors) => {
            for error in errors.0 {
                writeln!(out, "{:?} cannot be a term: {}; {}", args.term, error.what, error.cure)?;
            }
            return Ok(Exit::Problems);
        }
    };
    writeln!(out, "“{}” at variants {} would catch:", args.term, args.variants)?;
    for lint in set.lints().iter().filter(|lint| lint.0.cell.as_deref() == Some("变体")) {
        writeln!(out, "Mind: {}; {}", lint.0.what, lint.0.cure)?;
    }
    let again = RuleSet::from_bundle(&bundle)?;
    for form in rule_forms::tried(again, &args.term) {
        let mark = if form.caught { "✓" } else { "·" };
        let name = format!("{} {} {}", form.level, form.name.1, form.name.0);
        writeln!(out, "  {mark} {name:<36} {}", visible(&form.text))?;
    }
    let screener = Screener::new(set, std::time::Duration::from_secs(60));
    let mut exit = Exit::Done;
    for file in &args.files {
        let text = std::fs::read_to_string(file)
            .map_err(|error| anyhow::anyhow!("cannot read {} as text: {error}", file.display()))?;
        match finds(&screener, &text) {
            Some((count, first)) => {
                writeln!(out, "{}: {count} hits, the first “{}”", file.display(), visible(&first))?;
                exit = Exit::Problems;
            }
            None => writeln!(out, "{}: no hit", file.display())?,
        }
    }
    Ok(exit)
}

/// A rule that stands in for the set while one term is tried.
const CARRIER: &str = "[[rule]]\nid = \"TRY\"\nname = \"try\"\nlevel = \"内部\"\naction = \"提示\"\nterms = [\"\u{10000}\u{10001}\
    \u{10002}\"]\npositive = [\"\u{10000}\u{10001}\u{10002}\", \"\u{10000}\u{10001}\u{10002}.\", \".\u{10000}\u{10001}\u{10002}\"]\nnegative = [\"-\", \"--\", \"---\"]\nreview_date = 2027-01-01\n";

fn finds(screener: &Screener, text: &str) -> Option<(usize, String)> {
    let segment = Segment::new(Field::Body, "", text);
    let findings = screener.scan(&[segment], &[]).findings;
    findings.first().map(|first| (findings.len(), first.text.clone()))
}
