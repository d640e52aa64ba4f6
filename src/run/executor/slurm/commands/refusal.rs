//! [`SubmitRefusal`]: why sbatch did not take a job array.

/// Why sbatch did not take a job array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubmitRefusal {
    /// The array has an index that the cluster does not allow: the chunks are too many.
    ArraySize,
    /// No node has what it needs: perhaps because one was excluded.
    Nodes,
    /// For another reason, which may pass.
    Other,
}

impl SubmitRefusal {
    /// Classifies what sbatch wrote on its standard error.
    pub(crate) fn of(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text).to_lowercase();
        let says = |words: &str| text.contains(words);
        if says("invalid job array specification") {
            Self::ArraySize
        } else if says("node configuration is not available") {
            Self::Nodes
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_sbatch_are_understood() {
        let of = |text: &str| SubmitRefusal::of(text.as_bytes());
        let prefix = "sbatch: error: Batch job submission failed: ";
        assert_eq!(
            of(&format!("{prefix}Invalid job array specification\n")),
            SubmitRefusal::ArraySize
        );
        assert_eq!(
            of(&format!(
                "{prefix}Requested node configuration is not available\n"
            )),
            SubmitRefusal::Nodes
        );
        assert_eq!(
            of("sbatch: error: invalid partition specified: nonesuch\n"),
            SubmitRefusal::Other
        );
        assert_eq!(of(""), SubmitRefusal::Other);
    }
}
