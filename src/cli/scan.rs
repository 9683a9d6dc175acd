//! `menhu scan`: the gate on files and text.
//!
//! Contract: a JSON line `{file,outcome,rule_set,findings,unreadable}` for each file, or words for people; the exit
//! code is that of the worst outcome: 0, 10 held, 20 blocked. What cannot be read is held, never skipped.

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use super::Exit;
use crate::config::{Config, ConfigError};
use crate::model::{Action, Field, Finding, Outcome, Segment, Unreadable, Verdict};
use crate::screen::{RuleErrors, RuleSet, Screener};

/// Put files or text through the gate.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu scan --text '机　密★1年'\n  menhu scan --json notice.html annex.pdf\n  \
    pdftotext annex.pdf - | menhu scan -")]
pub(super) struct Args {
    /// JSON Lines on standard output.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    rules: RuleArgs,
    /// A text to screen.
    #[arg(long, value_name = "STRING")]
    text: Option<String>,
    /// Files to screen; - for standard input.
    #[arg(value_name = "FILE", required_unless_present = "text")]
    files: Vec<PathBuf>,
}

/// Where the rules are.
#[derive(clap::Args)]
pub(super) struct RuleArgs {
    /// Configuration whose [gate] names the folders.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of *.toml; else the one of the configuration, else ./rules.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Folder of *.csv; else the one of the configuration, else ./dictionaries.
    #[arg(long, value_name = "DIR")]
    dictionaries: Option<PathBuf>,
}

impl RuleArgs {
    /// The set in these folders, and the time for an item.
    pub(super) fn load(&self) -> anyhow::Result<(Result<RuleSet, RuleErrors>, Duration)> {
        // named folders need no configuration; one that is there is used all the same
        let (config, found) = match (&self.config, Config::find(self.config.as_deref())) {
            (_, Ok((config, _))) => (config, true),
            (None, Err(ConfigError::None)) => (Config::default(), false),
            (_, Err(error)) => return Err(error.into()),
        };
        let rules = self.rules.clone().unwrap_or(config.gate.rules);
        let dictionaries = self.dictionaries.clone().unwrap_or(config.gate.dictionaries);
        let asked = found || self.dictionaries.is_some();
        let set = if asked || dictionaries.exists() {
            RuleSet::load(&rules, &dictionaries)
        } else {
            RuleSet::load_rules_alone(&rules)
        };
        Ok((set, config.gate.time_limit.0))
    }

    /// A gate with these rules, or nothing where they are refused: the reasons then went to standard error.
    pub(super) fn screener(&self) -> anyhow::Result<Option<Screener>> {
        let (set, time_limit) = self.load()?;
        match set {
            Ok(set) => Ok(Some(Screener::new(set, time_limit))),
            Err(errors) => {
                let mut err = std::io::stderr().lock();
                writeln!(err, "menhu: the rules are refused, and without rules nothing passes:")?;
                writeln!(err, "{errors}")?;
                writeln!(
                    err,
                    "menhu: name the folders with --rules DIR and --dictionaries DIR, or with --config FILE"
                )?;
                Ok(None)
            }
        }
    }
}

/// What is scanned as one.
struct Subject {
    file: String,
    segments: Vec<Segment>,
    unreadable: Vec<Unreadable>,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let Some(screener) = args.rules.screener()? else { return Ok(Exit::Usage) };
    let mut worst = Outcome::Pass;
    let mut out = std::io::stdout().lock();
    let text = args.text.map(|text| Subject { file: "(text)".into(), segments: vec![body(text)], unreadable: vec![] });
    for subject in text.into_iter().map(Ok).chain(args.files.iter().map(|file| read(file))) {
        let subject = subject?;
        let verdict = screener.scan(&subject.segments, &subject.unreadable);
        worst = worst.max(verdict.outcome);
        if args.json {
            writeln!(out, "{}", line(&subject.file, &verdict))?;
        } else {
            show(&mut out, &subject, &verdict)?;
        }
    }
    Ok(match worst {
        Outcome::Pass => Exit::Done,
        Outcome::Hold => Exit::Held,
        Outcome::Block => Exit::Blocked,
    })
}

fn body(text: String) -> Segment {
    Segment { field: Field::Body, place: String::new(), text }
}

fn read(file: &Path) -> anyhow::Result<Subject> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
    } else {
        bytes = std::fs::read(file)
            .with_context(|| format!("cannot read {}; check the name and that you may read it", file.display()))?;
    }
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (mut segments, unreadable) = segments_of_file(&name, &bytes);
    if file != Path::new("-") {
        segments.push(Segment { field: Field::FileName, place: name.clone(), text: name });
    }
    Ok(Subject { file: file.display().to_string(), segments, unreadable })
}

/// The texts of a file: UTF-8, or else GB18030. Anything else is unreadable, and so held.
fn segments_of_file(name: &str, bytes: &[u8]) -> (Vec<Segment>, Vec<Unreadable>) {
    let unreadable =
        |reason: &str| (Vec::new(), vec![Unreadable { place: name.to_owned(), reason: reason.to_owned() }]);
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.contains(&0) {
        return unreadable("not a text file");
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (vec![body(text.to_owned())], Vec::new());
    }
    match encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => (vec![body(text.into_owned())], Vec::new()),
        None => unreadable("neither UTF-8 nor GB18030"),
    }
}

/// The line of the contract.
fn line(file: &str, verdict: &Verdict) -> serde_json::Value {
    serde_json::json!({
        "file": file,
        "outcome": verdict.outcome,
        "rule_set": verdict.rule_set,
        "findings": verdict.findings,
        "unreadable": verdict.unreadable,
    })
}

fn show(out: &mut impl Write, subject: &Subject, verdict: &Verdict) -> std::io::Result<()> {
    let word = match verdict.outcome {
        Outcome::Pass => "pass 通过",
        Outcome::Hold => "hold 保密审查",
        Outcome::Block => "block 阻断",
    };
    writeln!(out, "{}: {word}", subject.file)?;
    for finding in &verdict.findings {
        let marked = excerpt(&subject.segments, finding);
        let place = if finding.place.is_empty() { String::new() } else { format!(" {}", finding.place) };
        writeln!(
            out,
            "  [{}] {} {} {}{place}",
            action(finding.action),
            finding.rule,
            finding.level.word(),
            finding.field.chinese()
        )?;
        if let Some(marked) = marked {
            writeln!(out, "    {marked}")?;
        }
        writeln!(out, "    {}", finding.why)?;
        if !finding.transforms.is_empty() {
            writeln!(out, "    undone: {} (bytes {}..{})", finding.transforms.join(", "), finding.start, finding.end)?;
        }
    }
    for unreadable in &verdict.unreadable {
        writeln!(out, "  [hold 保密审查] cannot be read: {} {}", unreadable.place, unreadable.reason)?;
    }
    Ok(())
}

/// `block 阻断`
pub(super) fn action(action: Action) -> String {
    let english = match action {
        Action::Note => "note",
        Action::Hold => "hold",
        Action::Block => "block",
    };
    format!("{english} {}", action.chinese())
}

/// Some characters around the hit, which is marked 【】, in reverse video on a terminal.
fn excerpt(segments: &[Segment], finding: &Finding) -> Option<String> {
    const AROUND: usize = 16;
    let segment = segments.iter().find(|segment| {
        segment.field == finding.field
            && segment.place == finding.place
            && segment.text.get(finding.start..finding.end) == Some(finding.text.as_str())
    })?;
    if finding.text.is_empty() {
        return None;
    }
    let before: Vec<char> = segment.text[..finding.start].chars().rev().take(AROUND).collect();
    let before: String = before.into_iter().rev().collect();
    let after: String = segment.text[finding.end..].chars().take(AROUND).collect();
    let (open, close) = if std::io::stdout().is_terminal() { ("\u{1b}[7m", "\u{1b}[0m") } else { ("【", "】") };
    Some(format!("{}{open}{}{close}{}", visible(&before), visible(&finding.text), visible(&after)))
}

/// Line breaks and what cannot be seen, made visible; nothing that a terminal would obey is left.
pub(super) fn visible(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            shown.push('…');
            break;
        }
        match c {
            '\n' | '\r' => shown.push('⏎'),
            '\t' => shown.push(' '),
            c if c.is_control() => shown.push('�'),
            '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{AD}'
            | '\u{180E}'
            | '\u{E0000}'..='\u{E0FFF}' => shown.push_str(&format!("‹{:X}›", c as u32)),
            c => shown.push(c),
        }
    }
    shown
}
