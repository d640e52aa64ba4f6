complete -c prun -s a -l arg-file -d 'Read arguments from FILE, one per line; \'-\' is standard input' -r -F
complete -c prun -s N -l max-args -d 'Arguments per job' -r
complete -c prun -l colsep -d 'Arguments are records whose fields are separated by STR' -r
complete -c prun -l header -d 'The first record has the names of the columns; with --pipe: N records go before every block' -r
complete -c prun -l shuf -d 'Run the jobs in random order' -r
complete -c prun -s f -l file -d 'Read jobs from FILE; \'-\' is standard input' -r -F
complete -c prun -l only -d 'Run only the jobs with these names, and those that they need' -r
complete -c prun -l skip -d 'Do not run the jobs with these names' -r
complete -c prun -l block -d 'The size of a block [default: 1M]' -r
complete -c prun -l recstart -d 'Records begin with STR' -r
complete -c prun -l recend -d 'Records end with STR [default: \\n, unless --recstart is given]' -r
complete -c prun -s j -l jobs -d 'Run at most N jobs at once; 0 for no limit, N% of the CPUs' -r
complete -c prun -l slots -d 'Give each slot a value, and run as many jobs at once as there are values' -r
complete -c prun -l load -d 'Start no job while more than N threads run on this machine; N% of the CPUs' -r
complete -c prun -l memfree -d 'Start no job while less than SIZE of memory is available; N% of all memory' -r
complete -c prun -l jobserver -d 'Share -j with the make, cargo and ninja of all jobs: pipe or fifo' -r -f -a "pipe\t'By an inherited pipe'
fifo\t'By a named pipe'"
complete -c prun -s t -l timeout -d 'Terminate a job after TIME [default: no limit]' -r
complete -c prun -l grace -d 'Wait TIME between TERM and KILL' -r
complete -c prun -l retries -d 'Retry a failed job up to N times' -r
complete -c prun -l retry-delay -d 'Wait TIME before a retry' -r
complete -c prun -l deadline -d 'End the whole run after TIME [default: no limit]' -r
complete -c prun -l fail-fast -d 'End the run at the first failed job: now or soon' -r -f -a "now\t''
soon\t''"
complete -c prun -l max-fail -d 'End the run after N failed jobs' -r
complete -c prun -l race -d 'End the run when the first job ends, and exit with its exit code: end or ok' -r -f -a "end\t''
ok\t''"
complete -c prun -l order -d 'Start the jobs in this order: input, or longest' -r -f -a "input\t''
longest\t''"
complete -c prun -l delay -d 'Wait at least TIME between two starts' -r
complete -c prun -l guard -d 'Terminate the jobs even if prun itself is killed: auto, always, never' -r -f -a "auto\t'When a job has run for 50 ms'
always\t'Before the first job'
never\t''"
complete -c prun -l on -d 'Run the jobs here, or on a cluster: local, slurm or \'slurm:SBATCH OPTIONS\'' -r
complete -c prun -l chunk -d 'Give N jobs to each task' -r
complete -c prun -l run-dir -d 'Keep the files of the run in DIR, which must be new or empty' -r -f -a "(__fish_complete_directories)"
complete -c prun -l follow -d 'Follow the run in DIR: one that was detached, or whose prun has ended' -r -f -a "(__fish_complete_directories)"
complete -c prun -s s -l shell -d 'Run every command line with a shell [default PROG: /bin/sh]' -r -f -a "(__fish_complete_command)"
complete -c prun -s C -l cwd -d 'Run the jobs in DIR' -r -f -a "(__fish_complete_directories)"
complete -c prun -s e -l env -d 'Set a variable for all jobs; may be repeated' -r
complete -c prun -s u -l unset -d 'Remove a variable for all jobs; may be repeated' -r
complete -c prun -l name -d 'Name the jobs of a template' -r
complete -c prun -s o -l output -d 'How to show the jobs\' output' -r -f -a "group\t'In one piece when the job ends'
line\t'Line by line as it arrives, prefixed with the job\'s name'
raw\t'Not captured; jobs write directly to prun\'s standard output and error'
none\t'Discarded'"
complete -c prun -l json -d 'Write JSON Lines to standard output: one record per job, or all events' -r -f -a "jobs\t'One record per finished job'
events\t'All events, as they happen'"
complete -c prun -l joblog -d 'Append the start and the result of each job to FILE' -r -F
complete -c prun -l log-dir -d 'Write each job\'s output to files in DIR' -r -f -a "(__fish_complete_directories)"
complete -c prun -l junit -d 'Write a JUnit report to FILE at the end' -r -F
complete -c prun -l trace -d 'Write a trace to FILE during the run' -r -F
complete -c prun -l report -d 'Write an HTML report to FILE at the end' -r -F
complete -c prun -l replay -d 'Show the last run in the job log LOG again, without running anything' -r -F
complete -c prun -l color -d 'When to colour prun\'s own messages' -r -f -a "auto\t''
always\t''
never\t''"
complete -c prun -l progress -d 'What to show while jobs run: auto, bar, plain, none' -r -f -a "auto\t''
bar\t'Completed jobs, running jobs, estimated time left'
plain\t'One line per finished job'
none\t''"
complete -c prun -l ci -d 'Format output for a CI log: auto, github, gitlab, azure, buildkite, teamcity, plain, off' -r -f -a "auto\t''
github\t''
gitlab\t''
azure\t''
buildkite\t''
teamcity\t''
plain\t'A log without folding'
off\t'Not a CI log'"
complete -c prun -l completions -d 'Print the completion script for SHELL' -r -f -a "bash\t''
elvish\t''
fish\t''
powershell\t''
zsh\t''"
complete -c prun -l schema -d 'Print the JSON Schema of the records, or of job files: records or jobs' -r -f -a "records\t''
jobs\t''"
complete -c prun -s 0 -l null -d 'Input items end with NUL instead of newline'
complete -c prun -l link -d 'Combine several sources one to one'
complete -c prun -l csv -d 'Arguments are records of comma-separated values'
complete -c prun -l tsv -d 'Arguments are records of tab-separated values'
complete -c prun -l pipe -d 'Cut standard input into blocks of records, each the input of one job'
complete -c prun -l round-robin -d 'Share the blocks among -j jobs'
complete -c prun -l detach -d 'Submit the jobs, print the directory of the run, and exit'
complete -c prun -s n -l dry-run -d 'Print the commands instead of running them'
complete -c prun -l exec -d 'Never use a shell'
complete -c prun -l tty -d 'Give the terminal to one job at a time'
complete -c prun -l pty -d 'Give each job its own terminal for output, if prun\'s output is a terminal'
complete -c prun -s k -l keep-order -d 'Show output in the order of the jobs'
complete -c prun -s q -l quiet -d 'Show only failed jobs; -qq shows nothing'
complete -c prun -s v -l verbose -d 'Also show each job\'s start and end, with CPU time and memory'
complete -c prun -l resume -d 'Skip jobs that succeeded according to the job log'
complete -c prun -l gnu -d 'Take the command line of GNU parallel; must be the first word'
complete -c prun -l man -d 'Print the manual page'
complete -c prun -s h -l help -d 'Print help (see more with \'--help\')'
complete -c prun -s V -l version -d 'Print version'
