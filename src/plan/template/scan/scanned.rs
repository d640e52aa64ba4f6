//! What a scan returns: the parts of a template, and what is known about them.

use super::injection_rules::Word;
use crate::plan::template::placeholder::Hole;

/// A scanned template.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    pub(crate) parts: Vec<ScriptPart>,
    /// Whether it uses `$1`, `$@` or `$*` itself.
    pub(crate) is_positional: bool,
    /// Whether it uses `$@`, `$*` or `$#`, all arguments of the shell.
    pub(crate) has_all: bool,
    /// The words, if it is one simple command and nothing else.
    pub(crate) simple: Option<Vec<Word>>,
    /// Whether a value is the name of a command.
    pub(crate) has_value_as_command: bool,
    /// Whether a value is assigned to a variable.
    pub(crate) has_value_as_variable: bool,
}

/// A part of a template for a shell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ScriptPart {
    /// Literal bytes.
    Text(Vec<u8>),
    /// A value enclosing of quotes.
    Bare(Hole),
    /// A value that is a whole argument.
    Alone(Hole),
    /// A value inside of double quotes.
    Quoted(Hole),
    /// The number of the job or of its slot, whose digits are text.
    Number(Hole),
}

/// A description of where no value is allowed.
pub(crate) type ScanContext = String;
