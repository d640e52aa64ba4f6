//! The output that comes back.

use super::*;

#[test]
fn output_comes_as_it_is_printed_if_it_is_wanted_so() {
    let mut stage = Stage::with(|settings| settings.output = WorkOutput::Line);
    stage.write(&[run_start(), start(1, 1), output(1, Stream::Stdout, b"one ")].concat());
    assert_eq!(told(&stage.look())[2..], ["print 1 \"one \""]);
    stage.write(&output(1, Stream::Stderr, b"two"));
    stage.write(&end(1, exited(0), 4));
    let found = stage.look();
    assert_eq!(told(&found)[0], "print 1 \"two\"");
    let last = job_end(&found).last.as_ref().unwrap();
    assert_eq!(
        (last.stdout.len(), last.stdout.taken(), last.is_truncated()),
        (4, 4, false)
    );
}

#[test]
fn a_job_is_ok_only_if_all_its_output_came() {
    let journal = [
        run_start(),
        start(1, 1),
        output(1, Stream::Stdout, b"abc"),
        end(1, exited(0), 5),
    ]
    .concat();
    let mut stage = Stage::new();
    stage.write(&journal);
    let found = stage.look();
    let end = job_end(&found);
    let last = end.last.as_ref().unwrap();
    assert_eq!(end.status, Status::Failed);
    assert_eq!(
        last.error(),
        Some("2 bytes of its output have not come back")
    );
    assert_eq!((last.stdout.len(), last.stdout.lost()), (3, 2));
}

#[test]
fn output_that_is_not_to_come_is_not_missed() {
    let changes: [fn(&mut TailSettings); 2] = [
        |settings| settings.output = WorkOutput::None,
        |settings| settings.is_quiet = true,
    ];
    for change in changes {
        let mut stage = Stage::with(change);
        stage.write(&[run_start(), start(1, 1), end(1, exited(0), 5)].concat());
        let found = stage.look();
        let end = job_end(&found);
        assert_eq!(end.status, Status::Ok);
        assert_eq!(end.last.as_ref().unwrap().stdout.len(), 5);
    }
}

#[test]
fn output_that_is_larger_than_memory_is_in_a_file() {
    const PIECES: u64 = 500;
    let mut stage = Stage::new();
    let piece = vec![b'x'; 64 * 1024];
    stage.write(&[run_start(), start(1, 1)].concat());
    for _ in 0..PIECES {
        stage.write(&output(1, Stream::Stdout, &piece));
    }
    let bytes = PIECES * piece.len() as u64;
    stage.write(&end(1, exited(0), bytes));
    let found = stage.look();
    let last = job_end(&found).last.as_ref().unwrap();
    assert_eq!(last.stdout.len(), bytes);
    assert!(last.stdout.head().len() <= 64 * 1024);
    assert_eq!(
        std::io::copy(&mut last.stdout.reader(0), &mut std::io::sink()).unwrap(),
        bytes
    );
}
