//! Combines sources of values into the values of each job: every combination, links, or batches.

use std::ffi::OsString;

use thiserror::Error;

use super::values::{ValueError, Values};
use crate::plan::template::WORD_BYTES;

/// Why there are no more jobs.
#[derive(Debug, Error)]
pub(crate) enum CombineError {
    /// A source is wrong.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// Sources of different lengths, known beforehand.
    #[error(
        "--link: source {0} has {1} values, but source {2} has {3}: all must have the same number"
    )]
    Unequal(usize, u64, usize, u64),
    /// The same, found while reading a stream.
    #[error(
        "--link: source {0} ended after {1} values, but source {2} has more: all must have the same number"
    )]
    Ended(usize, u64, usize),
}

/// An iterator over the values of each job.
pub(crate) enum Combine {
    /// Every combination, the first source varying slowest.
    Product(Product),
    /// The first value of each source, then the second, …
    Link(Vec<Values>, u64),
    /// Several values of one source.
    Batch(Batch),
}

/// Every combination. The first source is streamed; the others are kept in memory.
pub(crate) struct Product {
    slowest: Values,
    current: Option<OsString>,
    /// The other sources, until they are read.
    unread: Vec<Values>,
    faster: Vec<Vec<OsString>>,
    /// The warnings about them.
    warnings: Vec<String>,
    /// The index of the next value of each.
    next: Vec<usize>,
}

/// Several values per job.
pub(crate) struct Batch {
    values: Values,
    max_values: usize,
    space: ArgumentSpace,
    /// A value that did not fit into the previous batch.
    left_over: Option<OsString>,
}

/// The space for values in an argument list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ArgumentSpace {
    pub(crate) bytes: usize,
    /// How often each value occurs in it.
    pub(crate) times: usize,
}

impl Combine {
    pub(crate) fn product(mut sources: Vec<Values>) -> Self {
        let unread = sources.split_off(1);
        let slowest = sources.pop().expect("there is at least one source");
        Self::Product(Product {
            slowest,
            current: None,
            next: vec![0; unread.len()],
            unread,
            faster: Vec::new(),
            warnings: Vec::new(),
        })
    }

    pub(crate) fn link(sources: Vec<Values>) -> Result<Self, CombineError> {
        let known = |(index, values): (usize, &Values)| Some((index + 1, values.total()?));
        let mut known = sources.iter().enumerate().filter_map(known);
        if let Some((first, count)) = known.next()
            && let Some((other, differs)) = known.find(|(_, other)| *other != count)
        {
            return Err(CombineError::Unequal(first, count, other, differs));
        }
        Ok(Self::Link(sources, 0))
    }

    /// Batches of at most `size` values; `None` for as many as fit into `space`, but few enough that
    /// each of `slots` gets some.
    pub(crate) fn batch(
        values: Values,
        size: Option<usize>,
        space: ArgumentSpace,
        slots: usize,
    ) -> Self {
        let share = |total: u64| usize::try_from(total.div_ceil(slots.max(1) as u64)).ok();
        let max_values = match (size, values.total()) {
            (Some(size), _) => size,
            (None, Some(total)) => share(total).unwrap_or(usize::MAX),
            (None, None) => usize::MAX,
        };
        Self::Batch(Batch {
            values,
            max_values: max_values.max(1),
            space: if size.is_some() {
                ArgumentSpace {
                    bytes: usize::MAX,
                    times: 0,
                }
            } else {
                space
            },
            left_over: None,
        })
    }

    /// Returns each warning about the values that were read, once.
    pub(crate) fn warning(&mut self) -> Option<String> {
        match self {
            Self::Product(product) => {
                let slowest = product.slowest.warning();
                slowest.or_else(|| product.warnings.pop())
            }
            Self::Link(sources, _) => sources.iter_mut().find_map(Values::warning),
            Self::Batch(batch) => batch.values.warning(),
        }
    }

    /// Returns the total number of jobs, if it is known beforehand.
    pub(crate) fn total(&self) -> Option<u64> {
        match self {
            Self::Product(product) => {
                let others = product.unread.iter().map(Values::total);
                others
                    .chain([product.slowest.total()])
                    .try_fold(1_u64, |all, one| all.checked_mul(one?))
            }
            Self::Link(sources, _) => sources.first()?.total(),
            Self::Batch(batch) if batch.space.times == 0 => {
                Some(batch.values.total()?.div_ceil(batch.max_values as u64))
            }
            Self::Batch(_) => None,
        }
    }

    /// Whether `next` may block.
    pub(crate) fn may_block(&self) -> bool {
        match self {
            Self::Product(Product {
                slowest, unread, ..
            }) => slowest.may_block() || unread.iter().any(Values::may_block),
            Self::Link(sources, _) => sources.iter().any(Values::may_block),
            Self::Batch(batch) => batch.values.may_block(),
        }
    }

    /// Whether the values of the next job are buffered; false if in doubt.
    pub(crate) fn buffered(&self) -> bool {
        match self {
            Self::Product(product) => {
                product.unread.is_empty()
                    && (product.current.is_some() || product.slowest.buffered())
            }
            Self::Link(sources, _) => sources.iter().all(Values::buffered),
            Self::Batch(batch) => {
                !batch.values.may_block() || (batch.max_values == 1 && batch.values.buffered())
            }
        }
    }
}

impl Iterator for Combine {
    type Item = Result<Vec<OsString>, CombineError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Product(product) => product.next().transpose(),
            Self::Link(sources, count) => linked(sources, count).transpose(),
            Self::Batch(batch) => batch.next().transpose(),
        }
    }
}

impl Product {
    fn next(&mut self) -> Result<Option<Vec<OsString>>, CombineError> {
        for mut source in std::mem::take(&mut self.unread) {
            self.faster.push(source.by_ref().collect::<Result<_, _>>()?);
            self.warnings.extend(source.warning());
        }
        if self.faster.iter().any(Vec::is_empty) {
            return Ok(None);
        }
        let current = match self.current.take() {
            Some(value) => value,
            None => match self.slowest.next() {
                Some(value) => value?,
                None => return Ok(None),
            },
        };
        let faster = self.faster.iter().zip(&self.next);
        let faster = faster.map(|(values, index)| values[*index].clone());
        let values = std::iter::once(current.clone()).chain(faster).collect();
        if self.advance() {
            self.current = Some(current);
        }
        Ok(Some(values))
    }

    /// Advances to the next combination of the faster sources; returns false when they start over.
    fn advance(&mut self) -> bool {
        for (values, index) in self.faster.iter().zip(&mut self.next).rev() {
            *index += 1;
            if *index < values.len() {
                return true;
            }
            *index = 0;
        }
        false
    }
}

/// Returns the next value of each source.
fn linked(sources: &mut [Values], count: &mut u64) -> Result<Option<Vec<OsString>>, CombineError> {
    let next: Vec<Option<OsString>> = sources
        .iter_mut()
        .map(|source| source.next().transpose())
        .collect::<Result<_, _>>()?;
    let ended = next.iter().position(Option::is_none);
    let unfinished = next.iter().position(Option::is_some);
    if let (Some(ended), Some(unfinished)) = (ended, unfinished) {
        return Err(CombineError::Ended(ended + 1, *count, unfinished + 1));
    }
    *count += 1;
    Ok(next.into_iter().collect())
}

impl Batch {
    fn next(&mut self) -> Result<Option<Vec<OsString>>, CombineError> {
        let mut batch = Vec::new();
        let mut bytes: usize = 0;
        while batch.len() < self.max_values {
            let value = match self.left_over.take() {
                Some(value) => value,
                None => match self.values.next() {
                    Some(value) => value?,
                    None => break,
                },
            };
            bytes =
                bytes.saturating_add((value.len() + WORD_BYTES).saturating_mul(self.space.times));
            // A single value is passed on even if it does not fit: its job reports the error.
            if bytes > self.space.bytes && !batch.is_empty() {
                self.left_over = Some(value);
                break;
            }
            batch.push(value);
        }
        Ok((!batch.is_empty()).then_some(batch))
    }
}

#[cfg(test)]
mod tests {
    use super::super::values::ValueSource;
    use super::*;
    use crate::plan::input::{Chunks, Separator};

    fn list(words: &str) -> Values {
        let words = words.split_whitespace().map(OsString::from).collect();
        Values::open(ValueSource::List(words), Separator::Newline).unwrap()
    }

    fn stream(text: &str) -> Values {
        let input = Chunks::new(&[text.as_bytes(), b""]);
        Values::stream("stdin".into(), input, Separator::Newline)
    }

    fn all(combine: Combine) -> Vec<String> {
        let shown = |values: Result<Vec<OsString>, CombineError>| match values {
            Ok(values) => values.join(" ".as_ref()).into_string().unwrap(),
            Err(error) => format!("error {error}"),
        };
        combine.map(shown).collect()
    }

    #[test]
    fn the_first_source_of_a_product_varies_slowest() {
        let product = Combine::product(vec![list("a b"), list("1 2"), list("x y")]);
        assert_eq!(product.total(), Some(8));
        let expected = [
            "a 1 x", "a 1 y", "a 2 x", "a 2 y", "b 1 x", "b 1 y", "b 2 x", "b 2 y",
        ];
        assert_eq!(all(product), expected);
        assert!(all(Combine::product(vec![list("a b"), list("")])).is_empty());
    }

    #[test]
    fn the_slowest_source_of_a_product_is_a_stream() {
        let mut product = Combine::product(vec![stream("a\nb\n"), list("1 2")]);
        assert!(product.may_block());
        assert_eq!(product.total(), None);
        assert!(product.next().is_some());
        assert!(product.buffered());
    }

    #[test]
    fn linked_sources_are_combined_in_order() {
        let link = Combine::link(vec![list("a b"), stream("1\n2\n")]).unwrap();
        assert_eq!(all(link), ["a 1", "b 2"]);
    }

    #[test]
    fn linked_sources_of_unequal_length_are_an_error_as_soon_as_possible() {
        let error = Combine::link(vec![list("a b"), list("1")]).err().unwrap();
        let expected =
            "--link: source 1 has 2 values, but source 2 has 1: all must have the same number";
        assert_eq!(error.to_string(), expected);
        let link = Combine::link(vec![list("a b"), stream("1\n")]).unwrap();
        let expected = "error --link: source 2 ended after 1 values, but source 1 has more: all must have the same number";
        assert_eq!(all(link)[..2], ["a 1", expected]);
    }

    #[test]
    fn all_batches_but_the_last_are_full() {
        let space = ArgumentSpace { bytes: 0, times: 1 };
        let batch = Combine::batch(list("a b c d e"), Some(2), space, 9);
        assert_eq!(batch.total(), Some(3));
        assert_eq!(all(batch), ["a b", "c d", "e"]);
    }

    #[test]
    fn as_many_as_fit_are_spread_over_the_slots() {
        let space = |values| ArgumentSpace {
            bytes: values * (1 + WORD_BYTES),
            times: 1,
        };
        let all = |values, space, slots| all(Combine::batch(values, None, space, slots));
        assert_eq!(all(list("a b c d e"), space(9), 2), ["a b c", "d e"]);
        assert_eq!(all(list("a b c d e"), space(2), 2), ["a b", "c d", "e"]);
        assert_eq!(all(stream("a\nb\nc\n"), space(2), 2), ["a b", "c"]);
        assert_eq!(all(list("a b"), space(0), 1), ["a", "b"]);
    }
}
