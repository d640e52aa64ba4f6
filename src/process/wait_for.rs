//! A time limit for a future.

use std::future::{Future, IntoFuture};
use std::time::Duration;

/// The timeout elapsed before the future was ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("timed out")]
pub struct TimeoutError;

/// Waits for `future` for at most `timeout`, like Python's `asyncio.wait_for`; `None` waits for ever.
///
/// A future that is ready wins, even with a timeout of zero. On a timeout the future is dropped, and
/// nothing else happens: a process that was waited for keeps running. It can be waited for again
/// (every future of this module may be dropped at any time), or ended with
/// [`shutdown`](super::ProcessHandle::shutdown).
///
/// # Errors
/// [`TimeoutError`] if the timeout elapsed first.
///
/// # Cancel safety
/// As cancel safe as `future`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use prun::process::{Command, wait_for};
///
/// let process = Command::exec("sleep").arg("60").spawn().await?;
/// assert!(wait_for(process.wait(), Duration::from_millis(10)).await.is_err());
/// process.kill()?;
/// assert_eq!(process.wait().await?.returncode(), -9);
/// # Ok(()) }
/// ```
pub async fn wait_for<F: IntoFuture>(
    future: F,
    timeout: impl Into<Option<Duration>>,
) -> Result<F::Output, TimeoutError>
where
    F::IntoFuture: Future,
{
    match timeout.into() {
        Some(timeout) => tokio::time::timeout(timeout, future)
            .await
            .map_err(|_| TimeoutError),
        None => Ok(future.await),
    }
}
