//! We at the BMC of pyghmi (`fakebmc`): the same that OpenStack's virtual BMCs are made of.
//!
//! Where it does not do as IPMI 2.0 has it: it takes suite 3 whatever is asked for; it is silent to
//! a user that it does not know, and to a wrong password; of boot options it keeps the device alone.

use std::{
    net::UdpSocket,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bmc::ipmi::{IpmiError, Options, suite::Suite};
use bmc::operation::{
    Outcome,
    boot::{Device, Lasting, Override},
    power::{Action, State},
};
use libtest_mimic::Failed;

use super::console::{admin, connect, ipmitool, options, run};

/// Until it answers, which takes seconds where others work.
const START: Duration = Duration::from_mins(1);

/// Its BMC on a port of this machine; it ends with this.
struct Fake {
    process: Child,
    port: u16,
}

impl Fake {
    /// Starts one. It does not tell which port it took, so it is given one that is free now; where
    /// another program was faster to that port it ends, and is started again.
    fn start() -> Result<Self, Failed> {
        let until = Instant::now() + START;
        let mut fake = Self::on_free_port()?;
        loop {
            let error = match run(connect(fake.port, "admin", "password", &options())) {
                Ok(client) => return run(client.close()).map(|()| fake).map_err(Failed::from),
                Err(error) => error,
            };
            let ended = fake.process.try_wait()?;
            if Instant::now() > until {
                return Err(format!("pyghmi's BMC (ended: {ended:?}): {error}").into());
            }
            if ended.is_some() {
                fake = Self::on_free_port()?;
            }
        }
    }

    fn on_free_port() -> Result<Self, Failed> {
        // Free for both protocols, for it takes both.
        let port = UdpSocket::bind("[::]:0")?.local_addr()?.port();
        let process = Command::new("fakebmc")
            .args(["--port", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { process, port })
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

pub(crate) fn operations() -> Result<(), Failed> {
    let fake = Fake::start()?;
    let both = Options { suites: vec![Suite::SHA256, Suite::SHA1], ..options() };
    run(async {
        let mut client = connect(fake.port, "admin", "password", &both).await?;
        let device = client.device().await?;
        assert_eq!(device.ipmi, (2, 0), "{device:?}");
        for (action, state) in [
            (Action::On, State::On),
            (Action::Reset, State::On),
            (Action::Soft, State::Off),
            (Action::On, State::On),
            (Action::Off, State::Off),
        ] {
            assert_eq!(client.power(action).await?, Outcome::Done, "{action:?}");
            assert_eq!(client.power_state().await?, state, "{action:?}");
        }
        client.close().await
    })?;
    // What we change ipmitool sees, and what ipmitool changes we see.
    assert!(ipmitool(fake.port, "power status")?.contains("is off"));
    for (word, state) in [("on", State::On), ("off", State::Off)] {
        ipmitool(fake.port, &format!("power {word}"))?;
        let seen = run(async {
            let mut client = admin(fake.port).await?;
            let seen = client.power_state().await?;
            client.close().await?;
            Ok::<_, IpmiError>(seen)
        })?;
        assert_eq!(seen, state, "{word}");
    }
    Ok(())
}

pub(crate) fn boot() -> Result<(), Failed> {
    let fake = Fake::start()?;
    run(async {
        let mut client = admin(fake.port).await?;
        for device in [Device::Pxe, Device::Disk, Device::Cd, Device::Bios] {
            let once = Override { device, lasting: Lasting::Once, firmware: None };
            assert_eq!(client.set_boot(once).await?, Outcome::Done, "{device:?}");
            assert_eq!(client.boot().await?.device, Some(device));
        }
        // That it is to last is not kept, and we say so.
        let lasting =
            Override { device: Device::Pxe, lasting: Lasting::Persistent, firmware: None };
        let outcome = client.set_boot(lasting).await?;
        assert!(matches!(outcome, Outcome::NotKept { .. }), "{outcome:?}");
        client.close().await
    })?;
    Ok(())
}

pub(crate) fn refusals() -> Result<(), Failed> {
    for (user, password) in [("nobody", "password"), ("admin", "wrong")] {
        // One for each: a wrong login may be the end of it.
        let mut fake = Fake::start()?;
        match run(connect(fake.port, user, password, &options())) {
            Ok(client) => return Err(format!("{user} is let in: {client:?}").into()),
            // It is silent to a name; that a password is wrong is seen by its own code.
            Err(error) => {
                let is_expected = match user {
                    "nobody" => matches!(error, IpmiError::LoginSilent { .. }),
                    _ => matches!(error, IpmiError::PasswordWrong),
                };
                assert!(is_expected, "{user}: {error:?}");
                let ended = fake.process.try_wait()?;
                println!("pyghmi's BMC, {user} with `{password}`: {error} (ended: {ended:?})");
            }
        }
    }
    Ok(())
}
