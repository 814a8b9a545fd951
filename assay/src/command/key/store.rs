//! Edge: the folder where a user's keys are kept: `NAME.pem`, which its owner alone reads, and
//! `NAME.toml`, its card, which is for everybody.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use profiles::Text;

use crate::{
    failure::Failure,
    lang::text,
    report::{evidence::safe_path, trust::Card},
};

/// The folder of keys.
pub(super) struct Store(PathBuf);

impl Store {
    /// Finds the folder; it need not be there.
    pub(super) fn open() -> Result<Self, Failure> {
        // Keys are a person's, also where that person is root for now: who says where, is obeyed.
        let said = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
        let said = said.filter(|path| path.is_absolute()).map(|path| path.join("assay"));
        let state = said.or_else(super::super::state_folder).ok_or_else(|| {
            Failure::unable(Text::new(
                "不知道密钥存放在哪里：没有主目录",
                "there is no home to keep keys in",
            ))
            .hint(Text::new(
                "设置 HOME 或 XDG_STATE_HOME；或用 --key 给出文件",
                "set HOME or XDG_STATE_HOME, or name a file by --key",
            ))
        })?;
        Ok(Self(state.join("keys")))
    }

    /// Returns the names of the keys there are, sorted.
    pub(super) fn names(&self) -> Result<Vec<String>, Failure> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unusable(&self.0, error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(|error| unusable(&self.0, error))?.file_name();
            let name = name.to_str().and_then(|name| name.strip_suffix(".pem"));
            names.extend(name.map(str::to_owned));
        }
        tiny_sort::stable::sort(&mut names);
        Ok(names)
    }

    /// Returns the place of a private key.
    pub(super) fn secret(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.pem"))
    }

    /// Returns the card of a key, and the name of its file, where it is kept.
    pub(super) fn card(&self, name: &str) -> Result<Option<(String, String)>, Failure> {
        let path = self.0.join(format!("{name}.toml"));
        match super::super::read_small(&path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                Ok(Some((path.display().to_string(), text)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(&path, error)),
        }
    }

    /// Keeps a new key; never in the place of another. Returns where the private half is.
    pub(super) fn add(&self, name: &str, pem: &str, card: &Card) -> Result<PathBuf, Failure> {
        if name.is_empty() || name.contains('/') || safe_path(name) != name {
            return Err(Failure::usage(text(
                "`{}` 不能作密钥名称",
                "`{}` cannot name a key",
                &[name],
            ))
            .hint(Text::new(
                "用文字、数字与 . _ - + @ =，例如 wang.jianli",
                "use letters, digits and . _ - + @ =, such as wang.supervisor",
            )));
        }
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.0);
        made.map_err(|error| unusable(&self.0, error))?;
        let (secret, public) = (self.secret(name), self.0.join(format!("{name}.toml")));
        let there = |path: &Path, error: io::Error| {
            if error.kind() != io::ErrorKind::AlreadyExists {
                return unusable(path, error);
            }
            Failure::usage(text("已有密钥 `{}`，不覆盖", "there is a key `{}`; it stays", &[name]))
                .hint(Text::new("换一个名称", "choose another name"))
        };
        put(&public, 0o644, &card.to_toml()).map_err(|error| there(&public, error))?;
        if let Err(error) = put(&secret, 0o600, pem) {
            drop(fs::remove_file(&public));
            return Err(there(&secret, error));
        }
        File::open(&self.0)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| unusable(&self.0, error))?;
        Ok(secret)
    }
}

/// Writes a file that is not there yet; leaves nothing where it cannot be written whole.
fn put(path: &Path, mode: u32, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    let written = file.write_all(content.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        drop(fs::remove_file(path));
    }
    written
}

fn unusable(path: &Path, error: io::Error) -> Failure {
    let name = path.display().to_string();
    Failure::unable(text("无法使用 `{}`", "cannot use `{}`", &[&name])).because(error)
}
