//! The reader compared to a simple model: the bytes that were fed and not taken, and whether more follow.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use prun::process::{LinePiece, ReadError, wait_for};
use tokio::io::AsyncBufReadExt;

use crate::shared::rounds;

use super::at::{At, MINUTE};
use super::fed::Fed;
use super::polls::is_pending;

/// An operation on the reader or its pipe.
#[derive(Clone, Debug)]
enum Step {
    Feed(Vec<u8>),
    End,
    Read(usize),
    ReadChunk(usize),
    ReadExactly(usize),
    ReadLine,
    ReadLinePiece,
    ReadUntil(Vec<u8>),
    ReadUntilAny(Vec<Vec<u8>>),
    /// Reads the buffer, and consumes at most this many bytes.
    FillBuf(usize),
    SetLimit(usize),
    ReadToEnd,
}

/// Few different bytes, so that separators occur, whole and in part.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(b'a'), 2 => Just(b'b'), 1 => Just(b'\n'), 1 => any::<u8>()]
}

fn separator() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![Just(b'a'), Just(b'b')], 1..4)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => vec(byte(), 1..40).prop_map(Step::Feed),
        1 => Just(Step::End),
        3 => (0..60usize).prop_map(Step::Read),
        3 => (0..60usize).prop_map(Step::ReadChunk),
        3 => (0..60usize).prop_map(Step::ReadExactly),
        4 => Just(Step::ReadLine),
        4 => Just(Step::ReadLinePiece),
        4 => separator().prop_map(Step::ReadUntil),
        4 => vec(separator(), 1..4).prop_map(Step::ReadUntilAny),
        3 => (1..60usize).prop_map(Step::FillBuf),
        1 => (1..100usize).prop_map(Step::SetLimit),
        1 => Just(Step::ReadToEnd),
    ]
}

/// The expected result of a read.
#[derive(Debug, PartialEq)]
enum Answer {
    /// It is pending, and then dropped: nothing may be lost.
    Waits,
    Bytes(Vec<u8>),
    /// At least one byte from the front and at most this many.
    Some(usize),
    /// A piece of a line, and whether it ends the line.
    Piece(Vec<u8>, bool),
    /// More than the limit, and at most this many.
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

    /// The shortest prefix that ends with one of the separators.
    fn until(&self, separators: &[Vec<u8>]) -> Answer {
        let longest = separators.iter().map(Vec::len).max().unwrap();
        let searched = (self.bytes.len() + 1).saturating_sub(longest);
        let found = (1..=self.bytes.len()).find_map(|end| {
            let ends = |separator: &&Vec<u8>| self.bytes[..end].ends_with(separator);
            let shortest = separators.iter().filter(ends).map(Vec::len).min()?;
            Some((end - shortest, end))
        });
        match found {
            Some((before, _)) if before > self.limit => Answer::Overrun(before),
            Some((_, end)) => self.first(end),
            None if searched > self.limit => Answer::Overrun(searched),
            None if self.ended => Answer::Incomplete(None),
            None => Answer::Waits,
        }
    }

    fn piece(&self) -> Answer {
        let newline = self.bytes.iter().position(|&byte| byte == b'\n');
        let piece = |n: usize, ends_line| Answer::Piece(self.bytes[..n].to_vec(), ends_line);
        match newline {
            Some(at) if at <= self.limit => piece(at + 1, true),
            _ if self.bytes.len() > self.limit => piece(self.limit, false),
            _ if self.ended => piece(self.bytes.len(), true),
            _ => Answer::Waits,
        }
    }

    fn answer(&self, step: &Step) -> Answer {
        let len = self.bytes.len();
        match step {
            Step::Feed(_) | Step::End | Step::SetLimit(_) => unreachable!("they read nothing"),
            Step::Read(0) | Step::ReadChunk(0) => self.first(0),
            Step::Read(most) | Step::ReadChunk(most) | Step::FillBuf(most) => match len {
                0 if self.ended => self.first(0),
                0 => Answer::Waits,
                _ => Answer::Some((*most).min(len)),
            },
            Step::ReadExactly(n) if *n <= len => self.first(*n),
            Step::ReadExactly(n) if self.ended => Answer::Incomplete(Some(*n)),
            Step::ReadExactly(_) => Answer::Waits,
            Step::ReadUntil(separator) => self.until(std::slice::from_ref(separator)),
            Step::ReadUntilAny(separators) => self.until(separators),
            Step::ReadLinePiece => self.piece(),
            Step::ReadLine => match self.until(&[b"\n".to_vec()]) {
                Answer::Incomplete(_) => self.first(len),
                other => other,
            },
            Step::ReadToEnd if self.ended => self.first(len),
            Step::ReadToEnd => Answer::Waits,
        }
    }

    /// Compares the result of a read with the model's, and takes it from the model.
    fn hold(&mut self, step: &Step, got: Result<Got, ReadError>) {
        let expected = self.answer(step);
        let context = format!("{step:?} of {:?}: {got:?}, not {expected:?}", self.bytes);
        match (expected, got) {
            (Answer::Bytes(bytes), Ok(Got::Bytes(got))) => {
                assert!(bytes == got, "{context}");
                self.bytes.drain(..got.len());
            }
            (Answer::Piece(bytes, ends_line), Ok(Got::Piece(got))) => {
                assert!(
                    bytes == got.bytes && ends_line == got.ends_line,
                    "{context}"
                );
                self.bytes.drain(..bytes.len());
            }
            (Answer::Some(most), Ok(Got::Bytes(got))) => {
                assert!(!got.is_empty() && got.len() <= most, "{context}");
                assert!(self.bytes.starts_with(&got), "{context}");
                self.bytes.drain(..got.len());
            }
            (Answer::Overrun(most), Err(ReadError::LimitOverrun { consumed })) => {
                assert!(consumed > self.limit && consumed <= most, "{context}");
            }
            (Answer::Incomplete(wanted), Err(ReadError::Incomplete { partial, expected })) => {
                assert!(partial == self.bytes && wanted == expected, "{context}");
                self.bytes.clear();
            }
            _ => panic!("{context}"),
        }
    }
}

/// The result of a read.
#[derive(Debug)]
enum Got {
    Bytes(Vec<u8>),
    Piece(LinePiece),
}

async fn read(fed: &mut Fed, step: &Step) -> Result<Got, ReadError> {
    let reader = &mut fed.reader;
    Ok(Got::Bytes(match step {
        Step::Feed(_) | Step::End | Step::SetLimit(_) => unreachable!("they read nothing"),
        Step::Read(most) => {
            let mut memory = vec![0; *most];
            let n = reader.read(&mut memory).await?;
            memory.truncate(n);
            memory
        }
        Step::ReadChunk(most) => reader.read_chunk(*most).await?,
        Step::FillBuf(most) => {
            let shown = reader.fill_buf().await?;
            let taken = shown[..shown.len().min(*most)].to_vec();
            reader.consume(taken.len());
            taken
        }
        Step::ReadExactly(n) => reader.read_exactly(*n).await?,
        Step::ReadLine => reader.read_line().await?,
        Step::ReadLinePiece => return Ok(Got::Piece(reader.read_line_piece().await?)),
        Step::ReadUntil(separator) => reader.read_until(separator).await?,
        Step::ReadUntilAny(separators) => {
            let separators: Vec<&[u8]> = separators.iter().map(Vec::as_slice).collect();
            reader.read_until_any(&separators).await?
        }
        Step::ReadToEnd => reader.read_to_end().await?,
    }))
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
            Step::SetLimit(limit) => {
                fed.reader.set_limit((*limit).try_into().unwrap());
                model.limit = *limit;
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

// CPython, all of test_streams.py as a property: over all pieces, limits and cancellations.
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
