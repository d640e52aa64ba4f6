//! Where blocks end.

use super::lines;
use crate::stage::Stage;

#[test]
fn each_block_of_whole_lines_is_the_input_of_one_job() {
    Stage::new()
        .stdin("aaa\nbbb\nccc\nddd\n")
        .args(["--pipe", "--block", "9", "-k", "echo [; cat; echo ]"])
        .stdout("[\naaa\nbbb\n]\n[\nccc\nddd\n]\n")
        .run();
}

#[test]
fn a_block_may_end_exactly_at_its_size() {
    for (size, blocks) in [
        ("4", "1\n1\n1\n1\n"),
        ("8", "2\n2\n"),
        ("16", "4\n"),
        ("7", "1\n1\n1\n1\n"),
    ] {
        Stage::new()
            .stdin("aaa\nbbb\nccc\nddd\n")
            .args(["--pipe", "--block", size, "-k", "wc -l"])
            .stdout(blocks)
            .run();
    }
}

#[test]
fn a_block_may_be_a_number_of_records() {
    for (options, input) in [
        (&["-N2"][..], "1\n2\n3\n4\n5\n"),
        (&["-N", "2", "-0"], "1\n\x002\n\x003\n\x004\n\x005\n"),
    ] {
        let outcome = Stage::new()
            .stdin(input)
            .args(["--pipe", "-k"])
            .args(options)
            .args(["tr -d '\\0' | tr '\\n' ,; echo"])
            .stdout("1,2,\n3,4,\n5,\n")
            .run();
        drop(outcome);
    }
    Stage::new()
        .stdin("a\nb\nc\n")
        .args(["--pipe", "-k", "-N1", "sed", "s/^/{#}: /"])
        .stdout("1: a\n2: b\n3: c\n")
        .run();
}

#[test]
fn a_record_longer_than_the_block_is_a_block_of_its_own() {
    let long = "x".repeat(300_000);
    Stage::new()
        .stdin(format!("a\nb\n{long}\nc\nd\n"))
        .args(["--pipe", "-k", "--block", "1k", "wc"])
        .args(["-c"])
        .stdout("4\n300001\n4\n")
        .run();
}

#[test]
fn the_last_record_needs_no_end() {
    Stage::new()
        .stdin("a\nb\nc")
        .args(["--pipe", "-k", "--block", "4", "echo [; cat; echo ]"])
        .stdout("[\na\nb\n]\n[\nc]\n")
        .run();
}

#[test]
fn an_empty_input_runs_nothing() {
    Stage::new().args(["--pipe", "cat"]).run();
    Stage::new()
        .file("empty", "")
        .args(["--pipe", "-a", "empty", "cat"])
        .run();
    Stage::new()
        .stdin("only,names\n")
        .args(["--pipe", "--header", "1", "cat"])
        .run();
}

#[test]
fn the_header_comes_before_every_block() {
    let expected = "a,b\n1,2\n--\na,b\n3,4\n--\n";
    for input in [&["-a", "table.csv"][..], &["-a", "-"], &[]] {
        Stage::new()
            .file("table.csv", "a,b\n1,2\n3,4\n")
            .stdin("a,b\n1,2\n3,4\n")
            .args(["--pipe", "-k", "--header", "1", "--block", "7"])
            .args(input)
            .args(["cat; echo --"])
            .stdout(expected)
            .run();
    }
}

#[test]
fn records_may_begin_with_a_text() {
    let fasta = ">one\nAC\nGT\n>two\nTT\n>three\nA\n";
    for input in [&["-a", "x.fa"][..], &[]] {
        Stage::new()
            .file("x.fa", fasta)
            .stdin(fasta)
            .args(["--pipe", "-k", "--recstart", ">", "--block", "20"])
            .args(input)
            .args(["tr '\\n' ' '; echo"])
            .stdout(">one AC GT >two TT \n>three A \n")
            .run();
    }
    Stage::new()
        .stdin(fasta)
        .args(["--pipe", "-k", "--recstart", ">", "-N1", "head -1"])
        .stdout(">one\n>two\n>three\n")
        .run();
}

#[test]
fn records_may_begin_and_end_with_a_text() {
    Stage::new()
        .stdin("<r>1</r>\n<r>2 </r>\n x</r>\n<r>3</r>\n")
        .args([
            "--pipe",
            "-k",
            "--recstart",
            "<r>",
            "--recend",
            "</r>\\n",
            "-N1",
            "tr '\\n' .; echo",
        ])
        .stdout("<r>1</r>.\n<r>2 </r>. x</r>.\n<r>3</r>.\n")
        .run();
}

#[test]
fn records_may_end_with_any_bytes() {
    for (end, input) in [
        ("\\0", "a\0b\0"),
        ("\\x00", "a\0b\0"),
        ("\\t", "a\tb\t"),
        (";\\n", "a;\nb;\n"),
        ("--", "a--b--"),
    ] {
        Stage::new()
            .stdin(input)
            .args(["--pipe", "-k", "--recend", end, "-N1", "head -c1; echo"])
            .stdout("a\nb\n")
            .run();
    }
}

#[test]
fn no_block_ends_within_a_record_and_no_byte_is_lost() {
    let input = lines(700_000);
    for options in [&["--block", "64K"][..], &["--block", "10k"], &["-N", "777"]] {
        for from in [&["-a", "lines"][..], &[]] {
            let outcome = Stage::new()
                .file("lines", &input)
                .stdin(input.clone())
                .args(["--pipe", "-k", "--log-dir", "out"])
                .args(options)
                .args(from)
                .args(["cat"])
                .stdout(&input)
                .run();
            for entry in std::fs::read_dir(outcome.path("out")).unwrap() {
                let block = std::fs::read(entry.unwrap().path()).unwrap();
                assert!(block.is_empty() || block.ends_with(b"\n"));
            }
        }
    }
}

#[test]
fn a_file_at_standard_input_is_cut_from_where_its_reader_is() {
    Stage::new()
        .file("lines", "1\n2\n3\n4\n")
        .in_shell("{ head -c2 >/dev/null; \"$@\"; cat; } <lines")
        .args(["--pipe", "-k", "-N2", "tr '\\n' ,; echo"])
        .stdout("2,3,\n4,\n")
        .run();
}

#[test]
fn a_fifo_is_read_as_a_stream() {
    Stage::new()
        .in_shell("mkfifo f; seq 5 >f & exec \"$@\"")
        .args(["--pipe", "-k", "-a", "f", "-N2", "tr '\\n' ,; echo"])
        .stdout("1,2,\n3,4,\n5,\n")
        .run();
}
