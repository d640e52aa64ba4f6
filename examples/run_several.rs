//! Runs several commands at once and waits for all of them.
//!
//! `cargo run --example run_several`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use prun::process::{Command, ExitInfo, Stdio};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (first, second) = tokio::join!(
        run("sleep 0.2; echo hello"),
        run("ls /nowhere; sleep 0.1; exit 2"),
    );
    for (exit, output) in [first?, second?] {
        println!(
            "exit {}: {}",
            exit.returncode(),
            String::from_utf8_lossy(&output).trim_end()
        );
    }
    Ok(())
}

async fn run(line: &str) -> Result<(ExitInfo, Vec<u8>), Box<dyn std::error::Error>> {
    let command = Command::shell(line).stdout(Stdio::Pipe).stderr(Stdio::Null);
    let mut process = command.spawn().await?;
    let (stdout, _) = process.communicate(None).await?;
    Ok((process.wait().await?, stdout.unwrap_or_default()))
}
