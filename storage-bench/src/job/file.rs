//! Job files: sections of options, `[global]` for those below it, comments, includes.
//!
//! As fio 3.33 reads them: a `;` or `#` ends a line wherever it stands, `[global]`
//! may come several times and holds for the jobs after it, `include FILE` takes in lines
//! that have no sections of their own, `${NAME}` is a variable of the environment.
//! Bounded in size, lines, jobs and depth of inclusion, so that no file costs more than
//! it is worth.

use std::sync::Arc;

use super::draft::{Draft, Given, VALUE_LIMIT, shortened};
use super::{Job, JobError, Place};

/// Most bytes of a file, those it includes counted in.
pub const FILE_LIMIT: usize = 1 << 20;
/// Most jobs of a file.
pub const JOB_LIMIT: usize = 1024;
/// Most files that include each other.
pub const DEPTH_LIMIT: usize = 8;
/// Longest line.
const LINE_LIMIT: usize = 8192;

/// What a job file may ask of the world around it.
pub trait Surroundings {
    /// Returns the value of a variable of the environment.
    fn variable(&self, name: &str) -> Option<String>;

    /// Returns the name and text of the file that `path` means in file `from`, or why there is
    /// none. At most [`FILE_LIMIT`] bytes need be returned.
    fn include(&self, from: &str, path: &str) -> Result<(String, String), String>;
}

/// No environment, and no other files.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

impl Surroundings for Alone {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn include(&self, _: &str, _: &str) -> Result<(String, String), String> {
        Err("other files are not read here".to_owned())
    }
}

/// Reads the jobs of a file that is called `name` and holds `text`.
pub fn parse(
    name: &str,
    text: &str,
    surroundings: &dyn Surroundings,
) -> Result<Vec<Job>, JobError> {
    let section = None;
    let mut reader =
        Reader { surroundings, name, read: 0, global: Draft::default(), section, jobs: Vec::new() };
    reader.file(&Arc::from(name), text, 0)?;
    reader.close()?;
    if reader.jobs.is_empty() {
        return Err(JobError::NoJob { name: name.to_owned() });
    }
    Ok(reader.jobs)
}

/// A section whose options are being collected.
struct Section {
    /// Name of the job; `None` of a global section.
    name: Option<String>,
    place: Place,
    options: Vec<Given>,
}

struct Reader<'a> {
    surroundings: &'a dyn Surroundings,
    name: &'a str,
    read: usize,
    global: Draft,
    section: Option<Section>,
    jobs: Vec<Job>,
}

impl Reader<'_> {
    fn file(&mut self, file: &Arc<str>, text: &str, depth: usize) -> Result<(), JobError> {
        self.read = self.read.saturating_add(text.len());
        if self.read > FILE_LIMIT {
            return Err(self.too_much(FILE_LIMIT, "bytes"));
        }
        for (line, number) in text.lines().zip(1_u32..) {
            let place = Place::Line { file: Arc::clone(file), line: number };
            if line.len() > LINE_LIMIT {
                return Err(self.too_much(LINE_LIMIT, "bytes in one line"));
            }
            // fio cuts a line there even within quotes.
            let line = line.split([';', '#']).next().unwrap_or_default();
            let line = line.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0');
            if line.is_empty() {
                continue;
            }
            if line.starts_with('[') {
                self.header(line, place, depth)?;
            } else if let Some(path) = line.strip_prefix("include").and_then(path) {
                self.include(file, path, place, depth)?;
            } else {
                self.option(line, place)?;
            }
        }
        Ok(())
    }

    fn header(&mut self, line: &str, place: Place, depth: usize) -> Result<(), JobError> {
        let fault = |why: &str| {
            let (text, why) = (shortened(line), why.to_owned());
            Err(JobError::Line { place: place.clone(), text, why })
        };
        if depth > 0 {
            return fault("an included file has no sections");
        }
        let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) else {
            return fault("a section is `[name]`, and nothing else on its line");
        };
        if name.is_empty() {
            return fault("a section has a name");
        }
        self.close()?;
        let name = (name != "global").then(|| name.to_owned());
        self.section = Some(Section { name, place, options: Vec::new() });
        Ok(())
    }

    fn include(
        &mut self,
        from: &Arc<str>,
        path: &str,
        place: Place,
        depth: usize,
    ) -> Result<(), JobError> {
        if self.section.is_none() {
            let why = "it stands above the first section".to_owned();
            return Err(JobError::Include { place, path: shortened(path), why });
        }
        if depth >= DEPTH_LIMIT {
            let why = format!("files include each other {DEPTH_LIMIT} deep");
            return Err(JobError::Include { place, path: shortened(path), why });
        }
        match self.surroundings.include(from, path) {
            Ok((name, text)) => self.file(&Arc::from(name), &text, depth.saturating_add(1)),
            Err(why) => Err(JobError::Include { place, path: shortened(path), why }),
        }
    }

    fn option(&mut self, line: &str, place: Place) -> Result<(), JobError> {
        let Some(section) = &mut self.section else {
            let why = "it stands above the first section, `[name]`".to_owned();
            return Err(JobError::Line { place, text: shortened(line), why });
        };
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(value.trim_start().to_owned())),
            None => (line, None),
        };
        section.options.push(Given { name: name.to_owned(), value, place });
        Ok(())
    }

    /// Makes what the section says of its options, and forgets it.
    fn close(&mut self) -> Result<(), JobError> {
        let Some(section) = self.section.take() else { return Ok(()) };
        let surroundings = self.surroundings;
        let complete = |given: &Given| substituted(given, surroundings);
        let Some(name) = section.name else {
            return self.global.apply_all(&section.options, complete);
        };
        if self.jobs.len() >= JOB_LIMIT {
            return Err(self.too_much(JOB_LIMIT, "jobs"));
        }
        let mut draft = self.global.clone();
        draft.job.name = name;
        // A `name` of the global section names nothing.
        draft.job.places.set("name", "name", section.place.clone());
        for given in section.options.iter().filter(|given| given.name == "name") {
            draft.job.name = given.value.clone().unwrap_or_default();
            draft.job.places.set("name", "name", given.place.clone());
        }
        draft.apply_all(&section.options, complete)?;
        let job = draft.settle(&section.place, &self.jobs)?;
        self.jobs.push(job);
        Ok(())
    }

    fn too_much(&self, limit: usize, what: &'static str) -> JobError {
        JobError::TooMuch { name: self.name.to_owned(), limit, what }
    }
}

/// Returns what stands behind `include`, if that was the whole word.
fn path(rest: &str) -> Option<&str> {
    let path = rest.strip_prefix([' ', '\t', '='])?.trim();
    (!path.is_empty()).then_some(path)
}

/// Returns the value, with those of the environment in the place of `${NAME}`.
fn substituted(given: &Given, surroundings: &dyn Surroundings) -> Result<Option<String>, JobError> {
    let Some(value) = &given.value else { return Ok(None) };
    let mut done = String::new();
    let mut rest = value.as_str();
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else { break };
        let (place, option) = (given.place.clone(), shortened(&given.name));
        let Some(value) = surroundings.variable(variable) else {
            return Err(JobError::NoVariable { place, option, variable: shortened(variable) });
        };
        done.push_str(before);
        done.push_str(&value);
        if done.len() > VALUE_LIMIT {
            let (value, why) = (shortened(&done), "it is too long".to_owned());
            return Err(JobError::Value { place, option, value, why });
        }
        rest = after;
    }
    // What is not closed is left, and refused with the option.
    done.push_str(rest);
    Ok(Some(done))
}
