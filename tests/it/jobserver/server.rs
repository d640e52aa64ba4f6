//! `--jobserver`: what jobs start shares -j with them.

use super::{COUNT, JOB, MAKEFILE, most_at_once, stage};
use crate::needs::needs;

#[test]
fn three_makes_together_run_no_more_recipes_than_j() {
    if !needs("make") {
        return;
    }
    let outcome = stage()
        .file("Makefile", MAKEFILE)
        .args(["--jobserver", "-j3", "make", "make", "make"])
        .run();
    let most = most_at_once(&outcome.read_text("log"));
    assert!((2..=3).contains(&most), "{most}");
}

#[test]
fn a_single_make_gets_all_of_j() {
    if !needs("make") {
        return;
    }
    let outcome = stage()
        .file("Makefile", MAKEFILE.replace("0.1", "0.4"))
        .args(["--jobserver", "-j3", "make"])
        .run();
    let most = most_at_once(&outcome.read_text("log"));
    assert!((2..=3).contains(&most), "{most}");
}

#[test]
fn the_flags_of_an_outer_make_stay_but_for_its_jobserver() {
    stage()
        .env("MAKEFLAGS", "ks -j9 --jobserver-auth=77,78 -- CC=gcc")
        .args([
            "--jobserver",
            "-j2",
            "echo \"$MAKEFLAGS\" | sed 's/[0-9][0-9]*,[0-9][0-9]*/R,W/g'",
        ])
        .stdout("ks -j --jobserver-fds=R,W --jobserver-auth=R,W -- CC=gcc\n")
        .run();
}

#[test]
fn a_job_finds_a_token_for_each_job_that_could_run_beside_it() {
    for (form, jobs, tokens) in [
        ("--jobserver", "-j4", "3\n"),
        ("--jobserver=pipe", "-j1", "0\n"),
        ("--jobserver=fifo", "-j4", "3\n"),
        ("--jobserver=fifo", "-j1", "0\n"),
    ] {
        stage().args([form, jobs, COUNT]).stdout(tokens).run();
    }
}

#[test]
fn slots_are_a_number_of_jobs() {
    stage()
        .args(["--jobserver", "--slots", "a,b,c", COUNT])
        .stdout("2\n")
        .run();
}

#[test]
fn the_tokens_of_a_job_that_was_killed_come_back() {
    for form in ["--jobserver", "--jobserver=fifo"] {
        let job =
            format!("{COUNT} | tee counted$PRUN_ATTEMPT; test $PRUN_ATTEMPT = 2 || sleep 300");
        let outcome = stage()
            .args([
                form,
                "-j4",
                "--retries",
                "1",
                "--timeout",
                "3",
                "--grace",
                "0",
                &job,
            ])
            .stdout_any()
            .stderr_any()
            .run();
        assert_eq!(outcome.read_text("counted1"), "3\n");
        assert_eq!(outcome.read_text("counted2"), "3\n");
    }
}

#[test]
fn a_job_that_takes_all_tokens_for_ever_keeps_others_waiting_but_not_the_run() {
    let takes_all = format!("{COUNT}; touch taken; sleep 0.3; test ! -e second\n");
    let mut running = stage()
        .args(["--jobserver", "-j2", "-k"])
        .stdout("1\n")
        .stdin_open()
        .start();
    running.write_stdin(takes_all);
    running.wait_for_file("taken");
    running.write_stdin("touch second\n");
    running.close_stdin();
    running.finish();
}

#[test]
fn a_weight_is_so_many_tokens() {
    let heavy = format!(r#"{{"cmd":"{}","weight":3}}"#, COUNT.replace('"', "\\\""));
    stage()
        .file("jobs.jsonl", heavy + "\n")
        .args(["--jobserver", "-j4", "-f", "jobs.jsonl"])
        .stdout("1\n")
        .run();
}

#[test]
fn jobs_inherit_the_two_ends_and_nothing_else() {
    let count = "ls /proc/self/fd | wc -l";
    let plain = stage().args(["-j2", count]).stdout_any().run();
    let served = stage()
        .args(["--jobserver", "-j2", count])
        .stdout_any()
        .run();
    let named = stage()
        .args(["--jobserver=fifo", "-j2", count])
        .stdout_any()
        .run();
    let number = |outcome: &crate::stage::Outcome| {
        let text = String::from_utf8_lossy(&outcome.stdout);
        text.trim().parse::<usize>().unwrap()
    };
    assert_eq!(number(&served), number(&plain) + 2);
    assert_eq!(number(&named), number(&plain));
}

#[test]
fn a_prun_inside_takes_part() {
    let prun = env!("CARGO_BIN_EXE_prun");
    let inner = format!("{prun} '{JOB}' '{JOB}' '{JOB}'");
    for form in ["--jobserver", "--jobserver=fifo"] {
        let outcome = stage().args([form, "-j2", &inner, &inner, &inner]).run();
        let most = most_at_once(&outcome.read_text("log"));
        assert!(most <= 2, "{most}");
    }
}

#[test]
fn cargo_takes_part() {
    if !needs("cargo") {
        return;
    }
    let toolchain = |name: &str, folder: &str| {
        let home = std::env::var_os("HOME").map(|home| std::path::Path::new(&home).join(folder));
        std::env::var_os(name)
            .or(home.map(Into::into))
            .unwrap_or_default()
    };
    // Cargo passes to build scripts the jobserver that it takes part in.
    let script = "fn main() {\n    let ours = std::env::var(\"OURS\").unwrap();\n    \
        assert!(std::env::var(\"CARGO_MAKEFLAGS\").unwrap().contains(&ours));\n}\n";
    let mut stage = stage();
    for name in ["one", "two"] {
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n\n[workspace]\n");
        stage = stage
            .file(format!("{name}/Cargo.toml"), manifest)
            .file(format!("{name}/build.rs"), script)
            .file(format!("{name}/src/lib.rs"), "");
    }
    let build =
        "export OURS=\"${MAKEFLAGS##* }\"; cd \"$PRUN_NAME\" && cargo build --offline --quiet";
    stage
        .env("CARGO_HOME", toolchain("CARGO_HOME", ".cargo"))
        .env("RUSTUP_HOME", toolchain("RUSTUP_HOME", ".rustup"))
        .args(["--jobserver", "-j2"])
        .args([format!("one: {build}"), format!("two: {build}")])
        .run();
}

#[test]
fn a_number_that_is_none_or_changes_cannot_be_shared() {
    for (jobs, message) in [
        ("-j0", "--jobserver: -j 0 has no number of jobs to share"),
        (
            "-j@n",
            "--jobserver: the number of jobs to share cannot change (-j @FILE)",
        ),
    ] {
        let outcome = stage()
            .file("n", "2\n")
            .args(["--jobserver", jobs, "touch PWN"])
            .stderr_has(message)
            .code(2)
            .run();
        assert!(!outcome.path("PWN").exists());
    }
}

#[test]
fn a_folder_with_blanks_cannot_hold_a_named_pipe() {
    let stage = stage();
    let blank = stage.dir().join("a b");
    std::fs::create_dir(&blank).unwrap();
    let outcome = stage
        .env("TMPDIR", &blank)
        .args(["--jobserver=fifo", "touch PWN"])
        .stderr_has("set TMPDIR to one without blanks")
        .code(2)
        .run();
    assert!(!outcome.path("PWN").exists());
}

#[test]
fn a_dry_run_makes_none() {
    stage()
        .env("TMPDIR", "/nowhere")
        .args(["--jobserver=fifo", "-n", "exit 0"])
        .stdout("/bin/sh -c 'exit 0'\n")
        .run();
}
