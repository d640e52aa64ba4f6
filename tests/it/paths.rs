//! The paths that options name: what is there is looked at before it is touched.

use crate::stage::Stage;

#[test]
fn a_file_that_is_no_job_log_is_refused_and_left_as_it_is() {
    for bytes in [
        &b"{\"a\":1}"[..],
        b"echo a\necho b",
        b"echo a\n",
        b"SQLite format 3\0and more\0\n",
        b"\x7fELF\x02\x01\x01\0\0\0",
        b"\0\0\0\0an image of a disk",
        b"{\"type\":\"run_end\",\"wall_s\":1.0}\n",
        b"\n",
    ] {
        for resume in [None, Some("--resume")] {
            let outcome = Stage::new()
                .file("data", bytes)
                .args(["--joblog", "data"])
                .args(resume)
                .arg("touch never")
                .stderr(
                    "prun: --joblog data: is not a job log, by its first line: name another file\n",
                )
                .code(2)
                .run();
            assert_eq!(outcome.read("data"), bytes);
            assert!(!outcome.path("never").exists());
        }
    }
}

#[test]
fn a_log_that_was_begun_and_no_more_is_gone_on_with() {
    for bytes in [
        &b""[..],
        b"{\"type\":\"run_st",
        b"\0\0\0\0",
        b"{\"type\":\"run_start\",\"t_un\0\0",
    ] {
        let said = match bytes.len() {
            0 => String::new(),
            torn => format!("prun: log: {torn} bytes of an unfinished last line are dropped\n"),
        };
        let outcome = Stage::new()
            .file("log", bytes)
            .args(["--joblog", "log", "echo ran"])
            .stdout("ran\n")
            .stderr(said)
            .run();
        assert!(
            outcome
                .read_text("log")
                .starts_with("{\"type\":\"run_start\",")
        );
    }
}
