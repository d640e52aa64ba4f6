//! Lengths of time: read exactly, shown shortly.

use std::time::Duration;

use thiserror::Error;

/// What is accepted, for every message.
const ACCEPTED: &str =
    "write seconds (`30`, `0.5`) or h, m, s and ms in this order (`250ms`, `5m`, `1h30m`)";

/// The units in the order in which they may follow one another, with their nanoseconds.
const UNITS: [(&str, u128); 4] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];

/// A hundred years. Nobody means more, and whoever adds it to a clock's time needs no check.
const LONGEST: u128 = 100 * 365 * 24 * UNITS[0].1;

/// With more decimals than this not even hours come out as whole nanoseconds.
const MOST_DECIMALS: usize = 13;

/// Why a text is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum DurationError {
    /// Nothing was written.
    #[error("a duration is missing: {ACCEPTED}")]
    Empty,
    /// Time does not run backwards.
    #[error("a duration cannot be negative: {ACCEPTED}")]
    Negative,
    /// There is no decimal number where one belongs (`nan`, `inf`, `5.`).
    #[error("a duration needs a decimal number before each unit: {ACCEPTED}")]
    Number,
    /// An unknown unit, or none behind one of several numbers (`2d`, `1e9`, `1 s`, `1h30`).
    #[error("unknown or missing unit in a duration: {ACCEPTED}")]
    Unit,
    /// A unit stands twice, or after a smaller one.
    #[error("units of a duration are repeated or out of order: {ACCEPTED}")]
    Order,
    /// It does not come out as whole nanoseconds.
    #[error("a duration cannot be finer than a nanosecond: {ACCEPTED}")]
    TooFine,
    /// It is longer than a hundred years.
    #[error("a duration cannot be longer than 100 years: {ACCEPTED}")]
    TooLong,
}

/// Reads `30`, `0.5s`, `250ms`, `5m` or `1h30m`; a bare number is seconds.
///
/// The arithmetic is on whole nanoseconds, so that no rounding ever makes a short limit zero, which
/// means "no limit".
pub(crate) fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    if text.starts_with('-') {
        return Err(DurationError::Negative);
    }
    let (number, after) = split_number(text)?;
    if after.is_empty() {
        return number.times(UNITS[2].1).and_then(from_nanos);
    }
    let mut total: u128 = 0;
    let mut larger_units = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = split_number(rest)?;
        let (unit, after) = split_unit(after)?;
        if unit < larger_units {
            return Err(DurationError::Order);
        }
        // Each part is at most LONGEST, so four of them are far from an overflow.
        total += number.times(UNITS[unit].1)?;
        larger_units = unit + 1;
        rest = after;
    }
    from_nanos(total)
}

/// A decimal number as it was written.
struct Decimal<'a> {
    whole: &'a str,
    /// The digits behind the point, without zeros at the end.
    fraction: &'a str,
}

impl Decimal<'_> {
    /// This many times `nanos`, exactly, at most [`LONGEST`].
    fn times(&self, nanos: u128) -> Result<u128, DurationError> {
        if self.fraction.len() > MOST_DECIMALS {
            return Err(DurationError::TooFine);
        }
        let scale = self.fraction.bytes().fold(1, |scale: u128, _| scale * 10);
        let fraction = digits(self.fraction)? * nanos;
        if !fraction.is_multiple_of(scale) {
            return Err(DurationError::TooFine);
        }
        let total = digits(self.whole)? * nanos + fraction / scale;
        if total > LONGEST {
            return Err(DurationError::TooLong);
        }
        Ok(total)
    }
}

/// The value of decimal digits, of none zero. It stays below [`LONGEST`], so that it can be
/// multiplied by any unit.
fn digits(digits: &str) -> Result<u128, DurationError> {
    digits.bytes().try_fold(0, |value: u128, digit| {
        let value = value * 10 + u128::from(digit - b'0');
        (value <= LONGEST)
            .then_some(value)
            .ok_or(DurationError::TooLong)
    })
}

/// Takes a decimal number off the front: `30`, `0.5` or `.5`.
fn split_number(text: &str) -> Result<(Decimal<'_>, &str), DurationError> {
    let (whole, rest) = split_digits(text);
    let Some(behind_point) = rest.strip_prefix('.') else {
        if whole.is_empty() {
            return Err(DurationError::Number);
        }
        return Ok((
            Decimal {
                whole,
                fraction: "",
            },
            rest,
        ));
    };
    let (fraction, rest) = split_digits(behind_point);
    if fraction.is_empty() {
        return Err(DurationError::Number);
    }
    let fraction = fraction.trim_end_matches('0');
    Ok((Decimal { whole, fraction }, rest))
}

/// Takes the decimal digits off the front.
fn split_digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|symbol: char| !symbol.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

/// Takes a unit off the front and tells its place in [`UNITS`].
fn split_unit(text: &str) -> Result<(usize, &str), DurationError> {
    let end = text
        .find(|symbol: char| symbol.is_ascii_digit() || symbol == '.')
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let unit = UNITS.iter().position(|(known, _)| *known == name);
    Ok((unit.ok_or(DurationError::Unit)?, rest))
}

/// The duration of so many nanoseconds.
fn from_nanos(nanos: u128) -> Result<Duration, DurationError> {
    if nanos > LONGEST {
        return Err(DurationError::TooLong);
    }
    Ok(Duration::from_nanos_u128(nanos))
}

/// A short text for people: `0.2 s`, `59.9 s`, `1m05s`, `1h02m`.
pub(crate) fn format_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let rounded = |unit: u128| (nanos + unit / 2) / unit;
    let tenths = rounded(UNITS[2].1 / 10);
    let seconds = rounded(UNITS[2].1);
    let minutes = rounded(UNITS[1].1);
    if tenths < 600 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else if seconds < 3600 {
        format!("{}m{:02}s", seconds / 60, seconds % 60)
    } else {
        format!("{}h{:02}m", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nanos(text: &str) -> u128 {
        parse_duration(text).unwrap().as_nanos()
    }

    fn error(text: &str) -> DurationError {
        parse_duration(text).unwrap_err()
    }

    #[test]
    fn a_bare_number_is_seconds() {
        assert_eq!(nanos("30"), 30_000_000_000);
        assert_eq!(nanos("0.5"), 500_000_000);
        assert_eq!(nanos(".5"), 500_000_000);
        assert_eq!(nanos("0"), 0);
        assert_eq!(nanos("007"), 7_000_000_000);
    }

    #[test]
    fn units_are_hours_minutes_seconds_and_milliseconds() {
        assert_eq!(nanos("0.5s"), 500_000_000);
        assert_eq!(nanos("250ms"), 250_000_000);
        assert_eq!(nanos("5m"), 300_000_000_000);
        assert_eq!(nanos("1h30m"), 5_400_000_000_000);
        assert_eq!(nanos("1h2m3s4ms"), 3_723_004_000_000);
        assert_eq!(nanos("1.5h"), 5_400_000_000_000);
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(nanos("0.1"), 100_000_000);
        assert_eq!(nanos("0.000000001"), 1);
        assert_eq!(
            nanos("1.1000000000000000000000000000000000000000000"),
            1_100_000_000
        );
        assert_eq!(nanos("0.0000000000025h"), 9);
    }

    #[test]
    fn nothing_short_becomes_zero() {
        assert_eq!(error("0.0000000001"), DurationError::TooFine);
        assert_eq!(error("0.0000001ms"), DurationError::TooFine);
        assert_eq!(error("0.00000000000001h"), DurationError::TooFine);
    }

    #[test]
    fn what_is_no_duration_is_an_error() {
        assert_eq!(error(""), DurationError::Empty);
        assert_eq!(error("-5"), DurationError::Negative);
        for text in ["nan", "inf", "s", "+5", "5.", ".", " 5", "٣"] {
            assert_eq!(error(text), DurationError::Number, "{text}");
        }
        for text in [
            "1e99", "2d", "1h 30m", "5 ", "5M", "1h30", "5sec", "0x10", "5µs",
        ] {
            assert_eq!(error(text), DurationError::Unit, "{text}");
        }
        for text in ["1m1h", "1s1s", "1ms1s"] {
            assert_eq!(error(text), DurationError::Order, "{text}");
        }
    }

    #[test]
    fn a_hundred_years_are_the_end() {
        assert_eq!(nanos("876000h"), LONGEST);
        let nines = "9".repeat(1000);
        for text in ["876000h1ms", "99999999999999999999s", nines.as_str()] {
            assert_eq!(error(text), DurationError::TooLong, "{text}");
        }
    }

    #[test]
    fn an_error_says_what_is_accepted() {
        assert_eq!(
            error("-5").to_string(),
            "a duration cannot be negative: write seconds (`30`, `0.5`) or h, m, s and ms in this \
             order (`250ms`, `5m`, `1h30m`)"
        );
    }

    #[test]
    fn a_short_text_for_people() {
        for (millis, text) in [
            (0, "0.0 s"),
            (49, "0.0 s"),
            (200, "0.2 s"),
            (1_249, "1.2 s"),
            (30_000, "30.0 s"),
            (59_949, "59.9 s"),
            (59_950, "1m00s"),
            (65_000, "1m05s"),
            (3_599_499, "59m59s"),
            (3_599_500, "1h00m"),
            (3_720_000, "1h02m"),
            (7_199_000, "2h00m"),
            (360_000_000, "100h00m"),
        ] {
            assert_eq!(format_duration(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn the_longest_time_there_is_can_be_shown() {
        assert_eq!(format_duration(Duration::MAX), "5124095576030431h00m");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = parse_duration(&text);
        }

        #[test]
        fn no_text_that_is_nearly_right_makes_it_panic(text in "[0-9.hms-]{0,60}") {
            let _ = parse_duration(&text);
        }

        #[test]
        fn seconds_and_nanoseconds_come_back(seconds in 0..1_000_000_000_u64, nanos in 0..1_000_000_000_u32) {
            let expected = Ok(Duration::new(seconds, nanos));
            prop_assert_eq!(parse_duration(&format!("{seconds}.{nanos:09}")), expected);
        }

        #[test]
        fn the_parts_add_up(h in 0..1000_u64, m in 0..1000_u64, s in 0..1000_u64, ms in 0..10_000_u64) {
            let expected = Ok(Duration::from_millis(((h * 60 + m) * 60 + s) * 1000 + ms));
            prop_assert_eq!(parse_duration(&format!("{h}h{m}m{s}s{ms}ms")), expected);
        }
    }
}
