//! A process and its descendants, shut down together with SIGTERM and SIGKILL.

use std::pin::pin;
use std::time::{Duration, Instant};

use prun::process::{Delivery, Group, Process, Scope, Signal, Stdio, wait_for};

use super::at::{At, MINUTE, engine_test};
use super::polls::{When, cancelled};
use super::procfs::{Doomed, Life, is_our_zombie, soon};

/// Short enough to wait for, long enough for a process to act on a signal.
const SHORT: Duration = Duration::from_millis(150);

/// Starts `line` in a group of its own; it prints the ids of the processes that it has started.
async fn family(at: At, line: &str, count: usize) -> (Process, Vec<Doomed>) {
    let mut command = at.shell(line);
    command.stdout(Stdio::Pipe).process_group(Group::New);
    let mut process = command.spawn().await.unwrap();
    let mut members = Vec::new();
    for _ in 0..count {
        let line = process.stdout.as_mut().unwrap().read_line().await.unwrap();
        members.push(Doomed::from_line(&line));
    }
    (process, members)
}

/// Two grandchildren that sleep, and a leader that waits for them.
const SLEEPERS: &str = "sleep 60 & echo $!; sleep 60 & echo $!; wait";

/// A grandchild that ignores SIGTERM, announced once it does, and a leader that does not.
const STUBBORN: &str = "sh -c 'trap \"\" TERM; echo $$; \
                        n=0; while [ $n -lt 1200 ]; do sleep 0.05; n=$((n+1)); done' & wait";

/// A grandchild that sleeps, and a leader that has ended.
const ORPHAN: &str = "sleep 60 & echo $!";

// Ours; `kill` of asyncio ends only the leader.
engine_test!(shutdown_ends_the_whole_group, |at: At| async move {
    let (process, members) = family(at, SLEEPERS, 2).await;
    let exit = process.shutdown(Scope::Group, MINUTE).await.unwrap();
    assert_eq!(exit.returncode(), -15);
    assert!(members.iter().all(|member| !member.is_alive()));
});

// Ours: only the leader was requested.
engine_test!(
    shutdown_of_the_leader_leaves_the_others,
    |at: At| async move {
        let (process, members) = family(at, SLEEPERS, 2).await;
        let exit = process.shutdown(Scope::Leader, MINUTE).await.unwrap();
        assert_eq!(exit.returncode(), -15);
        assert!(members.iter().all(|member| member.is_alive()));
    }
);

// Ours: the leader ends on SIGTERM, the other does not, and the grace is for the whole group.
engine_test!(
    shutdown_kills_a_member_that_ignores_sigterm_after_the_leader_ended,
    |at: At| {
        async move {
            let (process, members) = family(at, STUBBORN, 1).await;
            let begun = Instant::now();
            let exit = process.shutdown(Scope::Group, SHORT).await.unwrap();
            assert_eq!(exit.returncode(), -15, "the leader ended by SIGTERM");
            assert!(begun.elapsed() >= SHORT, "the other had its grace");
            assert!(!members[0].is_alive());
        }
    }
);

// Ours: the grace is a maximum, not the duration.
engine_test!(
    shutdown_returns_when_the_group_is_empty,
    |at: At| async move {
        let (process, members) = family(at, SLEEPERS, 2).await;
        let begun = Instant::now();
        process
            .shutdown(Scope::Group, Duration::from_secs(3600))
            .await
            .unwrap();
        assert!(begun.elapsed() < MINUTE);
        assert!(members.iter().all(|member| !member.is_alive()));
    }
);

// Ours: the leader ended by itself, and a member of its group is still alive.
engine_test!(
    shutdown_ends_the_rest_of_the_group_of_an_ended_process,
    |at: At| async move {
        let (process, members) = family(at, ORPHAN, 1).await;
        let leader = process.pid();
        // The leader has ended, and nobody has collected its status.
        soon("its end", || is_our_zombie(leader)).await;
        assert!(members[0].is_alive());
        let exit = process.shutdown(Scope::Group, MINUTE).await.unwrap();
        assert_eq!(exit.returncode(), 0);
        assert!(!members[0].is_alive());
    }
);

// Ours: a zombie that was kept to reserve its group's number is reaped in the end.
engine_test!(shutdown_leaves_no_zombie, |at: At| async move {
    for line in [SLEEPERS, STUBBORN, ORPHAN] {
        let (process, _) = family(at, line, 1).await;
        process.shutdown(Scope::Group, SHORT).await.unwrap();
        assert!(!is_our_zombie(process.pid()), "{line}");
    }
});

// Ours, from Linux 6.9 on: a group can be signalled after its leader was reaped.
engine_test!(
    a_group_can_be_signalled_after_its_leader_was_reaped,
    |at: At| {
        async move {
            let (process, members) = family(at, ORPHAN, 1).await;
            assert_eq!(process.wait().await.unwrap().returncode(), 0);
            let sent = process.send_signal_to(Scope::Group, Signal::KILL).unwrap();
            match sent {
                Delivery::Sent => soon("its end", || !members[0].is_alive()).await,
                // By number it could reach another group, so it is not sent.
                Delivery::AlreadyExited => assert!(members[0].is_alive()),
            }
            if at.backend == prun::process::Backend::Sigchld {
                assert_eq!(sent, Delivery::AlreadyExited);
            }
        }
    }
);

// Ours: it is not an error if the group is empty.
engine_test!(
    a_signal_to_an_empty_group_goes_nowhere,
    |at: At| async move {
        let mut command = at.command("true");
        let process = command.process_group(Group::New).spawn().await.unwrap();
        process.wait().await.unwrap();
        let sent = process.send_signal_to(Scope::Group, Signal::KILL).unwrap();
        assert_eq!(sent, Delivery::AlreadyExited);
        let exit = process.shutdown(Scope::Group, MINUTE).await.unwrap();
        assert_eq!(exit.returncode(), 0);
    }
);

// Ours: a session is a group, too.
engine_test!(shutdown_ends_a_whole_session, |at: At| async move {
    let mut command = at.shell(SLEEPERS);
    command.stdout(Stdio::Pipe).new_session(true);
    let mut process = command.spawn().await.unwrap();
    let line = process.stdout.as_mut().unwrap().read_line().await.unwrap();
    let member = Doomed::from_line(&line);
    process.shutdown(Scope::Group, MINUTE).await.unwrap();
    assert!(!member.is_alive());
});

// Ours: stopped members act on their SIGTERM, too.
engine_test!(shutdown_continues_a_stopped_group, |at: At| async move {
    let (process, members) = family(at, SLEEPERS, 2).await;
    let stop = Signal::from_raw(libc::SIGSTOP);
    process.send_signal_to(Scope::Group, stop).unwrap();
    soon("their SIGSTOP", || {
        members.iter().all(|member| member.is_stopped())
    })
    .await;
    let exit = process.shutdown(Scope::Group, MINUTE).await.unwrap();
    assert_eq!(exit.returncode(), -15);
    assert!(members.iter().all(|member| !member.is_alive()));
});

// Ours: without grace the whole group is killed at once.
engine_test!(
    shutdown_of_a_group_without_grace_kills_it,
    |at: At| async move {
        let (process, members) = family(at, STUBBORN, 1).await;
        let exit = process
            .shutdown(Scope::Group, Duration::ZERO)
            .await
            .unwrap();
        assert_eq!(exit.returncode(), -9);
        assert!(!members[0].is_alive());
    }
);

// Ours: dropped during the grace, when the leader has already ended; the next call continues.
engine_test!(
    a_cancelled_shutdown_continues_when_called_again,
    |at: At| async move {
        let (process, members) = family(at, STUBBORN, 1).await;
        let leader = Life::of(process.pid());
        {
            let mut stop = pin!(process.shutdown(Scope::Group, MINUTE));
            while leader.is_alive() {
                assert!(wait_for(&mut stop, SHORT).await.is_err());
            }
        }
        assert!(members[0].is_alive());
        let exit = process.shutdown(Scope::Group, SHORT).await.unwrap();
        assert_eq!(exit.returncode(), -15);
        assert!(!members[0].is_alive(), "the second call ended the rest");
        assert!(!is_our_zombie(process.pid()));
    }
);

// Ours: dropped at any of its awaits, it leaves nothing that the next call could not end.
engine_test!(
    a_shutdown_may_be_cancelled_at_each_of_its_awaits,
    |at: At| async move {
        for polls in 1..8 {
            let (process, members) = family(at, SLEEPERS, 2).await;
            let stop = process.shutdown(Scope::Group, MINUTE);
            cancelled(polls, When::Woken, stop).await;
            process.shutdown(Scope::Group, MINUTE).await.unwrap();
            assert!(
                members.iter().all(|member| !member.is_alive()),
                "cut after {polls} polls"
            );
            assert!(!is_our_zombie(process.pid()), "cut after {polls} polls");
        }
    }
);

// Ours: several callers may shut down the same process while it is being waited for.
engine_test!(many_may_shut_down_one_process, |at: At| async move {
    let (process, members) = family(at, STUBBORN, 1).await;
    let stop = |grace| {
        let handle = process.handle();
        tokio::spawn(async move {
            handle
                .shutdown(Scope::Group, grace)
                .await
                .unwrap()
                .returncode()
        })
    };
    let all = [stop(SHORT), stop(SHORT / 2), stop(MINUTE)];
    assert_eq!(process.wait().await.unwrap().returncode(), -15);
    for one in all {
        assert_eq!(one.await.unwrap(), -15);
    }
    assert!(!members[0].is_alive());
    assert!(!is_our_zombie(process.pid()));
});

// Ours: captured output is drained during the shutdown, so that the process can exit cleanly.
engine_test!(
    a_process_may_print_much_during_its_shutdown,
    |at: At| async move {
        let line = "trap 'head -c 1000000 /dev/zero; exit 7' TERM; echo begun >&2; \
                while :; do sleep 0.01; done";
        let capture = Stdio::Capture(prun::process::SpoolOptions::default());
        let mut command = at.shell(line);
        command.stdout(capture).stderr(Stdio::Pipe);
        command.process_group(Group::New).leak_grace(MINUTE);
        let mut process = command.spawn().await.unwrap();
        process.stderr.as_mut().unwrap().read_line().await.unwrap();
        let exit = process.shutdown(Scope::Group, MINUTE).await.unwrap();
        assert_eq!(exit.returncode(), 7);
        let captured = process.captured().await.unwrap();
        assert_eq!(captured.stdout.unwrap().len(), 1_000_000);
    }
);
