//! Ctrl-Z and Ctrl-C while jobs start as fast as they can.

use std::time::Duration;

use crate::needs::needs;
use crate::stage::{Running, Stage, rounds};

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// An interactive shell with job control, in which prun starts many short jobs.
fn start_in_shell(jobs: usize) -> Running {
    let lines = "/bin/true\n: with a shell\n".repeat(jobs / 2);
    let mut run = Stage::of("/bin/bash")
        .args(["--norc", "--noprofile", "-i"])
        .env("PS1", "ready> ")
        // The exit code of the shell itself is not checked.
        .env("PROMPT_COMMAND", "trap 'exit 0' EXIT")
        .env("NO_COLOR", "1")
        .env("PRUN", env!("CARGO_BIN_EXE_prun"))
        .file("jobs", lines)
        .pty(24, 100)
        .within(TIME_LIMIT)
        .start();
    run.wait_for_screen("ready> ");
    run.type_keys(b"$PRUN -j8 -f jobs; echo code=$?\n");
    run
}

/// How often this text is on the screen.
fn count_on_screen(run: &Running, text: &str) -> usize {
    run.screen_text().matches(text).count()
}

fn wait(run: &mut Running, moment: Duration) {
    let moment = run.elapsed() + moment;
    run.wait_until("the moment of the signal", |run| {
        (run.elapsed() >= moment).then_some(())
    });
}

#[test]
fn ctrl_z_among_starts_stops_all_and_fg_continues() {
    if !needs("/bin/bash") {
        return;
    }
    for round in 0..rounds() {
        let mut run = start_in_shell(200);
        run.wait_for_screen("code=$?\r\n");
        let summary = "200 jobs: 200 ok";
        for stop in 1..=3 {
            wait(
                &mut run,
                Duration::from_micros((round as u64 * 1733 + stop * 7919) % 30_000),
            );
            run.type_keys(b"\x1a");
            run.wait_until("a stop or the end", |run| {
                (count_on_screen(run, "Stopped") == stop as usize
                    || count_on_screen(run, summary) > 0)
                    .then_some(())
            });
            if count_on_screen(&run, summary) > 0 {
                break;
            }
            // The terminal discards unread input when a key sends a signal.
            run.wait_until("the shell", |run| {
                (count_on_screen(run, "ready> ") > stop as usize).then_some(())
            });
            run.type_keys(b"fg\n");
            run.wait_until("the shell", |run| {
                (count_on_screen(run, "\r$PRUN -j8 -f jobs\r\n") == stop as usize).then_some(())
            });
        }
        run.wait_for_screen(summary);
        run.type_keys(b"exit\n");
        run.finish();
    }
}

#[test]
fn ctrl_c_among_starts_ends_all() {
    if !needs("/bin/bash") {
        return;
    }
    for round in 0..rounds() {
        let mut run = start_in_shell(2000);
        run.wait_for_screen("code=$?\r\n");
        wait(
            &mut run,
            Duration::from_micros(round as u64 * 1733 % 30_000),
        );
        run.type_keys(b"\x03");
        run.wait_until("a prompt", |run| {
            (count_on_screen(run, "ready> ") > 1).then_some(())
        });
        run.type_keys(b"exit 0\n");
        run.finish();
    }
}
