//! System calls that the standard library lacks: signals, terminals, poll.
//! All the `unsafe` of the stage is here.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

use super::Isolation;

/// Sets up the child's process group, session and terminal, with every signal at its default and none
/// blocked: dispositions are inherited, and the parent of the tests (`nohup`, a script's `&`, a
/// debugger) may have changed them.
#[expect(unsafe_code, reason = "only the child itself can change these")]
pub(super) fn prepare(command: &mut Command, isolation: Isolation, nonblocking: bool) {
    let on: libc::c_int = 1;
    let set_up = move || {
        for signal in 1..32 {
            // SAFETY: signal is async-signal-safe, and refuses KILL and STOP by returning an error.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        // SAFETY: an all-zero set is a valid argument of sigemptyset; both calls are
        // async-signal-safe.
        unsafe {
            let mut none: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut none);
            libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
        }
        match isolation {
            // SAFETY: setpgid takes two numbers and is async-signal-safe.
            Isolation::Group => check(unsafe { libc::setpgid(0, 0) })?,
            // SAFETY: setsid takes no arguments and is async-signal-safe.
            Isolation::Session | Isolation::Terminal { .. } => check(unsafe { libc::setsid() })?,
        };
        for stream in if nonblocking { 0..3 } else { 0..0 } {
            // SAFETY: the request reads one int through a valid pointer.
            check(unsafe { libc::ioctl(stream, libc::FIONBIO, &raw const on) })?;
        }
        if matches!(isolation, Isolation::Terminal { .. }) {
            // SAFETY: descriptor 0 is the terminal now, and this request takes a number.
            check(unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) })?;
        }
        Ok(())
    };
    // SAFETY: the closure runs between fork and exec and makes only async-signal-safe calls.
    unsafe { command.pre_exec(set_up) };
}

/// Opens a new terminal and returns both ends: ours and the run's. Both are close-on-exec from the
/// start, so that a run that another test starts at the same time does not inherit them and keep them
/// open.
#[expect(unsafe_code, reason = "terminals are made by ioctl")]
pub(super) fn open_terminal(rows: u16, cols: u16) -> io::Result<(File, OwnedFd)> {
    let ours = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NOCTTY)
        .open("/dev/ptmx")?;
    let locked: libc::c_int = 0;
    // SAFETY: the request reads one int through a valid pointer.
    check(unsafe { libc::ioctl(ours.as_raw_fd(), libc::TIOCSPTLCK, &raw const locked) })?;
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: the request takes a number and returns a new descriptor or an error.
    let theirs = check(unsafe { libc::ioctl(ours.as_raw_fd(), libc::TIOCGPTPEER, flags) })?;
    // SAFETY: the kernel has just returned this descriptor, and nothing else uses it.
    let theirs = unsafe { OwnedFd::from_raw_fd(theirs) };
    set_size(&ours, rows, cols)?;
    Ok((ours, theirs))
}

/// Sets the size of a terminal; its foreground process group gets SIGWINCH.
#[expect(unsafe_code, reason = "a terminal's size is set by ioctl")]
pub(super) fn set_size(terminal: &File, rows: u16, cols: u16) -> io::Result<()> {
    let size = libc::winsize {
        ws_row: rows,
        ws_col: cols,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the request reads one winsize through a valid pointer.
    check(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) })?;
    Ok(())
}

/// A terminal's modes: input, output, control, local, and the control characters.
#[derive(Debug, PartialEq)]
pub(super) struct Modes([libc::tcflag_t; 4], [libc::cc_t; libc::NCCS]);

/// Reads the modes of the run's side of a terminal (both sides have the same).
#[expect(unsafe_code, reason = "a terminal's modes are read by tcgetattr")]
pub(super) fn modes(terminal: &File) -> io::Result<Modes> {
    // SAFETY: termios consists of numbers only, for which all zeros are valid.
    let mut now: libc::termios = unsafe { std::mem::zeroed() };
    // SAFETY: tcgetattr fills one termios through a valid pointer.
    check(unsafe { libc::tcgetattr(terminal.as_raw_fd(), &raw mut now) })?;
    let flags = [now.c_iflag, now.c_oflag, now.c_cflag, now.c_lflag];
    Ok(Modes(flags, now.c_cc))
}

/// Waits until a read would not block (there are bytes, or end of file), or until the timeout.
#[expect(unsafe_code, reason = "the standard library has no poll")]
pub(super) fn is_readable(fd: BorrowedFd<'_>, timeout: Duration) -> bool {
    let mut polled = libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: poll gets a valid pointer to one pollfd and the count 1.
    let ready = unsafe { libc::poll(&raw mut polled, 1, millis) };
    ready > 0
}

/// Converts -1 to the error in errno.
fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}
