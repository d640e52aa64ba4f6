//! The cases. To add one, write a function that returns a [`Case`] and name it in [`all`].

use std::io;
use std::iter;
use std::rc::Rc;

use crate::case::{Case, Contender, Input, Proof};
use crate::os::TRUE;
use crate::programs::{Program, Programs};

const ROUNDS: u32 = 5;

pub(crate) fn all(programs: &Programs) -> io::Result<Vec<Case>> {
    Ok(vec![
        launch(programs)?,
        start_up(programs)?,
        big_output(programs)?,
        text_lines(programs),
        four_outputs(programs),
        many_jobs(programs)?,
        columns(programs)?,
        blocks_of_a_pipe(programs)?,
        blocks_of_a_file(programs)?,
    ])
}

/// The cost of one more job.
fn launch(programs: &Programs) -> io::Result<Case> {
    const JOBS: u32 = 2000;
    // The jobs, and the contender itself.
    let proof = Proof::Started(u64::from(JOBS) + 1);
    let commands = Input::of_lines(
        &format!("{JOBS} lines of {TRUE}"),
        iter::repeat_n(TRUE, JOBS as usize),
    )?;
    let numbers = Input::of_lines(
        &format!("{JOBS} numbers"),
        (1..=JOBS).map(|n| n.to_string()),
    )?;
    // It reads no input: every argument after `--` is a job.
    let moreutils_args = ["-j2", TRUE, "--"]
        .map(str::to_owned)
        .into_iter()
        .chain((1..=JOBS).map(|n| n.to_string()));
    Ok(Case {
        name: "launch",
        what: format!(
            "{JOBS} × {TRUE}, two at a time. Standard input is a file, stdout is /dev/null."
        ),
        rounds: ROUNDS,
        contenders: vec![
            Contender::bare_loop(JOBS, 2),
            Contender::new(&programs.prun, proof, ["-j2"]).reading(&commands),
            Contender::new(&programs.prun, proof, ["-j2", "--json"])
                .named("prun --json")
                .reading(&commands),
            Contender::new(&programs.prun, proof, ["-j2", "-a", "-", TRUE])
                .named("prun -a -")
                .reading(&numbers),
            Contender::new(&programs.xargs, proof, ["-P2", "-n1", TRUE]).reading(&numbers),
            Contender::new(&programs.rust_parallel, proof, ["-j2"]).reading(&commands),
            Contender::new(&programs.moreutils_parallel, proof, moreutils_args),
            Contender::new(&programs.gnu_parallel, proof, ["-j2"]).reading(&commands),
        ],
    })
}

/// The cost of the first job.
fn start_up(programs: &Programs) -> io::Result<Case> {
    const RUNS: u32 = 200;
    // GNU parallel needs a tenth of a second to start.
    const FEWER: u32 = 20;
    let proof = Proof::Started(2);
    let command = Input::of_lines("one line: /bin/true", [TRUE])?;
    let number = Input::of_lines("one line: 1", ["1"])?;
    let no_args: [&str; 0] = [];
    Ok(Case {
        name: "start-up",
        what: format!(
            "one {TRUE}, {RUNS} runs one after the other; times are for all {RUNS}. Stdout is /dev/null."
        ),
        rounds: ROUNDS,
        contenders: vec![
            Contender::bare_loop(RUNS, 1),
            // A shell execs its last command, without a child.
            Contender::new(&programs.sh, Proof::Started(1), ["-c", TRUE]).runs(RUNS),
            Contender::new(&programs.prun, proof, [TRUE]).runs(RUNS),
            Contender::new(&programs.prun_static, proof, [TRUE]).runs(RUNS),
            Contender::new(&programs.xargs, proof, [TRUE])
                .reading(&number)
                .runs(RUNS),
            Contender::new(&programs.rust_parallel, proof, no_args)
                .reading(&command)
                .runs(RUNS),
            Contender::new(&programs.moreutils_parallel, proof, [TRUE, "--", "1"]).runs(RUNS),
            Contender::new(&programs.gnu_parallel, proof, no_args)
                .reading(&command)
                .runs(RUNS / FEWER)
                .scaled(FEWER),
        ],
    })
}

/// The cost of collecting a job's output.
///
/// Stdout is a pipe with a reader, as in `prun … | less`: with /dev/null a contender could discard
/// bytes at no cost (with `splice`, say), which is no use to a reader of the output.
fn big_output(programs: &Programs) -> io::Result<Case> {
    const BYTES: u64 = 2 << 30;
    // rust-parallel keeps the output in memory, often more than once.
    const LESS: u32 = 8;
    const LESS_BYTES: u64 = BYTES / LESS as u64;
    let all = Proof::Wrote(BYTES);
    let less = Proof::Wrote(LESS_BYTES);
    let head = format!("head -c {BYTES} /dev/zero");
    let through_cat = format!("{head} | cat");
    let head_args = Input::of_lines(
        &format!("one line: {BYTES} /dev/zero"),
        [format!("{BYTES} /dev/zero")],
    )?;
    let less_commands = Input::of_lines(
        &format!("two lines: head -c {LESS_BYTES} /dev/zero, true"),
        [format!("head -c {LESS_BYTES} /dev/zero"), "true".to_owned()],
    )?;
    Ok(Case {
        name: "big-output",
        what: "one job writes 2 GiB of zeros. Stdout is a pipe that this bench drains with reads of 64 KiB.\n  \
               Grouped, beside a second job, the output must be kept until the job ends (often in a file in $TMPDIR).\n  \
               Raw, the job has the pipe itself: no copy is made, but the reader meets the small writes of head, which\n  \
               the limit's cat gathers into large ones; so raw may come out on either side of 1.00."
            .to_owned(),
        rounds: ROUNDS,
        contenders: vec![
            Contender::new(&programs.sh, all, ["-c", &through_cat]).named("limit"),
            Contender::new(&programs.prun, all, ["-j2", &head, "true"]).named("prun, grouped"),
            Contender::new(&programs.prun, all, ["-o", "raw", &head]).named("prun, raw"),
            Contender::new(&programs.xargs, all, ["head", "-c"])
                .named("xargs, raw")
                .reading(&head_args),
            Contender::new(&programs.rust_parallel, less, ["-j2"])
                .named("rust-parallel, grouped")
                .reading(&less_commands)
                .scaled(LESS),
            Contender::new(&programs.gnu_parallel, all, ["-j2", ":::", &head, "true"])
                .named("GNU parallel, grouped"),
        ],
    })
}

/// The cost of examining every line.
fn text_lines(programs: &Programs) -> Case {
    const LINES: u64 = 6 << 20;
    const LINE: u64 = 80;
    const BYTES: u64 = LINES * LINE;
    let line = "0123456789".repeat(LINE as usize / 10);
    let text = format!("yes {} | head -c {BYTES}", &line[1..]);
    let through_cat = format!("{text} | cat");
    let named = format!("a: {text}");
    Case {
        name: "text-lines",
        what: format!(
            "one of two jobs writes {LINES} lines of {LINE} bytes. Stdout is a pipe that this bench drains."
        ),
        rounds: ROUNDS,
        contenders: vec![
            Contender::new(&programs.sh, Proof::Wrote(BYTES), ["-c", &through_cat]).named("limit"),
            Contender::new(&programs.prun, Proof::Wrote(BYTES), ["-j2", &text, "true"])
                .named("prun, grouped"),
            Contender::new(
                &programs.prun,
                Proof::Wrote(BYTES + LINES * "a | ".len() as u64),
                ["-j2", "-o", "line", &named, "b: true"],
            )
            .named("prun -o line"),
            Contender::new(
                &programs.prun,
                Proof::WroteAtLeast(BYTES),
                ["-j2", "--json", &text, "true"],
            )
            .named("prun --json"),
            Contender::new(
                &programs.gnu_parallel,
                Proof::WroteAtLeast(BYTES),
                ["-j2", "--tag", "--lb", ":::", &text, "true"],
            )
            .named("GNU parallel --tag --lb"),
        ],
    }
}

/// The cost of jobs that write much output at once.
fn four_outputs(programs: &Programs) -> Case {
    const BYTES: u64 = 500 << 20;
    const JOBS: u64 = 4;
    let head = format!("head -c {BYTES} /dev/zero");
    let all = Proof::Wrote(JOBS * BYTES);
    let through_cats = format!("for job in 1 2 3 4; do {head} | cat & done; wait");
    let jobs = vec![head.as_str(); JOBS as usize];
    let jobs_of = |options: &[&'static str]| -> Vec<String> {
        let words = options.iter().chain(&jobs);
        words.map(|word| (*word).to_owned()).collect()
    };
    Case {
        name: "four-outputs",
        what: "four jobs write 500 MiB of zeros each, at once. Stdout is a pipe that this bench drains."
            .to_owned(),
        rounds: ROUNDS,
        contenders: vec![
            Contender::new(&programs.sh, all, ["-c", &through_cats]).named("limit"),
            Contender::new(&programs.prun, all, jobs_of(&["-j4"])).named("prun, grouped"),
            Contender::new(&programs.gnu_parallel, all, jobs_of(&["-j4", ":::"]))
                .named("GNU parallel, grouped"),
        ],
    }
}

/// The cost of a row of a table, from its bytes to a printed command.
fn columns(programs: &Programs) -> io::Result<Case> {
    const ROWS: u64 = 1_000_000;
    // GNU parallel prints some thousands of rows a second.
    const FEWER: u32 = 200;
    let table = |rows: u64| {
        let lines = (1..=rows).map(|row| format!("{row},name {row},d/f{row}.gz"));
        Input::of_lines(&format!("{rows} rows of CSV"), lines)
    };
    let printed = |rows: u64| {
        let line = |row: u64| format!("{TRUE} d/f{row}.gz {row}\n").len() as u64;
        Proof::Wrote((1..=rows).map(line).sum())
    };
    let rows = table(ROWS)?;
    let awk = format!("awk -F, '{{print \"{TRUE} \" $3 \" \" $1}}'");
    let few = ROWS / u64::from(FEWER);
    Ok(Case {
        name: "columns",
        what: format!(
            "a dry run of one command for each of {ROWS} rows of CSV. Standard input is a file, stdout is a pipe\n  \
             that this bench drains."
        ),
        rounds: ROUNDS,
        contenders: vec![
            Contender::new(&programs.sh, printed(ROWS), ["-c", &awk])
                .named("limit")
                .reading(&rows),
            Contender::new(
                &programs.prun,
                printed(ROWS),
                ["-n", "--csv", "-a", "-", TRUE, "{3}", "{1}"],
            )
            .named("prun -n --csv")
            .reading(&rows),
            Contender::new(
                &programs.gnu_parallel,
                printed(few),
                ["-k", "--dry-run", "--colsep", ",", TRUE, "{3}", "{1}"],
            )
            .named("GNU parallel --dry-run --colsep")
            .reading(&table(few)?)
            .scaled(FEWER),
        ],
    })
}

/// Whether a job costs more when there are many.
fn many_jobs(programs: &Programs) -> io::Result<Case> {
    const FEW: u32 = 1000;
    const MANY: u32 = 20 * FEW;
    let numbers = |count: u32| {
        let lines = (1..=count).map(|number| number.to_string());
        Input::of_lines(&format!("{count} numbers"), lines)
    };
    let proof = |count: u32| Proof::Started(u64::from(count) + 1);
    let args = ["-j2", "-a", "-", TRUE];
    Ok(Case {
        name: "many-jobs",
        what: format!(
            "{FEW} × {TRUE} again and again, beside {MANY} in one run; 1.00 is as cheap."
        ),
        rounds: ROUNDS,
        contenders: vec![
            Contender::new(&programs.prun, proof(FEW), args)
                .named("few jobs a run")
                .reading(&numbers(FEW)?)
                .runs(MANY / FEW),
            Contender::new(&programs.prun, proof(MANY), args)
                .named("all in one run")
                .reading(&numbers(MANY)?),
        ],
    })
}

/// How many bytes are cut into blocks.
const CUT_BYTES: u64 = 2 << 30;

/// Lines of 80 bytes.
fn lines_to_cut() -> io::Result<Rc<Input>> {
    const LINE: u64 = 80;
    let line = "0123456789".repeat(LINE as usize / 10);
    let lines = iter::repeat_n(&line[1..], (CUT_BYTES / LINE) as usize);
    Input::of_lines("2 GiB of lines", lines)
}

/// A contender that runs `script`, in which `program` is `"$0"`.
fn scripted(programs: &Programs, program: &Program, script: &str) -> Contender {
    // At least the number of the lines.
    let proof = Proof::WroteAtLeast(8);
    match &program.path {
        Some(path) => {
            let path = path.to_string_lossy().into_owned();
            let args = ["-c".to_owned(), script.to_owned(), path];
            Contender::new(&programs.sh, proof, args).named(program.name)
        }
        None => Contender::new(program, proof, [script]),
    }
}

/// The cost of cutting what can be read only once.
fn blocks_of_a_pipe(programs: &Programs) -> io::Result<Case> {
    let lines = lines_to_cut()?;
    let contender = |program, script| scripted(programs, program, script).reading(&lines);
    let script = "cat | \"$0\" --pipe --block 10M wc -l";
    Ok(Case {
        name: "blocks-pipe",
        what:
            "the lines of 2 GiB are counted, from a pipe. Stdout is a pipe that this bench drains."
                .to_owned(),
        rounds: ROUNDS,
        contenders: vec![
            contender(&programs.sh, "cat | wc -l").named("limit"),
            contender(&programs.prun, script),
            contender(&programs.gnu_parallel, script),
        ],
    })
}

/// The cost of cutting a file, of which each job reads its part.
fn blocks_of_a_file(programs: &Programs) -> io::Result<Case> {
    let lines = lines_to_cut()?;
    let contender = |program, script| scripted(programs, program, script).reading(&lines);
    let half = CUT_BYTES / 2;
    let by_hand = format!(
        "exec 3<&0; head -c {half} /dev/fd/3 | wc -l & tail -c {half} /dev/fd/3 | wc -l; wait"
    );
    Ok(Case {
        name: "blocks-file",
        what: "the lines of 2 GiB are counted, from a file. The limit cuts it in two by hand."
            .to_owned(),
        rounds: ROUNDS,
        contenders: vec![
            contender(&programs.sh, &by_hand).named("limit"),
            contender(
                &programs.prun,
                "\"$0\" --pipe -a /dev/stdin --block 10M wc -l",
            ),
            contender(
                &programs.gnu_parallel,
                "exec 3<&0; \"$0\" --pipepart -a /proc/$$/fd/3 --block 10M wc -l; true",
            ),
        ],
    })
}
