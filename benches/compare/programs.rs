//! Who is installed here, in which version, and on what machine.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use tempfile::TempDir;

/// A program that may or may not be installed.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) path: Option<PathBuf>,
}

/// The one under test, its peers, and what the limits are made of.
pub(crate) struct Programs {
    pub(crate) prun: Program,
    /// The same without shared libraries, if a path to it is given.
    pub(crate) prun_static: Program,
    _installed: TempDir,
    pub(crate) sh: Program,
    pub(crate) cat: Program,
    pub(crate) xargs: Program,
    pub(crate) rust_parallel: Program,
    pub(crate) moreutils_parallel: Program,
    pub(crate) gnu_parallel: Program,
}

impl Programs {
    pub(crate) fn find() -> io::Result<Self> {
        // A copy, as every installed program is one: what the linker has written lies in smaller pieces in the page
        // cache, which takes longer to start (a tenth of a millisecond).
        let installed = tempfile::tempdir()?;
        let install = |from: &Path, name: &str| -> io::Result<PathBuf> {
            let to = installed.path().join(name);
            fs::copy(from, &to)?;
            Ok(to)
        };
        let prun = install(Path::new(env!("CARGO_BIN_EXE_prun")), "prun")?;
        let prun_static = env::var_os("PRUN_STATIC")
            .map(|from| install(Path::new(&from), "prun-static"))
            .transpose()?;
        let find = |name: &'static str, file_names: &[&str], known_by: &str| Program {
            name,
            path: file_names
                .iter()
                .flat_map(|file_name| in_path(file_name))
                .find(|path| known_by.is_empty() || says_of_itself(path).contains(known_by)),
        };
        Ok(Self {
            prun: Program {
                name: "prun",
                path: Some(prun),
            },
            prun_static: Program {
                name: "prun, static",
                path: prun_static,
            },
            sh: find("sh", &["sh"], ""),
            cat: find("cat", &["cat"], ""),
            xargs: find("xargs", &["xargs"], ""),
            rust_parallel: find("rust-parallel", &["rust-parallel"], ""),
            // Two unrelated programs are called parallel, and where both are installed one has to give way. The
            // one of moreutils has no --version, but prints its usage.
            moreutils_parallel: find(
                "moreutils parallel",
                &["parallel.moreutils", "parallel-moreutils", "parallel"],
                "command -- arguments",
            ),
            gnu_parallel: find(
                "GNU parallel",
                &["parallel", "parallel.gnu"],
                "GNU parallel",
            ),
            _installed: installed,
        })
    }

    fn each(&self) -> [&Program; 7] {
        [
            &self.prun,
            &self.sh,
            &self.cat,
            &self.xargs,
            &self.rust_parallel,
            &self.moreutils_parallel,
            &self.gnu_parallel,
        ]
    }
}

/// The machine and the versions, each with the command that tells it.
pub(crate) fn print_header(programs: &Programs) {
    println!("ratio: the limit's time / the contender's time; 1.00 is as fast as the limit");
    println!();
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown CPU", |(_, model)| model.trim());
    println!("  {:<20} {cores} × {model}", "cores");
    let uname = tells(Path::new("uname"), "-srm").unwrap_or_default();
    println!("  {:<20} {:<34} (uname -srm)", "kernel", uname.trim_end());
    for program in programs.each() {
        let Some(path) = &program.path else {
            println!("  {:<20} not installed", program.name);
            continue;
        };
        // A program without --version tells at least what it is linked to, as sh to dash.
        let version = tells(path, "--version")
            .and_then(|told| told.lines().next().map(str::to_owned))
            .unwrap_or_else(|| "no version told".to_owned());
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        println!(
            "  {:<20} {version:<34} ({} --version)",
            program.name,
            real.display()
        );
    }
}

/// Every executable file of that name in PATH, in order.
fn in_path(file_name: &str) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(file_name))
        .filter(|file| file.is_absolute() && file.is_file())
        .collect()
}

/// What it answers to one flag, if it takes it.
fn tells(program: &Path, flag: &str) -> Option<String> {
    let output = Command::new(program)
        .arg(flag)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success() && !told.is_empty()).then_some(told)
}

/// Everything that it prints when asked for its version, be it only a complaint.
fn says_of_itself(program: &Path) -> String {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map(|output| {
            let both = [output.stdout, output.stderr].concat();
            String::from_utf8_lossy(&both).into_owned()
        })
        .unwrap_or_default()
}
