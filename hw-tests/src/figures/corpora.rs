//! Figures over the corpora: decoders against oracles, verdicts against an
//! independent evaluation.

use super::tests_of::{Row, of_test};
use super::{CaseError, Effort, Figure};

/// SMBIOS tables against dmidecode.
pub(super) fn smbios(_effort: Effort) -> Result<Vec<Figure>, CaseError> {
    of_test(
        "inventory",
        "smbios_corpus",
        &[],
        &[
            Row {
                name: "smbios.counts",
                what: "SMBIOS: machines with all counts right",
                bar: "≥ 99.9 %",
            },
            Row {
                name: "smbios.facts",
                what: "SMBIOS: facts of the model equal to dmidecode's",
                bar: "≥ 99.95 %",
            },
            Row {
                name: "smbios.raw",
                what: "SMBIOS: every field readable in the raw table",
                bar: "≥ 99.95 %",
            },
        ],
    )
}

/// SMART against smartctl.
pub(super) fn smart(_effort: Effort) -> Result<Vec<Figure>, CaseError> {
    of_test(
        "inventory",
        "smart_corpus",
        &[],
        &[
            Row {
                name: "smart.fields",
                what: "SMART: fields equal to smartctl's JSON",
                bar: "≥ 99.9 %",
            },
            Row {
                name: "smart.verdicts",
                what: "SMART: overall health equal on the texts",
                bar: "all",
            },
            Row {
                name: "smart.alarms",
                what: "SMART: alarms on drives marked PASSED",
                bar: "≤ 0.5 % unexplained",
            },
        ],
    )
}

/// Topology of recorded trees against hwloc.
pub(super) fn topology(_effort: Effort) -> Result<Vec<Figure>, CaseError> {
    of_test(
        "inventory",
        "topology",
        &[],
        &[Row {
            name: "topology.trees",
            what: "topology: packages, nodes, cores, threads exact",
            bar: "every tree",
        }],
    )
}

/// Verdicts against an evaluation of the dmidecode text.
pub(super) fn verdicts(_effort: Effort) -> Result<Vec<Figure>, CaseError> {
    of_test(
        "hw-tests",
        "verdicts",
        &[],
        &[
            Row {
                name: "verdicts.equal",
                what: "verdicts equal to the independent evaluation",
                bar: "every machine, every row",
            },
            Row { name: "verdicts.mutants", what: "mutants that pass", bar: "0" },
        ],
    )
}
