//! Each thing that goes wrong has its own error, in both languages, and says what to do.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use bmc::credential::Secret;
use bmc::ipmi::privilege::Privilege;
use bmc::ipmi::suite::Suite;
use bmc::ipmi::{self, Client, Credentials, IpmiError, Options};
use bmc::target::{Address, Host};
use libtest_mimic::Failed;

use super::console::{address, admin, connect, options, run};
use super::sim::Sim;

fn error(port: u16, user: &str, password: &str, options: &Options) -> IpmiError {
    match run(connect(port, user, password, options)) {
        Err(error) => error,
        Ok(client) => unreachable!("{user} is let in: {client:?}"),
    }
}

pub(crate) fn errors() -> Result<(), Failed> {
    let mut sim = Sim::start()?;
    let port = sim.port;
    let mut errors = vec![
        ("UserUnknown", error(port, "nobody", "password", &options())),
        ("PasswordWrong", error(port, "admin", "wrong", &options())),
        ("PasswordWrong", error(port, "operator", "", &options())),
    ];
    assert!(errors.iter().all(|(_, error)| error.refused()));
    let only = |suites| Options { suites, ..options() };
    errors.push(("CipherRefused", error(port, "admin", "password", &only(vec![Suite::SHA256]))));
    errors.push(("UserLong", error(port, "a user of 17 byte", "x", &options())));
    errors.push(("PasswordLong", error(port, "admin", &"x".repeat(21), &options())));
    // It has no key of its own; one that is given is a wrong one.
    let (password, kg) = (Secret::new("password".to_owned()), Secret::new("0x0102".to_owned()));
    let credentials = Credentials {
        user: "admin",
        password: &password,
        kg: Some(&kg),
        privilege: Privilege::Administrator,
    };
    match run(Client::connect(&address(port), credentials, &options())) {
        Err(error) => errors.push(("KgWrong", error)),
        Ok(client) => return Err(format!("let in: {client:?}").into()),
    }
    // A command that it does not have. (It gives an operator an administrator's privilege, to
    // ipmitool as well; that ladder is gone down in the tests of `bmc` itself.)
    let refused = run(async {
        let mut client = admin(port).await?;
        let refused = client.set_user_name(0, "x").await;
        client.close().await?;
        Ok::<_, IpmiError>(refused)
    })?;
    errors.push(("Refused", refused.expect_err("there is no user 0")));
    // Somebody who takes all and says nothing.
    let silent = UdpSocket::bind("127.0.0.1:0")?;
    let begun = Instant::now();
    errors.push(("NoAnswer", error(silent.local_addr()?.port(), "admin", "password", &options())));
    let waited = begun.elapsed();
    assert!(waited < options().patience.reach + Duration::from_secs(1), "{waited:?}");
    let nobody = Address { host: Host::Name("nobody.invalid".to_owned()), port: None };
    errors.push((
        "Name",
        run(ipmi::ping(&nobody, Duration::from_secs(1))).expect_err("no such name"),
    ));
    sim.stop()?;
    let begun = Instant::now();
    errors.push(("Closed", error(port, "admin", "password", &options())));
    assert!(begun.elapsed() < Duration::from_secs(1), "a closed port is told at once");
    for (name, error) in &errors {
        let shown = format!("{error:?}");
        assert!(shown.starts_with(name), "{name}: {shown}");
        let said = [
            error.to_string(),
            error.in_chinese(),
            error.hint().0.to_owned(),
            error.hint().1.to_owned(),
        ];
        assert!(said.iter().all(|one| !one.is_empty() && !one.contains("password\"")), "{said:?}");
        assert!(said.iter().all(|one| !one.contains("wrong\"")), "{said:?}");
        println!("{error} | {}", error.in_chinese());
    }
    Ok(())
}

pub(crate) fn suites() -> Result<(), Failed> {
    let sim = Sim::start()?;
    let both = Options { suites: vec![Suite::SHA256, Suite::SHA1], ..options() };
    let suite = run(async {
        let client = connect(sim.port, "admin", "password", &both).await?;
        let suite = client.suite();
        client.close().await?;
        Ok::<_, IpmiError>(suite)
    })?;
    assert_eq!(suite, Suite::SHA1);
    // Suite 0 asks for no password at all, and is to be named: an audit finds it.
    let none = Options { suites: vec![Suite::NONE], ..options() };
    let audit = run(async {
        let client = connect(sim.port, "admin", "not the password", &none).await?;
        client.close().await
    });
    println!("suite 0: {audit:?}");
    assert!(run(admin(sim.port)).is_ok());
    Ok(())
}
