//! The lines of the README that run on a cluster.

use super::lab::Lab;
use crate::needs::{SLURM, needs};

#[test]
fn the_lines_of_the_readme_run() {
    if !needs(SLURM) {
        return;
    }
    let readme = include_str!("../../../README.md");
    let block = readme.split("```bash\n").nth(1).expect("it has a block");
    let block = block.split("```").next().expect("the block ends");
    let lab = Lab::shared();
    let program = lab.program();
    for line in block.lines() {
        let line = line.replacen("prun", &program.to_string_lossy(), 1);
        let stage = lab.stage_of("/bin/sh").args(["-c", &line]);
        let stage = stage
            .script("simulate", "#!/bin/sh\necho \"$1\" done\n")
            .file("a.yaml", "")
            .file("b.yaml", "")
            .file("jobs.txt", "echo one\necho two\n");
        let outcome = stage.stdout_any().stderr_any().run();
        let told = String::from_utf8_lossy(&outcome.stdout);
        let mut told: Vec<&str> = told.lines().collect();
        told.sort_unstable();
        let expected = match line.contains("simulate") {
            true => ["a.yaml done", "b.yaml done"],
            false => ["one", "two"],
        };
        assert_eq!(told, expected, "{line}");
    }
    assert_eq!(block.lines().count(), 3);
}
