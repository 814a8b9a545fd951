//! What is done about loops that tenants' own bridges and cables make.

/// How a node looks for loops, and what it does about one.
///
/// Without it nothing is looked for: probes go to guests, hearing them costs every packet of the
/// node a filter, and a closed port is an outage, so somebody has to ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopDetection {
    /// Seconds from one probe of a port to its next, 1…300.
    pub interval: u32,
    /// What is done about a loop.
    pub action: Action,
    /// Seconds without a sign of the loop after which a closed port is opened, 5…3600; twice as
    /// many each time the loop is back soon, up to sixteen times.
    pub recovery: u32,
    /// Most frames in a second that a port may send to all stations or to a group of them; what
    /// is beyond is dropped, so that a loop is no outage of the others until it is broken.
    pub storm_limit: u32,
    /// File with a secret that all nodes share. Without it a node knows its own probes only, and
    /// finds no loop by way of another node.
    pub key_file: Option<String>,
}

/// What is done about a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is told.
    Report,
    /// It is told, and one of its ports is closed.
    Block,
}

impl Action {
    /// Returns its name, as files have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Block => "block",
        }
    }
}
