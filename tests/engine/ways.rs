//! The three ways to a process, each for the same command: `posix_spawn` itself, in our memory until it
//! has its own program, and by fork.

use prun::process::Command;

use super::sys;

/// `command` by each way, with its name. What the system's own call cannot do comes in our memory by the
/// first one, too.
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
