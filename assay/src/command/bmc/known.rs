//! The file of certificates that are known.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use bmc::trust::Known;
use profiles::Text;

use crate::{
    command::{read_small, state_folder},
    failure::Failure,
    lang::text,
};

/// Returns where the file is, when nobody says where.
pub(super) fn place(given: Option<&PathBuf>) -> Result<PathBuf, Failure> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    state_folder().map(|state| state.join("known-bmcs")).ok_or_else(|| {
        Failure::usage(Text::new(
            "没有主目录，不知已知证书放在哪里",
            "there is no home folder for the known certificates",
        ))
        .hint(Text::new("用 --known 给出文件", "name a file with --known"))
    })
}

/// Reads the file; one that is not there knows nothing.
pub(super) fn read(path: &Path) -> Result<Known, Failure> {
    let unusable = || {
        let name = path.display().to_string();
        text("无法使用已知证书文件 `{}`", "cannot use the known certificates `{}`", &[&name])
    };
    let bytes = match read_small(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Known::default()),
        read => read.map_err(|error| Failure::unable(unusable()).because(error))?,
    };
    let text = String::from_utf8(bytes);
    let text = text.map_err(|error| Failure::usage(unusable()).because(error))?;
    Known::parse(&text).map_err(|error| {
        let hint = Text::new("改正或删去该行", "correct that line, or take it out");
        Failure::usage(unusable()).because(error).hint(hint)
    })
}

/// Writes the file anew: whole, or not at all.
pub(super) fn write(path: &Path, known: &Known) -> Result<(), Failure> {
    let put = || -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            fs::create_dir_all(folder)?;
        }
        // Beside it, and not another file's name: `rack.txt` becomes `rack.txt.new`.
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        let mut file = fs::File::create(&new)?;
        file.write_all(known.text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    put().map_err(|error| {
        let name = path.display().to_string();
        let message =
            text("无法写入已知证书文件 `{}`", "cannot write the known certificates `{}`", &[&name]);
        Failure::unable(message).because(error)
    })
}
