//! The output for a case: the commands before it runs, the results after.

use std::fs;

use crate::case::{Case, Contender};
use crate::measure::{Sample, Samples};

pub(crate) fn print_head(case: &Case) {
    println!();
    println!("{}: {}", case.name, case.what);
    println!();
    for contender in case.contenders.iter().filter(|c| c.is_installed()) {
        println!("  {:<24} {}", contender.name, contender.describe());
    }
    println!();
}

pub(crate) fn print_results(case: &Case, results: &[Samples]) {
    println!(
        "  {:<24} {:>9} {:>17} {:>7} {:>9}",
        "", "median s", "min – max", "ratio", "peak MiB"
    );
    let floor_kib = own_peak_kib();
    let limit = results.first().and_then(|limit| limit.as_ref().ok());
    for (contender, samples) in case.contenders.iter().zip(results) {
        match samples {
            Ok(samples) => println!("{}", row(contender, samples, limit, floor_kib)),
            Err(reason) if contender.is_installed() => {
                println!("  {:<24} failed ({reason})", contender.name);
            }
            Err(reason) => println!("  skipped: {} ({reason})", contender.name),
        }
    }
}

fn row(
    contender: &Contender,
    samples: &[Sample],
    limit: Option<&Vec<Sample>>,
    floor_kib: u64,
) -> String {
    let walls: Vec<f64> = samples.iter().map(|s| s.wall.as_secs_f64()).collect();
    let fastest = walls.iter().copied().fold(f64::INFINITY, f64::min);
    let slowest = walls.iter().copied().fold(0.0, f64::max);
    // Per round, so that both times of a ratio are from the same minute.
    let ratio = limit.map_or_else(
        || "-".to_owned(),
        |limit| {
            let limits = limit.iter().map(|s| s.wall.as_secs_f64());
            let ratios = limits.zip(&walls).map(|(limit, wall)| limit / wall);
            format!("{:.2}", median(ratios.collect()))
        },
    );
    let peak = match samples.iter().filter_map(|s| s.peak_kib).max() {
        None => "-".to_owned(),
        Some(kib) if kib <= floor_kib => format!("≤ {:.1}", mebibytes(floor_kib)),
        Some(kib) => format!("{:.1}", mebibytes(kib)),
    };
    let scale = match contender.scale {
        1 => String::new(),
        scale => format!("   1/{scale} of the work, its time × {scale}"),
    };
    format!(
        "  {:<24} {:>9.3} {:>17} {ratio:>7} {peak:>9}{scale}",
        contender.name,
        median(walls),
        format!("{fastest:.3} – {slowest:.3}"),
    )
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

fn mebibytes(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// The peak of this process so far: the kernel reports no lower value for processes that it spawns.
fn own_peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.trim().parse().ok())
        .unwrap_or(0)
}
