//! Reads the load and the memory when asked, on a thread of its own: in a container these files may be
//! those of another program (lxcfs), and the loop never waits for one.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::mpsc::UnboundedSender;

use super::machine::Machine;
use crate::os::start_thread;
use crate::run::control::Control;
use crate::run::policy::{MachineReading, MachineRule};

/// Reads what a rule limits.
#[derive(Debug)]
pub(crate) struct MachineReader(Sender<()>);

impl MachineReader {
    /// Starts the thread, which answers by messages to `control`.
    pub(crate) fn start(
        machine: Machine,
        rule: MachineRule,
        control: UnboundedSender<Control>,
    ) -> io::Result<Self> {
        let (ask, asked) = channel();
        start_thread("prun-machine", move || {
            answer(&machine, rule, &asked, &control);
        })?;
        Ok(Self(ask))
    }

    /// Asks for a reading; exactly one message answers it.
    pub(crate) fn ask(&self) {
        // The thread ends only with the run.
        let _ = self.0.send(());
    }
}

fn answer(
    machine: &Machine,
    rule: MachineRule,
    asked: &Receiver<()>,
    control: &UnboundedSender<Control>,
) {
    while asked.recv().is_ok() {
        let reading = MachineReading {
            load: rule.load.and_then(|_| machine.load()),
            memory: rule.memory.and_then(|_| machine.memory()),
        };
        if control.send(Control::MachineRead(reading)).is_err() {
            return;
        }
    }
}
