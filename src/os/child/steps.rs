//! What a new process does between its birth and its program.
//!
//! It is prepared by the parent. The new process allocates nothing and takes no lock: where it was
//! forked, another thread may have held the lock at that moment, and will never give it back; and
//! where it shares our memory, it is a guest in it.

use std::ffi::{CStr, CString};
use std::os::fd::RawFd;

use libc::{c_char, pid_t, sighandler_t};
use nix::errno::Errno;
#[cfg(linux)]
use nix::sys::signal::SigSet;
use rustix::fs::Mode;
use rustix::process;

use super::close_on_exec::KeptDescriptors;
use super::hook::Hook;
use super::identity::Identity;
use super::step::{Failed, Step};

/// What a new process does, in this order.
#[derive(Debug)]
pub(crate) struct Steps {
    /// Whether it begins a session.
    pub(crate) new_session: bool,
    /// The process group that it joins; its own if that is 0.
    pub(crate) group: Option<pid_t>,
    /// The directory that it goes to.
    pub(crate) cwd: Option<CString>,
    /// Descriptors, and the numbers that they get, one after the other. No two numbers are the same.
    pub(crate) descriptors: Vec<(RawFd, RawFd)>,
    /// What it takes away from the permissions of files that it makes.
    pub(crate) umask: Option<Mode>,
    /// What it does at SIGPIPE: nothing, or the default. A Rust program ignores it.
    pub(crate) at_sigpipe: sighandler_t,
    /// The descriptors that the program gets, if it does not get all that are not marked.
    pub(crate) kept: Option<KeptDescriptors>,
    pub(crate) program: Program,
}

/// What a process may do besides that has memory of its own.
#[derive(Debug)]
pub(crate) struct Forked {
    pub(crate) identity: Identity,
    /// Code of the caller's.
    pub(crate) hooks: Vec<Hook>,
}

/// Where a new process takes its steps.
pub(crate) enum ChildKind<'a> {
    /// In our memory, with all signals blocked and some of them caught as yet. The mask comes into force
    /// when none is any more.
    #[cfg(linux)]
    Vfork(&'a SigSet),
    Fork(&'a Forked),
}

/// What it executes in the end.
#[derive(Debug)]
pub(crate) struct Program {
    /// Where it may be: the first that is there counts.
    pub(crate) files: Vec<CString>,
    /// The arguments, the first of them the name.
    pub(crate) argv: Strings,
    /// The whole environment.
    pub(crate) env: Strings,
}

/// Strings as the system takes them.
#[derive(Debug)]
pub(crate) struct Strings {
    /// Null-terminated, and pointing into the others.
    pointers: Vec<*const c_char>,
    _owned: Vec<CString>,
}

// SAFETY: the pointers lead to the strings beside them, which nobody changes.
unsafe impl Send for Strings {}
// SAFETY: as above.
unsafe impl Sync for Strings {}

impl FromIterator<CString> for Strings {
    fn from_iter<T: IntoIterator<Item = CString>>(strings: T) -> Self {
        let owned: Vec<CString> = strings.into_iter().collect();
        let pointers = owned.iter().map(|string| string.as_ptr());
        let pointers = pointers.chain([std::ptr::null()]).collect();
        // The strings' bytes stay where they are when their owner moves.
        Self {
            pointers,
            _owned: owned,
        }
    }
}

impl Steps {
    /// Takes them in a new process, which does not return but when one has failed.
    pub(crate) fn take(&self, place: &ChildKind<'_>) -> Failed {
        match self.change(place) {
            Ok(()) => Step::Exec.failed()(self.program.execute()),
            Err(failed) => failed,
        }
    }

    fn change(&self, place: &ChildKind<'_>) -> Result<(), Failed> {
        if self.new_session {
            process::setsid().map_err(Step::Session.failed())?;
        }
        if let Some(group) = self.group {
            // SAFETY: the call takes two integers.
            let joined = unsafe { libc::setpgid(0, group) };
            Errno::result(joined).map_err(Step::Group.failed())?;
        }
        if let Some(cwd) = &self.cwd {
            process::chdir(cwd.as_c_str()).map_err(Step::Cwd.failed())?;
        }
        for (fd, number) in &self.descriptors {
            give(*fd, *number).map_err(Step::Descriptor(*number).failed())?;
        }
        if let Some(mask) = self.umask {
            process::umask(mask);
        }
        let signals = Step::Signals.failed();
        set_action(libc::SIGPIPE, self.at_sigpipe).map_err(&signals)?;
        match place {
            ChildKind::Fork(forked) => {
                forked.identity.take_on()?;
                forked.hooks.iter().try_for_each(run)?;
            }
            #[cfg(linux)]
            ChildKind::Vfork(_) => {}
        }
        if let Some(kept) = &self.kept {
            kept.close_others_on_exec();
        }
        #[cfg(linux)]
        if let ChildKind::Vfork(mask) = place {
            forget_handlers().map_err(&signals)?;
            mask.thread_set_mask().map_err(&signals)?;
        }
        Ok(())
    }
}

fn run(hook: &Hook) -> Result<(), Failed> {
    hook.call().map_err(|error| {
        let errno = error.raw_os_error().unwrap_or(libc::EINVAL);
        // Its memory, if it has any, cannot be given back here.
        std::mem::forget(error);
        Failed {
            step: Step::Hook,
            errno,
        }
    })
}

/// Gives a descriptor another number, under which the program will have it.
fn give(fd: RawFd, number: RawFd) -> nix::Result<()> {
    loop {
        // SAFETY: the call takes two integers, and nothing in this process owns a descriptor.
        match Errno::result(unsafe { libc::dup2(fd, number) }) {
            Err(Errno::EINTR) => {}
            other => return other.map(drop),
        }
    }
}

impl Program {
    /// As `execvp`, but that it leaves a file alone that only a shell could run: `posix_spawn` reports
    /// such a one, and both must mean the same.
    fn execute(&self) -> Errno {
        let (mut last, mut is_refused) = (Errno::ENOENT, false);
        for file in &self.files {
            let file: &CStr = file;
            // SAFETY: all three are null-terminated, and nobody changes them.
            unsafe {
                libc::execve(
                    file.as_ptr(),
                    self.argv.pointers.as_ptr(),
                    self.env.pointers.as_ptr(),
                )
            };
            last = Errno::last();
            match last {
                Errno::EACCES => is_refused = true,
                // It is not there; nor is a directory, or the server that has it.
                Errno::ENOENT
                | Errno::ENOTDIR
                | Errno::ENAMETOOLONG
                | Errno::ENODEV
                | Errno::ESTALE
                | Errno::ETIMEDOUT => {}
                other => return other,
            }
        }
        // A file that may not be executed says more than the others, which are not there.
        if is_refused { Errno::EACCES } else { last }
    }
}

/// Gives every signal that is caught its default action, as the program's execution will.
#[cfg(linux)]
fn forget_handlers() -> nix::Result<()> {
    for signal in 1..=libc::SIGRTMAX() {
        let handler = action(signal)?;
        if handler != libc::SIG_IGN && handler != libc::SIG_DFL {
            set_action(signal, libc::SIG_DFL)?;
        }
    }
    Ok(())
}

/// As the system call takes an action: what is to be done, and then flags and the like, none of them
/// set; on MIPS a word of flags stands before it.
#[cfg(linux)]
type Action = [sighandler_t; 8];

/// Where in it stands what is to be done, and how many bytes a set of signals has.
#[cfg(linux)]
const LAYOUT: (usize, usize) = match cfg!(any(
    target_arch = "mips",
    target_arch = "mips32r6",
    target_arch = "mips64",
    target_arch = "mips64r6"
)) {
    true => (1, 16),
    false => (0, 8),
};

/// Asks what is done at a signal. Not by the C library, which takes a lock for it.
#[cfg(linux)]
fn action(signal: i32) -> nix::Result<sighandler_t> {
    let mut action: Action = [0; 8];
    let no_new = std::ptr::null::<Action>();
    // SAFETY: the system's own structure is shorter than what it fills in here.
    let asked = unsafe {
        libc::syscall(
            libc::SYS_rt_sigaction,
            signal,
            no_new,
            &raw mut action,
            LAYOUT.1,
        )
    };
    Errno::result(asked)?;
    Ok(action[LAYOUT.0])
}

/// Says what is done at a signal: nothing, or the default.
#[cfg(linux)]
fn set_action(signal: i32, handler: sighandler_t) -> nix::Result<()> {
    let mut action: Action = [0; 8];
    action[LAYOUT.0] = handler;
    let no_old = std::ptr::null_mut::<Action>();
    // SAFETY: no code of ours runs at the signal, and the system's own structure is shorter than what
    // it reads here.
    let set = unsafe {
        libc::syscall(
            libc::SYS_rt_sigaction,
            signal,
            &raw const action,
            no_old,
            LAYOUT.1,
        )
    };
    Errno::result(set).map(drop)
}

#[cfg(not(linux))]
fn set_action(signal: i32, handler: sighandler_t) -> nix::Result<()> {
    // SAFETY: no code of ours runs at the signal.
    let before = unsafe { libc::signal(signal, handler) };
    match before == libc::SIG_ERR {
        true => Err(Errno::last()),
        false => Ok(()),
    }
}
