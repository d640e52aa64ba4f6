//! The output of a job under its headline, if both go to one destination.

use crate::stage::Stage;

/// The terminal's output, without colours and carriage returns.
#[track_caller]
fn screen(stage: Stage, code: i32) -> String {
    let outcome = stage.env("NO_COLOR", "1").pty(24, 100).code(code).run();
    String::from_utf8_lossy(&outcome.screen).replace('\r', "")
}

/// Text with every time replaced.
fn without_times(text: &str) -> String {
    let times = text.split(", ").map(|part| match part.split_once(')') {
        Some((time, rest)) if time.ends_with('s') => format!("[TIME]){rest}"),
        _ => part.to_owned(),
    });
    times.collect::<Vec<_>>().join(", ")
}

#[test]
fn output_on_a_terminal_is_below_its_headline() {
    let stage = Stage::new().args([
        "-j2",
        // Not before prun has seen the end of the other one.
        "a: until test -s pid; do sleep 0.01; done; while kill -0 $(cat pid); do sleep 0.01; done 2>&-; echo a",
        "b: echo b; echo c >&2; echo $$ >pid",
    ]);
    let screen = without_times(&screen(stage, 0));
    let expected = "── b (ok, [TIME])\nb\nc\n── a (ok, [TIME])\na\n── 2 jobs: 2 ok (";
    assert!(screen.starts_with(expected), "{screen}");
}

#[test]
fn both_streams_into_one_file_are_no_terminal() {
    Stage::new()
        .args(["-j1", "echo a", "echo b >&2"])
        .in_shell("exec \"$@\" 2>&1")
        .stdout("a\nb\n")
        .run();
}

#[test]
fn redirected_output_has_no_headline() {
    let stage = Stage::new().args(["-j2", "echo a", "echo b >&2"]);
    let screen = screen(stage.in_shell("exec \"$@\" > out"), 0);
    assert!(screen.starts_with("b\n── 2 jobs: 2 ok ("), "{screen}");
}

#[test]
fn a_last_line_without_an_end_is_completed_on_a_terminal() {
    let stage = Stage::new().args([
        "--retries",
        "1",
        "a: printf out; printf err >&2; exit 3",
        "true",
    ]);
    let screen = without_times(&screen(stage, 1));
    let expected = "── a (exit 3); starting attempt 2\nouterr\n── a (exit 3, [TIME])\nouterr\n── 1 of 2 jobs failed:\n── a (exit 3, [TIME])\n   $ ";
    assert!(screen.starts_with(expected), "{screen}");
}

#[test]
fn a_failure_has_its_headline_at_once_and_a_silent_success_has_none() {
    let stage = Stage::new().args(["-j2", "a: true", "b: exit 3"]);
    let screen = without_times(&screen(stage, 1));
    let expected = "── b (exit 3, [TIME])\n── 1 of 2 jobs failed:\n── b (exit 3, [TIME])\n   $ exit 3\n── 2 jobs: 1 ok, [TIME])";
    assert!(screen.starts_with(expected), "{screen}");
}

#[test]
fn q_has_headlines_of_failed_jobs_only() {
    let stage = Stage::new().args(["-q", "a: echo fine", "b: echo broken; exit 3"]);
    let screen = screen(stage, 1);
    assert!(screen.starts_with("── b (exit 3, "), "{screen}");
    assert!(!screen.contains("fine"), "{screen}");
}

#[test]
fn with_v_the_headline_has_more_detail_and_nothing_is_repeated() {
    let stage = Stage::new().args(["-v", "-j2", "a: echo fine", "b: true"]);
    let screen = screen(stage, 0);
    assert_eq!(screen.matches("── a (ok, ").count(), 1, "{screen}");
    assert_eq!(screen.matches(" MiB)\nfine\n").count(), 1, "{screen}");
}

#[test]
fn streamed_output_is_below_its_name() {
    let job = "printf one; until test -e go; do sleep 0.01; done; exit 3";
    let mut run = Stage::new()
        .args(["-j1", &format!("a: {job}"), "b: true"])
        .env("NO_COLOR", "1")
        .pty(24, 100)
        .screen_has("── a\r\none\r\n── a (exit 3, [TIME])\r\n── 1 of 2 jobs failed:\r\n── a (exit 3, [TIME])\r\n   $ ")
        .code(1)
        .start();
    run.wait_for_screen("── a\r\none");
    std::fs::write(run.dir().join("go"), "").expect("the folder is writable");
    run.finish();
}

#[test]
fn the_only_job_has_no_name_above_its_output() {
    let screen = screen(Stage::new().arg("a: printf one"), 0);
    assert!(screen.starts_with("one\n── 1 job: 1 ok ("), "{screen}");
}

#[test]
fn the_only_job_is_not_reported_twice() {
    let screen = without_times(&screen(Stage::new().arg("a: echo one; exit 3"), 1));
    let expected = "one\n── a (exit 3, [TIME])\n   $ echo one; exit 3\n── 1 job: 1 failed (";
    assert!(screen.starts_with(expected), "{screen}");
}

#[test]
fn lines_that_have_left_the_screen_are_repeated() {
    let job = "a: seq 90; exit 3";
    let screen = without_times(&screen(Stage::new().args(["-j2", job, "true"]), 1));
    let last_lines: String = (71..=90).map(|n| format!("   {n}\n")).collect();
    let expected =
        format!("── 1 of 2 jobs failed:\n── a (exit 3, [TIME])\n{last_lines}   $ seq 90; exit 3\n");
    assert!(screen.contains(&expected), "{screen}");
}
