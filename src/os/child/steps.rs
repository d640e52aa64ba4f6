//! The steps of a new process before it executes its program.
//!
//! The parent prepares them. The new process allocates nothing and takes no lock: if it was forked, another
//! thread may have held the lock at that moment, and will never release it; and if it shares our memory,
//! a change would be ours as well.

use std::ffi::{CStr, CString};
use std::os::fd::RawFd;

use libc::{c_char, pid_t, sighandler_t};
use nix::errno::Errno;
#[cfg(linux)]
use nix::sys::signal::SigSet;
use rustix::fs::Mode;
use rustix::process::{self, Pid};

use super::close_on_exec::KeptDescriptors;
use super::hook::Hook;
use super::identity::Identity;
use super::step::{Failed, Step};

/// The steps of a new process, in order.
#[derive(Debug)]
pub(crate) struct Steps {
    /// Whether it creates a session.
    pub(crate) new_session: bool,
    /// The process group that it joins; 0 for a new one.
    pub(crate) group: Option<pid_t>,
    /// Its working directory.
    pub(crate) cwd: Option<CString>,
    /// Descriptors, each with its number in the program, set up in order. No two numbers are the same.
    pub(crate) descriptors: Vec<(RawFd, RawFd)>,
    /// Its umask.
    pub(crate) umask: Option<Mode>,
    /// Its action for SIGPIPE: ignore or default. Rust programs ignore it.
    pub(crate) at_sigpipe: sighandler_t,
    /// The descriptors that the program inherits, if not all that are not close-on-exec.
    pub(crate) kept: Option<KeptDescriptors>,
    pub(crate) program: Program,
}

/// Additional steps, for a process with its own memory.
#[derive(Debug)]
pub(crate) struct Forked {
    pub(crate) identity: Identity,
    /// Hooks of the caller.
    pub(crate) hooks: Vec<Hook>,
}

/// How the new process was created.
pub(crate) enum ChildKind<'a> {
    /// Sharing our memory, with all signals blocked and handlers still installed. The mask is set
    /// once the handlers are removed.
    #[cfg(linux)]
    Vfork(&'a SigSet),
    Fork(&'a Forked),
}

/// The program that it executes.
#[derive(Debug)]
pub(crate) struct Program {
    /// Candidate files: the first that exists counts.
    pub(crate) files: Vec<CString>,
    /// The arguments, starting with argument 0.
    pub(crate) argv: Strings,
    /// The complete environment.
    pub(crate) env: Strings,
}

/// Strings in the form of `argv` and `environ`.
#[derive(Debug)]
pub(crate) struct Strings {
    /// Null-terminated; the pointers refer to the other field.
    pointers: Vec<*const c_char>,
    _owned: Vec<CString>,
}

// SAFETY: the pointers refer to the strings in the other field, which are not changed.
unsafe impl Send for Strings {}
// SAFETY: as above.
unsafe impl Sync for Strings {}

impl FromIterator<CString> for Strings {
    fn from_iter<T: IntoIterator<Item = CString>>(strings: T) -> Self {
        let owned: Vec<CString> = strings.into_iter().collect();
        let pointers = owned.iter().map(|string| string.as_ptr());
        let pointers = pointers.chain([std::ptr::null()]).collect();
        // The strings' bytes do not move when their owner does.
        Self {
            pointers,
            _owned: owned,
        }
    }
}

impl Steps {
    /// Takes the steps in a new process. Returns only if one failed.
    pub(crate) fn take(&self, kind: &ChildKind<'_>) -> Failed {
        match self.change(kind) {
            Ok(()) => Step::Exec.failed()(self.program.execute()),
            Err(failed) => failed,
        }
    }

    fn change(&self, kind: &ChildKind<'_>) -> Result<(), Failed> {
        if self.new_session {
            process::setsid().map_err(Step::Session.failed())?;
        }
        if let Some(group) = self.group {
            process::setpgid(None, Pid::from_raw(group)).map_err(Step::Group.failed())?;
        }
        if let Some(cwd) = &self.cwd {
            process::chdir(cwd.as_c_str()).map_err(Step::Cwd.failed())?;
        }
        for (fd, number) in &self.descriptors {
            move_descriptor(*fd, *number).map_err(Step::Descriptor(*number).failed())?;
        }
        if let Some(mask) = self.umask {
            process::umask(mask);
        }
        let signals = Step::Signals.failed();
        set_action(libc::SIGPIPE, self.at_sigpipe).map_err(&signals)?;
        match kind {
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
        if let ChildKind::Vfork(mask) = kind {
            reset_handlers().map_err(&signals)?;
            mask.thread_set_mask().map_err(&signals)?;
        }
        Ok(())
    }
}

fn run(hook: &Hook) -> Result<(), Failed> {
    hook.call().map_err(|error| {
        let errno = error.raw_os_error().unwrap_or(libc::EINVAL);
        // Its memory, if it has any, must not be freed here.
        std::mem::forget(error);
        Failed {
            step: Step::Hook,
            errno,
        }
    })
}

/// Gives a descriptor the number under which the program inherits it.
fn move_descriptor(fd: RawFd, number: RawFd) -> nix::Result<()> {
    loop {
        // SAFETY: the call takes two integers, and no value in this process owns the descriptor.
        match Errno::result(unsafe { libc::dup2(fd, number) }) {
            Err(Errno::EINTR) => {}
            other => return other.map(drop),
        }
    }
}

impl Program {
    /// Like `execvp`, except that a file that only a shell could run is an error: `posix_spawn` reports it,
    /// and both must behave the same.
    fn execute(&self) -> Errno {
        let (mut last, mut is_refused) = (Errno::ENOENT, false);
        for file in &self.files {
            let file: &CStr = file;
            // SAFETY: all three are null-terminated and not changed.
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
                // The file does not exist; nor does a directory of the path, or the server is unreachable.
                Errno::ENOENT
                | Errno::ENOTDIR
                | Errno::ENAMETOOLONG
                | Errno::ENODEV
                | Errno::ESTALE
                | Errno::ETIMEDOUT => {}
                other => return other,
            }
        }
        // EACCES of an existing file says more than the missing ones.
        if is_refused { Errno::EACCES } else { last }
    }
}

/// Resets every caught signal to its default action, as executing the program will.
#[cfg(linux)]
fn reset_handlers() -> nix::Result<()> {
    for signal in 1..=libc::SIGRTMAX() {
        let handler = action(signal)?;
        if handler != libc::SIG_IGN && handler != libc::SIG_DFL {
            set_action(signal, libc::SIG_DFL)?;
        }
    }
    Ok(())
}

/// The kernel's struct sigaction: the handler, then flags and so on, all zero; on MIPS a word of flags
/// precedes the handler.
#[cfg(linux)]
type Action = [sighandler_t; 8];

/// The index of the handler in it, and the size of a signal set in bytes.
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

/// Reads the action for a signal. Not with the C library, which takes a lock for it.
#[cfg(linux)]
fn action(signal: i32) -> nix::Result<sighandler_t> {
    let mut action: Action = [0; 8];
    let no_new = std::ptr::null::<Action>();
    // SAFETY: the kernel's struct is shorter than the buffer that it fills here.
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

/// Sets the action for a signal: ignore or default.
#[cfg(linux)]
fn set_action(signal: i32, handler: sighandler_t) -> nix::Result<()> {
    let mut action: Action = [0; 8];
    action[LAYOUT.0] = handler;
    let no_old = std::ptr::null_mut::<Action>();
    // SAFETY: no code of ours runs on the signal, and the kernel's struct is shorter than the buffer
    // that it reads here.
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
    // SAFETY: no code of ours runs on the signal.
    let before = unsafe { libc::signal(signal, handler) };
    match before == libc::SIG_ERR {
        true => Err(Errno::last()),
        false => Ok(()),
    }
}
