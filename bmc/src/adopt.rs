//! From the factory's state into service: which steps, and in which order.
//!
//! The order is the safety of it. Nobody is locked out: the new administrator has logged in before
//! the user of the factory is disabled, and what may make the BMC unreachable, its certificate and
//! its address, comes when all else is done. Each step can be done again: it is read first whether
//! it is done.

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The password that has to be changed first, or that is to be another one.
    Password,
    /// The serial number is the list's.
    Serial,
    /// The new administrator is made.
    User,
    /// The new administrator logs in.
    Login,
    /// The user of the factory is disabled.
    Disable,
    /// Servers of NTP.
    Ntp,
    /// The BMC's own name.
    Name,
    /// The certificate.
    Certificate,
    /// The address.
    Address,
}

impl Step {
    /// All, in their order.
    pub const ALL: [Self; 9] = [
        Self::Password,
        Self::Serial,
        Self::User,
        Self::Login,
        Self::Disable,
        Self::Ntp,
        Self::Name,
        Self::Certificate,
        Self::Address,
    ];

    /// Returns it as programs read it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Serial => "serial",
            Self::User => "user",
            Self::Login => "login",
            Self::Disable => "disable",
            Self::Ntp => "ntp",
            Self::Name => "name",
            Self::Certificate => "certificate",
            Self::Address => "address",
        }
    }

    /// Reads it.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.text() == text)
    }

    /// Returns what it is called: in Chinese, and in English.
    pub fn called(self) -> (&'static str, &'static str) {
        match self {
            Self::Password => ("修改口令", "password"),
            Self::Serial => ("核对序列号", "serial number"),
            Self::User => ("新建管理员", "new administrator"),
            Self::Login => ("新管理员登录", "login of the new administrator"),
            Self::Disable => ("停用出厂用户", "user of the factory disabled"),
            Self::Ntp => ("NTP", "NTP"),
            Self::Name => ("BMC 名称", "name"),
            Self::Certificate => ("证书", "certificate"),
            Self::Address => ("地址", "address"),
        }
    }
}

/// What is to be done to one host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
pub struct Asked {
    /// The password has to be changed before anything else.
    pub must_change: bool,
    /// The new administrator has the name of the factory's user.
    pub keeps_user: bool,
    /// The list has a serial number.
    pub serial: bool,
    /// Servers of NTP are named.
    pub ntp: bool,
    /// The list has a name.
    pub name: bool,
    /// There is a certificate.
    pub certificate: bool,
    /// The list has a new address.
    pub address: bool,
}

/// Returns the steps, in their order. A serial number that can be read is compared before anything
/// is changed.
pub fn steps(asked: Asked) -> Vec<Step> {
    let mut all = Vec::new();
    if asked.serial && !asked.must_change {
        all.push(Step::Serial);
    }
    if asked.must_change || asked.keeps_user {
        all.push(Step::Password);
    }
    if asked.serial && asked.must_change {
        all.push(Step::Serial);
    }
    if !asked.keeps_user {
        all.push(Step::User);
    }
    all.push(Step::Login);
    let more = [
        (!asked.keeps_user, Step::Disable),
        (asked.ntp, Step::Ntp),
        (asked.name, Step::Name),
        (asked.certificate, Step::Certificate),
        (asked.address, Step::Address),
    ];
    all.extend(more.into_iter().filter(|(is, _)| *is).map(|(_, step)| step));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_disabled_before_the_new_one_has_logged_in_and_the_address_is_last() {
        for bits in 0_u8..128 {
            let bit = |at: u8| bits & (1 << at) != 0;
            let asked = Asked {
                must_change: bit(0),
                keeps_user: bit(1),
                serial: bit(2),
                ntp: bit(3),
                name: bit(4),
                certificate: bit(5),
                address: bit(6),
            };
            let all = steps(asked);
            let at = |step| all.iter().position(|own| *own == step);
            let login = at(Step::Login).expect("a login");
            for early in [Step::Password, Step::User, Step::Serial] {
                assert!(at(early).is_none_or(|at| at < login), "{all:?}");
            }
            assert!(at(Step::Disable).is_none_or(|at| at == login + 1), "{all:?}");
            assert_eq!(at(Step::Disable).is_none(), asked.keeps_user);
            assert_eq!(asked.address, all.last() == Some(&Step::Address));
            // Without a password in the way nothing is changed before the serial number is read.
            if asked.serial && !asked.must_change {
                assert_eq!(all.first(), Some(&Step::Serial));
            }
            for step in &all {
                assert_eq!(Step::of(step.text()), Some(*step));
            }
        }
    }
}
