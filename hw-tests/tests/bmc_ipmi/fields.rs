//! What we read, field by field beside what ipmitool and freeipmi read.

use bmc::ipmi::Client;
use bmc::operation::power;
use bmc::operation::sensor::{Sensor, Thresholds};
use libtest_mimic::Failed;

use super::console::{admin, freeipmi, ipmitool, pairs, run, table};
use super::sim::Sim;

/// Returns what a future of an administrator's session reads.
fn read<T>(
    sim: &Sim,
    ask: impl AsyncFnOnce(&mut Client) -> Result<T, bmc::ipmi::IpmiError>,
) -> Result<T, Failed> {
    let port = sim.port;
    Ok(run(async move {
        let mut client = admin(port).await?;
        let read = ask(&mut client).await?;
        client.close().await?;
        Ok::<T, bmc::ipmi::IpmiError>(read)
    })?)
}

pub(crate) fn device() -> Result<(), Failed> {
    let sim = Sim::start()?;
    let (device, status, uuid, identity, draw) = read(&sim, async |client| {
        Ok((
            client.device().await?,
            client.chassis().await?,
            client.uuid().await?,
            client.identity().await?,
            client.power_draw().await?,
        ))
    })?;
    let theirs = pairs(&ipmitool(sim.port, "mc info")?);
    let (major, minor) = device.ipmi;
    for (key, ours) in [
        ("Device ID", device.id.to_string()),
        ("Device Revision", device.revision.to_string()),
        ("Firmware Revision", device.version()),
        ("IPMI Version", format!("{major}.{minor}")),
        ("Manufacturer ID", device.manufacturer.to_string()),
        ("Product ID", format!("{} ({:#06x})", device.product, device.product)),
        ("Provides Device SDRs", if device.has_sdrs { "yes" } else { "no" }.to_owned()),
        ("Device Available", if device.updating { "no" } else { "yes" }.to_owned()),
    ] {
        assert_eq!(theirs.get(key), Some(&ours), "{key}");
    }
    let other = pairs(&freeipmi(sim.port, sim.folder(), "bmc-info", "--get-device-id")?);
    assert_eq!(other.get("Firmware Revision"), Some(&device.version()));
    assert_eq!(other.get("Product ID"), Some(&device.product.to_string()));
    assert_eq!(other.get("Device Revision"), Some(&device.revision.to_string()));
    let maker = other.get("Manufacturer ID").map(String::as_str).unwrap_or_default();
    assert!(maker.ends_with(&format!("({})", device.manufacturer)), "{maker}");
    let guid = pairs(&ipmitool(sim.port, "mc guid")?);
    assert_eq!(uuid.as_ref(), guid.get("System GUID"));
    let guid = freeipmi(sim.port, sim.folder(), "bmc-info", "--get-system-guid")?;
    assert_eq!(uuid.as_deref(), guid.split_whitespace().last());
    assert_eq!(status.state(), power::State::Off);
    let theirs = pairs(&ipmitool(sim.port, "chassis status")?);
    assert_eq!(theirs.get("System Power").map(String::as_str), Some("off"));
    assert_eq!(status.faults(), Vec::<&str>::new());
    let faults = theirs.iter().filter(|(_, value)| matches!(value.as_str(), "true" | "active"));
    assert_eq!(faults.count(), 0);
    assert_eq!(identity.serial.as_deref(), Some("2102310QPD10J1000001"));
    assert_eq!(identity.model.as_deref(), Some("RH2288H V3"));
    assert_eq!((identity.protocol.as_str(), identity.power), ("IPMI 2.0", Some(power::State::Off)));
    // It has no DCMI, and that is no error.
    assert_eq!(draw, None);
    Ok(())
}

/// Writes a number as ipmitool does in its table.
fn written(value: Option<f64>) -> String {
    value.map_or_else(|| "na".to_owned(), |value| format!("{value:.3}"))
}

fn unit(sensor: &Sensor) -> &str {
    match sensor.unit.as_deref() {
        Some("°C") => "degrees C",
        Some("V") => "Volts",
        Some(unit) => unit,
        None => "discrete",
    }
}

pub(crate) fn sensors() -> Result<(), Failed> {
    let sim = Sim::start()?;
    let found = read(&sim, async |client| client.sensors().await)?;
    assert_eq!(found.damage, Vec::<String>::new());
    let theirs = table(&ipmitool(sim.port, "sensor list")?);
    let ours: Vec<Vec<String>> = found.items.iter().map(row).collect();
    assert_eq!(ours.len(), 5, "{ours:?}");
    for (ours, theirs) in ours.iter().zip(&theirs) {
        // Of a discrete sensor it shows the bytes.
        let columns = if ours.get(2).is_some_and(|unit| unit == "discrete") { 1 } else { 10 };
        assert_eq!(ours.get(..columns), theirs.get(..columns));
    }
    assert_eq!(ours.len(), theirs.len());
    let psu = found.items.last().ok_or("no sensor")?;
    assert_eq!(
        (psu.name.as_str(), psu.asserted.as_slice()),
        ("PSU1", &["Presence detected".to_owned()][..])
    );
    let events = ipmitool(sim.port, "sdr get PSU1")?;
    assert!(events.contains("[Presence detected]"), "{events}");
    let words =
        "--output-sensor-thresholds --comma-separated-output --no-header-output --quiet-cache";
    let other = freeipmi(sim.port, sim.folder(), "ipmi-sensors", words)?;
    let rows: Vec<Vec<&str>> = other.lines().map(|line| line.split(',').collect()).collect();
    for sensor in &found.items {
        let row = rows.iter().find(|row| row.get(1) == Some(&sensor.name.as_str()));
        let row = row.ok_or_else(|| format!("{}: not in {other}", sensor.name))?;
        let reading =
            sensor.reading.map_or_else(|| "N/A".to_owned(), |value| format!("{value:.2}"));
        assert_eq!(row.get(3), Some(&reading.as_str()), "{row:?}");
        let event = row.last().copied().unwrap_or_default();
        let shown = if sensor.asserted.is_empty() { "'OK'" } else { "'Presence detected'" };
        assert_eq!(event, shown, "{row:?}");
    }
    Ok(())
}

/// A sensor as ipmitool's table has it.
fn row(sensor: &Sensor) -> Vec<String> {
    let Thresholds {
        lower_non_recoverable,
        lower_critical,
        lower_non_critical,
        upper_non_critical,
        upper_critical,
        upper_non_recoverable,
    } = sensor.thresholds;
    let state = if sensor.reading.is_some() { "ok" } else { "na" };
    let mut row = vec![sensor.name.clone(), written(sensor.reading), unit(sensor).to_owned()];
    row.push(state.to_owned());
    let thresholds = [
        lower_non_recoverable,
        lower_critical,
        lower_non_critical,
        upper_non_critical,
        upper_critical,
        upper_non_recoverable,
    ];
    row.extend(thresholds.map(written));
    row
}

pub(crate) fn log() -> Result<(), Failed> {
    let sim = Sim::start()?;
    let found = read(&sim, async |client| client.log().await)?;
    let theirs = table(&ipmitool(sim.port, "sel elist")?);
    let [ecc, hot] = found.items.as_slice() else {
        return Err(format!("{found:?}").into());
    };
    let [their_ecc, their_hot] = theirs.as_slice() else {
        return Err(format!("{theirs:?}").into());
    };
    assert_eq!(ecc.origin.as_ref(), their_ecc.get(3));
    assert_eq!(Some(&ecc.message), their_ecc.get(4));
    assert_eq!(Some(&ecc.id), their_ecc.first());
    // "Pre-Init" and seconds: `+N` of ours.
    let seconds = ecc.time.as_deref().and_then(|time| time.strip_prefix('+')).unwrap_or_default();
    let theirs = their_ecc.get(2).map(|cell| cell.trim_start_matches('0')).unwrap_or_default();
    assert_eq!(seconds, theirs.split(' ').next().unwrap_or_default());
    // ipmitool: "Temperature CPU1 Temp"; "Upper Critical going high"; "Asserted"; "Reading 160 > …".
    let origin = hot.origin.clone().unwrap_or_default();
    assert!(
        their_hot.get(3).is_some_and(|cell| cell.ends_with(&origin)),
        "{origin}: {their_hot:?}"
    );
    let event = their_hot.get(4).cloned().unwrap_or_default();
    assert_eq!(hot.message, format!("{event} (reading 160, threshold 144 °C)"));
    let value = their_hot.last().cloned().unwrap_or_default();
    assert_eq!(value, "Reading 160 > Threshold 144 degrees C");
    let other = freeipmi(sim.port, sim.folder(), "ipmi-sel", "--no-header-output --quiet-cache")?;
    let other = table(&other);
    assert_eq!(other.len(), 2, "{other:?}");
    assert_eq!(other.get(1).and_then(|row| row.get(3)), Some(&origin));
    Ok(())
}

pub(crate) fn frus() -> Result<(), Failed> {
    let sim = Sim::start()?;
    let found = read(&sim, async |client| client.frus().await)?;
    let [fru] = found.items.as_slice() else {
        return Err(format!("{found:?}").into());
    };
    assert_eq!((fru.name.as_str(), fru.damage.as_slice()), ("FRU0", &[][..]));
    let theirs = pairs(&ipmitool(sim.port, "fru print 0")?);
    let other = freeipmi(sim.port, sim.folder(), "ipmi-fru", "--quiet-cache")?;
    let names = [
        ("chassis", "type", "Chassis Type", "FRU Chassis Type"),
        ("chassis", "part number", "Chassis Part Number", "FRU Chassis Part Number"),
        ("chassis", "serial", "Chassis Serial", "FRU Chassis Serial Number"),
        ("board", "manufacturer", "Board Mfg", "FRU Board Manufacturer"),
        ("board", "product", "Board Product", "FRU Board Product Name"),
        ("board", "serial", "Board Serial", "FRU Board Serial Number"),
        ("board", "part number", "Board Part Number", "FRU Board Part Number"),
        ("product", "manufacturer", "Product Manufacturer", "FRU Product Manufacturer Name"),
        ("product", "product", "Product Name", "FRU Product Name"),
        ("product", "part number", "Product Part Number", "FRU Product Part/Model Number"),
        ("product", "version", "Product Version", "FRU Product Version"),
        ("product", "serial", "Product Serial", "FRU Product Serial Number"),
        ("product", "asset tag", "Product Asset Tag", "FRU Product Asset Tag"),
    ];
    for (area, name, tool, free) in names {
        let field = fru.fields.iter().find(|one| one.area == area && one.name == name);
        let ours = field.map(|one| one.text.clone());
        assert_eq!(ours.as_ref(), theirs.get(tool), "{area} {name}");
        let line = format!("  {free}: {}", ours.unwrap_or_default());
        assert!(other.lines().any(|one| one == line), "{line}: {other}");
    }
    // Theirs but one: ipmitool does not print file ids; freeipmi does.
    let ids = fru.fields.iter().filter(|one| one.name == "file id").count();
    assert_eq!(ids, other.matches("FRU FRU File ID: fru1").count());
    let date = fru.fields.iter().find(|one| one.name == "date").map(|one| one.text.as_str());
    // 0x900000 minutes after the start of 1996.
    assert_eq!(date, Some("2013-12-10T14:24:00Z"));
    let theirs = theirs.get("Board Mfg Date").map(String::as_str).unwrap_or_default();
    assert!(theirs.starts_with("Tue Dec 10 14:24:00 2013"), "{theirs}");
    assert_eq!(fru.fields.len(), names.len() + ids + 1, "{:?}", fru.fields);
    Ok(())
}

pub(crate) fn users() -> Result<(), Failed> {
    let sim = Sim::start()?;
    let (users, lan, access) = read(&sim, async |client| {
        Ok((client.users(1).await?, client.lan(1).await?, client.channel_access(1).await?))
    })?;
    let text = ipmitool(sim.port, "-c user list 1")?;
    let flag = |is: bool| if is { "true" } else { "false" };
    // Number, name, call-in, link, messages, privilege.
    let ours: Vec<String> = users
        .iter()
        .map(|user| {
            let privilege = user.privilege.map(|one| one.to_string().to_uppercase());
            format!(
                "{},{},{},{},{},{}",
                user.id,
                user.name,
                flag(!user.callback_only),
                flag(user.link),
                flag(user.messaging),
                privilege.unwrap_or_default()
            )
        })
        .collect();
    // It lists numbers that nobody has as well.
    let theirs: Vec<&str> = text.lines().filter(|line| !line.contains("Unknown")).collect();
    assert_eq!(ours, theirs, "{text}");
    let theirs = pairs(&ipmitool(sim.port, "lan print 1")?);
    let shown = |key: &str| theirs.get(key).cloned().unwrap_or_default();
    let address = |one: Option<std::net::Ipv4Addr>| one.map(|one| one.to_string());
    assert_eq!(address(lan.address), Some(shown("IP Address")));
    assert_eq!(address(lan.mask), Some(shown("Subnet Mask")));
    assert_eq!(address(lan.gateway), Some(shown("Default Gateway IP")));
    assert_eq!((lan.vlan, shown("802.1q VLAN ID").as_str()), (Some(None), "Disabled"));
    let numbers: Vec<String> = lan.suites.iter().map(|(one, _)| one.to_string()).collect();
    // Both read what the simulator says: it gives the list one place to the left.
    assert_eq!(numbers.join(","), shown("RMCP+ Cipher Suites"));
    let info = pairs(&ipmitool(sim.port, "channel getaccess 1 2")?);
    assert_eq!(info.get("Privilege Level").map(String::as_str), Some("ADMINISTRATOR"));
    assert_eq!(access.mode, 2);
    Ok(())
}
