//! Makes a job of each block.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use super::block::Block;
use super::borders::Borders;
use super::cutter::BlockLimit;
use super::memory::BlockMemory;
use super::range::FileRanges;
use super::reader::{BlockReader, CutError, Cuts};
use super::stream::StreamCuts;
use crate::os::enlarge;
use crate::plan::command::ShellRule;
use crate::plan::input::{InputStream, OpenError, open};
use crate::plan::invocation::Invocation;
use crate::plan::job::{Job, JobInput, Origin};
use crate::plan::template::{
    KnownSlots, PlaceholderScope, Template, TemplateError, Width, has_placeholder,
};

/// What a file that is cut is called in messages.
const WHAT: &str = "file of records";

/// The capacity of a pipe from which blocks are read: its writer seldom has to wait.
const PIPE_BYTES: usize = 1 << 20;

/// What is cut into blocks.
#[derive(Debug)]
pub(crate) enum BlockInput {
    Stdin,
    File(PathBuf),
}

/// How an input is cut.
#[derive(Debug)]
pub(crate) struct BlockRules {
    /// With what a record begins; may be empty.
    pub(crate) start: Vec<u8>,
    /// With what a record ends; may be empty if `start` is not.
    pub(crate) end: Vec<u8>,
    pub(crate) limit: BlockLimit,
    /// How many records come before every block.
    pub(crate) header_records: u64,
    /// Whether blocks are identified by their bytes.
    pub(crate) has_digests: bool,
    /// Whether slots have values.
    pub(crate) has_slot_values: bool,
    /// The number of jobs among which the blocks are shared; `None` for a job per block.
    pub(crate) shared_by: Option<usize>,
}

/// Why there are no jobs, or no more.
#[derive(Debug, Error)]
pub(crate) enum BlockError {
    /// The input cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The command is wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The command asks for a value.
    #[error(
        "`{0}`: with --pipe a job has no value, but a block as its standard input: {{#}} is the number of \
         the block, and {{{{}}}} a literal {{}}"
    )]
    Placeholder(String),
    /// The input cannot be cut any further.
    #[error("{0}: {1}")]
    Cut(Arc<str>, CutError),
}

/// The jobs of blocks.
pub(crate) struct BlockJobs {
    template: Arc<Template>,
    reader: BlockReader,
    /// The name of the input.
    label: Arc<str>,
    /// The number of jobs so far.
    count: u64,
    /// The number of jobs to make, if they share the blocks.
    most: Option<u64>,
}

impl BlockJobs {
    /// Opens the input and parses the template; reads nothing yet.
    pub(crate) fn open(
        template: &[OsString],
        input: &BlockInput,
        rules: BlockRules,
        rule: &ShellRule,
    ) -> Result<Self, BlockError> {
        if let Some(word) = template.iter().find(|word| has_placeholder(word)) {
            let word = word.to_string_lossy().into_owned();
            return Err(BlockError::Placeholder(word));
        }
        let scope = PlaceholderScope {
            width: Width::Sources(0),
            names: &[],
            slots: match rules.has_slot_values {
                true => KnownSlots::Values,
                false => KnownSlots::Numbers,
            },
        };
        let template = Template::new(template, scope, rule)?;
        let (label, opened) = match input {
            BlockInput::Stdin => ("stdin".into(), open::stdin_file(WHAT)?),
            BlockInput::File(path) => (path.display().to_string(), open::open_file(path, WHAT)?),
        };
        let label: Arc<str> = label.into();
        let is_shared = matches!(input, BlockInput::Stdin);
        let cuts = match opened {
            (file, true) => FileRanges::new(file, is_shared).map(Cuts::File),
            (file, false) => {
                enlarge(&file, PIPE_BYTES);
                let input = Box::new(InputStream::new(file));
                StreamCuts::new(input, BlockMemory::default()).map(Cuts::Stream)
            }
        };
        let cuts = cuts.map_err(|error| BlockError::Cut(Arc::clone(&label), error.into()))?;
        let borders = Borders::new(&rules.start, &rules.end);
        let reader = BlockReader::new(
            cuts,
            borders,
            rules.limit,
            rules.header_records,
            rules.has_digests,
        );
        Ok(Self {
            template: Arc::new(template),
            reader,
            label,
            count: 0,
            most: rules.shared_by.map(|jobs| jobs as u64),
        })
    }

    /// Reads the next block, which belongs to no job yet.
    pub(crate) fn next_block(&mut self) -> Result<Option<Block>, BlockError> {
        let block = self.reader.next_block();
        block.map_err(|error| BlockError::Cut(Arc::clone(&self.label), error))
    }

    /// Returns whether the blocks that are left belong to the jobs that there are.
    pub(crate) fn is_shared(&self) -> bool {
        self.most.is_some()
    }

    /// Returns the job of the next block; `None` at the end, or if all jobs that share the blocks exist.
    pub(crate) fn next_job(&mut self) -> Result<Option<Job>, BlockError> {
        if self.most.is_some_and(|most| self.count == most) {
            return Ok(None);
        }
        let Some(block) = self.next_block()? else {
            return Ok(None);
        };
        self.count += 1;
        let origin = Origin {
            source: Arc::clone(&self.label),
            line: self.count,
        };
        let invocation = Invocation::Template(Arc::clone(&self.template));
        Ok(Some(Job {
            stdin: Some(JobInput::Block(block)),
            ..Job::new(origin, None, invocation)
        }))
    }
}
