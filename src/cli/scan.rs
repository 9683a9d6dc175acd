//! `menhu scan`: the gate on files and text.
//!
//! Contract: a JSON line `{file,outcome,rule_set,findings,unreadable}` for each file, or words for people; the exit
//! code is that of the worst outcome: 0, 10 held, 20 blocked. What cannot be read is held, never skipped.

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use super::Exit;
use crate::config::{Collect, Config, ConfigError};
use crate::extract::{Kind, ReadLimits, Reader, this_program};
use crate::model::{Action, Field, Finding, Outcome, Segment, TextKind, Unreadable, Verdict};
use crate::screen::{RuleErrors, RuleSet, Screener};

/// Largest file, in bytes: that of an attachment.
const INPUT_LIMIT: u64 = 64 << 20;

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
    /// Configuration whose `[gate]` names the folders.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of *.toml; else the one of the configuration, else ./rules.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Folder of *.csv and *.fingerprints; else the one of the configuration, else ./dictionaries.
    #[arg(long, value_name = "DIR")]
    dictionaries: Option<PathBuf>,
}

impl RuleArgs {
    /// The configuration that was named.
    pub(super) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

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
pub(super) struct Subject {
    file: String,
    pub(super) segments: Vec<Segment>,
    pub(super) unreadable: Vec<Unreadable>,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let Some(screener) = args.rules.screener()? else { return Ok(Exit::Usage) };
    let mut worst = Outcome::Pass;
    let mut subjects = Vec::new();
    if let Some(text) = args.text {
        subjects.push(Subject { file: "(text)".into(), segments: vec![body(text)], unreadable: vec![] });
    }
    let reader = reader()?;
    for file in &args.files {
        subjects.push(read(&reader, file).await?);
    }
    let mut out = std::io::stdout().lock();
    for subject in subjects {
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
    Segment::new(Field::Body, "", text)
}

/// Hostile files are read in the sandboxed child.
pub(super) fn reader() -> anyhow::Result<Reader> {
    let program = this_program().context("cannot find this program for the reading child")?;
    Ok(Reader::new(program, ReadLimits::from(&Collect::default())))
}

pub(super) async fn read(reader: &Reader, file: &Path) -> anyhow::Result<Subject> {
    let (name, shown) = (name_of(file), file.display().to_string());
    let bytes = match bytes_of(file)? {
        Ok(bytes) => bytes,
        Err(large) => return Ok(Subject { file: shown, segments: vec![], unreadable: vec![large] }),
    };
    let (mut segments, unreadable) = segments_of_file(reader, &name, bytes).await;
    if file != Path::new("-") {
        segments.push(Segment::new(Field::FileName, name.clone(), name));
    }
    Ok(Subject { file: shown, segments, unreadable })
}

/// What a person reads in a file, title and text, without its source, properties and name; and what could not be read.
pub(super) async fn words(reader: &Reader, file: &Path) -> anyhow::Result<(Vec<String>, Vec<Unreadable>)> {
    let name = name_of(file);
    let bytes = match bytes_of(file)? {
        Ok(bytes) => bytes,
        Err(large) => return Ok((Vec::new(), vec![large])),
    };
    let kind = Kind::of(&bytes);
    if kind == Kind::Text
        && is_plain_name(&name)
        && let Some(text) = plain(&bytes)
    {
        return Ok((vec![text], Vec::new()));
    }
    let read = match kind {
        Kind::Html => reader.page(bytes, "", None, None).await,
        _ => reader.document(&name, bytes).await,
    };
    Ok((vec![read.title, read.text], read.unreadable))
}

fn name_of(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The bytes of a file; or that it is too large.
fn bytes_of(file: &Path) -> anyhow::Result<Result<Vec<u8>, Unreadable>> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(INPUT_LIMIT + 1).read_to_end(&mut bytes).context("cannot read standard input")?;
    } else {
        std::fs::File::open(file)
            .and_then(|opened| opened.take(INPUT_LIMIT + 1).read_to_end(&mut bytes))
            .with_context(|| format!("cannot read {}; check the name and that you may read it", file.display()))?;
    }
    let large = bytes.len() as u64 > INPUT_LIMIT;
    let reason = format!("larger than {} MiB", INPUT_LIMIT >> 20);
    Ok(if large { Err(Unreadable { place: name_of(file), reason }) } else { Ok(bytes) })
}

/// The texts of a file: plain text as it was given, so that offsets point into it; a page as title, body and source;
/// anything else as the document it is.
async fn segments_of_file(reader: &Reader, name: &str, bytes: Vec<u8>) -> (Vec<Segment>, Vec<Unreadable>) {
    match Kind::of(&bytes) {
        Kind::Html => {
            let page = reader.page(bytes, "", None, None).await;
            let title = Segment { kind: TextKind::Web, ..Segment::new(Field::Title, "", page.title) };
            let segments =
                [title, Segment { kind: TextKind::Web, ..body(page.text) }].into_iter().chain(page.segments).collect();
            (segments, page.unreadable)
        }
        Kind::Text if is_plain_name(name) => match plain(&bytes) {
            Some(text) => (vec![Segment { kind: TextKind::Plain, ..body(text) }], Vec::new()),
            None => {
                let read = reader.document(name, bytes).await;
                (read.segments, read.unreadable)
            }
        },
        _ => {
            let read = reader.document(name, bytes).await;
            (read.segments, read.unreadable)
        }
    }
}

/// A name without an extension, or `.txt`.
fn is_plain_name(name: &str) -> bool {
    Path::new(name).extension().is_none_or(|extension| extension.eq_ignore_ascii_case("txt"))
}

/// UTF-8, or else GB18030 without a wrong byte.
fn plain(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let text = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes)?;
    Some(text.into_owned())
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
pub(super) fn excerpt(segments: &[Segment], finding: &Finding) -> Option<String> {
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
