//! The screen while jobs run and afterwards, in a terminal emulator.

use std::num::NonZeroU16;

use crate::stage::{Running, Stage};

/// Jobs that wait until the file of their name exists, and then do something.
fn jobs<const N: usize>(jobs: [(&str, &str); N]) -> [String; N] {
    jobs.map(|(name, command)| {
        format!("{name}: until test -e {name}; do sleep 0.01; done; {command}")
    })
}

/// Jobs that print, colour, clear the screen, move the cursor, and print no newline.
fn jobs_that_draw() -> [String; 6] {
    jobs([
        ("print", "echo one; echo two >&2"),
        ("colour", "printf '\\033[31mred'"),
        ("clear", "printf '\\033[2J\\033[Hclear\\033c\\n'"),
        ("move", "printf 'up\\033[5A\\033[40C and away\\n'"),
        ("open", "printf 'no newline'"),
        ("fail", "echo bad; exit 3"),
    ])
}

/// Lets a job continue, and waits until its ending is on the screen.
fn let_go(run: &mut Running, name: &str) {
    std::fs::write(run.dir().join(name), "").expect("the folder is writable");
    run.wait_for_screen(format!("── {name} ("));
}

/// The rows of the screen up to the last that is not empty, with every time replaced by `T` or `0:00`.
pub(crate) fn screen(bytes: &[u8], rows: u16, columns: u16) -> String {
    let size = |number: u16| NonZeroU16::new(number).expect("a screen has a size");
    let mut parser = vt100::Parser::new(size(rows), size(columns), 0);
    parser.process(bytes);
    let contents = parser.screen().contents();
    let lines = contents
        .trim_end()
        .lines()
        .map(|line| without_times(line.trim_end()));
    lines.collect::<Vec<_>>().join("\n")
}

fn without_times(line: &str) -> String {
    let is_time = |text: &str| text.contains('.') && text.parse::<f64>().is_ok();
    let words = line.split(' ').map(|word| {
        let number = word.trim_start_matches('(');
        if is_time(number) {
            return word.replace(number, "T");
        }
        match word.trim_end_matches(',').split_once(':') {
            Some((minutes, seconds))
                if minutes.parse::<u32>().is_ok() && seconds.parse::<u32>().is_ok() =>
            {
                word.replacen(seconds, "00", 1)
            }
            _ => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Waits until the screen equals this one.
#[track_caller]
pub(crate) fn wait_for(run: &mut Running, (rows, columns): (u16, u16), expected: &str) {
    let expected = expected.trim_end();
    let story = format!("this screen:\n{expected}\n");
    run.wait_until(&story, |run| {
        (screen(run.screen_text().as_bytes(), rows, columns) == expected).then_some(())
    });
}

pub(crate) fn stage((rows, columns): (u16, u16)) -> Stage {
    Stage::new().env("NO_COLOR", "1").pty(rows, columns)
}

/// Runs these jobs on a screen of this size.
#[track_caller]
fn assert_screens(size: (u16, u16), running: &str, later: &str, after: &str) {
    let mut run = stage(size).args(jobs_that_draw()).code(1).start();
    wait_for(&mut run, size, running);
    for name in ["print", "colour", "clear", "move"] {
        let_go(&mut run, name);
    }
    wait_for(&mut run, size, later);
    let_go(&mut run, "open");
    let_go(&mut run, "fail");
    let outcome = run.finish();
    let last = screen(&outcome.screen, size.0, size.1);
    assert_eq!(last, after.trim_end());
}

/// All jobs are running, on a screen that is wide enough for the whole bar.
const RUNNING: &str = "\
[                                        ] 0/6, 0:00
   0:00  print
   0:00  colour
   0:00  clear
   0:00  move
   0:00  open
   0:00  fail";

const LATER: &str = "\
── print (ok, T s)
one
two
── colour (ok, T s)
red
── clear (ok, T s)
clear
── move (ok, T s)
up and away
[==========================              ] 4/6, 0:00
   0:00  open
   0:00  fail";

const AFTER: &str = "\
── print (ok, T s)
one
two
── colour (ok, T s)
red
── clear (ok, T s)
clear
── move (ok, T s)
up and away
── open (ok, T s)
no newline
── fail (exit 3, T s)
bad
── 1 of 6 jobs failed:
── fail (exit 3, T s)
   $ until test -e fail; do sleep 0.01; done; echo bad; exit 3
── 6 jobs: 5 ok, 1 failed (T s)";

#[test]
fn a_screen_of_80_columns() {
    assert_screens((24, 80), RUNNING, LATER, AFTER);
}

#[test]
fn a_screen_of_200_columns() {
    assert_screens((50, 200), RUNNING, LATER, AFTER);
}

#[test]
fn a_screen_of_40_columns_and_10_rows() {
    assert_screens(
        (10, 40),
        "\
[                           ] 0/6, 0:00
   0:00  print
   0:00  colour
   0:00  clear
   0:00  move
   0:00  open
   0:00  fail",
        "\
two
── colour (ok, T s)
red
── clear (ok, T s)
clear
── move (ok, T s)
up and away
[==================         ] 4/6, 0:00
   0:00  open
   0:00  fail",
        "\
── open (ok, T s)
no newline
── fail (exit 3, T s)
bad
── 1 of 6 jobs failed:
── fail (exit 3, T s)
   $ until test -e fail; do sleep 0.01; done; echo bad; exit 3
── 6 jobs: 5 ok, 1 failed (T s)",
    );
}

#[test]
fn more_jobs_than_fit_are_counted() {
    let size = (24, 60);
    let mut run = stage(size)
        .args(["-j", "12"])
        .in_shell("printf '%s' \"$LINES_OF_JOBS\" > jobs; exec \"$@\" -f jobs")
        .env(
            "LINES_OF_JOBS",
            (1..=20)
                .map(|number| format!("job{number}: until test -e go; do sleep 0.01; done\n"))
                .collect::<String>(),
        )
        .start();
    let running: String = (1..=8)
        .map(|number| format!("   0:00  job{number}\n"))
        .collect();
    let bar = format!("[{}] 0/20, 0:00\n", " ".repeat(40));
    wait_for(
        &mut run,
        size,
        &format!("{bar}{running}         and 4 more"),
    );
    std::fs::write(run.dir().join("go"), "").expect("the folder is writable");
    let outcome = run.finish();
    assert_eq!(screen(&outcome.screen, 24, 60), "── 20 jobs: 20 ok (T s)");
}

#[test]
fn an_unknown_total_is_a_question_mark() {
    let size = (24, 60);
    let mut run = stage(size)
        .in_shell("mkfifo jobs; (echo 'a: until test -e go; do sleep 0.01; done'; until test -e go; do sleep 0.01; done) > jobs & exec \"$@\" -f jobs")
        .start();
    wait_for(&mut run, size, "0/?, 0:00\n   0:00  a");
    std::fs::write(run.dir().join("go"), "").expect("the folder is writable");
    run.finish();
}

#[test]
fn a_line_that_waits_for_its_end_is_not_broken_by_the_bar() {
    let size = (24, 60);
    let job = "printf 'first '; until test -e go; do sleep 0.01; done; echo second; until test -e on; do sleep 0.01; done";
    let mut run = stage(size)
        .args(["-j1", &format!("a: {job}"), "b: true"])
        .start();
    wait_for(&mut run, size, "── a\nfirst");
    std::fs::write(run.dir().join("go"), "").expect("the folder is writable");
    let bar = format!("[{}] 0/2, 0:00", " ".repeat(40));
    wait_for(
        &mut run,
        size,
        &format!("── a\nfirst second\n{bar}\n   0:00  a"),
    );
    std::fs::write(run.dir().join("on"), "").expect("the folder is writable");
    let outcome = run.finish();
    assert_eq!(
        screen(&outcome.screen, 24, 60),
        "── a\nfirst second\n── 2 jobs: 2 ok (T s)"
    );
}

#[test]
fn a_signal_leaves_the_screen_clean() {
    let size = (24, 90);
    let mut run = stage(size)
        .args(["a: sleep 300", "b: sleep 300"])
        .signal(libc::SIGINT)
        .start();
    run.wait_for_screen("0:00  b");
    run.type_keys(b"\x03");
    let outcome = run.finish();
    let last = screen(&outcome.screen, 24, 90);
    let message =
        "prun: SIGINT: cancelling 2 jobs (SIGKILL in T s); press Ctrl-C again to kill now";
    assert_eq!(last, format!("{message}\n── 2 jobs: 2 canceled (T s)"));
}

#[test]
fn a_dumb_terminal_has_lines_only() {
    let outcome = stage((24, 80))
        .env("TERM", "dumb")
        .args(["-j1", "a: true", "b: sleep 0.5"])
        .run();
    let text = String::from_utf8_lossy(&outcome.screen).into_owned();
    assert!(!text.contains('\x1b'), "{text:?}");
    assert_eq!(
        screen(&outcome.screen, 24, 80),
        "── a (ok, T s)\n── b (ok, T s)\n── 2 jobs: 2 ok (T s)"
    );
}

#[test]
fn nothing_is_drawn_if_progress_is_off_or_redirected() {
    let none = |stage: Stage| {
        let outcome = stage.args(["a: sleep 0.5", "b: true"]).run();
        let text = String::from_utf8_lossy(&outcome.screen).into_owned();
        assert!(!text.contains("/2, 0:00"), "{text:?}");
    };
    none(stage((24, 80)).args(["--progress", "none"]));
    none(stage((24, 80)).args(["-q"]));
    none(stage((24, 80)).args(["-o", "raw"]));
    none(stage((24, 80)).env("CI", "true"));
    none(stage((24, 80)).in_shell("exec \"$@\" | cat"));
}

#[test]
fn the_last_line_of_a_running_job_is_shown_after_its_name() {
    let size = (24, 80);
    let begun = "printf '\\033[32mstep 1\\033[0m\\nstep\\t2 \\a\\n'";
    let mut run = stage(size)
        .arg(format!(
            "build: {begun}; until test -e go; do sleep 0.01; done"
        ))
        .arg("quiet: until test -e go; do sleep 0.01; done")
        .start();
    let running = "\
[                                        ] 0/2, 0:00
   0:00  build | step 2 \\x07
   0:00  quiet";
    wait_for(&mut run, size, running);
    std::fs::write(run.dir().join("go"), "").expect("the folder is writable");
    run.finish();
}
