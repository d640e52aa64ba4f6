//! GNU parallel's command line: the lines of that program's own manuals, run by both, and what differs.

mod command_lines;
mod corpus;
mod records;
