//! Credentials that BMCs leave the factory with, as their makers publish them.
//!
//! They are in manuals that anybody can read; whoever audits has to know them too. Makes that
//! print a password of its own on each machine (iDRAC of our day, iLO, Supermicro since 2020) are
//! here with the one of before.

use crate::credential::Secret;

/// A credential of a make.
#[derive(Clone, Copy)]
pub struct Default {
    /// Dialects, or parts of the maker's name in lower case.
    pub makes: &'static [&'static str],
    /// The user's name.
    pub user: &'static str,
    /// The password.
    password: &'static str,
}

const fn one(
    makes: &'static [&'static str],
    user: &'static str,
    password: &'static str,
) -> Default {
    Default { makes, user, password }
}

/// All that are known, with the manual that each is from.
pub const KNOWN: &[Default] = &[
    // iBMC User Guide, "Default User Name and Password"; xFusion's and openUBMC's is the same.
    one(&["ibmc", "huawei", "xfusion", "openubmc"], "Administrator", "Admin@9000"),
    // iBMC before 2018.
    one(&["ibmc", "huawei"], "root", "Huawei12#$"),
    // ISBMC and Inspur BMC User Manual.
    one(&["isbmc", "inspur", "ieit"], "admin", "admin"),
    // HDM Technology White Paper.
    one(&["hdm", "h3c"], "admin", "Password@_"),
    // AMI MegaRAC SP-X User Guide; Suma, Sugon and Nettrix have it too.
    one(&["megarac", "ami", "american megatrends", "sugon", "suma", "nettrix"], "admin", "admin"),
    // Lenovo XClarity Controller User Guide.
    one(&["xcc", "lenovo"], "USERID", "PASSW0RD"),
    // OpenBMC documentation, "Default login".
    one(&["openbmc"], "root", "0penBmc"),
    // ZTE iSAC User Guide.
    one(&["zte"], "Administrator", "Superuser9!"),
    // Supermicro IPMI User's Guide, before 2020.
    one(&["supermicro", "super micro"], "ADMIN", "ADMIN"),
    // iDRAC User's Guide.
    one(&["dell"], "root", "calvin"),
];

/// Reports name users, and no passwords.
impl std::fmt::Debug for Default {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} of {:?}", self.user, self.makes)
    }
}

impl Default {
    /// Returns the password.
    pub fn password(&self) -> Secret {
        Secret::new(self.password.to_owned())
    }
}

/// Returns the credentials of makes: dialects, or makers' names.
pub fn of(makes: &[String]) -> impl Iterator<Item = &'static Default> {
    let makes: Vec<String> = makes.iter().map(|make| make.to_lowercase()).collect();
    KNOWN.iter().filter(move |known| {
        known.makes.iter().any(|own| {
            // A short word is a name of its own, and no part of another: `ami` of `Miami`.
            makes.iter().any(|make| make.split(|at: char| !at.is_alphanumeric()).any(|w| w == *own))
                || (own.contains(' ') && makes.iter().any(|make| make.contains(own)))
        })
    })
}

/// Returns whether a credential is one that anybody knows, of whatever make.
pub fn is_known(user: &str, password: &Secret) -> bool {
    KNOWN.iter().any(|known| known.user == user && known.password == password.reveal())
}
