//! What some desired states are as rules, in the syntax of nft(8), as a reader can check it.
//!
//! `ASSAY_UPDATE_GOLDEN=1` writes the listings; they are then to be read before they are
//! committed. That `nft` reads them and the kernel does as they say is shown in `hw-tests`.

use std::fs;
use std::path::Path;

use dataplane::desired::Zones;
use dataplane::{firewall, naming, spec};

#[test]
fn rules_are_as_they_were_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile");
    for name in ["host-a", "host-b", "ranges", "router"] {
        let file = folder.join(name).with_extension("toml");
        let text = fs::read_to_string(&file).unwrap();
        let desired = spec::read(name, &text).unwrap();
        let zones = naming::zones(&desired, &Zones::default()).unwrap();
        let rules = firewall::compile::compile(&desired, &zones).unwrap().to_string();
        let golden = file.with_extension("nft");
        if std::env::var_os("ASSAY_UPDATE_GOLDEN").is_some() {
            fs::write(golden, rules).unwrap();
            continue;
        }
        assert_eq!(rules, fs::read_to_string(&golden).unwrap_or_default(), "{name}");
    }
}

#[test]
fn rules_of_a_router_are_as_they_were_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile");
    let text = fs::read_to_string(folder.join("router.toml")).unwrap();
    let desired = spec::read("router", &text).unwrap();
    let zones = naming::zones(&desired, &Zones::default()).unwrap();
    let wanted = dataplane::compile::compile(&desired, &zones, Some(1600)).unwrap();
    let rules = wanted.rooms["red"].ruleset.to_string();
    let golden = folder.join("router-red.nft");
    if std::env::var_os("ASSAY_UPDATE_GOLDEN").is_some() {
        fs::write(golden, rules).unwrap();
        return;
    }
    assert_eq!(rules, fs::read_to_string(&golden).unwrap_or_default());
}
