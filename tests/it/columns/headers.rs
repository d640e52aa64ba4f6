//! The names of columns.

use crate::stage::Stage;

/// A run of one job after the other with the arguments of a file that has names.
fn with_names(name: &str, text: &str, args: &[&str]) -> Stage {
    let stage = Stage::new().file(name, text).args(["-j1", "--header"]);
    stage.args(["-a", name]).args(args)
}

const PEOPLE: &str = "id,file,full name\n7,d/a.gz,Ann B\n8,e/b.gz,Cy D\n";

#[test]
fn a_column_is_named_by_the_header_in_every_form() {
    with_names(
        "p.csv",
        PEOPLE,
        &[
            "--csv",
            "echo {id} {file/.} {file%.gz} \"{full name}\" {1} {#}; :",
        ],
    )
    .stdout("7 a d/a Ann B 7 1\n8 b e/b Cy D 8 2\n")
    .run();
}

#[test]
fn a_name_that_is_no_column_is_an_error_with_the_line_of_the_header() {
    let outcome = with_names("p.csv", PEOPLE, &["--csv", "touch", "{id}", "{nmae/.}"])
        .stderr("prun: p.csv:1: no column for `{nmae/.}`: the columns are id, file, full name (`{{nmae/.}}` is the text `{nmae/.}`)\n")
        .code(2)
        .run();
    assert!(!outcome.path("7").exists());
    with_names("p.csv", PEOPLE, &["--csv", "echo '{{print}}' {id}; :"])
        .stdout("{print} 7\n{print} 8\n")
        .run();
}

#[test]
fn text_that_looks_like_no_name_is_left_alone() {
    let program = "BEGIN {printf \"%s %d\\n\", ARGV[1], 1}";
    with_names("p.csv", PEOPLE, &["--csv", "awk", program, "{id}"])
        .stdout("7 1\n8 1\n")
        .run();
}

#[test]
fn two_columns_of_one_name_are_an_error() {
    with_names("p.csv", "a,b,a\n1,2,3\n", &["--csv", "echo", "{b}"])
        .stderr("prun: p.csv:1: two columns are named `a`: every name must be unique\n")
        .code(2)
        .run();
    with_names(
        "p.csv",
        "a,b\n1,2\n",
        &["--csv", "echo", "{b}", ":::", "b", "x"],
    )
    .stderr("prun: two sources have a column named `b`: every name must be unique\n")
    .code(2)
    .run();
}

#[test]
fn the_keys_of_json_lines_are_names() {
    let text = "{\"n\":1.50,\"s\":\"a \\\"b\\\"\\n\"}\n\n{\"s\":null,\"n\":true}\n";
    for name in ["x.jsonl", "x.NDJSON", "x"] {
        with_names(name, text, &["printf", "%s<%s>", "{n}", "{s}"])
            .stdout("1.50<a \"b\"\n>true<>")
            .run();
    }
    Stage::new()
        .args(["-j1", "--header", "/bin/echo {n}"])
        .stdin("{\"n\":\"a\"}\n{\"n\":\"b\"}\n")
        .stdout("a\nb\n")
        .run();
}

#[test]
fn an_object_with_other_keys_or_nested_values_is_an_error_with_its_line() {
    for (line, error) in [
        (
            "{\"m\":1}",
            "x.jsonl:2: the key `m` is in this object, but not in that on line 1: every object needs the same keys",
        ),
        (
            "{\"n\":[1]}",
            "x.jsonl:2:9: the value of `n` is not a string, a number, true, false or null",
        ),
        (
            "[1]",
            "x.jsonl:2:1: invalid type: sequence, expected a JSON object",
        ),
    ] {
        let text = format!("{{\"n\":1}}\n{line}\n");
        with_names("x.jsonl", &text, &["echo", "{n}"])
            .stderr(format!("prun: {error}\n"))
            .code(2)
            .run();
    }
}

#[test]
fn the_first_argument_of_a_list_is_its_name() {
    let args = [
        "-j1",
        "--header",
        "/bin/echo",
        "{n}-{m}",
        ":::",
        "n",
        "1",
        "2",
        ":::",
        "m",
        "x",
    ];
    Stage::new().args(args).stdout("1-x\n2-x\n").run();
}

#[test]
fn the_first_line_of_plain_arguments_is_their_name() {
    with_names("l", "n\na\nb\n", &["/bin/echo", "{n}{}"])
        .stdout("aa\nbb\n")
        .run();
}

#[test]
fn a_colon_after_the_option_is_no_command() {
    with_names("p.csv", PEOPLE, &[":", "echo", "{id}"])
        .stderr("prun: --header has no value: remove the `:`\n")
        .code(2)
        .run();
}
