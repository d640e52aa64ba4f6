//! The installed programs, their versions, and the machine.

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

/// The program under test, its peers, and the programs that the limits use.
pub(crate) struct Programs {
    pub(crate) prun: Program,
    /// A statically linked prun, if its path is given.
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
        // A copy, like an installed program: the linker's output is in smaller pieces in the
        // page cache, which takes longer to start (a tenth of a millisecond).
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
                .find(|path| known_by.is_empty() || version_text(path).contains(known_by)),
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
            // Two unrelated programs are called parallel; where both are installed, one has
            // another name. The one of moreutils has no --version, but prints its usage.
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

/// The machine and the versions, each with the command that prints it.
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
    let uname = output_of(Path::new("uname"), "-srm").unwrap_or_default();
    println!("  {:<20} {:<34} (uname -srm)", "kernel", uname.trim_end());
    for program in programs.each() {
        let Some(path) = &program.path else {
            println!("  {:<20} not installed", program.name);
            continue;
        };
        // A program without --version is described by its link target, as sh by dash.
        let version = output_of(path, "--version")
            .and_then(|text| text.lines().next().map(str::to_owned))
            .unwrap_or_else(|| "version unknown".to_owned());
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        println!(
            "  {:<20} {version:<34} ({} --version)",
            program.name,
            real.display()
        );
    }
}

/// Every executable file of that name in PATH, in order.
pub(crate) fn in_path(file_name: &str) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(file_name))
        .filter(|file| file.is_absolute() && file.is_file())
        .collect()
}

/// The output of the program with this flag, if it accepts it.
fn output_of(program: &Path, flag: &str) -> Option<String> {
    let output = Command::new(program)
        .arg(flag)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// The output of `--version`, which may be an error message.
fn version_text(program: &Path) -> String {
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
