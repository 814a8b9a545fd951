//! Users of a channel, who may come by it, and its network: read, and changed one by one, each
//! change read back (§22.23 to §22.30, §23).

use zeroize::Zeroizing;

use super::{Client, chassis::unsupported};
use crate::{
    credential::Secret,
    ipmi::{
        IpmiError,
        command::{
            lan::{IPV6, Lan, PARAMETERS, SUITES},
            netfn, text,
            user::{self, Access, ChannelAccess, User},
        },
        privilege::Privilege,
    },
    operation::Outcome,
};

/// Users that a channel can have.
const USERS: u8 = 63;
const SET_LAN: &str = "Set LAN Configuration Parameters";
/// Addresses of IPv6 that are read of each kind.
const ADDRESSES: u8 = 16;

/// How long a password is kept: some BMCs take but one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordForm {
    /// 16 bytes, good for IPMI 1.5 too.
    Sixteen,
    /// 20 bytes, good for IPMI 2.0 alone.
    Twenty,
}

/// What a user may do on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAccess {
    /// The most that it may do; `None` for no access.
    pub most: Option<Privilege>,
    /// Whether it may use IPMI on the channel.
    pub messaging: bool,
    /// Whether links are authenticated by it.
    pub link: bool,
    /// Whether it is called back only.
    pub callback_only: bool,
}

impl NewAccess {
    fn bits(self) -> u8 {
        let mut bits = 0x80;
        bits |= if self.messaging { 0x10 } else { 0 };
        bits |= if self.link { 0x20 } else { 0 };
        bits |= if self.callback_only { 0x40 } else { 0 };
        bits
    }
}

impl Client {
    /// Reads the users of `channel`; 0x0e is the channel of this session. Numbers without name,
    /// use and access are left out.
    pub async fn users(&mut self, channel: u8) -> Result<Vec<User>, IpmiError> {
        let mut users = Vec::new();
        let (mut id, mut most) = (1, 1);
        while id <= most.min(USERS) {
            if let Some((count, user)) = self.user(channel, id).await? {
                most = count;
                let used = user.enabled == Some(true) || user.privilege.is_some();
                if !user.name.is_empty() || used {
                    users.push(user);
                }
            }
            id += 1;
        }
        Ok(users)
    }

    /// Reads a user, and how many there can be; `None` for a number that is not there.
    async fn user(&mut self, channel: u8, id: u8) -> Result<Option<(u8, User)>, IpmiError> {
        const WHAT: &str = "Get User Access";
        let answer = self.command(netfn::APP, 0x44, &[channel, id], WHAT).await?;
        match answer.code {
            0 => {}
            0xc9 | 0xcb | 0xcc if id > 1 => return Ok(None),
            code => return Err(IpmiError::Refused { what: WHAT, code }),
        }
        let access = Access::read(&answer.data).ok_or(IpmiError::Malformed { what: WHAT })?;
        let name = self.user_name(id).await?;
        Ok(Some((access.most, access.user(id, name))))
    }

    /// Returns how many users there can be.
    pub(super) async fn most_users(&mut self, channel: u8) -> Result<u8, IpmiError> {
        let first = self.user(channel, 1).await?;
        Ok(first.map_or(1, |(most, _)| most.min(USERS)))
    }

    async fn user_name(&mut self, id: u8) -> Result<String, IpmiError> {
        const WHAT: &str = "Get User Name";
        let answer = self.command(netfn::APP, 0x46, &[id], WHAT).await?;
        match answer.code {
            0 => Ok(user::name(&answer.data)),
            // A number without a name.
            0xc9 | 0xcb | 0xcc => Ok(String::new()),
            code => Err(IpmiError::Refused { what: WHAT, code }),
        }
    }

    /// Names a user, and reads the name back. An empty name takes it away.
    pub async fn set_user_name(&mut self, id: u8, name: &str) -> Result<Outcome, IpmiError> {
        const WHAT: &str = "Set User Name";
        if name.len() > 16 {
            return Err(IpmiError::UserLong { length: name.len() });
        }
        let mut data = vec![id & 0x3f];
        data.extend(name.bytes());
        data.resize(17, 0);
        let code = self.command(netfn::APP, 0x45, &data, WHAT).await?.code;
        // Some refuse to be told what they have.
        let found = self.user_name(id).await?;
        if code != 0 && found != name {
            return unsupported(WHAT, code);
        }
        Ok(kept(name == found, || (name.to_owned(), found)))
    }

    /// Gives a user a password, and has the BMC test it.
    pub async fn set_password(
        &mut self,
        id: u8,
        password: &Secret,
        form: PasswordForm,
    ) -> Result<Outcome, IpmiError> {
        const WHAT: &str = "Set User Password";
        let code = self.password(id, 2, password, form, WHAT).await?;
        if code != 0 {
            return unsupported(WHAT, code);
        }
        let is = self.has_password(id, password, form).await?;
        let say = |what: &str| what.to_owned();
        Ok(kept(is, || (say("a password"), say("another one"))))
    }

    /// Returns whether a user has that password, by the BMC's own test.
    pub async fn has_password(
        &mut self,
        id: u8,
        password: &Secret,
        form: PasswordForm,
    ) -> Result<bool, IpmiError> {
        const WHAT: &str = "Test User Password";
        match self.password(id, 3, password, form, WHAT).await? {
            0 => Ok(true),
            // Another one; one of another length.
            0x80 | 0x81 => Ok(false),
            code => Err(IpmiError::Refused { what: WHAT, code }),
        }
    }

    async fn password(
        &mut self,
        id: u8,
        operation: u8,
        password: &Secret,
        form: PasswordForm,
        what: &'static str,
    ) -> Result<u8, IpmiError> {
        let (bit, length) = match form {
            PasswordForm::Sixteen => (0, 16),
            PasswordForm::Twenty => (0x80, 20),
        };
        let bytes = password.reveal().as_bytes();
        if bytes.len() > length {
            return Err(IpmiError::PasswordLong { length: bytes.len() });
        }
        let mut data = Zeroizing::new(vec![bit | id & 0x3f, operation]);
        data.extend(bytes);
        data.resize(2 + length, 0);
        Ok(self.command(netfn::APP, 0x47, &data, what).await?.code)
    }

    /// Enables a user, or disables it, and reads it back.
    pub async fn enable_user(&mut self, id: u8, enabled: bool) -> Result<Outcome, IpmiError> {
        let (operation, what) = if enabled { (1, "Enable User") } else { (0, "Disable User") };
        let data = [id & 0x3f, operation];
        let mut code = self.command(netfn::APP, 0x47, &data, what).await?.code;
        if code == 0xc7 {
            // Some want a password's bytes there all the same.
            let mut data = data.to_vec();
            data.resize(18, 0);
            code = self.command(netfn::APP, 0x47, &data, what).await?.code;
        }
        if code != 0 {
            return unsupported(what, code);
        }
        let found = self.user(0x0e, id).await?.and_then(|(_, user)| user.enabled);
        let say = |is: bool| if is { "enabled" } else { "disabled" }.to_owned();
        Ok(match found {
            // It does not tell.
            None => Outcome::Accepted { task: None },
            Some(found) => kept(found == enabled, || (say(enabled), say(found))),
        })
    }

    /// Sets what a user may do on `channel`, and reads it back.
    pub async fn set_user_access(
        &mut self,
        channel: u8,
        id: u8,
        wanted: NewAccess,
    ) -> Result<Outcome, IpmiError> {
        const WHAT: &str = "Set User Access";
        let level = wanted.most.map_or(0x0f, Privilege::code);
        let data = [wanted.bits() | channel & 0x0f, id & 0x3f, level, 0];
        let code = self.command(netfn::APP, 0x43, &data, WHAT).await?.code;
        if code != 0 {
            return unsupported(WHAT, code);
        }
        let found = self.user(channel, id).await?.map(|(_, user)| NewAccess {
            most: user.privilege,
            messaging: user.messaging,
            link: user.link,
            callback_only: user.callback_only,
        });
        Ok(kept(found == Some(wanted), || (format!("{wanted:?}"), format!("{found:?}"))))
    }

    /// Reads who may come by `channel`, as it is now.
    pub async fn channel_access(&mut self, channel: u8) -> Result<ChannelAccess, IpmiError> {
        const WHAT: &str = "Get Channel Access";
        let data = self.asked(netfn::APP, 0x41, &[channel & 0x0f, 0x80], WHAT).await?;
        ChannelAccess::read(&data).ok_or(IpmiError::Malformed { what: WHAT })
    }

    /// Reads the network of `channel`; 0x0e is the channel of this session. What the BMC does not
    /// tell stays `None`.
    pub async fn lan(&mut self, channel: u8) -> Result<Lan, IpmiError> {
        let mut lan = Lan { channel, ..Lan::default() };
        for parameter in PARAMETERS.into_iter().chain([SUITES]) {
            if let Some(data) = self.lan_parameter(channel, parameter, 0).await? {
                lan.take(parameter, &data);
            }
        }
        // How many addresses of IPv6 there can be, static and dynamic.
        let status = self.lan_parameter(channel, 55, 0).await?.unwrap_or_default();
        for (parameter, most) in IPV6.into_iter().zip(status) {
            for selector in 0..most.min(ADDRESSES) {
                match self.lan_parameter(channel, parameter, selector).await? {
                    Some(data) => lan.take_ipv6(&data),
                    None => break,
                }
            }
        }
        Ok(lan)
    }

    /// Reads a parameter of a channel's network, its revision left out; `None` where the BMC has
    /// it not.
    async fn lan_parameter(
        &mut self,
        channel: u8,
        parameter: u8,
        selector: u8,
    ) -> Result<Option<Vec<u8>>, IpmiError> {
        let data = [channel & 0x0f, parameter, selector, 0];
        let what = "Get LAN Configuration Parameters";
        let answer = self.command(netfn::TRANSPORT, 0x02, &data, what).await?;
        match answer.code {
            0 => Ok(Some(answer.data.get(1..).unwrap_or_default().to_vec())),
            code @ (0xc1 | 0xd4) => Err(IpmiError::Refused { what, code }),
            _ => Ok(None),
        }
    }

    /// Sets a parameter of a channel's network (table 23-4), and reads it back. An address of the
    /// channel that this session came by takes the session with it.
    pub async fn set_lan_parameter(
        &mut self,
        channel: u8,
        parameter: u8,
        value: &[u8],
    ) -> Result<Outcome, IpmiError> {
        let channel = channel & 0x0f;
        // In progress, the value, written for good, done. Of all but the value BMCs may have none,
        // so their answers do not matter; ipmi_sim takes a value back that is not written for good.
        self.set_lan(&[channel, 0, 1]).await?;
        let mut data = vec![channel, parameter];
        data.extend(value);
        let code = self.set_lan(&data).await?;
        for end in [2, 0] {
            self.set_lan(&[channel, 0, end]).await?;
        }
        if code != 0 {
            return unsupported(SET_LAN, code);
        }
        let found = self.lan_parameter(channel, parameter, 0).await?.unwrap_or_default();
        let say = |bytes: &[u8]| text::hexadecimal(bytes);
        Ok(kept(found.starts_with(value), || (say(value), say(&found))))
    }

    async fn set_lan(&mut self, data: &[u8]) -> Result<u8, IpmiError> {
        Ok(self.command(netfn::TRANSPORT, 0x01, data, SET_LAN).await?.code)
    }
}

fn kept(is: bool, what: impl FnOnce() -> (String, String)) -> Outcome {
    if is {
        return Outcome::Done;
    }
    let (sent, found) = what();
    Outcome::NotKept { sent, found }
}
