//! What is answered, as values.

use dataplane::{
    keeper::{Ended, Keeper, Refused},
    node::NodeError,
    spec::SpecErrors,
    text::Text,
};
use serde_json::{Value, json};

/// JSON.
const JSON: &str = "application/json";

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) kind: &'static str,
    pub(super) body: String,
    /// For `ETag`.
    pub(super) generation: Option<u64>,
}

impl Reply {
    /// Returns a document.
    pub(super) fn json(code: u16, document: &Value) -> Self {
        Self { code, kind: JSON, body: format!("{document}\n"), generation: None }
    }

    /// Returns text.
    pub(super) fn text(code: u16, body: String) -> Self {
        Self { code, kind: "text/plain; version=0.0.4; charset=utf-8", body, generation: None }
    }

    /// Returns an error with what to do about it.
    pub(super) fn error(code: u16, name: &str, message: &str, hint: Option<&str>) -> Self {
        let error = json!({ "code": name, "message": message, "hint": hint });
        Self::json(code, &json!({ "error": error }))
    }

    fn of_generation(mut self, generation: u64) -> Self {
        self.generation = Some(generation);
        self
    }
}

/// Returns the accepted state.
pub(super) fn state(keeper: &Keeper) -> Reply {
    match keeper.state() {
        Some((generation, document)) => Reply::json(200, document).of_generation(generation),
        None => Reply::error(404, "no-state", "no full state has been accepted yet", None),
    }
}

/// Returns how far everything has come.
pub(super) fn status(keeper: &Keeper) -> Reply {
    let generation = keeper.state().map_or(0, |(generation, _)| generation);
    Reply::json(200, &keeper.status()).of_generation(generation)
}

/// Returns what became of an accepted state: 200 where the kernel is as it says, 202 where it is
/// not yet, with the reasons.
pub(super) fn accepted(keeper: &Keeper, generation: u64, ended: Ended) -> Reply {
    let (code, steps) = match ended {
        Ended::Wanted { steps } => (200, steps),
        Ended::Not | Ended::NoState => (202, 0),
    };
    let outcome = if code == 200 { "as-wanted" } else { "accepted" };
    let reasons = keeper.status().get("reasons").cloned();
    let document = json!({ "generation": generation, "outcome": outcome, "steps": steps,
        "reasons": reasons });
    Reply::json(code, &document).of_generation(generation)
}

/// Returns why nothing was accepted. Lines are of use only where the caller wrote the text;
/// otherwise it is the pointer into the state as it would have been.
pub(super) fn refused(refused: &Refused, lines: bool) -> Reply {
    let (code, name) = match refused {
        Refused::Faults { .. } => (422, "faults"),
        Refused::Node(NodeError::Kernel(_)) => (503, "kernel"),
        Refused::Node(_) => (422, "unfit"),
        Refused::Generation { .. } => (409, "generation"),
        Refused::Held { .. } => (409, "held"),
        Refused::NoState => (409, "no-state"),
        Refused::NoObject { .. } => (404, "no-object"),
        Refused::NoKind { .. } => (404, "no-kind"),
        Refused::Id { .. } => (422, "id"),
        Refused::Disk { .. } => (507, "disk"),
        _ => (500, "refused"),
    };
    let message = match refused {
        Refused::Faults { errors } => format!("refused whole; faults: {}", errors.count()),
        _ => crate::failure::one_line(&refused.to_string()),
    };
    let mut error = json!({ "code": name, "message": message, "hint": refused.hint() });
    match refused {
        Refused::Faults { errors } => error["faults"] = faults(errors, lines),
        Refused::Generation { have, .. } => error["generation"] = (*have).into(),
        _ => {}
    }
    Reply::json(code, &json!({ "error": error }))
}

fn faults(errors: &SpecErrors, lines: bool) -> Value {
    let both = |text: &Text| json!({ "zh": &text.zh, "en": &text.en });
    let each = errors.faults.iter().map(|fault| {
        let line = lines.then_some(fault.place.line);
        json!({ "line": line, "pointer": &fault.place.pointer, "about": both(&fault.about),
            "what": both(&fault.what), "hint": fault.hint.as_ref().map(both) })
    });
    each.collect()
}

/// Returns figures in the text format of Prometheus.
pub(super) fn metrics(keeper: &Keeper) -> Reply {
    let status = keeper.status();
    let number = |name: &str| status.get(name).and_then(Value::as_u64).unwrap_or_default();
    let (objects, behind) = keeper.objects();
    let counts = keeper.counts();
    let all: [(&str, &str, u64); 13] = [
        ("generation", "gauge", number("generation")),
        ("applied_generation", "gauge", number("applied")),
        ("verified_generation", "gauge", number("verified")),
        ("ready", "gauge", keeper.is_ready().into()),
        ("objects", "gauge", objects as u64),
        ("objects_behind", "gauge", behind as u64),
        ("rounds_total", "counter", counts.rounds),
        ("steps_total", "counter", counts.steps),
        ("failures_total", "counter", counts.failures),
        ("drifts_total", "counter", counts.drifts),
        ("connections_cut_total", "counter", counts.cut),
        ("events_total", "counter", keeper.events().last()),
        ("up", "gauge", 1),
    ];
    let mut text = String::new();
    for (name, kind, value) in all {
        metric(&mut text, name, kind, value);
    }
    Reply::text(200, text)
}

/// Adds a figure.
pub(super) fn metric(text: &mut String, name: &str, kind: &str, value: u64) {
    let name = format!("assay_dataplane_{name}");
    crate::output::put(text, format_args!("# TYPE {name} {kind}\n{name} {value}\n"));
}
