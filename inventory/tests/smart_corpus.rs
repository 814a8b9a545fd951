//! smartctl's output of real drives against what we make of it.
//!
//! The corpus is found by `ASSAY_CORPUS`; where it or `tar` is missing the tests
//! are ignored with the reason, and fail under `ASSAY_REQUIRE_CORPUS=1`. The
//! comparisons read the files with code of their own and share none with the
//! importer.

#![expect(clippy::print_stdout, reason = "the figures are what the run is for")]

mod smart_corpus {
    pub(crate) mod corpus;
    pub(crate) mod encode;
    pub(crate) mod fields;
    pub(crate) mod pages;
    pub(crate) mod texts;
}

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use smart_corpus::corpus::{Corpus, unpack};
use smart_corpus::{fields, pages, texts};

type Check = fn(&Corpus) -> Result<(), Failed>;

const CHECKS: [(&str, Check); 6] = [
    ("nearly_every_field_of_the_documents_is_what_smartctl_wrote", fields::equal),
    ("the_verdict_on_every_text_is_its_own_result_line", texts::verdicts),
    ("every_attribute_row_and_capacity_of_the_texts_is_read", texts::tables),
    ("pages_encoded_from_the_documents_decode_to_their_values", pages::round_trip),
    ("drives_marked_passed_raise_next_to_no_alarms", texts::alarms),
    ("no_cut_of_a_file_is_anything_but_a_document_or_a_sentence", fields::cuts),
];

fn main() {
    let arguments = Arguments::from_args();
    let trials = CHECKS.into_iter().map(|(name, check)| {
        Trial::ignorable_test(name, move || match unpack() {
            Ok(corpus) => check(&corpus).map(|()| Completion::Completed),
            Err(reason) if required() => Err(reason.into()),
            Err(reason) => Ok(Completion::ignored_with(reason)),
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn required() -> bool {
    std::env::var_os("ASSAY_REQUIRE_CORPUS").is_some_and(|value| value == "1")
}
