//! Machines by each shape of the schemas, and what is counted of them.

use serde_json::{Value, json};

use super::{link, members, modern, old, put, tree};
use crate::{
    operation::{
        boot::{Device, Firmware, Lasting},
        power::State,
        sensor::State as Judged,
    },
    redfish::{
        finding::Trouble,
        inventory::{Part, Purpose, inventory},
        root, sensors,
        tree::{Answer, Tree},
    },
};

/// Parts that are there, and slots with them.
fn counts<'a>(parts: impl Iterator<Item = &'a Part>) -> (usize, usize) {
    let parts: Vec<&Part> = parts.collect();
    (parts.iter().filter(|part| part.is_present).count(), parts.len())
}

#[test]
fn a_machine_by_new_schemas_is_read_whole() {
    let tree = modern();
    let read = inventory(&tree);
    assert!(read.findings.is_empty(), "{:#?}", read.findings);
    let found = read.value;
    let cpus = found.processors.iter().filter(|processor| processor.purpose == Purpose::Cpu);
    assert_eq!(counts(cpus.map(|processor| &processor.part)), (2, 2));
    assert_eq!(found.graphics().len(), 1);
    assert_eq!(counts(found.modules.iter().map(|module| &module.part)), (2, 3));
    assert_eq!(found.modules[0].size_bytes, Some(64 << 30));
    assert_eq!(found.modules[0].most_speed_mts, Some(3200));
    assert_eq!(counts(found.drives.iter().map(|drive| &drive.part)), (2, 2));
    assert_eq!(found.drives[0].part.location.as_deref(), Some("Bay 0"));
    assert_eq!(found.drives[0].part.system.as_deref(), Some("/redfish/v1/Systems/1"));
    assert_eq!((found.controllers.len(), found.volumes.len()), (1, 1));
    assert_eq!(found.volumes[0].drives, ["/redfish/v1/Chassis/1/Drives/0"]);
    assert_eq!(found.adapters.len(), 1);
    let port = &found.adapters[0].ports[1];
    assert_eq!(port.addresses, ["02:00:00:00:02:02"]);
    assert_eq!((port.speed_bps, port.most_speed_bps), (Some(10_000_000_000), Some(25_000_000_000)));
    assert_eq!(found.adapters[0].part.version.as_deref(), Some("22.1"));
    assert_eq!(counts(found.supplies.iter().map(|supply| &supply.part)), (1, 2));
    assert_eq!((found.fans.len(), found.fans[0].rpm), (1, Some(6400)));
    assert_eq!((found.firmware.len(), found.software.len()), (2, 0));
    assert_eq!(found.systems[0].memory_bytes, Some(128 << 30));
    assert_eq!(found.managers[0].interfaces[0].addresses, ["192.0.2.7"]);

    let hosts = root::identity(&tree).value;
    assert_eq!(hosts.len(), 1);
    assert_eq!(hosts[0].identity.serial.as_deref(), Some("SN0001"));
    assert_eq!(hosts[0].identity.uuid.as_deref(), Some("6173ecec-6ef5-11ee-834a-0a8fc3a58a71"));
    assert_eq!(hosts[0].identity.bmc_version.as_deref(), Some("3.1"));
    assert_eq!(hosts[0].identity.protocol, "Redfish 1.15.0");
    assert_eq!(root::power(&tree).value[0].1, Some(State::On));
    let boot = root::boot(&tree).value[0].1;
    assert_eq!(boot.device, Some(Device::Pxe));
    assert_eq!((boot.lasting, boot.firmware), (Some(Lasting::Once), Some(Firmware::Uefi)));
}

#[test]
fn a_machine_by_old_schemas_is_read_for_what_it_means() {
    let tree = old();
    let read = inventory(&tree);
    assert!(read.is_complete(), "{:#?}", read.findings);
    let found = &read.value;
    assert_eq!(found.processors[0].cores, Some(48));
    assert_eq!(found.processors[0].most_hz, Some(2_600_000_000));
    assert_eq!(found.processors[0].part.location.as_deref(), Some("0"));
    // The drive is linked to from its storage and from its chassis.
    assert_eq!(counts(found.drives.iter().map(|drive| &drive.part)), (1, 1));
    let drive = &found.drives[0];
    assert_eq!(drive.storage.as_deref(), Some("/redfish/v1/Systems/1/Storages/0"));
    assert_eq!(drive.size_bytes, Some(4_000_000_000_000));
    assert_eq!((drive.powered_on_h, drive.temperature_c), (Some(100), Some(37.0)));
    assert_eq!(drive.part.location.as_deref(), Some("Disk0"));
    assert_eq!(found.controllers[0].protocols, ["SAS"]);
    assert_eq!(counts(found.supplies.iter().map(|supply| &supply.part)), (1, 2));
    assert_eq!(found.supplies[0].capacity_w, Some(900.0));
    assert_eq!(found.supplies[0].part.place, "/redfish/v1/Chassis/1/Power#/PowerSupplies/0");
    let speeds: Vec<_> = found.fans.iter().map(|fan| (fan.part.name.as_deref(), fan.rpm)).collect();
    assert_eq!(speeds, [(Some("Fan1"), Some(5400)), (Some("Fan2"), Some(5500))]);
    let port = &found.adapters[0].ports[0];
    assert_eq!(port.addresses, ["02:00:00:00:03:01"]);
    assert_eq!((port.most_speed_bps, port.is_linked), (Some(10_000_000_000), Some(true)));
    // Each value in another form is told of.
    let bent: Vec<&str> = read.findings.iter().map(|finding| finding.pointer.as_str()).collect();
    for pointer in ["/TotalCores", "/Socket", "/StorageControllers", "/CapacityBytes"] {
        assert!(bent.contains(&pointer), "{pointer}: {bent:?}");
    }
    let hosts = root::identity(&tree).value;
    assert_eq!(hosts[0].identity.bmc_model.as_deref(), Some("iBMC"));
    assert_eq!(hosts[0].identity.power, Some(State::Off));
}

#[test]
fn what_two_schemas_list_is_one() {
    let mut tree = modern();
    let chassis = tree.body("/redfish/v1/Chassis/1").unwrap().clone();
    let mut both = chassis;
    both["Power"] = link("/redfish/v1/Chassis/1/Power");
    both["Thermal"] = link("/redfish/v1/Chassis/1/Thermal");
    put(&mut tree, "/redfish/v1/Chassis/1", both);
    put(
        &mut tree,
        "/redfish/v1/Chassis/1/Power",
        json!({
            "PowerSupplies": [{ "Name": "PSU 1", "SerialNumber": "PSU0001", "LineInputVoltage": 220 }],
        }),
    );
    put(
        &mut tree,
        "/redfish/v1/Chassis/1/Thermal",
        json!({
            "Temperatures": [{ "Name": "Inlet Temp", "ReadingCelsius": 21, "LowerThresholdCritical": 1 }],
            "Fans": [{ "Name": "Fan 1", "Reading": 6400, "ReadingUnits": "RPM" }],
        }),
    );
    let found = inventory(&tree).value;
    assert_eq!((found.supplies.len(), found.fans.len()), (2, 1));
    // Each schema adds what it alone has.
    assert_eq!(found.supplies[0].capacity_w, Some(2400.0));
    assert_eq!(found.supplies[0].input_v, Some(220.0));
    let inlet = sensors::sensors(&tree).value;
    let inlet: Vec<_> = inlet.iter().filter(|sensor| sensor.name == "Inlet Temp").collect();
    assert_eq!(inlet.len(), 1, "{inlet:#?}");
    assert_eq!(inlet[0].thresholds.upper_critical, Some(42.0));
    assert_eq!((inlet[0].reading, inlet[0].state), (Some(21.5), Judged::Ok));
    assert_eq!(inlet[0].source, "redfish:/redfish/v1/Chassis/1/Sensors/Inlet");
}

#[test]
fn sensors_of_old_schemas_have_thresholds_and_units() {
    let found = sensors::sensors(&old()).value;
    let named = |name: &str| found.iter().find(|sensor| sensor.name == name).unwrap();
    let inlet = named("Inlet Temp");
    assert_eq!((inlet.kind.as_str(), inlet.unit.as_deref()), ("temperature", Some("°C")));
    assert_eq!((inlet.reading, inlet.thresholds.upper_critical), (Some(24.0), Some(46.0)));
    let rail = named("12V");
    assert_eq!((rail.kind.as_str(), rail.reading, rail.state), ("voltage", Some(12.1), Judged::Ok));
    assert_eq!(named("Fan1").unit.as_deref(), Some("RPM"));
    assert_eq!(named("System").reading, Some(220.0));
    assert_eq!(named("PSU1 input power").reading, Some(120.0));
}

#[test]
fn lists_of_a_vendors_own_are_read_and_counted_once() {
    let own = |list: &str| link(&format!("/redfish/v1/Chassis/1/{list}"));
    let chassis = json!({ "Thermal": own("Thermal"), "Sensors": own("Sensors"), "Oem": { "Huawei": {
        "ThresholdSensors": own("ThresholdSensors"), "DiscreteSensors": own("DiscreteSensors") } } });
    let thermal = json!({ "Temperatures": [
        { "Name": "Inlet Temp", "ReadingCelsius": 24, "Status": { "State": "Enabled", "Health": "OK" } },
    ] });
    let one = |name: &str, reading: &str, unit: &str, status: &str| {
        json!({ "Name": name, "ReadingValue": reading, "Unit": unit, "Status": status,
            "UpperThresholdCritical": "46.000", "UpperThresholdFatal": "na" })
    };
    let thresholds = json!({ "Sensors": [
        one("Inlet Temp", "24.000", "degrees C", "ok"),
        one("VRD Temp", "41.500", "degrees C", "ok"),
        one("PCH Temp", "97.000", "degrees C", "ucr"),
        one("BBU Temp", "na", "degrees C", "na"),
        // Without a word for its state, its thresholds tell.
        one("Outlet Temp", "48.000", "degrees C", ""),
    ] });
    let discrete = json!({ "Sensors": [
        { "Name": "SEL Status", "ReadingValue": "0x8000", "Unit": "discrete", "Status": "ok" },
        { "Name": "PSU Redundancy", "ReadingValue": "0x8002", "Unit": "discrete", "Status": "cr" },
    ] });
    let tree = service(
        json!({ "Links": { "Chassis": [link("/redfish/v1/Chassis/1")] } }),
        chassis,
        &[
            ("/redfish/v1/Chassis/1/Thermal", thermal),
            ("/redfish/v1/Chassis/1/Sensors", members(&["/redfish/v1/Chassis/1/Sensors/VRD"])),
            (
                "/redfish/v1/Chassis/1/Sensors/VRD",
                json!({ "Name": "VRD Temp", "ReadingType": "Temperature", "ReadingUnits": "Cel",
                    "Reading": 41.5, "Status": { "State": "Enabled", "Health": "OK" } }),
            ),
            ("/redfish/v1/Chassis/1/ThresholdSensors", thresholds),
            ("/redfish/v1/Chassis/1/DiscreteSensors", discrete),
        ],
    );
    let read = sensors::sensors(&tree);
    assert!(read.is_complete(), "{:#?}", read.findings);
    let found: Vec<_> = read
        .value
        .iter()
        .map(|one| (one.name.as_str(), one.kind.as_str(), one.reading, one.state))
        .collect();
    assert_eq!(
        found,
        [
            ("VRD Temp", "temperature", Some(41.5), Judged::Ok),
            ("Inlet Temp", "temperature", Some(24.0), Judged::Ok),
            ("PCH Temp", "temperature", Some(97.0), Judged::Critical),
            ("BBU Temp", "temperature", None, Judged::Unavailable),
            ("Outlet Temp", "temperature", Some(48.0), Judged::Critical),
            ("SEL Status", "discrete", None, Judged::Ok),
            ("PSU Redundancy", "discrete", None, Judged::Critical),
        ]
    );
    // What two lists have is where it was first, and has the thresholds of the other.
    let inlet = &read.value[1];
    assert!(inlet.source.contains("/Thermal#/Temperatures/0"), "{}", inlet.source);
    assert_eq!(inlet.thresholds.upper_critical, Some(46.0));
}

/// A service with what `system` and `chassis` say, and more resources.
fn service(system: Value, chassis: Value, more: &[(&str, Value)]) -> Tree {
    let mut tree = tree(&[
        (
            "/redfish/v1",
            json!({ "Systems": link("/redfish/v1/Systems"),
                                "Chassis": link("/redfish/v1/Chassis") }),
        ),
        ("/redfish/v1/Systems", members(&["/redfish/v1/Systems/1"])),
        ("/redfish/v1/Systems/1", system),
        ("/redfish/v1/Chassis", members(&["/redfish/v1/Chassis/1"])),
        ("/redfish/v1/Chassis/1", chassis),
    ]);
    for (path, body) in more {
        put(&mut tree, path, body.clone());
    }
    tree
}

#[test]
fn simple_storage_counts_where_nothing_better_is() {
    let simple = link("/redfish/v1/Systems/1/SimpleStorage");
    let devices = [
        (
            "/redfish/v1/Systems/1/SimpleStorage",
            members(&["/redfish/v1/Systems/1/SimpleStorage/1"]),
        ),
        (
            "/redfish/v1/Systems/1/SimpleStorage/1",
            json!({ "Devices": [
            { "Name": "SATA Bay 1", "Model": "D1", "CapacityBytes": 8_000_000_000_000_u64,
              "Status": { "State": "Enabled" } },
            { "Name": "SATA Bay 2", "Status": { "State": "Absent" } },
        ] }),
        ),
        ("/redfish/v1/Systems/1/Storage", members(&["/redfish/v1/Systems/1/Storage/1"])),
        (
            "/redfish/v1/Systems/1/Storage/1",
            json!({ "Drives": [
            { "@odata.id": "/redfish/v1/Systems/1/Storage/1/Drives/0" },
        ] }),
        ),
        (
            "/redfish/v1/Systems/1/Storage/1/Drives/0",
            json!({
                "SerialNumber": "DRIVE100", "CapacityBytes": 8_000_000_000_000_u64,
            }),
        ),
    ];
    let alone = service(json!({ "SimpleStorage": simple }), json!({}), &devices);
    let found = inventory(&alone).value;
    assert_eq!(counts(found.drives.iter().map(|drive| &drive.part)), (1, 2));
    let both = json!({ "SimpleStorage": simple, "Storage": link("/redfish/v1/Systems/1/Storage") });
    let found = inventory(&service(both, json!({}), &devices)).value;
    assert_eq!(counts(found.drives.iter().map(|drive| &drive.part)), (1, 1));
    assert_eq!(found.drives[0].part.serial.as_deref(), Some("DRIVE100"));
}

#[test]
fn arrays_and_adapters_of_ilo_are_found_and_not_counted_twice() {
    let oem = json!({ "Hpe": {
        "SmartStorage": link("/redfish/v1/Systems/1/SmartStorage"),
        "Links": { "NetworkAdapters": link("/redfish/v1/Systems/1/BaseNetworkAdapters") },
    } });
    let array = "/redfish/v1/Systems/1/SmartStorage/ArrayControllers";
    let one = format!("{array}/0");
    let disks = format!("{one}/DiskDrives");
    let disk = format!("{disks}/0");
    let chassis = json!({ "NetworkAdapters": link("/redfish/v1/Chassis/1/NetworkAdapters") });
    let tree = service(
        json!({ "Oem": oem }),
        chassis,
        &[
            (
                "/redfish/v1/Systems/1/SmartStorage",
                json!({ "Links": { "ArrayControllers": link(array) } }),
            ),
            (array, members(&[&one])),
            (
                &one,
                json!({ "Model": "P408i", "SerialNumber": "ARRAY001",
            "FirmwareVersion": { "Current": { "VersionString": "2.62" } },
            "Links": { "PhysicalDrives": link(&disks) } }),
            ),
            (&disks, members(&[&disk])),
            (
                &disk,
                json!({ "CapacityMiB": 953_869, "InterfaceType": "SAS", "MediaType": "HDD",
            "SerialNumber": "DISK0001", "Location": "1I:1:1", "RotationalSpeedRpm": 10000 }),
            ),
            (
                "/redfish/v1/Systems/1/BaseNetworkAdapters",
                members(&[
                    "/redfish/v1/Systems/1/BaseNetworkAdapters/1",
                    "/redfish/v1/Systems/1/BaseNetworkAdapters/2",
                ]),
            ),
            (
                "/redfish/v1/Systems/1/BaseNetworkAdapters/1",
                json!({ "SerialNumber": "NIC00001  ",
            "PhysicalPorts": [{ "MacAddress": "02:00:00:00:04:01", "SpeedMbps": 10000 }] }),
            ),
            ("/redfish/v1/Systems/1/BaseNetworkAdapters/2", json!({ "SerialNumber": "NIC00002" })),
            (
                "/redfish/v1/Chassis/1/NetworkAdapters",
                members(&["/redfish/v1/Chassis/1/NetworkAdapters/1"]),
            ),
            ("/redfish/v1/Chassis/1/NetworkAdapters/1", json!({ "SerialNumber": "NIC00001" })),
        ],
    );
    let read = inventory(&tree);
    assert!(read.is_complete(), "{:#?}", read.findings);
    let found = read.value;
    assert_eq!((found.drives.len(), found.controllers.len(), found.adapters.len()), (1, 1, 2));
    assert_eq!(found.drives[0].part.location.as_deref(), Some("1I:1:1"));
    assert_eq!(found.drives[0].rpm, Some(10_000));
    assert_eq!(found.controllers[0].part.version.as_deref(), Some("2.62"));
    assert_eq!(found.adapters[0].ports[0].addresses, ["02:00:00:00:04:01"]);
}

#[test]
fn a_board_of_gpus_is_a_system_and_no_machine() {
    let cpu =
        |serial: &str| json!({ "ProcessorType": "CPU", "TotalCores": 72, "SerialNumber": serial });
    let tree = tree(&[
        ("/redfish/v1", json!({ "Systems": link("/redfish/v1/Systems") })),
        (
            "/redfish/v1/Systems",
            members(&["/redfish/v1/Systems/Host", "/redfish/v1/Systems/Board"]),
        ),
        (
            "/redfish/v1/Systems/Host",
            json!({ "SystemType": "Physical", "SerialNumber": "SN0003",
            "Processors": [cpu("CPU-0001"), cpu("CPU-0002")] }),
        ),
        (
            "/redfish/v1/Systems/Board",
            json!({ "SystemType": "Physical",
            "Processors": [cpu("CPU-0001"), cpu("CPU-0003")] }),
        ),
    ]);
    let found = inventory(&tree).value;
    assert_eq!(found.systems.len(), 2);
    assert_eq!(found.machines().len(), 1);
    let serials: Vec<_> =
        found.processors.iter().filter_map(|cpu| cpu.part.serial.as_deref()).collect();
    assert_eq!(serials, ["CPU-0001", "CPU-0002", "CPU-0003"]);
}

#[test]
fn a_settings_resource_is_no_system_and_a_bmc_display_no_gpu() {
    let devices = "/redfish/v1/Chassis/1/PCIeDevices";
    let display = |vendor: &str| {
        json!({ "PCIeFunctions": { "Members": [
        { "Id": "0", "DeviceClass": "DisplayController", "VendorId": vendor, "DeviceId": "0x2000",
          "ClassCode": "0x030000", "@odata.type": "#PCIeFunction" },
    ] } })
    };
    let tree = service(
        json!({ "@Redfish.Settings": { "SettingsObject": link("/redfish/v1/Systems/1/Pending") } }),
        json!({ "PCIeDevices": link(devices) }),
        &[
            ("/redfish/v1/Systems/1/Pending", json!({ "@odata.type": "#ComputerSystem.v1_17_0" })),
            (devices, members(&[&format!("{devices}/VGA"), &format!("{devices}/GPU")])),
            (&format!("{devices}/VGA"), display("0x1a03")),
            (&format!("{devices}/GPU"), display("0x10de")),
        ],
    );
    let found = inventory(&tree).value;
    assert_eq!(found.systems.len(), 1);
    assert_eq!((found.devices.len(), found.graphics().len()), (2, 1));
    assert_eq!(found.devices[0].functions[0].vendor, Some(0x1a03));
}

#[test]
fn what_is_missing_costs_itself_and_is_told_of() {
    let mut tree = modern();
    tree.put("/redfish/v1/Systems/1/Memory/1".to_owned(), Answer::Status(503));
    tree.put(
        "/redfish/v1/Chassis/1/NetworkAdapters".to_owned(),
        Answer::NotJson("expected value at line 1 column 1".to_owned()),
    );
    let read = inventory(&tree);
    assert!(!read.is_complete());
    let lost: Vec<_> = read.losses().collect();
    assert_eq!(lost.len(), 2, "{lost:#?}");
    assert!(lost.iter().any(|finding| finding.trouble == Trouble::Status(503)));
    assert_eq!(read.value.modules.len(), 2);
    assert_eq!((read.value.processors.len(), read.value.drives.len()), (3, 2));
}

#[test]
fn parts_that_all_say_to_be_the_first_are_told_apart() {
    let supply = |serial: &str| {
        json!({ "@odata.id": "/redfish/v1/Chassis/1/Power#/PowerSupplies/0",
                                        "MemberId": "0", "SerialNumber": serial })
    };
    let power = json!({ "PowerSupplies": [supply("PSU-0001"), supply("PSU-0002")] });
    let tree = service(
        json!({}),
        json!({ "Power": link("/redfish/v1/Chassis/1/Power") }),
        &[("/redfish/v1/Chassis/1/Power", power)],
    );
    let found = inventory(&tree).value;
    let places: Vec<_> = found.supplies.iter().map(|supply| supply.part.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "/redfish/v1/Chassis/1/Power#/PowerSupplies/0",
            "/redfish/v1/Chassis/1/Power#/PowerSupplies/1",
        ]
    );
}
