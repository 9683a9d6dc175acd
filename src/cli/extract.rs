//! `menhu extract`: what the extractor makes of saved pages and documents.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use serde_json::json;

use super::Exit;
use crate::extract::{Extracted, ReadLimits, Reader, this_program};

/// Shows what is read from pages and documents.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  menhu extract --json --url http://www.qz.gov.cn/art/2021/4/2/art_1_2.html page.html"
)]
pub(super) struct Args {
    /// Print JSON Lines, one object a file.
    #[arg(long)]
    json: bool,
    /// Where the files were fetched; relative links are read against it.
    #[arg(long)]
    url: Option<String>,
    /// Pages, PDF, docx, text.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let reader = reader()?;
    for path in &args.files {
        let bytes = tokio::fs::read(path).await.with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_page = matches!(crate::extract::Kind::of(&bytes), crate::extract::Kind::Html);
        let read = if is_page {
            reader.page(bytes, args.url.as_deref().unwrap_or(""), Some("text/html"), None).await
        } else {
            reader.document(&name, bytes).await
        };
        print(&path.display().to_string(), &read, args.json)?;
    }
    Ok(Exit::Done)
}

/// Readers under the limits of a fresh configuration, in this same program.
pub(super) fn reader() -> anyhow::Result<Reader> {
    let program = this_program().context("cannot tell where this program is")?;
    Ok(Reader::new(program, ReadLimits::from(&crate::config::Collect::default())))
}

fn print(file: &str, read: &Extracted, as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        let line = json!({
            "file": file,
            "kind": read.kind.word(),
            "charset": read.charset,
            "title": read.title,
            "published": read.published,
            "written": read.written,
            "source": read.origin,
            "document_number": read.document_number,
            "index_number": read.index_number,
            "author": read.author,
            "text": read.text,
            "html": read.html,
            "links": read.links,
            "attachments": read.attachments,
            "next": read.next,
            "prev": read.prev,
            "gone": read.gone,
            "unreadable": read.unreadable,
        });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    writeln!(out, "{file}: {} {}", read.kind.word(), read.charset.as_deref().unwrap_or(""))?;
    writeln!(out, "  title            {}", read.title)?;
    writeln!(out, "  published        {}", or_dash(read.published.map(|when| when.to_string())))?;
    writeln!(out, "  written          {}", or_dash(read.written.map(|date| date.to_string())))?;
    writeln!(out, "  source           {}", or_dash(read.origin.clone()))?;
    writeln!(out, "  document number  {}", or_dash(read.document_number.clone()))?;
    writeln!(out, "  text             {} characters", read.text.chars().count())?;
    for attachment in &read.attachments {
        writeln!(out, "  attachment       {} {}", attachment.name, attachment.url)?;
    }
    for unreadable in &read.unreadable {
        writeln!(out, "  unreadable       {} {}", unreadable.place, unreadable.reason)?;
    }
    Ok(())
}
