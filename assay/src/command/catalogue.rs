//! Profiles by id, or by the file a contract states its own in.

use std::path::Path;

use profiles::{Catalogue, Profile, ProfileError, Text};

use crate::{failure::Failure, lang::text};

/// Returns the profile that `name` means, and the catalogue it was found in.
pub(super) fn profile(name: &str) -> Result<(Profile, Catalogue), Failure> {
    let (id, catalogue) = find(name)?;
    let profile = catalogue.profile(&id).map_err(failure)?;
    Ok((profile, catalogue))
}

/// Returns the id that `name` means, and the catalogue that has it.
///
/// What ends in `.toml` or is there as a file is a file; a variant may be named
/// behind it (`contract.toml@large`).
pub(super) fn find(name: &str) -> Result<(String, Catalogue), Failure> {
    let catalogue = Catalogue::bundled();
    let (file, variant) = match name.rsplit_once('@') {
        Some((file, variant)) if is_file(file) && !is_file(name) => (file, Some(variant)),
        _ => (name, None),
    };
    if !is_file(file) {
        return Ok((name.to_owned(), catalogue));
    }
    let catalogue = with_file(catalogue, Path::new(file))?;
    let id = catalogue.id_in(file).unwrap_or_default().to_owned();
    let id = variant.map_or(id.clone(), |variant| format!("{id}@{variant}"));
    Ok((id, catalogue))
}

/// Adds the profile in `file`.
pub(super) fn with_file(catalogue: Catalogue, file: &Path) -> Result<Catalogue, Failure> {
    let name = file.display().to_string();
    let cannot =
        || Failure::usage(text("无法读取配置档 `{}`", "cannot read profile `{}`", &[&name]));
    let bytes = super::read_small(file).map_err(|error| cannot().because(error))?;
    let toml = String::from_utf8(bytes).map_err(|error| cannot().because(error.utf8_error()))?;
    catalogue.with_file(&name, &toml).map_err(failure)
}

fn is_file(name: &str) -> bool {
    let path = Path::new(name);
    path.extension().is_some_and(|ending| ending == "toml") || path.is_file()
}

/// Returns what is told of a profile that cannot be had.
pub(super) fn failure(error: ProfileError) -> Failure {
    let hint = error.hint();
    Failure::usage(Text::new("无法使用配置档", "cannot use this profile"))
        .because(error)
        .hint_from(hint)
}
