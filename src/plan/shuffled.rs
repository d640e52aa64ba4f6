//! Entries in random order.

use super::jobfile::Entry;
use super::needs::renumber;

/// Yields the entries of a source in random order: its warnings first, then its jobs. All of them are
/// kept in memory, and the first comes when the last is read.
pub(super) struct Shuffled<S> {
    /// The source, until it is read.
    source: Option<S>,
    seed: u64,
    entries: std::vec::IntoIter<Entry>,
    has_needs: bool,
}

impl<S> Shuffled<S> {
    /// The same seed makes the same order of the same entries.
    pub(super) fn new(source: S, seed: u64) -> Self {
        Self {
            source: Some(source),
            seed,
            entries: Vec::new().into_iter(),
            has_needs: false,
        }
    }

    /// Whether a job needs another, once all are read.
    pub(super) fn has_needs(&self) -> bool {
        self.has_needs
    }

    /// Returns the source, until it is read.
    pub(super) fn source(&self) -> Option<&S> {
        self.source.as_ref()
    }
}

impl<S, E> Iterator for Shuffled<S>
where
    S: Iterator<Item = Result<Entry, E>>,
{
    type Item = Result<Entry, E>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(source) = self.source.take() {
            let (mut warnings, mut jobs) = (Vec::new(), Vec::new());
            for entry in source {
                match entry {
                    Ok(entry @ (Entry::Warning(_) | Entry::Given(_))) => warnings.push(entry),
                    Ok(Entry::Job(job)) => jobs.push((jobs.len(), job)),
                    Err(error) => return Some(Err(error)),
                }
            }
            fastrand::Rng::with_seed(self.seed).shuffle(&mut jobs);
            self.has_needs = jobs.iter().any(|(_, job)| !job.needs().is_empty());
            if self.has_needs {
                let mut new = vec![0; jobs.len()];
                for (seq, (before, _)) in (1..).zip(&jobs) {
                    new[*before] = seq;
                }
                renumber(jobs.iter_mut().map(|(_, job)| job), &new);
            }
            warnings.extend(jobs.into_iter().map(|(_, job)| Entry::Job(job)));
            self.entries = warnings.into_iter();
        }
        self.entries.next().map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shuffled(seed: u64) -> Vec<String> {
        let entries = (0..20).map(|number| Ok::<_, ()>(Entry::Warning(number.to_string())));
        let text = |entry| match entry {
            Ok(Entry::Warning(text)) => text,
            other => panic!("{other:?}"),
        };
        Shuffled::new(entries, seed).map(text).collect()
    }

    #[test]
    fn warnings_come_first_and_in_order() {
        let in_order: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        assert_eq!(shuffled(1), in_order);
    }

    #[test]
    fn an_error_comes_instead_of_everything() {
        let entries = [Ok(Entry::Warning(String::new())), Err("bad"), Err("worse")];
        let mut shuffled = Shuffled::new(entries.into_iter(), 1);
        assert!(shuffled.source().is_some());
        assert!(matches!(shuffled.next(), Some(Err("bad"))));
        assert!(shuffled.next().is_none());
    }
}
