//! Reads the options of GNU parallel, as perl's Getopt::Long does for that program: short options may be
//! bundled, long ones shortened, and the first word that is not an option begins the command.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::table::{GnuOption, OptionEffect, Setting, options};
use super::takes::Takes;

/// The options of a command line, and the words after them.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) settings: Vec<(Setting, OsString)>,
    pub(crate) words: Vec<OsString>,
}

/// An option that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseError {
    #[error("unknown option `{0}`: `man prun` lists what is taken of GNU parallel's")]
    Unknown(String),
    #[error("`{0}` is short for several options: write more of it")]
    Ambiguous(String),
    #[error("`{0}` needs a value")]
    NoValue(String),
    #[error("`{0}` takes no value")]
    HasValue(String),
    #[error("{0} is not supported: {1}")]
    Refused(String, &'static str),
}

/// Reads the options of `argv`, the words after the name of the program.
pub(crate) fn parse(argv: Vec<OsString>) -> Result<Parsed, ParseError> {
    let mut argv = VecDeque::from(argv);
    let mut parsed = Parsed::default();
    while let Some(word) = argv.pop_front() {
        match word.as_bytes() {
            b"--" => break,
            [b'-', b'-', long @ ..] => parsed.long(long, &mut argv)?,
            [b'-', short @ ..] if !short.is_empty() => parsed.short(short, &mut argv)?,
            _ => {
                argv.push_front(word);
                break;
            }
        }
    }
    parsed.words = argv.into();
    Ok(parsed)
}

impl Parsed {
    fn long(&mut self, text: &[u8], argv: &mut VecDeque<OsString>) -> Result<(), ParseError> {
        let sign = text.iter().position(|byte| *byte == b'=');
        let (name, value) = match sign {
            Some(at) => (
                &text[..at],
                Some(OsStr::from_bytes(&text[at + 1..]).to_owned()),
            ),
            None => (text, None),
        };
        let name = String::from_utf8_lossy(name).into_owned();
        let shown = format!("--{name}");
        let option = find_long(&name, &shown)?;
        let value = match (option.takes, value) {
            (Takes::Nothing, Some(_)) => return Err(ParseError::HasValue(shown)),
            (_, Some(value)) => value,
            (takes, None) => next_value(takes, &shown, argv)?,
        };
        self.add(option, shown, value)
    }

    /// Reads a bundle of short options.
    fn short(&mut self, mut text: &[u8], argv: &mut VecDeque<OsString>) -> Result<(), ParseError> {
        while let Some((letter, rest)) = text.split_first() {
            let shown = format!("-{}", char::from(*letter));
            let name = shown[1..].to_owned();
            let option = options().find(|option| has_name(option, &name));
            let option = option.ok_or_else(|| ParseError::Unknown(shown.clone()))?;
            let is_value = match option.takes {
                Takes::Nothing => false,
                Takes::Value | Takes::Optional => !rest.is_empty(),
                Takes::OptionalNumber => rest.first().is_some_and(u8::is_ascii_digit),
            };
            let value = match is_value {
                true => OsString::from_vec(rest.to_vec()),
                false if rest.is_empty() => next_value(option.takes, &shown, argv)?,
                false => OsString::new(),
            };
            text = if is_value { &[] } else { rest };
            self.add(option, shown, value)?;
        }
        Ok(())
    }

    fn add(&mut self, option: GnuOption, shown: String, value: OsString) -> Result<(), ParseError> {
        match option.effect {
            OptionEffect::Set(setting) => self.settings.push((setting, value)),
            OptionEffect::NoEffect => {}
            OptionEffect::Refused(hint) => return Err(ParseError::Refused(shown, hint)),
        }
        Ok(())
    }
}

fn has_name(option: &GnuOption, name: &str) -> bool {
    option.names.split(' ').any(|known| known == name)
}

/// Finds a long option by its name, in either case, or by the beginning of it.
fn find_long(name: &str, shown: &str) -> Result<GnuOption, ParseError> {
    let name = name.to_ascii_lowercase();
    if let Some(option) = options().find(|option| has_name(option, &name)) {
        return Ok(option);
    }
    let begins = |option: &GnuOption| {
        let mut names = option.names.split(' ');
        names.any(|known| known.len() > 1 && known.starts_with(&name))
    };
    let mut found = options().filter(begins);
    match (found.next(), found.next()) {
        (Some(option), None) if !name.is_empty() => Ok(option),
        (None, _) => Err(ParseError::Unknown(shown.to_owned())),
        _ => Err(ParseError::Ambiguous(shown.to_owned())),
    }
}

/// Returns the value of an option that has none in its own word.
fn next_value(
    takes: Takes,
    shown: &str,
    argv: &mut VecDeque<OsString>,
) -> Result<OsString, ParseError> {
    let is_taken = |word: &OsString| match takes {
        Takes::Nothing => false,
        Takes::Value => true,
        Takes::Optional => !(word.len() > 1 && word.as_bytes().starts_with(b"-")),
        Takes::OptionalNumber => {
            let digits = word.as_bytes();
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
    };
    let next = argv.front().filter(|word| is_taken(word)).cloned();
    match next {
        Some(value) => {
            argv.pop_front();
            Ok(value)
        }
        None if takes == Takes::Value => Err(ParseError::NoValue(shown.to_owned())),
        None => Ok(OsString::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Result<(Vec<(Setting, String)>, String), ParseError> {
        let words = words.split(' ').map(OsString::from).collect();
        let Parsed { settings, words } = parse(words)?;
        let text = |(setting, value): (Setting, OsString)| (setting, value.into_string().unwrap());
        let settings = settings.into_iter().map(text).collect();
        Ok((settings, words.join(" ".as_ref()).into_string().unwrap()))
    }

    #[test]
    fn short_options_are_bundled_and_may_have_their_value_behind_them() {
        let (settings, words) = parsed("-kj+2 -j -1 -0 echo -k").unwrap();
        let expected = [
            (Setting::KeepOrder, ""),
            (Setting::Jobs, "+2"),
            (Setting::Jobs, "-1"),
            (Setting::Null, ""),
        ];
        assert_eq!(
            settings,
            expected.map(|(setting, value)| (setting, value.to_owned()))
        );
        assert_eq!(words, "echo -k");
    }

    #[test]
    fn long_options_may_be_shortened_and_spelled_in_either_case() {
        let (settings, _) = parsed("--dryr --Keep-Order --jobs=4 --joblog x").unwrap();
        let expected = [
            (Setting::DryRun, ""),
            (Setting::KeepOrder, ""),
            (Setting::Jobs, "4"),
            (Setting::JobLog, "x"),
        ];
        assert_eq!(
            settings,
            expected.map(|(setting, value)| (setting, value.to_owned()))
        );
        assert_eq!(parsed("--re"), Err(ParseError::Ambiguous("--re".into())));
        assert_eq!(
            parsed("--nosuch"),
            Err(ParseError::Unknown("--nosuch".into()))
        );
    }

    #[test]
    fn options_without_an_effect_and_two_dashes_leave_the_words() {
        let (settings, words) = parsed("--will-cite --gnu -- -k").unwrap();
        assert!(settings.is_empty());
        assert_eq!(words, "-k");
    }

    #[test]
    fn an_optional_value_is_the_next_word() {
        assert_eq!(parsed("-i echo").unwrap().0[0].1, "echo");
        assert_eq!(parsed("-i% echo").unwrap().0[0].1, "%");
        assert_eq!(parsed("-i -k").unwrap().0[0].1, "");
        assert_eq!(parsed("-l echo").unwrap().1, "echo");
    }

    #[test]
    fn every_name_is_in_the_table_once_and_every_refusal_has_a_hint() {
        let mut names: Vec<&str> = options()
            .flat_map(|option| option.names.split(' '))
            .collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for option in options() {
            assert!(
                !matches!(option.effect, OptionEffect::Refused("")),
                "{option:?}"
            );
        }
    }
}
