//! Runs several commands at once and waits for all of them.
//!
//! `cargo run --example run_several`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use prun::process::{Command, Output, RunError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (first, second) = tokio::join!(
        run("sleep 0.2; echo hello"),
        run("ls /nowhere; sleep 0.1; exit 2"),
    );
    for output in [first?, second?] {
        println!(
            "exit {}: {}",
            output.exit.returncode(),
            String::from_utf8_lossy(&output.stdout).trim_end()
        );
    }
    Ok(())
}

async fn run(line: &str) -> Result<Output, RunError> {
    Command::shell(line).output().await
}
