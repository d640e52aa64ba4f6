//! The engine as a library: what CPython's tests hold `asyncio` and `subprocess` to, and what
//! Python does not promise. One module for each subject, one promise in each test; the comment
//! above a test names the CPython test whose behaviour it holds (of `test_subprocess.py`, of the
//! one of asyncio where that is said, or of `test_streams.py` and `test_shlex.py`), says that the
//! behaviour was found by trial, or that the promise is ours.
//!
//! Nearly every promise is tried four times ([`at::At`]): by pidfd and by `SIGCHLD`, and on a
//! runtime with one thread and with many. What belongs to a whole process (its descriptors,
//! limits, signals and children) is tried in a process of its own ([`isolated`]); all other tests
//! run side by side, as the threads of a real program do.
//!
//! # What of CPython is not here, and why
//!
//! The types of Rust hold it already:
//!
//! * `text`, `encoding`, `errors`, `universal_newlines`, `bufsize` (`test_create_subprocess_exec_text_mode_fails`,
//!   `test_create_subprocess_shell_text_mode_fails`): there are no such options, all is bytes.
//! * `test_create_subprocess_exec_with_path`: whatever is an `OsString` is a word; bytes that are
//!   no text are tried in [`start`].
//! * `test_invalid_limit` (a limit of 0), two readers of one stream, two `communicate` at once,
//!   `read_exactly(-1)`: do not compile.
//!
//! There is nothing like it in the engine:
//!
//! * `test_proc_exited_no_invalid_state_error_on_exit_waiters`: there are no futures to be set.
//! * `MultiLoopChildWatcherTests.test_warns` and the watchers' classes: there are no watchers.
//! * `test_universal_newlines*`, `test_list2cmdline`, `test_bufsize*`, `test_io_*`,
//!   `CommandsWithSpaces`, `Win32*`: text, buffers and Windows.
//! * `test_stopped` mocks `WIFSTOPPED`: in [`signals`] a process is stopped in earnest.
//! * `getoutput`, the gc of `preexec`, the mocks of the error pipe, `__class_getitem__`,
//!   `_use_vfork`: parts of CPython's own making.
//! * `test_read_exception`, `test_exception*`: nobody sets an exception on a reader.
//! * Servers, TLS, pickling and `repr` in `test_streams.py`.
//!
//! It is prun's own affair, and tried on the program: `test_issue8780`, and the wait of
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
