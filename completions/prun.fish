complete -c prun -s a -l arg-file -d 'Inputs for the command, one a line; \'-\' is standard input' -r -F
complete -c prun -s N -l max-args -d 'So many arguments for each job' -r
complete -c prun -s f -l file -d 'Job file; \'-\' is standard input' -r -F
complete -c prun -s j -l jobs -d 'How many at once: a number, 0 for no limit, or N% of the CPUs' -r
complete -c prun -s t -l timeout -d 'Time for each attempt [default: no limit]' -r
complete -c prun -l grace -d 'Time between TERM and KILL' -r
complete -c prun -l retries -d 'Extra attempts for a job that did not end well' -r
complete -c prun -l retry-delay -d 'Time before an extra attempt' -r
complete -c prun -l deadline -d 'Time for the whole run [default: no limit]' -r
complete -c prun -l fail-fast -d 'End the run at the first failed job, now or soon' -r -f -a "now\t''
soon\t''"
complete -c prun -l max-fail -d 'End the run after N failed jobs' -r
complete -c prun -l delay -d 'Time between two starts, at least' -r
complete -c prun -l guard -d 'End the jobs also when prun itself is killed: auto, always, never' -r -f -a "auto\t'When a job has run for 50 ms'
always\t'Before the first job'
never\t''"
complete -c prun -s s -l shell -d 'Run every command line by a shell [default shell: /bin/sh]' -r -f -a "(__fish_complete_command)"
complete -c prun -s C -l cwd -d 'Run the jobs in DIR' -r -f -a "(__fish_complete_directories)"
complete -c prun -s e -l env -d 'Set a variable for all jobs; may be repeated' -r
complete -c prun -s u -l unset -d 'Remove a variable for all jobs; may be repeated' -r
complete -c prun -s o -l output -d 'What becomes of the jobs\' output' -r -f -a "group\t'Each job\'s in one piece when it ends'
line\t'Lines as they come, each behind its job\'s name'
raw\t'Not captured: it goes where prun\'s own goes, as it comes'
none\t'Thrown away'"
complete -c prun -l json -d 'JSON Lines on standard output: a record for each finished job, or all events' -r -f -a "jobs\t'A record for each finished job'
events\t'What happens, as it happens'"
complete -c prun -l joblog -d 'Append what becomes of every job to FILE' -r -F
complete -c prun -l log-dir -d 'Keep each job\'s output in files in DIR' -r -f -a "(__fish_complete_directories)"
complete -c prun -l junit -d 'Write a JUnit report to FILE at the end' -r -F
complete -c prun -l trace -d 'Write a trace to FILE as it happens' -r -F
complete -c prun -l report -d 'Write a page for a browser to FILE at the end' -r -F
complete -c prun -l replay -d 'Run nothing: tell the last run in the job log LOG again' -r -F
complete -c prun -l color -d 'Colour in prun\'s own text' -r -f -a "auto\t''
always\t''
never\t''"
complete -c prun -l progress -d 'What is shown while jobs run: auto, bar, plain, none' -r -f -a "auto\t''
bar\t'How much is done, what runs, how long it may take'
plain\t'A line for each finished job'
none\t''"
complete -c prun -l ci -d 'Whose log it is: auto, github, gitlab, azure, buildkite, teamcity, plain, off' -r -f -a "auto\t''
github\t''
gitlab\t''
azure\t''
buildkite\t''
teamcity\t''
plain\t'A log that cannot be folded'
off\t'No log'"
complete -c prun -l completions -d 'Print the script that teaches a shell these options' -r -f -a "bash\t''
elvish\t''
fish\t''
powershell\t''
zsh\t''"
complete -c prun -s 0 -l null -d 'Inputs and command lines end with NUL in place of a newline'
complete -c prun -l link -d 'Go through several sources together'
complete -c prun -l race -d 'The first job to end decides, the others are ended'
complete -c prun -s n -l dry-run -d 'Print the commands instead of running them'
complete -c prun -l exec -d 'Never use a shell'
complete -c prun -l tty -d 'Give the terminal to one job at a time'
complete -c prun -l pty -d 'Give each job a terminal of its own for its output, if prun\'s own goes to one'
complete -c prun -s k -l keep-order -d 'Show the output in the order of the jobs'
complete -c prun -s q -l quiet -d 'Show only failed jobs; -qq shows nothing'
complete -c prun -s v -l verbose -d 'Also show starts and endings, with CPU time and memory'
complete -c prun -l resume -d 'Skip jobs that the job log says are done'
complete -c prun -l man -d 'Print the manual page'
complete -c prun -l schema -d 'Print the JSON Schema of --json, --json=events and --joblog'
complete -c prun -s h -l help -d 'Print help (see more with \'--help\')'
complete -c prun -s V -l version -d 'Print version'
