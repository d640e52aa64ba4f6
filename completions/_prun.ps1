
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'prun' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'prun'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'prun' {
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Read arguments from FILE, one per line; ''-'' is standard input')
            [CompletionResult]::new('--arg-file', '--arg-file', [CompletionResultType]::ParameterName, 'Read arguments from FILE, one per line; ''-'' is standard input')
            [CompletionResult]::new('-N', '-N ', [CompletionResultType]::ParameterName, 'Arguments per job')
            [CompletionResult]::new('--max-args', '--max-args', [CompletionResultType]::ParameterName, 'Arguments per job')
            [CompletionResult]::new('--colsep', '--colsep', [CompletionResultType]::ParameterName, 'Arguments are records whose fields are separated by STR')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'The first record has the names of the columns; with --pipe: N records go before every block')
            [CompletionResult]::new('--shuf', '--shuf', [CompletionResultType]::ParameterName, 'Run the jobs in random order')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Read jobs from FILE; ''-'' is standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Read jobs from FILE; ''-'' is standard input')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Run only the jobs with these names, and those that they need')
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Do not run the jobs with these names')
            [CompletionResult]::new('--block', '--block', [CompletionResultType]::ParameterName, 'The size of a block [default: 1M]')
            [CompletionResult]::new('--recstart', '--recstart', [CompletionResultType]::ParameterName, 'Records begin with STR')
            [CompletionResult]::new('--recend', '--recend', [CompletionResultType]::ParameterName, 'Records end with STR [default: \n, unless --recstart is given]')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Run at most N jobs at once; 0 for no limit, N% of the CPUs')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Run at most N jobs at once; 0 for no limit, N% of the CPUs')
            [CompletionResult]::new('--slots', '--slots', [CompletionResultType]::ParameterName, 'Give each slot a value, and run as many jobs at once as there are values')
            [CompletionResult]::new('--load', '--load', [CompletionResultType]::ParameterName, 'Start no job while more than N threads run on this machine; N% of the CPUs')
            [CompletionResult]::new('--memfree', '--memfree', [CompletionResultType]::ParameterName, 'Start no job while less than SIZE of memory is available; N% of all memory')
            [CompletionResult]::new('--jobserver', '--jobserver', [CompletionResultType]::ParameterName, 'Share -j with the make, cargo and ninja of all jobs: pipe or fifo')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Terminate a job after TIME [default: no limit]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Terminate a job after TIME [default: no limit]')
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'Wait TIME between TERM and KILL')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Retry a failed job up to N times')
            [CompletionResult]::new('--retry-delay', '--retry-delay', [CompletionResultType]::ParameterName, 'Wait TIME before a retry')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'End the whole run after TIME [default: no limit]')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'End the run at the first failed job: now or soon')
            [CompletionResult]::new('--max-fail', '--max-fail', [CompletionResultType]::ParameterName, 'End the run after N failed jobs')
            [CompletionResult]::new('--race', '--race', [CompletionResultType]::ParameterName, 'End the run when the first job ends, and exit with its exit code: end or ok')
            [CompletionResult]::new('--order', '--order', [CompletionResultType]::ParameterName, 'Start the jobs in this order: input, or longest')
            [CompletionResult]::new('--delay', '--delay', [CompletionResultType]::ParameterName, 'Wait at least TIME between two starts')
            [CompletionResult]::new('--guard', '--guard', [CompletionResultType]::ParameterName, 'Terminate the jobs even if prun itself is killed: auto, always, never')
            [CompletionResult]::new('--on', '--on', [CompletionResultType]::ParameterName, 'Run the jobs here, or on a cluster: local, slurm or ''slurm:SBATCH OPTIONS''')
            [CompletionResult]::new('--chunk', '--chunk', [CompletionResultType]::ParameterName, 'Give N jobs to each task')
            [CompletionResult]::new('--run-dir', '--run-dir', [CompletionResultType]::ParameterName, 'Keep the files of the run in DIR, which must be new or empty')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Follow the run in DIR: one that was detached, or whose prun has ended')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Run every command line with a shell [default PROG: /bin/sh]')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Run every command line with a shell [default PROG: /bin/sh]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run the jobs in DIR')
            [CompletionResult]::new('--cwd', '--cwd', [CompletionResultType]::ParameterName, 'Run the jobs in DIR')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'Set a variable for all jobs; may be repeated')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Set a variable for all jobs; may be repeated')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Remove a variable for all jobs; may be repeated')
            [CompletionResult]::new('--unset', '--unset', [CompletionResultType]::ParameterName, 'Remove a variable for all jobs; may be repeated')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Name the jobs of a template')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to show the jobs'' output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to show the jobs'' output')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write JSON Lines to standard output: one record per job, or all events')
            [CompletionResult]::new('--joblog', '--joblog', [CompletionResultType]::ParameterName, 'Append the start and the result of each job to FILE')
            [CompletionResult]::new('--log-dir', '--log-dir', [CompletionResultType]::ParameterName, 'Write each job''s output to files in DIR')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Write a JUnit report to FILE at the end')
            [CompletionResult]::new('--trace', '--trace', [CompletionResultType]::ParameterName, 'Write a trace to FILE during the run')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write an HTML report to FILE at the end')
            [CompletionResult]::new('--replay', '--replay', [CompletionResultType]::ParameterName, 'Show the last run in the job log LOG again, without running anything')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour prun''s own messages')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'What to show while jobs run: auto, bar, plain, none')
            [CompletionResult]::new('--ci', '--ci', [CompletionResultType]::ParameterName, 'Format output for a CI log: auto, github, gitlab, azure, buildkite, teamcity, plain, off')
            [CompletionResult]::new('--completions', '--completions', [CompletionResultType]::ParameterName, 'Print the completion script for SHELL')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'Print the JSON Schema of the records, or of job files: records or jobs')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'Input items end with NUL instead of newline')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'Input items end with NUL instead of newline')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Combine several sources one to one')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Arguments are records of comma-separated values')
            [CompletionResult]::new('--tsv', '--tsv', [CompletionResultType]::ParameterName, 'Arguments are records of tab-separated values')
            [CompletionResult]::new('--pipe', '--pipe', [CompletionResultType]::ParameterName, 'Cut standard input into blocks of records, each the input of one job')
            [CompletionResult]::new('--round-robin', '--round-robin', [CompletionResultType]::ParameterName, 'Share the blocks among -j jobs')
            [CompletionResult]::new('--detach', '--detach', [CompletionResultType]::ParameterName, 'Submit the jobs, print the directory of the run, and exit')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Print the commands instead of running them')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print the commands instead of running them')
            [CompletionResult]::new('--exec', '--exec', [CompletionResultType]::ParameterName, 'Never use a shell')
            [CompletionResult]::new('--tty', '--tty', [CompletionResultType]::ParameterName, 'Give the terminal to one job at a time')
            [CompletionResult]::new('--pty', '--pty', [CompletionResultType]::ParameterName, 'Give each job its own terminal for output, if prun''s output is a terminal')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Show output in the order of the jobs')
            [CompletionResult]::new('--keep-order', '--keep-order', [CompletionResultType]::ParameterName, 'Show output in the order of the jobs')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only failed jobs; -qq shows nothing')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only failed jobs; -qq shows nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show each job''s start and end, with CPU time and memory')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show each job''s start and end, with CPU time and memory')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Skip jobs that succeeded according to the job log')
            [CompletionResult]::new('--gnu', '--gnu', [CompletionResultType]::ParameterName, 'Take the command line of GNU parallel; must be the first word')
            [CompletionResult]::new('--man', '--man', [CompletionResultType]::ParameterName, 'Print the manual page')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
