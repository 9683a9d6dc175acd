//! The binary: hands over to `cli` and turns an error into words and an exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The reading child confines itself before there is a second thread; see extract/sandbox.
    if let Some(ended) = menhu::cli::reading_child() {
        return finish(ended);
    }
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => finish(runtime.block_on(menhu::cli::run())),
        Err(error) => finish(Err(error.into())),
    }
}

fn finish(ended: anyhow::Result<menhu::cli::Exit>) -> ExitCode {
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("menhu: {error:#}");
            menhu::cli::failure(&error)
        }
    }
}
