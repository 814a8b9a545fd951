//! BMCs are found on a link of their own: our simulators and `ipmi_sim` in a namespace, a network
//! whose other addresses nobody answers, multicast over a veth.

#![expect(clippy::disallowed_methods, reason = "what is asked here takes time")]
#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

#[path = "bmc_simulate/site.rs"]
#[expect(dead_code, reason = "another test uses the rest")]
mod site;

use std::{
    fs,
    process::{Child, ExitCode, Stdio},
};

use hw_tests::{
    Need,
    network::{Bed, Space, eventually},
    program, trial,
};
use libtest_mimic::{Arguments, Failed};
use serde_json::Value;
use site::Site;
use tempfile::TempDir;

const NEEDS: &[Need] = &[Need::Root, Need::Program("ip"), Need::Program("ipmi_sim")];

fn main() -> ExitCode {
    let trials = vec![
        trial("a_network_is_swept_in_seconds_and_its_bmcs_are_told_apart", NEEDS, sweep),
        trial("services_are_found_by_ssdp_and_by_their_link_local_addresses", NEEDS, search),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The operator's side and the rack's, and a link between them.
struct Link {
    here: Space,
    there: Space,
    _bed: Bed,
}

impl Link {
    fn make() -> Result<Self, Failed> {
        let mut bed = Bed::new()?;
        let (here, there) = (bed.space("here")?, bed.space("there")?);
        here.line(&format!("ip link add oob0 type veth peer name bmc0 netns {}", there.name()))?;
        for (space, link, address) in
            [(&here, "oob0", "10.77.0.1/24"), (&there, "bmc0", "10.77.0.7/24")]
        {
            space.line(&format!("ip address add {address} dev {link}"))?;
            space.line(&format!("ip link set {link} up"))?;
        }
        there.line("ip address add 10.77.0.8/24 dev bmc0")?;
        // A link-local address is good when nobody else has it.
        for (space, link) in [(&here, "oob0"), (&there, "bmc0")] {
            eventually("a link-local address", || {
                space
                    .json(&["ip", "-json", "-6", "address", "show", "dev", link, "scope", "link"])
                    .is_ok_and(|found| {
                        let found = &found[0]["addr_info"][0];
                        found["local"].is_string() && found["tentative"].is_null()
                    })
            })?;
        }
        Ok(Self { here, there, _bed: bed })
    }

    fn link_local(&self) -> Result<String, Failed> {
        let found = self
            .there
            .json(&["ip", "-json", "-6", "address", "show", "dev", "bmc0", "scope", "link"])?;
        Ok(found[0]["addr_info"][0]["local"].as_str().ok_or("no address")?.to_owned())
    }

    /// Starts simulated hosts on the rack's side.
    fn site(&self, folder: &TempDir, listen: &str, more: &[&str]) -> Result<Site, Failed> {
        let started = self.there.inside(|| {
            Site::within(folder.path(), "simulate", listen, more).map_err(|error| error.to_string())
        });
        Ok(started??)
    }

    fn discover(&self, words: &[&str]) -> Result<Value, Failed> {
        let program = program::assay()?.display().to_string();
        let mut all = vec![program.as_str(), "bmc"];
        all.extend(words);
        all.extend(["--output", "json"]);
        let output = self.here.output(&all)?;
        let said = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout).map_err(|_error| said.into_owned().into())
    }
}

/// `ipmi_sim` at an address, on its usual port.
struct Sim(Child);

impl Sim {
    fn start(space: &Space, folder: &TempDir) -> Result<Self, Failed> {
        let lan = "name \"bmc1\"\nset_working_mc 0x20\n  startlan 1\n    addr 10.77.0.8 623\n    \
                   priv_limit admin\n    allowed_auths_admin none md2 md5 straight\n    \
                   guid a123456789abcdefa123456789abcdef\n  endlan\n  \
                   user 2 true \"admin\" \"password\" admin 10 none md2 md5 straight\n";
        fs::write(folder.path().join("lan.conf"), lan)?;
        let bmc = "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x0007db 0x0001\n\
                   mc_enable 0x20\n";
        fs::write(folder.path().join("bmc.emu"), bmc)?;
        fs::create_dir(folder.path().join("persist"))?;
        let mut command =
            space.command(&["ipmi_sim", "-n", "-c", "lan.conf", "-f", "bmc.emu", "-s", "persist"]);
        command.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self(command.spawn()?))
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        // It is this test's own child.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn of<'d>(document: &'d Value, address: &str) -> Result<&'d Value, Failed> {
    let found = document["found"].as_array().into_iter().flatten();
    let one = found.into_iter().find(|one| one["address"] == address);
    one.ok_or_else(|| format!("no {address}: {document:#}").into())
}

fn sweep() -> Result<(), Failed> {
    let link = Link::make()?;
    let (ours, theirs) = (TempDir::new()?, TempDir::new()?);
    let site = link.site(&ours, "10.77.0.7:443", &["--dialect", "h3c", "--no-ipmi"])?;
    let sim = Sim::start(&link.there, &theirs)?;
    // It answers some time after it was started.
    eventually("ipmi_sim", || {
        link.discover(&["10.77.0.8", "discover"]).is_ok_and(|told| told["counts"]["bmc"] == 1)
    })?;
    let document = link.discover(&["10.77.0.0/24", "discover"])?;
    let took = document["took_ms"].as_u64().unwrap_or(u64::MAX);
    println!("254 addresses, 251 of them dead: {took} ms");
    assert_eq!(document["asked"], 254);
    // 10.77.0.1 is ours and has nothing open.
    let counts = &document["counts"];
    assert_eq!(
        (&counts["bmc"], &counts["closed"], &counts["silent"]),
        (&2.into(), &1.into(), &251.into())
    );
    assert!(took < 6000, "{took} ms");
    let (redfish, ipmi) = (of(&document, "10.77.0.7")?, of(&document, "10.77.0.8")?);
    assert_eq!(redfish["redfish"]["sha256"], site.hosts[0]["sha256"], "{redfish:#}");
    assert_eq!((&ipmi["ipmi"]["version"], &ipmi["redfish"]), (&"2.0".into(), &Value::Null));
    assert_eq!(ipmi["ipmi"]["presence"], true, "{ipmi:#}");
    drop(sim);
    Ok(())
}

fn search() -> Result<(), Failed> {
    let link = Link::make()?;
    let ours = TempDir::new()?;
    let site = link.site(&ours, "[::]:443", &["--hosts", "2", "--ssdp", "bmc0", "--no-ipmi"])?;
    let pin = |at: usize| site.hosts.get(at).map(|host| host["sha256"].clone()).unwrap_or_default();
    let local = format!("{}%oob0", link.link_local()?);
    let document = link.discover(&["discover", "--ssdp", "--interface", "oob0", "--wait", "2"])?;
    println!("ssdp: {document:#}");
    // Two hosts, each over IPv6; the second one has the port behind.
    for (address, at) in [(local.clone(), 0), (format!("[{local}]:444"), 1)] {
        let one = of(&document, &address)?;
        assert_eq!((&one["found_by"], &one["what"]), (&serde_json::json!(["ssdp"]), &"bmc".into()));
        assert_eq!(one["redfish"]["sha256"], pin(at), "{one:#}");
        // What it announced is what its root says, and nothing of it is elsewhere.
        assert_eq!(one["announced_uuid"], one["redfish"]["uuid"], "{one:#}");
        assert!(one["announced_elsewhere"].is_null(), "{one:#}");
    }
    let four = link.discover(&["10.77.0.7", "discover"])?;
    assert_eq!(of(&four, "10.77.0.7")?["redfish"]["sha256"], pin(0));
    let document = link.discover(&["discover", "--link-local", "oob0", "--wait", "2"])?;
    let one = of(&document, &local)?;
    assert_eq!(
        (&one["found_by"], &one["what"]),
        (&serde_json::json!(["link-local"]), &"bmc".into())
    );
    assert_eq!(one["redfish"]["sha256"], pin(0));
    // Who does not answer the ping of all, and is known to the kernel, is found too.
    link.there.line("sysctl -qw net.ipv6.icmp.echo_ignore_multicast=1")?;
    let document = link.discover(&["discover", "--link-local", "oob0", "--wait", "1"])?;
    assert_eq!(of(&document, &local)?["what"], "bmc", "{document:#}");
    // What was found is read by the address that was found.
    let mut known = ours.path().to_owned();
    known.push("known");
    let known = known.display().to_string();
    let program = program::assay()?.display().to_string();
    let trusts = [&program, "bmc", &local, "--known", &known, "trust", "--store"];
    assert!(link.here.output(&trusts)?.status.success());
    let credentials = ours.path().join("credentials.toml").display().to_string();
    let info = [
        &program,
        "bmc",
        &local,
        "--known",
        &known,
        "--credentials",
        &credentials,
        "--credential",
        "simulated",
        "info",
        "--output",
        "json",
    ];
    let output = link.here.output(&info)?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && told.contains("SIM26000001"), "{told}");
    Ok(())
}
