//! What became of taking a BMC into service, step by step.

use bmc::{adopt::Step, hand::HandError};
use profiles::Lang;
use serde_json::{Value, json};

use crate::output::{Tone, table::Cell};

/// A text: in Chinese, and in English.
type Said = (String, String);

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// It was done by this run, and read back.
    Done,
    /// An earlier run did it.
    Earlier,
    /// It was not; because.
    Not(Said),
    /// One before it was not.
    Held,
}

/// A BMC that was taken into service, or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adoption {
    /// Each step.
    pub steps: Vec<(Step, Became)>,
    /// Where it is now.
    pub at: String,
    /// Another credential was refused, or the BMC not reached, before any step.
    pub remarks: Vec<Said>,
}

pub(super) const HEAD: &[(&str, &str)] = &[("步骤", "step"), ("结果", "result"), ("说明", "why")];

impl Adoption {
    /// Returns why it is not whole.
    pub fn reason(&self) -> Option<Said> {
        self.steps.iter().find_map(|(step, became)| match became {
            Became::Not((zh, en)) => {
                Some((format!("{}：{zh}", step.called().0), format!("{}: {en}", step.called().1)))
            }
            Became::Done | Became::Earlier | Became::Held => None,
        })
    }

    /// Notes a step that an error ended.
    pub fn fail(&mut self, step: Step, error: &HandError) {
        self.steps.push((step, Became::Not((error.in_chinese(), error.to_string()))));
    }
}

fn pick((zh, en): (&str, &str), lang: Lang) -> String {
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => en.to_owned(),
    }
}

pub(super) fn rows(one: &Adoption, lang: Lang) -> Vec<Vec<Cell>> {
    let row = |(step, became): &(Step, Became)| {
        let (word, tone, why) = match became {
            Became::Done => (("完成", "done"), Some(Tone::Good), String::new()),
            Became::Earlier => (("先前已完成", "done before"), Some(Tone::Good), String::new()),
            Became::Not((zh, en)) => (("失败", "FAILED"), Some(Tone::Bad), pick((zh, en), lang)),
            Became::Held => (("未开始", "not begun"), None, String::new()),
        };
        vec![pick(step.called(), lang).into(), Cell { text: pick(word, lang), tone }, why.into()]
    };
    one.steps.iter().map(row).collect()
}

pub(super) fn value(one: &Adoption) -> Value {
    let step = |(step, became): &(Step, Became)| {
        let (word, why) = match became {
            Became::Done => ("done", None),
            Became::Earlier => ("done-before", None),
            Became::Not((zh, en)) => ("failed", Some(json!({ "zh": zh, "en": en }))),
            Became::Held => ("not-begun", None),
        };
        json!({ "step": step.text(), "result": word, "why": why })
    };
    json!({ "at": one.at, "steps": one.steps.iter().map(step).collect::<Vec<_>>() })
}
