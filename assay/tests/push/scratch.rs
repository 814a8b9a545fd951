//! A folder of a test's own, gone when the test ends.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// The folder.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes it, for the test of this name.
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("assay-test-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        fs::create_dir_all(&path).expect("the temporary folder takes a folder");
        Self(path)
    }

    /// Returns where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the name of something in it.
    pub(crate) fn join(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Writes a file with this mode.
    pub(crate) fn file(&self, name: &str, content: &str, mode: u32) -> String {
        let path = self.0.join(name);
        fs::write(&path, content).expect("it is ours");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
        path.display().to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
