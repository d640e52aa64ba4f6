//! Figures without a limit to compare with: the delay of a timeout, the cost of a job among many,
//! memory, size of the binary.
//!
//! Each is of prun alone, partly from its own records. A figure that needs minutes or gigabytes is
//! measured only if it is named.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use serde_json::Value;

use crate::os::{self, TRUE};

/// A figure, and how to measure it with the prun at a path.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// Whether it is skipped unless it is named.
    pub(crate) is_long: bool,
    take: fn(&Path) -> Result<String, String>,
}

impl Figure {
    pub(crate) fn print(&self, prun: &Path) {
        println!("\n{}: {}\n", self.name, self.what);
        match (self.take)(prun) {
            Ok(lines) => println!("  {}", lines.replace('\n', "\n  ")),
            Err(reason) => println!("  failed ({reason})"),
        }
    }
}

pub(crate) const ALL: [Figure; 6] = [
    Figure {
        name: "late",
        what: "60 jobs at once that would sleep for long, each with a time limit of 0.5 s",
        is_long: false,
        take: late,
    },
    Figure {
        name: "crowd",
        what: "2000 × /bin/true two at a time, while so many other jobs sleep (each has three descriptors, which the kernel copies for every new process); microseconds a job",
        is_long: false,
        take: crowd,
    },
    Figure {
        name: "long-line",
        what: "peak memory with -o line and 1 GiB without a newline",
        is_long: false,
        take: |prun| {
            memory(
                prun,
                &["-o", "line", "head -c 1073741824 /dev/zero", "true"],
                1 << 30,
            )
        },
    },
    Figure {
        name: "size",
        what: "the file of the program, as it is built beside these benches, which want more of its libraries than it does",
        is_long: false,
        take: size,
    },
    Figure {
        name: "ten-gigabytes",
        what: "peak memory with 10 GiB from one of two jobs (needs as much room in $TMPDIR)",
        is_long: true,
        take: |prun| {
            memory(
                prun,
                &["-j2", "head -c 10737418240 /dev/zero", "true"],
                10 << 30,
            )
        },
    },
    Figure {
        name: "million",
        what: "microseconds a job and peak memory, of jobs from a pipe, two at a time",
        is_long: true,
        take: million,
    },
];

/// A run of prun: its records, if requested, otherwise the number of bytes that it wrote, and its exit
/// status.
struct Run {
    records: Vec<Value>,
    wrote: u64,
    status: ExitStatus,
    peak_kib: u64,
}

impl Run {
    /// Its peak memory, if it did all of its work.
    fn peak(&self) -> Result<String, String> {
        match self.status.success() {
            true => Ok(format!("{:.1} MiB", self.peak_kib as f64 / 1024.0)),
            false => Err(self.status.to_string()),
        }
    }
}

/// Runs prun with `args`, and `jobs` on standard input.
fn run(
    prun: &Path,
    args: &[&str],
    jobs: impl Iterator<Item = String> + Send,
) -> Result<Run, String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut child = Command::new(prun)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let has_records = args.contains(&"--json");
    let (mut records, mut wrote) = (Vec::new(), 0);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let Some(mut stdin) = stdin.map(std::io::BufWriter::new) else {
                return;
            };
            for job in jobs {
                // The write fails if prun ends early; its records give the reason.
                if writeln!(stdin, "{job}").is_err() {
                    return;
                }
            }
        });
        let mut stdout = BufReader::new(stdout.ok_or("no pipe")?);
        if has_records {
            for line in stdout.lines() {
                let line = line.map_err(failed)?;
                records.push(serde_json::from_str(&line).map_err(|error| error.to_string())?);
            }
        } else {
            wrote = std::io::copy(&mut stdout, &mut std::io::sink()).map_err(failed)?;
        }
        Ok::<(), String>(())
    })?;
    let pid = libc::pid_t::try_from(child.id()).expect("a process id fits pid_t");
    let (status, peak_kib) = os::wait4(pid).map_err(failed)?;
    Ok(Run {
        records,
        wrote,
        status,
        peak_kib,
    })
}

fn seconds(record: &Value, key: &str) -> f64 {
    record[key].as_f64().unwrap_or(f64::NAN)
}

/// The delay from the time limit to the end of each job.
fn late(prun: &Path) -> Result<String, String> {
    const JOBS: usize = 60;
    let sleepers = std::iter::repeat_n("sleep 600".to_owned(), JOBS);
    let run = run(prun, &["--json", "-j60", "-t0.5"], sleepers)?;
    let timed_out = run
        .records
        .iter()
        .filter(|record| record["status"] == "timeout");
    let mut late: Vec<f64> = timed_out
        .map(|record| (seconds(record, "wall_s") - 0.5) * 1e3)
        .collect();
    late.sort_by(f64::total_cmp);
    if late.len() != JOBS {
        return Err(format!("{} of {JOBS} jobs timed out", late.len()));
    }
    let of = |percent: usize| late[(JOBS * percent).div_ceil(100) - 1];
    Ok(format!(
        "late by: half of them at most {:.1} ms, 95 % at most {:.1} ms, all at most {:.1} ms",
        of(50),
        of(95),
        of(100)
    ))
}

fn crowd(prun: &Path) -> Result<String, String> {
    const JOBS: usize = 2000;
    let mut lines = Vec::new();
    for sleepers in [1, 100, 2000] {
        let slots = format!("-j{}", sleepers + 2);
        // The last job fails, which cancels those that sleep.
        let jobs = std::iter::repeat_n("sleep 600", sleepers)
            .chain(std::iter::repeat_n(TRUE, JOBS))
            .chain(["false"]);
        let args = ["--json", "--fail-fast", "--deadline=300", &slots];
        let run = run(prun, &args, jobs.map(str::to_owned))?;
        let spans = run
            .records
            .iter()
            .filter(|record| record["cmd"] == TRUE && record["status"] == "ok");
        let (mut first, mut last, mut count) = (f64::INFINITY, 0.0_f64, 0);
        for record in spans {
            let start = seconds(record, "start_unix_s");
            first = first.min(start);
            last = last.max(start + seconds(record, "wall_s"));
            count += 1;
        }
        if count + 1 < JOBS {
            return Err(format!(
                "{count} of {JOBS} jobs ran beside {sleepers} (too few descriptors?)"
            ));
        }
        let each = (last - first) / count as f64 * 1e6;
        lines.push(format!("{sleepers:>5} sleep: {each:.0} µs a job"));
    }
    Ok(lines.join("\n"))
}

fn memory(prun: &Path, args: &[&str], least: u64) -> Result<String, String> {
    let run = run(prun, args, std::iter::empty())?;
    if run.wrote < least {
        return Err(format!("wrote {} of {least} bytes", run.wrote));
    }
    run.peak()
}

fn million(prun: &Path) -> Result<String, String> {
    let mut lines = Vec::new();
    for jobs in [1_000_u32, 100_000, 1_000_000] {
        let numbers = (1..=jobs).map(|number| number.to_string());
        let started = std::time::Instant::now();
        let run = run(prun, &["-j2", "-a-", TRUE], numbers)?;
        let each = started.elapsed().as_secs_f64() / f64::from(jobs) * 1e6;
        lines.push(format!(
            "{jobs:>9} jobs: {each:.0} µs a job, {}",
            run.peak()?
        ));
    }
    Ok(lines.join("\n"))
}

fn size(prun: &Path) -> Result<String, String> {
    let size = fs::metadata(prun).map_err(|error| error.to_string())?.len();
    Ok(format!("{:.2} MB", size as f64 / 1e6))
}
