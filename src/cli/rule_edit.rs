//! `menhu rules add-term`, `remove-term`, `set`, `except`, `take-back`: one change of the set in force, proposed at once.
//!
//! The same changes as on the console's pages, without a file. Each is tried on everything published by the running desk,
//! and waits for a second officer.

use clap::Args;
use jiff::civil::Date;

use super::{Exit, rule_change};
use crate::flow::rule_edit::{Edit, NewTerm, OFFICERS_LIST, Settings};
use crate::model::{Action, ItemId, Level};

fn level(word: &str) -> Result<Level, String> {
    Level::of_word(word).ok_or_else(|| "it is one of 绝密 机密 秘密 工作秘密 内部 个人信息".to_owned())
}

fn action(word: &str) -> Result<Action, String> {
    Action::of_word(word).ok_or_else(|| "it is one of 阻断 保密审查 提示 (block hold note)".to_owned())
}

/// `menhu rules add-term`
#[derive(Args)]
#[command(
    after_help = "Example:\n  menhu rules add-term 麒麟工程 --level 工作秘密 --action 保密审查 --review 2027-06-30 --by baomi1 --note 新代号"
)]
pub(super) struct AddTermArgs {
    /// The words
    #[arg(value_name = "TERM", required = true)]
    terms: Vec<String>,
    /// What they guard
    #[arg(long, value_name = "LEVEL", default_value = "机密", value_parser = level)]
    level: Level,
    /// What they ask for
    #[arg(long, value_name = "ACTION", default_value = "阻断", value_parser = action)]
    action: Action,
    /// How far disguises are undone
    #[arg(long, value_name = "LEVEL", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=4))]
    variants: u8,
    /// The dictionary; it is made where it does not exist
    #[arg(long, value_name = "NAME.csv")]
    dictionary: Option<String>,
    /// When they must be looked at again
    #[arg(long, value_name = "DATE")]
    review: Option<Date>,
    /// Where they come from
    #[arg(long, default_value = "")]
    source: String,
    #[command(flatten)]
    proposer: rule_change::Proposer,
}

/// `menhu rules remove-term`
#[derive(Args)]
#[command(after_help = "Example:\n  menhu rules remove-term GZ-0001 考察对象 --by baomi1 --note 误报过多")]
pub(super) struct RemoveTermArgs {
    /// The rule; dictionary/NAME for a dictionary that no rule names
    #[arg(value_name = "RULE")]
    rule: String,
    /// The word, as it is written there
    #[arg(value_name = "TERM")]
    term: String,
    #[command(flatten)]
    proposer: rule_change::Proposer,
}

/// `menhu rules set`
#[derive(Args)]
#[command(after_help = "Example:\n  menhu rules set GZ-0001 --action 阻断 --by baomi1\n  \
    menhu rules set dictionary/work-sensitive --term 党组会议纪要 --review 2028-06-30 --by baomi1")]
pub(super) struct SetArgs {
    /// The rule; dictionary/NAME for a dictionary that no rule names
    #[arg(value_name = "RULE")]
    rule: String,
    /// One word of its dictionary; without it the rule and all its words
    #[arg(long, value_name = "TERM")]
    term: Option<String>,
    /// What it guards
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    level: Option<Level>,
    /// What it asks for
    #[arg(long, value_name = "ACTION", value_parser = action)]
    action: Option<Action>,
    /// How far disguises are undone
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=4))]
    variants: Option<u8>,
    /// When it must be looked at again
    #[arg(long, value_name = "DATE")]
    review: Option<Date>,
    #[command(flatten)]
    proposer: rule_change::Proposer,
}

/// `menhu rules except`
#[derive(Args)]
#[command(
    after_help = "Example:\n  menhu rules except GZ-0001 拟任人选任前公告 --text 发布拟任人选任前公告 --by baomi1 --note 误报"
)]
pub(super) struct ExceptArgs {
    /// The rule
    #[arg(value_name = "RULE")]
    rule: String,
    /// The phrase, with the word in it
    #[arg(value_name = "PHRASE")]
    phrase: String,
    /// A text that must pass from now on; kept as an example of the rule
    #[arg(long, default_value = "")]
    text: String,
    /// Take this exception away instead
    #[arg(long)]
    remove: bool,
    #[command(flatten)]
    proposer: rule_change::Proposer,
}

/// `menhu rules take-back`
#[derive(Args)]
#[command(after_help = "Example:\n  menhu rules take-back kq3v… --by baomi1 --note 复查后收回")]
pub(super) struct TakeBackArgs {
    /// The item that was released
    #[arg(value_name = "ITEM")]
    item: ItemId,
    #[command(flatten)]
    proposer: rule_change::Proposer,
}

pub(super) async fn take_back(args: TakeBackArgs) -> anyhow::Result<Exit> {
    rule_change::propose_edits(args.proposer, &[Edit::TakeBack { item: args.item }]).await
}

pub(super) async fn add_term(args: AddTermArgs) -> anyhow::Result<Exit> {
    let named = args.dictionary.map(|name| format!("dictionaries/{}", name.trim_start_matches("dictionaries/")));
    let file = named.unwrap_or_else(|| OFFICERS_LIST.to_owned());
    let edit = |term: String| {
        Edit::AddTerm(NewTerm {
            file: file.clone(),
            term,
            level: args.level,
            action: args.action,
            variants: args.variants,
            review_date: args.review,
            source: args.source.clone(),
            note: String::new(),
        })
    };
    let edits: Vec<Edit> = args.terms.into_iter().map(edit).collect();
    rule_change::propose_edits(args.proposer, &edits).await
}

pub(super) async fn remove_term(args: RemoveTermArgs) -> anyhow::Result<Exit> {
    rule_change::propose_edits(args.proposer, &[Edit::RemoveTerm { rule: args.rule, term: args.term }]).await
}

pub(super) async fn set(args: SetArgs) -> anyhow::Result<Exit> {
    let to = Settings { level: args.level, action: args.action, variants: args.variants, review_date: args.review };
    if to == Settings::default() {
        anyhow::bail!("nothing is to be set: name --level, --action, --variants or --review");
    }
    rule_change::propose_edits(args.proposer, &[Edit::Set { rule: args.rule, term: args.term, to }]).await
}

pub(super) async fn except(args: ExceptArgs) -> anyhow::Result<Exit> {
    let edit = if args.remove {
        Edit::RemoveException { rule: args.rule, phrase: args.phrase }
    } else {
        Edit::AddException { rule: args.rule, phrase: args.phrase, negative: args.text }
    };
    rule_change::propose_edits(args.proposer, &[edit]).await
}
