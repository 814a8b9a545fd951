//! Sessions that are open, and waiting till they are closed.
//!
//! A session is closed when its client is closed or dropped, also when what used it is cancelled.
//! A dropped client cannot wait, so it leaves its farewell to the runtime; a program that ends
//! waits for those: [`Farewells::settle`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

/// Counts the sessions that are open; its clones count together.
#[derive(Clone, Debug, Default)]
pub struct Farewells {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    open: AtomicUsize,
    closed: Notify,
}

impl Farewells {
    /// Returns how many sessions are open or may be.
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// Waits till all sessions are closed, `within` at most; returns how many may be open still.
    pub async fn settle(&self, within: Duration) -> usize {
        let all = async {
            loop {
                let closed = self.shared.closed.notified();
                if self.open() == 0 {
                    break;
                }
                closed.await;
            }
        };
        timeout(within, all).await.ok();
        self.open()
    }

    /// Notes a session until what is returned is dropped.
    pub(super) fn note(&self) -> Noted {
        self.shared.open.fetch_add(1, Ordering::SeqCst);
        Noted { shared: Arc::clone(&self.shared) }
    }
}

/// A session that is open or may be.
#[derive(Debug)]
pub(super) struct Noted {
    shared: Arc<Shared>,
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.shared.open.fetch_sub(1, Ordering::SeqCst);
        self.shared.closed.notify_waiters();
    }
}
