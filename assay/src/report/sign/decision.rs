//! Signatures over what one person decided on one row.
//!
//! A signature covers the row, the machine, the verdict, who decided in which role for whom, the
//! words, the digests of the evidence, the time, and the digest of the result that it was made
//! on: taken to another row, report or revision it fits nothing.

use serde_json::json;

use super::{PublicKey, SecretKey};
use crate::report::{
    canonical::{self, CanonicalError},
    document::{Decision, DecisionSignature, EvidenceEntry},
};

/// What a signature is over begins so, lest it serve for anything else.
const DOMAIN: &[u8] = b"assay-decision-v1\0";

/// Signs `decision` on `check` of the machine `subject`, made on the `result.json` of that SHA-256.
///
/// Its evidence is in `index`.
pub(in crate::report) fn sign(
    key: &SecretKey,
    subject: &str,
    check: &str,
    index: &[EvidenceEntry],
    result: &str,
    decision: &mut Decision,
) -> Result<(), CanonicalError> {
    let public = key.public();
    let mut signature = DecisionSignature {
        algorithm: public.algorithm().word().to_owned(),
        public_key: public.digits(),
        result: result.to_owned(),
        signature: String::new(),
    };
    let message = message(subject, check, index, decision, &signature)?;
    signature.signature = super::hex(&key.sign(&message));
    decision.signature = Some(signature);
    Ok(())
}

/// Returns the key that signed `decision` on `check`, where its signature fits.
pub(in crate::report) fn signer(
    subject: &str,
    check: &str,
    index: &[EvidenceEntry],
    decision: &Decision,
) -> Option<PublicKey> {
    let signature = decision.signature.as_ref()?;
    let key = PublicKey::of(&signature.algorithm, &signature.public_key)?;
    let message = message(subject, check, index, decision, signature).ok()?;
    key.signed_hex(&message, &signature.signature)?.then_some(key)
}

fn message(
    subject: &str,
    check: &str,
    index: &[EvidenceEntry],
    decision: &Decision,
    signature: &DecisionSignature,
) -> Result<Vec<u8>, CanonicalError> {
    let Decision {
        kind,
        conform,
        how,
        who,
        role,
        organisation,
        date,
        reason,
        evidence,
        revision,
        party,
        at,
        signature: _,
    } = decision;
    let DecisionSignature { algorithm, public_key, result, signature: _ } = signature;
    let digests: Vec<_> = evidence
        .iter()
        .map(|path| index.iter().find(|entry| entry.path == *path).map(|entry| &entry.digests))
        .collect();
    let statement = json!({
        "algorithm": algorithm,
        "public_key": public_key,
        "subject": subject,
        "check": check,
        "result": result,
        "revision": revision,
        "kind": kind,
        "conform": conform,
        "how": how,
        "who": who,
        "role": role,
        "party": party,
        "organisation": organisation,
        "date": date,
        "reason": reason,
        "evidence": evidence,
        "digests": digests,
        "at": at,
    });
    let mut message = DOMAIN.to_vec();
    message.extend(canonical::to_bytes(&statement)?);
    Ok(message)
}
