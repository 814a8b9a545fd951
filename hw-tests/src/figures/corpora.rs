//! Figures over the corpora: decoders against oracles, verdicts against an
//! independent evaluation.

use super::tests_of::{PASSED, Row, Tests, of_test};
use super::{CaseError, Effort, Figure};

/// SMBIOS tables against dmidecode.
pub(super) fn smbios(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    of_test(
        effort,
        &Tests { package: "inventory", file: "smbios_corpus", filter: "" },
        &[],
        &[
            Row {
                name: "every_count_of_a_table_is_that_of_the_original_report",
                what: "SMBIOS: machines with all counts right",
                bar: "≥ 99.9 %",
            },
            Row {
                name: "every_fact_of_the_model_is_what_dmidecode_read",
                what: "SMBIOS: facts of the model equal to dmidecode's",
                bar: "≥ 99.95 %",
            },
            Row {
                name: "every_field_dmidecode_read_is_in_the_raw_view",
                what: "SMBIOS: every field readable in the raw table",
                bar: "≥ 99.95 %",
            },
        ],
    )
}

/// SMART against smartctl.
pub(super) fn smart(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    of_test(
        effort,
        &Tests { package: "inventory", file: "smart_corpus", filter: "" },
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
pub(super) fn topology(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    of_test(
        effort,
        &Tests { package: "inventory", file: "topology", filter: "" },
        &[],
        &[Row {
            name: PASSED,
            what: "topology: packages, nodes, cores, threads exact",
            bar: "every tree",
        }],
    )
}

/// Verdicts against an evaluation of the dmidecode text.
pub(super) fn verdicts(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    of_test(
        effort,
        &Tests { package: "hw-tests", file: "verdicts", filter: "" },
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
