//! `menhu rules fingerprint`: registers documents by their fingerprints, in a file beside the dictionaries.
//!
//! Contract: the documents are read by the confined reader, as `menhu scan` reads them, and nothing of their text is
//! written anywhere; where one of them cannot be read or recognised, nothing is written at all and every one is named
//! (exit 30). Needs no installation and no network, so that it can run where such documents may lie.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use super::{Exit, files, out, rule_backtest, scan};
use crate::extract::Reader;
use crate::model::Clock;
use crate::screen::{FINGERPRINTS, Registered, Registrar, Unfit};

/// `menhu rules fingerprint`
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  menhu rules fingerprint report.docx annex.pdf --out dictionaries/register.fingerprints --name '2026年第7号登记件' \
    --public published\n\nRun it on a machine that may hold the documents, and carry only the .fingerprints file to the appliance; see \
    docs/rules.md."
)]
pub(super) struct Args {
    /// Documents to register, or folders of them
    #[arg(value_name = "FILE", required = true)]
    documents: Vec<PathBuf>,
    /// The file to write, in the folder of the dictionaries: dictionaries/NAME.fingerprints
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A neutral name, such as a number in your own register; it is shown to every officer and reviewer
    #[arg(long, value_name = "NAME", required_unless_present = "add")]
    name: Option<String>,
    /// Add the documents to the file, which is there
    #[arg(long, conflicts_with = "name")]
    add: bool,
    /// Public documents, or folders of them: what they share with the registered ones is left out
    #[arg(long, value_name = "FILE")]
    public: Vec<PathBuf>,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let mut registrar = registrar(&args)?;
    let reader = scan::reader()?;
    let public = listed(&args.public)?;
    for file in &public {
        let (texts, unreadable) = scan::words(&reader, file).await?;
        for part in unreadable {
            out::line(&format!("public, not read: {}: {} {}", file.display(), part.place, part.reason))?;
        }
        texts.iter().for_each(|text| registrar.leave_out(text));
    }
    if !public.is_empty() {
        out::line(&format!("what stands in {} public documents is left out 已扣除公开文件中的内容", public.len()))?;
    }
    let (mut refused, mut added) = (0, 0);
    for file in listed(&args.documents)? {
        match register(&reader, &mut registrar, &file).await? {
            Outcome::Added(words) => {
                added += 1;
                out::line(&words)?;
            }
            Outcome::Passed(words) => out::line(&words)?,
            Outcome::Refused(words) => {
                refused += 1;
                out::line(&words)?;
            }
        }
    }
    if refused > 0 {
        out::line(&format!("nothing is written: {refused} of the documents cannot be registered 未写入文件"))?;
        return Ok(Exit::Problems);
    }
    if added == 0 {
        out::line("nothing is written: no document is new 没有新的文件")?;
        return Ok(Exit::Done);
    }
    let registered = registrar.finish();
    files::replace(&args.out, registered.text().as_bytes(), files::SHARED)?;
    next(&args, &registered)?;
    Ok(Exit::Done)
}

/// What became of one document.
enum Outcome {
    Added(String),
    Passed(String),
    Refused(String),
}

async fn register(reader: &Reader, registrar: &mut Registrar, file: &Path) -> anyhow::Result<Outcome> {
    let shown = file.display();
    let (texts, unreadable) = scan::words(reader, file).await?;
    if let Some(part) = unreadable.first() {
        let (place, reason) = (&part.place, &part.reason);
        return Ok(Outcome::Refused(format!("refused  {shown}: cannot be read whole: {place} {reason}")));
    }
    Ok(match registrar.add(texts.iter().map(String::as_str)) {
        Ok(added) => {
            let left = if added.public > 0 { format!(", {} left out as public", added.public) } else { String::new() };
            let (number, letters, prints) = (added.number, added.letters, added.prints);
            Outcome::Added(format!("{number:>7}  {shown}: {letters} letters, {prints} fingerprints{left}"))
        }
        Err(Unfit::Twice) => Outcome::Passed(format!("   same  {shown}: {}", Unfit::Twice)),
        Err(unfit) => Outcome::Refused(format!("refused  {shown}: {unfit}")),
    })
}

/// A new file, or one that is added to.
fn registrar(args: &Args) -> anyhow::Result<Registrar> {
    let shown = args.out.display();
    let ends = args.out.file_name().is_some_and(|name| name.to_string_lossy().ends_with(FINGERPRINTS));
    ensure!(
        ends,
        "{shown}: the file of fingerprints is to be named NAME{FINGERPRINTS}, else the gate does not read it"
    );
    if args.add {
        return Ok(Registrar::resume(parsed(&args.out)?)?);
    }
    if args.out.exists() {
        bail!("{shown} is there already: add documents to it with --add, or write another file");
    }
    let name = args.name.as_deref().unwrap_or_default();
    let made = Clock::System.now().date().to_string();
    Ok(Registrar::begin(name, made, beside(&args.out).as_ref())?)
}

fn parsed(file: &Path) -> anyhow::Result<Registered> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Registered::parse(&text).map_err(|(line, what)| {
        let cure = "copy it again from where it was made, or register the documents in a new file";
        anyhow::anyhow!("{}:{line}: {what}; {cure}", file.display())
    })
}

/// Another registration in the same folder; one that cannot be read is none, and `menhu rules check` says so.
fn beside(file: &Path) -> Option<Registered> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut others: Vec<PathBuf> = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    others.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(FINGERPRINTS)));
    others.sort();
    others.iter().find_map(|path| parsed(path).ok())
}

/// The files that were named, and those of the folders, each once.
fn listed(named: &[PathBuf]) -> anyhow::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for path in named {
        let about = fs::metadata(path);
        let about = about
            .with_context(|| format!("cannot read {}; check the name and that you may read it", path.display()))?;
        if about.is_dir() {
            let inside = rule_backtest::files(path)?;
            ensure!(!inside.is_empty(), "{} is an empty folder", path.display());
            found.extend(inside);
        } else {
            found.insert(path.clone());
        }
    }
    Ok(found)
}

/// What to do with the file; a new one is shown the rule that it may have.
fn next(args: &Args, registered: &Registered) -> anyhow::Result<()> {
    let file = args.out.as_path();
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (documents, prints) = (registered.counts().len(), registered.prints());
    out::line(&format!(
        "written: {}: {documents} documents 件, {prints} fingerprints 指纹, under “{}”",
        file.display(),
        registered.name
    ))?;
    out::line("keep the numbers above in your own register: the file holds neither names nor words of the documents")?;
    if args.add {
        return out::line("next: menhu rules check, menhu rules propose");
    }
    let (name, shown) = (name.replace(['"', '\\'], ""), registered.name.replace(['"', '\\'], ""));
    out::line(
        "next: menhu rules check, menhu rules propose. The file blocks by itself, as 机密; for another level, action or",
    )?;
    out::line(&format!(
        "scope write a rule in rules/ that names it:\n\n[[rule]]\nid = \"DJ-0001\"\nname = \"{shown}\"\nlevel = \"机密\"\naction = \
         \"阻断\"\nfingerprints = \"{name}\"\nbasis = \"…\"\nreview_date = 2027-06-30"
    ))
}
