//! A command from its start to its end, in one call.

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
    /// Its output could not be collected, or its end not be learnt.
    #[error(transparent)]
    Communicate(#[from] CommunicateError),
    /// Its end could not be learnt.
    #[error(transparent)]
    Wait(#[from] WaitError),
}

impl Command {
    /// Starts the process, and collects its output and its exit.
    ///
    /// Where nothing else was said, standard input is empty, and standard output and standard error
    /// are [pipes](Stdio::Pipe). A standard input that is a pipe is closed at once.
    ///
    /// # Errors
    /// [`RunError`]. A process that fails is no error: see [`Output::exit`].
    ///
    /// # Cancel safety
    /// The output is lost, and the process goes on or is killed, as
    /// [`kill_on_drop`](Self::kill_on_drop) says. To keep what came until a time limit, use
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

    /// Starts the process and waits for its end. The standard streams are inherited where nothing
    /// else was said; those that are [pipes](Stdio::Pipe) are closed at once.
    ///
    /// # Errors
    /// [`RunError`]. A process that fails is no error.
    ///
    /// # Cancel safety
    /// The process goes on or is killed, as [`kill_on_drop`](Self::kill_on_drop) says.
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
