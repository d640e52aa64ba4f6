//! Calls of Slurm's commands. Each is a child of its own with a time limit, and the loop goes on meanwhile:
//! `sbatch` waits and tries again by itself when the queue is full.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::commands::{ClusterLimits, is_removed_variable, limits_command};
use crate::process::{
    Command, Environment, Group, KillOnDrop, Output, RunError, Stdio, TimeoutError, wait_for,
};

/// How long a call may take.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallKind {
    /// `sbatch`.
    Submit,
    /// `squeue`, and what else only asks.
    Look,
    /// `scancel`.
    Cancel,
}

/// A command to be called.
pub(super) struct Call {
    pub(super) kind: CallKind,
    pub(super) argv: Vec<OsString>,
    /// Its standard input; empty if it is `/dev/null`.
    pub(super) script: Vec<u8>,
}

/// A call that has ended: what it printed, or why it failed.
pub(crate) struct Called {
    pub(super) kind: CallKind,
    pub(super) result: Result<Vec<u8>, CallError>,
}

/// Why a call failed. The text is for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// In the words of the command itself.
    #[error("{0}")]
    Refused(String),
    #[error("{program}: {source}")]
    NotRun { program: String, source: RunError },
    #[error("{program}: no answer within {} s", CALL_LIMIT.as_secs())]
    NoAnswer { program: String },
}

/// Makes calls, and receives how they end.
pub(super) struct Calls {
    environment: Environment,
    ended: UnboundedSender<Called>,
    endings: UnboundedReceiver<Called>,
    /// How many have not ended.
    open: usize,
    /// Those of scancel that wait for the one before: their order matters.
    waiting: VecDeque<Call>,
    is_canceling: bool,
}

impl Calls {
    /// Creates it for children with this environment.
    pub(super) fn new(environment: Environment) -> Self {
        let (ended, endings) = unbounded_channel();
        Self {
            environment,
            ended,
            endings,
            open: 0,
            waiting: VecDeque::new(),
            is_canceling: false,
        }
    }

    /// Starts a call; one of scancel after the one before.
    pub(super) fn start(&mut self, call: Call) {
        self.open += 1;
        if call.kind == CallKind::Cancel && std::mem::replace(&mut self.is_canceling, true) {
            self.waiting.push_back(call);
        } else {
            self.begin(call);
        }
    }

    fn begin(&self, call: Call) {
        let command = self.command(&call);
        let ended = self.ended.clone();
        tokio::spawn(async move {
            let kind = call.kind;
            let result = run(command, call).await;
            // The run may be over.
            let _ = ended.send(Called { kind, result });
        });
    }

    /// Returns the next call that has ended. Cancel-safe.
    pub(super) async fn next(&mut self) -> Called {
        match self.endings.recv().await {
            Some(called) => {
                self.open -= 1;
                if called.kind == CallKind::Cancel {
                    match self.waiting.pop_front() {
                        Some(next) => self.begin(next),
                        None => self.is_canceling = false,
                    }
                }
                called
            }
            // It has a sender itself.
            None => std::future::pending().await,
        }
    }

    /// Whether a call has not ended.
    pub(super) fn are_open(&self) -> bool {
        self.open > 0
    }

    fn command(&self, call: &Call) -> Command {
        let (program, args) = call.argv.split_first().expect("a call has a program");
        let mut command = Command::exec(program);
        command.args(args).environment(&self.environment);
        // Ctrl-C is for prun.
        command
            .process_group(Group::New)
            .kill_on_drop(KillOnDrop::Group);
        command
    }
}

async fn run(mut command: Command, call: Call) -> Result<Vec<u8>, CallError> {
    let program = call.argv[0].to_string_lossy().into_owned();
    let talk = async {
        if call.script.is_empty() {
            return command.output().await;
        }
        command
            .stdin(Stdio::Pipe)
            .stdout(Stdio::Pipe)
            .stderr(Stdio::Pipe);
        let mut process = command.spawn().await?;
        Ok::<_, RunError>(process.communicate(Some(call.script)).await?)
    };
    let output = match wait_for(talk, CALL_LIMIT).await {
        Ok(Ok(output)) => output,
        Ok(Err(source)) => return Err(CallError::NotRun { program, source }),
        Err(TimeoutError) => return Err(CallError::NoAnswer { program }),
    };
    match output.exit.success() {
        true => Ok(output.stdout),
        false => Err(CallError::Refused(words(&program, &output))),
    }
}

/// What a command says of its failure.
fn words(program: &str, output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    match text.trim() {
        "" => format!("{program}: exit {}", output.exit.returncode()),
        // Often more than one line, for a message of one.
        text => text.lines().map(str::trim).collect::<Vec<_>>().join("; "),
    }
}

/// The environment of the commands of Slurm, which jobs inherit.
pub(super) fn call_environment() -> Environment {
    let in_allocation = std::env::var_os("SLURM_JOB_ID").is_some();
    let mut variables: Vec<_> = std::env::vars_os().collect();
    variables.retain(|(name, _)| !is_removed_variable(name, in_allocation));
    // Our own environment has no variable that cannot be one.
    Environment::new(variables).unwrap_or_default()
}

/// Asks Slurm for the limits of the cluster. If it does not answer, they are those that Slurm has by default.
pub(crate) async fn cluster_limits() -> ClusterLimits {
    let call = Call {
        kind: CallKind::Look,
        argv: limits_command(),
        script: Vec::new(),
    };
    let command = Calls::new(call_environment()).command(&call);
    match run(command, call).await {
        Ok(answer) => ClusterLimits::parse(&answer),
        Err(_) => ClusterLimits::default(),
    }
}
