//! What a test needs of the machine it runs on, and what a missing peer means.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use libtest_mimic::{Completion, Failed, Trial};

use crate::corpus;

/// Something outside this repository that a test needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A program on the path.
    Program(&'static str),
    /// A folder of the corpora.
    Corpus(&'static str),
    /// The rights of root, to make devices and mounts.
    Root,
    /// A file or folder that a Debian package brings.
    Path {
        /// Where it is.
        path: &'static str,
        /// The package.
        package: &'static str,
    },
}

impl Need {
    /// Returns why the need is not met, or `None` where it is.
    pub fn missing(self, path: &OsStr) -> Option<String> {
        match self {
            Self::Program(name) => find_program(name, path)
                .is_none()
                .then(|| format!("`{name}` is not installed (hw-tests/run --install)")),
            Self::Path { path, package } => (!Path::new(path).exists())
                .then(|| format!("`{path}` of package `{package}` is not installed")),
            Self::Corpus(name) => {
                let folder = corpus::folder(name);
                (!folder.is_dir())
                    .then(|| format!("corpus `{}` is absent (set ASSAY_CORPUS)", folder.display()))
            }
            // The owner of this entry is the effective user.
            Self::Root => (fs::metadata("/proc/self").map_or(1, |meta| meta.uid()) != 0)
                .then(|| "needs root".to_owned()),
        }
    }
}

/// Returns where `name` is on `path`.
pub fn find_program(name: &str, path: &OsStr) -> Option<PathBuf> {
    env::split_paths(path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// Returns whether a missing corpus is a failure: the corpora are no package that
/// could be installed, so CI says separately whether they have to be there.
pub fn corpora_required() -> bool {
    env::var_os("ASSAY_REQUIRE_CORPUS").is_some_and(|value| value == "1")
}

/// Returns whether a feature that the kernel was built without is a failure: no package
/// brings it either.
pub fn kernel_required() -> bool {
    env::var_os("ASSAY_REQUIRE_KERNEL").is_some_and(|value| value == "1")
}

/// Returns whether a missing peer is a failure, as in CI.
pub fn peers_required() -> bool {
    env::var_os("ASSAY_REQUIRE_PEERS").is_some_and(|value| value == "1")
}

/// A test that needs `needs`: ignored, with the reason, where one is missing.
///
/// With `ASSAY_REQUIRE_PEERS=1`, as in CI, a missing program fails the test; with
/// `ASSAY_REQUIRE_CORPUS=1` a missing corpus does.
pub fn trial(
    name: &str,
    needs: &'static [Need],
    body: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || {
        let path = env::var_os("PATH").unwrap_or_default();
        let mut missing = needs.iter().filter_map(|need| Some((need, need.missing(&path)?)));
        let Some((need, reason)) = missing.next() else {
            return body().map(|()| Completion::Completed);
        };
        let required = match need {
            Need::Program(_) | Need::Path { .. } | Need::Root => peers_required(),
            Need::Corpus(_) => corpora_required(),
        };
        if required { Err(Failed::from(reason)) } else { Ok(Completion::ignored_with(reason)) }
    })
}
