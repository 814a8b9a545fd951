//! What was found of BMCs, as text and as JSON.

use bmc::{
    client::ReachError,
    trust::{Pin, Standing},
};
use profiles::{Lang, Text};
use serde_json::{Value, json};

use crate::output::{
    Layout, Tone, put,
    table::{Cell, Table},
};

/// A BMC whose certificate was looked at.
#[derive(Debug)]
pub struct Looked {
    /// Where it is reached.
    pub address: String,
    /// What was found.
    pub outcome: Outcome,
}

/// What a look at a certificate came to.
#[derive(Debug)]
pub enum Outcome {
    /// It was shown.
    Shown {
        /// What the certificate is known by.
        pin: Pin,
        /// The version of TLS.
        tls: &'static str,
        /// What it is to what is known.
        standing: Standing,
        /// Whether it is known from now on.
        stored: bool,
    },
    /// It was not seen.
    Unreached(ReachError),
}

impl Outcome {
    /// Returns its word, the same in every language.
    fn word(&self) -> &'static str {
        match self {
            Self::Shown { stored: true, .. } => "stored",
            Self::Shown { standing: Standing::New, .. } => "new",
            Self::Shown { standing: Standing::Known, .. } => "known",
            Self::Shown { standing: Standing::Changed { .. }, .. } => "changed",
            Self::Unreached(_) => "unreached",
        }
    }
}

/// What each word is called, and the tone it is said in.
const WORDS: [(&str, &str, &str, Option<Tone>); 5] = [
    ("known", "已知", "known", Some(Tone::Good)),
    ("stored", "已登记", "stored", Some(Tone::Good)),
    ("new", "未登记", "new", None),
    ("changed", "已变更", "CHANGED", Some(Tone::Bad)),
    ("unreached", "未到达", "not reached", Some(Tone::Bad)),
];

/// Returns the table of certificates, what to do about what is wrong, and the sum of it.
pub fn page(looked: &[Looked], layout: Layout) -> String {
    let tr = |zh: &'static str, en: &'static str| match layout.lang {
        Lang::Zh => zh,
        Lang::En => en,
    };
    let mut table = Table::new(["BMC", tr("证书", "certificate"), "TLS", "SHA-256"]);
    let mut hints: Vec<(&str, &str)> = Vec::new();
    for one in looked {
        let word = one.outcome.word();
        let cell = WORDS.iter().find(|(name, ..)| *name == word).map_or_else(
            || Cell::from(word),
            |(_, zh, en, tone)| Cell { text: tr(zh, en).to_owned(), tone: *tone },
        );
        let (tls, said) = match &one.outcome {
            Outcome::Shown { pin, tls, standing: Standing::Changed { was }, .. } => {
                hints.push((
                    "证书换过的，先查明原因；确认无误后用 trust --forget 再 trust --store",
                    "find out why a certificate changed; if it is right, trust --forget, then trust --store",
                ));
                (*tls, format!("{pin} ({} {was})", tr("原为", "was")))
            }
            Outcome::Shown { pin, tls, .. } => (*tls, pin.to_string()),
            Outcome::Unreached(error) => {
                hints.push(error.hint());
                (
                    "",
                    match layout.lang {
                        Lang::Zh => error.in_chinese(),
                        Lang::En => error.to_string(),
                    },
                )
            }
        };
        table.row([one.address.as_str().into(), cell, tls.into(), said.into()]);
    }
    let mut text = table.render(layout.paint, layout.columns);
    let mut told: Vec<(&str, &str)> = Vec::new();
    for hint in hints {
        if !told.contains(&hint) {
            told.push(hint);
            put(&mut text, format_args!("  {}: {}\n", tr("提示", "hint"), tr(hint.0, hint.1)));
        }
    }
    let counts = WORDS.iter().filter_map(|(name, zh, en, _)| {
        let count = looked.iter().filter(|one| one.outcome.word() == *name).count();
        (count > 0).then(|| format!("{} {count}", tr(zh, en).to_lowercase()))
    });
    let counts: Vec<String> = counts.collect();
    let sum = Text::new(
        format!("共 {} 台：{}", looked.len(), counts.join("，")),
        format!("hosts: {}; {}", looked.len(), counts.join(", ")),
    );
    put(&mut text, format_args!("{}\n", sum.get(layout.lang)));
    text
}

/// Returns the same for spreadsheets.
pub fn csv(looked: &[Looked]) -> String {
    let mut text = "address,certificate,tls,sha256\r\n".to_owned();
    for one in looked {
        let (tls, pin) = match &one.outcome {
            Outcome::Shown { pin, tls, .. } => (*tls, pin.to_string()),
            Outcome::Unreached(_) => ("", String::new()),
        };
        put(&mut text, format_args!("{},{},{tls},{pin}\r\n", one.address, one.outcome.word()));
    }
    text
}

/// Returns the same for programs: `assay/bmc-trust/v1`.
pub fn document(looked: &[Looked]) -> Value {
    let host = |one: &Looked| {
        let mut value = json!({ "address": one.address, "certificate": one.outcome.word() });
        match &one.outcome {
            Outcome::Shown { pin, tls, standing, .. } => {
                value["sha256"] = pin.to_string().into();
                value["tls"] = (*tls).into();
                if let Standing::Changed { was } = standing {
                    value["was"] = was.to_string().into();
                }
            }
            Outcome::Unreached(error) => {
                value["reason"] = json!({ "zh": error.in_chinese(), "en": error.to_string() });
            }
        }
        value
    };
    let hosts: Vec<Value> = looked.iter().map(host).collect();
    json!({ "schema": "assay/bmc-trust/v1", "hosts": hosts })
}
