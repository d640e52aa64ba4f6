//! Runs a shell command and prints how it ended and what it printed.
//!
//! `cargo run --example run_shell -- 'ls /nowhere'`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use prun::process::Command;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let line = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "ls /nowhere".into());
    run(&line).await
}

async fn run(line: &str) -> Result<(), Box<dyn std::error::Error>> {
    let output = Command::shell(line).output().await?;
    println!("[{line:?} exited with {}]", output.exit.returncode());
    for (name, bytes) in [("stdout", output.stdout), ("stderr", output.stderr)] {
        if !bytes.is_empty() {
            print!("[{name}]\n{}", String::from_utf8_lossy(&bytes));
        }
    }
    Ok(())
}
