//! The reader held to a simple model: the bytes that were fed and not taken, and whether more come.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use prun::process::{ReadError, wait_for};

use crate::shared::rounds;

use super::at::{At, MINUTE};
use super::fed::Fed;
use super::polls::is_pending;

/// What the test does with the reader, or with its pipe.
#[derive(Clone, Debug)]
enum Step {
    Feed(Vec<u8>),
    End,
    Read(usize),
    ReadExactly(usize),
    ReadLine,
    ReadUntil(Vec<u8>),
    ReadToEnd,
}

/// Few kinds of bytes, so that separators come up, whole and in part.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(b'a'), 2 => Just(b'b'), 1 => Just(b'\n'), 1 => any::<u8>()]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => vec(byte(), 1..40).prop_map(Step::Feed),
        1 => Just(Step::End),
        3 => (0..60usize).prop_map(Step::Read),
        3 => (0..60usize).prop_map(Step::ReadExactly),
        4 => Just(Step::ReadLine),
        4 => vec(prop_oneof![Just(b'a'), Just(b'b')], 1..4).prop_map(Step::ReadUntil),
        1 => Just(Step::ReadToEnd),
    ]
}

/// What a read is to give.
#[derive(Debug, PartialEq)]
enum Answer {
    /// It waits, and is dropped then: nothing may be lost by that.
    Waits,
    Bytes(Vec<u8>),
    /// At least one byte from the front and at most so many.
    Some(usize),
    /// More than the limit, and at most so many.
    Overrun(usize),
    Incomplete(Option<usize>),
}

struct Model {
    bytes: Vec<u8>,
    ended: bool,
    limit: usize,
}

impl Model {
    fn first(&self, n: usize) -> Answer {
        Answer::Bytes(self.bytes[..n].to_vec())
    }

    fn until(&self, separator: &[u8]) -> Answer {
        let mut windows = self.bytes.windows(separator.len());
        let searched = (self.bytes.len() + 1).saturating_sub(separator.len());
        match windows.position(|window| window == separator) {
            Some(at) if at > self.limit => Answer::Overrun(at),
            Some(at) => self.first(at + separator.len()),
            None if searched > self.limit => Answer::Overrun(searched),
            None if self.ended => Answer::Incomplete(None),
            None => Answer::Waits,
        }
    }

    fn answer(&self, step: &Step) -> Answer {
        let len = self.bytes.len();
        match step {
            Step::Feed(_) | Step::End => unreachable!("they read nothing"),
            Step::Read(0) => self.first(0),
            Step::Read(_) if len == 0 && self.ended => self.first(0),
            Step::Read(_) if len == 0 => Answer::Waits,
            Step::Read(most) => Answer::Some((*most).min(len)),
            Step::ReadExactly(n) if *n <= len => self.first(*n),
            Step::ReadExactly(n) if self.ended => Answer::Incomplete(Some(*n)),
            Step::ReadExactly(_) => Answer::Waits,
            Step::ReadUntil(separator) => self.until(separator),
            Step::ReadLine => match self.until(b"\n") {
                Answer::Incomplete(_) => self.first(len),
                other => other,
            },
            Step::ReadToEnd if self.ended => self.first(len),
            Step::ReadToEnd => Answer::Waits,
        }
    }

    /// Holds a read that was made to what it should give, and takes what it gave.
    fn hold(&mut self, step: &Step, got: Result<Vec<u8>, ReadError>) {
        let expected = self.answer(step);
        let told = format!("{step:?} of {:?}: {got:?}, not {expected:?}", self.bytes);
        match (expected, got) {
            (Answer::Bytes(bytes), Ok(got)) => {
                assert!(bytes == got, "{told}");
                self.bytes.drain(..got.len());
            }
            (Answer::Some(most), Ok(got)) => {
                assert!(!got.is_empty() && got.len() <= most, "{told}");
                assert!(self.bytes.starts_with(&got), "{told}");
                self.bytes.drain(..got.len());
            }
            (Answer::Overrun(most), Err(ReadError::LimitOverrun { consumed })) => {
                assert!(consumed > self.limit && consumed <= most, "{told}");
            }
            (Answer::Incomplete(wanted), Err(ReadError::Incomplete { partial, expected })) => {
                assert!(partial == self.bytes && wanted == expected, "{told}");
                self.bytes.clear();
            }
            _ => panic!("{told}"),
        }
    }
}

async fn read(fed: &mut Fed, step: &Step) -> Result<Vec<u8>, ReadError> {
    let reader = &mut fed.reader;
    match step {
        Step::Feed(_) | Step::End => unreachable!("they read nothing"),
        Step::Read(most) => Ok(reader.read(*most).await?),
        Step::ReadExactly(n) => reader.read_exactly(*n).await,
        Step::ReadLine => reader.read_line().await,
        Step::ReadUntil(separator) => reader.read_until(separator).await,
        Step::ReadToEnd => Ok(reader.read_to_end().await?),
    }
}

async fn play(limit: usize, steps: &[Step]) {
    let mut fed = Fed::with_limit(limit).await;
    let mut model = Model {
        bytes: Vec::new(),
        ended: false,
        limit,
    };
    for step in steps {
        match step {
            Step::Feed(_) | Step::End if model.ended => {}
            Step::Feed(bytes) => {
                fed.feed(bytes);
                model.bytes.extend_from_slice(bytes);
            }
            Step::End => {
                fed.end();
                model.ended = true;
            }
            _ if model.answer(step) == Answer::Waits => {
                assert!(is_pending(read(&mut fed, step)).await, "{step:?}");
            }
            _ => {
                let got = wait_for(read(&mut fed, step), MINUTE).await;
                model.hold(step, got.unwrap_or_else(|_| panic!("{step:?} waits")));
            }
        }
        let may_be_at_its_end = model.ended && model.bytes.is_empty();
        assert!(may_be_at_its_end || !fed.reader.at_eof(), "{step:?}");
    }
    let rest = fed.rest().await;
    assert!(
        rest == model.bytes,
        "{rest:?} is left, not {:?}",
        model.bytes
    );
}

// CPython, test_streams.py as a whole, as a property: over all pieces, limits and cancellations.
#[test]
fn a_reader_gives_what_a_simple_model_gives() {
    let runtime = At::PIDFD_ONE.runtime();
    let config = ProptestConfig::with_cases(rounds() as u32 * 10);
    let config = ProptestConfig {
        failure_persistence: None,
        ..config
    };
    let cases = (1..100usize, vec(step(), 0..60));
    let played = TestRunner::new(config).run(&cases, |(limit, steps)| {
        runtime.block_on(play(limit, &steps));
        Ok(())
    });
    played.unwrap_or_else(|error| panic!("{error}"));
}
