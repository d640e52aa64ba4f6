//! Two hundred everyday command lines, run by prun and by a shell.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::needs::needs;
use crate::stage::{Outcome, Stage};

/// A small folder to work in: C files, texts, logs.
fn with_work_files(stage: Stage) -> Stage {
    let mut stage = stage;
    for number in 0..20 {
        let source = format!(
            "#include <stdio.h>\n\nint main(void) {{\n    int sum = 0;\n    for (int i = 0; i < {}; i++)\n        \
             sum += i * {number};\n    printf(\"{number}: %d\\n\", sum);\n    return 0;\n}}\n",
            100 + number
        );
        let words: String = (0..400)
            .map(|line| {
                format!(
                    "{} word{} line {line}\n",
                    (line * 7919 + number) % 1000,
                    line % 13
                )
            })
            .collect();
        stage = stage
            .file(format!("src/m{number}.c"), source)
            .file(format!("text/t{number}.txt"), words);
    }
    stage.file("out/.keep", "")
}

/// Makes the git history the same at any time and place.
const HISTORY: &str = "git init -q -b main repo && cd repo && for i in 1 2 3 4 5; do echo \"$i\" > file; \
    git add file; git -c user.name=A -c user.email=a@example.com commit -q -m \"change $i\" \
    --date=\"2020-01-0$i 12:00:00 +0000\"; done && cd .. && exec \"$@\"";

/// Two hundred lines that are independent of each other.
fn lines() -> String {
    let mut lines = Vec::new();
    for n in 0..20 {
        lines.extend([
            format!("cc -O1 -c src/m{n}.c -o out/m{n}.o"),
            format!("cc src/m{n}.c -o out/m{n}.exe && ./out/m{n}.exe > out/m{n}.out"),
            format!("gzip -n -9 -c text/t{n}.txt > out/t{n}.gz"),
            format!("sha256sum text/t{n}.txt src/m{n}.c > out/t{n}.sha"),
            format!("sort -n -o out/t{n}.sorted text/t{n}.txt"),
            format!("sed -n 's/^\\([0-9]*\\) word{}/<\\1>/p' text/t{n}.txt > out/t{n}.sed", n % 13),
            format!("awk '{{ sum[$2] += $1 }} END {{ for (w in sum) print w, sum[w] }}' text/t{n}.txt | sort > out/t{n}.awk"),
            format!("tar --sort=name --owner=0 --group=0 --mtime=@0 -cf out/t{n}.tar src/m{n}.c text/t{n}.txt"),
            format!("cut -d' ' -f2 < text/t{n}.txt | sort | uniq -c | sort -rn | head -n {} > out/t{n}.top", n % 7 + 1),
        ]);
    }
    for n in 1..=5 {
        lines.extend([
            format!("git -C repo log --format='%h %an %ad %s' -n {n} > out/log{n}"),
            format!("git -C repo show HEAD~{}:file > out/show{n}", n - 1),
            format!("# a comment for {n}\ncp src/m{n}.c out/copy{n}.c"),
            format!(
                "grep -c 'word{n}' text/t{n}.txt text/t{}.txt > out/grep{n} || true",
                n + 1
            ),
        ]);
    }
    lines.join("\n") + "\n"
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read on");
        let name = entry.file_name().to_string_lossy().into_owned();
        files.insert(name, fs::read(entry.path()).expect("the file can be read"));
    }
    files
}

fn run_lines(stage: Stage) -> Outcome {
    with_work_files(stage)
        .file("jobs.txt", lines())
        .in_shell(HISTORY)
        .env("GIT_COMMITTER_DATE", "2020-02-01 12:00:00 +0000")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .run()
}

#[test]
fn two_hundred_real_lines_do_the_same_as_under_sh() {
    if !needs("cc") || !needs("git") || !needs("gzip") {
        return;
    }
    let jobs = lines()
        .lines()
        .filter(|line| !line.starts_with('#'))
        .count();
    assert_eq!(jobs, 200);
    let ours = run_lines(Stage::new().args(["-j4", "-f", "jobs.txt"]));
    let theirs = run_lines(Stage::of("/bin/sh").arg("jobs.txt"));
    let (ours, theirs) = (files(&ours.path("out")), files(&theirs.path("out")));
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.len() > 200);
    for (name, bytes) in &theirs {
        assert_eq!(ours.get(name), Some(bytes), "{name}");
    }
}
