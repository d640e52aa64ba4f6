//! Options for a cluster that cannot be used, or not with each other: each is refused with a message that
//! names the remedy, and nothing starts.

use crate::stage::Stage;

mod runs;

/// A job that shows that it was started.
const MARK: &str = "touch started";

/// Checks that prun ends with this message, and has started and written nothing.
#[track_caller]
fn assert_refused(stage: Stage, stderr: &str) {
    let before = files(&stage);
    let outcome = stage.stderr(format!("prun: {stderr}\n")).code(2).run();
    assert_eq!(files_in(&outcome.path("")), before, "something was started");
}

/// Checks that these options are refused on a cluster.
#[track_caller]
fn assert_options_refused(options: &[&str], stderr: &str) {
    let stage = Stage::new().args(["--on", "slurm"]);
    assert_refused(stage.args(options).arg(MARK), stderr);
}

/// Checks that this job is refused on a cluster, in a file.
#[track_caller]
fn assert_job_refused(job: &str, stderr: &str) {
    let lines = format!("{{\"name\":\"a\",\"cmd\":\"{MARK}\"}}\n{job}\n");
    let stage = Stage::new().file("jobs.jsonl", lines);
    assert_refused(stage.args(["--on", "slurm", "-f", "jobs.jsonl"]), stderr);
}

/// A stage with a program called `sbatch`.
fn with_sbatch(stage: Stage) -> Stage {
    let path = format!("{}/bin:/usr/bin:/bin", stage.dir().display());
    let stage = stage.script("bin/sbatch", "#!/bin/sh\ntouch submitted\nexit 9\n");
    stage.env("PATH", path)
}

fn files(stage: &Stage) -> Vec<String> {
    files_in(stage.dir())
}

fn files_in(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder of the run is there");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.expect("the folder can be read");
        entry.file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

#[test]
fn local_changes_nothing() {
    Stage::new()
        .args(["--on", "local", "echo a"])
        .stdout("a\n")
        .run();
}

#[test]
fn an_unknown_engine_is_refused_with_the_known_ones() {
    for engine in ["lsf", "slurm2", "", "SLURM", "lsf:-q long", "local:x"] {
        assert_refused(
            Stage::new().args(["--on", engine, MARK]),
            &format!(
                "--on {engine}: not a known engine: write local, slurm or 'slurm:SBATCH OPTIONS'"
            ),
        );
    }
}

#[test]
fn engines_that_are_not_built_yet_are_refused_as_such() {
    for (on, engine) in [("ssh:h1/8,h2", "ssh"), ("ssh", "ssh"), ("srun", "srun")] {
        assert_refused(
            Stage::new().args(["--on", on, MARK]),
            &format!(
                "--on {engine}: prun cannot run jobs by {engine} yet: write local, slurm or 'slurm:SBATCH OPTIONS'"
            ),
        );
    }
}

#[test]
fn an_open_quote_in_the_options_of_sbatch_is_refused() {
    assert_refused(
        Stage::new().args(["--on", "slurm:-p 'long", MARK]),
        "--on slurm:-p 'long: the options of sbatch have an open quote: close it",
    );
}

#[test]
fn a_terminal_is_refused() {
    assert_options_refused(
        &["--tty"],
        "--tty cannot be used with --on slurm: the jobs have no terminal: omit it",
    );
    assert_options_refused(
        &["--pty"],
        "--pty cannot be used with --on slurm: the jobs have no terminal: omit it",
    );
}

#[test]
fn raw_output_is_refused() {
    assert_options_refused(
        &["-o", "raw"],
        "-o raw cannot be used with --on slurm: output comes by a file: write -o line, or omit it",
    );
}

#[test]
fn jobs_that_would_end_by_themselves_after_a_failure_are_refused() {
    assert_options_refused(
        &["--fail-fast=soon"],
        "--fail-fast=soon cannot be used with --on slurm: the other jobs of a task that runs \
         cannot be held back: write --fail-fast, which ends them",
    );
}

#[test]
fn a_delay_between_starts_is_refused() {
    assert_options_refused(
        &["--delay", "1"],
        "--delay cannot be used with --on slurm: Slurm decides when a job starts: omit it",
    );
    let stage = with_sbatch(Stage::new());
    let stage = stage.args(["--delay", "0", "-n", "--on", "slurm", "/bin/echo a"]);
    stage.stdout("/bin/echo a\n").run();
}

#[test]
fn a_number_of_jobs_that_is_not_fixed_is_refused() {
    for (jobs, shown) in [
        ("50%", "N%"),
        ("0", "0"),
        ("+2", "+N"),
        ("-2", "-N"),
        ("@jobs", "@FILE"),
    ] {
        assert_options_refused(
            &["-j", jobs],
            &format!(
                "--on slurm: -j {shown}: the number of jobs at once must be a fixed one: write -j N [default: 100]"
            ),
        );
    }
}

#[test]
fn the_slot_of_a_job_is_not_known() {
    let refused = "`{%}` cannot be used with --on: the slot of a job is known only on its machine: \
                   write $PRUN_SLOT in a command line (`{{%}}` is the text `{%}`)";
    let on = ["--on", "slurm"];
    for template in [&["echo {} {%} >started"][..], &["touch", "{}", "{%}"]] {
        let stage = Stage::new().args(on).args(template).args([":::", "a"]);
        assert_refused(stage, refused);
    }
    let stage = with_sbatch(Stage::new()).args(on).arg("-n");
    let stage = stage.args(["echo", "{}", "{{%}}", ":::", "a"]);
    stage.stdout("echo a '{%}'\n").run();
}

#[test]
fn slots_with_values_are_refused() {
    assert_options_refused(
        &["--slots", "a,b"],
        "--slots cannot be used with --on slurm: slots have no values there: use $PRUN_SLOT and \
         $SLURM_ARRAY_TASK_ID in the jobs",
    );
    assert_refused(
        Stage::new().args(["--on", "slurm", "touch", "{slot}", "{}", ":::", "a"]),
        "`{slot}` needs the values of the slots: add --slots LIST (`{{slot}}` is the text `{slot}`)",
    );
}

#[test]
fn blocks_of_an_input_are_refused() {
    assert_options_refused(
        &["--pipe"],
        "--pipe cannot be used with --on slurm: blocks are not sent to other machines: write them to \
         files, and give their names as arguments",
    );
}

#[test]
fn limits_of_this_machine_are_refused() {
    assert_options_refused(
        &["--load", "1"],
        "--load cannot be used with --on slurm: the machine is chosen by Slurm: omit it",
    );
    assert_options_refused(
        &["--memfree", "1G"],
        "--memfree cannot be used with --on slurm: write --on 'slurm:--mem=SIZE', which reserves memory",
    );
    assert_options_refused(
        &["--jobserver"],
        "--jobserver cannot be used with --on slurm: jobs on several machines cannot share tokens: omit it",
    );
}

#[test]
fn a_guard_is_refused() {
    assert_options_refused(
        &["--guard"],
        "--guard=always cannot be used with --on slurm: the jobs outlive a killed prun, and --follow \
         finds them: omit it",
    );
}

#[test]
fn a_jobserver_of_a_makefile_is_not_asked() {
    let stage = with_sbatch(Stage::new()).env("MAKEFLAGS", " -j --jobserver-auth=3,4");
    let stage = stage.args(["--on", "slurm", "-n", "/bin/echo a"]);
    stage.stdout("/bin/echo a\n").run();
}

#[test]
fn a_job_that_needs_another_is_refused_with_its_line() {
    assert_job_refused(
        r#"{"cmd":"touch started","needs":["a"]}"#,
        "jobs.jsonl:2: `needs` cannot be used with --on: jobs on a cluster run apart from each other: \
         omit it, or run the jobs without --on",
    );
}

#[test]
fn a_service_is_refused_with_its_line() {
    assert_job_refused(
        r#"{"cmd":"touch started","service":true,"ready":"true"}"#,
        "jobs.jsonl:2: `service` cannot be used with --on: jobs on a cluster run apart from each other: \
         omit it, or run the jobs without --on",
    );
}

#[test]
fn a_pool_and_a_weight_are_refused_with_their_line() {
    assert_job_refused(
        r#"{"cmd":"touch started","pool":"db"}"#,
        "jobs.jsonl:2: `pool` cannot be used with --on: jobs on a cluster run apart from each other: \
         omit it, or run the jobs without --on",
    );
    assert_job_refused(
        r#"{"cmd":"touch started","weight":2}"#,
        "jobs.jsonl:2: `weight` cannot be used with --on: jobs on a cluster run apart from each other: \
         omit it, or run the jobs without --on",
    );
}

#[test]
fn a_job_of_a_document_that_needs_another_is_refused() {
    let document =
        "[jobs.a]\ncmd = 'touch started'\n[jobs.b]\ncmd = 'touch started'\nneeds = ['a']\n";
    assert_refused(
        Stage::new()
            .file("build.toml", document)
            .args(["--on", "slurm", "-f", "build.toml"]),
        "build.toml:3: `needs` cannot be used with --on: jobs on a cluster run apart from each other: \
         omit it, or run the jobs without --on",
    );
}

#[test]
fn a_weight_of_one_and_an_allowed_failure_are_accepted() {
    let job = r#"{"cmd":"/bin/echo a","weight":1,"allow_failure":true}"#;
    let stage = with_sbatch(Stage::new()).file("jobs.jsonl", job);
    let stage = stage.args(["--on", "slurm", "-n", "-f", "jobs.jsonl"]);
    stage.stdout("/bin/echo a\n").run();
}
