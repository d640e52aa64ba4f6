//! Tests of the commands that a CI system finds in a log with escaped output.

use super::*;
use proptest::prelude::*;

/// Returns a job's output as it appears in the log, passed in pieces of this size.
fn logged(vendor: Vendor, output: &[u8], piece: usize) -> String {
    let mut log = Vec::new();
    let mut escaper = Escaper::new(vendor, Author::Job);
    for piece in output.chunks(piece) {
        escaper.take(piece, &mut log);
    }
    escaper.end_line(&mut log);
    if log.last().is_some_and(|last| *last != b'\n') {
        log.push(b'\n');
    }
    escaper.interrupt(&mut log);
    String::from_utf8_lossy(&log).into_owned()
}

#[test]
fn annotations_pass_and_groups_do_not() {
    let github = |text: &str| logged(Vendor::Github, text.as_bytes(), 1000);
    assert_eq!(github("::error::x\n"), "::error::x\n");
    assert_eq!(github("::endgroup::\n"), "> ::endgroup::\n");
    assert_eq!(
        github(" \u{a0}::EndGroup::\r::group::"),
        " \u{a0}> ::EndGroup::\r> ::group::\n"
    );
    assert_eq!(github("x ##[endgroup]"), "x ## [endgroup]\n");
    assert_eq!(github("a::group::"), "a::group::\n");
    let azure = |text: &str| logged(Vendor::Azure, text.as_bytes(), 1000);
    assert_eq!(azure("##vso[task.logissue]x\n"), "##vso[task.logissue]x\n");
    assert_eq!(azure("##[endgroup]\n"), "## [endgroup]\n");
    let gitlab = |text: &str| logged(Vendor::Gitlab, text.as_bytes(), 1000);
    assert_eq!(
        gitlab("\x1b[0Ksection_end:1:x"),
        "\x1b[0Ksection_end :1:x\n"
    );
    let buildkite = |text: &str| logged(Vendor::Buildkite, text.as_bytes(), 1000);
    assert_eq!(buildkite("--- a\n -- b\n"), "> --- a\n -- b\n");
}

#[test]
fn a_stop_of_commands_ends_with_the_job() {
    let github = |text: &str| logged(Vendor::Github, text.as_bytes(), 1000);
    assert_eq!(
        github("::stop-commands::a1\n::stop-commands::b\n::a1::\n"),
        "::stop-commands::a1\n::stop-commands::b\n::a1::\n::b::\n::a1::\n"
    );
    assert_eq!(github("::stop-commands::a b"), "> ::stop-commands::a b\n");
    assert_eq!(
        github("::stop-commands x=y::a"),
        "> ::stop-commands x=y::a\n"
    );
    assert_eq!(
        github("::stop-commands::group"),
        "> ::stop-commands::group\n"
    );
}

#[test]
fn a_stop_continues_after_lines_of_others_until_the_job_ends_it() {
    for (before, after, log) in [
        (
            "::stop-commands::t\n",
            "x\n",
            "::stop-commands::t\n::t::\n::stop-commands::t\nx\n",
        ),
        (
            "::stop-commands::t\n::T::\n",
            "x\n",
            "::stop-commands::t\n::T::\n::t::\nx\n",
        ),
        (
            "::stop-commands::t",
            "x",
            "::stop-commands::t::t::\n::stop-commands::t\nx",
        ),
        ("x\n", "y\n", "x\ny\n"),
    ] {
        let (mut escaper, mut shown) = (Escaper::new(Vendor::Github, Author::Job), Vec::new());
        escaper.take(before.as_bytes(), &mut shown);
        escaper.end_line(&mut shown);
        escaper.interrupt(&mut shown);
        escaper.interrupt(&mut shown);
        escaper.take(after.as_bytes(), &mut shown);
        assert_eq!(String::from_utf8(shown).unwrap(), log);
    }
}

proptest! {
    /// Searches for commands as the CI system's parser does.
    #[test]
    fn no_output_closes_a_group(
        words in prop::collection::vec(
            prop::sample::select(vec![
                ":", "::", "::endgroup", "::", "##", "#", "[", "##[endgroup]", "\n", "\r", " ",
                "\t", "\u{a0}", "\u{3000}", "x", "section_", "end:", "section_end:1:x",
                "---", "-", "+++ ", "~~~", "ENDGROUP::", "Group::",
            ]),
            0..20,
        ),
        piece in 1usize..7,
    ) {
        let output = words.concat();
        let github = logged(Vendor::Github, output.as_bytes(), piece).to_lowercase();
        for line in github.split(['\n', '\r']).map(str::trim_start) {
            prop_assert!(!line.starts_with("::group") && !line.starts_with("::endgroup"));
            prop_assert!(!line.contains("##["));
        }
        let gitlab = logged(Vendor::Gitlab, output.as_bytes(), piece);
        prop_assert!(!gitlab.contains("section_end:"));
        let azure = logged(Vendor::Azure, output.as_bytes(), piece);
        prop_assert!(!azure.contains("##["));
        let buildkite = logged(Vendor::Buildkite, output.as_bytes(), piece);
        for line in buildkite.split(['\n', '\r']) {
            let is_header = ["---", "+++", "~~~", "^^^"].iter().any(|mark| line.starts_with(mark));
            prop_assert!(!is_header, "{buildkite:?}");
        }
        // Nothing but the inserted characters differs.
        let plain = |text: &str| text.replace(['>', ' ', '\n'], "");
        prop_assert_eq!(plain(&github), plain(&output.to_lowercase()));
    }
}
