//! A run while it lasts.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::expect::{Pattern, shown};
use super::sys::{self, Modes};
use super::tap::Tap;
use super::{Input, Outcome, Place, Stage, kill, leftovers, verdict};

/// How often we look at a run.
const POLL: Duration = Duration::from_millis(2);

/// How long the streams of a run may stay open when all its processes are gone.
const CLOSING: Duration = Duration::from_secs(5);

/// A run that was begun. Dropped before its end, it takes all its processes with it.
#[must_use = "a run that is not finished is not checked"]
pub(crate) struct Running {
    stage: Stage,
    child: Child,
    started: Instant,
    ended: Option<(ExitStatus, Duration)>,
    swept: bool,
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
        sys::prepare(&mut command, stage.place, stage.is_nonblocking);
        let (mut screen, mut terminal) = (Tap::none(), None);
        if let Place::Terminal { rows, cols } = stage.place {
            let (ours, theirs) = sys::open_terminal(rows, cols).expect("a terminal can be made");
            let side = || Stdio::from(theirs.try_clone().expect("a descriptor is free"));
            command.stdin(side()).stdout(side()).stderr(side());
            let modes = sys::modes(&ours).expect("a fresh terminal has modes");
            let reading = ours.try_clone().expect("a descriptor is free");
            screen = Tap::on(reading, false);
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
        // The command holds the run's side of a terminal open as long as it lives.
        drop(command);

        let stdin = child.stdin.take().map(|mut pipe| {
            let (sender, chunks) = mpsc::channel::<Vec<u8>>();
            // A run that stops reading its input is no fault of the thread that feeds it.
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
            swept: false,
            peak: None,
            stdin,
            stdout: stdout.map_or_else(Tap::none, |pipe| Tap::on(pipe, held)),
            stderr: stderr.map_or_else(Tap::none, |pipe| Tap::on(pipe, false)),
            screen,
            terminal,
        };
        if let Some(bytes) = bytes {
            running.write_stdin(bytes);
            running.close_stdin();
        }
        running.look();
        running
    }

    /// The process's number; where words were put before the program, the first word's.
    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process number is a pid_t")
    }

    /// The children of the process, whichever of its threads started them.
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

    /// The folder that the run started in.
    pub(crate) fn dir(&self) -> &Path {
        self.stage.dir()
    }

    /// How long ago the run was started.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The peak of the run's memory so far, as [`Outcome::peak_memory`] tells it.
    pub(crate) fn peak_memory(&self) -> u64 {
        self.peak.unwrap_or(0)
    }

    /// Sends a signal to this one process, not to its group; false if the run had ended before.
    pub(crate) fn send(&mut self, signal: i32) -> bool {
        self.look();
        // The process is ours to reap and not yet reaped, so its number cannot be another's.
        self.ended.is_none() && kill(self.pid(), signal)
    }

    /// Hands bytes to the run's stdin, without waiting for them to be read.
    #[track_caller]
    pub(crate) fn write_stdin(&mut self, bytes: impl Into<Vec<u8>>) {
        let stdin = self.stdin.as_ref();
        let stdin = stdin.expect("stdin is open only after stdin_open(), and until it is closed");
        // The feeding thread is gone when the run has closed its stdin, which a run may do.
        let _ = stdin.send(bytes.into());
    }

    /// Closes the run's stdin when all that was handed over is written.
    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Begins to read a stdout that was held.
    pub(crate) fn release_stdout(&mut self) {
        self.stdout.open();
    }

    /// Goes away as the reader of stdout: the next write to it fails with EPIPE.
    pub(crate) fn cut_stdout(&mut self) {
        self.stdout.cut();
    }

    /// Goes away as the reader of stderr.
    pub(crate) fn cut_stderr(&mut self) {
        self.stderr.cut();
    }

    /// Types on the run's terminal: `b"\x03"` is Ctrl-C.
    #[track_caller]
    pub(crate) fn type_keys(&mut self, keys: &[u8]) {
        let mut terminal = self.terminal();
        terminal.write_all(keys).expect("a terminal takes keys");
    }

    /// Gives the run's terminal another size.
    #[track_caller]
    pub(crate) fn resize(&mut self, rows: u16, cols: u16) {
        sys::set_size(self.terminal(), rows, cols).expect("a terminal has a size");
    }

    /// Closes the terminal, as a lost connection or a closed window does.
    #[track_caller]
    pub(crate) fn hang_up(&mut self) {
        self.screen.cut();
        let terminal = self.terminal.take();
        drop(terminal.expect("only a run with pty() has a terminal to hang up"));
    }

    /// What the terminal has got so far, byte for byte, but for what is no UTF-8.
    pub(crate) fn screen_text(&self) -> String {
        self.screen
            .with(|bytes| String::from_utf8_lossy(bytes).into_owned())
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

    /// Waits until the terminal has got this text.
    #[track_caller]
    pub(crate) fn wait_for_screen(&mut self, text: impl AsRef<[u8]>) {
        self.wait_for_text("the screen", |run| &run.screen, text.as_ref());
    }

    /// Waits until a file is there, be it empty.
    #[track_caller]
    pub(crate) fn wait_for_file(&mut self, path: impl AsRef<Path>) {
        let path = self.dir().join(path);
        let story = format!("the file {}", path.display());
        self.wait_until(&story, |_| path.exists().then_some(()));
    }

    /// Waits until a file holds a whole line, and returns all its text but for the last newline.
    #[track_caller]
    pub(crate) fn wait_for_line_in(&mut self, path: impl AsRef<Path>) -> String {
        let path = self.dir().join(path);
        let story = format!("a line in {}", path.display());
        self.wait_until(&story, |_| {
            let text = std::fs::read_to_string(&path).ok()?;
            text.strip_suffix('\n').map(str::to_owned)
        })
    }

    /// Looks again and again until there is an answer, for at most as long as the run may last, and
    /// no longer than until nobody is left who could give one.
    #[track_caller]
    pub(crate) fn wait_until<T>(
        &mut self,
        story: &str,
        mut answer: impl FnMut(&Self) -> Option<T>,
    ) -> T {
        loop {
            self.look();
            let over = self.is_over();
            if let Some(answer) = answer(self) {
                return answer;
            }
            if over {
                self.give_up(&format!("the run was over without {story}"));
            }
            if self.elapsed() > self.stage.within {
                self.give_up(&format!("waited too long for {story}"));
            }
            thread::sleep(POLL);
        }
    }

    /// Waits for the end, and holds the run to all that was expected.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Outcome {
        self.close_stdin();
        self.release_stdout();
        let (status, elapsed) = self.wait_until("the run's end", |run| run.ended);
        let (token, folder) = (&self.stage.token, &self.stage.folder);
        let left = if self.stage.leaves_processes {
            leftovers::find(token, folder)
        } else {
            leftovers::settle(token, folder)
        };
        if !left.is_empty() {
            leftovers::kill_all(token, folder);
        }
        self.swept = true;
        let mut complaints = self.close();
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

    /// One look at the process: its memory if it lives, its end if it does not.
    fn look(&mut self) {
        if self.ended.is_none() {
            self.peak = self.peak.max(leftovers::peak_memory(self.pid()));
            let status = self.child.try_wait().expect("our own child can be asked");
            self.ended = status.map(|status| (status, self.elapsed()));
        }
    }

    #[track_caller]
    fn wait_for_text(&mut self, name: &str, tap: fn(&Self) -> &Tap, text: &[u8]) {
        let pattern = Pattern::new(text, self.dir());
        let story = format!("{:?} on {name}", String::from_utf8_lossy(text));
        self.wait_until(&story, |run| {
            tap(run).with(|bytes| pattern.is_in(bytes)).then_some(())
        });
    }

    /// Whether nothing more can happen: the run has ended, nobody of it is alive, all was read.
    fn is_over(&self) -> bool {
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

    /// Waits until the streams are closed, as they must be when all processes are gone.
    fn close(&self) -> Vec<String> {
        let deadline = Instant::now() + CLOSING;
        let streams = self.streams();
        while streams.iter().any(|(_, tap)| !tap.is_closed()) && Instant::now() < deadline {
            thread::sleep(POLL);
        }
        let open = streams.iter().filter(|(_, tap)| !tap.is_closed());
        open.map(|(name, _)| format!("somebody keeps {name} open"))
            .collect()
    }

    /// Ends the run by force, and the test with what is known so far.
    #[track_caller]
    fn give_up(&mut self, story: &str) -> ! {
        let end = match self.ended {
            Some((status, elapsed)) => format!("ended after {elapsed:?} with {status}"),
            None => format!("still running after {:?}", self.elapsed()),
        };
        let left = leftovers::find(&self.stage.token, &self.stage.folder);
        self.kill();
        self.release_stdout();
        let open = self.close().join("\n");
        let printed: String = self
            .streams()
            .iter()
            .map(|(name, tap)| format!("{name} so far:\n{}", shown(&tap.take(), "  ")))
            .collect();
        let (headline, left) = (self.headline(), leftovers::told(&left));
        panic!("{headline}\n{story}; {end}\n{printed}alive:\n{left}{open}")
    }

    fn headline(&self) -> String {
        let words: Vec<_> = self.stage.words().collect();
        format!("{words:?} in {}", self.dir().display())
    }

    fn kill(&mut self) {
        // One that was just reaped needs no killing, and that is the only way for this to fail.
        let _ = self.child.kill();
        leftovers::kill_all(&self.stage.token, &self.stage.folder);
        let _ = self.child.wait();
        self.swept = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Reading all of /proc once more would cost every run some milliseconds.
        if !self.swept {
            self.kill();
        }
    }
}
