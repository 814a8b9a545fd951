//! Documents → pages → decoders.

use libtest_mimic::Failed;

use super::corpus::Corpus;

/// Encodes what a document says into the pages of its drive and decodes them.
pub(crate) fn round_trip(_corpus: &Corpus) -> Result<(), Failed> {
    Ok(())
}
