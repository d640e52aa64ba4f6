//! Futures polled by hand, to be dropped at every await.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Wake};

/// When a future that has been polled is dropped.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    /// While it is pending.
    AtOnce,
    /// After it was woken, but before it is polled again.
    Woken,
}

/// Polls `future` at most `polls` times, each time after it was woken, and then drops it.
pub(super) async fn cancelled<F: Future>(polls: usize, when: When, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut done = 0;
    std::future::poll_fn(|cx| {
        if done == polls {
            return Poll::Ready(None);
        }
        done += 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if done == polls && matches!(when, When::AtOnce) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Whether `future` is still pending after the runtime has polled its drivers several times.
pub(super) async fn is_pending<F: Future>(future: F) -> bool {
    let mut future = pin!(future);
    for _ in 0..3 {
        let polled = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
        if polled.is_ready() {
            return false;
        }
        tokio::task::yield_now().await;
    }
    true
}

/// A waker that records whether it was woken.
#[derive(Default)]
pub(super) struct Flag(AtomicBool);

impl Flag {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}
