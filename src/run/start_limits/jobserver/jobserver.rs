//! A run's part in a jobserver: the tokens that it holds for its jobs.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::sync::Arc;

use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc::UnboundedSender;

use super::auth::{VARIABLES, named_in};
use super::server::JobserverPool;
use super::tokens::{TOKEN, Tokens, TokensError};
use crate::os::register_shared;
use crate::run::control::Control;
use crate::run::policy::{TokenDifference, token_difference, tokens_for};

/// A jobserver, and the tokens that we hold. They are put back when this is dropped.
#[derive(Debug)]
pub(crate) struct Jobserver {
    tokens: TokenSource,
    held: Vec<u8>,
    arrivals: Option<Arrivals>,
}

/// Whose jobserver it is.
#[derive(Debug)]
enum TokenSource {
    Own(JobserverPool),
    Outer(Tokens),
}

/// Tells the runner that there may be a token.
#[derive(Debug)]
struct Arrivals {
    end: Arc<AsyncFd<Arc<File>>>,
    control: UnboundedSender<Control>,
    /// Whether that was asked for, and not yet told.
    is_awaited: bool,
}

/// A jobserver in the environment that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{variable} names a jobserver that cannot be used: {why}")]
pub(crate) struct OuterJobserverError {
    variable: &'static str,
    why: TokensError,
}

/// Opens the jobserver that the environment names, if it names one: the first that can be used.
pub(crate) fn outer_jobserver(
    variable: fn(&str) -> Option<OsString>,
) -> Option<Result<Tokens, OuterJobserverError>> {
    let mut unusable = None;
    for name in VARIABLES {
        let Some(auth) = variable(name).as_deref().and_then(named_in) else {
            continue;
        };
        let tokens = match auth {
            Ok(auth) => Tokens::open(&auth),
            Err(text) => Err(TokensError::Unknown(text.to_string_lossy().into_owned())),
        };
        match tokens {
            Ok(tokens) => return Some(Ok(tokens)),
            Err(why) => unusable = unusable.or(Some((name, why))),
        }
    }
    let (variable, why) = unusable?;
    Some(Err(OuterJobserverError { variable, why }))
}

impl Jobserver {
    /// Takes part in a jobserver of our own.
    pub(crate) fn own(pool: JobserverPool) -> Self {
        Self::of(TokenSource::Own(pool))
    }

    /// Takes part in that of whoever started us.
    pub(crate) fn outer(tokens: Tokens) -> Self {
        Self::of(TokenSource::Outer(tokens))
    }

    fn of(tokens: TokenSource) -> Self {
        Self {
            tokens,
            held: Vec::new(),
            arrivals: None,
        }
    }

    /// From now on sends a message to `control` when a token that was missing may have come.
    pub(crate) fn listen(&mut self, control: UnboundedSender<Control>) -> io::Result<()> {
        let end = register_shared(self.tokens().reading_end()?)?;
        self.arrivals = Some(Arrivals {
            end: Arc::new(end),
            control,
            is_awaited: false,
        });
        Ok(())
    }

    fn tokens(&self) -> &Tokens {
        match &self.tokens {
            TokenSource::Own(pool) => &pool.tokens,
            TokenSource::Outer(tokens) => tokens,
        }
    }

    /// Takes the tokens for jobs in so many slots; returns whether it has them all. If not, a message
    /// tells when to try again.
    pub(crate) fn take_for(&mut self, slots: usize) -> bool {
        while self.held.len() < tokens_for(slots) {
            if self
                .arrivals
                .as_ref()
                .is_some_and(|arrivals| arrivals.is_awaited)
            {
                return false;
            }
            match self.tokens().take() {
                Some(token) => self.held.push(token),
                None => {
                    self.await_token();
                    return false;
                }
            }
        }
        true
    }

    /// Puts back the tokens that jobs in so many slots do not need. If no job runs and the jobserver is
    /// ours, it also puts back those of processes that were killed.
    pub(crate) fn keep_for(&mut self, slots: usize) {
        while self.held.len() > tokens_for(slots) {
            self.put_one();
        }
        if slots == 0 {
            self.restore();
        }
    }

    fn put_one(&mut self) {
        if let Some(token) = self.held.pop() {
            // It fails only if there are more tokens than a pipe can hold: then one less is right.
            let _ = self.tokens().put(token);
        }
    }

    fn restore(&self) {
        let TokenSource::Own(JobserverPool { tokens, all, .. }) = &self.tokens else {
            return;
        };
        let Ok(free) = tokens.count() else { return };
        match token_difference(*all, free) {
            TokenDifference::None => {}
            TokenDifference::Missing(count) => {
                for _ in 0..count {
                    let _ = tokens.put(TOKEN);
                }
            }
            TokenDifference::Excess(count) => {
                for _ in 0..count {
                    tokens.take();
                }
            }
        }
    }

    fn await_token(&mut self) {
        let Some(arrivals) = &mut self.arrivals else {
            return;
        };
        if std::mem::replace(&mut arrivals.is_awaited, true) {
            return;
        }
        let (end, control) = (Arc::clone(&arrivals.end), arrivals.control.clone());
        tokio::spawn(async move {
            if let Ok(mut ready) = end.readable().await {
                // Before the runner tries: a token that comes later is news again.
                ready.clear_ready();
                // The run may have ended.
                let _ = control.send(Control::TokenCame);
            }
        });
    }

    /// Handles the message that a token may have come.
    pub(crate) fn came(&mut self) {
        if let Some(arrivals) = &mut self.arrivals {
            arrivals.is_awaited = false;
        }
    }
}

impl Drop for Jobserver {
    fn drop(&mut self) {
        while !self.held.is_empty() {
            self.put_one();
        }
    }
}

#[cfg(all(test, linux))]
mod tests;
