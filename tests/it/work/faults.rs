//! Signals, missing folders, full disks, and disks that are far away.

use std::time::Duration;

use serde_json::json;

use super::{job, journal, lines, of_type, output, stage, work};
use crate::needs::{MOUNT_NAMESPACE, MOUNTS, needs};
use crate::stage::Stage;

#[test]
fn a_signal_ends_the_jobs_gently_and_all_is_in_the_journal() {
    for (signal, name) in [(libc::SIGTERM, "SIGTERM"), (libc::SIGINT, "SIGINT")] {
        let wait = "trap 'echo bye; exit 4' TERM INT; echo up; touch \"$HOME\"/up; while :; do sleep 0.01; done";
        let jobs = [job(1, wait), job(2, "true")];
        let mut run = stage(work(json!({}), &jobs)).signal(signal).start();
        run.wait_for_file("up");
        run.send(signal);
        let journal = journal(&run.finish());
        let mut ends = of_type(&journal, "job_end");
        ends.sort_by_key(|end| end["seq"].as_u64());
        assert_eq!(
            (&ends[0]["status"], &ends[1]["status"]),
            (&"canceled".into(), &"skipped".into())
        );
        assert_eq!(output(&journal, 1, "stdout"), b"up\nbye\n");
        assert_eq!(of_type(&journal, "stop")[0]["signal"], name);
        assert_eq!(of_type(&journal, "run_end").len(), 1);
    }
}

#[test]
fn a_folder_for_temporary_files_that_is_missing_loses_no_output() {
    let outcome = stage(work(json!({}), &[job(1, "head -c 1000000 /dev/zero")]))
        .env("TMPDIR", "/no/such/folder")
        .run();
    let journal = journal(&outcome);
    assert_eq!(output(&journal, 1, "stdout"), vec![0; 1_000_000]);
    let warnings = of_type(&journal, "warning");
    assert_eq!(warnings.len(), 1);
    let text = warnings[0]["text"].as_str().unwrap_or_default();
    assert!(
        text.starts_with("TMPDIR=/no/such/folder takes no files"),
        "{text}"
    );
}

#[test]
fn a_journal_on_a_full_disk_exits_with_code_3_and_has_whole_lines_only() {
    if !needs(MOUNT_NAMESPACE) {
        return;
    }
    let script = "mkdir small && mount -t tmpfs -o size=16k tmpfs small || exit 99
        \"$@\"; code=$?; cp small/journal journal; exit $code";
    let jobs: Vec<_> = (1..100)
        .map(|seq| job(seq, "echo >> \"$HOME\"/ran"))
        .collect();
    let outcome = Stage::new()
        .file("work", work(json!({}), &jobs))
        .args(["--work", "work", "small/journal"])
        .under(MOUNTS)
        .in_shell(script)
        .stderr_has("prun: cannot write the journal small/journal: No space left on device")
        .code(3)
        .run();
    let ends = of_type(&journal(&outcome), "job_end").len();
    assert!(outcome.read("journal").ends_with(b"\n"));
    assert!((1..99).contains(&ends), "{ends}");
    let ran = outcome.read_text("ran").lines().count();
    assert!(ran < 99, "{ran} jobs ran without a journal");
}

#[test]
fn a_line_is_on_the_disk_within_about_a_second_though_no_other_follows() {
    if !needs("strace") {
        return;
    }
    let jobs = [job(
        1,
        "echo $$; while ! test -e \"$HOME\"/go; do sleep 0.01; done",
    )];
    let mut run = stage(work(json!({}), &jobs))
        .under([
            "strace",
            "-f",
            "-qq",
            "-o",
            "trace",
            "-e",
            "trace=fdatasync",
        ])
        .within(Duration::from_secs(30))
        .start();
    let trace = run.dir().join("trace");
    let journal = run.dir().join("journal");
    run.wait_until("the start of the job", |_| {
        (!of_type(&lines(&journal), "job_start").is_empty()).then_some(())
    });
    let started = run.elapsed();
    run.wait_until("a sync", |_| {
        let trace = std::fs::read_to_string(&trace).unwrap_or_default();
        trace.contains("fdatasync(").then_some(())
    });
    let waited = run.elapsed() - started;
    assert!(waited < Duration::from_secs(3), "{waited:?}");
    std::fs::write(run.dir().join("go"), "").expect("the folder can be written");
    run.finish();
}
