//! The contents of a real terminal: tmux runs the program and returns its screen.

use std::fmt::Write as _;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::needs::needs;

/// Far more than any of these runs needs.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A terminal with a shell in it.
struct Tmux {
    folder: TempDir,
}

impl Tmux {
    /// Starts a terminal of this size, in which `prun` is the program under test, and the prompt
    /// is `ready> `.
    fn new(columns: u16, rows: u16) -> Self {
        let folder = TempDir::with_prefix("prun-tmux-").expect("a temporary folder can be made");
        let tmux = Self { folder };
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_prun"));
        let programs = program.parent().expect("a program is in a folder");
        let path = std::env::var("PATH").expect("there is a PATH");
        let shell = format!(
            "env -i PATH='{}:{path}' HOME=\"$HOME\" LANG=C.UTF-8 TERM=screen-256color PS1='ready> ' \
             bash --norc --noprofile -i",
            programs.display()
        );
        let size = [columns.to_string(), rows.to_string()];
        tmux.run(&["new-session", "-d", "-x", &size[0], "-y", &size[1], &shell]);
        tmux.wait_for("ready>");
        tmux
    }

    fn run(&self, words: &[&str]) -> Output {
        let output = Command::new("tmux")
            .args(["-f", "/dev/null", "-u", "-S"])
            .arg(self.folder.path().join("socket"))
            .args(words)
            .env("LANG", "C.UTF-8")
            .current_dir(self.folder.path())
            .output()
            .expect("tmux can be run");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {words:?}: {complaint}");
        output
    }

    fn type_keys(&self, keys: &[&str]) {
        let mut words = vec!["send-keys"];
        words.extend(keys);
        self.run(&words);
    }

    /// Types a line and Enter.
    fn type_line(&self, line: &str) {
        self.run(&["send-keys", "-l", line]);
        self.type_keys(&["Enter"]);
    }

    /// The rows on the screen; with `-S -` also those that have scrolled off.
    fn rows(&self, words: &[&str]) -> String {
        let mut whole = vec!["capture-pane", "-p"];
        whole.extend(words);
        let output = self.run(&whole);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut rows = String::new();
        for row in text.trim_end().lines() {
            writeln!(rows, "{}", row.trim_end()).expect("memory can be written");
        }
        rows
    }

    fn screen(&self) -> String {
        self.rows(&[])
    }

    /// The screen, once it contains this text.
    #[track_caller]
    fn wait_for(&self, text: &str) -> String {
        self.wait_until(text, |screen| screen.contains(text))
    }

    #[track_caller]
    fn wait_until(&self, story: &str, is_so: impl Fn(&str) -> bool) -> String {
        let started = Instant::now();
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return screen;
            }
            assert!(
                started.elapsed() < TIME_LIMIT,
                "waited too long for {story}:\n{screen}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Lets the jobs of [`waiting_job`] end.
    fn let_go(&self) {
        std::fs::write(self.folder.path().join("go"), "").expect("the folder is writable");
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let socket = self.folder.path().join("socket");
        // The server may have exited already.
        let _ = Command::new("tmux")
            .arg("-S")
            .arg(socket)
            .arg("kill-server")
            .output();
    }
}

/// A job that runs this command, and then waits until the test lets it end.
fn waiting_job(command: &str) -> String {
    format!("'{command}; until test -e go; do sleep 0.02; done'")
}

#[test]
fn characters_of_ambiguous_width_cost_no_row() {
    if !needs("tmux") {
        return;
    }
    let tmux = Tmux::new(31, 40);
    for odd in [
        "⚠️ ✔️ ⚠️ ✔️ ⚠️ ✔️ ⚠️ ✔️ ⚠️ ✔️ ⚠️ ✔️",
        "1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣9️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣",
        "a\u{ad}b\u{ad}c\u{ad}d\u{ad}e\u{ad}f\u{ad}g\u{ad}h\u{ad}i\u{ad}j\u{ad}k\u{ad}l\u{ad}m",
        "✔︎✔︎✔︎✔︎✔︎✔︎✔︎✔︎✔︎✔︎✔︎✔︎✔︎✔︎✔︎✔︎✔︎✔︎✔︎",
        "لالالالالالالالالالالالالالالالا",
    ] {
        let _ = std::fs::remove_file(tmux.folder.path().join("go"));
        tmux.type_line("clear; printf 'one\\ntwo\\nthree\\n'");
        tmux.wait_until("a cleared screen", |screen| {
            screen.starts_with("one\ntwo\nthree\nready>")
        });
        std::fs::write(tmux.folder.path().join("odd"), format!("{odd}\n"))
            .expect("the folder is writable");
        let odd = waiting_job(" for i in 1 2 3 4 5; do cat odd; sleep 0.15; done; touch drawn");
        tmux.type_line(&format!("prun n:{odd} {}; echo over", waiting_job(":")));
        tmux.wait_for("0/2");
        tmux.wait_until("five drawings", |_| {
            tmux.folder.path().join("drawn").exists()
        });
        std::fs::remove_file(tmux.folder.path().join("drawn")).expect("it exists");
        tmux.let_go();
        let screen = tmux.wait_until("the end", |screen| screen.contains("\nover\n"));
        assert!(screen.starts_with("one\ntwo\nthree\nready>"), "{screen}");
        assert!(!screen.contains("0/2"), "{screen}");
    }
}

#[test]
fn a_region_that_is_drawn_again_leaves_no_copy_in_the_history() {
    if !needs("tmux") {
        return;
    }
    let tmux = Tmux::new(80, 24);
    tmux.type_line(&format!("clear; prun {0} {0}; echo over", waiting_job(":")));
    tmux.wait_for("0/2, 0:01");
    tmux.let_go();
    tmux.wait_until("the end", |screen| screen.contains("\nover\n"));
    let history = tmux.rows(&["-S", "-"]);
    assert!(!history.contains("0/2"), "{history}");
}

#[test]
fn in_the_background_nothing_is_drawn_over_the_prompt() {
    if !needs("tmux") {
        return;
    }
    let tmux = Tmux::new(80, 24);
    tmux.type_line(&format!("clear; prun {0} {0} &", waiting_job(":")));
    tmux.wait_until("the number of the job, and a prompt", |screen| {
        screen.starts_with("[1] ") && screen.trim_end().ends_with("\nready>")
    });
    // Longer than the delay before the bar is drawn first.
    tmux.type_line("sleep 1; echo $((40 + 2))");
    let screen = tmux.wait_for("\n42\n");
    assert!(!screen.contains("0/2"), "{screen}");
    tmux.type_line("fg");
    tmux.wait_for("0/2");
    tmux.let_go();
    let screen = tmux.wait_for("2 jobs: 2 ok");
    assert!(!screen.contains("0/2"), "{screen}");
}

#[test]
fn what_is_typed_meanwhile_leaves_no_row_behind() {
    if !needs("tmux") {
        return;
    }
    let tmux = Tmux::new(60, 12);
    tmux.type_line(&format!(
        "clear; prun {0} {0} {0}; echo over",
        waiting_job(":")
    ));
    tmux.wait_for("0/3");
    for _ in 0..3 {
        tmux.type_keys(&["Enter"]);
        std::thread::sleep(Duration::from_millis(150));
    }
    tmux.let_go();
    let screen = tmux.wait_until("the end", |screen| screen.contains("\nover\n"));
    assert!(!tmux.rows(&["-S", "-"]).contains("0/3"), "{screen}");
}

#[test]
fn ctrl_c_leaves_no_row_behind() {
    if !needs("tmux") {
        return;
    }
    // As wide as the bar, so that the echo of the key is at the end of a row.
    let tmux = Tmux::new(31, 12);
    let long = "sleep 300 # is as long as a row of this screen, and longer than that";
    tmux.type_line(&format!("clear; prun 'a: {long}' 'b: {long}'; echo over"));
    tmux.wait_for("0/2");
    tmux.type_keys(&["C-c"]);
    let screen = tmux.wait_for("2 jobs: 2 canceled");
    assert!(!screen.contains("0/2"), "{screen}");
}

/// Runs a job on a screen that gets these widths one after the other; returns all rows of tmux.
fn resized(widths: &[&str]) -> String {
    let tmux = Tmux::new(80, 24);
    let name = "a".repeat(70);
    tmux.type_line("clear; printf 'one\\ntwo\\n'");
    tmux.wait_until("a cleared screen", |screen| {
        screen.starts_with("one\ntwo\nready>")
    });
    tmux.type_line(&format!(
        "prun {name}:{0} {0}; echo over",
        waiting_job(" :")
    ));
    tmux.wait_for("0:00  aaaa");
    for columns in widths {
        tmux.run(&["resize-window", "-x", columns, "-y", "24"]);
        // tmux sends SIGWINCH a quarter of a second later.
        std::thread::sleep(Duration::from_millis(300));
    }
    tmux.let_go();
    tmux.wait_until("the end", |screen| screen.contains("over\nready>"));
    tmux.rows(&["-S", "-"])
}

#[test]
fn a_screen_that_becomes_narrower_or_wider_is_cleaned_all_the_same() {
    if !needs("tmux") {
        return;
    }
    for width in ["40", "100"] {
        let all = resized(&[width]);
        let rows = all.lines();
        let left = rows.filter(|row| row.starts_with('[') || row.starts_with("   0:0"));
        assert_eq!(left.count(), 0, "{all}");
    }
}

#[test]
fn whatever_becomes_of_the_screen_no_row_above_is_lost() {
    if !needs("tmux") {
        return;
    }
    let all = resized(&["40", "100", "33", "80"]);
    // Rows that tmux itself has moved into its history stay there.
    assert!(all.contains("\none\ntwo\nready> prun aaaa"), "{all}");
}

#[test]
fn a_colour_that_a_job_left_on_is_reset_after_its_output() {
    if !needs("tmux") {
        return;
    }
    let tmux = Tmux::new(80, 24);
    let red = "printf \"\\033[31mred\\n\"";
    tmux.type_line(&format!("clear; NO_COLOR=1 prun '{red}' true; echo over"));
    tmux.wait_until("the end", |screen| screen.contains("\nover\n"));
    let screen = tmux.rows(&["-e"]);
    let row = |text: &str| {
        let mut rows = screen.lines().filter(|row| row.contains(text));
        let row = rows.next_back();
        let row = row.unwrap_or_else(|| panic!("no {text}: {screen}"));
        // tmux shows the end of a row's colour at the beginning of the next row.
        row.trim_start_matches("\x1b[39m").to_owned()
    };
    assert!(row("2 jobs: 2 ok").starts_with("──"), "{screen:?}");
    assert!(row("over").starts_with("over"), "{screen:?}");
}
