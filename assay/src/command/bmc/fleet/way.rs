//! How a run over many BMCs goes about it.

use crate::{cli, command::bmc::journal::Journal, output::bmc::found::Met};

/// How a run goes about it.
pub(in crate::command::bmc) struct Way<'a> {
    pub(super) given: &'a cli::bmc::Access,
    pub(super) at_a_time: Option<u16>,
    pub(super) per_bmc: u8,
    /// Where what happens is noted.
    pub(in crate::command::bmc) journal: Option<&'a Journal>,
    /// What stands already, by the place of its host; nothing of a host that it is to be done to.
    pub(in crate::command::bmc) standing: Vec<Option<Met>>,
}

impl<'a> Way<'a> {
    /// Returns what the command line says of it.
    pub(in crate::command::bmc) fn of(arguments: &'a cli::bmc::Bmc) -> Self {
        Self {
            given: &arguments.access,
            at_a_time: arguments.at_a_time,
            per_bmc: arguments.per_bmc,
            journal: None,
            standing: Vec::new(),
        }
    }

    /// Returns how hosts are asked that only have to tell.
    pub(in crate::command::bmc) fn to_ask(
        given: &'a cli::bmc::Access,
        at_a_time: Option<u16>,
    ) -> Self {
        let per_bmc = cli::bmc::PER_BMC;
        Self { given, at_a_time, per_bmc, journal: None, standing: Vec::new() }
    }

    /// Returns the same for so many hosts at a time.
    #[must_use]
    pub(in crate::command::bmc) fn with(self, at_a_time: u16) -> Self {
        Self { at_a_time: Some(at_a_time), ..self }
    }
}
