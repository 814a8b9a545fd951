//! What tool ran where, when and by whose hand: for the report's environment page.

use std::{env, fs, io::Read as _, path::Path};

use profiles::Text;
use sha2::{Digest as _, Sha256};

use crate::{
    build,
    cli::accept::Accept,
    clock,
    report::{digest::hex, document::Environment},
};

/// Returns the environment of a run that ends now.
pub(super) fn of_this_run(
    arguments: &Accept,
    started_at: String,
    inputs: Vec<String>,
) -> Environment {
    let uname = rustix::system::uname();
    let words = |text: &std::ffi::CStr| {
        Some(text.to_string_lossy().into_owned()).filter(|text| !text.is_empty())
    };
    Environment {
        tool_version: build::NUMBER.to_owned(),
        tool_commit: Some(build::COMMIT.to_owned()),
        binary_sha256: binary(),
        command: command(env::args_os()),
        hostname: words(uname.nodename()),
        kernel: words(uname.release()),
        os: fs::read_to_string("/etc/os-release").ok().as_deref().and_then(pretty_name),
        architecture: words(uname.machine()),
        started_at,
        finished_at: clock::now(),
        time_source: Some(time_source()),
        operator: arguments.operator.clone(),
        privileged: Some(rustix::process::geteuid().is_root()),
        inputs,
    }
}

/// Returns the digest of the executable that runs, whatever its file was
/// replaced by meanwhile.
fn binary() -> Option<String> {
    let mut file = fs::File::open("/proc/self/exe").ok()?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 256 * 1024];
    loop {
        match file.read(&mut piece).ok()? {
            0 => return Some(hex(&hasher.finalize())),
            count => hasher.update(piece.get(..count)?),
        }
    }
}

/// Returns the command line as a shell would take it.
pub(in crate::command) fn command(arguments: impl Iterator<Item = std::ffi::OsString>) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-/@+=:,".contains(c);
    let words: Vec<String> = arguments
        .enumerate()
        .map(|(index, word)| {
            let word = word.to_string_lossy().into_owned();
            // Where the program lies is the operator's affair, not the client's.
            if index == 0 {
                let name = Path::new(&word).file_name();
                name.map_or_else(|| "assay".to_owned(), |name| name.to_string_lossy().into_owned())
            } else if !word.is_empty() && word.chars().all(plain) {
                word
            } else {
                format!("'{}'", word.replace('\'', "'\\''"))
            }
        })
        .collect();
    words.join(" ")
}

fn pretty_name(os_release: &str) -> Option<String> {
    let line = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    let name = line.trim().trim_matches(['"', '\'']);
    (!name.is_empty()).then(|| name.to_owned())
}

/// Says what kept the clock; systemd leaves this file once it has set it.
fn time_source() -> Text {
    if Path::new("/run/systemd/timesync/synchronized").exists() {
        Text::new("系统时钟（systemd-timesyncd 已同步）", "system clock, set by systemd-timesyncd")
    } else {
        Text::new("系统时钟（是否同步未知）", "system clock; whether it was set is not known")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_reads_back_in_a_shell() {
        let words = ["/opt/assay", "accept", "--from", "dump of rack 7", "it's", "a=b"];
        let words = words.map(std::ffi::OsString::from).into_iter();
        assert_eq!(command(words), "assay accept --from 'dump of rack 7' 'it'\\''s' a=b");
    }

    #[test]
    fn the_distribution_is_named_as_it_names_itself() {
        let text = "NAME=\"openEuler\"\nPRETTY_NAME=\"openEuler 22.03 (LTS-SP3)\"\n";
        assert_eq!(pretty_name(text).as_deref(), Some("openEuler 22.03 (LTS-SP3)"));
        assert_eq!(pretty_name("NAME=x\n"), None);
    }
}
