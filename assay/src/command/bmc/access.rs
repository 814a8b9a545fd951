//! As whom a BMC is asked, and by which certificate: what options, lists and files say of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use bmc::{
    client::Trust,
    credential::{Credential, Secret},
    ipmi::suite::Suite,
    trust::{Known, Pin},
};
use profiles::Text;
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde::Deserialize;

use super::{known, subjects::Host};
use crate::{cli::bmc::Access, failure::Failure, lang::text, push::secret};

/// The name of the credential that options give.
const GIVEN: &str = "--user";

/// All that a run knows of whom to be and whom to trust.
pub(super) struct Keys {
    credentials: BTreeMap<String, Credential>,
    /// The one for every host, whatever the list says.
    chosen: Option<String>,
    known: Known,
    authorities: Option<Arc<RootCertStore>>,
    pin: Option<Pin>,
    /// The file of certificates that are known; what else is kept is kept beside it.
    pub(super) place: PathBuf,
    /// The key of the BMCs (Kg).
    pub(super) kg: Option<Secret>,
    /// The suites of IPMI that were named.
    pub(super) suites: Vec<Suite>,
}

/// How one host is come by.
pub(super) struct Way<'a> {
    /// The credential's name, by which its refusals are counted.
    pub(super) name: Option<&'a str>,
    /// The credential.
    pub(super) credential: Option<&'a Credential>,
    /// By which certificate.
    pub(super) trust: Option<Trust>,
}

/// A credential in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    user: String,
    password: Option<String>,
    password_env: Option<String>,
    password_file: Option<PathBuf>,
}

impl Keys {
    /// Reads what options and files say.
    pub(super) fn read(given: &Access, hosts: &[Host]) -> Result<Self, Failure> {
        let place = known::place(given.known.as_ref())?;
        let mut keys = Self {
            credentials: BTreeMap::new(),
            chosen: None,
            known: known::read(&place)?,
            place,
            authorities: given.ca.as_deref().map(authorities).transpose()?,
            pin: given.pin.as_deref().map(pin).transpose()?,
            kg: given.kg_env.as_deref().map(of_environment).transpose()?,
            suites: given
                .cipher_suite
                .iter()
                .map(|number| suite(*number))
                .collect::<Result<_, _>>()?,
        };
        let mut named = BTreeSet::new();
        match &given.credential {
            Some(name) => {
                named.insert(name.as_str());
            }
            None if given.user.is_some() => {}
            None => {
                let listed = hosts.iter();
                named.extend(listed.filter_map(|host| host.listed.as_ref()?.credential.as_deref()));
            }
        }
        if !named.is_empty() {
            keys.credentials = {
                let beside = || keys.place.with_file_name("credentials.toml");
                of_file(&given.credentials.clone().unwrap_or_else(beside), &named)?
            };
            keys.chosen.clone_from(&given.credential);
        }
        if let Some(user) = &given.user {
            let entry = Entry {
                user: user.clone(),
                password: None,
                password_env: given.password_env.clone(),
                password_file: given.password_file.clone(),
            };
            let credential = credential(GIVEN, entry, None)?;
            keys.credentials.insert(GIVEN.to_owned(), credential);
            keys.chosen = Some(GIVEN.to_owned());
        } else if given.password_env.is_some() || given.password_file.is_some() {
            return Err(Failure::usage(Text::new(
                "给出了密码，但没有用户名",
                "a password is named, and no user",
            ))
            .hint(Text::new("加 --user", "add --user")));
        }
        Ok(keys)
    }

    /// Reads more credentials, of those names.
    pub(super) fn add(&mut self, given: &Access, names: &BTreeSet<&str>) -> Result<(), Failure> {
        let beside = || self.place.with_file_name("credentials.toml");
        let file = given.credentials.clone().unwrap_or_else(beside);
        self.credentials.extend(of_file(&file, names)?);
        Ok(())
    }

    /// Returns a credential by its name.
    pub(super) fn named(&self, name: &str) -> Option<&Credential> {
        self.credentials.get(name)
    }

    /// Returns how `host` is come by.
    pub(super) fn of(&self, host: &Host) -> Way<'_> {
        let listed = host.listed.as_ref();
        let named = self.chosen.as_deref().or_else(|| listed?.credential.as_deref());
        let found = named.and_then(|name| self.credentials.get_key_value(name));
        let pin = self.pin.or_else(|| listed?.pin).or_else(|| {
            if self.authorities.is_some() { None } else { self.known.pin(&host.address) }
        });
        let trust =
            pin.map(Trust::Pin).or_else(|| self.authorities.clone().map(Trust::Authorities));
        Way {
            name: found.map(|(name, _)| name.as_str()),
            credential: found.map(|(_, credential)| credential),
            trust,
        }
    }
}

fn pin(text: &str) -> Result<Pin, Failure> {
    text.parse().map_err(|error: bmc::trust::PinError| {
        Failure::usage(Text::new("--pin 无法使用", "--pin cannot be used")).because(error)
    })
}

fn suite(number: u8) -> Result<Suite, Failure> {
    Suite::of(number).ok_or_else(|| {
        let number = number.to_string();
        Failure::usage(text("不支持加密套件 {}", "cipher suite {} is not supported", &[&number]))
            .hint(Text::new("默认 17、3 即可", "leave the option out: 17 and 3 are tried"))
    })
}

fn authorities(path: &Path) -> Result<Arc<RootCertStore>, Failure> {
    let name = path.display().to_string();
    let unusable = || {
        Failure::usage(text("无法使用 CA 证书 `{}`", "cannot use the authorities `{}`", &[&name]))
    };
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable().because(error))?;
    let mut roots = RootCertStore::empty();
    for certificate in found {
        roots.add(certificate).map_err(|error| unusable().because(error))?;
    }
    if roots.is_empty() {
        return Err(
            unusable().hint(Text::new("文件中没有 PEM 证书", "it holds no PEM certificate"))
        );
    }
    Ok(Arc::new(roots))
}

/// Reads the credentials of those names; the others of the file are not looked at.
fn of_file(path: &Path, names: &BTreeSet<&str>) -> Result<BTreeMap<String, Credential>, Failure> {
    let shown = path.display().to_string();
    let unusable = || {
        Failure::usage(text("无法使用凭据文件 `{}`", "cannot use the credentials `{}`", &[&shown]))
    };
    let secret = secret::Secret::read(path)
        .map_err(|error| unusable().hint_from(error.hint()).because(error))?;
    // What TOML says of a mistake would show the line, with its password.
    let entries =
        secret.text().and_then(|text| toml::from_str::<BTreeMap<String, Entry>>(text).ok());
    let mut entries = entries.ok_or_else(|| {
        unusable().hint(Text::new(
            "写法：[名字] 下写 user，以及 password、password-env 或 password-file 之一",
            "it is TOML: [NAME] with user, and one of password, password-env, password-file",
        ))
    })?;
    let folder = path.parent();
    let mut found = BTreeMap::new();
    for name in names {
        let entry = entries.remove(*name).ok_or_else(|| {
            Failure::usage(text(
                "凭据文件 `{1}` 中没有 `{0}`",
                "there is no `{0}` in the credentials `{1}`",
                &[name, &shown],
            ))
        })?;
        found.insert((*name).to_owned(), credential(name, entry, folder)?);
    }
    Ok(found)
}

fn credential(name: &str, entry: Entry, folder: Option<&Path>) -> Result<Credential, Failure> {
    let password = match (entry.password, entry.password_env, entry.password_file) {
        (Some(password), None, None) => Secret::new(password),
        (None, Some(variable), None) => of_environment(&variable)?,
        (None, None, Some(file)) => {
            of_password_file(&folder.map_or(file.clone(), |at| at.join(&file)))?
        }
        _ => {
            return Err(Failure::usage(text(
                "`{}` 没有密码，或不止一个",
                "`{}` has no password, or more than one",
                &[name],
            ))
            .hint(Text::new(
                "用 --password-env 或 --password-file；密码不写在命令行上",
                "use --password-env or --password-file; a password is never on the command line",
            )));
        }
    };
    Ok(Credential { user: entry.user, password })
}

pub(super) fn of_environment(variable: &str) -> Result<Secret, Failure> {
    env::var(variable).ok().filter(|text| !text.is_empty()).map(Secret::of_line).ok_or_else(|| {
        Failure::usage(text(
            "环境变量 `{}` 未设置，或不是文本",
            "the environment variable `{}` is not set, or no text",
            &[variable],
        ))
    })
}

pub(super) fn of_password_file(path: &Path) -> Result<Secret, Failure> {
    let name = path.display().to_string();
    let unusable = || {
        Failure::usage(text("无法使用密码文件 `{}`", "cannot use the password file `{}`", &[&name]))
    };
    let secret = secret::Secret::read(path)
        .map_err(|error| unusable().hint_from(error.hint()).because(error))?;
    let text = secret.text().filter(|text| !text.trim().is_empty());
    text.map(|text| Secret::of_line(text.to_owned())).ok_or_else(|| {
        unusable().hint(Text::new("文件是空的，或不是文本", "it is empty, or no text"))
    })
}
