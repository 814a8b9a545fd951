//! What is open, and what became of closing it.

use bmc::operation::{Outcome, lockdown::Item};
use profiles::Lang;
use serde_json::{Value, json};

use crate::output::{Tone, table::Cell};

/// A thing, and what became of it; nothing where nothing was to be done.
#[derive(Debug)]
pub struct Closing {
    /// The thing, as it was before.
    pub item: Item,
    /// What became of it.
    pub became: Option<Result<Outcome, (String, String)>>,
}

pub(super) const HEAD: &[(&str, &str)] =
    &[("项目", "what"), ("现在", "now"), ("应为", "wanted"), ("结果", "result")];

fn state(open: Option<bool>, lang: Lang) -> String {
    let pair = match open {
        Some(true) => ("开", "open"),
        Some(false) => ("关", "closed"),
        None => ("未知", "unknown"),
    };
    pick(pair, lang)
}

fn pick((zh, en): (&str, &str), lang: Lang) -> String {
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => en.to_owned(),
    }
}

impl Closing {
    /// Returns whether it is not as wanted though it was tried.
    pub(super) fn is_bad(&self) -> bool {
        self.became.as_ref().is_some_and(|became| *became != Ok(Outcome::Done))
    }

    fn result(&self, lang: Lang) -> Cell {
        let bad = |text: String| Cell { text, tone: Some(Tone::Bad) };
        match (&self.became, &self.item.why) {
            (Some(Ok(Outcome::Done)), _) => {
                Cell { text: pick(("完成", "done"), lang), tone: Some(Tone::Good) }
            }
            (Some(Ok(Outcome::NotKept { found, .. })), _) => bad(match lang {
                Lang::Zh => format!("未生效：读回为 {found}"),
                Lang::En => format!("NOT KEPT: it reads {found}"),
            }),
            (Some(Ok(_)), _) => bad(pick(("未知", "unknown"), lang)),
            (Some(Err((zh, en))), _) | (None, Some((zh, en))) => bad(pick((zh, en), lang)),
            (None, None) => Cell::default(),
        }
    }
}

pub(super) fn row(one: &Closing, lang: Lang) -> Vec<Cell> {
    let item = &one.item;
    let wanted = item.wanted.map_or_else(String::new, |open| state(Some(open), lang));
    let tone = if item.is_due() { Some(Tone::Bad) } else { None };
    vec![
        item.name.as_str().into(),
        Cell { text: state(item.open, lang), tone },
        wanted.into(),
        one.result(lang),
    ]
}

pub(super) fn value(one: &Closing) -> Value {
    let result = match &one.became {
        Some(Ok(Outcome::Done)) => json!("done"),
        Some(Ok(Outcome::NotKept { .. })) => json!("not-kept"),
        Some(Ok(_)) => json!("unknown"),
        Some(Err(_)) => json!("failed"),
        None => Value::Null,
    };
    let why = one.item.why.as_ref().map(|(_, en)| en);
    let failed = match &one.became {
        Some(Err((_, en))) => Some(en),
        _ => why,
    };
    json!({ "name": one.item.name, "path": one.item.path, "pointer": one.item.pointer,
            "open": one.item.open, "wanted": one.item.wanted, "due": one.item.is_due(),
            "result": result, "why": failed })
}
