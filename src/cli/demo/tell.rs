//! What the demo says as it goes: lines in a pipe, a moving line on a terminal, JSON Lines where asked.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::stage::ACCOUNTS;
use crate::cli::{crawl, out};
use crate::config::Config;
use crate::flow::collecting::RoundReport;
use crate::store::Desk;

/// Speaks for the demo.
pub(super) struct Tell {
    json: bool,
}

impl Tell {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    /// A line for people; in JSON there are events only.
    pub(super) fn line(&self, text: &str) -> anyhow::Result<()> {
        if self.json { Ok(()) } else { out::line(text) }
    }

    /// An event for programs.
    pub(super) fn event(&self, name: &str, mut value: Value) -> anyhow::Result<()> {
        if !self.json {
            return Ok(());
        }
        if let Some(object) = value.as_object_mut() {
            object.insert("event".into(), name.into());
        }
        out::json(&value)
    }

    /// A round that ended.
    pub(super) fn round(&self, report: &RoundReport) -> anyhow::Result<()> {
        self.line(&format!("  {}", crawl::summary(report)))?;
        self.event("round", serde_json::to_value(report)?)
    }

    /// On a terminal, a line that moves until the value is dropped.
    pub(super) fn progress(&self, desk: &Desk) -> Option<Moving> {
        if self.json || !std::io::stderr().is_terminal() {
            return None;
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        let (desk, shown) = (desk.clone(), bar.clone());
        let task = tokio::spawn(async move {
            while let Ok(counts) = desk.status_counts(None).await {
                let words: Vec<String> = counts
                    .iter()
                    .filter(|(_, count)| *count > 0)
                    .map(|(status, count)| format!("{count} {}", status.word()))
                    .collect();
                shown.set_message(words.join(", "));
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        });
        Some(Moving { bar, task })
    }

    /// Where to look, and with which accounts.
    pub(super) fn addresses(&self, config: &Config, data: &Path) -> anyhow::Result<()> {
        let portal = format!("http://{}/", config.portal.listen);
        let console = format!("http://{}/login", config.console.listen);
        self.event("serving", json!({"portal": portal, "console": console}))?;
        self.line("")?;
        self.line(&format!("portal   {portal}"))?;
        self.line(&format!("console  {console}"))?;
        for (account, _, role, password) in ACCOUNTS {
            self.line(&format!("         {account:<8} {password:<18} {} {}", role.chinese(), role.word()))?;
        }
        self.line(&format!(
            "other commands work on it: menhu search --config {0}/config.toml 内容保障",
            data.display()
        ))?;
        self.line("it stays up until Ctrl-C")
    }
}

/// A moving line.
pub(super) struct Moving {
    bar: ProgressBar,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Moving {
    fn drop(&mut self) {
        self.task.abort();
        self.bar.finish_and_clear();
    }
}
