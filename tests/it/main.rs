//! What prun promises, tried on the program itself: one module for each subject.
//! Every test builds a [`stage::Stage`]; `house` reads the sources instead and keeps the rooms.

// The stage finds the processes and the memory of a run in /proc.
#![cfg(target_os = "linux")]

mod arguments;
mod commands;
mod endings;
mod engine;
mod fuzz;
mod house;
mod injection;
mod inputs;
mod jobfiles;
mod outputs;
mod readme;
mod real;
mod records;
mod shells;
mod stage;
mod templates;
mod twopaths;
