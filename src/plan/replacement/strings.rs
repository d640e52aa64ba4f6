//! Which texts of a command are replaced: GNU parallel's replacement strings.

use thiserror::Error;

use super::form::ReplacementForm;
use super::plus::{Plus, plus, substitution};
use crate::plan::template::PlaceholderForm;

/// What a replacement string inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// A part of a value, or of each of them.
    Value(ReplacementForm),
    /// The number of the job.
    Seq,
    /// The slot in which it runs.
    Slot,
    /// The number of all jobs.
    Total,
}

/// Which value is inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// All of them.
    All,
    /// One of them, from 1; negative from the end.
    At(i64),
}

impl Position {
    /// Returns the index of the value among so many, if it is one of them.
    pub(super) fn index(self, values: usize) -> Option<usize> {
        let index = match self {
            Self::All => None,
            Self::At(number @ 1..) => usize::try_from(number - 1).ok(),
            Self::At(number) => {
                let from_end = usize::try_from(number.unsigned_abs()).ok();
                from_end.and_then(|from_end| values.checked_sub(from_end))
            }
        };
        index.filter(|index| *index < values)
    }
}

/// A part of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CommandPart {
    Text(Vec<u8>),
    String(Position, Inserted),
}

/// The replacement strings of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplacementStrings {
    /// The strings and their meanings, the longest first.
    strings: Vec<(Vec<u8>, Inserted)>,
    /// Whether those of `--plus` with a text in them are known.
    has_plus: bool,
    /// The names of the sources, for `{NAME}`.
    names: Vec<Vec<u8>>,
}

/// A replacement string that is not supported. No job was started.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum StringsError {
    /// `{= … =}`.
    #[error(
        "`{{=` … `=}}` is a perl expression, which prun does not run: use --plus ({{%SUFFIX}}, {{/OLD/NEW}}, …), or edit the value in the command: sh -c 'echo \"${{1%.*}}\"' sh {{}}"
    )]
    Perl,
    /// A regular expression in `{%…}` and the like.
    #[error(
        "`{0}` is a regular expression, and prun looks for literal text: edit the value in the command: sh -c 'echo \"${{1%.*}}\"' sh {{}}"
    )]
    Pattern(String),
    /// An expression after `--rpl` that is not known.
    #[error(
        "--rpl '{0}': a perl expression, which prun does not run, except for s/TEXT/TEXT/ and s/TEXT$//: use --plus ({{%SUFFIX}}, {{/OLD/NEW}}, …)"
    )]
    Rpl(String),
    /// A string that is only known with `--plus`.
    #[error("`{0}` needs --plus")]
    Plus(String),
    /// A string that is computed from all jobs.
    #[error(
        "`{0}` is not supported here: {{#}} is the number of a job, and arguments can be selected before"
    )]
    AllJobs(String),
}

/// The strings that are always known.
const STANDARD: [(&str, Inserted); 7] = [
    ("{}", part(PlaceholderForm::Whole)),
    ("{.}", part(PlaceholderForm::NoExtension)),
    ("{/}", part(PlaceholderForm::Base)),
    ("{//}", part(PlaceholderForm::Directory)),
    ("{/.}", part(PlaceholderForm::BaseNoExtension)),
    ("{#}", Inserted::Seq),
    ("{%}", Inserted::Slot),
];

/// Those that `--plus` adds.
const PLUS: [(&str, Inserted); 9] = [
    ("{+/}", Inserted::Value(ReplacementForm::BeforeSlash)),
    ("{+.}", Inserted::Value(ReplacementForm::Extensions(1))),
    ("{+..}", Inserted::Value(ReplacementForm::Extensions(2))),
    ("{+...}", Inserted::Value(ReplacementForm::Extensions(3))),
    (
        "{..}",
        Inserted::Value(ReplacementForm::WithoutExtensions(2)),
    ),
    (
        "{...}",
        Inserted::Value(ReplacementForm::WithoutExtensions(3)),
    ),
    (
        "{/..}",
        Inserted::Value(ReplacementForm::BaseWithoutExtensions(2)),
    ),
    (
        "{/...}",
        Inserted::Value(ReplacementForm::BaseWithoutExtensions(3)),
    ),
    ("{##}", Inserted::Total),
];

/// Those of `--plus` that look at all jobs, or at how many there are.
const OF_ALL_JOBS: [&str; 4] = ["choose_k}", "uniq}", "0%}", "0#}"];

const fn part(form: PlaceholderForm) -> Inserted {
    Inserted::Value(ReplacementForm::Part(form))
}

impl Default for ReplacementStrings {
    fn default() -> Self {
        let mut strings = Self {
            strings: Vec::new(),
            has_plus: false,
            names: Vec::new(),
        };
        for (text, inserted) in STANDARD {
            strings.define(text.as_bytes(), inserted);
        }
        strings
    }
}

impl ReplacementStrings {
    /// Adds a string, or gives it another meaning.
    fn define(&mut self, text: &[u8], inserted: Inserted) {
        self.strings.retain(|(known, _)| known != text);
        self.strings.push((text.to_vec(), inserted));
        self.strings
            .sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    }

    /// Gives one of the standard strings another spelling (`-I`).
    pub(crate) fn respell(&mut self, standard: &str, spelling: &[u8]) {
        let known = STANDARD.into_iter().find(|(text, _)| *text == standard);
        if let Some((_, inserted)) = known {
            self.strings.retain(|(_, meaning)| *meaning != inserted);
            self.define(spelling, inserted);
        }
    }

    /// Adds the strings of `--plus`.
    pub(crate) fn add_plus(&mut self) {
        self.has_plus = true;
        for (text, inserted) in PLUS {
            self.define(text.as_bytes(), inserted);
        }
    }

    /// Names the sources (`--header :`).
    pub(crate) fn name(&mut self, names: Vec<Vec<u8>>) {
        self.names = names;
    }

    /// Adds a string of the user's own (`--rpl 'STRING EXPRESSION'`).
    pub(crate) fn add(&mut self, definition: &[u8]) -> Result<(), StringsError> {
        let shown = || StringsError::Rpl(String::from_utf8_lossy(definition).into_owned());
        let blank = definition
            .iter()
            .position(|byte| byte.is_ascii_whitespace());
        let (text, expression) = definition.split_at(blank.ok_or_else(shown)?);
        let expression = expression.trim_ascii();
        let expression = expression.strip_suffix(b";").unwrap_or(expression);
        let expression = expression.trim_ascii();
        let form = match expression {
            b"" => ReplacementForm::WHOLE,
            b"s:.*/::" => ReplacementForm::Part(PlaceholderForm::Base),
            b"s:\\.[^/.]+$::" | b"s:\\.[^.]+$::" | b"s/\\.[^.]+$//" | b"s:\\.[^/.]*$::" => {
                ReplacementForm::Part(PlaceholderForm::NoExtension)
            }
            b"s:\\.[^.]+$::;s:\\.[^.]+$::" | b"s:\\.[^/.]+$::;s:\\.[^/.]+$::" => {
                ReplacementForm::WithoutExtensions(2)
            }
            expression => substitution(expression).ok_or_else(shown)?,
        };
        // `{%(.+?)}` has arguments, which only --plus has here.
        if text.is_empty() || text.contains(&b'(') {
            return Err(shown());
        }
        self.define(text, Inserted::Value(form));
        Ok(())
    }

    /// Splits a text into its parts.
    pub(super) fn parse(&self, text: &[u8]) -> Result<Vec<CommandPart>, StringsError> {
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let Some((position, inserted, length)) = self.at(&text[at..])? else {
                literal.push(text[at]);
                at += 1;
                continue;
            };
            if !literal.is_empty() {
                parts.push(CommandPart::Text(std::mem::take(&mut literal)));
            }
            parts.push(CommandPart::String(position, inserted));
            at += length;
        }
        if !literal.is_empty() {
            parts.push(CommandPart::Text(literal));
        }
        Ok(parts)
    }

    /// Finds the string at the beginning of a text, and its length.
    fn at(&self, text: &[u8]) -> Result<Option<(Position, Inserted, usize)>, StringsError> {
        for (string, inserted) in &self.strings {
            if text.starts_with(string) {
                return Ok(Some((Position::All, inserted.clone(), string.len())));
            }
        }
        let Some(inside) = text.strip_prefix(b"{") else {
            return Ok(None);
        };
        if inside.starts_with(b"=") {
            return Err(StringsError::Perl);
        }
        let (position, after) = self.position(inside);
        let rest = &inside[after..];
        if position != Position::All {
            for (string, inserted) in &self.strings {
                let is_value = matches!(inserted, Inserted::Value(_));
                if let Some(end) = string.strip_prefix(b"{").filter(|_| is_value)
                    && rest.starts_with(end)
                {
                    return Ok(Some((position, inserted.clone(), 1 + after + end.len())));
                }
            }
        }
        let Some(length) = rest.iter().position(|byte| *byte == b'}') else {
            return Ok(None);
        };
        let shown = || String::from_utf8_lossy(&text[..1 + after + length + 1]).into_owned();
        if self.has_plus {
            if OF_ALL_JOBS
                .iter()
                .any(|all| inside.starts_with(all.as_bytes()) || rest.starts_with(all.as_bytes()))
            {
                return Err(StringsError::AllJobs(shown()));
            }
            return match plus(&rest[..length]) {
                Plus::Form(form) => {
                    let length = 1 + after + length + 1;
                    Ok(Some((position, Inserted::Value(form), length)))
                }
                Plus::Pattern => Err(StringsError::Pattern(shown())),
                Plus::Other => Ok(None),
            };
        }
        let name = &rest[..length];
        let is_plus = PLUS
            .iter()
            .any(|(text, _)| text.as_bytes()[1..text.len() - 1] == *name);
        match is_plus && position == Position::All {
            true => Err(StringsError::Plus(shown())),
            false => Ok(None),
        }
    }

    /// Reads a position or a name after a brace; returns how long it is.
    fn position(&self, inside: &[u8]) -> (Position, usize) {
        let sign = usize::from(inside.first() == Some(&b'-'));
        let digits = inside[sign..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        let length = sign + digits.count();
        let number = std::str::from_utf8(&inside[..length]).ok();
        let number = number.and_then(|number| number.parse().ok());
        if let Some(number) = number.filter(|number| *number != 0) {
            return (Position::At(number), length);
        }
        let mut names: Vec<(usize, &Vec<u8>)> = self.names.iter().enumerate().collect();
        names.sort_by_key(|(_, name)| std::cmp::Reverse(name.len()));
        let named = names
            .into_iter()
            .find(|(_, name)| !name.is_empty() && inside.starts_with(name));
        match named {
            Some((at, name)) => (Position::At(at as i64 + 1), name.len()),
            None => (Position::All, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(strings: &ReplacementStrings, text: &str) -> Result<Vec<CommandPart>, StringsError> {
        strings.parse(text.as_bytes())
    }

    /// Returns what a text inserts of a value.
    fn of(strings: &ReplacementStrings, text: &str, value: &str) -> String {
        match parts(strings, text).unwrap().as_slice() {
            [CommandPart::String(_, Inserted::Value(form))] => {
                form.of(value.as_ref()).into_string().unwrap()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn strings_are_replaced_by_themselves_and_with_a_position_or_a_name() {
        let mut strings = ReplacementStrings::default();
        strings.name(vec![b"f1".to_vec()]);
        let whole = || Inserted::Value(ReplacementForm::WHOLE);
        let expected = [
            CommandPart::Text(b"a".to_vec()),
            CommandPart::String(Position::All, whole()),
            CommandPart::String(Position::At(-2), whole()),
            CommandPart::String(Position::At(1), whole()),
            CommandPart::Text(b"{x}".to_vec()),
            CommandPart::String(Position::All, Inserted::Seq),
        ];
        assert_eq!(parts(&strings, "a{}{-2}{f1}{x}{#}").unwrap(), expected);
    }

    #[test]
    fn plus_adds_forms_with_a_text() {
        let mut strings = ReplacementStrings::default();
        assert_eq!(
            parts(&strings, "{..}"),
            Err(StringsError::Plus("{..}".into()))
        );
        strings.add_plus();
        for (text, result) in [
            ("{..}", "d/a"),
            ("{+..}", "b.c"),
            ("{2/..}", "a"),
            ("{%.c}", "d/a.b"),
            ("{#d/}", "a.b.c"),
            ("{/a/X}", "d/X.b.c"),
            ("{:2}", "a.b.c"),
            ("{:-x}", "d/a.b.c"),
            ("{^d}", "D/a.b.c"),
        ] {
            assert_eq!(of(&strings, text, "d/a.b.c"), result, "{text}");
        }
        assert!(matches!(
            parts(&strings, "{%[bc]}"),
            Err(StringsError::Pattern(_))
        ));
        assert!(matches!(
            parts(&strings, "{uniq}"),
            Err(StringsError::AllJobs(_))
        ));
    }

    #[test]
    fn a_substitution_of_literal_text_may_have_a_string() {
        let mut strings = ReplacementStrings::default();
        strings.add(b"{r} s/R1/R2/").unwrap();
        strings.add(b".. s:\\.[^.]+$::;s:\\.[^.]+$::;").unwrap();
        strings.add(b"{s} s/_x$//").unwrap();
        assert_eq!(of(&strings, "{1r}", "a_R1_R1"), "a_R2_R1");
        assert_eq!(of(&strings, "..", "a.b.c"), "a");
        assert_eq!(of(&strings, "{s}", "a_x"), "a");
        for perl in ["{x} $_=uc($_)", "{%(.+?)} s/$$1$//;", "{x} s/a/b/g", "x"] {
            assert!(strings.add(perl.as_bytes()).is_err(), "{perl}");
        }
        assert_eq!(parts(&strings, "{= 1 =}"), Err(StringsError::Perl));
    }
}
