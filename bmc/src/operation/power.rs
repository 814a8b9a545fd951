//! Power of a host.

/// What a host's power is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is on.
    On,
    /// It is off.
    Off,
    /// It is on its way to on.
    TurningOn,
    /// It is on its way to off.
    TurningOff,
    /// It is on, and stands still (Redfish `Paused`).
    Paused,
}

/// What is done to a host's power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Turn it on.
    On,
    /// Turn it off at once.
    Off,
    /// Ask its system to shut down.
    Soft,
    /// Restart it at once, without taking its power.
    Reset,
    /// Take its power and give it again.
    Cycle,
}
