//! Combines sources of values into the values of each job: every combination, or batches.

use std::ffi::OsString;

use super::linked::{LinkError, Linked};
use super::values::Values;
use crate::plan::template::WORD_BYTES;

/// An iterator over the values of each job.
pub(crate) enum Combine {
    /// Every combination, the first source varying slowest.
    Product(Product),
    /// Several values of one source.
    Batch(Box<Batch>),
}

/// Every combination. The first source is streamed; the others are kept in memory.
pub(crate) struct Product {
    slowest: Linked,
    current: Option<Vec<OsString>>,
    /// The other sources, until they are read.
    unread: Vec<Linked>,
    faster: Vec<Vec<Vec<OsString>>>,
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
    pub(crate) fn product(mut sources: Vec<Linked>) -> Self {
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
        Self::Batch(Box::new(Batch {
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
        }))
    }

    /// Returns each warning about the values that were read, once.
    pub(crate) fn warning(&mut self) -> Option<String> {
        match self {
            Self::Product(product) => {
                let slowest = product.slowest.warning();
                slowest.or_else(|| product.warnings.pop())
            }
            Self::Batch(batch) => batch.values.warning(),
        }
    }

    /// Returns the total number of jobs, if it is known beforehand.
    pub(crate) fn total(&self) -> Option<u64> {
        match self {
            Self::Product(product) => {
                let others = product.unread.iter().map(Linked::total);
                others
                    .chain([product.slowest.total()])
                    .try_fold(1_u64, |all, one| all.checked_mul(one?))
            }
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
            }) => slowest.may_block() || unread.iter().any(Linked::may_block),
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
            Self::Batch(batch) => {
                !batch.values.may_block() || (batch.max_values == 1 && batch.values.buffered())
            }
        }
    }
}

impl Iterator for Combine {
    type Item = Result<Vec<OsString>, LinkError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Product(product) => product.next().transpose(),
            Self::Batch(batch) => batch.next().transpose(),
        }
    }
}

impl Product {
    fn next(&mut self) -> Result<Option<Vec<OsString>>, LinkError> {
        for mut source in std::mem::take(&mut self.unread) {
            self.faster.push(source.by_ref().collect::<Result<_, _>>()?);
            self.warnings.extend(source.warning());
        }
        if self.faster.iter().any(Vec::is_empty) {
            return Ok(None);
        }
        let current = match self.current.take() {
            Some(values) => values,
            None => match self.slowest.next() {
                Some(values) => values?,
                None => return Ok(None),
            },
        };
        if self.faster.is_empty() {
            return Ok(Some(current));
        }
        let faster = self.faster.iter().zip(&self.next);
        let faster = faster.flat_map(|(rows, index)| rows[*index].iter().cloned());
        let values = current.iter().cloned().chain(faster).collect();
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

impl Batch {
    fn next(&mut self) -> Result<Option<Vec<OsString>>, LinkError> {
        let mut batch = Vec::new();
        let mut bytes: usize = 0;
        while batch.len() < self.max_values {
            let value = match self.left_over.take() {
                Some(value) => value,
                // A record of several fields is refused with -N.
                None => match self
                    .values
                    .next()
                    .transpose()?
                    .and_then(|mut fields| fields.pop())
                {
                    Some(value) => value,
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
    use super::super::linked::LinkedBy;
    use super::super::values::ValueSource;
    use super::*;
    use crate::plan::columns::Columns;
    use crate::plan::input::{Chunks, Separator};

    fn list(words: &str) -> Values {
        let words = words.split_whitespace().map(OsString::from).collect();
        let columns = Columns::default();
        Values::open(ValueSource::List(words), Separator::Newline, &columns).unwrap()
    }

    fn stream(text: &str) -> Values {
        let input = Chunks::new(&[text.as_bytes(), b""]);
        let columns = Columns::default();
        Values::stream("stdin".into(), input, Separator::Newline, &columns).unwrap()
    }

    fn product(sources: Vec<Values>) -> Combine {
        let alone = |(index, values)| Linked::new(vec![values], index + 1, LinkedBy::Marker);
        let sources = sources.into_iter().enumerate().map(alone);
        Combine::product(sources.collect::<Result<_, _>>().unwrap())
    }

    fn link(sources: Vec<Values>) -> Result<Combine, LinkError> {
        let linked = Linked::new(sources, 1, LinkedBy::Option)?;
        Ok(Combine::product(vec![linked]))
    }

    fn all(combine: Combine) -> Vec<String> {
        let shown = |values: Result<Vec<OsString>, LinkError>| match values {
            Ok(values) => values.join(" ".as_ref()).into_string().unwrap(),
            Err(error) => format!("error {error}"),
        };
        combine.map(shown).collect()
    }

    #[test]
    fn the_first_source_of_a_product_varies_slowest() {
        let all_of_them = product(vec![list("a b"), list("1 2"), list("x y")]);
        assert_eq!(all_of_them.total(), Some(8));
        let expected = [
            "a 1 x", "a 1 y", "a 2 x", "a 2 y", "b 1 x", "b 1 y", "b 2 x", "b 2 y",
        ];
        assert_eq!(all(all_of_them), expected);
        assert!(all(product(vec![list("a b"), list("")])).is_empty());
    }

    #[test]
    fn the_slowest_source_of_a_product_is_a_stream() {
        let mut all_of_them = product(vec![stream("a\nb\n"), list("1 2")]);
        assert!(all_of_them.may_block());
        assert_eq!(all_of_them.total(), None);
        assert!(all_of_them.next().is_some());
        assert!(all_of_them.buffered());
    }

    #[test]
    fn linked_sources_are_combined_in_order() {
        let linked = link(vec![list("a b"), stream("1\n2\n")]).unwrap();
        assert_eq!(all(linked), ["a 1", "b 2"]);
    }

    #[test]
    fn linked_sources_of_unequal_length_are_an_error_as_soon_as_possible() {
        let error = link(vec![list("a b"), list("1")]).err().unwrap();
        let expected =
            "--link: source 1 has 2 values, but source 2 has 1: all must have the same number";
        assert_eq!(error.to_string(), expected);
        let linked = link(vec![list("a b"), stream("1\n")]).unwrap();
        let expected = "error --link: source 2 ended after 1 values, but source 1 has more: all must have the same number";
        assert_eq!(all(linked)[..2], ["a 1", expected]);
    }

    #[test]
    fn linked_sources_are_one_source_of_a_product() {
        let by = LinkedBy::Marker;
        let pairs = Linked::new(vec![list("a b"), list("1 2")], 1, by).unwrap();
        let single = Linked::new(vec![list("x y")], 3, by).unwrap();
        let expected = ["a 1 x", "a 1 y", "b 2 x", "b 2 y"];
        assert_eq!(all(Combine::product(vec![pairs, single])), expected);
        let error = Linked::new(vec![list("a b"), list("1")], 2, by)
            .err()
            .unwrap();
        let expected =
            "`:::+`: source 2 has 2 values, but source 3 has 1: all must have the same number";
        assert_eq!(error.to_string(), expected);
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
