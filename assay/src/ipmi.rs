//! What a BMC says over IPMI, as `inventory/v1`: over the network, or of the machine that this
//! program runs on.
//!
//! `bmc` reads and decodes; this maps its facts and adds nothing. IPMI names no processor, memory
//! module or disk: those sections are not said anything of, so that another source's word stands.

use bmc::{
    ipmi::Facts,
    operation::{fru::Fru, sensor::Sensor},
};
use inventory::{
    Inventory,
    brand::brand_of,
    model::{
        self, Bmc, Board, Fan, Finding, FindingClass, Origin, Psu, Section, SectionState, Source,
        SourceId, SourceKind, System,
    },
    placeholder,
};
use serde_json::json;

/// The name of the sensor that is what the whole machine draws (DCMI 1.5 §6.6.1).
pub(crate) const DRAW: &str = "DCMI power";

/// Maps what a BMC told; `digest` is of the evidence that [`document`] makes of it.
pub(crate) fn inventory(facts: &Facts, digest: Option<String>) -> Inventory {
    let mut map = Map { inventory: Inventory::default(), digest };
    map.controller(facts);
    let own =
        facts.frus.items.iter().find(|fru| fru.fields.iter().any(|one| one.area == "product"));
    map.system(own, facts.uuid.as_deref());
    for fru in &facts.frus.items {
        map.part(fru);
    }
    for sensor in &facts.sensors.items {
        map.sensor(sensor);
    }
    if let Some(draw) = facts.draw.filter(|draw| draw.active) {
        let origin = Origin::of(map.source("ipmi:dcmi/power"));
        map.inventory.sensor.push(model::Sensor {
            chip: Some("BMC".to_owned()),
            name: DRAW.to_owned(),
            power_mw: Some(u64::from(draw.watts) * 1000),
            origin,
            ..model::Sensor::default()
        });
    }
    map.sections(facts);
    map.findings(facts);
    map.inventory
}

/// Returns what was told, for the evidence.
pub(crate) fn document(facts: &Facts) -> Vec<u8> {
    let device = &facts.device;
    let sensor = |sensor: &Sensor| {
        let limits = &sensor.thresholds;
        json!({
            "name": sensor.name, "kind": sensor.kind, "reading": sensor.reading,
            "unit": sensor.unit, "asserted": sensor.asserted, "source": sensor.source,
            "upper_critical": limits.upper_critical, "lower_critical": limits.lower_critical,
            "upper_non_recoverable": limits.upper_non_recoverable,
        })
    };
    let fru = |fru: &Fru| {
        let field = |field: &bmc::operation::fru::Field| json!({ "area": field.area, "name": field.name, "text": field.text });
        json!({ "name": fru.name, "fields": fru.fields.iter().map(field).collect::<Vec<_>>() })
    };
    let lan = facts.lan.as_ref().map(
        |lan| json!({ "address": lan.address.map(|at| at.to_string()), "mac": lan.mac.map(mac) }),
    );
    let document = json!({
        "device": {
            "id": device.id, "firmware": device.version(), "manufacturer": device.manufacturer,
            "product": device.product, "ipmi": format!("{}.{}", device.ipmi.0, device.ipmi.1),
        },
        "uuid": facts.uuid,
        "lan": lan,
        "power_w": facts.draw.filter(|draw| draw.active).map(|draw| draw.watts),
        "sensors": facts.sensors.items.iter().map(sensor).collect::<Vec<_>>(),
        "frus": facts.frus.items.iter().map(fru).collect::<Vec<_>>(),
        "log_entries": facts.log.map(|log| log.entries),
    });
    document.to_string().into_bytes()
}

/// What is mapped so far.
struct Map {
    inventory: Inventory,
    digest: Option<String>,
}

/// What a part's memory says, placeholders apart.
struct Numbers {
    manufacturer: Option<String>,
    product: Option<String>,
    part_number: Option<String>,
    serial: Option<String>,
    version: Option<String>,
    asset: Option<String>,
}

impl Numbers {
    fn of(fru: &Fru, area: &str) -> Self {
        let text = |name: &str| {
            let found = fru.fields.iter().find(|one| one.area == area && one.name == name)?;
            placeholder::clean(&found.text).value
        };
        Self {
            manufacturer: text("manufacturer"),
            product: text("product"),
            part_number: text("part number"),
            serial: text("serial"),
            version: text("version"),
            asset: text("asset tag"),
        }
    }
}

impl Map {
    fn source(&mut self, locator: &str) -> SourceId {
        self.inventory.add_source(Source {
            kind: SourceKind::Ipmi,
            locator: locator.to_owned(),
            at: None,
            digest: self.digest.clone(),
        })
    }

    fn controller(&mut self, facts: &Facts) {
        let device = &facts.device;
        let mut origin = Origin::of(self.source("ipmi:device"));
        let lan = facts.lan.as_ref();
        if lan.is_some() {
            let from = self.source("ipmi:lan");
            for field in ["mac", "address"] {
                origin.sources.insert(field.to_owned(), from);
            }
        }
        let (major, minor) = device.ipmi;
        self.inventory.bmc = Some(Bmc {
            present: Some(true),
            ipmi_version: Some(format!("{major}.{minor}")),
            firmware: Some(device.version()),
            manufacturer_id: Some(device.manufacturer).filter(|number| *number != 0),
            mac: lan.and_then(|lan| lan.mac).map(mac).filter(|mac| placeholder::usable_mac(mac)),
            address: lan
                .and_then(|lan| lan.address)
                .filter(|address| !address.is_unspecified())
                .map(|address| address.to_string()),
            origin,
            ..Bmc::default()
        });
    }

    /// The machine as its own memory names it. The UUID stands without one, too.
    fn system(&mut self, own: Option<&Fru>, uuid: Option<&str>) {
        let numbers = own.map(|fru| Numbers::of(fru, "product"));
        let uuid = uuid.filter(|uuid| placeholder::usable_uuid(uuid)).map(str::to_owned);
        if uuid.is_none() && numbers.is_none() {
            return;
        }
        let mut system = System { uuid, ..System::default() };
        let mut origin = Origin::of(self.source("ipmi:guid"));
        if let (Some(fru), Some(numbers)) = (own, numbers) {
            let from = self.source(&format!("ipmi:fru/{}", fru.name));
            if system.uuid.is_some() {
                origin.sources.insert("uuid".to_owned(), origin.source);
            }
            origin.source = from;
            system.brand = numbers.manufacturer.as_deref().and_then(brand_of);
            system.manufacturer = numbers.manufacturer;
            system.product = numbers.product;
            system.serial = numbers.serial;
            system.version = numbers.version;
        }
        system.origin = origin;
        self.inventory.system = Some(system);
    }

    /// A part's memory: a board, a power supply.
    fn part(&mut self, fru: &Fru) {
        let has = |area: &str| fru.fields.iter().any(|one| one.area == area);
        let name = fru.name.to_ascii_lowercase();
        let is_supply = has("power supply")
            || name.starts_with("psu")
            || name.starts_with("ps ")
            || name.contains("power supply");
        if is_supply {
            let area = if has("product") { "product" } else { "board" };
            let numbers = Numbers::of(fru, area);
            let origin = Origin::of(self.source(&format!("ipmi:fru/{}", fru.name)));
            self.inventory.psu.push(Psu {
                locator: Some(fru.name.clone()),
                name: numbers.product,
                present: Some(true),
                manufacturer: numbers.manufacturer,
                part_number: numbers.part_number,
                serial: numbers.serial,
                power_mw: capacity(fru),
                origin,
                ..Psu::default()
            });
        } else if has("board") {
            let numbers = Numbers::of(fru, "board");
            let origin = Origin::of(self.source(&format!("ipmi:fru/{}", fru.name)));
            self.inventory.board.push(Board {
                brand: numbers.manufacturer.as_deref().and_then(brand_of),
                manufacturer: numbers.manufacturer,
                product: numbers.product,
                serial: numbers.serial,
                asset_tag: numbers.asset,
                origin,
                ..Board::default()
            });
        }
    }

    fn sensor(&mut self, sensor: &Sensor) {
        if sensor.kind == "fan" && sensor.unit.as_deref() == Some("RPM") {
            let origin = Origin::of(self.source(&sensor.source));
            let rpm = sensor.reading.and_then(|rpm| format!("{:.0}", rpm.round()).parse().ok());
            self.inventory.fan.push(Fan { name: sensor.name.clone(), rpm, origin });
            return;
        }
        let limits = &sensor.thresholds;
        let measured = crate::measured::measured(
            sensor,
            limits.upper_critical.or(limits.upper_non_recoverable),
        );
        if let Some(mut mapped) = measured {
            mapped.origin = Origin::of(self.source(&sensor.source));
            self.inventory.sensor.push(mapped);
        }
    }

    /// What IPMI lists is not all that there is: only itself and its sensors a BMC knows.
    fn sections(&mut self, facts: &Facts) {
        let inventory = &self.inventory;
        let told = |is: bool, damage: &[String], most: &str| match (is, damage.first()) {
            (true, Some(damage)) => (SectionState::Partial, Some(damage.clone())),
            (true, None) if most.is_empty() => (SectionState::Complete, None),
            (true, None) => (SectionState::Partial, Some(most.to_owned())),
            (false, Some(damage)) => (SectionState::Failed, Some(damage.clone())),
            (false, None) => (SectionState::Unsupported, Some("the BMC tells none".to_owned())),
        };
        let some = "only parts with a memory of their own are told by IPMI";
        let (frus, sensors) = (&facts.frus.damage, &facts.sensors.damage);
        let rows = [
            (Section::Bmc, told(true, &[], "")),
            (Section::System, told(inventory.system.is_some(), frus, some)),
            (Section::Board, told(!inventory.board.is_empty(), frus, some)),
            (Section::Psu, told(!inventory.psu.is_empty(), frus, some)),
            (Section::Fan, told(!inventory.fan.is_empty(), sensors, "")),
            (Section::Sensor, told(!inventory.sensor.is_empty(), sensors, "")),
        ];
        for (section, (state, reason)) in rows {
            self.inventory.set_section(section, state, reason);
        }
    }

    fn findings(&mut self, facts: &Facts) {
        let lists = [("ipmi:fru", &facts.frus.damage), ("ipmi:sensors", &facts.sensors.damage)];
        for (path, said) in lists {
            for said in said.iter().take(MOST_FINDINGS) {
                self.inventory.findings.push(Finding {
                    class: FindingClass::Damage,
                    path: path.to_owned(),
                    message: said.clone(),
                    message_zh: format!("未能读取：{said}"),
                    claims: Vec::new(),
                });
            }
        }
    }
}

/// Findings that are shown one by one, of each list.
const MOST_FINDINGS: usize = 20;

/// Returns what a power supply can give, in milliwatt.
fn capacity(fru: &Fru) -> Option<u64> {
    let field =
        |one: &&bmc::operation::fru::Field| one.area == "power supply" && one.name == "capacity";
    let text = &fru.fields.iter().find(field)?.text;
    text.strip_suffix(" W")?.parse::<u64>().ok()?.checked_mul(1000).filter(|power| *power > 0)
}

fn mac(bytes: [u8; 6]) -> String {
    let parts: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    parts.join(":")
}
