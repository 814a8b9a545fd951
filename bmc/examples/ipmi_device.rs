//! Connects, gets the device id and closes, so often: what `benches/compare/bmc-ipmi` runs beside
//! ipmitool. `ipmi_device ADDRESS USER [TIMES]`, the password in `IPMITOOL_PASSWORD`, by suite 3.

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use std::{env, error::Error, process::ExitCode};

use bmc::{
    credential::Secret,
    ipmi::{Client, Credentials, Options, privilege::Privilege, suite::Suite},
};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [address, user, rest @ ..] = words.as_slice() else {
        println!("usage: ipmi_device ADDRESS USER [TIMES]");
        return Ok(ExitCode::from(2));
    };
    let address = address.parse()?;
    let times: usize = rest.first().map_or(Ok(1), |times| times.parse())?;
    let password = Secret::new(env::var("IPMITOOL_PASSWORD")?);
    let options = Options { suites: vec![Suite::SHA1], ..Options::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for _ in 0..times {
            let credentials = Credentials {
                user,
                password: &password,
                kg: None,
                privilege: Privilege::Administrator,
            };
            let mut client = Client::connect(&address, credentials, &options).await?;
            let device = client.device().await?;
            client.close().await?;
            println!("{} {}", device.manufacturer, device.version());
        }
        Ok(ExitCode::SUCCESS)
    })
}
