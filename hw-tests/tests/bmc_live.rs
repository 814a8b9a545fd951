//! Every recorded tree of the corpus, served by a simulated host and read by the live client: what
//! is read over the wire is what is read of the files.

#![expect(clippy::print_stdout, reason = "what was asked is printed beside the result")]

use std::{fs, process::ExitCode, sync::Arc};

use bmc::{
    client::Trust,
    credential::Secret,
    redfish::{
        client::{Client, Options},
        inventory::inventory,
        load, root,
        tree::{Answer, Resource},
        walk::Purpose,
    },
    simulate::{
        serve::{self, Background, Place, Setup},
        template::Base,
    },
};
use hw_tests::{Need, corpus::folder, trial};
use libtest_mimic::{Arguments, Failed};
use serde_json::{Value, json};

const NEEDS: &[Need] = &[Need::Corpus("redfish")];
const USER: &str = "admin";
const PASSWORD: &str = "correct horse 12";

fn main() -> ExitCode {
    let name = "what_is_read_live_of_every_tree_is_what_is_read_of_its_files";
    let trials = vec![trial(name, NEEDS, live)];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn live() -> Result<(), Failed> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build()?;
    let (mut trees, mut parts) = (0, 0);
    for entry in fs::read_dir(folder("redfish"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.ends_with(".tar.xz") {
            continue;
        }
        let tree = load::load(&path)?.value;
        let mut served = tree.clone();
        for (path, body) in services() {
            // The author of iBMC's tree left out what its root links to.
            if served.body(path).is_none() {
                let resource = Resource { body, ..Resource::default() };
                served.put(path.to_owned(), Answer::Resource(resource));
            }
        }
        let base = Arc::new(Base::recorded(&served, &"latency=0".parse()?)?);
        let certificate = serve::certificate("bmc", [127, 0, 0, 1].into(), false)?;
        let site = Background::start(Setup {
            listen: "127.0.0.1:0".parse()?,
            hosts: vec![base],
            user: USER.to_owned(),
            password: Secret::new(PASSWORD.to_owned()),
            fetches: false,
            ipmi: false,
            certificates: vec![certificate],
        })?;
        let place = site.places().first().ok_or("no host")?;
        let read = runtime.block_on(read(place, &name));
        let (of_wire, found) =
            read.map_err(|failed| format!("{name}: {}", failed.message().unwrap_or("failed")))?;
        let of_files = inventory(&tree).value;
        // What the host itself changes is its power, not its parts.
        for (what, wire, files) in [
            ("drives", of_wire.drives.len(), of_files.drives.len()),
            ("modules", of_wire.modules.len(), of_files.modules.len()),
            ("processors", of_wire.processors.len(), of_files.processors.len()),
            ("adapters", of_wire.adapters.len(), of_files.adapters.len()),
            ("supplies", of_wire.supplies.len(), of_files.supplies.len()),
            ("fans", of_wire.fans.len(), of_files.fans.len()),
            ("firmware", of_wire.firmware.len(), of_files.firmware.len()),
        ] {
            if wire != files {
                return Err(format!("{name}: {wire} {what} live, {files} of the files").into());
            }
            parts += wire;
        }
        let hosts = root::identity(&tree).value;
        let same = hosts.iter().any(|host| host.identity.serial == found);
        if !same {
            return Err(format!("{name}: {found:?} live, {hosts:?} of the files").into());
        }
        trees += 1;
    }
    println!("{trees} trees, {parts} parts");
    if trees < 7 { Err(format!("the corpus has {trees} trees only").into()) } else { Ok(()) }
}

/// What there has to be for somebody to log in.
fn services() -> [(&'static str, Value); 4] {
    let link = |path: &str| json!({ "@odata.id": path });
    let sessions = "/redfish/v1/SessionService/Sessions";
    let accounts = "/redfish/v1/AccountService/Accounts";
    [
        ("/redfish/v1/SessionService", json!({ "Sessions": link(sessions) })),
        (sessions, json!({ "Members": [] })),
        ("/redfish/v1/AccountService", json!({ "Accounts": link(accounts) })),
        (accounts, json!({ "Members": [] })),
    ]
}

/// Reads inventory and serial number over the wire.
async fn read(
    place: &Place,
    name: &str,
) -> Result<(bmc::redfish::inventory::Inventory, Option<String>), Failed> {
    let password = Secret::new(PASSWORD.to_owned());
    let address = place.address.to_string().parse()?;
    let trust = Trust::Pin(place.pin);
    let client =
        Client::connect(&address, Some((USER, &password)), trust, Options::default()).await?;
    let tree = client.tree(Purpose::Inventory).await?;
    let hosts = root::identity(&client.tree(Purpose::Identity).await?.value).value;
    let dialect = client.dialect().map(|dialect| dialect.id.as_str());
    println!("{name}: {} resources, dialect {dialect:?}", tree.value.answers().count());
    client.close().await;
    let serial = hosts.into_iter().next().and_then(|host| host.identity.serial);
    Ok((inventory(&tree.value).value, serial))
}
