//! What we change, as others see it, and what they change, as we see it.

use bmc::credential::Secret;
use bmc::ipmi::command::lan::Source;
use bmc::ipmi::privilege::Privilege;
use bmc::ipmi::{IpmiError, NewAccess, PasswordForm};
use bmc::operation::Outcome;
use bmc::operation::boot::{Device, Firmware, Lasting, Override};
use bmc::operation::power::{Action, State};
use libtest_mimic::Failed;

use super::console::{admin, connect, freeipmi, ipmitool, ipmitool_as, options, pairs, run};
use super::sim::Sim;

pub(crate) fn power() -> Result<(), Failed> {
    let sim = Sim::start()?;
    let seen = |wanted: &str| -> Result<(), Failed> {
        assert_eq!(
            ipmitool(sim.port, "power status")?.trim(),
            format!("Chassis Power is {wanted}")
        );
        let other = freeipmi(sim.port, sim.folder(), "ipmi-chassis", "--get-chassis-status")?;
        assert_eq!(pairs(&other).get("System Power").map(String::as_str), Some(wanted));
        Ok(())
    };
    let act = |action| -> Result<(Outcome, State), IpmiError> {
        run(async {
            let mut client = admin(sim.port).await?;
            let outcome = client.power(action).await?;
            let state = client.power_state().await?;
            client.close().await?;
            Ok((outcome, state))
        })
    };
    for (action, state, word) in [
        (Action::On, State::On, "on"),
        (Action::Reset, State::On, "on"),
        (Action::Off, State::Off, "off"),
        (Action::On, State::On, "on"),
        (Action::Soft, State::Off, "off"),
    ] {
        assert_eq!(act(action)?, (Outcome::Done, state), "{action:?}");
        seen(word)?;
    }
    // A reset reached the chassis once.
    let events = std::fs::read_to_string(sim.folder().join("state/events"))?;
    assert_eq!(events.lines().filter(|line| *line == "reset").count(), 1, "{events}");
    for (verb, state) in [("on", State::On), ("off", State::Off)] {
        ipmitool(sim.port, &format!("power {verb}"))?;
        let found = run(async {
            let mut client = admin(sim.port).await?;
            let found = client.power_state().await?;
            client.close().await?;
            Ok::<State, IpmiError>(found)
        })?;
        assert_eq!(found, state);
    }
    Ok(())
}

pub(crate) fn boot() -> Result<(), Failed> {
    let sim = Sim::start()?;
    for (device, word, theirs) in [
        (Device::Pxe, "pxe", "Force PXE"),
        (Device::Cd, "cd", "Force Boot from CD/DVD"),
        (Device::Disk, "disk", "Force Boot from default Hard-Drive"),
        (Device::Bios, "bios", "Force Boot into BIOS Setup"),
    ] {
        let firmware = Some(Firmware::Legacy);
        let wanted = Override { device, lasting: Lasting::Once, firmware };
        let outcome = run(async {
            let mut client = admin(sim.port).await?;
            let outcome = client.set_boot(wanted).await?;
            client.close().await?;
            Ok::<Outcome, IpmiError>(outcome)
        })?;
        let theirs_now = pairs(&ipmitool(sim.port, "chassis bootparam get 5")?);
        let selected = theirs_now.iter().find(|(key, _)| key.contains("Boot Device Selector"));
        let kept = selected.is_some_and(|(_, value)| value == theirs);
        match device {
            // What it has: the device, and never the mark of being valid; so ipmitool says, too.
            Device::Pxe | Device::Cd | Device::Disk | Device::Bios if kept => {
                let found = format!("{word}, once, legacy, not marked valid");
                let sent = format!("{word}, once, legacy");
                assert_eq!(outcome, Outcome::NotKept { sent, found });
            }
            // It has no such device: it says yes, and nothing changes. We say so.
            _ => assert!(matches!(outcome, Outcome::NotKept { .. }), "{outcome:?}"),
        }
        println!("boot {word}: kept {kept}");
    }
    ipmitool(sim.port, "chassis bootdev pxe")?;
    let flags = run(async {
        let mut client = admin(sim.port).await?;
        let flags = client.boot_flags().await?;
        let seen = client.boot().await?;
        client.close().await?;
        Ok::<_, IpmiError>((flags, seen))
    })?;
    assert_eq!(flags.0.seen.device, Some(Device::Pxe));
    assert!(!flags.0.valid);
    // Not in force, for it is not marked so.
    assert_eq!(flags.1.device, Some(Device::None));
    Ok(())
}

pub(crate) fn log() -> Result<(), Failed> {
    let sim = Sim::start()?;
    let cleared = run(async {
        let mut client = admin(sim.port).await?;
        let outcome = client.clear_log().await?;
        let left = client.log().await?.items.len();
        client.close().await?;
        Ok::<_, IpmiError>((outcome, left))
    })?;
    assert_eq!(cleared, (Outcome::Done, 0));
    assert_eq!(
        pairs(&ipmitool(sim.port, "sel info")?).get("Entries").map(String::as_str),
        Some("0")
    );
    // One that they add, we read.
    let words = "raw 0x0a 0x44 0 0 2 0 0 0 0 0x20 0 4 1 1 1 0x59 0xa0 0x90";
    ipmitool(sim.port, words)?;
    let found = run(async {
        let mut client = admin(sim.port).await?;
        let found = client.log().await?;
        client.close().await?;
        Ok::<_, IpmiError>(found)
    })?;
    assert_eq!(found.items.len(), 1, "{found:?}");
    let entry = found.items.first().ok_or("no entry")?;
    assert_eq!(entry.message, "Upper Critical going high (reading 160, threshold 144 °C)");
    assert_eq!(entry.origin.as_deref(), Some("CPU1 Temp"));
    ipmitool(sim.port, "sel clear")?;
    let extent = run(async {
        let mut client = admin(sim.port).await?;
        let extent = client.log_extent().await?;
        client.close().await?;
        Ok::<_, IpmiError>(extent)
    })?;
    assert_eq!(extent.entries, 0);
    Ok(())
}

pub(crate) fn users() -> Result<(), Failed> {
    let sim = Sim::start()?;
    let password = Secret::new("geheim-16-bytes!".to_owned());
    let long = "a password of 20 b!.";
    let access = NewAccess {
        most: Some(Privilege::Operator),
        messaging: true,
        link: false,
        callback_only: false,
    };
    let outcomes = run(async {
        let mut client = admin(sim.port).await?;
        let outcomes = [
            client.set_user_name(4, "installer").await?,
            client.set_password(4, &password, PasswordForm::Sixteen).await?,
            client.set_user_access(1, 4, access).await?,
            client.enable_user(4, true).await?,
        ];
        client.close().await?;
        Ok::<_, IpmiError>(outcomes)
    })?;
    // It does not tell whether a user is enabled: the yes is all there is.
    let told = Outcome::Accepted { task: None };
    assert_eq!(outcomes, [Outcome::Done, Outcome::Done, Outcome::Done, told]);
    let listed = ipmitool(sim.port, "-c user list 1")?;
    assert!(listed.lines().any(|line| line == "4,installer,true,false,true,OPERATOR"), "{listed}");
    let words = "-L OPERATOR power status";
    let said = ipmitool_as(sim.port, "installer", password.reveal(), words)?;
    assert_eq!(said.trim(), "Chassis Power is off");
    // One of 20 bytes it takes, and keeps 16 of them: ipmitool cannot come in, and we say why.
    ipmitool(sim.port, &format!("user set password 3 {} 20", long.replace(' ', "_")))?;
    assert!(ipmitool_as(sim.port, "operator", long, words).is_err());
    let cut = run(connect(sim.port, "operator", long, &options()));
    assert!(matches!(cut, Err(IpmiError::PasswordCut)), "{cut:?}");
    let refused = ipmitool_as(sim.port, "installer", "another", words);
    assert!(refused.is_err(), "{refused:?}");
    // One that they name, we read, and one that they disable is let in no more.
    ipmitool(sim.port, "user set name 5 auditor")?;
    ipmitool(sim.port, "user disable 4")?;
    let users = run(async {
        let mut client = admin(sim.port).await?;
        let users = client.users(1).await?;
        client.close().await?;
        Ok::<_, IpmiError>(users)
    })?;
    let find = |id| users.iter().find(|user| user.id == id);
    assert_eq!(find(4).map(|user| (user.name.as_str(), user.enabled)), Some(("installer", None)));
    assert_eq!(find(5).map(|user| user.name.as_str()), Some("auditor"));
    let gone = ipmitool_as(sim.port, "installer", password.reveal(), words);
    assert!(gone.is_err(), "{gone:?}");
    Ok(())
}

pub(crate) fn network() -> Result<(), Failed> {
    let sim = Sim::start()?;
    let outcome = run(async {
        let mut client = admin(sim.port).await?;
        let outcome = client.set_lan_parameter(1, 12, &[192, 0, 2, 1]).await?;
        client.close().await?;
        Ok::<_, IpmiError>(outcome)
    })?;
    assert_eq!(outcome, Outcome::Done);
    let shown = pairs(&ipmitool(sim.port, "lan print 1")?);
    assert_eq!(shown.get("Default Gateway IP").map(String::as_str), Some("192.0.2.1"));
    ipmitool(sim.port, "lan set 1 defgw ipaddr 192.0.2.254")?;
    let lan = run(async {
        let mut client = admin(sim.port).await?;
        let lan = client.lan(1).await?;
        client.close().await?;
        Ok::<_, IpmiError>(lan)
    })?;
    assert_eq!(lan.gateway, Some([192, 0, 2, 254].into()));
    assert_ne!(lan.source, Some(Source::Dhcp));
    Ok(())
}
