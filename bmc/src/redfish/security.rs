//! What resources say of sessions, locking, the KVM and the BMC's port (DSP0268 `SessionService`,
//! `AccountService`, `ManagerNetworkProtocol`, `Manager`, and what makes have below `Oem`).

use serde_json::Value;

/// Where the BMC's own port is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Port {
    /// It is the BMC's alone; by what.
    Dedicated(String),
    /// It is the host's too (NC-SI); by what.
    Shared(String),
    /// The BMC does not tell.
    #[default]
    Untold,
}

/// What resources say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// Seconds after which an idle session ends.
    pub timeout_s: Option<u64>,
    /// Wrong passwords after which a user is locked; 0 for never.
    pub lockout: Option<u64>,
    /// Whether the KVM is on; `None` where it is not listed.
    pub kvm: Option<bool>,
    /// Whether the KVM is encrypted.
    pub kvm_encrypted: Option<bool>,
    /// Where the BMC's own port is.
    pub port: Port,
}

impl Security {
    /// Takes `SessionService`.
    pub fn take_sessions(&mut self, body: &Value) {
        self.timeout_s = body.get("SessionTimeout").and_then(Value::as_u64);
    }

    /// Takes `AccountService`.
    pub fn take_accounts(&mut self, body: &Value) {
        self.lockout = body.get("AccountLockoutThreshold").and_then(Value::as_u64);
    }

    /// Takes `ManagerNetworkProtocol`.
    pub fn take_protocols(&mut self, body: &Value) {
        self.kvm = body.pointer("/KVMIP/ProtocolEnabled").and_then(Value::as_bool);
        let own = body.get("Oem").and_then(Value::as_object);
        // iBMC and xFusion: `Oem.Huawei.KVMIP.EncryptionEnabled` of the KVM's own resource, here
        // too on some.
        let told = own.into_iter().flat_map(|own| own.values());
        let mut told = told.filter_map(|own| own.pointer("/KVMIP/EncryptionEnabled"));
        self.kvm_encrypted = told.find_map(Value::as_bool);
    }

    /// Takes an interface of the manager (`EthernetInterface`); one that is shared outweighs
    /// others.
    pub fn take_interface(&mut self, body: &Value) {
        if body.get("InterfaceEnabled") == Some(&Value::Bool(false)) {
            return;
        }
        match port(body) {
            Port::Untold => {}
            shared @ Port::Shared(_) => self.port = shared,
            dedicated @ Port::Dedicated(_) => {
                if self.port == Port::Untold {
                    self.port = dedicated;
                }
            }
        }
    }
}

/// Words that makes have for a port that is the BMC's alone, and for one that is the host's too.
const OWN: &[&str] = &["dedicated"];
const HOST: &[&str] =
    &["lom", "shared", "aggregation", "externalpcie", "ocp", "flexiblelom", "ncsi"];

fn port(body: &Value) -> Port {
    let text = |at: &str| body.pointer(at).and_then(Value::as_str);
    let told = [
        // iBMC and xFusion.
        "/Oem/Huawei/ManagementNetworkPort/Type",
        "/Oem/xFusion/ManagementNetworkPort/Type",
        // XCC, by a recorded tree of an SR670 V2.
        "/Oem/Lenovo/InterfaceNicMode/NicMode",
        // Supermicro, by a recorded tree of a SYS-821GE: what is in use, and what is set.
        "/Oem/Supermicro/ActiveInterface",
        "/Oem/Supermicro/LANInterface",
    ];
    for at in told {
        let Some(word) = text(at) else { continue };
        let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = plain.to_lowercase();
        if OWN.iter().any(|own| plain.contains(own)) {
            return Port::Dedicated(word.to_owned());
        }
        if HOST.iter().any(|own| plain.contains(own)) {
            return Port::Shared(word.to_owned());
        }
    }
    // By the standard: an interface runs over ports of a network adapter of the host, or of the
    // manager (`Manager` 1.16, `DedicatedNetworkPorts` and `SharedNetworkPorts`).
    let links = body.pointer("/Links/Ports").and_then(Value::as_array);
    for link in links.into_iter().flatten() {
        let Some(path) = link.get("@odata.id").and_then(Value::as_str) else { continue };
        if path.contains("/DedicatedNetworkPorts/") {
            return Port::Dedicated(path.to_owned());
        }
        if path.contains("/SharedNetworkPorts/") || path.contains("/NetworkAdapters/") {
            return Port::Shared(path.to_owned());
        }
    }
    Port::Untold
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_port_is_told_in_the_words_of_each_make() {
        let of = |body: Value| {
            let mut security = Security::default();
            security.take_interface(&body);
            security.port
        };
        let shared = |word: &str| Port::Shared(word.to_owned());
        let own = |word: &str| Port::Dedicated(word.to_owned());
        for (body, expected) in [
            (
                json!({ "Oem": { "Huawei": { "ManagementNetworkPort": { "Type": "Dedicated" } } } }),
                own("Dedicated"),
            ),
            (
                json!({ "Oem": { "xFusion": { "ManagementNetworkPort": { "Type": "LOM" } } } }),
                shared("LOM"),
            ),
            (
                json!({ "Oem": { "Lenovo": { "InterfaceNicMode": { "NicMode": "Shared" } } } }),
                shared("Shared"),
            ),
            (
                json!({ "Oem": { "Supermicro": { "LANInterface": "Failover",
                "ActiveInterface": "Dedicated" } } }),
                own("Dedicated"),
            ),
            // What it falls back to is not known.
            (json!({ "Oem": { "Supermicro": { "LANInterface": "Failover" } } }), Port::Untold),
            (
                json!({ "Links": { "Ports": [{ "@odata.id":
                "/redfish/v1/Managers/1/SharedNetworkPorts/1" }] } }),
                shared("/redfish/v1/Managers/1/SharedNetworkPorts/1"),
            ),
            (json!({}), Port::Untold),
            (
                json!({ "InterfaceEnabled": false,
                "Oem": { "Lenovo": { "InterfaceNicMode": { "NicMode": "Shared" } } } }),
                Port::Untold,
            ),
        ] {
            assert_eq!(of(body.clone()), expected, "{body}");
        }
    }
}
