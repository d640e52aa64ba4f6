//! The files of a run on a cluster, which one thread reads and writes: on the file system of a network each
//! call may take long, and the event loop waits for none.
//!
//! [`RunFolder`] is the folder of a run, and `folder_lock` keeps others from following the same run; `file_names` are the names in it.
//! [`FileThread`] is that thread, and `messages` what it is asked and answers. `files` does what is asked;
//! `gathered` holds jobs that are in no chunk yet, `chunk_files` is the work and the journal of a chunk, and
//! `made` makes the endings that are in no journal.

mod chunk_files;
mod file_names;
mod file_thread;
mod files;
mod folder;
mod folder_lock;
mod gathered;
mod made;
mod messages;

pub(super) use file_thread::FileThread;
pub(super) use files::FileRules;
pub(crate) use folder::{RunFolder, RunFolderError};
pub(super) use messages::{FromFiles, LostJobs, MadeEnding, ToFiles};
