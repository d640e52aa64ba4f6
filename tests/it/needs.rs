//! Programs and privileges that a machine may lack, and the tests that are skipped then.

use std::env;

use crate::stage::Stage;

pub(crate) use crate::shared::needs::{
    BROWSER, MOUNT_NAMESPACE, MOUNTS, NUMBERS, PID_NAMESPACE, ROOT, SLURM, held, needs, path_of,
};

/// Runs these tests in a process of their own, with a `PATH` that contains no programs but those of
/// the stage.
fn without_programs(tests: &[&str]) -> Stage {
    let stage = Stage::of(env::current_exe().expect("a test is a program"));
    let programs = stage.dir().join("programs");
    stage.env("PATH", programs).args(tests).stdout_any()
}

const ZSH: &str = "generated::zsh_completes_an_option";
const FISH: &str = "generated::fish_completes_an_option";

#[test]
fn skipped_tests_are_listed_once_at_the_end() {
    let list = format!("skipped: needs fish: {FISH}\nskipped: needs zsh: {ZSH}\n\n");
    without_programs(&[ZSH, FISH, "--test-threads=2"])
        .stdout_has("2 passed; 0 failed")
        .stderr(list)
        .run();
}

#[test]
fn a_file_that_cannot_be_executed_is_no_program() {
    without_programs(&[ZSH])
        .file("programs/zsh", "")
        .stderr_has("skipped: needs zsh: ")
        .run();
}

#[test]
fn if_nothing_may_be_skipped_the_test_fails_and_names_its_needs() {
    without_programs(&[ZSH])
        .env("PRUN_TEST_ALL", "1")
        .stdout_has("needs zsh, and PRUN_TEST_ALL=1 skips nothing\n")
        .stdout_has("0 passed; 1 failed")
        .code(101)
        .run();
}

#[test]
fn a_right_that_the_system_denies_is_missing() {
    if !needs(MOUNT_NAMESPACE) {
        return;
    }
    let deny = "echo 0 > /proc/sys/user/max_user_namespaces; exec \"$@\"";
    let test = "joblog::a_log_on_a_full_disk_exits_with_code_3_and_has_whole_lines_only";
    Stage::of(env::current_exe().expect("a test is a program"))
        .under(MOUNTS)
        .in_shell(deny)
        .arg(test)
        .stdout_any()
        .stderr(format!("skipped: needs {MOUNT_NAMESPACE}: {test}\n\n"))
        .run();
}
