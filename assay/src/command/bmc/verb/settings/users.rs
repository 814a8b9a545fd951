//! What is wanted of users.

use std::sync::Arc;

use bmc::{
    credential::Secret,
    operation::account::{Change, Role},
    safety::Effect,
};

use super::Setting;
use crate::{
    cli::bmc::settings::users::{self, NewPassword, Users, UsersCommand},
    command::bmc::access::{of_environment, of_password_file},
    failure::Failure,
};

/// What is changed of a user.
#[derive(Clone, Debug)]
pub(in crate::command::bmc) struct User {
    /// The user's name.
    pub(in crate::command::bmc) name: String,
    /// What is changed.
    pub(in crate::command::bmc) change: UserChange,
}

/// What is changed of a user; passwords are shared by all hosts of a run.
#[derive(Clone, Debug)]
pub(in crate::command::bmc) enum UserChange {
    Add { role: Role, password: Arc<Secret> },
    Password(Arc<Secret>),
    Role(Role),
    Enable(bool),
    Remove,
}

impl UserChange {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "users add",
            Self::Password(_) => "users password",
            Self::Role(_) => "users role",
            Self::Enable(true) => "users enable",
            Self::Enable(false) => "users disable",
            Self::Remove => "users remove",
        }
    }

    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Add { .. } | Self::Enable(true) => Effect::Change,
            // Somebody may be shut out.
            Self::Password(_) | Self::Role(_) | Self::Enable(false) | Self::Remove => {
                Effect::Destroy
            }
        }
    }

    /// Returns it as the library takes it.
    pub(in crate::command::bmc) fn change(&self) -> Change<'_> {
        match self {
            Self::Add { role, password } => Change::Add { role: *role, password },
            Self::Password(password) => Change::Password(password),
            Self::Role(role) => Change::Role(*role),
            Self::Enable(on) => Change::Enable(*on),
            Self::Remove => Change::Remove,
        }
    }
}

pub(super) fn of(given: &Users) -> Result<Setting, Failure> {
    let (name, change) = match &given.command {
        None | Some(UsersCommand::List) => return Ok(Setting::Users),
        Some(UsersCommand::Add(add)) => {
            let password = secret(&add.password)?;
            (&add.name, UserChange::Add { role: role(add.role), password })
        }
        Some(UsersCommand::Password(of)) => (&of.name, UserChange::Password(secret(&of.password)?)),
        Some(UsersCommand::Role(of)) => (&of.name, UserChange::Role(role(of.role))),
        Some(UsersCommand::Enable(of)) => (&of.name, UserChange::Enable(true)),
        Some(UsersCommand::Disable(of)) => (&of.name, UserChange::Enable(false)),
        Some(UsersCommand::Remove(of)) => (&of.name, UserChange::Remove),
    };
    Ok(Setting::User(User { name: name.clone(), change }))
}

fn role(given: users::Role) -> Role {
    match given {
        users::Role::Administrator => Role::Administrator,
        users::Role::Operator => Role::Operator,
        users::Role::ReadOnly => Role::ReadOnly,
    }
}

fn secret(given: &NewPassword) -> Result<Arc<Secret>, Failure> {
    let secret = match (&given.new_password_env, &given.new_password_file) {
        (Some(variable), _) => of_environment(variable)?,
        (None, Some(file)) => of_password_file(file)?,
        (None, None) => Secret::new(String::new()),
    };
    Ok(Arc::new(secret))
}
