//! prun's side of the guard: the table is filled from the start, the process is started when it is
//! worth it, and ended with the run.

use std::fs::File;
use std::io::{self, PipeWriter};
use std::num::NonZeroUsize;
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

/// A job that runs so long is worth a guard; where all are shorter none is started.
const WORTH_IT: Duration = Duration::from_millis(50);

/// How long the guard may take to begin, and to end.
const PATIENCE: Duration = Duration::from_secs(5);
const END_WAIT: Duration = Duration::from_secs(1);

/// So many slots are guarded where their number has no limit: more than a system has numbers for
/// open files, of which every job takes one. What is not used costs no memory.
const MOST_SLOTS: usize = 1 << 20;

/// Whether there is to be a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Never,
    /// As soon as a job runs for a while, if it can be had.
    WhenNeeded,
    /// From before the first job.
    Always,
}

/// Why there is no guard. The text is for the user.
#[derive(Debug, thiserror::Error)]
#[error("--guard: the guard process cannot be started: {0}; --guard=auto goes on without it")]
pub(crate) struct GuardError(#[from] Cause);

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    System(#[from] io::Error),
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    #[error("it ended at once")]
    Ended,
    #[error("it does not answer")]
    Silent,
}

/// To whom attempts tell what they start; by default nobody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard(Option<Arc<SharedTable>>);

#[derive(Debug)]
struct SharedTable {
    table: Table,
    /// A process was started.
    started: Notify,
}

impl Guard {
    /// The job of number `seq` is being started in `slot`. To be kept until its process group is no
    /// more prun's to end.
    pub(crate) fn enter(&self, slot: u32, seq: u64) -> GuardedJob {
        self.put(slot, Some(SlotState::Starting(seq)));
        let guard = self.clone();
        GuardedJob { guard, slot }
    }

    /// The jobs are asked to end.
    pub(crate) fn ending(&self) {
        self.set_phase(Phase::Ending);
    }

    fn set_phase(&self, phase: Phase) {
        if let Some(told) = &self.0 {
            told.table.set_phase(phase);
        }
    }

    fn put(&self, slot: u32, place: Option<SlotState>) {
        if let Some(told) = &self.0 {
            told.table.put(slot, place);
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
    /// Its process runs, and leads this group.
    pub(crate) fn started(&self, group: u32) {
        self.guard.put(self.slot, Some(SlotState::Running(group)));
        if let Some(told) = &self.guard.0 {
            told.started.notify_one();
        }
    }
}

impl Drop for GuardedJob {
    fn drop(&mut self) {
        self.guard.put(self.slot, None);
    }
}

impl SharedTable {
    /// Waits until a job has run for a while.
    async fn somebody_stays(&self) {
        loop {
            self.started.notified().await;
            loop {
                let before: Vec<_> = self.table.places().collect();
                if before.is_empty() {
                    break;
                }
                tokio::time::sleep(WORTH_IT).await;
                let mut stays = before.into_iter();
                if stays.any(|(slot, place)| self.table.place(slot) == Some(place)) {
                    return;
                }
            }
        }
    }
}

/// A run that is guarded, or will be.
pub(crate) struct Guarding {
    guard: Guard,
    /// Tells the one that keeps the process that the run is over.
    keeper: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    lock: Option<Arc<File>>,
}

impl Guarding {
    /// Prepares for jobs in so many slots, and starts the process if it is wanted from the
    /// beginning. `lock` is a locked file that is to stay locked until the last job is gone.
    ///
    /// # Errors
    /// When a guard that must be there cannot be had.
    pub(crate) async fn begin(
        wanted: Wanted,
        slots: Option<NonZeroUsize>,
        grace: Duration,
        lock: Option<File>,
    ) -> Result<Self, GuardError> {
        let unguarded = Self {
            guard: Guard::default(),
            keeper: None,
            lock: None,
        };
        // The end of process 1 ends all others of its container.
        let is_first = std::process::id() == 1;
        if wanted == Wanted::Never || (wanted == Wanted::WhenNeeded && is_first) {
            return Ok(unguarded);
        }
        let slots = slots.map_or(MOST_SLOTS, |slots| slots.get().min(MOST_SLOTS));
        let (table, memory) = match table(slots, grace) {
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
                started.answers(table).await?;
                Some(started)
            }
            Wanted::WhenNeeded | Wanted::Never => None,
        };
        let told = Arc::new(SharedTable {
            table,
            started: Notify::new(),
        });
        let (over, is_over) = oneshot::channel();
        let keeper = tokio::spawn(keep(Arc::clone(&told), ready, started, is_over));
        Ok(Self {
            guard: Guard(Some(told)),
            keeper: Some((over, keeper)),
            lock,
        })
    }

    /// To whom attempts tell what they start.
    pub(crate) fn guard(&self) -> Guard {
        self.guard.clone()
    }

    /// The run is over: waits until the process is gone, so that it outlives no run.
    pub(crate) async fn end(self) {
        self.guard.set_phase(Phase::Over);
        if let Some((over, keeper)) = self.keeper {
            // One that has no process is gone already, and hears nothing.
            let _ = over.send(());
            let _ = keeper.await;
        }
        if let Some(lock) = self.lock {
            // Where even a kill did not end the guard in time, it has the file for a while yet.
            let _ = lock.unlock();
        }
    }
}

/// Starts the process when it is worth it, if it does not run yet, and ends it with the run.
async fn keep(
    told: Arc<SharedTable>,
    ready: Ready,
    mut started: Option<Started>,
    mut is_over: oneshot::Receiver<()>,
) {
    if started.is_none() {
        started = tokio::select! {
            _ = &mut is_over => return,
            // Whoever did not ask for a guard does without one that cannot be had.
            () = told.somebody_stays() => ready.start().await.ok(),
        };
    }
    drop(ready);
    if let Some(started) = started {
        let _ = is_over.await;
        started.end().await;
    }
}

/// What a guard process is given.
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
            // Whoever kills prun's group does not reach it.
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
    /// What it waits for the end of.
    pipe: PipeWriter,
}

impl Started {
    /// Waits until it guards.
    async fn answers(&self, table: Table) -> Result<(), Cause> {
        let answer = async {
            while !table.is_ready() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            () = answer => Ok(()),
            _ = self.process.wait() => Err(Cause::Ended),
            () = tokio::time::sleep(PATIENCE) => {
                // One that has ended needs no kill.
                let _ = self.process.kill();
                Err(Cause::Silent)
            }
        }
    }

    async fn end(self) {
        drop(self.pipe);
        if wait_for(self.process.wait(), END_WAIT).await.is_err() {
            // One that has just ended needs no kill.
            let _ = self.process.kill();
            let _ = wait_for(self.process.wait(), END_WAIT).await;
        }
    }
}

/// A table, and the memory that it is in.
fn table(slots: usize, grace: Duration) -> io::Result<(Table, File)> {
    let memory = memory()?;
    memory.set_len(Table::bytes(slots))?;
    let table = Table::begin(map_shared(memory.as_fd())?, grace);
    Ok((table, memory))
}

/// A file without a name, in memory.
#[cfg(linux)]
fn memory() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(memfd_create(c"prun-guard", MemfdFlags::CLOEXEC)?.into())
}

/// Elsewhere there is no such thing everywhere.
#[cfg(not(linux))]
fn memory() -> io::Result<File> {
    tempfile::tempfile()
}

/// This program, as it is: its file may have been replaced since.
fn program() -> io::Result<PathBuf> {
    if cfg!(linux) {
        Ok("/proc/self/exe".into())
    } else {
        std::env::current_exe()
    }
}
