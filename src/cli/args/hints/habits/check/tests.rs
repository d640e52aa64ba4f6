use clap::Parser;

use super::*;
use crate::cli::args::hints::gnu_parallel::BATCH;

/// Returns the complaint about a command line, where only HOME is set.
fn complaint(words: &[&str]) -> Option<String> {
    let typed: Vec<OsString> = words.iter().map(OsString::from).collect();
    let program = [OsString::from("prun")];
    let args = Args::try_parse_from(program.iter().chain(&typed)).unwrap();
    let checked = check(&args, &typed, |name| name == "HOME");
    checked.err().map(|error| error.to_string())
}

#[test]
fn an_unset_without_a_variable_is_a_habit_of_gnu_parallel() {
    let unset = "`-u gzip` would remove the variable `gzip`, which is not set: GNU parallel's -u is \
                 `-o raw` (write --unset if you mean a variable)";
    for words in [
        &["-u", "gzip", "-9", ":::", "a"][..2],
        &["-ugzip", "ls"],
        &["-ku", "gzip", "ls"],
        &["-u", "gzip", "{}", ":::", "a"],
    ] {
        assert_eq!(complaint(words).as_deref(), Some(unset), "{words:?}");
    }
    for words in [
        &["-u", "HOME", "ls"][..],
        &["-uHOME", "ls", ":::", "a"],
        &["--unset", "gzip", "ls"],
        &["--unset=gzip", "ls"],
        &["-u", "HOME", "-j2", ":::", "ls"],
        &["-u", "a=b", "ls"],
        &["-u", "A", "-e", "A=1", "ls"],
    ] {
        assert_eq!(complaint(words), None, "{words:?}");
    }
}

#[test]
fn an_unset_right_before_the_values_is_never_one() {
    for words in [&["-u", "HOME", ":::", "ls"][..], &["-kuHOME", ":::", "ls"]] {
        let complaint = complaint(words).unwrap();
        assert!(
            complaint.contains("run the values as commands"),
            "{complaint}"
        );
    }
    assert_eq!(complaint(&["--unset", "HOME", ":::", "ls"]), None);
}

#[test]
fn a_number_or_names_after_n_are_its_value_elsewhere() {
    assert_eq!(complaint(&["-n", "1", "gzip"]).as_deref(), Some(BATCH));
    assert_eq!(
        complaint(&["-n", "web,api", "npm run web", "npm run api"]).as_deref(),
        Some("`-n` is --dry-run; name the commands instead: prun 'web: npm run web'")
    );
    for words in [
        &["1", "gzip"][..],
        &["-n", "1a"],
        &["-n", "a,b", "c"],
        &["-n"],
        &["-n", "make a,b", "c", "d"],
    ] {
        assert_eq!(complaint(words), None, "{words:?}");
    }
}

#[test]
fn a_value_that_needs_an_equals_sign_is_no_command() {
    for (option, value) in [
        ("--json", "events"),
        ("--json", "jobs"),
        ("--fail-fast", "soon"),
        ("--guard", "never"),
        ("--race", "ok"),
        ("--shell", "bash"),
        ("--shell", "/bin/zsh"),
        ("--shell", "bash -euo pipefail"),
    ] {
        let text = format!(
            "`{option} {value}` would run the command `{value}`: write {option}={value} (or `--` \
             before a command)"
        );
        assert_eq!(complaint(&[option, value, "ls"]), Some(text));
    }
    for words in [
        &["--json", "--", "jobs"][..],
        &["--json=events", "jobs"],
        &["--json", "-j2", "jobs"],
        &["--shell", "bash x.sh"],
        &["--shell", "ls"],
    ] {
        assert_eq!(complaint(words), None, "{words:?}");
    }
}

#[test]
fn other_meanings_of_s_and_of_c_are_habits() {
    assert!(
        complaint(&["-s", "1000", "gzip"])
            .unwrap()
            .contains("`-N max`")
    );
    assert!(
        complaint(&["-s", "first", "a", "b"])
            .unwrap()
            .contains("`--race`")
    );
    assert!(
        complaint(&["-s", "command-web", "a"])
            .unwrap()
            .contains("`--race`")
    );
    assert!(
        complaint(&["-C", ",", "ls"])
            .unwrap()
            .contains("is no directory")
    );
    assert_eq!(complaint(&["-C", "./,", "ls"]), None);
}

#[test]
fn a_script_of_npm_is_written_out() {
    assert_eq!(
        complaint(&["ls", "npm:build"]).as_deref(),
        Some("`npm:build` is a script of package.json: write 'npm run build'")
    );
    assert_eq!(
        complaint(&["npm:watch-*"]).as_deref(),
        Some(
            "`npm:watch-*` is a script of package.json: write 'npm run NAME' for each script, such \
             as 'npm run build'"
        )
    );
    for words in [
        &["npm: npm run build"][..],
        &["echo", ":::", "npm:build"],
        &["x:build"],
    ] {
        assert_eq!(complaint(words), None, "{words:?}");
    }
}

#[test]
fn an_option_after_a_line_with_a_placeholder_goes_before_it() {
    for words in [&["echo {}", "-k"][..], &["gzip -9 {}", "-j4", ":::", "a"]] {
        let complaint = complaint(words).unwrap();
        assert!(
            complaint.ends_with("options go before the command"),
            "{complaint}"
        );
    }
    for words in [
        &["gzip", "-k", "{}", ":::", "a"][..],
        &["echo {}", "x", ":::", "-k"],
        &["a program", "-k", ":::", "a"],
    ] {
        assert_eq!(complaint(words), None, "{words:?}");
    }
}

#[test]
fn null_needs_input() {
    assert!(
        complaint(&["-0", "gzip"])
            .unwrap()
            .contains("prun -0 gzip {}")
    );
    for words in [
        &["-0"][..],
        &["-0", "-a", "-", "gzip"],
        &["-0", "-f", "jobs"],
        &["-0", "gzip {}"],
        &["-0", "-N2", "gzip"],
    ] {
        assert_eq!(complaint(words), None, "{words:?}");
    }
}
