//! Programs whose execution hangs: no other start waits for them, and a cancelled one never runs.

use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use prun::process::{Command, Group, KillOnDrop, Shortage, SpawnErrorKind, Stdio, wait_for};

use crate::shared::Held;
use crate::shared::needs::held;

use super::at::{At, engine_test, isolated_test, needs_linux};
use super::files::Folder;
use super::isolated::isolated;
use super::procfs::{children, descriptors, eventually, soon};

/// Longer than a start that does not hang takes.
const A_WHILE: Duration = Duration::from_millis(300);

/// A program that hangs, and the file that it creates when it is executed.
pub(super) fn hanging(folder: &Folder) -> Option<(PathBuf, PathBuf, Held)> {
    let sign = folder.path().join("ran");
    let text = format!("#!/bin/sh\n: >'{}'\nexec sleep 60\n", sign.display());
    let program = folder.script("program", text);
    let held = held(&program)?;
    Some((program, sign, held))
}

/// As `hanging`, where a cancelled start is killed at once.
#[track_caller]
fn killable(folder: &Folder) -> Option<(PathBuf, PathBuf, Held)> {
    if !needs_linux() {
        return None;
    }
    hanging(folder)
}

/// Polls once; returns whether the future is pending.
async fn waits(mut start: Pin<&mut impl Future>) -> bool {
    poll_fn(|cx| Poll::Ready(start.as_mut().poll(cx).is_pending())).await
}

fn of(at: At, program: &Path) -> Command {
    let mut command = at.command(program);
    command
        .stdout(Stdio::Pipe)
        .process_group(Group::New)
        .kill_on_drop(KillOnDrop::Group);
    command
}

engine_test!(
    a_start_that_hangs_holds_up_nobody_and_is_made_in_the_end,
    |at: At| async move {
        let folder = Folder::new();
        let Some((program, sign, held)) = hanging(&folder) else {
            return;
        };
        let command = of(at, &program);
        let mut hung = pin!(command.spawn());
        assert!(wait_for(&mut hung, A_WHILE).await.is_err());
        for _ in 0..3 {
            let other = at.command("true").spawn().await.unwrap();
            assert_eq!(other.wait().await.unwrap().code, Some(0));
        }
        assert!(wait_for(&mut hung, A_WHILE).await.is_err());
        assert!(!sign.exists());
        drop(held);
        let process = hung.await.unwrap();
        soon("its first act", || sign.exists()).await;
        process.kill().unwrap();
        process.wait().await.unwrap();
    }
);

isolated_test!(
    a_hung_start_that_is_given_up_is_ended_at_once_and_never_runs,
    "",
    |at: At| async move {
        let folder = Folder::new();
        let Some((program, sign, held)) = killable(&folder) else {
            return;
        };
        let before = descriptors();
        for _ in 0..3 {
            assert!(wait_for(of(at, &program).spawn(), A_WHILE).await.is_err());
            // It cannot even be killed by its process id, which is unknown.
            soon("its end", || children().is_empty()).await;
            eventually("pipes that are closed", || descriptors() == before);
        }
        drop(held);
        assert_eq!(children(), [0u32; 0]);
        assert!(!sign.exists());
    }
);

isolated_test!(
    a_start_that_is_dropped_while_it_waits_for_a_thread_starts_nothing,
    "",
    |at: At| async move {
        let folder = Folder::new();
        let Some((program, _, held)) = hanging(&folder) else {
            return;
        };
        let command = of(at, &program);
        let mut hung = pin!(command.spawn());
        assert!(waits(hung.as_mut()).await);
        soon("its birth", || children().len() == 1).await;
        let (before, mark) = (descriptors(), folder.path().join("mark"));
        {
            let mut other = at.command("touch");
            other.arg(&mark).stdout(Stdio::Pipe);
            let mut behind = pin!(other.spawn());
            assert!(waits(behind.as_mut()).await);
        }
        assert_eq!(descriptors(), before);
        drop(held);
        let process = hung.await.unwrap();
        process.kill().unwrap();
        process.wait().await.unwrap();
        assert!(!mark.exists());
    }
);

#[test]
fn a_start_beyond_the_limit_of_hanging_ones_is_refused() {
    isolated(
        concat!(
            module_path!(),
            "::a_start_beyond_the_limit_of_hanging_ones_is_refused"
        ),
        "",
        || {
            At::PIDFD_ONE.play(|at: At| async move {
                let folder = Folder::new();
                let Some((program, sign, held)) = killable(&folder) else {
                    return;
                };
                let command = of(at, &program);
                let mut hung = Vec::new();
                for _ in 0..32 {
                    let mut start = Box::pin(command.spawn());
                    let known = hung.len();
                    let begun = Instant::now();
                    while children().len() == known && begun.elapsed() < super::at::MINUTE {
                        assert!(
                            wait_for(&mut start, Duration::from_millis(10))
                                .await
                                .is_err()
                        );
                    }
                    hung.push(start);
                }
                let error = at.command("true").spawn().await.unwrap_err();
                assert_eq!(error.kind, SpawnErrorKind::Resource(Shortage::Threads));
                assert_eq!(error.to_string(), "out of threads (32 spawns are hanging)");
                drop(hung);
                soon("the end of all", || children().is_empty()).await;
                drop(held);
                let next = at.command("true").spawn().await.unwrap();
                assert_eq!(next.wait().await.unwrap().code, Some(0));
                assert!(!sign.exists());
            });
        },
    );
}
