//! Options for the files of a run, and for a run that goes on without prun.

use super::*;

#[test]
fn options_for_a_cluster_need_one() {
    for options in [&["--chunk", "1"][..], &["--run-dir", "d"], &["--detach"]] {
        let option = options[0];
        let refused = format!("{option} needs --on slurm: add it, or omit {option}");
        assert_refused(Stage::new().args(options).arg(MARK), &refused);
        let local = Stage::new().args(["--on", "local"]);
        assert_refused(local.args(options).arg(MARK), &refused);
    }
}

#[test]
fn a_chunk_has_a_number_of_jobs() {
    for number in ["0", "-1", "many"] {
        assert_options_refused(
            &["--chunk", number],
            &format!("--chunk {number}: a number of jobs is 1, 2, …"),
        );
    }
}

#[test]
fn a_run_is_not_detached_from_a_stream() {
    let refused = "--detach needs jobs whose number is known: put the commands or the arguments into a \
                   file (-f FILE, -a FILE)";
    let detached = || Stage::new().args(["--on", "slurm", "--detach"]);
    assert_refused(detached().stdin(MARK), refused);
    assert_refused(detached().stdin("started\n").args(["touch", "{}"]), refused);
}

#[test]
fn what_ends_a_run_early_needs_a_prun_that_stays() {
    for (option, shown) in [
        ("--deadline=1h", "--deadline"),
        ("--race", "--race"),
        ("--fail-fast", "--fail-fast"),
        ("--max-fail=2", "--max-fail"),
    ] {
        assert_options_refused(
            &["--detach", option],
            &format!(
                "{shown} cannot be used with --detach: only a prun that stays can end the run: omit one of them"
            ),
        );
    }
}

#[test]
fn a_detached_run_reports_nothing() {
    for (option, shown) in [
        ("--joblog=log", "--joblog"),
        ("--json", "--json"),
        ("--junit=junit.xml", "--junit"),
        ("--report=report.html", "--report"),
        ("--trace=trace.json", "--trace"),
    ] {
        assert_options_refused(
            &["--detach", option],
            &format!(
                "{shown} cannot be used with --detach: nothing is reported now: give it to --follow"
            ),
        );
    }
}

#[test]
fn a_run_that_is_followed_has_its_jobs() {
    for (words, other) in [
        (&[MARK][..], "commands"),
        (&["-f", "jobs.txt"], "--file"),
        (&["-a", "args.txt"], "--arg-file"),
        (&["--on", "slurm"], "--on"),
        (&["--chunk", "1"], "--chunk"),
        (&["--run-dir", "other"], "--run-dir"),
        (&["--detach"], "--detach"),
        (&["-n"], "--dry-run"),
        (&["--joblog", "log", "--resume"], "--resume"),
    ] {
        let stage = Stage::new().args(["--follow", "run"]).args(words);
        assert_refused(
            stage,
            &format!("--follow cannot be used with {other}: omit one of them"),
        );
    }
}

#[test]
fn a_run_that_is_followed_has_its_settings() {
    for words in [
        &["-j", "4"][..],
        &["-t", "1"],
        &["--retries", "1"],
        &["-C", "/"],
        &["-e", "A=b"],
        &["--exec"],
    ] {
        let stage = Stage::new().args(["--follow", "run"]).args(words);
        assert_refused(
            stage,
            &format!(
                "{} cannot be used with --follow: it was settled when the run began: omit it",
                words[0]
            ),
        );
    }
}

#[test]
fn a_machine_without_sbatch_is_refused() {
    let stage = Stage::new().env("PATH", "/nowhere");
    assert_refused(
        stage.args(["--on", "slurm", MARK]),
        "--on slurm: there is no sbatch in PATH: start prun where jobs are submitted to Slurm, or add the \
         directory of sbatch to PATH",
    );
}

#[test]
fn options_of_sbatch_that_prun_sets_are_refused() {
    assert_refused(
        with_sbatch(Stage::new()).args(["--on", "slurm:-p long --array 1-3", MARK]),
        "--on slurm: prun sets --array of sbatch itself: say -j for how many jobs run at once, and --chunk \
         for their size",
    );
}

#[test]
fn a_dry_run_prints_the_commands_as_ever() {
    let stage = Stage::new().env("PATH", "/nowhere");
    let stage = stage.args(["--on", "slurm:-p long", "-n", "echo", "{}", ":::", "a", "b"]);
    stage.stdout("echo a\necho b\n").run();
}

#[test]
fn a_run_folder_that_is_not_empty_is_refused() {
    let stage = with_sbatch(Stage::new()).file("run/notes", "");
    let run = stage.dir().join("run");
    assert_refused(
        stage.args(["--on", "slurm", "--run-dir", "run", MARK]),
        &format!(
            "--run-dir {}: the folder is not empty: name a new or empty folder",
            run.display()
        ),
    );
}

#[test]
fn a_folder_without_a_run_is_not_followed() {
    for folder in ["run", "nowhere"] {
        let stage = Stage::new().file("run/notes", "");
        let run = stage.dir().join(folder);
        assert_refused(
            stage.args(["--follow", folder]),
            &format!(
                "--follow {}: not the folder of a run: there is no run.json in it",
                run.display()
            ),
        );
    }
}
