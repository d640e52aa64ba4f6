//! Measurement: one contender once, and all of them in rounds.

use std::env;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ChildStdout, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::case::{Case, Contender, How, Input, Proof};
use crate::os;

/// The measurement of one contender in one round.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sample {
    /// The time of all its runs, scaled.
    pub(crate) wall: Duration,
    /// The peak of its largest run; `None` for the loop in this process.
    pub(crate) peak_kib: Option<u64>,
}

/// A contender's samples, one per counted round, or why there are none.
pub(crate) type Samples = Result<Vec<Sample>, String>;

/// Runs a case's contenders in interleaved rounds; returns their samples in the same order.
pub(crate) fn in_rounds(case: &Case, rounds: u32) -> Vec<Samples> {
    let mut results: Vec<Samples> = case
        .contenders
        .iter()
        .map(|contender| match contender.how {
            How::NotInstalled => Err("not installed".to_owned()),
            _ => Ok(Vec::new()),
        })
        .collect();
    // Round 0 warms the caches and is discarded.
    for round in 0..=rounds {
        for index in order(round as usize, case.contenders.len()) {
            let Ok(samples) = &mut results[index] else {
                continue;
            };
            match sample(&case.contenders[index]) {
                Ok(_) if round == 0 => {}
                Ok(sample) => samples.push(sample),
                Err(reason) => results[index] = Err(reason),
            }
        }
    }
    results
}

/// Rotated by one each round, so that each is first once, and reversed every other round: with
/// rotation alone each would always follow the same predecessor (and the disk writes that it left).
fn order(round: usize, contenders: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..contenders).collect();
    order.rotate_left(round % contenders);
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

fn sample(contender: &Contender) -> Result<Sample, String> {
    let mut sample = Sample::default();
    let started_before = processes_started();
    for _ in 0..contender.runs {
        let run = match &contender.how {
            How::BareLoop { jobs, alive } => bare_loop(*jobs, *alive),
            How::Command {
                program,
                args,
                stdin,
            } => command(program, args, stdin.as_ref(), contender.proof),
            How::NotInstalled => Err("not installed".to_owned()),
        }?;
        tidy_up(&contender.after)?;
        sample.wall += run.wall;
        sample.peak_kib = sample.peak_kib.max(run.peak_kib);
    }
    sample.wall *= contender.scale;

    // Other processes may start meanwhile, so this is only a lower bound; but it detects a
    // contender that does nothing.
    if let Proof::Started(per_run) = contender.proof
        && let (Some(before), Some(after)) = (started_before, processes_started())
    {
        let expected = per_run * u64::from(contender.runs);
        let started = after.saturating_sub(before);
        if started < expected {
            return Err(format!("started {started} of {expected} processes"));
        }
    }
    Ok(sample)
}

fn bare_loop(jobs: u32, alive: u32) -> Result<Sample, String> {
    let start = Instant::now();
    let status = os::bare_loop(jobs, alive).map_err(|error| error.to_string())?;
    let wall = start.elapsed();
    must_succeed(status)?;
    Ok(Sample {
        wall,
        peak_kib: None,
    })
}

fn command(
    program: &Path,
    args: &[String],
    stdin: Option<&Rc<Input>>,
    proof: Proof,
) -> Result<Sample, String> {
    let mut command = Command::new(program);
    command
        .args(args)
        .stdin(match stdin {
            Some(input) => rewound(input).map_err(|error| format!("input: {error}"))?,
            None => Stdio::null(),
        })
        .stdout(match proof {
            Proof::Started(_) => Stdio::null(),
            Proof::Wrote(_) | Proof::WroteAtLeast(_) => Stdio::piped(),
        })
        .stderr(Stdio::null());
    same_environment(&mut command);

    let start = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|error| format!("cannot start: {error}"))?;
    let drained = child.stdout.take().map(drain);
    let pid = libc::pid_t::try_from(child.id()).expect("a process id fits pid_t, where it is from");
    let (status, peak) = os::wait4(pid).map_err(|error| format!("wait4: {error}"))?;
    let wall = start.elapsed();

    must_succeed(status)?;
    let expected = match proof {
        Proof::Started(_) => None,
        Proof::Wrote(bytes) => Some(bytes..=bytes),
        Proof::WroteAtLeast(bytes) => Some(bytes..=u64::MAX),
    };
    if let Some(expected) = expected {
        match drained {
            Some(Ok(written)) if expected.contains(&written) => {}
            Some(Ok(written)) => {
                return Err(format!("wrote {written} bytes in place of {expected:?}"));
            }
            Some(Err(error)) => return Err(format!("its stdout: {error}")),
            None => return Err("no pipe to its stdout".to_owned()),
        }
    }
    Ok(Sample {
        wall,
        peak_kib: Some(peak),
    })
}

/// Runs the command that follows a run, if there is one.
fn tidy_up(command: &[String]) -> Result<(), String> {
    let Some((program, args)) = command.split_first() else {
        return Ok(());
    };
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .status();
    must_succeed(status.map_err(|error| format!("{program}: {error}"))?)
}

/// Opens the input again from its beginning: a cloned descriptor would share its position with earlier
/// runs.
fn rewound(input: &Input) -> io::Result<Stdio> {
    let mut file = input.file.try_clone()?;
    file.rewind()?;
    Ok(file.into())
}

/// Sets the same few variables for all, so that no dotfiles, CI or login shell are measured.
fn same_environment(command: &mut Command) {
    command.env_clear();
    for name in ["PATH", "HOME", "TMPDIR"] {
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("LC_ALL", "C");
    // GNU parallel runs every job in a shell: by default the user's own, which starts slower than
    // sh.
    command.env("PARALLEL_SHELL", "/bin/sh");
}

/// Reads until the end of file; returns the number of bytes.
fn drain(mut stdout: ChildStdout) -> io::Result<u64> {
    let mut buffer = vec![0; 64 * 1024];
    let mut total = 0;
    loop {
        match stdout.read(&mut buffer)? {
            0 => return Ok(total),
            read => total += read as u64,
        }
    }
}

fn must_succeed(status: ExitStatus) -> Result<(), String> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(format!("exit {code}")),
        (None, Some(signal)) => Err(format!("signal {signal}")),
        (None, None) => Err("no exit code".to_owned()),
    }
}

/// The number of processes and threads that the system has started since boot, if the kernel reports
/// it.
fn processes_started() -> Option<u64> {
    BufReader::new(File::open("/proc/stat").ok()?)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("processes ")?.parse().ok())
}
