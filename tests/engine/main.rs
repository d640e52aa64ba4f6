//! Tests of the engine as a library: the behaviour that CPython tests in `asyncio` and `subprocess`, and
//! behaviour beyond Python's. One module per subject, one property per test; the comment above a test
//! names the CPython test that it corresponds to (in `test_subprocess.py`, in asyncio's where stated, or
//! in `test_streams.py` and `test_shlex.py`), says that CPython's behaviour was found by trial, or that
//! the property is ours.
//!
//! Nearly every test runs four times ([`at::At`]): with pidfd and with `SIGCHLD`, and on a
//! single-threaded and a multi-threaded runtime. Tests of properties of a whole process (its descriptors,
//! limits, signals and children) run in a process of their own ([`isolated`]); all other tests run in
//! parallel, as the threads of a real program do.
//!
//! # CPython tests that are not here, and why
//!
//! Ensured by Rust's types:
//!
//! * `text`, `encoding`, `errors`, `universal_newlines`, `bufsize` (`test_create_subprocess_exec_text_mode_fails`,
//!   `test_create_subprocess_shell_text_mode_fails`): there are no such options, all is bytes.
//! * `test_create_subprocess_exec_with_path`: arguments are `OsString`s; bytes that are not text are
//!   tested in [`start`].
//! * `test_invalid_limit` (a limit of 0), two readers of one stream, two `communicate` at once,
//!   `read_exactly(-1)`: do not compile.
//!
//! Not applicable to the engine:
//!
//! * `test_proc_exited_no_invalid_state_error_on_exit_waiters`: there are no futures to be set.
//! * `MultiLoopChildWatcherTests.test_warns` and the watchers' classes: there are no watchers.
//! * `test_universal_newlines*`, `test_list2cmdline`, `test_bufsize*`, `test_io_*`,
//!   `CommandsWithSpaces`, `Win32*`: text, buffers and Windows.
//! * `test_stopped` mocks `WIFSTOPPED`: in [`signals`] a process is really stopped.
//! * `getoutput`, the gc of `preexec`, the mocks of the error pipe, `__class_getitem__`,
//!   `_use_vfork`: internals of CPython.
//! * `test_read_exception`, `test_exception*`: exceptions cannot be set on a reader.
//! * Servers, TLS, pickling and `repr` in `test_streams.py`.
//!
//! Tested on the program prun instead: `test_issue8780`, and the wait of
//! `test_keyboardinterrupt_no_kill` after Ctrl-C.

#![expect(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod any_separator;
mod async_write;
mod at;
mod blocking;
mod capture;
mod close_fds;
mod communicate;
mod conversations;
mod credentials;
mod crowds;
mod descriptors;
mod dropped_reads;
mod drops;
mod environment;
mod fed;
mod files;
mod flowing;
mod formats;
mod grace;
mod groups;
mod hangs;
mod hooks;
mod input;
mod isolated;
mod leaks;
mod left_behind;
mod long_lines;
mod losses;
mod lost;
mod merged;
mod model;
mod one_call;
mod orphans;
mod pieces;
mod pipe_sizes;
mod pipelines;
mod polls;
mod pressure;
mod procfs;
mod quoting;
mod races;
mod reader;
mod reads;
mod resumed;
mod separators;
mod shutdown;
mod signals;
mod spawn_errors;
mod standard_fds;
mod start;
mod starts;
mod streams;
mod sys;
mod unstarted;
mod waiting;
mod ways;
mod writer;

#[path = "../shared/mod.rs"]
#[allow(dead_code, reason = "the tests of the program use the rest")]
mod shared;
