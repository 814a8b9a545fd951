//! `assay bmc --hosts FILE adopt`.

use std::path::PathBuf;

use clap::Args;

/// `assay bmc --hosts FILE adopt`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Each host of the list in turn: the password that has to be changed first, a new administrator, which is \
proved by a login of its own before the user of the factory is disabled, then NTP, name, certificate and \
address. Columns of the list say what is of one host: new-address with prefix and gateway, bmc-name, \
new-credential. Each step is read back and written to the journal; one that fails ends its host. Run the \
same command again to go on where it stopped, after a power cut or kill -9 too.
A host whose serial number is not the list's is refused, where its password has to be changed first right \
after that. The address comes last.
Exit: 0 all are in service, 1 a host is not as wanted, 2 wrong use or refused for safety, 3 a host could not \
be reached or was not begun
Example: assay bmc --hosts new.csv adopt --journal new.journal --factory-credential factory --new-user ops \
--new-password-file ops.secret --ntp 192.0.2.1 --cert-dir certs --yes-hosts 8")]
pub struct Adopt {
    /// The journal: what was done to which host; one that is there is gone on with
    #[arg(long, value_name = "FILE")]
    pub journal: PathBuf,
    /// The credential of the factory by its name in the file of credentials [default: --credential,
    /// --user, or the list's]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["credential", "user"])]
    pub factory_credential: Option<String>,
    /// The new administrator's name; that of the factory, to keep it with another password
    #[arg(long, value_name = "NAME", group = "new-who")]
    pub new_user: Option<String>,
    /// Environment variable that holds the new password
    #[arg(long, value_name = "VAR", requires = "new_user", conflicts_with = "new_password_file")]
    pub new_password_env: Option<String>,
    /// File that holds the new password, readable by its owner alone
    #[arg(long, value_name = "FILE", requires = "new_user")]
    pub new_password_file: Option<PathBuf>,
    /// The new credential by its name in the file of credentials [default: the list's]
    #[arg(long, value_name = "NAME", group = "new-who")]
    pub new_credential: Option<String>,
    /// Servers of NTP, the preferred one first
    #[arg(long, value_name = "SERVER", value_delimiter = ',')]
    pub ntp: Vec<String>,
    /// Folder of certificates, ADDRESS.pem of each host by its address in the list, with its key in
    /// ADDRESS.key where the BMC has not made it
    #[arg(long, value_name = "DIR")]
    pub cert_dir: Option<PathBuf>,
}
