//! The scanner of templates and the shells agree: what it accepts delivers every value byte for byte, and
//! runs none of them, under every shell.
//!
//! * `delivery`: a corpus of accepted templates, with what each delivers.
//! * `random_text`, `random_grammar`: random templates, of fragments and by a `grammar`.
//! * `variables`: the variables and builtins of each shell.
//! * `holes`: templates that ran a value once, or were scanned wrongly.

mod delivery;
mod grammar;
mod holes;
mod random_grammar;
mod random_text;
mod shells;
mod variables;
