//! What prun promises, tried on the program itself: one module for each subject.
//! Every test builds a [`stage::Stage`]; `house` reads the sources instead and keeps the rooms.

// The stage finds the processes and the memory of a run in /proc.
#![cfg(target_os = "linux")]

mod arguments;
mod ci;
mod colours;
mod commands;
mod digests;
mod dispositions;
mod dry_runs;
mod endings;
mod engine;
mod events;
mod examples;
mod fuzz;
mod generated;
mod headers;
mod house;
mod injection;
mod inputs;
mod jobfiles;
mod joblog;
mod leaks;
mod limits;
mod losses;
mod moments;
mod options;
mod outputs;
mod readme;
mod real;
mod records;
mod rereading;
mod retries;
mod schema;
mod screens;
mod shells;
mod signals;
mod stage;
mod stops;
mod streaming;
mod templates;
mod terminal;
mod twopaths;
