//! Conversion from std's `Command`.

use super::command::Command;

impl From<&std::process::Command> for Command {
    /// Copies the program, arguments, environment changes and working directory.
    ///
    /// std does not expose the rest: the standard streams, whether the environment was cleared,
    /// argument 0, the process group, user and groups, and `pre_exec` hooks. They have the defaults of
    /// [`exec`](Self::exec) and must be set again.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use prun::process::Command;
    ///
    /// let mut std = std::process::Command::new("sh");
    /// std.args(["-c", "echo $FRUIT in $PWD"]).env("FRUIT", "apple").current_dir("/");
    /// let output = Command::from(&std).output().await?;
    /// assert_eq!(output.stdout, b"apple in /\n");
    /// # Ok(()) }
    /// ```
    fn from(std: &std::process::Command) -> Self {
        let mut command = Self::exec(std.get_program());
        command.args(std.get_args());
        for (name, value) in std.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(dir) = std.get_current_dir() {
            command.current_dir(dir);
        }
        command
    }
}
