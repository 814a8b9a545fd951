//! Jobs on a command line: fio's long options, `--rw=randread` or `--rw randread`.
//!
//! Options before the first `--name` are for all jobs, as in fio; without any `--name`
//! they are one job. Words that are no options of the job language belong to the caller,
//! who takes them out before.

use super::draft::{Draft, Given, shortened};
use super::{Job, JobError, Place, option};

/// Most words.
const WORDS: usize = 4096;
/// What the command line is called in messages.
const NAME: &str = "command line";

/// Reads the jobs that `words` ask for.
pub fn parse(words: &[String]) -> Result<Vec<Job>, JobError> {
    if words.len() > WORDS {
        return Err(JobError::TooMuch { name: NAME.to_owned(), limit: WORDS, what: "words" });
    }
    // The shell has put in all variables.
    let as_given = |given: &Given| Ok(given.value.clone());
    // Options before the first name, and then by name.
    let mut global = Vec::new();
    let mut sections: Vec<(Given, Vec<Given>)> = Vec::new();
    let mut in_global = true;
    for given in options(words)? {
        if given.name == "name" {
            in_global = given.value.as_deref() == Some("global");
            if !in_global {
                sections.push((given, Vec::new()));
            }
        } else if in_global {
            global.push(given);
        } else if let Some((_, options)) = sections.last_mut() {
            options.push(given);
        }
    }
    if sections.is_empty() && !global.is_empty() {
        let mut draft = Draft::default();
        draft.apply_all(&global, as_given)?;
        return Ok(vec![draft.settle(&Place::Word(1), &[])?]);
    }
    if sections.is_empty() {
        return Err(JobError::NoJob { name: NAME.to_owned() });
    }
    let mut base = Draft::default();
    base.apply_all(&global, as_given)?;
    let mut jobs = Vec::new();
    for (name, options) in sections {
        let mut draft = base.clone();
        draft.job.name = name.value.unwrap_or_default();
        draft.job.places.set("name", "name", name.place.clone());
        draft.apply_all(&options, as_given)?;
        let job = draft.settle(&name.place, &jobs)?;
        jobs.push(job);
    }
    Ok(jobs)
}

/// Joins words to options with their values.
fn options(words: &[String]) -> Result<Vec<Given>, JobError> {
    let mut options = Vec::new();
    let mut words = words.iter().zip(1_u32..).peekable();
    while let Some((word, at)) = words.next() {
        let place = Place::Word(at);
        let Some(option) = word.strip_prefix("--").filter(|option| !option.is_empty()) else {
            let why = "it is no long option; a job file is given by itself".to_owned();
            return Err(JobError::Line { place, text: shortened(word), why });
        };
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None if option::is_switch(option) => (option, None),
            None => {
                let next = words.next_if(|(next, _)| !next.starts_with("--"));
                (option, next.map(|(next, _)| next.as_str()))
            }
        };
        let value = value.map(|value| value.trim().to_owned());
        if name == "name" && value.as_ref().is_none_or(String::is_empty) {
            return Err(JobError::NoValue { place, option: "name".to_owned() });
        }
        options.push(Given { name: name.to_owned(), value, place });
    }
    Ok(options)
}
