//! `assay attest` and `assay waive`, which are `assay report attest` and `assay report waive`.

use std::path::{Path, PathBuf};

use profiles::{Role, Text};

use super::{super::key, folder_failure, form, write_failure};
use crate::{
    cli::{
        Global,
        report::{Attest, Decision, Manner, Waive, YesNo},
    },
    clock,
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::report as output,
    report::{
        Report,
        decide::{self, Attestation, DecideError, Making, Person, Signing, Waiver},
        document::{How, Row},
        evidence::{EvidenceFile, Placed},
        folder::{self, Loaded},
        trust::Card,
        write,
    },
};

/// Records what a person confirmed.
pub(in crate::command) fn attest(
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
pub(in crate::command) fn waive(
    arguments: &Waive,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let decision = &arguments.decision;
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
    decide: impl FnOnce(&Report, Person, Vec<EvidenceFile>, Making<'_>) -> Decided,
) -> Result<Exit, Failure> {
    let hand = decision.key.as_deref().map(key::private).transpose()?;
    let trust = key::trusted(&decision.trust)?;
    let now = clock::now();
    let person = person(decision, hand.as_ref().and_then(|hand| hand.card.as_ref()), &now)?;
    let Loaded { folder, report, digests, .. } =
        folder::load(&decision.report).map_err(folder_failure)?;
    let evidence: Vec<EvidenceFile> =
        decision.evidence.iter().map(evidence).collect::<Result<_, _>>()?;
    let signing = Signing { key: hand.as_ref().map(|hand| &hand.key), trust: &trust };
    let by = Some(person.who.clone());
    let making = Making { predecessor: digests, at: now, by, signing };
    let (report, placed) = decide(&report, person, evidence, making).map_err(|error| {
        let hint = error.hint();
        Failure::usage(Text::new("不能登记这一决定", "this decision cannot be recorded"))
            .because(error)
            .hint_from(hint)
    })?;
    let form = form(decision.form, global);
    let written = write::revise(&folder, &folder, &report, &placed, form).map_err(write_failure)?;
    let layout = super::super::layout(console);
    console.print(&output::decided(&report, &trust, layout))?;
    console.print(&output::revised(&report, &written, layout))?;
    let now = report.revision.number;
    let left =
        |row: &Row| row.decision.is_none() && row.entries.iter().any(|entry| entry.revision == now);
    // What was asked for is that the row be decided; an entry alone decides nothing.
    Ok(if report.rows.iter().any(left) { Exit::Unknown } else { Exit::Wanted })
}

/// Returns who decides: as given, else as the card of the key has it.
fn person(decision: &Decision, card: Option<&Card>, now: &str) -> Result<Person, Failure> {
    let who = decision.who.clone().or_else(|| card?.by.clone());
    let who = who.ok_or_else(|| {
        Failure::usage(Text::new("没有写明由谁决定", "nobody is named who decides"))
            .hint(Text::new("用 --by 写明姓名", "name the person by --by"))
    })?;
    let of_card = card.and_then(|card| card.role);
    let given = decision.role.as_deref();
    let party = match given {
        None => of_card,
        Some(word) => Role::named(word),
    };
    let role = match (given, party) {
        (_, Some(party)) => party.name().zh,
        // A word in Latin letters is a role misspelt; a title in Chinese is one.
        (Some(word), None) if word.is_ascii() => return Err(key::no_role(word)),
        (Some(title), None) => title.to_owned(),
        (None, None) => {
            return Err(Failure::usage(Text::new(
                "没有写明以何角色决定",
                "no role is named in which it is decided",
            ))
            .hint(Text::new(
                "用 --role：owner、contractor、supervisor、user、tester，或职务",
                "name it by --role: owner, contractor, supervisor, user or tester",
            )));
        }
    };
    if let (Some(own), Some(card)) = (of_card, card)
        && party != Some(own)
    {
        let name = card.name.clone().unwrap_or_else(|| card.key.id());
        let Text { zh, en } = own.name();
        return Err(Failure::usage(Text::new(
            format!("密钥 `{name}` 属于{zh}，不能以“{role}”签名"),
            format!(
                "key `{name}` is that of the {en} and does not sign as `{}`",
                given.unwrap_or_default()
            ),
        )));
    }
    Ok(Person {
        who,
        role,
        party,
        organisation: decision.organisation.clone().or_else(|| card?.org.clone()),
        date: decision
            .date
            .clone()
            .unwrap_or_else(|| now.split('T').next().unwrap_or_default().to_owned()),
    })
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
