//! The environments in which each test runs: both backends for detecting an end, and both kinds of
//! runtime; with one kind processes are started with vfork, with the other with `posix_spawn`.

use std::ffi::OsString;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::time::Duration;

use prun::process::{Backend, Command, Environment, Output};
use tokio::runtime::{Builder, Runtime};

use crate::shared::needs::skip;

/// The time limit of every test: far above what any takes on a loaded machine.
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// The number of threads of the runtime.
#[derive(Clone, Copy, Debug)]
enum Threads {
    One,
    Many,
}

/// One of the four environments in which a test runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// How the end of a process is detected.
    pub(crate) backend: Backend,
    threads: Threads,
}

impl At {
    pub(crate) const PIDFD_ONE: Self = Self::new(Backend::Pidfd, Threads::One);
    #[cfg(linux)]
    pub(crate) const PIDFD_MANY: Self = Self::new(Backend::Pidfd, Threads::Many);
    pub(crate) const SIGCHLD_ONE: Self = Self::new(Backend::Sigchld, Threads::One);
    pub(crate) const SIGCHLD_MANY: Self = Self::new(Backend::Sigchld, Threads::Many);

    const fn new(backend: Backend, threads: Threads) -> Self {
        Self { backend, threads }
    }

    /// The backend that is really used here: only Linux has pidfds.
    pub(crate) fn backend_here(self) -> Backend {
        match cfg!(linux) {
            true => self.backend,
            false => Backend::Sigchld,
        }
    }

    /// A program, without a shell.
    pub(crate) fn command(self, program: impl Into<OsString>) -> Command {
        self.here(Command::exec(program))
    }

    /// A command line for `/bin/sh`.
    pub(crate) fn shell(self, line: impl Into<OsString>) -> Command {
        self.here(Command::shell(line))
    }

    fn here(self, mut command: Command) -> Command {
        command.backend(self.backend);
        if let Threads::Many = self.threads {
            let ours = Environment::new(std::env::vars_os());
            command.environment(&ours.expect("it was passed on to us"));
            command.close_fds(false);
        }
        command
    }

    /// Creates a runtime of this kind, with all drivers.
    pub(crate) fn runtime(self) -> Runtime {
        let mut builder = match self.threads {
            Threads::One => Builder::new_current_thread(),
            Threads::Many => Builder::new_multi_thread(),
        };
        builder.worker_threads(2).enable_all();
        builder.build().expect("a runtime can be made")
    }

    /// Runs a test to its end. With a multi-threaded runtime it is spawned, and must be able to move
    /// between threads.
    #[track_caller]
    pub(crate) fn play<F>(self, promise: impl FnOnce(Self) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // Boxed, so that the runtime code is compiled once and not for every test.
        self.play_within(MINUTE, Box::pin(promise(self)));
    }

    /// As [`play`](Self::play), with another time limit, for tests with many processes.
    #[track_caller]
    pub(crate) fn play_within(
        self,
        bound: Duration,
        promise: Pin<Box<dyn Future<Output = ()> + Send>>,
    ) {
        let runtime = self.runtime();
        let bounded = async move { tokio::time::timeout(bound, promise).await };
        let kept = match self.threads {
            Threads::One => runtime.block_on(bounded),
            Threads::Many => match runtime.block_on(runtime.spawn(bounded)) {
                Ok(kept) => kept,
                Err(error) => resume_unwind(error.into_panic()),
            },
        };
        assert!(kept.is_ok(), "not done within {bound:?}");
    }
}

/// Whether the engine uses Linux-only features. If not, the test is listed as skipped.
#[track_caller]
#[must_use = "a test without what it needs must return"]
pub(crate) fn needs_linux() -> bool {
    if cfg!(not(linux)) {
        skip("needs Linux");
    }
    cfg!(linux)
}

/// Makes a module of four tests from a name and a function of an [`At`]; of two, where the system has no
/// pidfds.
macro_rules! plain_test {
    ($name:ident, $body:expr $(,)?) => {
        mod $name {
            use super::*;

            #[cfg(linux)]
            #[test]
            fn by_pidfd_on_one_thread() {
                body(At::PIDFD_ONE);
            }

            #[cfg(linux)]
            #[test]
            fn by_pidfd_on_many_threads() {
                body(At::PIDFD_MANY);
            }

            #[test]
            fn by_sigchld_on_one_thread() {
                body(At::SIGCHLD_ONE);
            }

            #[test]
            fn by_sigchld_on_many_threads() {
                body(At::SIGCHLD_MANY);
            }

            fn body(at: At) {
                crate::at::call(at, $body);
            }
        }
    };
}
pub(crate) use plain_test;

/// As `plain_test`, from a function that returns a future.
macro_rules! engine_test {
    ($name:ident, $promise:expr $(,)?) => {
        crate::at::plain_test!($name, |at: At| at.play($promise));
    };
}
pub(crate) use engine_test;

/// As `engine_test`, each of the four in a process of its own, which a shell starts after `prelude`
/// (`ulimit -n 64`, for example): for tests of properties of a whole process.
macro_rules! isolated_test {
    ($name:ident, $prelude:expr, $promise:expr $(,)?) => {
        crate::at::plain_test!($name, |at: At| {
            crate::isolated::isolated(
                &crate::isolated::name_of(module_path!(), at),
                $prelude,
                || at.play($promise),
            );
        });
    };
}
pub(crate) use isolated_test;

/// Calls a closure: clippy rejects a closure that is called in place, but here it comes from a macro.
#[track_caller]
pub(crate) fn call<T>(at: At, body: impl FnOnce(At) -> T) -> T {
    body(at)
}

/// Standard output and standard error of a process.
pub(crate) fn streams(output: Output) -> (Vec<u8>, Vec<u8>) {
    (output.stdout, output.stderr)
}

impl At {
    /// The name of the test for this environment.
    pub(crate) fn test_name(self) -> &'static str {
        match (self.backend, self.threads) {
            (Backend::Pidfd, Threads::One) => "by_pidfd_on_one_thread",
            (Backend::Pidfd, Threads::Many) => "by_pidfd_on_many_threads",
            (Backend::Sigchld, Threads::One) => "by_sigchld_on_one_thread",
            (Backend::Sigchld, Threads::Many) => "by_sigchld_on_many_threads",
        }
    }
}
