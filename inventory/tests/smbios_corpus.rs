//! Tables and reports of real servers, against what dmidecode read from them.
//!
//! The oracle for tables is `expected.tsv` (dmidecode 3.4 on the same bytes);
//! counts come from the original texts, by a reader of their own that shares
//! nothing with the crate.

#[path = "support/corpus.rs"]
mod corpus;
#[path = "smbios_corpus/counts.rs"]
mod counts;
#[path = "smbios_corpus/facts.rs"]
mod facts;
#[path = "smbios_corpus/texts.rs"]
mod texts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::LazyLock;

use inventory::Inventory;
use inventory::smbios::{self, RawStructure};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// Least share of machines with every count right, and of facts and fields.
const MACHINES: f64 = 0.999;
const FIELDS: f64 = 0.9995;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = vec![
        trial("every_count_of_a_table_is_that_of_the_original_report", counts::of_tables),
        trial("every_count_of_a_report_is_that_of_the_original_report", counts::of_reports),
        trial("every_fact_of_the_model_is_what_dmidecode_read", facts::of_tables),
        trial("every_fact_of_a_report_is_what_dmidecode_read", facts::of_reports),
        trial("every_field_dmidecode_read_is_in_the_raw_view", raw_fields),
        trial("a_report_and_a_table_of_one_machine_make_one_model", texts::equal_tables),
        trial("a_report_cut_at_any_line_is_never_complete", texts::cut),
        trial("the_oddities_of_the_corpus_are_counted_as_known", counts::oddities),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(name: &'static str, test: fn(&Path) -> Result<Tally, Failed>) -> Trial {
    static SERVERS: LazyLock<Result<PathBuf, String>> = LazyLock::new(corpus::servers);
    Trial::ignorable_test(name, move || match &*SERVERS {
        Ok(servers) => test(servers)?.verdict(name),
        Err(reason) if corpus::required() => Err(reason.into()),
        Err(reason) => Ok(Completion::ignored_with(reason)),
    })
}

/// What agreed, what did not, and how much must.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    right: u64,
    wrong: u64,
    bar: f64,
    examples: Vec<String>,
    kinds: BTreeMap<String, u64>,
}

impl Tally {
    fn at(bar: f64) -> Self {
        Self { bar, ..Self::default() }
    }

    fn right(&mut self) {
        self.right += 1;
    }

    fn wrong(&mut self, kind: impl Into<String>, example: impl FnOnce() -> String) {
        self.wrong += 1;
        let count = self.kinds.entry(kind.into()).or_default();
        *count += 1;
        if *count <= 3 {
            self.examples.push(example());
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "shares of less than 2^52 things")]
    #[expect(clippy::print_stdout, reason = "the share is what this test measures")]
    fn verdict(self, name: &str) -> Result<Completion, Failed> {
        let share = self.right as f64 / (self.right + self.wrong).max(1) as f64;
        let text = format!("{} right, {} wrong: {:.4} %", self.right, self.wrong, share * 100.0);
        println!("figure: {name} = {text}");
        if self.right > 0 && share >= self.bar {
            return Ok(Completion::Completed);
        }
        let kinds: Vec<_> = self.kinds.iter().map(|(kind, n)| format!("{n} × {kind}")).collect();
        let examples = self.examples.iter().take(60).cloned().collect::<Vec<_>>().join("\n");
        Err(format!("{text}\n{}\n{examples}", kinds.join("\n")).into())
    }
}

/// Returns the table of each machine, read.
fn tables(servers: &Path) -> impl Iterator<Item = (String, smbios::Table)> {
    let servers: PathBuf = servers.to_owned();
    let machines: Vec<String> = corpus::expected(&servers).keys().cloned().collect();
    machines.into_iter().map(move |machine| {
        let table = smbios::parse(&corpus::binary(&servers, &machine)).expect("a table");
        (machine, table)
    })
}

/// Returns the model of a table.
fn model(table: &smbios::Table) -> Inventory {
    smbios::inventory(table, Some("m.bin"), None)
}

#[expect(clippy::unnecessary_wraps, reason = "as every test here")]
fn raw_fields(servers: &Path) -> Result<Tally, Failed> {
    let mut tally = Tally::at(FIELDS);
    let expected = corpus::expected(servers);
    for (machine, table) in tables(servers) {
        let raw = smbios::raw(&table);
        let by_handle: BTreeMap<&str, &RawStructure> =
            raw.iter().map(|structure| (structure.handle.as_str(), structure)).collect();
        for field in &expected[&machine] {
            let seen = by_handle
                .get(field.handle.as_str())
                .filter(|structure| structure.kind == field.kind)
                .and_then(|structure| structure.fields.iter().find(|f| f.name == field.field))
                .map(|seen| fold(&seen.value));
            if seen.as_deref() == Some(fold(&field.value).as_str()) {
                tally.right();
            } else {
                tally.wrong(format!("{} {}", field.kind, field.field), || {
                    format!("{machine} {field:?}: {seen:?}")
                });
            }
        }
    }
    Ok(tally)
}

/// Trims a value as the oracle's were.
pub(crate) fn fold(value: &str) -> String {
    value.trim().to_owned()
}
