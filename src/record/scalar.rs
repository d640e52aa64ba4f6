//! Values that JSON has no type for.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longer than any run, and short enough to add up a few.
const LONGEST_SECONDS: f64 = 1e11;

/// Seconds, to the microsecond.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "seconds")]
pub(crate) struct Seconds(#[schemars(range(min = 0))] f64);

impl From<Duration> for Seconds {
    fn from(duration: Duration) -> Self {
        Self(seconds(duration))
    }
}

/// Seconds to the microsecond: the digits below are noise that makes records long.
pub(crate) fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e6
}

impl Seconds {
    /// A time of day, since the epoch.
    pub(crate) fn since_epoch(at: SystemTime) -> Self {
        at.duration_since(UNIX_EPOCH).unwrap_or_default().into()
    }

    /// As a length of time.
    pub(crate) fn duration(self) -> Result<Duration, String> {
        let duration = Duration::try_from_secs_f64(self.0).ok();
        duration
            .filter(|_| self.0 < LONGEST_SECONDS)
            .ok_or(format!("{} s is not a length of time", self.0))
    }

    /// As a time of day.
    pub(crate) fn moment(self) -> Result<SystemTime, String> {
        Ok(UNIX_EPOCH + self.duration()?)
    }
}

/// Text that is borrowed from the line that it is read from, where it has no escape in it.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct Str<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

impl<'a> Str<'a> {
    /// Bytes as text, with U+FFFD where they are not UTF-8.
    pub(crate) fn lossy(text: &'a OsStr) -> Self {
        Self(text.to_string_lossy())
    }
}

impl<'a> From<&'a str> for Str<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.into())
    }
}

/// Bytes in base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a text in base64.
pub(super) fn decoded(base64: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(base64).map_err(|error| error.to_string())
}

/// Every word in base64.
pub(crate) fn words_base64(words: &[OsString]) -> Vec<String> {
    words.iter().map(|word| base64(word.as_bytes())).collect()
}

/// Words as they were before they became text, or text and base64.
pub(super) fn decoded_words(
    texts: &[Str<'_>],
    base64: Option<&[String]>,
) -> Result<Vec<OsString>, String> {
    match base64 {
        None => Ok(texts.iter().map(|text| (&*text.0).into()).collect()),
        Some(words) => words
            .iter()
            .map(|word| decoded(word).map(OsString::from_vec))
            .collect(),
    }
}

/// A value as the text that shows it, for [`serde`'s `with`](https://serde.rs/field-attrs.html#with).
pub(super) mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Str;

    pub(in crate::record) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::record) fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let text = Option::<Str<'de>>::deserialize(deserializer)?;
        let value = text.map(|text| text.0.parse());
        value.transpose().map_err(D::Error::custom)
    }
}
