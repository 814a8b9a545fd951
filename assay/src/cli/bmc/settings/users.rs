//! `assay bmc TARGET… users`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `assay bmc TARGET… users`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Without a command the users are listed. The user that is logged in, and the last administrator, are \
never removed, disabled or lowered. A password that was set is proved by one login with it.
Example: assay bmc 192.0.2.7 users
Example: assay bmc 192.0.2.7 users add ops --role operator --new-password-env NEW")]
pub struct Users {
    /// What to do
    #[command(subcommand)]
    pub command: Option<UsersCommand>,
}

/// What is done with users.
#[derive(Clone, Debug, Subcommand)]
pub enum UsersCommand {
    /// List the users
    List,
    /// Make a user
    Add(Add),
    /// Give a user another password
    Password(Password),
    /// Give a user another role
    Role(NewRole),
    /// Let a user log in
    Enable(Named),
    /// Let a user not log in
    Disable(Named),
    /// Take a user away
    Remove(Named),
}

/// A user.
#[derive(Clone, Debug, Args)]
pub struct Named {
    /// The user's name
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// A password that is to be.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct NewPassword {
    /// Environment variable that holds the new password
    #[arg(long, value_name = "VAR")]
    pub new_password_env: Option<String>,
    /// File that holds the new password, readable by its owner alone
    #[arg(long, value_name = "FILE")]
    pub new_password_file: Option<PathBuf>,
}

/// `assay bmc TARGET… users add`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Example: assay bmc 192.0.2.7 users add ops --role operator --new-password-file ops.secret")]
pub struct Add {
    /// The user's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What the user may do: administrator, operator, readonly
    #[arg(long, value_name = "ROLE", hide_possible_values = true)]
    pub role: Role,
    /// The user's password.
    #[command(flatten)]
    pub password: NewPassword,
}

/// `assay bmc TARGET… users password`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Example: assay bmc 192.0.2.7 users password ops --new-password-env NEW --yes-hosts 1")]
pub struct Password {
    /// The user's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The user's password.
    #[command(flatten)]
    pub password: NewPassword,
}

/// `assay bmc TARGET… users role`.
#[derive(Clone, Debug, Args)]
pub struct NewRole {
    /// The user's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What the user may do: administrator, operator, readonly
    #[arg(value_name = "ROLE", hide_possible_values = true)]
    pub role: Role,
}

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum Role {
    Administrator,
    Operator,
    #[value(name = "readonly")]
    ReadOnly,
}
