//! The case of jobs on a cluster: a throw-away one of Slurm, on hosts of their own on this machine, which is
//! up only while this case is measured.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::case::{Case, Contender, Proof};
use crate::os::TRUE;
use crate::programs::{Program, Programs, in_path};

/// The name of the case.
pub(crate) const NAME: &str = "cluster";

const ROUNDS: u32 = 5;

const NODES: u32 = 2;
const CPUS: u32 = 4;

/// How many jobs each chunk has: what prun makes of [`JOBS`] on so many nodes.
const CHUNKS: [u32; 14] = [
    1000, 1000, 500, 500, 250, 250, 125, 125, 63, 62, 32, 31, 31, 31,
];
const JOBS: u32 = 4000;

/// The programs without which there is no cluster.
const NEEDED: [&str; 7] = [
    "slurmctld",
    "slurmd",
    "sbatch",
    "munged",
    "ip",
    "nsenter",
    "unshare",
];

/// A cluster that is up. It is taken down when this is dropped.
pub(crate) struct Cluster {
    folder: TempDir,
}

impl Cluster {
    /// Brings one up, with this prun in its shared folder. `None` if Slurm is not installed, or not for us.
    fn up(prun: &Path) -> io::Result<Option<Self>> {
        let is_there = |name: &&str| !in_path(name).is_empty() || is_of_system(name);
        if !rustix::process::geteuid().is_root() || !NEEDED.iter().all(is_there) {
            return Ok(None);
        }
        let cluster = Self {
            folder: tempfile::tempdir()?,
        };
        // From here on it is taken down, whatever happens.
        cluster.call("slurm-up")?;
        fs::copy(prun, cluster.shared().join("prun"))?;
        Ok(Some(cluster))
    }

    fn call(&self, script: &str) -> io::Result<()> {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster");
        let status = Command::new(scripts.join(script))
            .arg(self.folder.path())
            .env("SLURM_NODES", NODES.to_string())
            .env("SLURM_NODE_CPUS", CPUS.to_string())
            .stdin(Stdio::null())
            .status()?;
        match status.success() {
            true => Ok(()),
            false => Err(io::Error::other(format!("{script}: {status}"))),
        }
    }

    /// The folder that all hosts see.
    fn shared(&self) -> PathBuf {
        self.folder.path().join("shared")
    }

    /// Writes a script into the folder, for the host on which users work.
    fn write(&self, name: &str, lines: &str) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let path = self.shared().join(name);
        let folder = self.shared();
        let text = format!("#!/bin/sh\nset -e\ncd {}\n{lines}", folder.display());
        fs::write(&path, text)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // There is nobody to tell, and what is measured is measured.
        let _ = self.call("slurm-down");
    }
}

/// Where daemons are that are not in the PATH of every user.
fn is_of_system(name: &str) -> bool {
    ["/usr/sbin", "/sbin"]
        .iter()
        .any(|folder| Path::new(folder).join(name).is_file())
}

/// The cost of a job on nodes of a cluster. The cluster is there as long as what is returned with the case.
pub(crate) fn case(programs: &Programs) -> io::Result<(Case, Option<Cluster>)> {
    // A task of Slurm for each job takes a minute.
    const FEWER: u32 = 20;
    let prun = programs.prun.path.as_deref();
    let cluster = prun.map_or(Ok(None), Cluster::up)?;
    let few = JOBS / FEWER;
    let chunks = CHUNKS.len() as u32;
    if let Some(cluster) = &cluster {
        write_scripts(cluster, few)?;
    }
    let contender = |name, script: &str, processes: u32| {
        let program = Program {
            name,
            path: cluster
                .as_ref()
                .map(|cluster| cluster.folder.path().join("on")),
        };
        let script = cluster
            .as_ref()
            .map_or_else(PathBuf::new, |cluster| cluster.shared().join(script));
        let args = ["login".to_owned(), script.to_string_lossy().into_owned()];
        let contender = Contender::new(&program, Proof::Started(processes.into()), args);
        match &cluster {
            // Tasks whose work is done are still on their way out.
            Some(cluster) => contender.after([
                cluster
                    .folder
                    .path()
                    .join("on")
                    .to_string_lossy()
                    .into_owned(),
                "login".to_owned(),
                cluster
                    .shared()
                    .join("settle")
                    .to_string_lossy()
                    .into_owned(),
            ]),
            None => contender,
        }
    };
    let contenders = vec![
        contender("limit", "by-hand", JOBS + chunks),
        contender("prun --on slurm", "prun-on-slurm", JOBS + chunks),
        contender("a task of Slurm a job", "task-a-job", few).scaled(FEWER),
        contender("srun for each job", "srun-a-job", few).scaled(FEWER),
    ];
    let case = Case {
        name: NAME,
        what: format!(
            "{JOBS} × {TRUE} on {NODES} nodes with {CPUS} CPUs, which this machine plays. The limit is an array of\n  \
             {chunks} tasks with the chunks that prun makes, each of which runs prun -j{CPUS}."
        ),
        rounds: ROUNDS,
        contenders,
    };
    Ok((case, cluster))
}

/// Writes what the contenders run.
fn write_scripts(cluster: &Cluster, few: u32) -> io::Result<()> {
    let shared = cluster.shared();
    let folder = shared.display();
    fs::write(
        shared.join("jobs"),
        format!("{TRUE}\n").repeat(JOBS as usize),
    )?;
    for (index, jobs) in CHUNKS.iter().enumerate() {
        let lines = format!("{TRUE}\n").repeat(*jobs as usize);
        fs::write(shared.join(format!("chunk{index}")), lines)?;
    }
    let srun = format!("srun --quiet -N1 -n1 -c1 {TRUE}\n");
    fs::write(shared.join("sruns"), srun.repeat(few as usize))?;
    // An array whose tasks leave a file each, and a wait for all of them.
    let array = |options: &str, tasks: u32, work: &str| {
        format!(
            "rm -rf done; mkdir done\n\
             sbatch --quiet --parsable -D / -o /dev/null -N1 -n1 {options} <<'END'\n\
             #!/bin/sh\n\
             cd {folder} && {work} && : >done/$SLURM_ARRAY_TASK_ID\n\
             END\n\
             while [ \"$(ls done | wc -l)\" -lt {tasks} ]; do sleep 0.05; done\n"
        )
    };
    let chunks = CHUNKS.len() as u32;
    let (last, last_few, at_once) = (chunks - 1, few - 1, NODES * CPUS);
    let by_hand = array(
        &format!("-c{CPUS} --array=0-{last}%{NODES}"),
        chunks,
        &format!("./prun -q -j{CPUS} -f chunk$SLURM_ARRAY_TASK_ID"),
    );
    cluster.write("by-hand", &by_hand)?;
    let task_a_job = array(&format!("-c1 --array=0-{last_few}"), few, TRUE);
    cluster.write("task-a-job", &task_a_job)?;
    let on_slurm = format!("exec ./prun -q --on slurm:-c{CPUS} -j{at_once} -f jobs\n");
    cluster.write("prun-on-slurm", &on_slurm)?;
    cluster.write(
        "srun-a-job",
        &format!("exec ./prun -q -j{at_once} -f sruns\n"),
    )?;
    cluster.write(
        "settle",
        "while [ -n \"$(squeue -h)\" ]; do sleep 0.1; done\n",
    )
}
