//! The complete lists of options of the programs that people come from.

use clap::CommandFactory;

use super::super::super::args::Args;
use super::super::super::option_names::is_option;
use super::super::short_options::SHORT_OPTIONS;
use super::*;

/// Of GNU parallel 20221122: those of its manual page, and every other spelling that it takes.
const OF_GNU_PARALLEL: &str = "\
    0 B C D E H I J L M N P S T U V W X Y _parset _pipe-means-argfiles _test a arg-file \
    arg-file-sep arg-sep argfile argfilesep argsep bar basefile basenameextensionreplace \
    basenamereplace bf bg bin block block-size block-timeout blocksize blocktimeout bner bnr bt \
    bug cat cf citation cleanup col-sep color color-fail color-failed colorfail colorfailed \
    colour colour-fail colour-failed colourfail colourfailed colsep compress compress-program \
    compressprogram controlmaster csv ctag ctag-string ctagstring ctrl-c ctrlc d debug \
    decompress-program decompressprogram delay delimiter dirnamereplace dnr dr dry-run dryrun e \
    embed env eof er eta exit extensionreplace fg fifo files filter filter-host filter-hosts \
    filterhosts g gnu group group-by groupby h halt halt-on-error haltonerror hashbang header \
    help hgrp hostgroup hostgroups hostgrp i id interactive j jl joblog jobs k keep-order \
    keeporder l latest-line latestline lb limit line-buffer line-buffered linebuffer \
    linebuffered link linkinputsource ll load m max-args max-chars max-line-length-allowed \
    max-lines max-procs max-replace-args maxargs maxchars maxlinelengthallowed maxlines maxprocs \
    maxreplaceargs memfree memsuspend min-version minversion n nice nn no-ctrl-c no-ctrlc no-k \
    no-keep-order no-notice no-run-if-empty noctrlc nok nokeeporder nonall nonotice norunifempty \
    noswap null number-of-cores number-of-cpus number-of-sockets number-of-threads numberofcores \
    numberofcpus numberofsockets numberofthreads o onall open-tty output-as-files outputasfiles \
    p parens pipe pipe-part pipepart plain plus process-slot-var processslotvar profile progress \
    q quote r recend record-env recordenv recstart regex regexp remove-rec-sep removerecsep \
    replace res result results resume resume-failed resumefailed retries retry-failed \
    retryfailed return round round-robin roundrobin rpl rrs rsync-opts rsyncopts s semaphore \
    semaphore-name semaphore-timeout semaphorename semaphoretimeout seqreplace session shard \
    shebang shebang-wrap shell-completion shell-quote shell_quote shellcompletion shellquote \
    show-limits showlimits shuf silent skip-first-line skipfirstline slf slotreplace spreadstdin \
    sql sql-and-worker sql-master sql-worker sqlandworker sqlmaster sqlworker ssh ssh-delay \
    sshdelay sshlogin sshloginfile st t tag tag-string tagstring tee tempdir template term-seq \
    termseq tf timeout tmpdir tmpl tmux tmux-pane tmuxpane tollef total total-jobs totaljobs \
    transfer transfer-file transfer-files transferfile transferfiles trc trim tty u ungroup \
    use-compress-program use-cores-instead-of-threads use-cpus-instead-of-cores \
    use-decompress-program use-sockets-instead-of-threads usecompressprogram \
    usecoresinsteadofthreads usecpusinsteadofcores usedecompressprogram \
    usesocketsinsteadofthreads v verbose version wait wd will-cite willcite work-dir workdir x \
    xapply xapplyinputsource xargs";

/// Of GNU xargs 4.9.
const OF_XARGS: &str = "\
    0 null a arg-file d delimiter E e eof I i replace L max-lines l n max-args o open-tty P max-procs \
    p interactive process-slot-var r no-run-if-empty s max-chars show-limits t verbose x exit help \
    version";

/// Of concurrently 9.
const OF_CONCURRENTLY: &str = "\
    m max-processes n names name-separator s success r raw no-color hide g group timings P \
    passthrough-arguments teardown k kill-others kill-others-on-fail kill-signal ks kill-timeout p \
    prefix c prefix-colors l prefix-length pad-prefix t timestamp-format restart-tries \
    restart-after i handle-input default-input-target h help v V version";

/// Of npm-run-all and run-p 4.1.
const OF_NPM_RUN_ALL: &str = "\
    h help v version aggregate-output c continue-on-error max-parallel npm-path l print-label n \
    print-name p parallel r race s sequential serial silent";

/// Of moreutils parallel.
const OF_MOREUTILS: &str = "j l i n";

#[test]
fn every_option_of_the_others_has_an_answer_or_is_one_of_ours() {
    for list in [
        OF_GNU_PARALLEL,
        OF_XARGS,
        OF_CONCURRENTLY,
        OF_NPM_RUN_ALL,
        OF_MOREUTILS,
    ] {
        for name in list.split(' ') {
            let option = match name.len() {
                1 => format!("-{name}"),
                _ => format!("--{name}"),
            };
            let is_ours = is_option(&option);
            assert!(is_ours || answer(&option).is_some(), "{option}");
        }
    }
}

#[test]
fn no_answer_is_for_an_option_of_ours() {
    for (names, _) in [GNU_PARALLEL, CONCURRENTLY].into_iter().flatten() {
        for name in names.split(' ') {
            assert!(!is_option(&format!("--{name}")), "--{name}");
        }
    }
    for (letters, _) in SHORT_OPTIONS {
        for letter in letters.split(' ') {
            assert!(!is_option(&format!("-{letter}")), "-{letter}");
        }
    }
}

#[test]
fn no_option_has_two_answers() {
    let mut all: Vec<&str> = Vec::new();
    for (names, _) in [GNU_PARALLEL, CONCURRENTLY].into_iter().flatten() {
        for name in names.split(' ') {
            assert!(!all.contains(&name), "--{name}");
            all.push(name);
        }
    }
}

#[test]
fn the_value_of_an_option_does_not_matter() {
    for option in ["--halt=now,fail=1", "--tagstring={}", "-I%", "-L1", "-5"] {
        assert!(answer(option).is_some(), "{option}");
    }
}

#[test]
fn other_options_have_no_answer() {
    for option in ["--jsn", "-z", "--", "-", "-é"] {
        assert_eq!(answer(option), None, "{option}");
    }
}

/// Returns the options in a text, without their values.
fn named(text: &str) -> Vec<String> {
    let is_part = |symbol: char| symbol.is_ascii_alphanumeric() || symbol == '-';
    let words = text.split(|symbol: char| !is_part(symbol));
    let options = words.filter(|word| {
        let name = word.trim_start_matches('-');
        name.len() < word.len() && name.starts_with(|first: char| first.is_alphanumeric())
    });
    let name = |word: &str| match word.starts_with("--") {
        true => word.to_owned(),
        // A value may follow without a space: `-j1`.
        false => word[..2].to_owned(),
    };
    options.map(name).collect()
}

#[test]
fn every_option_in_a_hint_or_in_the_help_exists() {
    let mut texts: Vec<String> = [GNU_PARALLEL, CONCURRENTLY, SHORT_OPTIONS]
        .into_iter()
        .flatten()
        .map(|(_, answer)| (*answer).to_owned())
        .collect();
    let mut command = Args::command();
    command.build();
    for arg in command.get_arguments() {
        texts.extend(arg.get_help().map(ToString::to_string));
    }
    for text in texts {
        for option in named(&text) {
            assert!(is_option(&option), "{option} in: {text}");
        }
    }
}
