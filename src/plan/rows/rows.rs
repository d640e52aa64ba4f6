//! The arguments of each job, from the sources of a command line of GNU parallel: columns of a line,
//! linked sources, every combination.

use std::ffi::OsString;

use super::columns::ColumnSeparator;
use super::reading::{Read, Reading};
use crate::plan::arguments::{ValueError, ValueSource, Values};
use crate::plan::columns::Columns;
use crate::plan::input::Separator;

/// A source, and whether it is linked to the one before it.
pub(crate) struct RowSource {
    pub(crate) values: ValueSource,
    pub(crate) is_linked: bool,
}

/// How the sources are read.
#[derive(Debug, Clone)]
pub(crate) struct RowRules {
    pub(crate) separator: Separator,
    pub(crate) reading: Reading,
    pub(crate) columns: Option<ColumnSeparator>,
    /// Whether all sources are linked, and the shorter ones start over.
    pub(crate) link: bool,
    /// Whether the first value of each source is its name.
    pub(crate) has_header: bool,
}

type Row = Vec<OsString>;

/// Every combination of the sources, the first varying slowest.
pub(crate) struct Rows {
    slowest: Linked,
    current: Option<Row>,
    /// The other sources, until they are read.
    unread: Vec<Linked>,
    faster: Vec<Vec<Row>>,
    next: Vec<usize>,
    names: Vec<OsString>,
}

/// Sources of which each combination has the values at the same place.
struct Linked {
    columns: Vec<Column>,
    /// Whether shorter ones start over; otherwise the shortest ends all.
    starts_over: bool,
}

/// One source.
struct Column {
    values: Values,
    reading: Reading,
    separator: Option<ColumnSeparator>,
    /// Its rows, kept for starting over.
    seen: Vec<Row>,
    is_ended: bool,
    is_kept: bool,
}

impl Rows {
    /// Opens the sources, and reads their names.
    pub(crate) fn open(sources: Vec<RowSource>, rules: &RowRules) -> Result<Self, ValueError> {
        let mut groups: Vec<Linked> = Vec::new();
        let mut names = Vec::new();
        let count = sources.len();
        for (at, source) in sources.into_iter().enumerate() {
            let reading = match &source.values {
                // These are ready to use.
                ValueSource::List(_) => Reading {
                    skips_first: false,
                    ..rules.reading.clone()
                },
                _ => Reading {
                    skips_first: rules.reading.skips_first && at == 0,
                    ..rules.reading.clone()
                },
            };
            let mut column = Column {
                values: Values::open(source.values, rules.separator, &Columns::default())?,
                reading,
                separator: rules.columns.clone(),
                seen: Vec::new(),
                is_ended: false,
                is_kept: rules.link && count > 1,
            };
            if std::mem::take(&mut column.reading.skips_first) {
                column.values.next().transpose()?;
            }
            if rules.has_header {
                names.extend(column.read()?.unwrap_or_default());
            }
            match groups.last_mut() {
                Some(group) if rules.link || source.is_linked => group.columns.push(column),
                _ => groups.push(Linked {
                    columns: vec![column],
                    starts_over: rules.link,
                }),
            }
        }
        let unread = groups.split_off(groups.len().min(1));
        let slowest = groups.pop().expect("there is at least one source");
        Ok(Self {
            slowest,
            current: None,
            next: vec![0; unread.len()],
            unread,
            faster: Vec::new(),
            names,
        })
    }

    /// Returns the names of the columns; none without a header.
    pub(crate) fn names(&self) -> &[OsString] {
        &self.names
    }

    /// Whether it is a single source of single values.
    pub(crate) fn is_single(&self) -> bool {
        let columns = &self.slowest.columns;
        self.next.is_empty() && columns.len() == 1 && columns[0].separator.is_none()
    }

    /// Returns how many sources there are.
    pub(crate) fn sources(&self) -> usize {
        let others: usize = self.unread.iter().map(|group| group.columns.len()).sum();
        self.slowest.columns.len() + others
    }

    /// Whether each job has as many values as there are sources.
    pub(crate) fn is_plain(&self) -> bool {
        let mut columns = self.slowest.columns.iter();
        columns.all(|column| column.separator.is_none())
    }

    /// Returns the number of rows, if it is known beforehand.
    pub(crate) fn total(&self) -> Option<u64> {
        let mut groups = std::iter::once(&self.slowest).chain(&self.unread);
        let has_header = u64::from(!self.names.is_empty());
        groups.try_fold(1_u64, |all, group| {
            all.checked_mul(group.total(has_header)?)
        })
    }

    /// Whether `next` may block.
    pub(crate) fn may_block(&self) -> bool {
        let groups = std::iter::once(&self.slowest).chain(&self.unread);
        let mut columns = groups.flat_map(|group| &group.columns);
        columns.any(|column| column.values.may_block())
    }

    /// Whether the next row is buffered; false if in doubt.
    pub(crate) fn buffered(&self) -> bool {
        let is_plain = |column: &Column| {
            column.is_ended || (column.values.buffered() && !column.reading.skips_empty)
        };
        self.unread.is_empty()
            && (self.current.is_some() || self.slowest.columns.iter().all(is_plain))
    }

    /// Returns the warning about the values that were read, once.
    pub(crate) fn warning(&mut self) -> Option<String> {
        let mut columns = self.slowest.columns.iter_mut();
        columns.find_map(|column| column.values.warning())
    }

    /// Returns the next combination.
    pub(crate) fn next(&mut self) -> Result<Option<Row>, ValueError> {
        for mut group in std::mem::take(&mut self.unread) {
            let mut rows = Vec::new();
            while let Some(row) = group.next()? {
                rows.push(row);
            }
            self.faster.push(rows);
        }
        if self.faster.iter().any(Vec::is_empty) {
            return Ok(None);
        }
        let current = match self.current.take() {
            Some(row) => row,
            None => match self.slowest.next()? {
                Some(row) => row,
                None => return Ok(None),
            },
        };
        let mut all = current.clone();
        for (rows, index) in self.faster.iter().zip(&self.next) {
            all.extend_from_slice(&rows[*index]);
        }
        if self.advance() {
            self.current = Some(current);
        }
        Ok(Some(all))
    }

    /// Advances to the next combination of the faster sources; returns false when they start over.
    fn advance(&mut self) -> bool {
        for (rows, index) in self.faster.iter().zip(&mut self.next).rev() {
            *index += 1;
            if *index < rows.len() {
                return true;
            }
            *index = 0;
        }
        false
    }
}

impl Linked {
    fn total(&self, header: u64) -> Option<u64> {
        let totals = self.columns.iter().map(|column| column.total(header));
        let totals: Vec<u64> = totals.collect::<Option<_>>()?;
        match self.starts_over {
            true => totals.into_iter().max(),
            false => totals.into_iter().min(),
        }
    }

    fn next(&mut self) -> Result<Option<Row>, ValueError> {
        let mut rows = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            rows.push(column.read()?);
        }
        let is_over = match self.starts_over {
            true => rows.iter().all(Option::is_none),
            false => rows.iter().any(Option::is_none),
        };
        if is_over {
            return Ok(None);
        }
        let mut all = Vec::new();
        for (row, column) in rows.into_iter().zip(&mut self.columns) {
            match row {
                Some(row) => all.extend(row),
                None => all.extend(column.again()),
            }
        }
        Ok(Some(all))
    }
}

impl Column {
    fn total(&self, header: u64) -> Option<u64> {
        let is_plain = self.reading.end.is_none() && !self.reading.skips_empty;
        self.values
            .total()
            .filter(|_| is_plain)?
            .checked_sub(header)
    }

    fn read(&mut self) -> Result<Option<Row>, ValueError> {
        while !self.is_ended {
            let value = match self.values.next() {
                Some(value) => {
                    // Without columns a record is one value.
                    let mut value = value?.pop().unwrap_or_default();
                    while self
                        .separator
                        .as_ref()
                        .is_some_and(|csv| csv.is_open(&value))
                        && let Some(more) = self.values.next()
                    {
                        value.push("\n");
                        value.push(more?.pop().unwrap_or_default());
                    }
                    self.reading.read(value)
                }
                None => Read::End,
            };
            match value {
                Read::End => self.is_ended = true,
                Read::Skipped => {}
                Read::Value(value) => {
                    let row = match &self.separator {
                        Some(separator) => {
                            let columns = separator.split(&value).into_iter();
                            columns.map(|column| self.reading.trim(column)).collect()
                        }
                        None => vec![value],
                    };
                    if self.is_kept {
                        self.seen.push(row.clone());
                    }
                    return Ok(Some(row));
                }
            }
        }
        Ok(None)
    }

    /// Returns the next of the rows before, which start over.
    fn again(&mut self) -> Row {
        if self.seen.is_empty() {
            return vec![OsString::new()];
        }
        let row = self.seen.remove(0);
        self.seen.push(row.clone());
        row
    }
}
