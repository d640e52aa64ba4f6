//! The few system calls that tests need and std does not have. All `unsafe` of these tests.

#![expect(unsafe_code, reason = "std has no safe way to do these")]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use prun::process::Command;

/// Makes the processes of this command start with a fork.
pub(super) fn fork_first(command: &mut Command) {
    // SAFETY: it does nothing.
    unsafe { command.pre_exec(|| Ok(())) };
}

/// Makes the processes of this command run an async-signal-safe hook.
pub(super) fn hook(
    command: &mut Command,
    hook: impl Fn() -> io::Result<()> + Send + Sync + 'static,
) {
    // SAFETY: each of these tests passes a few system calls, or nothing.
    unsafe { command.pre_exec(hook) };
}

/// Waits for a child without the engine, as a careless library does.
pub(super) fn reap(pid: u32) {
    // SAFETY: a null status is allowed, and nothing else is touched.
    let reaped = unsafe { libc::waitpid(pid.cast_signed(), std::ptr::null_mut(), 0) };
    assert_eq!(reaped, pid.cast_signed(), "{}", io::Error::last_os_error());
}

/// Ignores a signal in this process, as if it was started by `nohup` or a careless parent.
pub(super) fn ignore(signal: i32) {
    // SAFETY: SIG_IGN runs no code of ours.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

/// Catches a signal with a function that does nothing, so that it interrupts system calls.
pub(super) fn interrupt_by(signal: i32) {
    extern "C" fn nothing(_: libc::c_int) {}
    // SAFETY: zeroed is a valid `sigaction` without flags; the function is async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = nothing as *const () as usize;
        assert_eq!(libc::sigaction(signal, &action, std::ptr::null_mut()), 0);
    }
}

/// Blocks a signal in this thread and in those that it starts.
pub(super) fn block(signal: i32) {
    // SAFETY: `sigemptyset` initialises the set before it is used.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, signal);
        let blocked = libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut());
        assert_eq!(blocked, 0);
    }
}

/// Limits the descriptors that this process can open to numbers below this one, like `ulimit -Sn`.
pub(super) fn limit_files(most: libc::rlim_t) {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the call fills in one limit, and gets the address of one.
    let got = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    limit.rlim_cur = most;
    // SAFETY: the call reads one limit, and gets the address of one.
    let set = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    assert_eq!((got, set), (0, 0), "{}", io::Error::last_os_error());
}

/// Opens a file for children under this number, and never closes it.
pub(super) fn leave_open(fd: BorrowedFd<'_>, number: RawFd) {
    // SAFETY: the call takes integers; nothing in this process owns the number.
    let copy = unsafe { libc::dup2(fd.as_raw_fd(), number) };
    assert_eq!(copy, number, "{}", io::Error::last_os_error());
}

/// Whether a descriptor of ours is open and inheritable.
pub(super) fn is_inherited(number: RawFd) -> bool {
    // SAFETY: the call takes integers.
    unsafe { libc::fcntl(number, libc::F_GETFD) == 0 }
}

/// Reads the start of a file, by its descriptor number.
pub(super) fn read_at_start(number: RawFd, bytes: &mut [u8]) -> io::Result<()> {
    // SAFETY: the buffer has this length, and the number is an integer.
    let read = unsafe { libc::pread(number, bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    match usize::try_from(read) {
        Ok(read) if read == bytes.len() => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// From now on a system call fails with this error number, here and in all children.
pub(super) fn refuse(call: libc::c_long, errno: i32) {
    const NUMBER_OF_THE_CALL: u32 = 0;
    let statement = |code: u32, jt, jf, k: u32| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let jump = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let give = libc::BPF_RET | libc::BPF_K;
    let mut filter = [
        statement(load, 0, 0, NUMBER_OF_THE_CALL),
        statement(jump, 0, 1, call as u32),
        statement(give, 0, 0, libc::SECCOMP_RET_ERRNO | errno as u32),
        statement(give, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: the program and its filter live for the duration of the calls; the filter applies to all
    // threads, so that it includes those that start processes.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        let all_threads = libc::SECCOMP_FILTER_FLAG_TSYNC;
        let mode = libc::SECCOMP_SET_MODE_FILTER;
        let set = libc::syscall(libc::SYS_seccomp, mode, all_threads, &raw const program);
        assert_eq!(set, 0, "{}", io::Error::last_os_error());
    }
}

/// Whether other processes of the same user may trace this process, and its core may be dumped.
pub(super) fn is_dumpable() -> bool {
    // SAFETY: the call takes integers.
    unsafe { libc::prctl(libc::PR_GET_DUMPABLE) == 1 }
}

/// Makes this process lead a process group.
pub(super) fn lead_a_group() {
    // SAFETY: the call takes integers.
    assert_eq!(unsafe { libc::setpgid(0, 0) }, 0);
}

/// Sends a signal to our process group.
pub(super) fn signal_our_group(signal: i32) {
    // SAFETY: the call takes integers.
    assert_eq!(unsafe { libc::kill(0, signal) }, 0);
}

/// How often a signal was caught: in this process, and in another one that shares its memory.
static CAUGHT: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

/// Starts to count how often a signal is caught.
pub(super) fn count_by_process(signal: i32) {
    static OURS: AtomicI32 = AtomicI32::new(0);
    extern "C" fn count(_: libc::c_int) {
        // SAFETY: the call takes nothing.
        let is_elsewhere = unsafe { libc::getpid() } != OURS.load(Ordering::Relaxed);
        CAUGHT[usize::from(is_elsewhere)].fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: zeroed is a valid `sigaction`; the function is async-signal-safe.
    unsafe {
        OURS.store(libc::getpid(), Ordering::Relaxed);
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = count as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(signal, &action, std::ptr::null_mut()), 0);
    }
}

/// How often it was caught here, and in other processes.
pub(super) fn counted() -> (usize, usize) {
    let [here, elsewhere] = &CAUGHT;
    (
        here.load(Ordering::Relaxed),
        elsewhere.load(Ordering::Relaxed),
    )
}

/// Sets or removes a variable of our own environment.
pub(super) fn set_variable(name: &str, value: Option<&str>) {
    // SAFETY: in the process of an isolated test the environment is read only with std.
    unsafe {
        match value {
            Some(value) => std::env::set_var(name, value),
            None => std::env::remove_var(name),
        }
    }
}

/// The capacity of a pipe in bytes.
pub(super) fn pipe_size(fd: BorrowedFd<'_>) -> i32 {
    // SAFETY: the call takes integers; the descriptor is open for its duration.
    unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETPIPE_SZ) }
}

/// Standard descriptors that are closed until this is dropped: only for isolated tests.
pub(super) struct Closed(Vec<(RawFd, OwnedFd)>);

impl Closed {
    /// Closes `fds`, which are among 0, 1 and 2.
    pub(super) fn new(fds: &[RawFd]) -> Self {
        let kept = fds.iter().map(|&fd| {
            // SAFETY: the number is that of a standard descriptor; the copy is new, and owned only here.
            let copy = unsafe { OwnedFd::from_raw_fd(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 100)) };
            // SAFETY: std never closes these three by itself, and the copy replaces them.
            unsafe { libc::close(fd) };
            (fd, copy)
        });
        Self(kept.collect())
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        for (fd, copy) in &self.0 {
            // SAFETY: both are descriptor numbers; a file that was opened meanwhile is closed.
            unsafe { libc::dup2(copy.as_raw_fd(), *fd) };
        }
    }
}
