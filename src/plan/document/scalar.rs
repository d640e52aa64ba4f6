//! What a plain word of YAML is: the core schema of YAML 1.2, by which `no`, `on` and `1_000` are strings.

use std::borrow::Cow;

use super::tree::Value;

/// Returns the value of a word without quotes.
pub(super) fn plain(word: Cow<'_, str>) -> Value<'_> {
    match &*word {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    number(&word).unwrap_or(Value::Text(word))
}

fn number(word: &str) -> Option<Value<'static>> {
    let in_base = |digits: &str, base| {
        let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base));
        is_number.then(|| integer(i64::from_str_radix(digits, base)))
    };
    if let Some(digits) = word.strip_prefix("0x") {
        return in_base(digits, 16);
    }
    if let Some(digits) = word.strip_prefix("0o") {
        return in_base(digits, 8);
    }
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    match digits {
        ".inf" | ".Inf" | ".INF" => {
            let sign = if word.starts_with('-') { -1.0 } else { 1.0 };
            return Some(Value::Float(sign * f64::INFINITY));
        }
        ".nan" | ".NaN" | ".NAN" if digits.len() == word.len() => {
            return Some(Value::Float(f64::NAN));
        }
        _ => {}
    }
    if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Some(integer(word.parse()));
    }
    let is_part = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
    let begins = digits
        .trim_start_matches('.')
        .starts_with(|digit: char| digit.is_ascii_digit());
    let is_float = begins && digits.bytes().all(is_part);
    word.parse().ok().filter(|_| is_float).map(Value::Float)
}

fn integer<E>(number: Result<i64, E>) -> Value<'static> {
    number.map_or(Value::Other("a number beyond 64 bits"), Value::Integer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_what_the_core_schema_says() {
        for (word, value) in [
            ("", Value::Null),
            ("~", Value::Null),
            ("null", Value::Null),
            ("True", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("8080", Value::Integer(8080)),
            ("-5", Value::Integer(-5)),
            ("+5", Value::Integer(5)),
            ("010", Value::Integer(10)),
            ("0o7", Value::Integer(7)),
            ("0x1F", Value::Integer(31)),
            ("1e3", Value::Float(1000.0)),
            ("1.10", Value::Float(1.1)),
            ("-.5", Value::Float(-0.5)),
            ("5.", Value::Float(5.0)),
            ("-.inf", Value::Float(f64::NEG_INFINITY)),
            (
                "9223372036854775808",
                Value::Other("a number beyond 64 bits"),
            ),
        ] {
            assert_eq!(plain(word.into()), value, "{word}");
        }
    }

    #[test]
    fn any_other_word_is_a_string() {
        for word in [
            "no",
            "No",
            "yes",
            "on",
            "OFF",
            "y",
            "n",
            "nUll",
            "1_000",
            "0b1",
            "0o8",
            "0x",
            "0xg",
            "-0x1",
            "1:30",
            "2026-11-27",
            "1.2.3",
            "1e",
            "e1",
            ".",
            "-",
            "+",
            "..",
            ".e1",
            "inf",
            "nan",
            "+.nan",
            "infinity",
            "<<",
            "5m",
            "1-2",
            "٣",
        ] {
            assert_eq!(plain(word.into()), Value::Text(word.into()), "{word}");
        }
    }
}
