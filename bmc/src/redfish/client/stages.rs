//! Who is told how far a long change is.

use std::{fmt, sync::Arc};

use crate::operation::firmware::Stage;

/// Who is told how far a long change is; nobody, unless somebody wants to know.
#[derive(Clone, Default)]
pub struct Watch(Option<Arc<dyn Fn(Stage) + Send + Sync>>);

impl Watch {
    /// Returns one that calls `tell` whenever something moves. It is called from the task that
    /// talks to the BMC, so it has to return at once.
    pub fn new(tell: impl Fn(Stage) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    /// Tells how far it is.
    pub(super) fn tell(&self, stage: Stage) {
        if let Some(tell) = &self.0 {
            tell(stage);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.0.is_some() { "watched" } else { "not watched" })
    }
}
