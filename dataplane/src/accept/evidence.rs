//! A case that is not made of steps: what was found, and what it rests on.

use super::{Case, Probe, Sighting, Verdict};
use crate::text::Text;

/// Row of the norm, and what is asked, in Chinese and in English.
pub(super) type About = (&'static str, &'static str, &'static str);

/// What was sent and seen, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) fault: Option<Text>,
    pub(super) sent: Vec<Probe>,
    pub(super) seen: Vec<Sighting>,
}

/// Returns the case; without evidence it is not measured, with the reason.
pub(super) fn case((row, zh, en): &About, found: Result<Evidence, Text>) -> Case {
    let (verdict, reason, evidence) = match found {
        Err(why) => (Verdict::NotMeasured, Some(why), Evidence::default()),
        Ok(mut evidence) => match evidence.fault.take() {
            Some(why) => (Verdict::Fail, Some(why), evidence),
            None => (Verdict::Pass, None, evidence),
        },
    };
    let case = Text { zh: (*zh).to_owned(), en: (*en).to_owned() };
    let Evidence { sent: probe_sent, seen: probe_seen, .. } = evidence;
    Case { row, case, verdict, reason, probe_sent, probe_seen }
}
