//! Races: a signal at the moment of the end, many waiters, many processes.

use std::time::Duration;

use prun::process::{Delivery, Process, Signal, Stdio};

use crate::shared::rounds;

use super::at::{At, engine_test};
use super::procfs::{Life, is_our_zombie};

/// 200 by default.
fn races() -> usize {
    rounds() * 10
}

/// Waits for a time that depends on the round, with a finer resolution than timers have.
async fn pause(round: usize) {
    let until = std::time::Instant::now() + Duration::from_micros(round as u64 * 37 % 2500);
    while std::time::Instant::now() < until {
        tokio::task::yield_now().await;
    }
}

async fn ends_well(process: &Process, signal: i32, round: usize) {
    let code = process.wait().await.unwrap().returncode();
    assert!(code == 0 || code == -signal, "round {round}: {code}");
    assert_eq!(process.returncode(), Some(code), "round {round}");
    assert!(!is_our_zombie(process.pid()), "round {round} left a zombie");
    assert_eq!(process.kill().unwrap(), Delivery::AlreadyExited);
}

// CPython, asyncio test_subprocess_send_signal_race.
engine_test!(
    a_signal_that_races_the_end_gives_0_or_itself,
    |at: At| async move {
        for round in 0..races() {
            let process = at.command("true").spawn().await.unwrap();
            pause(round).await;
            process.send_signal(Signal::TERM).unwrap();
            ends_well(&process, libc::SIGTERM, round).await;
        }
    }
);

// CPython, asyncio test_subprocess_send_signal_race, with a waiter all the time.
engine_test!(
    a_signal_that_races_a_waiter_gives_0_or_itself,
    |at: At| async move {
        for round in 0..races() {
            let process = at
                .command("true")
                .stdout(Stdio::Pipe)
                .spawn()
                .await
                .unwrap();
            let handle = process.handle();
            let waiting = tokio::spawn(async move { handle.wait().await.unwrap().returncode() });
            pause(round).await;
            process.kill().unwrap();
            ends_well(&process, libc::SIGKILL, round).await;
            assert_eq!(Some(waiting.await.unwrap()), process.returncode());
        }
    }
);

// CPython, test_send_signal_race: signals, polls and waits from several threads at once.
engine_test!(
    threads_that_signal_and_look_agree_on_the_end,
    |at: At| async move {
        for round in 0..races() / 4 {
            let process = at.command("sleep").arg("0.001").spawn().await.unwrap();
            let life = Life::of(process.pid());
            let threads: Vec<_> = (0..3)
                .map(|_| {
                    let handle = process.handle();
                    std::thread::spawn(move || {
                        loop {
                            handle.send_signal(Signal::TERM).unwrap();
                            if let Some(code) = handle.returncode() {
                                return code;
                            }
                        }
                    })
                })
                .collect();
            ends_well(&process, libc::SIGTERM, round).await;
            for thread in threads {
                assert_eq!(Some(thread.join().unwrap()), process.returncode());
            }
            assert!(!life.is_there(), "round {round}: it was reaped");
        }
    }
);

// CPython, asyncio test_subprocess_concurrent_wait.
engine_test!(ten_may_wait_for_one_process, |at: At| async move {
    let process = at.shell("sleep 0.02; exit 42").spawn().await.unwrap();
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let handle = process.handle();
            tokio::spawn(async move { handle.wait().await.unwrap().returncode() })
        })
        .collect();
    for one in waiting {
        assert_eq!(one.await.unwrap(), 42);
    }
    assert_eq!(process.wait().await.unwrap().returncode(), 42);
});

// CPython, asyncio test_subprocess_concurrent_wait, repeated: no waiter is forgotten.
engine_test!(
    no_waiter_is_forgotten_however_short_the_process,
    |at: At| async move {
        for _ in 0..races() / 4 {
            let process = at.command("true").spawn().await.unwrap();
            let waiting: Vec<_> = (0..4)
                .map(|_| {
                    let handle = process.handle();
                    tokio::spawn(async move { handle.wait().await.unwrap().returncode() })
                })
                .collect();
            for one in waiting {
                assert_eq!(one.await.unwrap(), 0);
            }
        }
    }
);

// CPython, test_pipe_cloexec_real_tools: many with pipes at once, and each sees its end.
engine_test!(
    many_threads_may_start_processes_with_pipes,
    |at: At| async move {
        let run = |n: usize| async move {
            let mut command = at.command("cat");
            command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
            let mut process = command.stderr(Stdio::Pipe).spawn().await.unwrap();
            let input = vec![n as u8; 1000 * n];
            let given = process.communicate(Some(input.clone())).await.unwrap();
            assert!(
                given.stdout == input && given.stderr.is_empty(),
                "process {n}"
            );
        };
        for _ in 0..races() / 50 {
            let all: Vec<_> = (0..16).map(|n| tokio::spawn(run(n))).collect();
            for one in all {
                one.await.unwrap();
            }
        }
    }
);

// CPython, test_threadsafe_wait.
engine_test!(two_threads_may_wait_for_one_process, |at: At| async move {
    let process = at.shell("sleep 0.02; exit 3").spawn().await.unwrap();
    let runtime = tokio::runtime::Handle::current();
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let (handle, runtime) = (process.handle(), runtime.clone());
            let wait = move || runtime.block_on(handle.wait()).unwrap().returncode();
            tokio::task::spawn_blocking(wait)
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.await.unwrap(), 3);
    }
});
