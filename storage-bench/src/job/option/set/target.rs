//! Options about files and devices: names, sizes, the part that is used.

use super::text;
use crate::job::Amount;
use crate::job::draft::{Draft, Fault};
use crate::job::units;

/// Most files of one job.
const FILES: usize = 1024;

pub(super) fn description(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.description = Some(text(value)?.to_owned());
    Ok(())
}

pub(super) fn filename(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.filenames = names(text(value)?)?;
    Ok(())
}

pub(super) fn directory(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.directories = names(text(value)?)?;
    Ok(())
}

/// Splits names at `:`; a `\:` is part of a name.
fn names(text: &str) -> Result<Vec<String>, Fault> {
    let mut names = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            '\\' if letters.next_if_eq(&':').is_some() => ':',
            '\\' => {
                let why = "a backslash only goes before a `:`".to_owned();
                return Err(Fault::Value(why));
            }
            ':' => {
                names.push(String::new());
                continue;
            }
            other => other,
        };
        if let Some(name) = names.last_mut() {
            name.push(letter);
        }
    }
    if names.len() > FILES {
        return Err(Fault::Value(format!("it has more than {FILES} names")));
    }
    if names.iter().any(|name| name.trim().is_empty()) {
        return Err(Fault::Value("a name between `:` is empty".to_owned()));
    }
    if names.iter().any(|name| name.trim() != name) {
        return Err(Fault::Value("a name begins or ends with a blank".to_owned()));
    }
    if names.iter().any(|name| name == "-") {
        return Err(Fault::Value("load is not made on standard input".to_owned()));
    }
    Ok(names)
}

pub(super) fn filename_format(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let format = text(value)?;
    let mut rest = format;
    while let Some((_, after)) = rest.split_once('$') {
        let known = ["jobname", "jobnum", "filenum"];
        let Some(word) = known.iter().find(|word| after.starts_with(*word)) else {
            let why = "only `$jobname`, `$jobnum` and `$filenum` are known".to_owned();
            return Err(Fault::Value(why));
        };
        rest = after.get(word.len()..).unwrap_or_default();
    }
    format.clone_into(&mut draft.job.filename_format);
    Ok(())
}

pub(super) fn nrfiles(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.nrfiles = units::small(text(value)?, draft.base, 1, 1024)?;
    Ok(())
}

pub(super) fn filesize(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let value = text(value)?;
    if value.contains('-') {
        return Err(Fault::Value("files have one size, no range".to_owned()));
    }
    match units::bytes(value, draft.base)? {
        0 => Err(Fault::Value("it must be more than 0".to_owned())),
        bytes => {
            draft.job.filesize_bytes = Some(bytes);
            Ok(())
        }
    }
}

pub(super) fn size(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.size = some(units::amount(text(value)?, draft.base)?);
    Ok(())
}

pub(super) fn io_size(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.io_size = some(units::amount(text(value)?, draft.base)?);
    Ok(())
}

/// Returns `None` of 0 bytes, which means all to fio.
fn some(amount: Amount) -> Option<Amount> {
    (amount != Amount::Bytes(0)).then_some(amount)
}

pub(super) fn offset(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.offset = units::amount(text(value)?, draft.base)?;
    Ok(())
}

pub(super) fn offset_increment(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.offset_increment = units::amount(text(value)?, draft.base)?;
    Ok(())
}

pub(super) fn offset_align(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let bytes = units::bytes(text(value)?, draft.base)?;
    draft.job.offset_align_bytes = (bytes > 0).then_some(bytes);
    Ok(())
}

pub(super) fn create_on_open(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.create_on_open = units::switch(value)?;
    Ok(())
}

pub(super) fn allow_file_create(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.allow_file_create = units::switch(value)?;
    Ok(())
}

pub(super) fn invalidate(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.invalidate = units::switch(value)?;
    Ok(())
}
