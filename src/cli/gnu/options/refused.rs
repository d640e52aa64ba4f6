//! The options of GNU parallel that are refused, and prun's own way for each.

use super::takes::Takes::{self, Nothing, Value};

/// Options that are refused for one reason.
pub(crate) struct RefusedOptions {
    /// Their names without dashes; those of one option are divided by blanks.
    pub(crate) options: &'static [(&'static str, Takes)],
    /// What to do instead.
    pub(crate) hint: &'static str,
}

/// All of them.
pub(crate) const REFUSED: &[RefusedOptions] = &[
    RefusedOptions {
        options: &[
            ("basefile bf", Value),
            ("cleanup", Nothing),
            ("return", Value),
            ("rsync-opts rsyncopts", Value),
            ("transfer", Nothing),
            (
                "transfer-file transferfile transfer-files transferfiles tf",
                Value,
            ),
            ("trc", Value),
        ],
        hint: "jobs run on this host: copy files with rsync or scp before and after",
    },
    RefusedOptions {
        options: &[
            ("bg", Nothing),
            ("semaphore", Nothing),
            ("semaphore-name semaphorename id", Value),
            ("semaphore-timeout semaphoretimeout st", Value),
            ("wait", Nothing),
        ],
        hint: "there is no semaphore: flock(1) runs one command at a time, `parallel -j N` at most N",
    },
    RefusedOptions {
        options: &[
            ("bin", Value),
            ("group-by groupby", Value),
            ("shard", Value),
        ],
        hint: "records go to whichever job is next: sort by the key, and split the input before",
    },
    RefusedOptions {
        options: &[("block-timeout blocktimeout bt", Value)],
        hint: "a block is started when it is full, or at the end of the input",
    },
    RefusedOptions {
        options: &[("cat", Nothing), ("fifo", Nothing)],
        hint: "a block is the job's standard input: read /dev/stdin, or save it with cat in the command",
    },
    RefusedOptions {
        options: &[("color colour", Nothing)],
        hint: "output keeps the colours that the jobs give it",
    },
    RefusedOptions {
        options: &[(
            "color-failed colour-failed colorfailed colourfailed color-fail colour-fail colorfail colourfail cf",
            Nothing,
        )],
        hint: "failed jobs are listed at the end by prun without --gnu",
    },
    RefusedOptions {
        options: &[
            ("controlmaster M", Nothing),
            ("filter-hosts filterhosts filter-host", Nothing),
            ("hgrp hostgrp hostgroup hostgroups", Nothing),
            ("nonall", Nothing),
            ("onall", Nothing),
            ("ssh", Value),
            ("ssh-delay sshdelay", Value),
            ("sshlogin S", Value),
            ("sshloginfile slf", Value),
        ],
        hint: "jobs run on this host: run ssh as the command (parallel ssh {} uptime ::: HOST...)",
    },
    RefusedOptions {
        options: &[("debug D", Value)],
        hint: "prun --dry-run and --json=events show what is done",
    },
    RefusedOptions {
        options: &[("embed", Nothing)],
        hint: "copy the program itself",
    },
    RefusedOptions {
        options: &[("filter", Value)],
        hint: "it is a perl expression: select the arguments before, with grep or awk",
    },
    RefusedOptions {
        options: &[("interactive p", Nothing)],
        hint: "prun does not ask: show the commands with --dry-run, and run the ones you want",
    },
    RefusedOptions {
        options: &[("latest-line latestline ll", Nothing)],
        hint: "--bar shows the last line of each job on a terminal, --lb shows all of them",
    },
    RefusedOptions {
        options: &[("limit", Value), ("memsuspend", Value), ("noswap", Nothing)],
        hint: "starts wait for --load and --memfree, and running jobs are never stopped for them",
    },
    RefusedOptions {
        options: &[("linkinputsource xapplyinputsource", Value)],
        hint: "write :::+ or ::::+",
    },
    RefusedOptions {
        options: &[
            ("max-line-length-allowed maxlinelengthallowed", Nothing),
            ("show-limits showlimits", Nothing),
        ],
        hint: "getconf ARG_MAX prints the limit of the system",
    },
    RefusedOptions {
        options: &[("parens", Value)],
        hint: "perl expressions are not run, however they are spelled",
    },
    RefusedOptions {
        options: &[("process-slot-var processslotvar", Value)],
        hint: "jobs have PRUN_SLOT and PARALLEL_JOBSLOT, from 1",
    },
    RefusedOptions {
        options: &[("profile J", Value)],
        hint: "write its options on the command line, or into PARALLEL",
    },
    RefusedOptions {
        options: &[("recordenv record-env", Nothing), ("session", Nothing)],
        hint: "jobs get the environment that prun was given",
    },
    RefusedOptions {
        options: &[
            ("regexp regex", Nothing),
            ("remove-rec-sep removerecsep rrs", Nothing),
        ],
        hint: "records are separated by literal text (--recstart, --recend): convert them before",
    },
    RefusedOptions {
        options: &[("shebang hashbang", Nothing)],
        hint: "it is the first word after the name of the program: #!/usr/bin/parallel --shebang",
    },
    RefusedOptions {
        options: &[("shebang-wrap shebangwrap", Nothing)],
        hint: "run the script as a command: parallel ./script ::: ARG...",
    },
    RefusedOptions {
        options: &[("shell-completion shellcompletion", Value)],
        hint: "prun --completions SHELL prints those of prun",
    },
    RefusedOptions {
        options: &[(
            "sql-and-worker sqlandworker sql-master sqlmaster sql-worker sqlworker sql",
            Value,
        )],
        hint: "there is no database: --results FILE.csv or --joblog FILE can be imported into one",
    },
    RefusedOptions {
        options: &[("tee", Nothing)],
        hint: "a block goes to one job: use tee(1) with one pipe for each command",
    },
    RefusedOptions {
        options: &[("template tmpl", Value)],
        hint: "write the file in the command: sed s/{}/VALUE/ FILE",
    },
    RefusedOptions {
        options: &[("tmux", Nothing), ("tmux-pane tmuxpane", Nothing)],
        hint: "jobs have no tmux window: --lb --tag shows which job prints what",
    },
    RefusedOptions {
        options: &[("tollef", Nothing)],
        hint: "write `:::` before the arguments",
    },
    RefusedOptions {
        options: &[("B g H T U W Y", Nothing)],
        hint: "GNU parallel has retired it",
    },
];
