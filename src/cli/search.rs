//! `menhu search`: asks the local index, as the portal does: every hit is read again from the site and its permit verified.

use std::io::BufRead;
use std::path::PathBuf;

use anyhow::Context;
use serde::Deserialize;
use serde_json::json;

use super::{Exit, Installation, out};
use crate::app;
use crate::index::{IndexReader, Query, Words};
use crate::model::{Clock, ColumnId, Content, PermitVerifier, UnitId, When};
use crate::store::Site;

/// Longest line of a file of queries, in bytes.
const LINE_LIMIT: usize = 64 << 10;

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  menhu search 衢政办发〔2008〕12号\n  menhu search --json --limit 5 政府门户网站内容保障"
)]
pub(super) struct Args {
    /// What to look for
    #[arg(required_unless_present = "queries")]
    query: Vec<String>,
    /// A file of {"id", "query"} lines; answers carry "query_id"
    #[arg(long, value_name = "FILE", conflicts_with = "query")]
    queries: Option<PathBuf>,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
    /// Most hits
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// Only this column
    #[arg(long, value_name = "ID")]
    column: Option<ColumnId>,
    /// Only this unit
    #[arg(long, value_name = "ID")]
    unit: Option<UnitId>,
    /// Published on this day or later
    #[arg(long, value_name = "D")]
    from: Option<When>,
    /// Published on this day or earlier
    #[arg(long, value_name = "D")]
    to: Option<When>,
    #[command(flatten)]
    installation: Installation,
}

#[derive(Deserialize)]
struct Asked {
    id: serde_json::Value,
    query: String,
}

struct Search {
    site: Site,
    reader: IndexReader,
    verifier: std::sync::Arc<PermitVerifier>,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    let search = Search {
        site: Site::open_read_only(&app::site_place(&config)?, Clock::System).await?,
        reader: IndexReader::open_read_only(&app::index_folder(&config), &Words::load())?,
        verifier: app::verifier(&config)?,
    };
    let Some(file) = &args.queries else {
        let hits = search.ask(&args, &args.query.join(" "), None).await?;
        if hits == 0 && !args.json {
            out::line("nothing found")?;
        }
        return Ok(Exit::Done);
    };
    let opened = std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    for (number, line) in std::io::BufReader::new(opened).lines().enumerate() {
        let line = line.with_context(|| format!("cannot read {}", file.display()))?;
        if line.trim().is_empty() {
            continue;
        }
        anyhow::ensure!(line.len() <= LINE_LIMIT, "{} line {}: longer than 64 KiB", file.display(), number + 1);
        let asked: Asked = serde_json::from_str(&line)
            .with_context(|| format!("{} line {}: not an object with id and query", file.display(), number + 1))?;
        search.ask(&args, &asked.query, Some(&asked.id)).await?;
    }
    Ok(Exit::Done)
}

impl Search {
    async fn ask(&self, args: &Args, text: &str, id: Option<&serde_json::Value>) -> anyhow::Result<usize> {
        let query = Query {
            text: text.to_owned(),
            column: args.column.clone(),
            unit: args.unit.clone(),
            from: args.from.map(When::date),
            to: args.to.map(When::date),
            limit: args.limit as usize,
            ..Query::default()
        };
        let hits = self.reader.search(&query)?;
        let mut rank = 0;
        for hit in &hits.hits {
            // The index proposes, the site disposes.
            let Some(item) = self.site.item(&hit.id).await? else { continue };
            if self.verifier.verify(&item.permit()?, &item.id, &item.content).is_err() {
                tracing::error!(item = %item.id, "its permit does not hold: not shown");
                continue;
            }
            let content: Content = serde_json::from_str(&item.content)?;
            rank += 1;
            let words: String =
                self.reader.snippet(text, &content.text).iter().map(|part| part.text.as_str()).collect();
            if args.json {
                let mut line = json!({
                    "rank": rank, "id": item.id, "score": hit.score, "title": content.title, "published": content.published,
                    "source_url": content.source_url, "snippet": words,
                });
                if let (Some(id), Some(object)) = (id, line.as_object_mut()) {
                    object.insert("query_id".into(), id.clone());
                }
                out::json(&line)?;
            } else {
                let date = content.published.map_or_else(String::new, |when| when.date().to_string());
                out::line(&format!(
                    "{rank:>3}. {}  {date}  {}\n     {}\n     {words}",
                    content.title, content.origin, content.source_url
                ))?;
            }
        }
        Ok(rank)
    }
}
