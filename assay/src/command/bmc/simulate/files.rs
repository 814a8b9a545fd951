//! What simulated hosts leave in a folder: the list of them, their credential, and certificates
//! that are the same the next time.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use bmc::{
    audit::defaults,
    credential::Secret,
    simulate::x509::{self, Own},
};
use profiles::Text;

use crate::{
    cli::bmc::simulate::Site,
    command::{read_bounded, read_small, wire},
    failure::Failure,
    lang::text,
    output::bmc::simulate::{Paths, Shown},
};

/// The name of the credential in the list and in the file of credentials.
const CREDENTIAL: &str = "simulated";
/// Letters and digits that are not mistaken for others.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Bytes of the file of certificates: a host takes some 900.
const LARGEST: u64 = 256 << 20;
/// Hosts of a rack, of two units each.
const OF_A_RACK: usize = 20;

/// The folder.
pub(super) struct Folder(PathBuf);

fn unusable(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    let name = path.display().to_string();
    Failure::unable(text("无法使用 `{}`", "cannot use `{}`", &[&name])).because(error)
}

/// Writes a file that only its owner reads: whole, or not at all.
fn put(path: &Path, content: &str) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let mut options = fs::OpenOptions::new();
    // One that a run left behind may be readable by others.
    drop(fs::remove_file(&new));
    let mut file = options.write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(content.as_bytes())?;
    fs::rename(&new, path)
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(path).map_err(|error| unusable(path, error))?;
        Ok(Self(path.to_owned()))
    }

    fn place(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Returns the password: the one that was given, or was had before, or a new one.
    pub(super) fn password(&self, site: &Site) -> Result<Secret, Failure> {
        if let Some(file) = &site.password_file {
            let bytes = read_small(file).map_err(|error| unusable(file, error))?;
            let line = String::from_utf8(bytes).map_err(|error| unusable(file, error))?;
            return check(Secret::of_line(line));
        }
        let place = self.place("credentials.toml");
        match read_small(&place) {
            Ok(bytes) => {
                let text = String::from_utf8(bytes).map_err(|error| unusable(&place, error))?;
                let table: toml::Table = text.parse().map_err(|_error| {
                    // Its message would show the line, and the password in it.
                    unusable(&place, "it is not TOML")
                })?;
                let word = |name: &str| table.get(CREDENTIAL)?.get(name)?.as_str();
                if let Some(password) =
                    word("password").filter(|_| word("user") == Some(&site.user))
                {
                    return check(Secret::new(password.to_owned()));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(&place, error)),
        }
        let random = wire::random::<16>().map_err(|error| {
            Failure::unable(Text::new("无法生成密码", "cannot make a password")).because(error)
        })?;
        let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied().map(char::from);
        Ok(Secret::new(random.iter().filter_map(letter).collect()))
    }

    /// Returns the certificates that were had before, by what they are of.
    pub(super) fn certificates(&self) -> Result<BTreeMap<String, Own>, Failure> {
        let place = self.place("certificates.pem");
        let bytes = match read_bounded(&place, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(unusable(&place, error)),
        };
        let text = String::from_utf8(bytes).map_err(|error| unusable(&place, error))?;
        let one = |part: &str| {
            let (label, rest) = part.split_once('\n')?;
            let certificate = x509::of_pem("CERTIFICATE", rest)?;
            let key = x509::of_pem("PRIVATE KEY", rest)?;
            Some((label.trim().to_owned(), Own { certificate, key }))
        };
        let mut had = BTreeMap::new();
        had.extend(text.split("# ").filter_map(one));
        Ok(had)
    }

    /// Keeps certificates for the next time.
    pub(super) fn keep(&self, all: &[(String, Own)]) -> Result<(), Failure> {
        let mut content = String::new();
        for (label, own) in all {
            for part in [
                "# ",
                label,
                "\n",
                &x509::pem("CERTIFICATE", &own.certificate),
                &x509::pem("PRIVATE KEY", &own.key),
            ] {
                content.push_str(part);
            }
        }
        let place = self.place("certificates.pem");
        put(&place, &content).map_err(|error| unusable(&place, error))
    }

    /// Writes the list of hosts and the credential.
    pub(super) fn write(
        &self,
        site: &Site,
        password: &Secret,
        shown: &[Shown],
    ) -> Result<Paths, Failure> {
        let mut list =
            "address,serial,rack,u,dialect,in-service,credential,pin,ipmi-port\n".to_owned();
        let mut factory = BTreeMap::new();
        for (at, one) in shown.iter().enumerate() {
            let (rack, unit) = (at / OF_A_RACK + 1, at % OF_A_RACK * 2 + 1);
            let place = &one.place;
            // IPMI has the same port, of UDP.
            let port = if site.no_ipmi { String::new() } else { place.address.port().to_string() };
            let mut name = CREDENTIAL.to_owned();
            let makes = [one.dialect.clone()];
            let is_new = one.faults.iter().any(|fault| fault == "factory");
            if let Some(known) = defaults::of(&makes).next().filter(|_| is_new) {
                name = format!("factory-{}", one.dialect);
                factory.insert(name.clone(), (known.user.to_owned(), known.password()));
            }
            let line = format!(
                "{},{},R{rack:02},{unit},{},no,{name},{},{port}\n",
                place.address, place.serial, one.dialect, place.pin
            );
            list.push_str(&line);
        }
        let user = toml::Value::String(site.user.clone());
        let secret = toml::Value::String(password.reveal().to_owned());
        let mut credential = format!("[{CREDENTIAL}]\nuser = {user}\npassword = {secret}\n");
        for (name, (user, secret)) in factory {
            let user = toml::Value::String(user);
            let secret = toml::Value::String(secret.reveal().to_owned());
            crate::output::put(
                &mut credential,
                format_args!("[{name}]\nuser = {user}\npassword = {secret}\n"),
            );
        }
        let paths =
            Paths { list: self.place("rack.csv"), credentials: self.place("credentials.toml") };
        put(&paths.credentials, &credential)
            .map_err(|error| unusable(&paths.credentials, error))?;
        fs::write(&paths.list, list).map_err(|error| unusable(&paths.list, error))?;
        Ok(paths)
    }
}

/// Refuses a password that no BMC would take.
fn check(password: Secret) -> Result<Secret, Failure> {
    // 20 bytes are what IPMI 2.0 has room for (§22.30).
    if (1..=20).contains(&password.reveal().len()) {
        return Ok(password);
    }
    Err(Failure::usage(Text::new("密码须为 1 到 20 字节", "a password has 1 to 20 bytes")))
}
