//! A parent whose own standard descriptors are closed, or exchanged.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::sync::Arc;

use prun::process::Stdio;

use super::at::{At, isolated_test, plain_test, streams};
use super::files::{file_of, text_of};
use super::isolated::{isolated, name_of};
use super::sys::Closed;

/// Every subset of the three.
const CHOICES: [&[i32]; 7] = [&[0], &[1], &[2], &[0, 1], &[0, 2], &[1, 2], &[0, 1, 2]];

/// Every order of the three.
const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

/// Starts processes with all kinds of pipes, and checks that each byte arrives where it should.
async fn pipes_are_right(at: At, context: &str) {
    let line = "printf apple; printf orange >&2";
    let mut command = at.shell(line);
    command.stdout(Stdio::Pipe).stderr(Stdio::Pipe);
    for fork in [false, true] {
        let mut process = command.new_session(fork).spawn().await.unwrap();
        let given = process.communicate(None).await.unwrap();
        let expected = (b"apple".to_vec(), b"orange".to_vec());
        assert_eq!(streams(given), expected, "{context}");
        assert_eq!(process.returncode(), Some(0), "{context}");
    }
    let mut command = at.shell("cat; cat >&2 </dev/null; printf plum >&2");
    command.stdin(Stdio::Pipe);
    command.stdout(Stdio::Pipe).stderr(Stdio::ToStdout);
    for fork in [false, true] {
        let mut process = command.new_session(fork).spawn().await.unwrap();
        let given = process.communicate(Some(b"pear".to_vec())).await.unwrap();
        let expected = (b"pearplum".to_vec(), vec![]);
        assert_eq!(streams(given), expected, "{context}");
    }
}

// CPython, test_close_fd_0 to test_close_fds_0_1_2: closed by our parent.
plain_test!(
    standard_descriptors_may_be_closed_from_the_start,
    |at: At| {
        for choice in CHOICES {
            let closing: Vec<_> = choice.iter().map(|fd| format!("exec {fd}<&-")).collect();
            isolated(&name_of(module_path!(), at), &closing.join("; "), || {
                at.play(|at| pipes_are_right(at, "closed from the start"));
            });
        }
    }
);

// CPython, test_close_fd_0 to test_close_fds_0_1_2: closed by ourselves.
isolated_test!(
    standard_descriptors_may_be_closed_while_we_run,
    "",
    |at: At| async move {
        for choice in CHOICES {
            let _closed = Closed::new(choice);
            pipes_are_right(at, &format!("without {choice:?}")).await;
        }
    }
);

/// Passes three files, some of which have the numbers of our standard descriptors, to a process in this
/// order, and checks that it read the first and wrote to the others.
async fn files_are_right(at: At, files: [File; 3], order: [usize; 3]) {
    let numbers: Vec<_> = files.iter().map(AsRawFd::as_raw_fd).collect();
    let files = files.map(Arc::new);
    let [stdin, stdout, stderr] = order.map(|n| Arc::clone(&files[n]));
    (&*stdin).write_all(b"pear").unwrap();
    (&*stdin).seek(SeekFrom::Start(0)).unwrap();
    for fork in [false, true] {
        stdin.set_len(4).unwrap();
        (&*stdin).seek(SeekFrom::Start(0)).unwrap();
        for output in [&stdout, &stderr] {
            output.set_len(0).unwrap();
            (&**output).seek(SeekFrom::Start(0)).unwrap();
        }
        let given = |file: &Arc<File>| Stdio::File(Arc::clone(file));
        let mut command = at.shell("cat; printf plum >&2");
        command.stdin(given(&stdin));
        command.stdout(given(&stdout)).stderr(given(&stderr));
        let process = command.new_session(fork).spawn().await.unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
        let texts = [text_of(&stdin), text_of(&stdout), text_of(&stderr)];
        assert_eq!(texts, ["pear", "pear", "plum"], "{numbers:?} as {order:?}");
    }
}

// CPython, test_remapping_std_fds and test_swap_fds.
isolated_test!(
    standard_descriptors_may_be_given_in_any_order,
    "",
    |at: At| async move {
        for order in ORDERS {
            let _closed = Closed::new(&[0, 1, 2]);
            let files = [file_of(""), file_of(""), file_of("")];
            assert_eq!(files.each_ref().map(AsRawFd::as_raw_fd), [0, 1, 2]);
            files_are_right(at, files, order).await;
        }
    }
);

// CPython, test_swap_std_fds_with_one_closed.
isolated_test!(
    two_standard_descriptors_may_be_exchanged_with_one_closed,
    "",
    |at: At| {
        async move {
            for closed in 0..3 {
                for order in ORDERS {
                    let _closed = Closed::new(&[0, 1, 2]);
                    let [first, second, third] = [file_of(""), file_of(""), file_of("")];
                    // One number stays free, and its file gets a higher one.
                    let files = match closed {
                        0 => [moved(first), second, third],
                        1 => [first, moved(second), third],
                        _ => [first, second, moved(third)],
                    };
                    files_are_right(at, files, order).await;
                }
            }
        }
    }
);

/// The same file with a number above the standard ones.
fn moved(file: File) -> File {
    let moved = file.try_clone().unwrap();
    assert!(moved.as_raw_fd() > 2);
    moved
}
