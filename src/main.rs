//! The binary: hands over to `cli` and turns an error into words and an exit code; nothing else.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match menhu::cli::run().await {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("menhu: {error:#}");
            menhu::cli::failure(&error)
        }
    }
}
