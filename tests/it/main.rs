//! Tests of the program itself: one module per subject.
//! Every test builds a [`stage::Stage`]; `house` checks the rules of the source code instead.

// The stage finds the processes and the memory of a run in /proc.
#![cfg(linux)]

mod arguments;
mod bash_functions;
mod blocks;
mod changing_files;
mod ci;
mod cluster;
mod cluster_options;
mod colours;
mod columns;
mod commands;
mod destinations;
mod digests;
mod dispositions;
mod documents;
mod dry_runs;
mod early_ends;
mod endings;
mod environment;
mod events;
mod examples;
mod failure_reasons;
mod faults;
mod file_formats;
mod forged_ci_commands;
mod format_agreement;
mod generated;
mod gnu;
mod graph_log;
mod graph_pages;
mod graph_reports;
mod graph_screens;
mod habits;
mod headlines;
mod house;
mod injection;
mod inputs;
mod job_graphs;
mod job_limits;
mod jobfiles;
mod joblog;
mod jobserver;
mod junit;
mod leaks;
mod limits;
mod log_dirs;
mod machine_limits;
mod names;
mod needs;
mod options;
mod output_errors;
mod outputs;
mod pasted_commands;
mod paths;
mod ptys;
mod readers;
mod readme;
mod real_commands;
mod records;
mod replays;
mod reports;
mod retries;
mod scanner;
mod schema;
mod screens;
mod services;
mod shell_equivalence;
mod shells;
mod signal_timing;
mod signals;
mod slots;
mod stage;
mod standard_input;
mod streaming;
mod syscall_budget;
mod templates;
mod terminal;
mod tmux;
mod traces;
mod values;
mod work;

#[path = "../shared/mod.rs"]
#[allow(dead_code, reason = "the tests of the engine use the rest")]
mod shared;
