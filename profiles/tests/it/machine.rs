//! A made-up machine that conforms to class I, and ways to spoil it.

use serde_json::{Value, json};

/// Sections that carry facts.
const SECTIONS: [&str; 13] = [
    "system", "platform", "board", "chassis", "bmc", "cpu", "topology", "dimm", "slot", "nic",
    "hba", "disk", "plane",
];

/// Returns the facts of a machine that meets ECS, class I and class II alike.
pub(crate) fn conforming() -> Value {
    let mut sections: serde_json::Map<String, Value> =
        SECTIONS.iter().map(|name| ((*name).to_owned(), json!({ "status": "complete" }))).collect();
    sections.insert("plane_sharing".into(), json!({ "status": "complete" }));
    let sources: Vec<Value> = (0..64)
        .map(|at| json!({ "kind": "smbios", "locator": format!("smbios:17/0x{at:04x}") }))
        .collect();
    json!({ "inventory": {
        "schema": "inventory/v1",
        "sections": sections,
        "sources": sources,
        "system": {
            "manufacturer": "Huawei", "product": "2488H V6", "serial": "2102350XYZ",
            "brand": { "id": "huawei", "zh": "华为", "en": "Huawei", "country": "CN", "basis": "" },
            "origin": { "source": 0 },
        },
        "platform": { "architecture": "x86_64", "hypervisor": null, "origin": { "source": 1 } },
        "board": [{
            "manufacturer": "Huawei", "product": "BC82AMDA",
            "brand": { "id": "huawei", "zh": "华为", "en": "Huawei", "country": "CN", "basis": "" },
            "origin": { "source": 2 },
        }],
        "chassis": [{ "manufacturer": "Huawei", "origin": { "source": 3 } }],
        "bmc": {
            "present": true,
            "chip": { "pci_id": "19e5:1711", "name": "Hi171x", "maker": "HiSilicon",
                      "country": "CN", "basis": "" },
            "origin": { "source": 4 },
        },
        "cpu": (0..4).map(cpu).collect::<Vec<_>>(),
        "topology": { "threads_online": 192, "origin": { "source": 8 } },
        "dimm": (0..48).map(dimm).collect::<Vec<_>>(),
        "slot": (0..11).map(slot).collect::<Vec<_>>(),
        "nic": (0..4).map(nic).collect::<Vec<_>>(),
        "hba": (0..2).map(hba).collect::<Vec<_>>(),
        "disk": (0..2).map(disk).collect::<Vec<_>>(),
        "plane": [plane("management", 0), plane("business", 1), plane("storage", 2)],
        "plane_sharing": [],
    } })
}

fn cpu(at: usize) -> Value {
    json!({
        "locator": format!("CPU{at}"), "present": true, "architecture": "x86_64",
        "model": "Example Gold 6300 @ 2.40GHz", "cores": 24,
        "frequency_hz": { "nominal": 2_400_000_000_u64 }, "origin": { "source": 5 },
    })
}

fn dimm(at: usize) -> Value {
    let full = at.is_multiple_of(3);
    json!({
        "locator": format!("DIMM{at:02}"), "present": full,
        "kind": if full { json!("ram") } else { Value::Null },
        "size_bytes": if full { json!(32_u64 << 30) } else { Value::Null },
        "origin": { "source": 10 + at },
    })
}

fn slot(at: usize) -> Value {
    let bus = ["pcie", "m2"][usize::from(at >= 9)];
    json!({ "locator": format!("Slot{at}"), "bus": bus, "origin": { "source": 6 } })
}

fn nic(at: usize) -> Value {
    let port = |port: usize| {
        json!({
            "name": format!("ens{at}f{port}"), "speed_bps": null,
            "supported_bps": [1_000_000_000_u64, 10_000_000_000_u64],
            "origin": { "source": 7 },
        })
    };
    json!({
        "address": format!("0000:{at:02x}:00"), "model": "Example 10GE", "virtual": false,
        "port": [port(0), port(1)], "origin": { "source": 7 },
    })
}

fn hba(at: usize) -> Value {
    let port = json!({
        "supported_bps": [8_000_000_000_u64, 16_000_000_000_u64], "origin": { "source": 9 },
    });
    json!({
        "address": format!("0000:8{at}:00"), "model": "Example FC16", "protocol": "fc",
        "port": [port, port], "origin": { "source": 9 },
    })
}

fn disk(at: usize) -> Value {
    json!({
        "locator": format!("0:{at}"), "protocol": "sas", "size_bytes": 900_185_481_216_u64,
        "origin": { "source": 63 },
    })
}

fn plane(role: &str, at: usize) -> Value {
    json!({
        "role": role, "interface": format!("bond{at}"), "cards": [format!("0000:{at:02x}:00")],
        "ports": [format!("ens{at}f0")], "origin": { "source": 8 },
    })
}

/// Returns the facts with the value at `pointer` (below `inventory`) replaced.
pub(crate) fn with(pointer: &str, value: Value) -> Value {
    let mut facts = conforming();
    set(&mut facts, pointer, value);
    facts
}

/// Replaces the value at `pointer` (below `inventory`).
pub(crate) fn set(facts: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect(pointer);
    let parent = facts.pointer_mut(&format!("/inventory{parent}")).expect(pointer);
    if let Value::Array(items) = parent {
        items[name.parse::<usize>().expect(pointer)] = value;
    } else {
        parent[name] = value;
    }
}
