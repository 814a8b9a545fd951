//! Requests that a host has under way, counted.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Requests under way, and the most there were at once.
#[derive(Debug, Default)]
pub(super) struct Count {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// A request that is under way until this is dropped.
pub(super) struct UnderWay(Arc<Count>);

impl Count {
    /// Counts a request until what is returned is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        UnderWay(Arc::clone(self))
    }

    /// Returns the most that there were at once.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}
