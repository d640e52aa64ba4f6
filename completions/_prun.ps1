
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
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Inputs for the command, one a line; ''-'' is standard input')
            [CompletionResult]::new('--arg-file', '--arg-file', [CompletionResultType]::ParameterName, 'Inputs for the command, one a line; ''-'' is standard input')
            [CompletionResult]::new('-N', '-N ', [CompletionResultType]::ParameterName, 'So many arguments for each job')
            [CompletionResult]::new('--max-args', '--max-args', [CompletionResultType]::ParameterName, 'So many arguments for each job')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Job file; ''-'' is standard input')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Job file; ''-'' is standard input')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'How many at once: a number, 0 for no limit, or N% of the CPUs')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'How many at once: a number, 0 for no limit, or N% of the CPUs')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Time for each attempt [default: no limit]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Time for each attempt [default: no limit]')
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'Time between TERM and KILL')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Extra attempts for a job that did not end well')
            [CompletionResult]::new('--retry-delay', '--retry-delay', [CompletionResultType]::ParameterName, 'Time before an extra attempt')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'Time for the whole run [default: no limit]')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'End the run at the first failed job, now or soon')
            [CompletionResult]::new('--max-fail', '--max-fail', [CompletionResultType]::ParameterName, 'End the run after N failed jobs')
            [CompletionResult]::new('--delay', '--delay', [CompletionResultType]::ParameterName, 'Time between two starts, at least')
            [CompletionResult]::new('--guard', '--guard', [CompletionResultType]::ParameterName, 'End the jobs also when prun itself is killed: auto, always, never')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Run every command line by a shell [default shell: /bin/sh]')
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'Run every command line by a shell [default shell: /bin/sh]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run the jobs in DIR')
            [CompletionResult]::new('--cwd', '--cwd', [CompletionResultType]::ParameterName, 'Run the jobs in DIR')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'Set a variable for all jobs; may be repeated')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Set a variable for all jobs; may be repeated')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'Remove a variable for all jobs; may be repeated')
            [CompletionResult]::new('--unset', '--unset', [CompletionResultType]::ParameterName, 'Remove a variable for all jobs; may be repeated')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'What becomes of the jobs'' output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'What becomes of the jobs'' output')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'JSON Lines on standard output: a record for each finished job, or all events')
            [CompletionResult]::new('--joblog', '--joblog', [CompletionResultType]::ParameterName, 'Append what becomes of every job to FILE')
            [CompletionResult]::new('--log-dir', '--log-dir', [CompletionResultType]::ParameterName, 'Keep each job''s output in files in DIR')
            [CompletionResult]::new('--junit', '--junit', [CompletionResultType]::ParameterName, 'Write a JUnit report to FILE at the end')
            [CompletionResult]::new('--trace', '--trace', [CompletionResultType]::ParameterName, 'Write a trace to FILE as it happens')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write a page for a browser to FILE at the end')
            [CompletionResult]::new('--replay', '--replay', [CompletionResultType]::ParameterName, 'Run nothing: tell the last run in the job log LOG again')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour in prun''s own text')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'What is shown while jobs run: auto, bar, plain, none')
            [CompletionResult]::new('--ci', '--ci', [CompletionResultType]::ParameterName, 'Whose log it is: auto, github, gitlab, azure, buildkite, teamcity, plain, off')
            [CompletionResult]::new('--completions', '--completions', [CompletionResultType]::ParameterName, 'Print the script that teaches a shell these options')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'Inputs and command lines end with NUL in place of a newline')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'Inputs and command lines end with NUL in place of a newline')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Go through several sources together')
            [CompletionResult]::new('--race', '--race', [CompletionResultType]::ParameterName, 'The first job to end decides, the others are ended')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Print the commands instead of running them')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print the commands instead of running them')
            [CompletionResult]::new('--exec', '--exec', [CompletionResultType]::ParameterName, 'Never use a shell')
            [CompletionResult]::new('--tty', '--tty', [CompletionResultType]::ParameterName, 'Give the terminal to one job at a time')
            [CompletionResult]::new('--pty', '--pty', [CompletionResultType]::ParameterName, 'Give each job a terminal of its own for its output, if prun''s own goes to one')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Show the output in the order of the jobs')
            [CompletionResult]::new('--keep-order', '--keep-order', [CompletionResultType]::ParameterName, 'Show the output in the order of the jobs')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show only failed jobs; -qq shows nothing')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show only failed jobs; -qq shows nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also show starts and endings, with CPU time and memory')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also show starts and endings, with CPU time and memory')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Skip jobs that the job log says are done')
            [CompletionResult]::new('--man', '--man', [CompletionResultType]::ParameterName, 'Print the manual page')
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'Print the JSON Schema of --json, --json=events and --joblog')
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
