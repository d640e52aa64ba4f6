//! Dropped processes: they keep running or are killed, as set, and leave no zombie.

use prun::process::{Command, Group, KillOnDrop, Process, Stdio};

use super::at::{At, engine_test, plain_test};
use super::procfs::{Doomed, Life, eventually, soon};

/// Starts a process that prints the process id of a grandchild.
async fn family(command: &mut Command) -> (Process, Life, Doomed) {
    let mut process = command.stdout(Stdio::Pipe).spawn().await.unwrap();
    let line = process.stdout.as_mut().unwrap().read_line().await.unwrap();
    let leader = Life::of(process.pid());
    (process, leader, Doomed::from_line(&line))
}

const LINE: &str = "exec 2>/dev/null; sleep 60 & echo $!; wait";

// CPython, asyncio test_close_kill_running.
engine_test!(
    dropping_the_value_kills_the_process_if_set,
    |at: At| async move {
        let mut command = at.shell(LINE);
        command.kill_on_drop(KillOnDrop::Leader);
        let (process, leader, grandchild) = family(&mut command).await;
        let handle = process.handle();
        drop(process);
        assert_eq!(handle.wait().await.unwrap().returncode(), -9);
        assert!(!leader.is_there());
        assert!(grandchild.is_alive(), "the leader alone");
    }
);

// CPython, asyncio test_close_kill_running, for the whole group.
engine_test!(
    dropping_the_value_kills_the_group_if_set,
    |at: At| async move {
        let mut command = at.shell(LINE);
        command
            .process_group(Group::New)
            .kill_on_drop(KillOnDrop::Group);
        let (process, leader, grandchild) = family(&mut command).await;
        drop(process);
        soon("the end of all", || {
            !leader.is_there() && !grandchild.is_alive()
        })
        .await;
    }
);

// Ours: without a process group of its own, only the process.
engine_test!(
    without_a_group_dropping_kills_the_process_alone,
    |at: At| async move {
        let mut command = at.shell(LINE);
        command.kill_on_drop(KillOnDrop::Group);
        let (process, leader, grandchild) = family(&mut command).await;
        drop(process);
        soon("its end", || !leader.is_there()).await;
        assert!(grandchild.is_alive());
    }
);

// CPython, test_zombie_fast_process_del: by default it keeps running.
engine_test!(
    dropping_the_value_leaves_the_process_running,
    |at: At| async move {
        let (process, leader, grandchild) = family(&mut at.shell(LINE)).await;
        drop(process);
        tokio::task::yield_now().await;
        assert!(leader.is_alive() && grandchild.is_alive());
        drop(grandchild);
        soon("its reaping", || !leader.is_there()).await;
    }
);

// CPython, test_zombie_fast_process_del: it ended before, and was never polled.
engine_test!(
    a_process_that_ended_before_the_drop_is_reaped,
    |at: At| async move {
        let process = at.command("true").spawn().await.unwrap();
        let life = Life::of(process.pid());
        soon("its end", || !life.is_alive()).await;
        drop(process);
        soon("its reaping", || !life.is_there()).await;
    }
);

// CPython, test_leak_fast_process_del_killed: it ends after its value was dropped.
engine_test!(
    a_process_that_ends_after_the_drop_is_reaped,
    |at: At| async move {
        let process = at.command("sleep").arg("60").spawn().await.unwrap();
        let (handle, life) = (process.handle(), Life::of(process.pid()));
        drop(process);
        assert!(life.is_alive());
        handle.kill().unwrap();
        // The handle is not polled: the process must be reaped without it.
        soon("its reaping", || !life.is_there()).await;
        assert_eq!(handle.returncode(), Some(-9));
    }
);

// CPython, ContextManagerTests test_returncode: a handle can still wait.
engine_test!(a_handle_outlives_the_value, |at: At| async move {
    let process = at
        .shell("read x; exit 6")
        .stdin(Stdio::Pipe)
        .spawn()
        .await
        .unwrap();
    let handle = process.handle();
    // Dropping it closes the pipe, too.
    drop(process);
    assert_eq!(handle.wait().await.unwrap().returncode(), 6);
    assert_eq!(handle.returncode(), Some(6));
});

// CPython, asyncio test_close_dont_kill_finished: the rest of its group is not killed.
engine_test!(dropping_after_the_end_kills_nobody, |at: At| async move {
    for policy in [KillOnDrop::No, KillOnDrop::Leader] {
        let mut command = at.shell("sleep 60 >/dev/null & echo $!");
        command.process_group(Group::New).kill_on_drop(policy);
        let (process, _, grandchild) = family(&mut command).await;
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
        let handle = process.handle();
        drop(process);
        tokio::task::yield_now().await;
        assert!(grandchild.is_alive(), "{policy:?}");
        assert_eq!(handle.returncode(), Some(0));
    }
});

// CPython, asyncio test_close_kill_running; gh-114177: no runtime is needed.
plain_test!(
    dropping_after_the_runtime_is_gone_kills_and_reaps,
    |at: At| {
        for (policy, group) in [
            (KillOnDrop::Leader, Group::Inherit),
            (KillOnDrop::Group, Group::New),
        ] {
            let runtime = at.runtime();
            let mut command = at.command("sleep");
            command
                .arg("60")
                .stdin(Stdio::Pipe)
                .stdout(Stdio::Pipe)
                .kill_on_drop(policy)
                .process_group(group);
            let process = runtime.block_on(command.spawn()).unwrap();
            let life = Life::of(process.pid());
            drop(runtime);
            assert!(life.is_alive());
            drop(process);
            eventually("its reaping", || !life.is_there());
        }
    }
);

// CPython, test_leak_fast_process_del_killed, after the runtime has shut down.
plain_test!(
    a_process_left_behind_with_its_runtime_is_reaped,
    |at: At| {
        let runtime = at.runtime();
        let process = runtime
            .block_on(at.command("sleep").arg("0.05").spawn())
            .unwrap();
        let life = Life::of(process.pid());
        drop(process);
        drop(runtime);
        eventually("its reaping", || !life.is_there());
    }
);

// CPython, ContextManagerTests: a panic drops the value, too.
plain_test!(a_panic_drops_the_process, |at: At| {
    let life = std::panic::catch_unwind(|| {
        at.runtime().block_on(async {
            let mut command = at.command("sleep");
            command.arg("60").kill_on_drop(KillOnDrop::Leader);
            let process = command.spawn().await.unwrap();
            std::panic::resume_unwind(Box::new(Life::of(process.pid())));
        })
    });
    let life = life.unwrap_err().downcast::<Life>().unwrap();
    eventually("its reaping", || !life.is_there());
});

// CPython, test_zombie_fast_process_del, repeated.
engine_test!(
    many_dropped_processes_leave_no_zombie,
    |at: At| async move {
        let mut lives = Vec::new();
        for n in 0..60 {
            let policy = [KillOnDrop::No, KillOnDrop::Leader, KillOnDrop::Group][n % 3];
            let mut command = at.command("sleep");
            command.arg("0.01").kill_on_drop(policy);
            let process = command.process_group(Group::New).spawn().await.unwrap();
            lives.push(Life::of(process.pid()));
        }
        soon("their reaping", || {
            lives.iter().all(|life| !life.is_there())
        })
        .await;
    }
);
