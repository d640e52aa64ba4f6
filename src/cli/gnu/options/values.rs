//! The values of GNU parallel's options: numbers with units, times, conditions.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use crate::cli::args::{Halt, HaltLimit, Jobs, LoadLimit};
use crate::plan::{Separator, parse_duration};
use crate::run::{HaltAfter, HaltMode};

/// Parses a number of jobs at once: `4`, `50%`, `+1`, `-1`, 0 for no limit.
pub(crate) fn jobs(text: &str, cpus: impl Fn() -> NonZeroUsize) -> Option<Jobs> {
    let number = |text: &str| text.parse::<usize>().ok();
    if let Some(more) = text.strip_prefix('+') {
        return Some(Jobs::Number(cpus().get() + number(more)?));
    }
    if let Some(fewer) = text.strip_prefix('-') {
        return Some(Jobs::Number(
            cpus().get().saturating_sub(number(fewer)?).max(1),
        ));
    }
    if let Some(percent) = text.strip_suffix('%') {
        let percent: f64 = percent
            .parse()
            .ok()
            .filter(|percent: &f64| *percent >= 0.0)?;
        let jobs = (percent * cpus().get() as f64 / 100.0).ceil();
        return Some(Jobs::Number((jobs as usize).max(1)));
    }
    Some(Jobs::Number(number(text)?))
}

/// Parses a load, below which jobs start: as a number of jobs, or a fraction.
pub(crate) fn load(text: &str, cpus: impl Fn() -> NonZeroUsize) -> Option<LoadLimit> {
    let number = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
    #[expect(clippy::cast_precision_loss, reason = "there are few CPUs")]
    let cpus = || cpus().get() as f64;
    let below = if let Some(more) = text.strip_prefix('+') {
        cpus() + number(more)?
    } else if let Some(fewer) = text.strip_prefix('-') {
        cpus() - number(fewer)?
    } else if let Some(percent) = text.strip_suffix('%') {
        number(percent)? / 100.0 * cpus()
    } else {
        number(text)?
    };
    // Ours is the highest number with which they start, and threads are counted as wholes.
    Some(LoadLimit::Threads((below.ceil() - 1.0).max(0.0)))
}

/// Parses a time: `10`, `1.5`, `1m`, `1d3.5h16.6m4s`.
pub(crate) fn time(text: &str) -> Option<Duration> {
    let text = text.to_ascii_lowercase();
    let mut seconds = 0.0;
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let length = rest
            .find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let number: f64 = rest[..length].parse().ok()?;
        let mut unit = rest[length..].chars();
        seconds += number
            * match unit.next() {
                None | Some('s') => 1.0,
                Some('m') => 60.0,
                Some('h') => 3600.0,
                Some('d') => 86400.0,
                Some(_) => return None,
            };
        rest = unit.as_str();
    }
    // With the limits and the errors of other durations.
    parse_duration(&format!("{seconds:.9}")).ok()
}

/// Parses a number with a unit: `k` is 1000, `K` and `Ki` are 1024.
pub(crate) fn size(text: &str) -> Option<u64> {
    let digits = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().ok().filter(|number: &f64| *number >= 0.0)?;
    let power = |unit: &str| Some("kmgtpe".find(&unit.to_ascii_lowercase())? as i32 + 1);
    let factor: f64 = match unit {
        "" => 1.0,
        unit if unit.len() == 2 && unit.ends_with(['i', 'I']) => 1024f64.powi(power(&unit[..1])?),
        unit if unit.len() != 1 => return None,
        unit if unit.to_ascii_uppercase() == unit => 1024f64.powi(power(unit)?),
        unit => 1000f64.powi(power(unit)?),
    };
    Some((number * factor) as u64)
}

/// Parses `--halt`; `None` within for `never`.
pub(crate) fn halt(text: &str) -> Option<Option<Halt>> {
    let text = match text {
        "0" => "never",
        "1" => "soon,fail=1",
        "2" => "now,fail=1",
        "-1" => "soon,success=1",
        "-2" => "now,success=1",
        text => text,
    };
    if text == "never" {
        return Some(None);
    }
    let (when, what) = match text.split_once(',') {
        Some(parts) => parts,
        None if text.ends_with('%') => return halt(&format!("soon,fail={text}")),
        None => return None,
    };
    let (after, limit) = what.split_once('=')?;
    let limit = match limit.strip_suffix('%') {
        Some(percent) => HaltLimit::Percent(percent.parse().ok().filter(|part| *part <= 100)?),
        None => HaltLimit::Number(NonZeroU32::new(limit.parse().ok()?)?),
    };
    Some(Some(Halt {
        mode: match when {
            "now" => HaltMode::Now,
            "soon" => HaltMode::Soon,
            _ => return None,
        },
        after: match after {
            "fail" => HaltAfter::Failures,
            "success" => HaltAfter::Successes,
            "done" => HaltAfter::Jobs,
            _ => return None,
        },
        limit,
    }))
}

/// Parses the delimiter of arguments: a character, or an escape sequence of printf.
pub(crate) fn delimiter(text: &[u8]) -> Option<Separator> {
    let byte = match text {
        [byte] => *byte,
        b"\\n" => b'\n',
        b"\\t" => b'\t',
        b"\\r" => b'\r',
        b"\\0" | b"\\000" | b"" => return Some(Separator::Null),
        b"\\\\" => b'\\',
        [b'\\', b'x', digits @ ..] => {
            u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
        }
        [b'\\', digits @ ..] => u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()?,
        _ => return None,
    };
    Some(Separator::Byte(byte))
}

/// Replaces `\t`, `\n`, `\r` and `\0` in a text, as for `--recstart`.
pub(crate) fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let escaped = match rest {
            [b'\\', b't', ..] => Some(b'\t'),
            [b'\\', b'n', ..] => Some(b'\n'),
            [b'\\', b'r', ..] => Some(b'\r'),
            [b'\\', b'0', ..] => Some(0),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { &rest[2..] } else { after };
    }
    bytes
}

/// Parses a termination sequence: TERM any number of times, then KILL; returns the time until KILL.
pub(crate) fn termination(text: &str) -> Option<Duration> {
    let mut parts = text.split(',');
    let mut grace = Duration::ZERO;
    loop {
        let signal = parts.next()?;
        let wait = parts.next().map(str::parse::<u64>).transpose().ok()?;
        match signal.trim_start_matches("SIG") {
            "KILL" | "9" => return parts.next().is_none().then_some(grace),
            "TERM" | "15" => grace += Duration::from_millis(wait?),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_relative_to_the_cpus() {
        for (text, number) in [
            ("4", 4),
            ("0", 0),
            ("+2", 10),
            ("-2", 6),
            ("-9", 1),
            ("50%", 4),
            ("10.5%", 1),
            ("150%", 12),
        ] {
            let cpus = || NonZeroUsize::new(8).unwrap();
            assert_eq!(jobs(text, cpus), Some(Jobs::Number(number)), "{text}");
        }
        assert_eq!(jobs("x", || NonZeroUsize::MIN), None);
    }

    #[test]
    fn times_have_units() {
        let seconds = |text| time(text).map(|time| time.as_secs_f64());
        assert_eq!(seconds("2.5"), Some(2.5));
        assert_eq!(seconds("1m"), Some(60.0));
        assert_eq!(seconds("1d3.5h16.6m4s"), Some(100_000.0));
        assert_eq!(seconds("1x"), None);
        assert_eq!(seconds("-1"), None);
    }

    #[test]
    fn jobs_start_below_a_load() {
        let two = || NonZeroUsize::new(2).unwrap();
        for (text, most) in [
            ("4", 3.0),
            ("1.5", 1.0),
            ("100%", 1.0),
            ("+1", 2.0),
            ("-1", 0.0),
            ("0", 0.0),
        ] {
            assert_eq!(load(text, two), Some(LoadLimit::Threads(most)), "{text}");
        }
        for text in ["", "x", "inf", "4x"] {
            assert_eq!(load(text, two), None, "{text}");
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("10", 10),
            ("1k", 1000),
            ("1K", 1024),
            ("2M", 2 << 20),
            ("3m", 3_000_000),
            ("1Ki", 1024),
            ("1.5K", 1536),
        ] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        assert_eq!(size("1x"), None);
    }

    #[test]
    fn a_halt_has_a_when_a_what_and_a_limit() {
        let expected = Halt {
            mode: HaltMode::Soon,
            after: HaltAfter::Failures,
            limit: HaltLimit::Percent(20),
        };
        assert_eq!(halt("soon,fail=20%"), Some(Some(expected)));
        assert_eq!(halt("20%"), Some(Some(expected)));
        assert_eq!(halt("never"), Some(None));
        assert_eq!(halt("2"), halt("now,fail=1"));
        for text in ["now", "later,fail=1", "now,fail=0", "now,fail", "now,all=1"] {
            assert_eq!(halt(text), None, "{text}");
        }
    }

    #[test]
    fn a_termination_ends_with_a_kill() {
        let millis = |text| termination(text).map(|grace| grace.as_millis());
        assert_eq!(millis("TERM,200,TERM,100,TERM,50,KILL,25"), Some(350));
        assert_eq!(millis("KILL,25"), Some(0));
        assert_eq!(millis("INT,200,KILL,25"), None);
        assert_eq!(millis("TERM,200"), None);
    }
}
