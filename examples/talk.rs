//! Controls a process through its streams: writes a line, reads the answer, and so on.
//!
//! `cargo run --example talk`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use prun::process::{Command, Group, Scope, Stdio, wait_for};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // It answers each line by its length, and says good-bye when its input ends.
    let script = r#"while read -r line; do echo "${#line}"; done; echo bye"#;
    let mut process = Command::shell(script)
        .stdin(Stdio::Pipe)
        .stdout(Stdio::Pipe)
        .process_group(Group::New)
        .spawn()
        .await?;
    let mut stdin = process.stdin.take().ok_or("stdin is a pipe")?;
    let mut stdout = process.stdout.take().ok_or("stdout is a pipe")?;
    for word in ["one", "three", "seventeen"] {
        stdin.write_all(format!("{word}\n")).await?;
        let answer = wait_for(stdout.read_line(), Duration::from_secs(10)).await??;
        print!("{word} has {}", String::from_utf8_lossy(&answer));
    }
    stdin.close();
    print!("{}", String::from_utf8_lossy(&stdout.read_to_end().await?));
    // It ends by itself now; one that did not would be ended with all that it started.
    let exit = match wait_for(process.wait(), Duration::from_secs(10)).await {
        Ok(exit) => exit?,
        Err(_) => {
            process
                .shutdown(Scope::Group, Duration::from_secs(1))
                .await?
        }
    };
    println!("exit {}", exit.returncode());
    Ok(())
}
