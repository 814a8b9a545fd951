//! Edge: the operator's wish to stop, as those hear of it who wait.

use std::time::Duration;

use tokio::{sync::Notify, time::sleep};

use crate::interrupt::Interrupt;

/// How often it is looked whether the operator asked to stop.
const BEAT: Duration = Duration::from_millis(50);

/// The operator's wish to stop.
pub(super) struct Stop {
    interrupt: Interrupt,
    told: Notify,
}

impl Stop {
    /// Hears of it from `interrupt`.
    pub(super) fn new(interrupt: Interrupt) -> Self {
        Self { interrupt, told: Notify::new() }
    }

    /// Waits till the operator asks to stop, and tells everybody. Whoever waits hears of it only
    /// while this is awaited.
    pub(super) async fn watch(&self) {
        while !self.interrupt.asked() {
            sleep(BEAT).await;
        }
        self.told.notify_waiters();
    }

    /// Asks to stop, as the operator does.
    pub(super) fn ask(&self) {
        self.interrupt.release();
        self.told.notify_waiters();
    }

    /// Waits for that.
    pub(super) async fn asked(&self) {
        let told = self.told.notified();
        if !self.interrupt.asked() {
            told.await;
        }
    }
}
