//! Power supplies and fans of chassis, by the schemas of 2015 (`Power`, `Thermal`) and of 2020
//! (`PowerSubsystem`, `ThermalSubsystem`).

use super::part::Part;
use crate::redfish::reader::Node;

/// A power supply, or its bay (`PowerSupply`, `Power.PowerSupplies`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Supply {
    /// What all parts have.
    pub part: Part,
    /// What it can give, in W.
    pub capacity_w: Option<f64>,
    /// What it gives now, in W.
    pub output_w: Option<f64>,
    /// What it takes now, in W.
    pub input_w: Option<f64>,
    /// The voltage of its line, in V.
    pub input_v: Option<f64>,
    /// `AC`, `DC`, `ACorDC`.
    pub kind: Option<String>,
    /// Whether it can be changed in operation.
    pub is_hot_pluggable: Option<bool>,
}

/// A fan (`Fan`, `Thermal.Fans`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fan {
    /// What all parts have.
    pub part: Part,
    /// Rotations per minute.
    pub rpm: Option<u64>,
    /// Its speed, in percent of its fastest.
    pub speed_percent: Option<f64>,
    /// Whether it can be changed in operation.
    pub is_hot_pluggable: Option<bool>,
}

/// Takes the power supplies of a chassis.
pub(super) fn supplies(chassis: &Node<'_>, system: Option<&str>, found: &mut Vec<Supply>) {
    let old = chassis.follow("Power").map(|power| power.items("PowerSupplies")).unwrap_or_default();
    let new = chassis.follow("PowerSubsystem").map(|power| power.members("PowerSupplies"));
    let read = |nodes: Vec<Node<'_>>| -> Vec<Supply> {
        nodes.iter().map(|node| supply(node, system)).collect()
    };
    let (mut chosen, others) = fuller(read(new.unwrap_or_default()), read(old));
    let count = chosen.len();
    for (at, other) in others.into_iter().enumerate() {
        let same = chosen.iter().position(|known| known.part.is_same(&other.part));
        // Where neither has a serial number, they are in the same order or not told apart.
        let same = same.or_else(|| (at < count && other.part.serial.is_none()).then_some(at));
        let Some(known) = same.and_then(|at| chosen.get_mut(at)) else { continue };
        if known.part.is_present == other.part.is_present {
            known.fill(other);
        }
    }
    for supply in chosen {
        if !found.iter().any(|known| known.part.place == supply.part.place) {
            found.push(supply);
        }
    }
}

/// Takes the fans of a chassis.
pub(super) fn fans(chassis: &Node<'_>, system: Option<&str>, found: &mut Vec<Fan>) {
    let old = chassis.follow("Thermal").map(|thermal| thermal.items("Fans")).unwrap_or_default();
    let new = chassis.follow("ThermalSubsystem").map(|thermal| thermal.members("Fans"));
    let read =
        |nodes: Vec<Node<'_>>| -> Vec<Fan> { nodes.iter().map(|node| fan(node, system)).collect() };
    let (mut chosen, others) = fuller(read(new.unwrap_or_default()), read(old));
    for other in others {
        let same =
            |known: &&mut Fan| known.part.name.is_some() && known.part.name == other.part.name;
        if let Some(known) = chosen.iter_mut().find(same) {
            known.rpm = known.rpm.or(other.rpm);
            known.part.fill(other.part);
        }
    }
    for fan in chosen {
        if !found.iter().any(|known| known.part.place == fan.part.place) {
            found.push(fan);
        }
    }
}

/// Returns the longer of two lists of the same things first, the former where they are as long.
fn fuller<T>(new: Vec<T>, old: Vec<T>) -> (Vec<T>, Vec<T>) {
    if old.len() > new.len() { (old, new) } else { (new, old) }
}

impl Supply {
    fn fill(&mut self, other: Self) {
        self.capacity_w = self.capacity_w.or(other.capacity_w);
        self.output_w = self.output_w.or(other.output_w);
        self.input_w = self.input_w.or(other.input_w);
        self.input_v = self.input_v.or(other.input_v);
        self.is_hot_pluggable = self.is_hot_pluggable.or(other.is_hot_pluggable);
        self.kind = self.kind.take().or(other.kind);
        self.part.fill(other.part);
    }
}

fn supply(node: &Node<'_>, system: Option<&str>) -> Supply {
    let ranges = || {
        let ranges = node.items("InputRanges");
        let most = ranges.iter().filter_map(|range| {
            range.number("CapacityWatts").or_else(|| range.number("OutputWattage"))
        });
        most.fold(None, |most: Option<f64>, watts| Some(most.map_or(watts, |most| most.max(watts))))
    };
    Supply {
        part: Part::of(node, system),
        // Zero is what a bay without one says.
        capacity_w: node.number("PowerCapacityWatts").or_else(ranges).filter(|watts| *watts > 0.0),
        output_w: node.number("PowerOutputWatts").or_else(|| node.number("LastPowerOutputWatts")),
        input_w: node.number("PowerInputWatts"),
        input_v: node.number("LineInputVoltage"),
        kind: node.text("PowerSupplyType"),
        is_hot_pluggable: node.flag("HotPluggable"),
    }
}

fn fan(node: &Node<'_>, system: Option<&str>) -> Fan {
    let mut part = Part::of(node, system);
    // Of 2015, and of iLO 4.
    part.name = node.first_text(&["Name", "FanName", "MemberId", "Id"]);
    let speed = node.node("SpeedPercent");
    let unit = node.first_text(&["ReadingUnits", "Units"]);
    let reading = node.number("Reading").or_else(|| node.number("CurrentReading"));
    let is_percent = unit.as_deref().is_some_and(|unit| unit.eq_ignore_ascii_case("percent"));
    let of_reading = || if is_percent { None } else { reading.and_then(whole) };
    let rpm = node.count("ReadingRPM").or_else(of_reading);
    let rpm = rpm.or_else(|| speed.as_ref()?.count("SpeedRPM")).or_else(|| node.count("SpeedRPM"));
    let percent = speed.as_ref().and_then(|speed| speed.number("Reading"));
    let percent = percent.or_else(|| reading.filter(|_| is_percent));
    Fan {
        part,
        rpm,
        // Some write their rotations there.
        speed_percent: percent.filter(|percent| (0.0..=100.0).contains(percent)),
        is_hot_pluggable: node.flag("HotPluggable"),
    }
}

/// Returns a reading as a whole number.
fn whole(reading: f64) -> Option<u64> {
    format!("{:.0}", reading.round()).parse().ok()
}
