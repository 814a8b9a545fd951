//! The BMC's own network: what it is told to be, and where it is from then on.

use std::net::Ipv4Addr;

use serde_json::{Map, Value, json};

use super::{Host, patch::bad_value, stop};
use crate::simulate::{
    host::set,
    knobs::Knob,
    message::{Response, Work},
};

impl Host {
    pub(super) fn patch_interface(
        &mut self,
        path: &str,
        mut sent: Map<String, Value>,
    ) -> Result<(), Box<Response>> {
        let listed = ["IPv4StaticAddresses", "IPv4Addresses"].iter().find_map(|name| {
            let value = sent.remove(*name)?;
            let first = value.as_array().and_then(|all| all.first()).cloned();
            Some((*name, first.unwrap_or_default()))
        });
        let by_dhcp = sent.get("DHCPv4").is_some_and(|dhcp| dhcp["DHCPEnabled"] == true)
            || listed.as_ref().is_some_and(|(_, one)| one["AddressOrigin"] == "DHCP");
        let mut to = None;
        if let Some((name, one)) = listed.filter(|_| !by_dhcp) {
            let ip =
                |field: &str| one[field].as_str().and_then(|text| text.parse::<Ipv4Addr>().ok());
            let (Some(address), Some(mask)) = (ip("Address"), ip("SubnetMask")) else {
                return stop(bad_value(name, &one));
            };
            let gateway = ip("Gateway").unwrap_or(Ipv4Addr::UNSPECIFIED);
            to = Some((address, mask, gateway));
        }
        if self.has(Knob::NicNotKept) {
            return Ok(());
        }
        self.keep(path, &sent);
        let Some(body) = self.edit(path) else { return Ok(()) };
        if by_dhcp {
            set(body, &["DHCPv4", "DHCPEnabled"], true.into());
            if let Some(one) = body.pointer_mut("/IPv4Addresses/0") {
                set(one, &["AddressOrigin"], "DHCP".into());
            }
        }
        if let Some((address, mask, gateway)) = to {
            if body.get("DHCPv4").is_some() {
                set(body, &["DHCPv4", "DHCPEnabled"], false.into());
            }
            let one = json!({ "Address": address.to_string(), "SubnetMask": mask.to_string(),
                "Gateway": gateway.to_string(), "AddressOrigin": "Static" });
            set(body, &["IPv4Addresses"], json!([one]));
            if self.identity.address.ip() != address {
                self.identity.address.set_ip(address.into());
                self.work.push(Work::Move(address.into()));
            }
        }
        Ok(())
    }
}
