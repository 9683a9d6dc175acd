//! `menhu discover`: what list pages, feeds and sitemaps lead to.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use serde_json::json;

use super::Exit;
use crate::model::Profile;

/// Shows what list pages, feeds and sitemaps lead to.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu discover --json --url http://www.qz.gov.cn/col/col1/index.html list.html")]
pub(super) struct Args {
    /// Print JSON Lines, one object a file.
    #[arg(long)]
    json: bool,
    /// Where the files were fetched; relative links are read against it.
    #[arg(long)]
    url: Option<String>,
    /// List pages, feeds, sitemaps.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let reader = super::extract::reader()?;
    for path in &args.files {
        let bytes = tokio::fs::read(path).await.with_context(|| format!("cannot read {}", path.display()))?;
        let listing = reader.listing(bytes, args.url.as_deref().unwrap_or(""), None, None, Profile::Auto).await;
        let mut out = std::io::stdout().lock();
        if args.json {
            let line = json!({
                "file": path.display().to_string(),
                "kind": listing.kind,
                "items": listing.items,
                "pages": listing.pages,
                "total": listing.total,
                "unreadable": listing.unreadable,
            });
            writeln!(out, "{line}")?;
            continue;
        }
        writeln!(
            out,
            "{}: {:?}, {} items, {} further pages",
            path.display(),
            listing.kind,
            listing.items.len(),
            listing.pages.len()
        )?;
        for item in &listing.items {
            let date = item.published.map_or_else(|| "-".to_owned(), |when| when.date().to_string());
            writeln!(out, "  {date:10}  {}  {}", item.title, item.url)?;
        }
        for unreadable in &listing.unreadable {
            writeln!(out, "  unreadable  {}", unreadable.reason)?;
        }
    }
    Ok(Exit::Done)
}
