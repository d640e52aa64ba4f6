//! Running a command from start to end in one call.

use super::command::Command;
use super::command::Stdio;
use super::communicate::{CommunicateError, Output};
use super::error::SpawnError;
use super::exit::{ExitInfo, WaitError};

/// Why [`Command::output`] or [`Command::status`] failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The process could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// Collecting the output or waiting for the process failed.
    #[error(transparent)]
    Communicate(#[from] CommunicateError),
    /// Waiting for the process failed.
    #[error(transparent)]
    Wait(#[from] WaitError),
}

impl Command {
    /// Starts the process, waits until it ends, and collects its output and exit status.
    ///
    /// By default standard input is empty (`/dev/null`), and standard output and standard error are
    /// [pipes](Stdio::Pipe). If standard input is a pipe, it is closed at once.
    ///
    /// # Errors
    /// [`RunError`]. It is not an error if the process fails: see [`Output::exit`].
    ///
    /// # Cancel safety
    /// If the future is dropped, the output is lost, and the process keeps running or is killed, as set
    /// by [`kill_on_drop`](Self::kill_on_drop). To keep the output up to a time limit, use
    /// [`spawn`](Self::spawn) and [`communicate`](super::Process::communicate).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let output = prun::process::Command::shell("echo out; echo err >&2; exit 3").output().await?;
    /// assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
    /// assert_eq!(output.exit.code, Some(3));
    /// # Ok(()) }
    /// ```
    pub async fn output(&self) -> Result<Output, RunError> {
        let mut command = self.clone();
        command.stdin.get_or_insert(Stdio::Null);
        command.stdout.get_or_insert(Stdio::Pipe);
        command.stderr.get_or_insert(Stdio::Pipe);
        Ok(command.spawn().await?.communicate(None).await?)
    }

    /// Starts the process and waits until it ends. By default the standard streams are inherited; those
    /// that are [pipes](Stdio::Pipe) are closed at once.
    ///
    /// # Errors
    /// [`RunError`]. It is not an error if the process fails.
    ///
    /// # Cancel safety
    /// If the future is dropped, the process keeps running or is killed, as set by
    /// [`kill_on_drop`](Self::kill_on_drop).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let exit = prun::process::Command::exec("false").status().await?;
    /// assert_eq!(exit.returncode(), 1);
    /// # Ok(()) }
    /// ```
    pub async fn status(&self) -> Result<ExitInfo, RunError> {
        let mut process = self.spawn().await?;
        process.stdin.take();
        process.stdout.take();
        process.stderr.take();
        Ok(process.wait().await?)
    }
}
