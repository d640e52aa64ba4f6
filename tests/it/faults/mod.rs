//! Faults that prun must survive, each provoked for real.
//!
//! The index of the suite, by subject: the fault, and the tests that provoke it, some of them in
//! modules outside this folder (`index` checks that each exists). The known limits that no test covers
//! are listed at the end, with the reason. In addition every run on the stage must end in time, leave
//! no process, no file and no open pipe, restore the terminal, not panic, have one record per job in
//! accord with the exit code, and a job log of whole lines.
//!
//! # The life of a process
//!
//! | fault | test |
//! |---|---|
//! | a job that ignores TERM | `endings::a_job_that_ignores_term_is_killed_at_the_end_of_the_grace` |
//! | a grandchild that ignores TERM, the leader gone | `endings::a_grandchild_that_ignores_term_is_killed_although_the_leader_is_gone` |
//! | a daemon that holds the pipe, in its own session, or that writes | `leaks::a_daemon_in_its_own_session_…`, `leaks::a_background_process_with_the_pipe_…`, `leaks::a_chatty_background_process_…` |
//! | a job that stops itself | `endings::a_job_that_stops_itself_is_ended`, `endings::a_job_that_stops_its_group_and_ignores_term_is_killed` |
//! | a job that dies by a signal, also from outside | `records::a_job_that_died_by_a_signal_…`, `signalled_with_jobs::a_job_that_is_signalled_alone_…` |
//! | 150 and more failures | `commands::the_exit_code_does_not_count_the_failures` |
//! | a program that is missing, no program, a folder, without `#!`, with a wrong one, busy | `shells::a_missing_program_…`, `failure_reasons::a_file_that_cannot_be_executed_is_…`, `shells::a_script_without_an_interpreter_line_…`, `engine::spawn_errors`, `engine::formats`, `shells::a_busy_program_…` |
//! | a program whose execution hangs | `hangs::*`, `engine::hangs` |
//! | no `/dev/null`, no shell, no permission to look | `failure_reasons::a_missing_dev_null_is_not_…`, `failure_reasons::without_a_shell_the_missing_…`, `failure_reasons::a_program_in_an_unreadable_folder_is_not_…` |
//! | a NUL in an argument | `inputs::a_nul_in_a_line_…`, `arguments::a_nul_byte_in_a_line_…` |
//! | zombies of a group where process 1 is slow | `endings::a_zombie_of_the_group_does_not_prolong_the_grace` |
//! | prun is process 1 | `pid1::*` |
//! | a poll loop, pidfd, pipe, process or thread that cannot be created | `injected::*` |
//! | process ids that are reused at once | `pid_reuse::*` |
//! | a job in a session of its own, and Ctrl-C | `termination::a_process_in_its_own_session_is_reported_…` |
//! | fail-fast during a long job | `early_ends::fail_fast_ends_running_jobs_…` |
//! | three failing attempts | `retries::every_attempt_is_shown` |
//! | a short time limit | `termination::a_time_limit_ends_jobs_without_delay` |
//!
//! # Signals to prun, and the terminal
//!
//! | fault | test |
//! |---|---|
//! | INT, TERM, HUP, QUIT once | `signals::*_is_passed_on` |
//! | a second and a third time, twice at once | `signals::a_second_signal_kills_…`, `early_ends::a_third_signal_exits_at_once`, `signal_timing::a_signal_that_arrives_twice_…` |
//! | at any moment | `signal_timing::a_signal_at_any_moment_…`, `signal_timing::a_signal_among_starts_leaves_no_process` |
//! | INT as a CI service sends it | `termination::a_run_ends_before_a_ci_service_sends_sigkill` |
//! | the jobs are signalled together with prun | `signalled_with_jobs::*` |
//! | the terminal is closed | `dispositions::a_hang_up_of_the_terminal_…`, `termination::a_closed_terminal_ends_…` |
//! | nohup; INT, TERM ignored; CHLD ignored; all blocked | `dispositions::*` |
//! | Ctrl-\ where a shell lets children ignore it | `termination::the_quit_key_…` |
//! | Ctrl-Z, `fg`; a job that ignores it; an orphaned process group | `terminal::ctrl_z_…`, `terminal::a_job_that_ignores_ctrl_z_…`, `terminal::an_orphaned_process_group_is_not_…` |
//! | any signals, in any output form, with any policy, all files, a stuck reader | `chaos::*` |
//! | Ctrl-Z and Ctrl-C while jobs start as fast as they can | `keys_during_starts::*` |
//! | SIGKILL | `guards::*`, `crashes::*`, `joblog::a_job_that_an_earlier_killed_run_left_…`, `spill::nothing_is_left_of_the_file_after_a_kill` |
//! | SIGKILL while jobs start as fast as they can, while they are stopped, after a TERM (`timeout -k`) | `guards::a_kill_at_any_moment_…`, `guards::jobs_that_are_stopped_…`, `guards::a_kill_after_a_term_kills_…` |
//! | a crash | `guards::any_death_of_prun_…` |
//! | prun is a job of another prun | `guards::a_nested_run_ends_its_…`, `guards::the_grace_of_a_nested_run_is_nine_…` |
//! | SIGABRT | `termination::an_abort_ends_the_jobs_…` |
//! | the reader of stdout goes away, also with SIGPIPE ignored | `output_errors::*_goes_away*` |
//! | the reader of stderr goes away; stderr is full | `output_errors::a_reader_of_stderr_…`, `output_errors::messages_that_cannot_be_written_to_…`, `output_errors::output_to_a_closed_stderr_is_lost_and_…`, `standard_streams::*` |
//! | a job reads the terminal, takes it, is an interactive shell | `terminal::a_job_that_reads_the_terminal_…`, `termination::a_job_that_takes_the_terminal_…`, `termination::an_interactive_shell_as_a_job_…` |
//! | SIGUSR1 | `early_ends::usr1_shows_the_running_jobs` |
//!
//! # Shortage of system resources
//!
//! | fault | test |
//! |---|---|
//! | few descriptors, few processes | `limits::*` |
//! | little address space, a small stack, a million jobs at once | `scarce_resources::*` |
//! | an argument that is too long | `injection::an_argument_too_long_…`, `shells::an_argument_that_is_too_long_…` |
//! | the disk of temporary files is full, read-only, gone, limited | `spill::*`, `output_errors::output_that_cannot_be_kept_is_reported` |
//! | the disk of the job log is full, fails, cannot be repaired | `joblog::a_log_on_a_full_disk_…`, `injected::a_job_log_…` |
//! | stdout is full | `output_errors::a_full_disk_*` |
//! | stdout is not read, or closed; all standard streams are closed | `stuck_reader::*`, `endings::a_stuck_reader_…`, `signals::a_stuck_reader_…`, `output_errors::jobs_that_are_faster_…` |
//! | the standard streams are non-blocking; standard input cannot be read | `standard_streams::*` |
//! | a gibibyte of output; ten thousand jobs | `output_errors::a_gibibyte_…`, `output_errors::ten_thousand_jobs_…` |
//! | the working directory is removed | `scarce_resources::jobs_run_in_a_folder_that_is_gone` |
//!
//! # The job log
//!
//! | fault | test |
//! |---|---|
//! | cut at every byte | `joblog::a_log_cut_anywhere_…`, and in `sink::joblog` |
//! | killed at any moment and resumed until done | `crashes::*` |
//! | stdout is not read, and prun is terminated or killed | `file_writes::a_signal_while_nobody_reads_…`, `file_writes::a_start_is_in_the_…` |
//! | a second and a third signal while files are written | `file_writes::a_second_signal_…`, `file_writes::a_third_signal_…` |
//! | killed before a start is in the log | `file_writes::a_job_that_runs_when_prun_is_killed_at_once_…` |
//! | output that is lost, or is delivered late; a second run that fails or is killed | `resumes::a_success_whose_output_…`, `resumes::output_that_is_delivered_…`, `resumes::the_last_attempt_…`, `resumes::a_job_that_was_killed_in_its_second_run_…` |
//! | removed or replaced during the run; no fdatasync; pids of another namespace | `resumes::a_log_that_is_removed_…`, `resumes::a_log_on_a_file_system_…`, `resumes::a_pid_of_another_namespace_…` |
//! | two runs, one log; a daemon of a job outlives the run | `joblog::two_runs_…`, `logs::a_daemon_that_a_job_left_…` |
//! | other jobs, order, folder, environment, shell | `joblog::jobs_are_known_by_content_…` |
//! | a job of a killed run still runs | `joblog::a_job_that_an_earlier_killed_run_left_…` |
//! | jobs that did not end well | `logs::every_job_that_is_not_ok_runs_again` |
//! | the wall clock jumps | `logs::a_clock_that_jumps_…` |
//! | not a regular file, a link, a pipe, no locks, another version | `joblog::a_path_that_cannot_be_a_…`, `logs::*` |
//! | a long log | `logs::a_long_log_is_read_as_a_stream` |
//!
//! # Security
//!
//! | fault | test |
//! |---|---|
//! | values with shell syntax | `injection::*`, `templates::a_placeholder_in_an_…` |
//! | names, commands, last lines with terminal codes | `digests::*_cannot_take_over_the_terminal` |
//! | temporary files in a folder that others can write | `spill::a_file_of_output_…` |
//! | secrets in the environment | `records::the_environment_is_in_no_record`, `joblog::the_log_has_a_failed_…` |
//! | descriptors of prun's own | `commands::a_job_gets_no_descriptor_of_pruns_own` |
//! | configuration files in the folder, or in the home directory | `scarce_resources::nothing_is_read_from_the_folder_or_from_home` |
//!
//! # Known limits, without a test
//!
//! * A process that leaves its process group (a daemon, the children of an interactive shell) cannot
//!   be signalled with it. It is reported as `leaked` if it holds a pipe. Only process 1 or a control
//!   group could do more.
//! * SIGKILL of prun in the first 50 ms of a job, or of prun and its guard, leaves the jobs running; a
//!   resumed run refuses to start them twice.
//! * A panic cannot be provoked from outside; the stage reports any.
//! * Without `/proc`, zombies cannot be distinguished from living processes: the wait lasts until the
//!   end of the grace.

mod chaos;
mod crashes;
mod file_writes;
mod fixtures;
mod guards;
mod hangs;
mod index;
mod injected;
mod keys_during_starts;
mod logs;
mod pid1;
mod pid_reuse;
mod resumes;
mod scarce_resources;
mod signalled_with_jobs;
mod spill;
mod standard_streams;
mod stuck_reader;
mod termination;
