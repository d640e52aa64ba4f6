//! Runs a shell command and prints how it ended and what it printed.
//!
//! `cargo run --example run_shell -- 'ls /nowhere'`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use prun::process::{Command, Stdio};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let line = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "ls /nowhere".into());
    run(&line).await
}

async fn run(line: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut process = Command::shell(line)
        .stdout(Stdio::Pipe)
        .stderr(Stdio::Pipe)
        .spawn()
        .await?;
    let (stdout, stderr) = process.communicate(None).await?;
    let exit = process.wait().await?;
    println!("[{line:?} exited with {}]", exit.returncode());
    for (name, bytes) in [("stdout", stdout), ("stderr", stderr)] {
        let text = bytes.unwrap_or_default();
        if !text.is_empty() {
            print!("[{name}]\n{}", String::from_utf8_lossy(&text));
        }
    }
    Ok(())
}
