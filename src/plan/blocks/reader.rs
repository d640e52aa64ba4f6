//! The blocks of an input, with the header that comes before each.

use std::io;
use std::sync::Arc;

use super::block::{Block, digest_of};
use super::borders::Borders;
use super::content::Content;
use super::cutter::{BlockLimit, Cutter};
use super::range::FileRanges;
use super::stream::StreamCuts;

/// The longest header, which is in memory for as long as prun runs.
const MAX_HEADER_BYTES: u64 = 64 << 20;

/// An input of which a part was cut.
pub(crate) enum Cuts {
    Stream(StreamCuts),
    File(FileRanges),
}

/// Why there is no further block. The texts follow the name of the input.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CutError {
    #[error("cannot read a block: {0}")]
    Read(#[from] io::Error),
    #[error(
        "block {0} has a record longer than 1 GiB: name the text between records with --recend or --recstart"
    )]
    Record(u64),
    #[error("the header is longer than 64 MiB: --header {0} is more than the names of columns")]
    Header(u64),
}

/// Reads an input block by block.
pub(crate) struct BlockReader {
    cuts: Cuts,
    borders: Borders,
    limit: BlockLimit,
    /// How many records are the header; `None` once it was read.
    header_records: Option<u64>,
    header: Arc<[u8]>,
    /// Whether blocks are identified by their bytes.
    has_digests: bool,
    /// How many blocks were read.
    count: u64,
}

impl BlockReader {
    /// Creates it for an input from which nothing was read.
    pub(crate) fn new(
        cuts: Cuts,
        borders: Borders,
        limit: BlockLimit,
        header_records: u64,
        has_digests: bool,
    ) -> Self {
        Self {
            cuts,
            borders,
            limit,
            header_records: Some(header_records).filter(|records| *records > 0),
            header: Arc::default(),
            has_digests,
            count: 0,
        }
    }

    /// Reads the next block; `None` at the end.
    pub(crate) fn next_block(&mut self) -> Result<Option<Block>, CutError> {
        self.read_header()?;
        let number = self.count + 1;
        let content = match self.cut(self.limit) {
            Ok(Some(content)) => content,
            Ok(None) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(CutError::Record(number));
            }
            Err(error) => return Err(error.into()),
        };
        self.count = number;
        let digest = match self.has_digests {
            true => Some(digest_of(&self.header, &content)?),
            false => None,
        };
        Ok(Some(Block::new(Arc::clone(&self.header), content, digest)))
    }

    /// Reads the header, if there is one and it was not read.
    fn read_header(&mut self) -> Result<(), CutError> {
        let Some(records) = self.header_records.take() else {
            return Ok(());
        };
        let too_long = || CutError::Header(records);
        let header = match self.cut(BlockLimit::Records(records)) {
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => return Err(too_long()),
            header => header?,
        };
        let Some(header) = header else { return Ok(()) };
        if header.length() > MAX_HEADER_BYTES {
            return Err(too_long());
        }
        let mut bytes = Vec::new();
        header.read(|piece| bytes.extend_from_slice(piece))?;
        self.header = bytes.into();
        Ok(())
    }

    fn cut(&mut self, limit: BlockLimit) -> io::Result<Option<Content>> {
        let cutter = Cutter::new(self.borders.clone(), limit);
        match &mut self.cuts {
            Cuts::Stream(stream) => stream.next(cutter),
            Cuts::File(file) => file.next(cutter),
        }
    }
}
