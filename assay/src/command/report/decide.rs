//! `assay report attest` and `assay report waive`.

use std::path::{Path, PathBuf};

use profiles::Text;

use super::{folder_failure, form, write_failure};
use crate::{
    cli::{
        Global,
        report::{Attest, Decision, Manner, YesNo},
    },
    clock,
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::report as output,
    report::{
        Report,
        decide::{self, Attestation, DecideError, Making, Person, Waiver},
        document::How,
        evidence::{EvidenceFile, Placed},
        folder::{self, Loaded},
        write,
    },
};

/// Records what a person confirmed.
pub(super) fn attest(
    arguments: &Attest,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let decision = &arguments.decision;
    revise(decision, global, console, |report, person, evidence, making| {
        let attestations = decision.check.iter().map(|check| Attestation {
            check: check.clone(),
            conform: arguments.conform == YesNo::Yes,
            how: how(decision.how),
            person: person.clone(),
            reason: decision.reason.clone(),
            evidence: evidence.clone(),
        });
        decide::attest(report, attestations.collect(), making)
    })
}

/// Records what a person accepts as equivalent.
pub(super) fn waive(
    decision: &Decision,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    revise(decision, global, console, |report, person, evidence, making| {
        let waivers = decision.check.iter().map(|check| Waiver {
            check: check.clone(),
            how: how(decision.how),
            person: person.clone(),
            reason: decision.reason.clone(),
            evidence: evidence.clone(),
        });
        decide::waive(report, waivers.collect(), making)
    })
}

type Decided = Result<(Report, Vec<Placed>), DecideError>;

fn revise(
    decision: &Decision,
    global: &Global,
    console: &mut Console,
    decide: impl FnOnce(&Report, Person, Vec<EvidenceFile>, Making) -> Decided,
) -> Result<Exit, Failure> {
    let Loaded { folder, report, digests, .. } =
        folder::load(&decision.report).map_err(folder_failure)?;
    let evidence: Vec<EvidenceFile> =
        decision.evidence.iter().map(evidence).collect::<Result<_, _>>()?;
    let now = clock::now();
    let today = now.split('T').next().unwrap_or_default().to_owned();
    let person = Person {
        who: decision.who.clone(),
        role: decision.role.clone(),
        organisation: decision.organisation.clone(),
        date: decision.date.clone().unwrap_or(today),
    };
    let making = Making { predecessor: digests, at: now, by: Some(decision.who.clone()) };
    let (report, placed) = decide(&report, person, evidence, making).map_err(|error| {
        let hint = error.hint();
        Failure::usage(Text::new("不能登记这一决定", "this decision cannot be recorded"))
            .because(error)
            .hint_from(hint)
    })?;
    let form = form(decision.form, global);
    let written = write::revise(&folder, &folder, &report, &placed, form).map_err(write_failure)?;
    let layout = super::super::layout(console);
    console.print(&output::revised(&report, &written, layout))?;
    Ok(Exit::Wanted)
}

fn how(manner: Manner) -> How {
    match manner {
        Manner::Document => How::Document,
        Manner::OnSite => How::OnSite,
    }
}

fn evidence(path: &PathBuf) -> Result<EvidenceFile, Failure> {
    let name = path.display().to_string();
    let bytes = super::super::read_bounded(path, LARGEST_EVIDENCE).map_err(|error| {
        Failure::unable(text("无法读取凭据 `{}`", "cannot read evidence `{}`", &[&name]))
            .because(error)
    })?;
    let file = Path::new(path).file_name();
    let file =
        file.map_or_else(|| "unnamed".to_owned(), |name| name.to_string_lossy().into_owned());
    Ok(EvidenceFile { path: file.clone(), bytes, locator: format!("attached:{file}") })
}

/// A photograph or a scanned letter is smaller.
const LARGEST_EVIDENCE: u64 = 256 << 20;
