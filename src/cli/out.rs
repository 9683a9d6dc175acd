//! What commands print: JSON Lines or lines of text on stdout, whole lines only.
//!
//! A reader that goes away (`| head`) ends the command quietly, as with other tools.

use std::io::Write;

use serde::Serialize;

/// Prints one JSON object on a line.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(&serde_json::to_string(value)?)
}

/// Prints a line of text.
///
/// # Errors
/// Where stdout cannot be written, other than by a reader that went away.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}
