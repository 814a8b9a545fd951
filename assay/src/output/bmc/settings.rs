//! Settings that were read: their columns, their rows, and their JSON.

mod bios;
mod certs;
mod lockdown;
mod nic;
mod time;
mod users;

use bmc::{
    hand::Read,
    operation::{
        account::Account, bios::Setting, certificate::Certificate, clock::Clock,
        interface::Interface,
    },
};
pub use lockdown::Closing;
use profiles::Lang;
use serde_json::Value;

use crate::output::table::Cell;

/// Settings that were read.
#[derive(Debug)]
pub enum Seen {
    /// Users.
    Users(Read<Vec<Account>>),
    /// Settings of the BIOS.
    Bios(Read<Vec<Setting>>),
    /// Certificates.
    Certificates(Read<Vec<Certificate>>),
    /// A clock.
    Clock(Read<Clock>),
    /// Interfaces of the BMC.
    Interfaces(Read<Vec<Interface>>),
    /// What is open, and what became of closing it.
    Lockdown(Vec<Closing>),
    /// A bundle of logs was fetched.
    Bundle {
        /// Its file.
        file: String,
        /// Its length.
        bytes: u64,
        /// Its SHA-256, in hexadecimal digits.
        sha256: String,
        /// What there is to say beside: in Chinese, and in English.
        remarks: Vec<(String, String)>,
    },
    /// A file was written.
    Written {
        /// Its path.
        file: String,
        /// What there is to say beside: in Chinese, and in English.
        remarks: Vec<(String, String)>,
    },
}

impl Seen {
    /// Returns whether something was tried that is not as wanted.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Lockdown(all) if all.iter().any(Closing::is_bad))
    }

    /// Returns the headings: in Chinese, and in English.
    pub(super) fn head(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Users(_) => users::HEAD,
            Self::Bios(_) => bios::HEAD,
            Self::Certificates(_) => certs::HEAD,
            Self::Clock(_) => time::HEAD,
            Self::Interfaces(_) => nic::HEAD,
            Self::Lockdown(_) => lockdown::HEAD,
            Self::Bundle { .. } => &[("文件", "file"), ("字节", "bytes"), ("SHA-256", "SHA-256")],
            Self::Written { .. } => &[("文件", "file")],
        }
    }

    /// Returns the rows.
    pub(super) fn rows(&self, lang: Lang) -> Vec<Vec<Cell>> {
        match self {
            Self::Users(read) => read.value.iter().map(|one| users::row(one, lang)).collect(),
            Self::Bios(read) => read.value.iter().map(|one| bios::row(one, lang)).collect(),
            Self::Certificates(read) => {
                read.value.iter().map(|one| certs::row(one, lang)).collect()
            }
            Self::Clock(read) => vec![time::row(&read.value, lang)],
            Self::Interfaces(read) => read.value.iter().map(|one| nic::row(one, lang)).collect(),
            Self::Lockdown(all) => all.iter().map(|one| lockdown::row(one, lang)).collect(),
            Self::Bundle { file, bytes, sha256, .. } => {
                vec![vec![file.as_str().into(), bytes.to_string().into(), sha256.as_str().into()]]
            }
            Self::Written { file, .. } => vec![vec![file.as_str().into()]],
        }
    }

    /// Puts it into the object of its host.
    pub(super) fn put(&self, host: &mut Value) {
        match self {
            Self::Users(read) => {
                host["complete"] = read.complete.into();
                host["users"] = read.value.iter().map(users::value).collect();
            }
            Self::Certificates(read) => {
                host["complete"] = read.complete.into();
                host["certificates"] = read.value.iter().map(certs::value).collect();
            }
            Self::Clock(read) => host["clock"] = time::value(&read.value),
            Self::Interfaces(read) => {
                host["nic"] = read.value.iter().map(nic::value).collect();
            }
            Self::Lockdown(all) => {
                host["services"] = all.iter().map(lockdown::value).collect();
            }
            Self::Bundle { file, bytes, sha256, .. } => {
                host["file"] = file.as_str().into();
                host["bytes"] = (*bytes).into();
                host["sha256"] = sha256.as_str().into();
            }
            Self::Written { file, .. } => host["file"] = file.as_str().into(),
            Self::Bios(read) => {
                host["complete"] = read.complete.into();
                host["bios"] = read.value.iter().map(bios::value).collect();
            }
        }
    }

    /// Returns what there is to say beside: in Chinese, and in English.
    pub(super) fn remarks(&self) -> &[(String, String)] {
        match self {
            Self::Users(read) => &read.remarks,
            Self::Bios(read) => &read.remarks,
            Self::Certificates(read) => &read.remarks,
            Self::Clock(read) => &read.remarks,
            Self::Interfaces(read) => &read.remarks,
            Self::Lockdown(_) => &[],
            Self::Bundle { remarks, .. } | Self::Written { remarks, .. } => remarks,
        }
    }
}

/// Returns the word for yes, no and unknown.
fn yes_no(is: Option<bool>, lang: Lang) -> String {
    let pair = match is {
        Some(true) => ("是", "yes"),
        Some(false) => ("否", "no"),
        None => ("", ""),
    };
    match lang {
        Lang::Zh => pair.0.to_owned(),
        Lang::En => pair.1.to_owned(),
    }
}
