//! Output that is too large for memory, and its temporary file: the disk is full, read-only or
//! missing.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use super::fixtures::{in_small_tmpfs, inject_faults};
use crate::needs::{MOUNT_NAMESPACE, needs};
use crate::stage::{Outcome, Running, Stage};

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Prints three and a half million bytes, in distinct lines.
const LARGE: &str = "seq -w 0 499999";

/// The output of [`LARGE`].
fn large_output() -> String {
    (0..500_000)
        .map(|number| format!("{number:06}\n"))
        .collect()
}

/// Checks that the large output was kept up to some point, and the small ones as a whole.
fn assert_kept_in_part(outcome: &Outcome) {
    let large = outcome.record_named("large");
    assert_eq!(
        (&large["status"], &large["truncated"]),
        (&"ok".into(), &true.into())
    );
    assert_eq!(large["stdout_bytes"], 3_500_000);
    let kept = large["stdout"].as_str().expect("a string");
    assert!(
        kept.len() >= 65_536 && large_output().starts_with(kept),
        "{} bytes",
        kept.len()
    );
    for name in ["before", "after"] {
        let small = outcome.record_named(name);
        assert_eq!(
            (&small["stdout"], &small["truncated"]),
            (&format!("{name}\n").into(), &false.into())
        );
    }
}

fn jobs(stage: Stage) -> Stage {
    stage
        .args([
            "--json",
            "-j2",
            "before: echo before",
            &format!("large: {LARGE}"),
            "after: echo after",
        ])
        .stdout_any()
        .code(3)
        .within(TIME_LIMIT)
}

#[test]
fn a_full_disk_loses_only_the_output_that_does_not_fit() {
    if needs(MOUNT_NAMESPACE) {
        let stage = in_small_tmpfs(jobs(Stage::new()), "1m", ":");
        let outcome = stage
            .stderr_has(
                "bytes of output could not be kept: No space left on device (os error 28)\n",
            )
            .run();
        assert_kept_in_part(&outcome);
    }
}

#[test]
fn an_unwritable_temporary_folder_is_reported_at_the_start_and_another_used() {
    let warning = |dir: &str, why: &str| {
        format!(
            "prun: TMPDIR={dir} takes no files: {why}; large output goes to /var/tmp instead (set \
             TMPDIR to a folder that can be written)\n"
        )
    };
    Stage::new()
        .env("TMPDIR", "/no/such/folder")
        .args([LARGE, "true"])
        .stdout(large_output())
        .stderr(warning(
            "/no/such/folder",
            "No such file or directory (os error 2)",
        ))
        .run();
    // Output that is not captured needs no file.
    Stage::new()
        .env("TMPDIR", "/no/such/folder")
        .args(["-o", "raw", "echo a"])
        .stdout("a\n")
        .run();
    if needs(MOUNT_NAMESPACE) {
        // mount(8) would also set the owner of the file system again, which is not mapped in a
        // user namespace of an unprivileged user.
        let read_only = "mount -o remount,bind,ro small";
        in_small_tmpfs(Stage::new(), "1m", read_only)
            .args([LARGE, "true"])
            .stdout(large_output())
            .stderr_has(
                "/small takes no files: Read-only file system (os error 30); large output goes to ",
            )
            .run();
    }
}

#[test]
fn without_a_writable_folder_only_output_that_fits_in_memory_is_kept() {
    if !needs(MOUNT_NAMESPACE) {
        return;
    }
    let read_only = "for dir in /tmp /var/tmp; do
        mount --bind $dir $dir && mount -o remount,bind,ro $dir || exit 99; done
        mount -o remount,bind,ro small";
    let stage = in_small_tmpfs(jobs(Stage::new()), "1m", read_only);
    let warning = "takes no files: Read-only file system (os error 30); nor does another folder, so \
                   output that does not fit in memory is lost (set TMPDIR to a folder that can be \
                   written)\n";
    let outcome = stage
        .stderr_has(warning)
        .stderr_has("bytes of output could not be kept: Read-only file system (os error 30)\n")
        .run();
    assert_kept_in_part(&outcome);
}

#[test]
fn a_file_size_limit_loses_only_the_output_that_does_not_fit() {
    let stage = jobs(Stage::new()).in_shell("ulimit -f 400; exec \"$@\"");
    assert_kept_in_part(&stage.stderr_has("File too large (os error 27)\n").run());
}

#[test]
fn a_lack_of_descriptors_loses_no_output() {
    if !needs("prlimit") {
        return;
    }
    let taking = "prlimit --pid $PPID --nofile=3: && seq -w 0 499999; \
                  prlimit --pid $PPID --nofile=1000:";
    Stage::new()
        .args(["-j1", "-k", "true", taking, "echo after"])
        .stdout(large_output() + "after\n")
        .within(TIME_LIMIT)
        .run();
}

#[test]
fn small_outputs_need_no_space_on_the_disk() {
    if needs(MOUNT_NAMESPACE) {
        let fill = "cat /dev/zero > small/fill 2> /dev/null";
        in_small_tmpfs(Stage::new(), "64k", fill)
            .args(["-j1", "head -c 60000 /dev/zero | tr '\\0' x", "echo y"])
            .stdout(["x".repeat(60_000), "y\n".to_owned()].concat())
            .run();
    }
}

#[test]
fn output_is_whole_without_splice_and_sendfile() {
    if !needs("strace") {
        return;
    }
    let faults = [
        "splice:error=EINVAL",
        // Splicing from the job's pipe works; into the file it fails.
        "splice:error=EINVAL:when=2+2",
        "sendfile:error=EINVAL",
    ];
    for fault in faults {
        let outcome = inject_faults(Stage::new(), &[fault])
            .args(["-j2", LARGE, "true"])
            .stdout(large_output())
            .within(TIME_LIMIT)
            .run();
        assert!(outcome.read_text("trace").contains("(INJECTED)"), "{fault}");
    }
}

#[test]
fn a_temporary_folder_that_is_removed_loses_no_output() {
    Stage::new()
        .in_shell("mkdir gone; export TMPDIR=$PWD/gone; exec \"$@\"")
        .args(["--json", "-j1", "rmdir gone", "head -c 3000000 /dev/zero"])
        .in_shell("\"$@\" | tail -n 1 | grep -o '\"stdout_bytes\":[0-9]*'")
        .stdout("\"stdout_bytes\":3000000\n")
        .within(TIME_LIMIT)
        .run();
}

/// Which of prun's calls of openat (from 1) was the first in `TMPDIR`, and all such calls.
fn opened_in_tmpdir(fault: &str) -> (usize, Vec<String>) {
    let outcome = inject_faults(Stage::new(), &[fault])
        .args(["--json", "head -c 1000000 /dev/zero"])
        .stdout_any()
        .run();
    let trace = outcome.read_text("trace");
    let prun = trace.split(' ').next().expect("prun opens files");
    let calls = trace.lines().filter(|line| line.starts_with(prun));
    let is_ours = |line: &&str| line.contains("/tmp") && line.contains("O_RDWR");
    let ours = calls.enumerate().filter(|(_, line)| is_ours(line));
    let (positions, lines): (Vec<_>, Vec<_>) = ours.map(|(n, line)| (n, line.to_owned())).unzip();
    (positions.first().expect("there is a file") + 1, lines)
}

#[test]
fn a_file_of_output_is_created_exclusively() {
    if !needs("strace") {
        return;
    }
    let (first, nameless) = opened_in_tmpdir("openat:error=EIO:when=60000");
    assert!(nameless[0].contains("O_TMPFILE"), "{nameless:?}");
    // A file system may not support unnamed files.
    let (_, named) = opened_in_tmpdir(&format!("openat:error=EOPNOTSUPP:when={first}"));
    let last = named.last().expect("there is a file");
    assert!(
        last.contains("O_CREAT|O_EXCL") && last.contains(", 0600)"),
        "{named:?}"
    );
}

/// The file in which prun keeps output, as a path of its descriptor.
fn output_file(run: &Running) -> Option<PathBuf> {
    let files = std::fs::read_dir(format!("/proc/{}/fd", run.pid())).ok()?;
    let mut files = files.flatten().map(|fd| fd.path());
    files.find(|fd| {
        let file = std::fs::read_link(fd).unwrap_or_default();
        file.to_string_lossy().ends_with("(deleted)")
    })
}

#[test]
fn a_file_of_output_is_for_its_owner_alone() {
    let mut run = Stage::new()
        .args([
            "--json",
            "head -c 1000000 /dev/zero; until [ -e go ]; do sleep 0.01; done",
        ])
        .in_shell("umask 0; exec \"$@\"")
        .stdout_any()
        .start();
    // Right after it was created: before, no other process could find it.
    run.wait_until("a file for its owner alone", |run| {
        let mode = std::fs::metadata(output_file(run)?)
            .ok()?
            .permissions()
            .mode();
        (mode & 0o777 == 0o600).then_some(())
    });
    std::fs::write(run.dir().join("go"), "").expect("the folder is writable");
    run.finish();
}

#[test]
fn nothing_is_left_of_the_file_after_a_kill() {
    let mut run = Stage::new()
        .args(["--json", "head -c 1000000 /dev/zero; touch up; sleep 300"])
        .signal(libc::SIGKILL)
        .leaves_processes()
        .start();
    run.wait_for_file("up");
    run.wait_until("the file", output_file);
    run.send(libc::SIGKILL);
    run.finish();
}

/// The number of unnamed files that prun has open.
fn count_unnamed_files(run: &Running) -> usize {
    let files = std::fs::read_dir(format!("/proc/{}/fd", run.pid()));
    let leads = files.into_iter().flatten().flatten();
    let leads = leads.filter_map(|fd| std::fs::read_link(fd.path()).ok());
    let is_nameless = |to: &PathBuf| {
        let to = to.to_string_lossy();
        // The memory shared with the guard is not a file.
        to.ends_with("(deleted)") && !to.contains("memfd")
    };
    leads.filter(is_nameless).count()
}

#[test]
fn all_captured_output_is_in_one_file() {
    // Both streams of two jobs that run, and of one that waits for its turn.
    let both = "yes | head -c 300000; yes no | head -c 300000 >&2; touch $PRUN_SEQ";
    let wait = "until [ -e go ]; do sleep 0.01; done";
    let mut run = Stage::new()
        .args(["-k", "-j4", wait, both])
        .args([format!("{both}; {wait}"), format!("{both}; {wait}")])
        .in_shell("exec \"$@\" 2>/dev/null")
        .stdout("y\n".repeat(450_000))
        .start();
    for name in ["2", "3", "4"] {
        run.wait_for_file(name);
    }
    assert_eq!(count_unnamed_files(&run), 1);
    std::fs::write(run.dir().join("go"), "").expect("the folder is writable");
    run.finish();
}

#[test]
fn a_slow_disk_delays_only_the_jobs_whose_output_it_takes() {
    if !needs("strace") {
        return;
    }
    let slow = ["splice:delay_enter=2000000", "pwrite64:delay_enter=2000000"];
    let outcome = inject_faults(Stage::new(), &slow)
        .args(["--json", "-j3", "-t", "0.5"])
        .args(["large: yes", "long: sleep 60", "quick: echo x"])
        .stdout_any()
        .stderr_any()
        .code(1)
        .within(TIME_LIMIT)
        .run();
    assert_eq!(outcome.record_named("quick")["stdout"], "x\n");
    for name in ["large", "long"] {
        let record = outcome.record_named(name);
        assert_eq!(record["status"], "timeout");
        let wall = record["wall_s"].as_f64().expect("a number");
        assert!(wall < 1.8, "{name} was ended after {wall} s");
    }
    let large = outcome.record_named("large");
    assert!(large["stdout_bytes"].as_u64() > Some(65_536) && large["truncated"] == false);
    assert!(outcome.read_text("trace").contains("(DELAYED)"));
}
