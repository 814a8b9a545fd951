//! A job being made: options are applied one after the other, then it is settled.
//!
//! What fio leaves to be found out at the start (engine by depth, batches over the depth,
//! rates of a mix) is settled here, once, so that a [`Job`] has no open ends.

mod settle;

use super::units::KbBase;
use super::{Engine, Job, JobError, PerOp, Place};
use crate::job::option::{self, Rule, Takes};

/// The longest value that is read.
pub(crate) const VALUE_LIMIT: usize = 4096;

/// Why an option's value was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is none, or out of range.
    Value(String),
    /// What it asks for cannot be done here.
    Refused(String),
    /// There is none.
    NoValue,
}

impl From<String> for Fault {
    fn from(why: String) -> Self {
        Self::Value(why)
    }
}

/// An option as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// Its name.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: Option<String>,
    /// Where.
    pub(crate) place: Place,
}

/// A job whose options are still being applied.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// What is settled so far.
    pub job: Job,
    /// What `k` means.
    pub base: KbBase,
    /// The engine, where the job names one.
    pub engine: Option<Engine>,
    /// Which block sizes come from `bssplit`.
    pub split: PerOp<bool>,
    /// Whether submission is offloaded (`io_submit_mode`).
    pub offload: bool,
    /// The job to wait for.
    pub wait_for: Option<String>,
}

impl Draft {
    /// Applies the options of a section, whose values `read` completes.
    ///
    /// `kb_base` comes first wherever it stands, as in fio: it says what the others mean.
    pub(crate) fn apply_all(
        &mut self,
        options: &[Given],
        read: impl Fn(&Given) -> Result<Option<String>, JobError>,
    ) -> Result<(), JobError> {
        let (bases, others): (Vec<&Given>, Vec<&Given>) =
            options.iter().partition(|given| given.name == "kb_base");
        for given in bases.into_iter().chain(others) {
            let value = read(given)?;
            self.apply(&given.name, value.as_deref(), &given.place)?;
        }
        Ok(())
    }

    /// Applies one option, `name` with `value`, that stands at `place`.
    fn apply(&mut self, name: &str, value: Option<&str>, place: &Place) -> Result<(), JobError> {
        let Some(found) = option::find(name) else {
            let suggestion = option::suggestion(name).map(str::to_owned);
            let option = shortened(name);
            return Err(JobError::Unknown { place: place.clone(), option, suggestion });
        };
        let fault = match check(found.name, value).and_then(|()| self.follow(found.rule, value)) {
            Ok(()) => {
                if found.name != "name" {
                    self.job.places.set(found.name, found.spelled, place.clone());
                }
                return Ok(());
            }
            Err(fault) => fault,
        };
        let (place, option) = (place.clone(), found.spelled.to_owned());
        Err(match fault {
            Fault::Value(why) => {
                let value = shortened(value.unwrap_or_default());
                JobError::Value { place, option, value, why }
            }
            Fault::Refused(why) => JobError::Refused { place, option, why },
            Fault::NoValue => JobError::NoValue { place, option },
        })
    }

    fn follow(&mut self, rule: Rule, value: Option<&str>) -> Result<(), Fault> {
        match rule {
            Rule::Set(known) if value.is_none() && known.takes == Takes::Value => {
                Err(Fault::NoValue)
            }
            Rule::Set(known) => (known.set)(self, value),
            Rule::Accept(accepted) if value.is_none() && accepted.takes == Takes::Value => {
                Err(Fault::NoValue)
            }
            Rule::Accept(accepted) => {
                let given = value.unwrap_or("1");
                if accepted.values.is_empty() || accepted.values.contains(&given) {
                    return Ok(());
                }
                let only = accepted.values.join("`, `");
                Err(Fault::Value(format!("{}; only `{only}` is supported", accepted.why)))
            }
            Rule::Refuse(refused) => Err(Fault::Refused(refused.why.to_owned())),
        }
    }
}

/// Refuses what cannot be written into a job file again, or is too long.
pub(crate) fn check(name: &str, value: Option<&str>) -> Result<(), Fault> {
    let Some(value) = value else { return Ok(()) };
    if value.is_empty() {
        return Err(Fault::NoValue);
    }
    if value.len() > VALUE_LIMIT {
        return Err(Fault::Value(format!("it is longer than {VALUE_LIMIT} bytes")));
    }
    let unfit = |letter: char| letter.is_control() || matches!(letter, '#' | ';');
    if let Some(letter) = value.chars().find(|letter| unfit(*letter)) {
        let letter = letter.escape_default();
        return Err(Fault::Value(format!("`{letter}` cannot be part of a value in a job file")));
    }
    if value.contains("${") {
        return Err(Fault::Value("`${` is not closed, or comes from a variable".to_owned()));
    }
    for keyword in ["$pagesize", "$mb_memory", "$ncpus"] {
        if value.contains(keyword) {
            let why = format!("`{keyword}` depends on the host; write the number");
            return Err(Fault::Value(why));
        }
    }
    let quoted = value.starts_with('"') && value.ends_with('"');
    if quoted && !matches!(name, "buffer_pattern" | "description") {
        return Err(Fault::Value(
            "fio takes the quotes as part of the value; leave them".to_owned(),
        ));
    }
    Ok(())
}

/// Returns the beginning of `text`, for a message.
pub(crate) fn shortened(text: &str) -> String {
    const LIMIT: usize = 80;
    if text.chars().count() <= LIMIT {
        return text.to_owned();
    }
    text.chars().take(LIMIT).chain(['…']).collect()
}
