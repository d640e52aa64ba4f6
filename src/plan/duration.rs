//! Durations: parsed exactly, formatted briefly.

use std::time::Duration;

use thiserror::Error;

/// The accepted forms, for every error.
const ACCEPTED: &str =
    "write seconds (`30`, `0.5`) or h, m, s and ms in this order (`250ms`, `5m`, `1h30m`)";

// The units, in nanoseconds.
const MILLISECOND: u128 = 1_000_000;
const SECOND: u128 = 1000 * MILLISECOND;
const MINUTE: u128 = 60 * SECOND;
const HOUR: u128 = 60 * MINUTE;

/// The units in the order in which they may follow one another.
const UNITS: [(&str, u128); 4] = [
    ("h", HOUR),
    ("m", MINUTE),
    ("s", SECOND),
    ("ms", MILLISECOND),
];

/// The longest duration: 100 years. Its nanoseconds fit into 64 bits, and adding it to the time of
/// a clock cannot overflow.
const MAX_NANOS: u128 = 100 * 365 * 24 * HOUR;

/// The most decimals for which even hours can be whole nanoseconds.
const MAX_DECIMALS: usize = 13;

/// Why a text is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum DurationError {
    /// The text is empty.
    #[error("a duration is missing: {ACCEPTED}")]
    Empty,
    /// The text starts with `-`.
    #[error("a duration cannot be negative: {ACCEPTED}")]
    Negative,
    /// A decimal number is missing (`nan`, `inf`, `5.`).
    #[error("a duration needs a decimal number before each unit: {ACCEPTED}")]
    Number,
    /// An unknown unit, or none after one of several numbers (`2d`, `1e9`, `1 s`, `1h30`).
    #[error("unknown or missing unit in a duration: {ACCEPTED}")]
    Unit,
    /// A unit is repeated, or follows a smaller one.
    #[error("units of a duration are repeated or out of order: {ACCEPTED}")]
    Order,
    /// The duration is not a whole number of nanoseconds.
    #[error("a duration cannot be finer than a nanosecond: {ACCEPTED}")]
    TooFine,
    /// The duration is longer than 100 years.
    #[error("a duration cannot be longer than 100 years: {ACCEPTED}")]
    TooLong,
}

/// Parses `30`, `0.5s`, `250ms`, `5m` or `1h30m`; a bare number is seconds.
///
/// The arithmetic uses whole nanoseconds: rounding could make a short limit zero, which means
/// "no limit".
pub(crate) fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    if text.starts_with('-') {
        return Err(DurationError::Negative);
    }
    let (number, rest) = split_number(text)?;
    if rest.is_empty() {
        return number.times(SECOND).and_then(from_nanos);
    }
    let mut total: u128 = 0;
    let mut next_unit = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after_number) = split_number(rest)?;
        let (unit, after_unit) = split_unit(after_number)?;
        if unit < next_unit {
            return Err(DurationError::Order);
        }
        // At most four parts, each at most MAX_NANOS: no overflow.
        total += number.times(UNITS[unit].1)?;
        next_unit = unit + 1;
        rest = after_unit;
    }
    from_nanos(total)
}

/// The digits of a decimal number.
struct Decimal<'a> {
    whole: &'a str,
    /// The digits after the point, without trailing zeros.
    fraction: &'a str,
}

impl Decimal<'_> {
    /// Returns the exact product of the number and `nanos`, at most [`MAX_NANOS`].
    fn times(&self, nanos: u128) -> Result<u128, DurationError> {
        if self.fraction.len() > MAX_DECIMALS {
            return Err(DurationError::TooFine);
        }
        let scale = 10_u128.pow(self.fraction.len() as u32);
        let fraction = parse_digits(self.fraction)? * nanos;
        if !fraction.is_multiple_of(scale) {
            return Err(DurationError::TooFine);
        }
        let total = parse_digits(self.whole)? * nanos + fraction / scale;
        if total > MAX_NANOS {
            return Err(DurationError::TooLong);
        }
        Ok(total)
    }
}

/// Returns the value of decimal digits, 0 if there are none. It is at most [`MAX_NANOS`], so that
/// multiplying it by a unit cannot overflow.
fn parse_digits(digits: &str) -> Result<u128, DurationError> {
    digits.bytes().try_fold(0, |value: u128, digit| {
        let value = value * 10 + u128::from(digit - b'0');
        (value <= MAX_NANOS)
            .then_some(value)
            .ok_or(DurationError::TooLong)
    })
}

/// Splits a decimal number off the front: `30`, `0.5` or `.5`.
fn split_number(text: &str) -> Result<(Decimal<'_>, &str), DurationError> {
    let (whole, rest) = split_digits(text);
    let (fraction, rest, is_number) = match rest.strip_prefix('.') {
        Some(after_point) => {
            let (fraction, rest) = split_digits(after_point);
            (fraction, rest, !fraction.is_empty())
        }
        None => ("", rest, !whole.is_empty()),
    };
    if !is_number {
        return Err(DurationError::Number);
    }
    let fraction = fraction.trim_end_matches('0');
    Ok((Decimal { whole, fraction }, rest))
}

/// Splits the decimal digits off the front.
fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// Splits a unit off the front and returns its index in [`UNITS`].
fn split_unit(text: &str) -> Result<(usize, &str), DurationError> {
    let end = text
        .find(|symbol: char| symbol.is_ascii_digit() || symbol == '.')
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let unit = UNITS.iter().position(|(known, _)| *known == name);
    Ok((unit.ok_or(DurationError::Unit)?, rest))
}

/// Returns the duration of this many nanoseconds, at most [`MAX_NANOS`].
fn from_nanos(nanos: u128) -> Result<Duration, DurationError> {
    if nanos > MAX_NANOS {
        return Err(DurationError::TooLong);
    }
    Ok(Duration::from_nanos(nanos as u64))
}

/// Formats a duration for people: `0.2 s`, `59.9 s`, `1m05s`, `1h02m`.
pub(crate) fn format_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let rounded = |unit: u128| (nanos + unit / 2) / unit;
    let tenths = rounded(SECOND / 10);
    let seconds = rounded(SECOND);
    let minutes = rounded(MINUTE);
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
    fn a_fraction_of_a_nanosecond_is_an_error_and_not_zero() {
        assert_eq!(error("0.0000000001"), DurationError::TooFine);
        assert_eq!(error("0.0000001ms"), DurationError::TooFine);
        assert_eq!(error("0.00000000000001h"), DurationError::TooFine);
    }

    #[test]
    fn anything_else_is_an_error() {
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
    fn the_limit_is_100_years() {
        assert_eq!(nanos("876000h"), MAX_NANOS);
        let nines = "9".repeat(1000);
        for text in ["876000h1ms", "99999999999999999999s", nines.as_str()] {
            assert_eq!(error(text), DurationError::TooLong, "{text}");
        }
    }

    #[test]
    fn an_error_names_the_accepted_forms() {
        assert_eq!(
            error("-5").to_string(),
            "a duration cannot be negative: write seconds (`30`, `0.5`) or h, m, s and ms in this \
             order (`250ms`, `5m`, `1h30m`)"
        );
    }

    #[test]
    fn durations_are_formatted_briefly() {
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
    fn the_longest_duration_of_std_can_be_formatted() {
        assert_eq!(format_duration(Duration::MAX), "5124095576030431h00m");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = parse_duration(&text);
        }

        #[test]
        fn no_text_of_the_right_characters_makes_it_panic(text in "[0-9.hms-]{0,60}") {
            let _ = parse_duration(&text);
        }

        #[test]
        fn seconds_and_nanoseconds_are_kept(seconds in 0..1_000_000_000_u64, nanos in 0..1_000_000_000_u32) {
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
