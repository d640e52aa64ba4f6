//! The form of the tables of answers.

/// The names of options, without dashes and separated by blanks, and what to write instead.
pub(super) type Answer = (&'static str, &'static str);

/// Returns what a table says of a name.
pub(super) fn find(table: &[Answer], name: &str) -> Option<&'static str> {
    let is_named = |(names, _): &&Answer| names.split(' ').any(|other| other == name);
    table.iter().find(is_named).map(|(_, answer)| *answer)
}
