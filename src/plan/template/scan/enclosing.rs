//! What is kept of the state of a scan while a parenthesis is open.

use super::injection_rules::Word;

/// What the next word is, if not an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RedirectTarget {
    /// The file of a redirection.
    File,
    /// After `>&`: perhaps a descriptor.
    Descriptor,
}

/// Which parenthesis is open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Parenthesis {
    Subshell,
    Substitution,
    /// A substitution in double quotes.
    QuotedSubstitution,
}

/// The state around an open parenthesis.
pub(super) struct Enclosing {
    pub(super) parenthesis: Parenthesis,
    pub(super) word: Option<Word>,
    pub(super) words: Vec<Word>,
    pub(super) oddity: Option<&'static str>,
    pub(super) is_quoted: bool,
    pub(super) is_assignment: bool,
    pub(super) has_bracket: bool,
    pub(super) has_brace: bool,
    pub(super) has_value: bool,
    pub(super) target: Option<RedirectTarget>,
}
