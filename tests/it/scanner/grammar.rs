//! The grammar of random templates: commands, words, quotes, substitutions, assignments.

const VARIABLES: [&str; 12] = [
    "x", "x", "x", "x", "y", "y", "y", "n", "X", "PATH", "path", "RANDOM",
];

const PARAMETERS: [&str; 16] = [
    "${x}", "${x%.*}", "${y##*/}", "${x:-y}", "${x-}", "${y[x]}", "${x:x}", "${x@P}", "${x/a/b}",
    "${x%{}}", "${#x}", "${!x}", "${(e)x}", "${X%.*}", "${X}", "${y:=a}",
];

const EXPANSIONS: [&str; 12] = [
    "\"$y[x]\"",
    "$y[x]",
    "$=x",
    "$~x",
    "\"$x:h\"",
    "$((x))",
    "$(({#} + 1))",
    "$((y[x]))",
    "$((x=1))",
    "$(($x))",
    "$(({}))",
    "\"$((1 + x))\"",
];

const ODDITIES: [&str; 22] = [
    "[x]", "{a,{}}", "~", "=", "*", "?", "\\;", "\\ ", "$'a'", "$\"a\"", "~/", "[", "]", "{x}",
    "@(a)", "!", "a=", "x=", "--", "-c", "-v", "-",
];

const PLAIN: [&str; 8] = ["a", "b.c", "1", "x", "y", "e/f", "%s", "a:b"];

const QUOTED: [&str; 16] = [
    "'", "\\\"", "\\$x", "\\\\", "[x]", "[{}]", "$", "`echo a`", "$((x))", "$y[", "#", ")", "(",
    ";", " b ", "{#}",
];

const SINGLE: [&str; 8] = ["a", "{}", "{#}", "$x", "echo \"$1\"", "(", ")", "#"];

const REDIRECTIONS: [&str; 15] = [
    "> f",
    ">{}.out",
    ">> \"$x\"",
    "< /dev/null",
    "2>&1",
    "{#}>f",
    ">&{}",
    "&> f",
    "<<E\n$x\nE\n",
    "<<< {}",
    "> \"$(echo {})\"",
    ">f{#}",
    "2>\"{}\"",
    ">& $x",
    "<&-",
];

/// Commands that stand in most templates.
const USUAL: [&str; 9] = [
    "./show",
    "./show",
    "./show",
    "printf '%s\\n'",
    "echo",
    "test -f",
    "[ -n",
    "export",
    "true",
];

/// Builtins that evaluate something, in some shell.
const BUILTINS: [&str; 56] = [
    "sh -c 'printf %s \"$1\"' sh",
    "read",
    "unset",
    "exit",
    "wait",
    "command",
    "exec",
    "let",
    "sleep 0",
    "eval",
    "cd",
    "printf %d",
    "printf",
    "typeset -i",
    "declare",
    "local",
    "test",
    "[",
    "readonly",
    "print",
    "return",
    "break",
    "integer",
    ":",
    "command ./show",
    "exec ./show",
    "builtin",
    "sh -c",
    "shift",
    "set --",
    "trap",
    "getopts",
    "time",
    "noglob",
    "nocorrect",
    "repeat",
    "ls",
    "cat",
    "case",
    "select",
    "[[",
    "float",
    "bash",
    "zsh -c",
    "printf -v",
    "alias",
    ".",
    "umask",
    "hash",
    "type",
    "whence",
    "export -n",
    "read -r",
    "mapfile",
    "emulate sh -c",
    "- ./show",
];

/// Whole commands.
const WHOLE: [&str; 8] = [
    "# it",
    "# {}",
    "# it's",
    "read x",
    "read -r y",
    "export x",
    "echo {} | read x",
    "unset x",
];

const SEPARATORS: [&str; 8] = ["; ", "; ", "; ", " && ", " || ", " | ", "\n", " & "];

const CONTINUATIONS: [&str; 4] = [" \\\n", "\\\n ", "\\\n", "\t"];

/// A generator of random templates.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.roll(chances) == 0
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.roll(list.len())]
    }

    /// Returns commands, with others in them to this depth.
    pub(crate) fn list(&mut self, depth: usize) -> String {
        let mut text = self.command(depth);
        for _ in 0..[0, 0, 1, 1, 2][self.roll(5)] {
            text.push_str(self.of(&SEPARATORS));
            text.push_str(&self.command(depth));
        }
        text
    }

    fn command(&mut self, depth: usize) -> String {
        let kind = self.roll(16);
        if depth > 0 && kind < 8 {
            let inner = self.list(depth - 1);
            match kind {
                0 => return format!("{{ {inner}; }}"),
                1 => return format!("({inner})"),
                2 => {
                    let then = self.list(depth - 1);
                    return format!("if {inner}; then {then}; fi");
                }
                3 => {
                    let words = self.of(&["i in 1 2", "x in a", "y in $x", "i in {}", "i in x"]);
                    return format!("for {words}; do {inner}; done");
                }
                4 => {
                    let head = self.of(&["while read x", "while read -r y", "until true"]);
                    return format!("{head}; do {inner}; done");
                }
                5 => return format!("! {inner}"),
                6 if self.one_in(10) => return format!("f() {{ {inner}; }}"),
                7 if self.one_in(4) => return format!("case x in x) {inner};; esac"),
                _ => {}
            }
        }
        match kind {
            8 | 9 => self.assignment(depth),
            10 => self.of(&WHOLE).to_owned(),
            _ => self.simple(depth),
        }
    }

    fn assignment(&mut self, depth: usize) -> String {
        let name = self.of(&VARIABLES);
        let sign = self.of(&["=", "=", "=", "=", "+=", "[1]="]);
        let value = match self.roll(4) {
            0 => "{}".to_owned(),
            1 => self.of(&["", "~{}", "a:~{}", "$x", "$y"]).to_owned(),
            _ => self.word(depth),
        };
        format!("{name}{sign}{value}")
    }

    fn simple(&mut self, depth: usize) -> String {
        let mut words = Vec::new();
        while self.one_in(8) {
            words.push(self.assignment(depth));
        }
        let name = match self.roll(3) {
            0 => self.of(&BUILTINS),
            _ => self.of(&USUAL),
        };
        words.push(name.to_owned());
        for _ in 0..self.roll(4) {
            words.push(self.word(depth));
        }
        if name.starts_with('[') {
            words.push("]".to_owned());
        }
        if self.one_in(7) {
            let at = words.len() - self.roll(2);
            words.insert(at, self.of(&REDIRECTIONS).to_owned());
        }
        let text = words.join(" ");
        match self.one_in(24) {
            true => text.replacen(' ', self.of(&CONTINUATIONS), 1),
            false => text,
        }
    }

    fn word(&mut self, depth: usize) -> String {
        let pieces = [1, 1, 1, 2, 2, 3][self.roll(6)];
        (0..pieces).map(|_| self.piece(depth)).collect()
    }

    fn piece(&mut self, depth: usize) -> String {
        match self.roll(30) {
            0..=5 => "{}".to_owned(),
            6..=8 => format!("\"{}\"", self.quoted(depth)),
            9 => self.of(&["{#}", "{%}", "{.}", "{/}", "{1}"]).to_owned(),
            10 => format!("'{}'", self.of(&SINGLE)),
            11..=13 => format!("${}", self.of(&VARIABLES)),
            14 => self.of(&PARAMETERS).to_owned(),
            15 => self.of(&EXPANSIONS).to_owned(),
            16..=18 if depth > 0 => format!("$({})", self.list(depth - 1)),
            19 if depth > 0 => format!("\"$({})\"", self.list(depth - 1)),
            20 if depth > 0 => format!("`{}`", self.simple(0)),
            21 | 22 => self.of(&ODDITIES).to_owned(),
            _ => self.of(&PLAIN).to_owned(),
        }
    }

    fn quoted(&mut self, depth: usize) -> String {
        let mut text = String::new();
        for _ in 0..=self.roll(3) {
            match self.roll(10) {
                0..=3 => text.push_str("{}"),
                4 => text.push_str(&format!("${}", self.of(&VARIABLES))),
                5 => text.push_str(self.of(&PARAMETERS)),
                6 if depth > 0 => text.push_str(&format!("$({})", self.list(depth - 1))),
                _ => text.push_str(self.of(&QUOTED)),
            }
        }
        text
    }
}
