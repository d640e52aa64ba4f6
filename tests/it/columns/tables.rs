//! The fields of each record are the values of a job.

use crate::stage::Stage;

/// A run of one job after the other with the arguments of a file.
fn with_table(name: &str, text: &str, args: &[&str]) -> Stage {
    let stage = Stage::new().file(name, text).arg("-j1");
    stage.args(["-a", name]).args(args)
}

#[test]
fn the_fields_of_a_csv_file_are_numbered() {
    let text = "id,note\r\n1,\"a, \"\"b\"\"\"\r\n\r\n2,\r\n";
    with_table(
        "t.csv",
        text,
        &["--csv", "printf", "%s<%s>\n", "{1}", "{2}"],
    )
    .stdout("id<note>\n1<a, \"b\">\n2<>\n")
    .run();
}

#[test]
fn a_quoted_field_may_hold_newlines_and_every_form_takes_it() {
    let text = "\"d/a\nb.txt\",x\n";
    with_table(
        "t.csv",
        text,
        &["--csv", "printf", "%s|", "{1}", "{1/.}", "{2/x/y}"],
    )
    .stdout("d/a\nb.txt|a\nb|y|")
    .run();
}

#[test]
fn fields_are_values_in_a_shell_and_never_code() {
    let text = "$(touch PWN)\t`touch PWN`;\t'\"\n";
    let stage = with_table("t.tsv", text, &["--tsv", "echo {2} \"{1}\" {3}; :"]);
    let outcome = stage.stdout("`touch PWN`; $(touch PWN) '\"\n").run();
    assert!(!outcome.path("PWN").exists());
}

#[test]
fn tab_separated_values_have_no_quotes() {
    with_table("t.tsv", "\"a\tb\"\n", &["--tsv", "/bin/echo", "{2}", "{1}"])
        .stdout("b\" \"a\n")
        .run();
}

#[test]
fn columns_may_have_any_separator() {
    for (separator, text) in [("::", "a::b\n"), (" ", " a \t b \n"), ("\\t", "a\tb\n")] {
        with_table("t", text, &["--colsep", separator, "/bin/echo", "{2}-{1}"])
            .stdout("b-a\n")
            .run();
    }
    Stage::new()
        .args(["--colsep", "\\s+", "-a", "-", "echo"])
        .stderr_has("`\\s` is not known: the separator is literal text")
        .code(2)
        .run();
}

#[test]
fn without_a_placeholder_the_fields_are_appended_as_words() {
    with_table("t.csv", "a b,c\n", &["--csv", "printf", "<%s>"])
        .stdout("<a b><c>")
        .run();
    with_table("t.csv", "a b,c\n", &["--csv", "printf '<%s>' {}; :"])
        .stdout("<a b><c>")
        .run();
}

#[test]
fn the_records_of_standard_input_need_no_a() {
    Stage::new()
        .args(["-j1", "--csv", "echo {2}; :"])
        .stdin("a,b\nc,d\n")
        .stdout("b\nd\n")
        .run();
}

#[test]
fn the_columns_of_several_sources_are_counted_on() {
    let args = ["--csv", "/bin/echo", "{1}{2}{3}", ":::", "x", "y"];
    with_table("t.csv", "a,b\nc,d\n", &args)
        .stdout("abx\naby\ncdx\ncdy\n")
        .run();
    let args = ["--csv", "--link", "/bin/echo", "{3}{1}", ":::", "x", "y"];
    with_table("t.csv", "a,b\nc,d\n", &args)
        .stdout("xa\nyc\n")
        .run();
}

#[test]
fn a_ragged_row_of_a_file_is_an_error_with_its_line_before_anything_starts() {
    let text = "a,b\n\"c\nc\",d\n\ne\nf,g\n";
    let stage = with_table("t.csv", text, &["--csv", "touch", "{1}"]);
    let outcome = stage
        .stderr("prun: t.csv:5: 1 instead of the 2 fields of line 1: every record needs as many\n")
        .code(2)
        .run();
    assert!(!outcome.path("a").exists());
}

#[test]
fn a_ragged_row_of_a_stream_is_an_error_at_that_line() {
    Stage::new()
        .args(["-j1", "--tsv", "echo {1}; :"])
        .stdin("a\tb\nc\n")
        .stdout("a\n")
        .stderr_has("stdin:2: 1 instead of the 2 fields of line 1")
        .code(2)
        .run();
}

#[test]
fn an_unclosed_quote_is_an_error_with_its_line() {
    let error = "prun: t.csv:2: a quote in this record has no end: close it (a quote in a quoted field is written \"\")\n";
    with_table("t.csv", "a,b\n\"c,d\n", &["--csv", "echo"])
        .stderr(error)
        .code(2)
        .run();
}

#[test]
fn a_column_beyond_the_last_is_an_error_with_the_line_that_tells_it() {
    with_table("t.csv", "a,b\n", &["--csv", "/bin/echo", "{3}"])
        .stderr("prun: t.csv:1: `{3}` is out of range: each job has only 2 values\n")
        .code(2)
        .run();
}

#[test]
fn no_records_are_no_jobs() {
    with_table("t.csv", "", &["--csv", "echo", "{3}"]).run();
    with_table("t.csv", "", &["--csv", "--header", "echo", "{n}"]).run();
}

#[test]
fn options_for_columns_need_a_file_and_exclude_one_another() {
    for (args, error) in [
        (
            &["--csv", "echo", ":::", "a"][..],
            "prun: --csv is for files of arguments: add -a FILE before the command (`-a -` reads standard input)\n",
        ),
        (
            &["--csv", "-a", "t.csv"],
            "prun: --csv without a command: write the command before the first `:::`: prun gzip {} ::: *.log\n",
        ),
        (
            &["--csv", "-N2", "-a", "t.csv", "echo"],
            "prun: -N cannot be used with columns or --header: each job gets the fields of one record\n",
        ),
    ] {
        Stage::new()
            .file("t.csv", "a,b\n")
            .args(args)
            .stderr(error)
            .code(2)
            .run();
    }
    for pair in [
        ["--csv", "--tsv"],
        ["--csv", "--colsep=,"],
        ["--tsv", "--colsep=,"],
        ["--csv", "-0"],
    ] {
        let stage = Stage::new().args(pair).args(["-a", "t.csv", "echo"]);
        stage.stderr_has("cannot be used with").code(2).run();
    }
}
