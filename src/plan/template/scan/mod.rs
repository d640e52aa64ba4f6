//! Where in a script for a shell a value may stand.
//!
//! `scanner` goes through the text as a shell would, with `expansion` for what begins with a `$`,
//! `parentheses` for what is nested, and `opaque` for what is not parsed; `scan_state` holds the words so
//! far, `enclosing` those around a parenthesis, and `scanned` is the result. `injection_rules` checks which commands may take a value, `assignment` which variables, and
//! `variable_rules` what else may stand beside a variable with a value. `number` knows where digits stay a
//! number. Nothing here knows the values.

mod assignment;
mod enclosing;
mod expansion;
mod injection_rules;
mod number;
mod opaque;
mod parentheses;
mod scan_state;
mod scanned;
mod scanner;
mod variable_rules;

pub(super) use injection_rules::{Word, is_shell, objection, shell_with_code};
pub(super) use number::objection as number_objection;
pub(super) use scanned::{Scanner, ScriptPart};
pub(super) use scanner::scan;
