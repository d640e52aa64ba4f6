//! The digest of failures: the job's name, its ending, its last lines, the command to paste.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::needs::needs;
use crate::stage::{Outcome, Stage};

/// Whether a text has no character that could take over a terminal.
fn is_harmless(bytes: &[u8]) -> bool {
    let text = String::from_utf8(bytes.to_vec()).expect("prun prints UTF-8");
    text.chars().all(|letter| {
        let bidi = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        letter == '\n' || !(letter.is_control() || bidi)
    })
}

#[test]
fn a_failed_job_is_reported_with_its_name_code_lines_and_command() {
    Stage::new()
        .arg("lint: echo checking; echo bad line 3 >&2; exit 2")
        .stdout("checking\n")
        .stderr(
            "bad line 3\n── lint (exit 2, [TIME])\n   checking\n   bad line 3\n   \
             $ echo checking; echo bad line 3 >&2; exit 2\n── 1 job: 1 failed ([TIME])\n",
        )
        .code(1)
        .run();
}

#[test]
fn the_digest_comes_after_all_output() {
    Stage::new()
        .args(["-j1", "echo a >&2; exit 1", "echo b >&2"])
        .stderr(
            "a\nb\n── echo a >&2; exit 1 (exit 1, [TIME])\n   a\n   $ echo a >&2; exit 1\n\
             ── 2 jobs: 1 ok, 1 failed ([TIME])\n",
        )
        .code(1)
        .run();
}

#[test]
fn only_the_last_20_lines_are_repeated() {
    let lines: String = (12..=31).map(|number| format!("   {number}\n")).collect();
    Stage::new()
        .args(["-o", "group", "seq 31; exit 1"])
        .stdout((1..=31).map(|number| format!("{number}\n")).collect::<String>())
        .stderr(format!(
            "── seq 31; exit 1 (exit 1, [TIME])\n{lines}   $ seq 31; exit 1\n── 1 job: 1 failed ([TIME])\n"
        ))
        .code(1)
        .run();
}

#[test]
fn an_unfinished_line_is_repeated_in_part() {
    let outcome = Stage::new()
        .arg("head -c 1000000 /dev/zero | tr '\\0' x; exit 1")
        .stdout(vec![b'x'; 1_000_000])
        .stderr_any()
        .code(1)
        .run();
    assert!(outcome.stderr.len() < 20_000, "{}", outcome.stderr.len());
}

#[test]
fn a_death_by_a_signal_is_reported_by_its_name() {
    Stage::new()
        .args(["-j1", "kill -SEGV $$", "kill -KILL $$"])
        .in_shell("ulimit -c 0; exec \"$@\"")
        .stderr(
            "── kill -SEGV $$ (killed by SIGSEGV, [TIME])\n   $ kill -SEGV $$\n\
             ── kill -KILL $$ (killed by SIGKILL, [TIME])\n   $ kill -KILL $$\n\
             ── 2 jobs: 2 signaled ([TIME])\n",
        )
        .code(1)
        .run();
}

#[test]
fn a_job_that_could_not_start_is_reported_with_the_reason() {
    Stage::new()
        .arg("--exec")
        .arg("nosuch-program -x")
        .stderr(
            "── nosuch-program -x (could not start: no such program: nosuch-program, [TIME])\n   \
             $ nosuch-program -x\n── 1 job: 1 spawn error ([TIME])\n",
        )
        .code(1)
        .run();
}

#[test]
fn failures_are_reported_in_the_order_of_their_endings() {
    let first = "until [ -e go ]; do sleep 0.01; done; exit 1";
    let mut run = Stage::new()
        .args([format!("a: {first}"), "b: echo b; exit 2".to_owned()])
        .stdout("b\n")
        .stderr(format!(
            "── b (exit 2, [TIME])\n   b\n   $ echo b; exit 2\n\
             ── a (exit 1, [TIME])\n   $ {first}\n── 2 jobs: 2 failed ([TIME])\n"
        ))
        .code(1)
        .start();
    run.wait_for_stdout("b\n");
    std::fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

#[test]
fn fifty_failures_are_reported_and_the_others_counted() {
    let one = "── exit 1 (exit 1, [TIME])\n   $ exit 1\n";
    Stage::new()
        .stdin("exit 1\n".repeat(53))
        .stderr(format!(
            "{}── and 3 more failed jobs\n── 53 jobs: 53 failed ([TIME])\n",
            one.repeat(50)
        ))
        .code(1)
        .run();
}

#[test]
fn a_long_command_is_shortened_if_it_is_used_as_a_name() {
    let job = format!("exit 1 # {}", "é".repeat(80));
    let label = format!("exit 1 # {}…", "é".repeat(50));
    Stage::new()
        .arg(&job)
        .stderr(format!(
            "── {label} (exit 1, [TIME])\n   $ {job}\n── 1 job: 1 failed ([TIME])\n"
        ))
        .code(1)
        .run();
}

#[test]
fn the_command_can_be_pasted() {
    if !needs("bash") {
        return;
    }
    let words = [
        "a b",
        "it's",
        "$HOME",
        "*",
        "",
        "\u{1b}]0;x\u{7}",
        "\u{202e}é",
        "\n",
        "\\'",
    ];
    let script = "printf '[%s]' \"$@\"; exit 1";
    let argv = [&["sh", "-c", script, "sh"], &words[..]].concat();
    let printed: String = words.iter().map(|word| format!("[{word}]")).collect();
    let outcome = Stage::new()
        .stdin(serde_json::json!({ "argv": argv }).to_string())
        .stdout(&printed)
        .stderr_any()
        .code(1)
        .run();
    assert!(is_harmless(&outcome.stderr), "{}", text(&outcome.stderr));
    for shell in ["/bin/sh", "bash"] {
        Stage::of(shell)
            .args(["-c", &command_in_digest(&outcome)])
            .stdout(&printed)
            .code(1)
            .run();
    }
}

#[test]
fn a_command_that_is_not_text_can_be_pasted() {
    if !needs("bash") {
        return;
    }
    let word = b"a'b\\c\x1b]0;x\x07\xff";
    let outcome = Stage::new()
        .args(["sh", "-c", "printf %s \"$1\"; exit 1", "sh", ":::"])
        .arg(OsStr::from_bytes(word))
        .stdout(word)
        .stderr_any()
        .code(1)
        .run();
    assert!(is_harmless(&outcome.stderr), "{}", text(&outcome.stderr));
    Stage::of("bash")
        .args(["-c", &command_in_digest(&outcome)])
        .stdout(word)
        .code(1)
        .run();
}

/// The command in the digest of one job.
fn command_in_digest(outcome: &Outcome) -> String {
    let text = text(&outcome.stderr);
    let line = text.lines().find_map(|line| line.strip_prefix("   $ "));
    line.expect("a command in the digest").to_owned()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("prun prints UTF-8")
}

#[test]
fn a_name_cannot_take_over_the_terminal() {
    let line =
        serde_json::json!({ "name": "a\u{1b}]0;x\u{7}\u{9b}1m\u{202e}b\nc\r", "cmd": "exit 1" });
    let outcome = Stage::new()
        .args(["-v", "-f", "-"])
        .stdin(line.to_string())
        .stderr_has("── a\\x1b]0;x\\x07\\u{9b}1m\\u{202e}b\\x0ac\\x0d (exit 1, [TIME])\n")
        .code(1)
        .run();
    assert!(is_harmless(&outcome.stderr), "{}", text(&outcome.stderr));
}

#[test]
fn a_command_cannot_take_over_the_terminal() {
    if !needs("bash") {
        return;
    }
    let job = "exit 1 # \u{1b}[2J\u{7}\u{9d}\u{2066}";
    let outcome = Stage::new().args(["-v", job]).stderr_any().code(1).run();
    assert!(is_harmless(&outcome.stderr), "{}", text(&outcome.stderr));
    Stage::of("bash")
        .args(["-c", &command_in_digest(&outcome)])
        .code(1)
        .run();
}

#[test]
fn last_lines_cannot_take_over_the_terminal() {
    let job = "printf 'old\\ra\\033[2J\\007b\\r\\n\\342\\200\\256x\\377\\n\\tindented\\n'; exit 1";
    Stage::new()
        .args(["-f", "jobs"])
        .file("jobs", format!("job: {job}\n"))
        .stdout(b"old\ra\x1b[2J\x07b\r\n\xe2\x80\xaex\xff\n\tindented\n")
        .stderr(format!(
            "── job (exit 1, [TIME])\n   a\\x1b[2J\\x07b\n   \\u{{202e}}x\\xff\n   \tindented\n   $ {job}\n\
             ── 1 job: 1 failed ([TIME])\n"
        ))
        .code(1)
        .run();
}

#[test]
fn an_error_text_cannot_take_over_the_terminal() {
    let line = serde_json::json!({ "argv": ["./no\u{1b}[2Jsuch\u{202e}"] });
    let outcome = Stage::new()
        .stdin(line.to_string())
        .stderr_any()
        .code(1)
        .run();
    assert!(is_harmless(&outcome.stderr), "{}", text(&outcome.stderr));
    let line = serde_json::json!({ "name": "x\u{1b}[2J", "cmd": "true", "no\u{1b}[2J": 1 });
    let outcome = Stage::new()
        .stdin(line.to_string())
        .stderr_any()
        .code(2)
        .run();
    assert!(is_harmless(&outcome.stderr), "{}", text(&outcome.stderr));
    let outcome = Stage::new()
        .args(["-f", "no\u{1b}[2Jfile"])
        .stderr_any()
        .code(2)
        .run();
    assert!(is_harmless(&outcome.stderr), "{}", text(&outcome.stderr));
    let outcome = Stage::new()
        .args(["ls", "-\u{1b}[2J"])
        .stderr_any()
        .code(2)
        .run();
    assert!(is_harmless(&outcome.stderr), "{}", text(&outcome.stderr));
}

#[test]
fn last_lines_are_reported_without_their_colours() {
    Stage::new()
        .arg("printf '\\033[1;31merror\\033[0m: \\033[Kno\\n'; exit 1")
        .stdout("\x1b[1;31merror\x1b[0m: \x1b[Kno\n")
        .stderr_has("[TIME])\n   error: no\n   $ ")
        .code(1)
        .run();
}

#[test]
fn v_lists_the_five_slowest_of_more_jobs() {
    let jobs = [
        "a: sleep 0.3",
        "true",
        "true",
        "true",
        "true",
        "b: sleep 0.6",
    ];
    let stage = Stage::new().arg("-v").args(jobs);
    let five = "   [TIME] b\n   [TIME] a\n   [TIME] true\n   [TIME] true\n   [TIME] true\n";
    stage
        .stderr_has(format!("── slowest jobs:\n{five}── 6 jobs: 6 ok"))
        .run();
}

/// A job that prints a line, draws a progress bar of many frames, and fails.
const FRAMES: &str = "a: echo begun; i=0; while [ $i -lt 20000 ]; do printf '%s frames of a bar\\r' $i; i=$((i+1)); done; \
                      printf 'done\\n'; exit 3";

#[test]
fn of_a_progress_bar_the_last_frame_is_repeated() {
    let outcome = Stage::new()
        .args(["--junit", "run.xml", "--report", "run.html"])
        .args(["--joblog", "log", "-j2", FRAMES, "true"])
        .stdout_any()
        .stderr_has("── a (exit 3, [TIME])\n   begun\n   done\n   $ ")
        .code(1)
        .run();
    let xml = outcome.read_text("run.xml");
    assert!(
        xml.contains("begun\ndone\n") && !xml.contains("of a bar\r"),
        "{}",
        xml.len()
    );
    assert!(!xml.contains("19999 frames"), "{}", xml.len());
    let page = outcome.read_text("run.html");
    assert!(
        page.contains("\"out\":\"begun\\ndone\\n\""),
        "{}",
        page.len()
    );
}
