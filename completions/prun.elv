
use builtin;
use str;

set edit:completion:arg-completer[prun] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'prun'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'prun'= {
            cand -a 'Inputs for the command, one a line; ''-'' is standard input'
            cand --arg-file 'Inputs for the command, one a line; ''-'' is standard input'
            cand -N 'So many arguments for each job'
            cand --max-args 'So many arguments for each job'
            cand -f 'Job file; ''-'' is standard input'
            cand --file 'Job file; ''-'' is standard input'
            cand -j 'How many at once: a number, 0 for no limit, or N% of the CPUs'
            cand --jobs 'How many at once: a number, 0 for no limit, or N% of the CPUs'
            cand -t 'Time for each attempt [default: no limit]'
            cand --timeout 'Time for each attempt [default: no limit]'
            cand --grace 'Time between TERM and KILL'
            cand --retries 'Extra attempts for a job that did not end well'
            cand --retry-delay 'Time before an extra attempt'
            cand --deadline 'Time for the whole run [default: no limit]'
            cand --fail-fast 'End the run at the first failed job, now or soon'
            cand --max-fail 'End the run after N failed jobs'
            cand --delay 'Time between two starts, at least'
            cand --guard 'End the jobs also when prun itself is killed: auto, always, never'
            cand -s 'Run every command line by a shell [default shell: /bin/sh]'
            cand --shell 'Run every command line by a shell [default shell: /bin/sh]'
            cand -C 'Run the jobs in DIR'
            cand --cwd 'Run the jobs in DIR'
            cand -e 'Set a variable for all jobs; may be repeated'
            cand --env 'Set a variable for all jobs; may be repeated'
            cand -u 'Remove a variable for all jobs; may be repeated'
            cand --unset 'Remove a variable for all jobs; may be repeated'
            cand -o 'What becomes of the jobs'' output'
            cand --output 'What becomes of the jobs'' output'
            cand --json 'JSON Lines on standard output: a record for each finished job, or all events'
            cand --joblog 'Append what becomes of every job to FILE'
            cand --log-dir 'Keep each job''s output in files in DIR'
            cand --junit 'Write a JUnit report to FILE at the end'
            cand --trace 'Write a trace to FILE as it happens'
            cand --report 'Write a page for a browser to FILE at the end'
            cand --replay 'Run nothing: tell the last run in the job log LOG again'
            cand --color 'Colour in prun''s own text'
            cand --progress 'What is shown while jobs run: auto, bar, plain, none'
            cand --ci 'Whose log it is: auto, github, gitlab, azure, buildkite, teamcity, plain, off'
            cand --completions 'Print the script that teaches a shell these options'
            cand -0 'Inputs and command lines end with NUL in place of a newline'
            cand --null 'Inputs and command lines end with NUL in place of a newline'
            cand --link 'Go through several sources together'
            cand --race 'The first job to end decides, the others are ended'
            cand -n 'Print the commands instead of running them'
            cand --dry-run 'Print the commands instead of running them'
            cand --exec 'Never use a shell'
            cand --tty 'Give the terminal to one job at a time'
            cand --pty 'Give each job a terminal of its own for its output, if prun''s own goes to one'
            cand -k 'Show the output in the order of the jobs'
            cand --keep-order 'Show the output in the order of the jobs'
            cand -q 'Show only failed jobs; -qq shows nothing'
            cand --quiet 'Show only failed jobs; -qq shows nothing'
            cand -v 'Also show starts and endings, with CPU time and memory'
            cand --verbose 'Also show starts and endings, with CPU time and memory'
            cand --resume 'Skip jobs that the job log says are done'
            cand --man 'Print the manual page'
            cand --schema 'Print the JSON Schema of --json, --json=events and --joblog'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
    ]
    $completions[$command]
}
