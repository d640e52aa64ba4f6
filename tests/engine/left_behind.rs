//! The rest of a group whose leader has ended: killed on drop, if that was set.

use std::time::Duration;

use prun::process::{Command, Delivery, Group, KillOnDrop, Process, Scope, Signal, Stdio};

use super::at::{At, MINUTE, engine_test, plain_test};
use super::procfs::{Doomed, eventually, is_our_zombie, soon};
use crate::shared::rounds;

/// A leader that ends at once, and leaves a process that holds none of its pipes.
const LEAVING: &str = "sleep 60 >/dev/null 2>&1 & echo $!; exit 3";

fn leaving(at: At, policy: KillOnDrop) -> Command {
    let mut command = at.shell(LEAVING);
    command.stdout(Stdio::Pipe).process_group(Group::New);
    command.kill_on_drop(policy);
    command
}

/// Starts it, and reads the id of the process left behind.
async fn begun(command: &mut Command) -> (Process, Doomed) {
    let mut process = command.spawn().await.unwrap();
    let line = process.stdout.as_mut().unwrap().read_line().await.unwrap();
    (process, Doomed::from_line(&line))
}

/// Waits until both processes are gone.
async fn all_gone(leader: u32, left: &Doomed) {
    soon("the end of the rest", || !left.is_alive()).await;
    soon("its reaping", || !is_our_zombie(leader)).await;
}

// Ours: all remaining members of the group are killed.
engine_test!(
    dropping_kills_what_is_left_of_the_group_of_an_ended_process,
    |at: At| async move {
        let (process, left) = begun(&mut leaving(at, KillOnDrop::Group)).await;
        assert_eq!(process.wait().await.unwrap().code, Some(3));
        assert!(left.is_alive());
        let leader = process.pid();
        drop(process);
        all_gone(leader, &left).await;
    }
);

// Ours: the same if the end was never polled.
engine_test!(
    dropping_kills_what_is_left_though_nobody_looked,
    |at: At| async move {
        let (process, left) = begun(&mut leaving(at, KillOnDrop::Group)).await;
        let leader = process.pid();
        soon("its end", || is_our_zombie(leader)).await;
        drop(process);
        all_gone(leader, &left).await;
    }
);

// Ours: a session leader leads a group.
engine_test!(
    dropping_kills_what_is_left_of_a_session,
    |at: At| async move {
        let mut command = leaving(at, KillOnDrop::Group);
        command.process_group(Group::Inherit).new_session(true);
        let (process, left) = begun(&mut command).await;
        process.wait().await.unwrap();
        drop(process);
        soon("the end of the rest", || !left.is_alive()).await;
    }
);

// Ours: a timeout drops `communicate` during the grace after the exit, and the process with it.
engine_test!(
    dropping_in_the_leak_grace_kills_who_holds_the_pipe,
    |at: At| async move {
        let mut command = at.shell("sleep 60 & echo $! >&2; exit 3");
        command.stdout(Stdio::Pipe).stderr(Stdio::Pipe);
        command.process_group(Group::New).leak_grace(None);
        let mut process = command
            .kill_on_drop(KillOnDrop::Group)
            .spawn()
            .await
            .unwrap();
        let line = process.stderr.as_mut().unwrap().read_line().await.unwrap();
        let left = Doomed::from_line(&line);
        process.wait().await.unwrap();
        let limited = tokio::time::timeout(Duration::from_millis(20), async move {
            process.communicate(None).await
        });
        assert!(limited.await.is_err(), "the pipe is held");
        soon("the end of the rest", || !left.is_alive()).await;
    }
);

// Ours: the last setting counts, also after the process has ended.
engine_test!(
    the_rest_of_the_group_lives_on_if_set_before_the_drop,
    |at: At| async move {
        let (mut process, left) = begun(&mut leaving(at, KillOnDrop::Group)).await;
        process.wait().await.unwrap();
        process.kill_on_drop(KillOnDrop::No);
        let leader = process.pid();
        assert!(!is_our_zombie(leader), "it is no longer needed");
        let handle = process.handle();
        drop(process);
        tokio::task::yield_now().await;
        assert!(left.is_alive());
        assert_eq!(handle.returncode(), Some(3));
    }
);

// Ours: and vice versa.
engine_test!(
    the_rest_of_the_group_is_killed_if_set_after_the_start,
    |at: At| async move {
        let (mut process, left) = begun(&mut leaving(at, KillOnDrop::No)).await;
        process.kill_on_drop(KillOnDrop::Group);
        process.wait().await.unwrap();
        drop(process);
        soon("the end of the rest", || !left.is_alive()).await;
    }
);

// Ours: even if the zombie is kept for the group, its exit status is complete.
engine_test!(
    the_end_is_known_while_the_group_is_kept,
    |at: At| async move {
        let (process, left) = begun(&mut leaving(at, KillOnDrop::Group)).await;
        let exit = process.wait().await.unwrap();
        assert_eq!(exit.code, Some(3));
        assert!(exit.usage.max_rss_bytes > 0, "{:?}", exit.usage);
        assert_eq!(process.exit(), Some(exit));
        assert_eq!(process.kill().unwrap(), Delivery::AlreadyExited);
        assert!(left.is_alive());
    }
);

// Ours: the group can be signalled until the drop, wherever the leader has been reaped.
engine_test!(
    a_kept_group_can_be_signalled_after_the_end,
    |at: At| async move {
        let (process, left) = begun(&mut leaving(at, KillOnDrop::Group)).await;
        process.wait().await.unwrap();
        let sent = process.send_signal_to(Scope::Group, Signal::KILL).unwrap();
        assert_eq!(sent, Delivery::Sent);
        soon("its end", || !left.is_alive()).await;
    }
);

// Ours: with or without a shutdown, nothing is left of a process that was dropped.
engine_test!(
    a_shutdown_ends_a_group_that_is_kept_for_the_drop,
    |at: At| async move {
        let (process, left) = begun(&mut leaving(at, KillOnDrop::Group)).await;
        process.wait().await.unwrap();
        let exit = process.shutdown(Scope::Group, MINUTE).await.unwrap();
        assert_eq!(exit.code, Some(3));
        assert!(!left.is_alive());
        let leader = process.pid();
        drop(process);
        assert!(!is_our_zombie(leader));
    }
);

/// A member that ignores SIGTERM, announced once it does, and a leader that does not.
const STUBBORN: &str = "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.05; done' & wait";

/// Begins to shut down the group, and cancels it when the leader has ended.
async fn cancelled_shutdown(process: &Process, left: &Doomed) {
    let stop = process.shutdown(Scope::Group, MINUTE);
    let begun = tokio::time::timeout(Duration::from_millis(20), stop);
    assert!(begun.await.is_err(), "a member goes on");
    assert!(left.is_alive());
}

// Ours: a cancelled shutdown does not prevent the kill on drop.
engine_test!(
    dropping_after_a_cancelled_shutdown_kills_the_rest,
    |at: At| {
        async move {
            let mut command = at.shell(STUBBORN);
            command.stdout(Stdio::Pipe).process_group(Group::New);
            let (process, left) = begun(command.kill_on_drop(KillOnDrop::Group)).await;
            let leader = process.pid();
            cancelled_shutdown(&process, &left).await;
            drop(process);
            all_gone(leader, &left).await;
        }
    }
);

// Ours: a wait for the leader meanwhile does not release the group.
engine_test!(
    a_cancelled_shutdown_continues_after_a_wait,
    |at: At| async move {
        let mut command = at.shell(STUBBORN);
        command.stdout(Stdio::Pipe).process_group(Group::New);
        let (process, left) = begun(&mut command).await;
        cancelled_shutdown(&process, &left).await;
        assert_eq!(process.wait().await.unwrap().returncode(), -15);
        let stopped = process
            .shutdown(Scope::Group, Duration::ZERO)
            .await
            .unwrap();
        assert_eq!(stopped.returncode(), -15);
        assert!(!left.is_alive());
        assert!(!is_our_zombie(process.pid()));
    }
);

// Ours: an empty group is not signalled.
engine_test!(
    a_kept_group_that_is_empty_is_no_trouble,
    |at: At| async move {
        let mut command = at.shell("exit 3");
        command.process_group(Group::New);
        let process = command
            .kill_on_drop(KillOnDrop::Group)
            .spawn()
            .await
            .unwrap();
        assert_eq!(process.wait().await.unwrap().code, Some(3));
        let handle = process.handle();
        drop(process);
        assert!(!is_our_zombie(handle.pid()));
        assert_eq!(handle.returncode(), Some(3));
    }
);

// Ours: a leader may end at any moment, also during the drop.
engine_test!(
    a_drop_at_the_moment_of_the_end_kills_the_group,
    |at: At| async move {
        for round in 0..rounds() {
            let (process, left) = begun(&mut leaving(at, KillOnDrop::Group)).await;
            for _ in 0..round % 20 {
                std::thread::yield_now();
            }
            let leader = process.pid();
            drop(process);
            all_gone(leader, &left).await;
        }
    }
);

// Ours: no runtime is needed.
plain_test!(
    the_rest_of_the_group_is_killed_after_the_runtime_shut_down,
    |at: At| {
        let runtime = at.runtime();
        let (process, left) = runtime.block_on(async {
            let (process, left) = begun(&mut leaving(at, KillOnDrop::Group)).await;
            process.wait().await.unwrap();
            (process, left)
        });
        drop(runtime);
        assert!(left.is_alive());
        drop(process);
        eventually("the end of the rest", || !left.is_alive());
    }
);
