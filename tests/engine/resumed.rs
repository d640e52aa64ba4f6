//! A communicate that is dropped at any moment and called again: every byte is returned, once.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use prun::process::{Command, CommunicateError, Output, Process, Stdio, wait_for};

use crate::shared::rounds;

use super::at::{At, MINUTE, engine_test, plain_test};
use super::files::bytes;
use super::polls::{When, cancelled};

async fn piped(mut command: Command) -> Process {
    command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
    command.stderr(Stdio::Pipe).spawn().await.unwrap()
}

/// How one call of communicate is cancelled.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Polls(usize, When),
    Time(Duration),
}

impl Cut {
    async fn communicate(self, process: &mut Process, input: Option<Vec<u8>>) -> Option<Output> {
        let future = process.communicate(input);
        match self {
            Self::Polls(polls, when) => cancelled(polls, when, future).await,
            Self::Time(time) => wait_for(future, time).await.ok(),
        }
        .map(Result::unwrap)
    }
}

/// Calls communicate until it returns its result; all calls but the last are cancelled.
async fn through(process: &mut Process, input: Vec<u8>, cuts: &[Cut]) -> Output {
    let mut input = Some(input);
    for cut in cuts {
        if let Some(given) = cut.communicate(process, input.take()).await {
            return given;
        }
        tokio::task::yield_now().await;
    }
    process.communicate(input).await.unwrap()
}

/// What the process does with its input before it prints the rest.
#[derive(Clone, Copy, Debug)]
enum Order {
    ReadFirst,
    PrintFirst,
    Ignore,
}

#[derive(Clone, Debug)]
struct Case {
    input: usize,
    out: usize,
    err: usize,
    order: Order,
    cuts: Vec<Cut>,
}

fn cases() -> impl Strategy<Value = Case> {
    // Below, around and far above the capacity of a pipe.
    let size = || prop_oneof![0..5000usize, 60_000..70_000usize, 0..400_000usize];
    let when = prop_oneof![Just(When::AtOnce), Just(When::Woken)];
    let cut = prop_oneof![
        4 => (1..4usize, when).prop_map(|(polls, when)| Cut::Polls(polls, when)),
        1 => (0..2000u64).prop_map(|micros| Cut::Time(Duration::from_micros(micros))),
    ];
    let order = [Order::ReadFirst, Order::PrintFirst, Order::Ignore];
    let order = prop::sample::select(order.to_vec());
    (
        size(),
        size(),
        size(),
        order,
        prop::collection::vec(cut, 0..40),
    )
        .prop_map(|(input, out, err, order, cuts)| Case {
            input,
            out,
            err,
            order,
            cuts,
        })
}

impl Case {
    fn command(&self, at: At) -> Command {
        let print = "head -c $0 /dev/zero; head -c $1 /dev/zero >&2";
        let line = match self.order {
            Order::ReadFirst => format!("cat; {print}"),
            Order::PrintFirst => format!("{print}; cat"),
            Order::Ignore => print.to_owned(),
        };
        let mut command = at.shell(line);
        command.args([self.out.to_string(), self.err.to_string()]);
        command
    }

    fn expected(&self) -> Vec<u8> {
        let (input, zeros) = (bytes(self.input), vec![0; self.out]);
        match self.order {
            Order::ReadFirst => [input, zeros].concat(),
            Order::PrintFirst => [zeros, input].concat(),
            Order::Ignore => zeros,
        }
    }

    async fn play(&self, at: At) {
        let mut process = piped(self.command(at)).await;
        let through = through(&mut process, bytes(self.input), &self.cuts);
        let given = wait_for(through, MINUTE).await.unwrap();
        assert!(
            given.stdout == self.expected(),
            "every byte once and in order"
        );
        assert_eq!(given.stderr.len(), self.err);
        assert_eq!(process.returncode(), Some(0));
    }
}

// CPython, PR 154223 (cancelled communicate keeps its output), as a property.
plain_test!(
    however_communicate_is_cut_every_byte_comes_once,
    |at: At| {
        let runtime = at.runtime();
        let config = ProptestConfig::with_cases(rounds() as u32 * 2);
        let config = ProptestConfig {
            failure_persistence: None,
            ..config
        };
        let played = TestRunner::new(config).run(&cases(), |case| {
            runtime.block_on(case.play(at));
            Ok(())
        });
        played.unwrap_or_else(|error| panic!("{error}"));
    }
);

// CPython, PR 154223: at every await, one after the other.
engine_test!(
    communicate_may_be_cut_at_each_of_its_awaits,
    |at: At| async move {
        for when in [When::AtOnce, When::Woken] {
            for polls in 1.. {
                let mut process = piped(at.shell("cat; echo end >&2")).await;
                let input = bytes(200_000);
                let cut = Cut::Polls(polls, when);
                let whole = cut.communicate(&mut process, Some(input.clone())).await;
                let done = whole.is_some();
                let given = match whole {
                    Some(given) => given,
                    None => process.communicate(None).await.unwrap(),
                };
                assert!(given.stdout == input, "cut after {polls} polls, {when:?}");
                assert_eq!(given.stderr, b"end\n");
                if done {
                    break;
                }
            }
        }
    }
);

// CPython, PR 154223: dropped after every single poll, it still completes.
engine_test!(
    communicate_goes_on_though_each_call_is_polled_once,
    |at: At| async move {
        let mut process = piped(at.command("cat")).await;
        let all = bytes(500_000);
        let once = Cut::Polls(1, When::Woken);
        let mut given = once.communicate(&mut process, Some(all.clone())).await;
        while given.is_none() {
            given = once.communicate(&mut process, None).await;
        }
        assert!(given.unwrap().stdout == all);
    }
);

// CPython, PR 154223; Popen's "Cannot send input after starting communication".
engine_test!(
    input_for_a_resumed_communicate_is_an_error,
    |at: At| async move {
        let mut process = piped(at.command("cat")).await;
        let all = bytes(300_000);
        let cut = Cut::Polls(1, When::AtOnce)
            .communicate(&mut process, Some(all.clone()))
            .await;
        assert!(cut.is_none());
        let error = process
            .communicate(Some(b"more".to_vec()))
            .await
            .unwrap_err();
        match error {
            CommunicateError::AlreadyStarted(input) => assert_eq!(input, b"more"),
            other => panic!("it has begun, and yet: {other}"),
        }
        // The error changed nothing: the cancelled call is continued.
        assert!(process.communicate(None).await.unwrap().stdout == all);
    }
);

// CPython, test_communicate_timeout.
engine_test!(
    after_a_timeout_communicate_gives_everything,
    |at: At| async move {
        let line = "printf pineapple >&2; sleep 0.2; printf pear >&2; cat";
        let mut process = piped(at.shell(line)).await;
        let input = Some(b"banana".to_vec());
        let short = Duration::from_millis(20);
        assert!(wait_for(process.communicate(input), short).await.is_err());
        let given = process.communicate(None).await.unwrap();
        assert_eq!(given.stdout, b"banana");
        assert_eq!(given.stderr, b"pineapplepear");
    }
);

// CPython, test_communicate_timeout_large_output.
engine_test!(
    a_timeout_in_the_middle_of_much_output_loses_nothing,
    |at: At| async move {
        let line = "for n in 1 2 3 4; do head -c 65536 /dev/zero | tr '\\0' $n; sleep 0.05; done";
        let mut process = piped(at.shell(line)).await;
        let short = Duration::from_millis(70);
        let first = wait_for(process.communicate(None), short).await;
        let given = match first {
            Ok(given) => given.unwrap(),
            Err(_) => process.communicate(None).await.unwrap(),
        };
        let expected: Vec<u8> = b"1234".iter().flat_map(|&n| vec![n; 65536]).collect();
        assert!(given.stdout == expected);
    }
);
