//! The engine compared with `tokio::process` at the same work, as ratios in one run.
//!
//! `cargo bench --bench engine` runs both in turn, round after round, and prints the median of the
//! rounds' ratios: tokio's time divided by the engine's, so 1.00 is as fast as tokio, and more is
//! faster. The engine also collects resource usage and can signal the whole process group, which
//! `tokio::process` does not. Absolute times mean little on a busy machine; each ratio is of two
//! measurements taken one after the other.
//!
//! `cargo bench --bench engine read wait` runs only the cases whose names contain one of the words.

#![expect(clippy::print_stdout, reason = "a benchmark tells what it measured")]

use std::process::Stdio as StdStdio;
use std::time::{Duration, Instant};

use prun::process::{Command, Group, SpoolOptions, Stdio};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command as TokioCommand;
use tokio::runtime::Runtime;

type Failure = Box<dyn std::error::Error>;

/// Rounds of each case; the first is not counted.
const ROUNDS: usize = 11;

/// The same work, done with both.
struct Case {
    name: &'static str,
    work: Work,
}

#[derive(Clone, Copy)]
enum Work {
    /// This many times: start `/bin/true`, collect its (empty) output, reap it.
    Communicate(usize),
    /// This many times: start `echo` and collect its output with a single call.
    Output(usize),
    /// The same, with the engine's output captured. tokio has only pipes.
    Captured(usize),
    /// Read this many bytes from a process into memory.
    Read(usize),
    /// Read this many lines, each into memory of its own.
    Lines(usize),
    /// Read this many lines, one after the other into the same buffer.
    LinesInPlace(usize),
    /// Write this many bytes to a process that discards them.
    Write(usize),
    /// This many times: start `/bin/true` and wait for it, while this many others are waited for
    /// too.
    WaitAmong { times: usize, siblings: usize },
}

/// A line of usual length.
const LINE: &str = "2026-11-27T12:00:00 a line as long as those of logs often are";

/// The bytes of one write.
const PIECE: &[u8] = &[b'x'; 64 * 1024];

const CASES: [Case; 10] = [
    Case {
        name: "communicate, 200 × /bin/true",
        work: Work::Communicate(200),
    },
    Case {
        name: "output, 200 × echo",
        work: Work::Output(200),
    },
    Case {
        name: "output captured, 200 × echo",
        work: Work::Captured(200),
    },
    Case {
        name: "read 1 MiB",
        work: Work::Read(1 << 20),
    },
    Case {
        name: "read 1 GiB",
        work: Work::Read(1 << 30),
    },
    Case {
        name: "read a million lines",
        work: Work::Lines(1_000_000),
    },
    Case {
        name: "… into the same memory",
        work: Work::LinesInPlace(1_000_000),
    },
    Case {
        name: "write 256 MiB",
        work: Work::Write(256 << 20),
    },
    Case {
        name: "wait, 1 sibling",
        work: Work::WaitAmong {
            times: 200,
            siblings: 1,
        },
    },
    Case {
        name: "wait, 1,000 siblings",
        work: Work::WaitAmong {
            times: 200,
            siblings: 1000,
        },
    },
];

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    println!(
        "{:<30} {:>10} {:>10} {:>7}",
        "", "engine s", "tokio s", "ratio"
    );
    // cargo adds an option of its own.
    let is_word = |word: &String| !word.starts_with('-');
    let words: Vec<String> = std::env::args().skip(1).filter(is_word).collect();
    let has_word = |case: &Case| words.iter().any(|word| case.name.contains(word));
    let wanted = |case: &Case| words.is_empty() || has_word(case);
    for Case { name, work } in CASES.into_iter().filter(wanted) {
        let mut pairs = Vec::new();
        for round in 0..ROUNDS {
            // The order alternates, so that neither always runs second.
            let (engine, tokio) = if round % 2 == 0 {
                let engine = time(&runtime, || by_engine(work))?;
                (engine, time(&runtime, || by_tokio(work))?)
            } else {
                let tokio = time(&runtime, || by_tokio(work))?;
                (time(&runtime, || by_engine(work))?, tokio)
            };
            if round > 0 {
                pairs.push((engine, tokio));
            }
        }
        let engine = median(pairs.iter().map(|(engine, _)| engine.as_secs_f64()));
        let tokio = median(pairs.iter().map(|(_, tokio)| tokio.as_secs_f64()));
        let ratios = pairs
            .iter()
            .map(|(engine, tokio)| tokio.div_duration_f64(*engine));
        println!(
            "{name:<30} {engine:>10.4} {tokio:>10.4} {:>7.2}",
            median(ratios)
        );
    }
    Ok(())
}

/// The duration of the measured part of the work.
fn time<F>(runtime: &Runtime, work: impl FnOnce() -> F) -> Result<Duration, Failure>
where
    F: Future<Output = Result<Duration, Failure>>,
{
    runtime.block_on(work())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Reads this many lines with tokio's trait.
async fn read_lines(mut from: impl AsyncBufRead + Unpin, lines: usize) -> Result<(), Failure> {
    let mut line = Vec::new();
    for _ in 0..lines {
        line.clear();
        from.read_until(b'\n', &mut line).await?;
        assert_eq!(line.len(), LINE.len() + 1);
    }
    Ok(())
}

async fn by_engine(work: Work) -> Result<Duration, Failure> {
    let piped = |program: &str| {
        let mut command = Command::exec(program);
        command
            .stdin(Stdio::Null)
            .stdout(Stdio::Pipe)
            .stderr(Stdio::Pipe);
        command.process_group(Group::New);
        command
    };
    match work {
        Work::Communicate(times) => {
            let started = Instant::now();
            for _ in 0..times {
                piped("/bin/true").spawn().await?.communicate(None).await?;
            }
            Ok(started.elapsed())
        }
        Work::Output(times) | Work::Captured(times) => {
            let mut command = piped("echo");
            command.arg("line");
            if let Work::Captured(_) = work {
                let capture = Stdio::Capture(SpoolOptions::default());
                command.stdout(capture.clone()).stderr(capture);
            }
            let started = Instant::now();
            for _ in 0..times {
                assert_eq!(command.output().await?.stdout, b"line\n");
            }
            Ok(started.elapsed())
        }
        Work::Lines(lines) => {
            let started = Instant::now();
            let mut process = piped("yes").arg(LINE).spawn().await?;
            let mut stdout = process.stdout.take().ok_or("no pipe")?;
            for _ in 0..lines {
                assert_eq!(stdout.read_line().await?.len(), LINE.len() + 1);
            }
            drop(stdout);
            process.wait().await?;
            Ok(started.elapsed())
        }
        Work::LinesInPlace(lines) => {
            let started = Instant::now();
            let mut process = piped("yes").arg(LINE).spawn().await?;
            read_lines(process.stdout.take().ok_or("no pipe")?, lines).await?;
            process.wait().await?;
            Ok(started.elapsed())
        }
        Work::Write(bytes) => {
            let started = Instant::now();
            let mut command = piped("cat");
            let mut process = command
                .stdin(Stdio::Pipe)
                .stdout(Stdio::Null)
                .spawn()
                .await?;
            let mut stdin = process.stdin.take().ok_or("no pipe")?;
            for _ in 0..bytes / PIECE.len() {
                stdin.write_all(PIECE).await?;
            }
            drop(stdin);
            process.wait().await?;
            Ok(started.elapsed())
        }
        Work::Read(bytes) => {
            let started = Instant::now();
            let mut command = piped("head");
            command.args(["-c", &bytes.to_string(), "/dev/zero"]);
            let output = command.spawn().await?.communicate(None).await?;
            assert_eq!(output.stdout.len(), bytes);
            Ok(started.elapsed())
        }
        Work::WaitAmong { times, siblings } => {
            let mut sleeping = Command::exec("sleep");
            sleeping.arg("1000").process_group(Group::New);
            let mut waiting = Vec::new();
            let mut handles = Vec::new();
            for _ in 0..siblings {
                let process = sleeping.spawn().await?;
                handles.push(process.handle());
                waiting.push(tokio::spawn(async move { process.wait().await.map(drop) }));
            }
            let mut command = Command::exec("/bin/true");
            command.process_group(Group::New);
            let started = Instant::now();
            for _ in 0..times {
                command.spawn().await?.wait().await?;
            }
            let measured = started.elapsed();
            for handle in handles {
                handle.kill()?;
            }
            for wait in waiting {
                wait.await??;
            }
            Ok(measured)
        }
    }
}

async fn by_tokio(work: Work) -> Result<Duration, Failure> {
    let piped = |program: &str| {
        let mut command = TokioCommand::new(program);
        command
            .stdin(StdStdio::null())
            .stdout(StdStdio::piped())
            .stderr(StdStdio::piped());
        command.process_group(0);
        command
    };
    match work {
        Work::Communicate(times) => {
            let started = Instant::now();
            for _ in 0..times {
                piped("/bin/true").spawn()?.wait_with_output().await?;
            }
            Ok(started.elapsed())
        }
        Work::Output(times) | Work::Captured(times) => {
            let mut command = piped("echo");
            command.arg("line");
            let started = Instant::now();
            for _ in 0..times {
                assert_eq!(command.output().await?.stdout, b"line\n");
            }
            Ok(started.elapsed())
        }
        Work::Lines(lines) => {
            let started = Instant::now();
            let mut process = piped("yes").arg(LINE).spawn()?;
            let mut stdout = BufReader::new(process.stdout.take().ok_or("no pipe")?);
            for _ in 0..lines {
                let mut line = Vec::new();
                stdout.read_until(b'\n', &mut line).await?;
                assert_eq!(line.len(), LINE.len() + 1);
            }
            drop(stdout);
            process.wait().await?;
            Ok(started.elapsed())
        }
        Work::LinesInPlace(lines) => {
            let started = Instant::now();
            let mut process = piped("yes").arg(LINE).spawn()?;
            let stdout = process.stdout.take().ok_or("no pipe")?;
            read_lines(BufReader::new(stdout), lines).await?;
            process.wait().await?;
            Ok(started.elapsed())
        }
        Work::Write(bytes) => {
            let started = Instant::now();
            let mut command = piped("cat");
            command.stdin(StdStdio::piped()).stdout(StdStdio::null());
            let mut process = command.spawn()?;
            let mut stdin = process.stdin.take().ok_or("no pipe")?;
            for _ in 0..bytes / PIECE.len() {
                stdin.write_all(PIECE).await?;
            }
            drop(stdin);
            process.wait().await?;
            Ok(started.elapsed())
        }
        Work::Read(bytes) => {
            let started = Instant::now();
            let mut command = piped("head");
            command.args(["-c", &bytes.to_string(), "/dev/zero"]);
            let output = command.spawn()?.wait_with_output().await?;
            assert_eq!(output.stdout.len(), bytes);
            Ok(started.elapsed())
        }
        Work::WaitAmong { times, siblings } => {
            let mut waiting = Vec::new();
            let mut stops = Vec::new();
            for _ in 0..siblings {
                let mut process = TokioCommand::new("sleep")
                    .arg("1000")
                    .process_group(0)
                    .spawn()?;
                let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
                stops.push(stop);
                waiting.push(tokio::spawn(async move {
                    tokio::select! {
                        exit = process.wait() => exit.map(drop),
                        _ = stopped => process.kill().await,
                    }
                }));
            }
            let started = Instant::now();
            for _ in 0..times {
                TokioCommand::new("/bin/true")
                    .process_group(0)
                    .spawn()?
                    .wait()
                    .await?;
            }
            let measured = started.elapsed();
            drop(stops);
            for wait in waiting {
                wait.await??;
            }
            Ok(measured)
        }
    }
}
