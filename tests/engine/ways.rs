//! The three spawn paths, each for the same command: `posix_spawn` itself, sharing our memory until the
//! program is executed (vfork), and by fork.

use prun::process::Command;

use super::sys;

/// `command` with each spawn path, and its name. Attributes that `posix_spawn` does not support make the
/// first one share our memory, too.
pub(super) fn ways(command: &Command) -> [(&'static str, Command); 3] {
    let [mut by_posix_spawn, mut in_our_memory, mut by_fork] = [(); 3].map(|()| command.clone());
    by_posix_spawn.close_fds(false);
    in_our_memory.close_fds(true);
    sys::fork_first(&mut by_fork);
    [
        ("by posix_spawn", by_posix_spawn),
        ("in our memory", in_our_memory),
        ("by fork", by_fork),
    ]
}
