//! prun's side of the guard: the table is filled from the start; the guard process is started once it is
//! worth it, and ended with the run.

use std::fs::File;
use std::io::{self, PipeWriter};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::program::ARGUMENT;
use super::table::{Phase, SlotState, Table};
use crate::os::sys::map_shared;
use crate::process::{Command, Environment, Group, Process, SpawnError, Stdio, wait_for};

/// A job that runs longer than this is worth a guard; if all are shorter, none is started.
const START_AFTER: Duration = Duration::from_millis(50);

/// How long the guard may take to start, and to end.
const TIMEOUT: Duration = Duration::from_secs(5);
const END_WAIT: Duration = Duration::from_secs(1);

/// How many slots are guarded: more than a system has file descriptors, of which every job takes one.
/// Unused slots cost no memory.
const SLOTS: usize = 1 << 20;

/// Whether a guard is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Never,
    /// Once a job runs for a while, if the guard can be started.
    WhenNeeded,
    /// From before the first job; an error if the guard cannot be started.
    Always,
}

/// Why there is no guard. The text is shown to the user.
#[derive(Debug, thiserror::Error)]
#[error("--guard: cannot start the guard process: {0}; use --guard=auto to run without it")]
pub(crate) struct GuardError(#[from] Cause);

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    System(#[from] io::Error),
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    #[error("it exited at once")]
    Ended,
    #[error("it does not respond")]
    Silent,
}

/// Records what attempts start; by default nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard(Option<Arc<SharedTable>>);

#[derive(Debug)]
struct SharedTable {
    table: Table,
    /// Notified when a process was started.
    started: Notify,
}

impl Guard {
    /// Records that job `seq` is being started in `slot`. Must be kept until prun no longer has to end its
    /// process group.
    pub(crate) fn enter(&self, slot: u32, seq: u64) -> GuardedJob {
        self.set_slot(slot, Some(SlotState::Starting(seq)));
        let guard = self.clone();
        GuardedJob { guard, slot }
    }

    /// Records that the jobs have been asked to end.
    pub(crate) fn ending(&self) {
        self.set_phase(Phase::Ending);
    }

    fn set_phase(&self, phase: Phase) {
        if let Some(shared) = &self.0 {
            shared.table.set_phase(phase);
        }
    }

    fn set_slot(&self, slot: u32, state: Option<SlotState>) {
        if let Some(shared) = &self.0 {
            shared.table.set_slot(slot, state);
        }
    }
}

/// A job that is guarded.
#[derive(Debug)]
pub(crate) struct GuardedJob {
    guard: Guard,
    slot: u32,
}

impl GuardedJob {
    /// Records that its process runs, and leads this group.
    pub(crate) fn started(&self, group: u32) {
        self.guard
            .set_slot(self.slot, Some(SlotState::Running(group)));
        if let Some(shared) = &self.guard.0 {
            shared.started.notify_one();
        }
    }
}

impl Drop for GuardedJob {
    fn drop(&mut self) {
        self.guard.set_slot(self.slot, None);
    }
}

impl SharedTable {
    /// Waits until a job has run for a while.
    async fn wait_for_long_job(&self) {
        loop {
            self.started.notified().await;
            loop {
                let before: Vec<_> = self.table.slots().collect();
                if before.is_empty() {
                    break;
                }
                tokio::time::sleep(START_AFTER).await;
                let mut stays = before.into_iter();
                if stays.any(|(slot, state)| self.table.slot(slot) == Some(state)) {
                    return;
                }
            }
        }
    }
}

/// A run that is guarded, or will be.
pub(crate) struct Guarding {
    guard: Guard,
    /// Tells the future that owns the guard process that the run has ended.
    keeper: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    lock: Option<Arc<File>>,
}

impl Guarding {
    /// Prepares for jobs in this many slots, and starts the guard process if it is wanted from the start.
    /// `lock` is a locked file that must stay locked until the last job has ended.
    ///
    /// # Errors
    /// If a guard is required and cannot be started.
    pub(crate) async fn begin(
        wanted: Wanted,
        grace: Duration,
        lock: Option<File>,
    ) -> Result<Self, GuardError> {
        let unguarded = Self {
            guard: Guard::default(),
            keeper: None,
            lock: None,
        };
        // The end of process 1 ends all other processes of its container.
        let is_first = std::process::id() == 1;
        if wanted == Wanted::Never || (wanted == Wanted::WhenNeeded && is_first) {
            return Ok(unguarded);
        }
        let (table, memory) = match table(SLOTS, grace) {
            Ok(made) => made,
            Err(_) if wanted == Wanted::WhenNeeded => return Ok(unguarded),
            Err(error) => return Err(Cause::from(error).into()),
        };
        let lock = lock.map(Arc::new);
        let ready = Ready {
            memory: Arc::new(memory),
            lock: lock.clone(),
        };
        let started = match wanted {
            Wanted::Always => {
                let started = ready.start().await?;
                started.wait_until_ready(table).await?;
                Some(started)
            }
            Wanted::WhenNeeded | Wanted::Never => None,
        };
        let shared = Arc::new(SharedTable {
            table,
            started: Notify::new(),
        });
        let (over, is_over) = oneshot::channel();
        let keeper = tokio::spawn(run_guard_process(
            Arc::clone(&shared),
            ready,
            started,
            is_over,
        ));
        Ok(Self {
            guard: Guard(Some(shared)),
            keeper: Some((over, keeper)),
            lock,
        })
    }

    /// The recorder for attempts.
    pub(crate) fn guard(&self) -> Guard {
        self.guard.clone()
    }

    /// Ends the guard: waits until its process has ended, so that it outlives no run.
    pub(crate) async fn end(self) {
        self.guard.set_phase(Phase::Over);
        if let Some((over, keeper)) = self.keeper {
            // Without a guard process the future has ended already, and the receiver is gone.
            let _ = over.send(());
            let _ = keeper.await;
        }
        if let Some(lock) = self.lock {
            // If even a kill did not end the guard in time, it keeps the file open for a while.
            let _ = lock.unlock();
        }
    }
}

/// Starts the guard process once it is worth it, if it does not run yet, and ends it with the run.
async fn run_guard_process(
    shared: Arc<SharedTable>,
    ready: Ready,
    mut started: Option<Started>,
    mut is_over: oneshot::Receiver<()>,
) {
    if started.is_none() {
        started = tokio::select! {
            _ = &mut is_over => return,
            // Unless a guard was requested, the run continues without one if it cannot be started.
            () = shared.wait_for_long_job() => ready.start().await.ok(),
        };
    }
    drop(ready);
    if let Some(started) = started {
        let _ = is_over.await;
        started.end().await;
    }
}

/// What the guard process inherits.
struct Ready {
    memory: Arc<File>,
    lock: Option<Arc<File>>,
}

impl Ready {
    async fn start(&self) -> Result<Started, Cause> {
        let (input, pipe) = io::pipe()?;
        let stderr = self.lock.clone().map_or(Stdio::Null, Stdio::File);
        let process = Command::exec(program()?)
            .arg0("prun-guard")
            .arg(ARGUMENT)
            .environment(&Environment::default())
            // Killing prun's process group must not reach it.
            .process_group(Group::New)
            .stdin(OwnedFd::from(input))
            .stdout(Stdio::File(Arc::clone(&self.memory)))
            .stderr(stderr)
            .spawn()
            .await?;
        Ok(Started { process, pipe })
    }
}

/// A guard process.
struct Started {
    process: Process,
    /// The guard waits for the end of this pipe.
    pipe: PipeWriter,
}

impl Started {
    /// Waits until the guard has started to wait.
    async fn wait_until_ready(&self, table: Table) -> Result<(), Cause> {
        let answer = async {
            while !table.is_ready() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            () = answer => Ok(()),
            _ = self.process.wait() => Err(Cause::Ended),
            () = tokio::time::sleep(TIMEOUT) => {
                // No kill is needed if it has just ended.
                let _ = self.process.kill();
                Err(Cause::Silent)
            }
        }
    }

    async fn end(self) {
        drop(self.pipe);
        if wait_for(self.process.wait(), END_WAIT).await.is_err() {
            // No kill is needed if it has just ended.
            let _ = self.process.kill();
            let _ = wait_for(self.process.wait(), END_WAIT).await;
        }
    }
}

/// Creates a table, and the memory file that it is in.
fn table(slots: usize, grace: Duration) -> io::Result<(Table, File)> {
    let memory = memory()?;
    memory.set_len(Table::bytes(slots))?;
    let table = Table::begin(map_shared(memory.as_fd())?, grace);
    Ok((table, memory))
}

/// Creates an anonymous file in memory.
#[cfg(linux)]
fn memory() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(memfd_create(c"prun-guard", MemfdFlags::CLOEXEC)?.into())
}

/// Not available on all other systems.
#[cfg(not(linux))]
fn memory() -> io::Result<File> {
    tempfile::tempfile()
}

/// The running program: its file may have been replaced since it was started.
fn program() -> io::Result<PathBuf> {
    if cfg!(linux) {
        Ok("/proc/self/exe".into())
    } else {
        std::env::current_exe()
    }
}
