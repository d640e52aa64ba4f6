//! A run in progress.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::expect::{Pattern, printable};
use super::sys::{self, Modes};
use super::tap::Tap;
use super::{Input, Isolation, Outcome, Stage, kill, leftovers, verdict};

/// The polling interval.
const POLL: Duration = Duration::from_millis(2);

/// How long the streams of a run may stay open after all its processes have exited.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A run in progress. Dropping it kills all its processes.
#[must_use = "a run that is not finished is not checked"]
pub(crate) struct Running {
    stage: Stage,
    child: Child,
    started: Instant,
    ended: Option<(ExitStatus, Duration)>,
    is_cleaned_up: bool,
    peak: Option<u64>,
    stdin: Option<Sender<Vec<u8>>>,
    stdout: Tap,
    stderr: Tap,
    screen: Tap,
    terminal: Option<(File, Modes)>,
}

impl Running {
    #[track_caller]
    pub(super) fn start(mut stage: Stage) -> Self {
        let mut command = stage.command();
        sys::prepare(&mut command, stage.isolation, stage.is_nonblocking);
        let (mut screen, mut terminal) = (Tap::none(), None);
        if let Isolation::Terminal { rows, cols } = stage.isolation {
            let (ours, theirs) = sys::open_terminal(rows, cols).expect("a terminal can be made");
            let side = || Stdio::from(theirs.try_clone().expect("a descriptor is free"));
            command.stdin(side()).stdout(side()).stderr(side());
            let modes = sys::modes(&ours).expect("a fresh terminal has modes");
            let reading = ours.try_clone().expect("a descriptor is free");
            screen = Tap::spawn(reading, false);
            terminal = Some((ours, modes));
        } else {
            let input = match stage.input {
                Input::Null => Stdio::null(),
                Input::Bytes(_) | Input::Open => Stdio::piped(),
            };
            command.stdin(input);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
        }

        let started = Instant::now();
        let spawned = command.spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        // The command holds the run's end of the terminal open.
        drop(command);

        let stdin = child.stdin.take().map(|mut pipe| {
            let (sender, chunks) = mpsc::channel::<Vec<u8>>();
            // A run may stop reading its input: the write error is ignored.
            thread::spawn(move || chunks.iter().try_for_each(|chunk| pipe.write_all(&chunk)));
            sender
        });
        let held = stage.holds_stdout;
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        let bytes = match std::mem::replace(&mut stage.input, Input::Open) {
            Input::Bytes(bytes) => Some(bytes),
            Input::Null | Input::Open => None,
        };
        let mut running = Self {
            stage,
            child,
            started,
            ended: None,
            is_cleaned_up: false,
            peak: None,
            stdin,
            stdout: stdout.map_or_else(Tap::none, |pipe| Tap::spawn(pipe, held)),
            stderr: stderr.map_or_else(Tap::none, |pipe| Tap::spawn(pipe, false)),
            screen,
            terminal,
        };
        if let Some(bytes) = bytes {
            running.write_stdin(bytes);
            running.close_stdin();
        }
        running.poll();
        running
    }

    /// The process id; that of the command before the program, if there is one.
    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process number is a pid_t")
    }

    /// The children of the process, from all of its threads.
    pub(crate) fn children(&self) -> Vec<i32> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid()));
        let children = threads.into_iter().flatten().flatten().map(|thread| {
            let children = std::fs::read_to_string(thread.path().join("children"));
            children.unwrap_or_default()
        });
        let children: Vec<_> = children.collect();
        let numbers = children.iter().flat_map(|text| text.split_whitespace());
        numbers.filter_map(|number| number.parse().ok()).collect()
    }

    /// The folder in which the run started.
    pub(crate) fn dir(&self) -> &Path {
        self.stage.dir()
    }

    /// The time since the run was started.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The peak of the run's memory so far, as in [`Outcome::peak_memory`].
    pub(crate) fn peak_memory(&self) -> u64 {
        self.peak.unwrap_or(0)
    }

    /// Sends a signal to this process alone, not to its group; false if the run has ended.
    pub(crate) fn send(&mut self, signal: i32) -> bool {
        self.poll();
        // The process has not been reaped, so its pid cannot have been reused.
        self.ended.is_none() && kill(self.pid(), signal)
    }

    /// Queues bytes for the run's stdin; does not wait until they are read.
    #[track_caller]
    pub(crate) fn write_stdin(&mut self, bytes: impl Into<Vec<u8>>) {
        let stdin = self.stdin.as_ref();
        let stdin = stdin.expect("stdin is open only after stdin_open(), and until it is closed");
        // The writing thread has exited if the run has closed its stdin, which is allowed.
        let _ = stdin.send(bytes.into());
    }

    /// Closes the run's stdin after all queued bytes are written.
    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Starts to read a stdout that was held.
    pub(crate) fn release_stdout(&mut self) {
        self.stdout.open();
    }

    /// Closes the read end of stdout: the next write to it fails with EPIPE.
    pub(crate) fn close_stdout(&mut self) {
        self.stdout.close();
    }

    /// Closes the read end of stderr.
    pub(crate) fn close_stderr(&mut self) {
        self.stderr.close();
    }

    /// Types on the run's terminal: `b"\x03"` is Ctrl-C.
    #[track_caller]
    pub(crate) fn type_keys(&mut self, keys: &[u8]) {
        let mut terminal = self.terminal();
        terminal.write_all(keys).expect("a terminal takes keys");
    }

    /// Sets the size of the run's terminal.
    #[track_caller]
    pub(crate) fn resize(&mut self, rows: u16, cols: u16) {
        sys::set_size(self.terminal(), rows, cols).expect("a terminal has a size");
    }

    /// Closes the terminal, as a lost connection or a closed window does.
    #[track_caller]
    pub(crate) fn hang_up(&mut self) {
        self.screen.close();
        let terminal = self.terminal.take();
        drop(terminal.expect("only a run with pty() has a terminal to hang up"));
    }

    /// The terminal's output so far; invalid UTF-8 is replaced.
    pub(crate) fn screen_text(&self) -> String {
        self.screen.text()
    }

    /// What stdout holds so far; invalid UTF-8 is replaced.
    pub(crate) fn stdout_text(&self) -> String {
        self.stdout.text()
    }

    /// What stderr holds so far.
    pub(crate) fn stderr_text(&self) -> String {
        self.stderr.text()
    }

    /// Waits until stdout holds this text.
    #[track_caller]
    pub(crate) fn wait_for_stdout(&mut self, text: impl AsRef<[u8]>) {
        self.wait_for_text("stdout", |run| &run.stdout, text.as_ref());
    }

    /// Waits until stderr holds this text.
    #[track_caller]
    pub(crate) fn wait_for_stderr(&mut self, text: impl AsRef<[u8]>) {
        self.wait_for_text("stderr", |run| &run.stderr, text.as_ref());
    }

    /// Waits until the terminal's output contains this text.
    #[track_caller]
    pub(crate) fn wait_for_screen(&mut self, text: impl AsRef<[u8]>) {
        self.wait_for_text("the screen", |run| &run.screen, text.as_ref());
    }

    /// Waits until a file exists; it may be empty.
    #[track_caller]
    pub(crate) fn wait_for_file(&mut self, path: impl AsRef<Path>) {
        let path = self.dir().join(path);
        let what = format!("the file {}", path.display());
        self.wait_until(&what, |_| path.exists().then_some(()));
    }

    /// Waits until a file ends with a newline; returns its text without it.
    #[track_caller]
    pub(crate) fn wait_for_line_in(&mut self, path: impl AsRef<Path>) -> String {
        let path = self.dir().join(path);
        let what = format!("a line in {}", path.display());
        self.wait_until(&what, |_| {
            let text = std::fs::read_to_string(&path).ok()?;
            text.strip_suffix('\n').map(str::to_owned)
        })
    }

    /// Polls until `answer` returns a value. Panics when the time limit has passed, or when all
    /// processes have exited and all output has been read.
    #[track_caller]
    pub(crate) fn wait_until<T>(
        &mut self,
        what: &str,
        mut answer: impl FnMut(&Self) -> Option<T>,
    ) -> T {
        loop {
            self.poll();
            let over = self.has_ended();
            if let Some(answer) = answer(self) {
                return answer;
            }
            if over {
                self.give_up(&format!("the run was over without {what}"));
            }
            if self.elapsed() > self.stage.within {
                self.give_up(&format!("waited too long for {what}"));
            }
            thread::sleep(POLL);
        }
    }

    /// Waits for the end and checks all expectations.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Outcome {
        self.close_stdin();
        self.release_stdout();
        let (status, elapsed) = self.wait_until("the run's end", |run| run.ended);
        let (token, folder) = (&self.stage.token, &self.stage.folder);
        let left = if self.stage.leaves_processes {
            leftovers::find(token, folder)
        } else {
            leftovers::wait_for_exit(token, folder)
        };
        if !left.is_empty() {
            leftovers::kill_all(token, folder);
        }
        self.is_cleaned_up = true;
        let mut complaints = self.wait_for_close();
        let outcome = Outcome {
            stdout: self.stdout.take(),
            stderr: self.stderr.take(),
            screen: self.screen.take(),
            status,
            elapsed,
            left,
            peak: self.peak,
            folder: folder.clone(),
        };
        complaints.extend(verdict::complaints(
            &self.stage,
            self.terminal.as_ref(),
            &outcome,
        ));
        if !complaints.is_empty() {
            panic!("{}\n{}", self.headline(), complaints.join("\n"));
        }
        outcome
    }

    /// Polls the process: reads its memory if it is alive, its exit status if it is not.
    fn poll(&mut self) {
        if self.ended.is_none() {
            self.peak = self.peak.max(leftovers::peak_memory(self.pid()));
            let status = self.child.try_wait().expect("try_wait on our own child");
            self.ended = status.map(|status| (status, self.elapsed()));
        }
    }

    #[track_caller]
    fn wait_for_text(&mut self, name: &str, tap: fn(&Self) -> &Tap, text: &[u8]) {
        let pattern = Pattern::new(text, self.dir());
        let what = format!("{:?} on {name}", String::from_utf8_lossy(text));
        self.wait_until(&what, |run| {
            tap(run)
                .with_bytes(|bytes| pattern.is_found_in(bytes))
                .then_some(())
        });
    }

    /// Whether nothing more can happen: the run has ended, no process is alive, all output was
    /// read.
    fn has_ended(&self) -> bool {
        self.ended.is_some()
            && self.streams().iter().all(|(_, tap)| tap.is_closed())
            && leftovers::find(&self.stage.token, &self.stage.folder).is_empty()
    }

    fn streams(&self) -> [(&'static str, &Tap); 3] {
        [
            ("stdout", &self.stdout),
            ("stderr", &self.stderr),
            ("the screen", &self.screen),
        ]
    }

    #[track_caller]
    fn terminal(&self) -> &File {
        let terminal = self.terminal.as_ref();
        &terminal.expect("only a run with pty() has a terminal").0
    }

    /// Waits until the streams are closed, as they must be when all processes have exited.
    fn wait_for_close(&self) -> Vec<String> {
        let deadline = Instant::now() + CLOSE_TIMEOUT;
        let streams = self.streams();
        while streams.iter().any(|(_, tap)| !tap.is_closed()) && Instant::now() < deadline {
            thread::sleep(POLL);
        }
        let open = streams.iter().filter(|(_, tap)| !tap.is_closed());
        open.map(|(name, _)| format!("some process keeps {name} open"))
            .collect()
    }

    /// Kills the run and fails the test with what is known so far.
    #[track_caller]
    fn give_up(&mut self, what: &str) -> ! {
        let end = match self.ended {
            Some((status, elapsed)) => format!("ended after {elapsed:?} with {status}"),
            None => format!("still running after {:?}", self.elapsed()),
        };
        let left = leftovers::find(&self.stage.token, &self.stage.folder);
        self.kill();
        self.release_stdout();
        let open = self.wait_for_close().join("\n");
        let printed: String = self
            .streams()
            .iter()
            .map(|(name, tap)| format!("{name} so far:\n{}", printable(&tap.take(), "  ")))
            .collect();
        let (headline, left) = (self.headline(), leftovers::listing(&left));
        panic!("{headline}\n{what}; {end}\n{printed}alive:\n{left}{open}")
    }

    fn headline(&self) -> String {
        let argv: Vec<_> = self.stage.argv().collect();
        format!("{argv:?} in {}", self.dir().display())
    }

    fn kill(&mut self) {
        // Fails only if the child has already been reaped.
        let _ = self.child.kill();
        leftovers::kill_all(&self.stage.token, &self.stage.folder);
        let _ = self.child.wait();
        self.is_cleaned_up = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Another scan of /proc would cost every run some milliseconds.
        if !self.is_cleaned_up {
            self.kill();
        }
    }
}
