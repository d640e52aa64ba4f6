//! Completions, the manual page and the schema: the files in the repository are what the program
//! prints, and real shells accept them. `PRUN_BLESS=1 cargo test generated` regenerates them.

use std::path::Path;

use crate::needs::needs;
use crate::stage::Stage;

/// Checks that a generated file is, byte for byte, the output with these options.
#[track_caller]
fn assert_up_to_date(file: &str, options: &[&str]) {
    let printed = Stage::new().args(options).stdout_any().run().stdout;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("PRUN_BLESS").is_some_and(|bless| bless == "1") {
        std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
        std::fs::write(&path, &printed).expect("the folder is writable");
    }
    let stored = std::fs::read(&path).unwrap_or_default();
    assert!(
        stored == printed,
        "{file} is not what prun prints: PRUN_BLESS=1 cargo test generated"
    );
}

#[test]
fn completions_are_kept_for_five_shells() {
    assert_up_to_date("completions/prun.bash", &["--completions", "bash"]);
    assert_up_to_date("completions/_prun", &["--completions", "zsh"]);
    assert_up_to_date("completions/prun.fish", &["--completions", "fish"]);
    assert_up_to_date("completions/_prun.ps1", &["--completions", "powershell"]);
    assert_up_to_date("completions/prun.elv", &["--completions", "elvish"]);
}

#[test]
fn the_manual_page_is_kept() {
    assert_up_to_date("man/prun.1", &["--man"]);
}

#[test]
fn the_schemas_are_kept() {
    assert_up_to_date("schema/prun.json", &["--schema"]);
    assert_up_to_date("schema/prun.json", &["--schema=records"]);
    assert_up_to_date("schema/jobs.json", &["--schema=jobs"]);
}

#[test]
fn the_manual_page_has_the_sections_of_a_manual_page() {
    let page = Stage::new().arg("--man").stdout_any().run().stdout;
    let page = String::from_utf8(page).expect("a page is text");
    let sections = page.lines().filter_map(|line| line.strip_prefix(".SH "));
    let sections: Vec<&str> = sections.map(|title| title.trim_matches('"')).collect();
    let expected = [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "OPTIONS",
        "INPUT",
        "BLOCKS",
        "RUNNING",
        "RUNNING ON A CLUSTER",
        "JOBS",
        "OUTPUT",
        "RECORDS",
        "ABOUT PRUN",
        "EXAMPLES",
        "PLACEHOLDERS",
        "GNU PARALLEL",
        "EXIT STATUS",
        "ENVIRONMENT",
        "FILES",
    ];
    assert_eq!(sections, expected);
}

#[test]
fn the_manual_page_is_typeset_without_a_warning() {
    let page = Stage::new().arg("--man").stdout_any().run().stdout;
    if !needs("groff") {
        return;
    }
    let lint = ["-man", "-ww", "-Tutf8", "-rLL=80n", "-z"];
    Stage::of("groff").args(lint).stdin(page).run();
}

#[test]
fn a_write_error_of_generated_text_is_reported() {
    Stage::new()
        .arg("--man")
        .in_shell("exec \"$@\" >/dev/full")
        .stderr("prun: cannot write the output: No space left on device (os error 28)\n")
        .code(3)
        .run();
}

#[test]
fn every_option_is_in_the_short_help_and_in_the_manual_page() {
    let short = text(Stage::new().arg("-h"));
    let long = text(Stage::new().arg("--help"));
    let page = text(Stage::new().arg("--man")).replace("\\-", "-");
    let options = |help: &str| {
        let words = help.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
        let options = words.filter(|word| word.starts_with("--") && word.len() > 2);
        options.map(str::to_owned).collect::<Vec<_>>()
    };
    let all = options(&short);
    assert!(all.len() > 25, "{all:?}");
    for option in all {
        assert!(long.contains(&option), "{option} is not in the long help");
        assert!(page.contains(&option), "{option} is not in the manual page");
    }
    assert!(
        short.lines().count() < 80,
        "the short help is no longer short"
    );
}

fn text(stage: Stage) -> String {
    String::from_utf8(stage.stdout_any().run().stdout).expect("help is text")
}

/// Checks that a shell on a terminal that has read the completion script completes `prun --dead` after
/// a tab.
#[track_caller]
fn assert_completes(shell: Stage, setting: &str) {
    let mut run = shell.env("PS1", "ready> ").pty(24, 100).start();
    run.wait_for_screen("ready> ");
    run.type_keys(setting.as_bytes());
    run.wait_for_screen("it is read");
    run.type_keys(b"prun --dead\t");
    run.wait_for_screen("prun --deadline");
    run.type_keys(b"\x15exit\n");
    run.finish();
}

/// The path of a generated file, for a shell to read.
fn completion_script(file: &str) -> String {
    format!("{}/completions/{file}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn bash_completes_an_option() {
    if !needs("/bin/bash") {
        return;
    }
    let setting = format!(
        ". '{}'; printf 'it %s read\\n' is\n",
        completion_script("prun.bash")
    );
    let bash = Stage::of("/bin/bash").args(["--norc", "--noprofile", "-i"]);
    assert_completes(bash, &setting);
}

#[test]
fn bash_completes_the_values_of_an_option() {
    if !needs("/bin/bash") {
        return;
    }
    let script = format!(
        ". '{}'; COMP_WORDS=(prun --color a); COMP_CWORD=2; _prun prun a --color; echo \"${{COMPREPLY[@]}}\"",
        completion_script("prun.bash")
    );
    Stage::of("/bin/bash")
        .args(["-c", &script])
        .stdout("auto always\n")
        .run();
}

#[test]
fn zsh_completes_an_option() {
    if !needs("zsh") {
        return;
    }
    let setting = format!(
        "autoload -U compinit; compinit -u -D; . '{}'; printf 'it %s read\\n' is\n",
        completion_script("_prun")
    );
    assert_completes(Stage::of("zsh").args(["-f", "-i"]), &setting);
}

#[test]
fn fish_completes_an_option() {
    if !needs("fish") {
        return;
    }
    let script = format!(
        "source '{}'; complete -C 'prun --dead'",
        completion_script("prun.fish")
    );
    Stage::of("fish")
        .args(["--no-config", "-c", &script])
        .stdout("--deadline\tEnd the whole run after TIME [default: no limit]\n")
        .leaves_processes()
        .run();
}
