//! Which descriptors a process inherits: by default only its streams and those passed to it.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, AsRawFd, RawFd};

use prun::process::{Command, Stdio};

use super::at::{At, isolated_test, needs_linux};
use super::descriptors::{inherited, seen_by};
use super::files::file_of;
use super::sys;
use super::ways::ways;

/// A shell whose descriptors will be listed, for each spawn path.
fn shells(at: At) -> [(&'static str, Command); 3] {
    let mut shell = at.command("/bin/sh");
    ways(shell.stdin(Stdio::Null))
}

/// Opens files that children inherit, under all these numbers.
fn left_open(numbers: impl IntoIterator<Item = RawFd>) {
    for number in numbers {
        let file = file_of("");
        assert_ne!(file.as_raw_fd(), number);
        sys::leave_open(file.as_fd(), number);
    }
}

fn streams_and(others: &[RawFd]) -> BTreeSet<RawFd> {
    [0, 1, 2].iter().chain(others).copied().collect()
}

// CPython, test_close_fds, test_close_fds_when_max_fd_is_lowered.
isolated_test!(
    inherited_descriptors_reach_no_process,
    "exec 9</dev/null",
    |at: At| async move {
        left_open([20, 21, 40, 63]);
        for (way, mut shell) in shells(at) {
            shell.close_fds(true);
            assert_eq!(seen_by(&mut shell).await, streams_and(&[]), "{way}");
        }
        for number in [9, 20, 21, 40, 63] {
            assert!(sys::is_inherited(number), "{number} is still to be had");
        }
    }
);

// CPython, test_close_fds(False).
isolated_test!(
    inherited_descriptors_reach_a_process_without_close_fds,
    "exec 9</dev/null",
    |at: At| async move {
        left_open([20, 40]);
        let _ours = file_of("");
        let expected: BTreeSet<_> = inherited().into_iter().chain([0, 1, 2]).collect();
        assert!(expected.is_superset(&[9, 20, 40].into()));
        for (way, mut shell) in shells(at) {
            shell.close_fds(false);
            assert_eq!(seen_by(&mut shell).await, expected, "{way}");
        }
    }
);

// CPython, test_pass_fds: only those, with other descriptors around them.
isolated_test!(
    only_passed_descriptors_reach_a_process,
    "",
    |at: At| async move {
        left_open([20, 21, 22, 23, 40, 41, 42]);
        let passed = [23, 3, 21, 42, 60];
        for (way, mut shell) in shells(at) {
            shell.close_fds(true);
            for number in passed {
                shell.pass_fd(file_of(""), number);
            }
            assert_eq!(seen_by(&mut shell).await, streams_and(&passed), "{way}");
        }
    }
);

// Ours: kernels before 5.11, and containers that refuse the call.
isolated_test!(
    descriptors_are_closed_where_the_system_has_no_call_for_it,
    "",
    |at: At| async move {
        left_open([20, 21, 40]);
        for number in [libc::ENOSYS, libc::EPERM] {
            sys::refuse(libc::SYS_close_range, number);
            for (way, mut shell) in shells(at) {
                shell.close_fds(true).pass_fd(file_of(""), 21);
                assert_eq!(seen_by(&mut shell).await, streams_and(&[21]), "{way}");
            }
        }
    }
);

// Ours: and without /proc.
isolated_test!(
    descriptors_are_closed_where_the_system_does_not_list_them,
    "",
    |at: At| async move {
        left_open([20, 21, 40]);
        sys::refuse(libc::SYS_close_range, libc::ENOSYS);
        sys::refuse(libc::SYS_getdents64, libc::ENOENT);
        // The shell inherits the filter, so it cannot list them either.
        let line =
            "for fd in 3 4 5 6 7 8 9 20 21 40; do [ -e /proc/$$/fd/$fd ] && echo $fd; done; :";
        for (way, mut shell) in shells(at) {
            shell.close_fds(true).pass_fd(file_of(""), 21);
            let output = shell.arg("-c").arg(line).output().await.unwrap();
            assert_eq!(output.stdout, b"21\n", "{way}");
        }
    }
);

// CPython, test_close_fds_when_max_fd_is_lowered: the current limit is below the open descriptors.
isolated_test!(
    a_descriptor_above_the_limit_is_closed,
    "",
    |at: At| async move {
        if !needs_linux() {
            return;
        }
        left_open([50]);
        sys::limit_files(24);
        for (way, mut shell) in shells(at) {
            shell.close_fds(true);
            assert_eq!(seen_by(&mut shell).await, streams_and(&[]), "{way}");
        }
    }
);
