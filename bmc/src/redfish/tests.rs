//! Trees made here, by the schemas of two decades, and what is read of them.

mod damage;
mod fields;
mod loading;
mod logs;
mod shapes;
mod walking;

use serde_json::{Value, json};

use super::tree::{Answer, Resource, Tree};

/// Puts resources into a tree; each gets its `@odata.id`.
pub(super) fn tree(resources: &[(&str, Value)]) -> Tree {
    let mut tree = Tree::default();
    for (path, body) in resources {
        put(&mut tree, path, body.clone());
    }
    tree
}

pub(super) fn put(tree: &mut Tree, path: &str, mut body: Value) {
    if let Some(fields) = body.as_object_mut() {
        fields.entry("@odata.id").or_insert_with(|| json!(path));
    }
    tree.put(path.to_owned(), Answer::Resource(Resource { body, ..Resource::default() }));
}

pub(super) fn link(path: &str) -> Value {
    json!({ "@odata.id": path })
}

pub(super) fn members(paths: &[&str]) -> Value {
    let members: Vec<Value> = paths.iter().map(|path| link(path)).collect();
    json!({ "Members@odata.count": paths.len(), "Members": members })
}

/// A two-socket server by the schemas of 2020: everything is a collection.
#[expect(clippy::too_many_lines, reason = "a whole machine, resource by resource")]
pub(super) fn modern() -> Tree {
    let mut tree = tree(&[
        (
            "/redfish/v1",
            json!({
                "@odata.type": "#ServiceRoot.v1_13_0.ServiceRoot", "RedfishVersion": "1.15.0",
                "Systems": link("/redfish/v1/Systems"), "Chassis": link("/redfish/v1/Chassis"),
                "Managers": link("/redfish/v1/Managers"),
                "UpdateService": link("/redfish/v1/UpdateService"),
            }),
        ),
        ("/redfish/v1/Systems", members(&["/redfish/v1/Systems/1"])),
        (
            "/redfish/v1/Systems/1",
            json!({
                "Id": "1", "Manufacturer": "Example", "Model": "R1", "SerialNumber": "SN0001",
                "UUID": "6173ECEC-6EF5-11EE-834A-0A8FC3A58A71", "BiosVersion": "1.2", "PowerState": "On",
                "Status": { "State": "Enabled", "Health": "OK" },
                "Boot": { "BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe",
                          "BootSourceOverrideMode": "UEFI" },
                "MemorySummary": { "TotalSystemMemoryGiB": 128 },
                "Processors": link("/redfish/v1/Systems/1/Processors"),
                "Memory": link("/redfish/v1/Systems/1/Memory"),
                "Storage": link("/redfish/v1/Systems/1/Storage"),
                "EthernetInterfaces": link("/redfish/v1/Systems/1/EthernetInterfaces"),
                "TrustedModules": [{ "InterfaceType": "TPM2_0", "Status": { "State": "Enabled" } }],
                "Links": { "Chassis": [link("/redfish/v1/Chassis/1")],
                           "ManagedBy": [link("/redfish/v1/Managers/1")] },
            }),
        ),
        ("/redfish/v1/Managers", members(&["/redfish/v1/Managers/1"])),
        (
            "/redfish/v1/Managers/1",
            json!({
                "Id": "1", "ManagerType": "BMC", "Model": "Example BMC", "FirmwareVersion": "3.1",
                "EthernetInterfaces": link("/redfish/v1/Managers/1/EthernetInterfaces"),
                "LogServices": link("/redfish/v1/Managers/1/LogServices"),
            }),
        ),
        (
            "/redfish/v1/Managers/1/EthernetInterfaces",
            members(&["/redfish/v1/Managers/1/EthernetInterfaces/eth0"]),
        ),
        (
            "/redfish/v1/Managers/1/EthernetInterfaces/eth0",
            json!({
                "Id": "eth0", "MACAddress": "02:00:00:00:00:01",
                "IPv4Addresses": [{ "Address": "192.0.2.7" }],
            }),
        ),
        ("/redfish/v1/Chassis", members(&["/redfish/v1/Chassis/1"])),
        (
            "/redfish/v1/Chassis/1",
            json!({
                "Id": "1", "ChassisType": "RackMount", "SerialNumber": "SN0001", "HeightMm": 88.9,
                "PowerSubsystem": link("/redfish/v1/Chassis/1/PowerSubsystem"),
                "ThermalSubsystem": link("/redfish/v1/Chassis/1/ThermalSubsystem"),
                "NetworkAdapters": link("/redfish/v1/Chassis/1/NetworkAdapters"),
                "Sensors": link("/redfish/v1/Chassis/1/Sensors"),
                "Drives": link("/redfish/v1/Chassis/1/Drives"),
            }),
        ),
        (
            "/redfish/v1/Chassis/1/PowerSubsystem",
            json!({
                "PowerSupplies": link("/redfish/v1/Chassis/1/PowerSubsystem/PowerSupplies"),
            }),
        ),
        (
            "/redfish/v1/Chassis/1/ThermalSubsystem",
            json!({
                "Fans": link("/redfish/v1/Chassis/1/ThermalSubsystem/Fans"),
            }),
        ),
        (
            "/redfish/v1/UpdateService",
            json!({
                "FirmwareInventory": link("/redfish/v1/UpdateService/FirmwareInventory"),
            }),
        ),
    ]);
    let mut collection = |path: &str, items: &[(&str, Value)]| {
        let places: Vec<String> = items.iter().map(|(id, _)| format!("{path}/{id}")).collect();
        let links: Vec<&str> = places.iter().map(String::as_str).collect();
        put(&mut tree, path, members(&links));
        for ((id, body), place) in items.iter().zip(&places) {
            let mut body = body.clone();
            body["Id"] = json!(id);
            put(&mut tree, place, body);
        }
    };
    let enabled = json!({ "State": "Enabled", "Health": "OK" });
    let cpu = |n: u32| {
        json!({
            "ProcessorType": "CPU", "Socket": format!("CPU {n}"), "Model": "Example CPU @ 2.80GHz",
            "TotalCores": 32, "TotalThreads": 64, "MaxSpeedMHz": 3600, "Status": enabled,
        })
    };
    collection(
        "/redfish/v1/Systems/1/Processors",
        &[
            ("1", cpu(1)),
            ("2", cpu(2)),
            (
                "GPU1",
                json!({
                    "ProcessorType": "GPU", "Manufacturer": "Example", "SerialNumber": "GPU0001",
                }),
            ),
        ],
    );
    let dimm = |n: u32| {
        json!({
            "DeviceLocator": format!("DIMM {n}"), "CapacityMiB": 65536, "MemoryType": "DRAM",
            "MemoryDeviceType": "DDR4", "OperatingSpeedMhz": 3200, "AllowedSpeedsMHz": [2933, 3200],
            "SerialNumber": format!("DIMM000{n}"), "Status": enabled,
        })
    };
    collection(
        "/redfish/v1/Systems/1/Memory",
        &[
            ("1", dimm(1)),
            ("2", dimm(2)),
            ("3", json!({ "DeviceLocator": "DIMM 3", "Status": { "State": "Absent" } })),
        ],
    );
    collection(
        "/redfish/v1/Systems/1/EthernetInterfaces",
        &[(
            "NIC1",
            json!({
                "MACAddress": "02:00:00:00:01:01", "SpeedMbps": 10000, "LinkStatus": "LinkUp",
            }),
        )],
    );
    collection(
        "/redfish/v1/Systems/1/Storage",
        &[(
            "RAID",
            json!({
                "Drives": [link("/redfish/v1/Chassis/1/Drives/0"), link("/redfish/v1/Chassis/1/Drives/1")],
                "StorageControllers": [{ "MemberId": "0", "Model": "R0", "SerialNumber": "RAID0001",
                                         "SupportedDeviceProtocols": ["SAS"], "SupportedRAIDTypes": ["RAID1"] }],
                "Volumes": link("/redfish/v1/Systems/1/Storage/RAID/Volumes"),
            }),
        )],
    );
    collection(
        "/redfish/v1/Systems/1/Storage/RAID/Volumes",
        &[(
            "0",
            json!({
                "Name": "system", "RAIDType": "RAID1", "CapacityBytes": 900_000_000_000_u64,
                "Links": { "Drives": [link("/redfish/v1/Chassis/1/Drives/0")] },
            }),
        )],
    );
    let drive = |n: u32| {
        json!({
            "Model": "D1", "SerialNumber": format!("DRIVE00{n}"), "Protocol": "SAS", "MediaType": "HDD",
            "CapacityBytes": 960_000_000_000_u64, "RotationSpeedRPM": 10000, "FailurePredicted": false,
            "PhysicalLocation": { "PartLocation": { "ServiceLabel": format!("Bay {n}") } },
            "Status": enabled,
        })
    };
    collection("/redfish/v1/Chassis/1/Drives", &[("0", drive(0)), ("1", drive(1))]);
    collection(
        "/redfish/v1/Chassis/1/NetworkAdapters",
        &[(
            "1",
            json!({
                "Model": "N1", "SerialNumber": "NIC0001",
                "Controllers": [{ "FirmwarePackageVersion": "22.1" }],
                "Ports": link("/redfish/v1/Chassis/1/NetworkAdapters/1/Ports"),
            }),
        )],
    );
    let port = |n: u32| {
        json!({
            "LinkNetworkTechnology": "Ethernet", "MaxSpeedGbps": 25, "CurrentSpeedGbps": 10,
            "LinkStatus": "LinkUp", "Ethernet": { "AssociatedMACAddresses": [format!("02:00:00:00:02:0{n}")] },
        })
    };
    collection("/redfish/v1/Chassis/1/NetworkAdapters/1/Ports", &[("1", port(1)), ("2", port(2))]);
    collection(
        "/redfish/v1/Chassis/1/PowerSubsystem/PowerSupplies",
        &[
            (
                "PSU1",
                json!({ "SerialNumber": "PSU0001", "PowerCapacityWatts": 2400, "Status": enabled }),
            ),
            ("PSU2", json!({ "Status": { "State": "Absent" } })),
        ],
    );
    collection(
        "/redfish/v1/Chassis/1/ThermalSubsystem/Fans",
        &[(
            "Fan1",
            json!({ "Name": "Fan 1", "SpeedPercent": { "Reading": 40, "SpeedRPM": 6400 } }),
        )],
    );
    collection(
        "/redfish/v1/Chassis/1/Sensors",
        &[(
            "Inlet",
            json!({
                "Name": "Inlet Temp", "ReadingType": "Temperature", "ReadingUnits": "Cel", "Reading": 21.5,
                "Status": enabled, "Thresholds": { "UpperCritical": { "Reading": 42 },
                                                   "UpperCaution": { "Reading": 38 } },
            }),
        )],
    );
    collection(
        "/redfish/v1/UpdateService/FirmwareInventory",
        &[
            ("BMC", json!({ "Name": "BMC", "Version": "3.1" })),
            ("BIOS", json!({ "Name": "BIOS", "Version": "1.2" })),
        ],
    );
    collection(
        "/redfish/v1/Managers/1/LogServices",
        &[(
            "SEL",
            json!({
                "Name": "SEL", "Entries": link("/redfish/v1/Managers/1/LogServices/SEL/Entries"),
            }),
        )],
    );
    collection(
        "/redfish/v1/Managers/1/LogServices/SEL/Entries",
        &[(
            "1",
            json!({
                "Created": "2026-01-02T03:04:05Z", "Severity": "Critical", "Message": "a fan failed",
                "Links": { "OriginOfCondition": link("/redfish/v1/Chassis/1/Sensors/Inlet") },
            }),
        )],
    );
    tree
}

/// A rack server by the schemas of 2016, as `iBMC` and `MegaRAC` write them: power supplies and fans in
/// arrays, `Storages`, numbers as text, an object for an array, `N/A`.
#[expect(clippy::too_many_lines, reason = "a whole machine, resource by resource")]
pub(super) fn old() -> Tree {
    tree(&[
        (
            "/redfish/v1",
            json!({
                "@odata.type": "#ServiceRoot.v1_0_2.ServiceRoot", "RedfishVersion": "1.0.2",
                "Systems": link("/redfish/v1/Systems/"), "Chassis": link("/redfish/v1/Chassis/"),
                "Managers": link("/redfish/v1/Managers/"),
            }),
        ),
        ("/redfish/v1/Systems", members(&["/redfish/v1/Systems/1/"])),
        (
            "/redfish/v1/Systems/1",
            json!({
                "Manufacturer": "Example", "Model": "R0", "SerialNumber": "SN0002", "PowerState": "Off",
                "Processors": link("/redfish/v1/Systems/1/Processors"),
                "Memory": link("/redfish/v1/Systems/1/Memory"),
                "Storages": link("/redfish/v1/Systems/1/Storages"),
                "Links": { "Chassis": [link("/redfish/v1/Chassis/1")],
                           "Managers": [link("/redfish/v1/Managers/1")] },
            }),
        ),
        ("/redfish/v1/Systems/1/Processors", members(&["/redfish/v1/Systems/1/Processors/1"])),
        (
            "/redfish/v1/Systems/1/Processors/1",
            json!({
                "Model": "Example 920", "TotalCores": "48", "MaxSpeedMHz": "2600",
                "Socket": 0, "Status": { "State": "Enabled" },
            }),
        ),
        ("/redfish/v1/Systems/1/Memory", json!({ "Members": null, "Members@odata.count": 0 })),
        ("/redfish/v1/Systems/1/Storages", members(&["/redfish/v1/Systems/1/Storages/0"])),
        (
            "/redfish/v1/Systems/1/Storages/0",
            json!({
                "StorageControllers": { "MemberId": "0", "Model": "R0", "SupportedDeviceProtocols": "SAS" },
                "Drives": link("/redfish/v1/Chassis/1/Drives/0"), "Volumes": {},
            }),
        ),
        (
            "/redfish/v1/Chassis/1/Drives/0",
            json!({
                "Model": null, "Manufacturer": "ATA", "SerialNumber": "DRIVE100", "Protocol": "SATA",
                "CapacityBytes": "4000000000000", "PredictedMediaLifeLeftPercent": "N/A",
                "Location": [{ "Info": "Disk0", "InfoFormat": "DeviceName" }],
                "Oem": { "Example": { "HoursOfPoweredUp": 100, "TemperatureCelsius": 37 } },
            }),
        ),
        ("/redfish/v1/Managers", members(&["/redfish/v1/Managers/1/"])),
        ("/redfish/v1/Managers/1", json!({ "Model": "iBMC", "FirmwareVersion": "3.12" })),
        ("/redfish/v1/Chassis", members(&["/redfish/v1/Chassis/1/"])),
        (
            "/redfish/v1/Chassis/1",
            json!({
                "ChassisType": "Rack", "Power": link("/redfish/v1/Chassis/1/Power"),
                "Thermal": link("/redfish/v1/Chassis/1/Thermal"),
                "NetworkAdapters": link("/redfish/v1/Chassis/1/NetworkAdapters"),
                "Links": { "Drives": [link("/redfish/v1/Chassis/1/Drives/0/")] },
            }),
        ),
        (
            "/redfish/v1/Chassis/1/NetworkAdapters",
            members(&["/redfish/v1/Chassis/1/NetworkAdapters/lom"]),
        ),
        (
            "/redfish/v1/Chassis/1/NetworkAdapters/lom",
            json!({
                "Model": "X722", "NetworkPorts": link("/redfish/v1/Chassis/1/NetworkAdapters/lom/NetworkPorts"),
            }),
        ),
        (
            "/redfish/v1/Chassis/1/NetworkAdapters/lom/NetworkPorts",
            members(&["/redfish/v1/Chassis/1/NetworkAdapters/lom/NetworkPorts/1"]),
        ),
        (
            "/redfish/v1/Chassis/1/NetworkAdapters/lom/NetworkPorts/1",
            json!({
                "PhysicalPortNumber": "1", "LinkStatus": "Up", "AssociatedNetworkAddresses": ["0200000003 01"],
                "SupportedLinkCapabilities": [{ "CapableLinkSpeedMbps": [1000, 10000] }],
            }),
        ),
        (
            "/redfish/v1/Chassis/1/Power",
            json!({
                "PowerControl": [{ "Name": "System", "PowerConsumedWatts": 220 }],
                "Voltages": [{ "Name": "12V", "ReadingVolts": 12.1, "UpperThresholdCritical": 13.2 }],
                "PowerSupplies": [
                    { "MemberId": "0", "Name": "PSU1", "SerialNumber": "PSU1001", "PowerCapacityWatts": "900",
                      "PowerInputWatts": 120, "Status": { "State": "Enabled", "Health": "OK" } },
                    { "MemberId": "1", "Name": "PSU2", "SerialNumber": "N/A", "PowerCapacityWatts": null,
                      "Status": { "State": "Absent" } },
                ],
            }),
        ),
        (
            "/redfish/v1/Chassis/1/Thermal",
            json!({
                "Temperatures": [{ "Name": "Inlet Temp", "ReadingCelsius": 24, "UpperThresholdCritical": 46,
                                   "Status": { "State": "Enabled", "Health": "OK" } }],
                "Fans": [{ "FanName": "Fan1", "ReadingRPM": 5400 }, { "Name": "Fan2", "Reading": 5500,
                           "ReadingUnits": "RPM" }],
            }),
        ),
    ])
}
