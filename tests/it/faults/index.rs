//! The tests that the index of the faults names exist.

use std::fs;
use std::path::Path;

/// Whether `name` matches `pattern`, in which a star or an ellipsis stands for any text.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let parts: Vec<_> = pattern.split(['*', '…']).collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return false;
    };
    let mut rest = name;
    let in_order = parts.iter().all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    });
    in_order && name.starts_with(first) && name.ends_with(last)
}

/// Whether there is such a test or, for a path without a test, such a module.
fn exists(module: &str, pattern: &str) -> bool {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    if tests.join(module).join(format!("{pattern}.rs")).exists() {
        return true;
    }
    let root = tests.join("it");
    let files = [format!("{module}.rs"), format!("faults/{module}.rs")];
    let mut texts = files
        .iter()
        .filter_map(|file| fs::read_to_string(root.join(file)).ok());
    texts.any(|text| {
        let tests = text.split("#[test]\nfn ").skip(1);
        let mut names = tests.filter_map(|test| test.split('(').next());
        names.any(|name| matches_pattern(pattern, name))
    })
}

#[test]
fn every_test_of_the_index_exists() {
    let rows = include_str!("mod.rs")
        .lines()
        .filter(|line| line.starts_with("//! | "));
    let mut missing = Vec::new();
    let mut count = 0;
    for row in rows {
        let tests = row.rsplit(" | ").next().unwrap_or_default();
        for word in tests.split('`').skip(1).step_by(2) {
            count += 1;
            match word.split_once("::") {
                // Unit tests next to the code.
                Some(("sink", _)) => {}
                Some((module, pattern)) if exists(module, pattern) => {}
                _ => missing.push(word),
            }
        }
    }
    assert!(count > 60, "only {count} tests were found in the index");
    assert!(missing.is_empty(), "there are no such tests: {missing:#?}");
}

#[test]
fn an_index_entry_matches_a_name_by_its_pattern() {
    assert!(
        matches_pattern("*", "a")
            && matches_pattern("a_…", "a_b")
            && matches_pattern("*_b*", "a_b_c")
            && matches_pattern("a", "a")
    );
    assert!(
        !matches_pattern("a", "ab")
            && !matches_pattern("a_…", "b_a_")
            && !matches_pattern("*_b", "a_b_c")
    );
    assert!(exists("endings", "a_timeout_of_0_is_no_limit"));
    assert!(!exists("endings", "a_test_that_nobody_wrote") && !exists("nowhere", "*"));
}
