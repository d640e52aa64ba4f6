
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
            cand -a 'Read arguments from FILE, one per line; ''-'' is standard input'
            cand --arg-file 'Read arguments from FILE, one per line; ''-'' is standard input'
            cand -N 'Arguments per job'
            cand --max-args 'Arguments per job'
            cand --colsep 'Arguments are records whose fields are separated by STR'
            cand --header 'The first record has the names of the columns; with --pipe: N records go before every block'
            cand --shuf 'Run the jobs in random order'
            cand -f 'Read jobs from FILE; ''-'' is standard input'
            cand --file 'Read jobs from FILE; ''-'' is standard input'
            cand --only 'Run only the jobs with these names, and those that they need'
            cand --skip 'Do not run the jobs with these names'
            cand --block 'The size of a block [default: 1M]'
            cand --recstart 'Records begin with STR'
            cand --recend 'Records end with STR [default: \n, unless --recstart is given]'
            cand -j 'Run at most N jobs at once; 0 for no limit, N% of the CPUs'
            cand --jobs 'Run at most N jobs at once; 0 for no limit, N% of the CPUs'
            cand --slots 'Give each slot a value, and run as many jobs at once as there are values'
            cand --load 'Start no job while more than N threads run on this machine; N% of the CPUs'
            cand --memfree 'Start no job while less than SIZE of memory is available; N% of all memory'
            cand --jobserver 'Share -j with the make, cargo and ninja of all jobs: pipe or fifo'
            cand -t 'Terminate a job after TIME [default: no limit]'
            cand --timeout 'Terminate a job after TIME [default: no limit]'
            cand --grace 'Wait TIME between TERM and KILL'
            cand --retries 'Retry a failed job up to N times'
            cand --retry-delay 'Wait TIME before a retry'
            cand --deadline 'End the whole run after TIME [default: no limit]'
            cand --fail-fast 'End the run at the first failed job: now or soon'
            cand --max-fail 'End the run after N failed jobs'
            cand --race 'End the run when the first job ends, and exit with its exit code: end or ok'
            cand --order 'Start the jobs in this order: input, or longest'
            cand --delay 'Wait at least TIME between two starts'
            cand --guard 'Terminate the jobs even if prun itself is killed: auto, always, never'
            cand --on 'Run the jobs here, or on a cluster: local, slurm or ''slurm:SBATCH OPTIONS'''
            cand --chunk 'Give N jobs to each task'
            cand --run-dir 'Keep the files of the run in DIR, which must be new or empty'
            cand --follow 'Follow the run in DIR: one that was detached, or whose prun has ended'
            cand -s 'Run every command line with a shell [default PROG: /bin/sh]'
            cand --shell 'Run every command line with a shell [default PROG: /bin/sh]'
            cand -C 'Run the jobs in DIR'
            cand --cwd 'Run the jobs in DIR'
            cand -e 'Set a variable for all jobs; may be repeated'
            cand --env 'Set a variable for all jobs; may be repeated'
            cand -u 'Remove a variable for all jobs; may be repeated'
            cand --unset 'Remove a variable for all jobs; may be repeated'
            cand --name 'Name the jobs of a template'
            cand -o 'How to show the jobs'' output'
            cand --output 'How to show the jobs'' output'
            cand --json 'Write JSON Lines to standard output: one record per job, or all events'
            cand --joblog 'Append the start and the result of each job to FILE'
            cand --log-dir 'Write each job''s output to files in DIR'
            cand --junit 'Write a JUnit report to FILE at the end'
            cand --trace 'Write a trace to FILE during the run'
            cand --report 'Write an HTML report to FILE at the end'
            cand --replay 'Show the last run in the job log LOG again, without running anything'
            cand --color 'When to colour prun''s own messages'
            cand --progress 'What to show while jobs run: auto, bar, plain, none'
            cand --ci 'Format output for a CI log: auto, github, gitlab, azure, buildkite, teamcity, plain, off'
            cand --completions 'Print the completion script for SHELL'
            cand --schema 'Print the JSON Schema of the records, or of job files: records or jobs'
            cand -0 'Input items end with NUL instead of newline'
            cand --null 'Input items end with NUL instead of newline'
            cand --link 'Combine several sources one to one'
            cand --csv 'Arguments are records of comma-separated values'
            cand --tsv 'Arguments are records of tab-separated values'
            cand --pipe 'Cut standard input into blocks of records, each the input of one job'
            cand --round-robin 'Share the blocks among -j jobs'
            cand --detach 'Submit the jobs, print the directory of the run, and exit'
            cand -n 'Print the commands instead of running them'
            cand --dry-run 'Print the commands instead of running them'
            cand --exec 'Never use a shell'
            cand --tty 'Give the terminal to one job at a time'
            cand --pty 'Give each job its own terminal for output, if prun''s output is a terminal'
            cand -k 'Show output in the order of the jobs'
            cand --keep-order 'Show output in the order of the jobs'
            cand -q 'Show only failed jobs; -qq shows nothing'
            cand --quiet 'Show only failed jobs; -qq shows nothing'
            cand -v 'Also show each job''s start and end, with CPU time and memory'
            cand --verbose 'Also show each job''s start and end, with CPU time and memory'
            cand --resume 'Skip jobs that succeeded according to the job log'
            cand --gnu 'Take the command line of GNU parallel; must be the first word'
            cand --man 'Print the manual page'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
        }
    ]
    $completions[$command]
}
