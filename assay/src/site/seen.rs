//! A machine that was found.

use bmc::target::Address;
use inventory::{
    Inventory,
    model::{SourceKind, System},
    placeholder,
};
use profiles::Text;

use super::place::{Place, folded};

/// A machine that was found.
#[derive(Clone, Debug)]
pub struct Seen<'i> {
    /// What it is called where it was found: a file, a folder, an address.
    pub name: String,
    /// Where its BMC answers, or is set to.
    pub address: Option<Address>,
    /// Where it stands, as whoever collected it says.
    pub place: Option<Place>,
    /// What it is made of.
    pub inventory: &'i Inventory,
}

/// Something that was looked at and told nothing.
#[derive(Clone, Debug)]
pub struct Untold {
    /// What it is called.
    pub name: String,
    /// The address that was asked.
    pub address: Option<Address>,
    /// The place that its name says.
    pub place: Option<Place>,
    /// Whether it is a machine: a BMC that was asked, descriptions that do not fit; and no file that
    /// may be anything.
    pub is_machine: bool,
    /// Why it told nothing.
    pub why: Text,
}

impl Seen<'_> {
    /// Returns its serial number, where it has one that tells it from others.
    pub fn serial(&self) -> Option<&str> {
        serial(self.inventory)
    }

    /// Returns maker and product, for people.
    pub fn model(&self) -> Option<String> {
        let system = self.inventory.system.as_ref()?;
        let product = system.product.as_deref()?;
        Some(match &system.manufacturer {
            Some(maker) => format!("{maker} {product}"),
            None => product.to_owned(),
        })
    }

    /// Returns all that names its model; nothing where it tells no product.
    pub(super) fn names(&self) -> Option<String> {
        let System { manufacturer, brand, product, version, sku, family, .. } =
            self.inventory.system.as_ref()?;
        let product = product.as_ref()?;
        let brand = brand.as_ref().map(|brand| format!("{} {}", brand.zh, brand.en));
        let others = [manufacturer, &brand, version, sku, family];
        let mut names = product.clone();
        for other in others.into_iter().flatten() {
            names.push(' ');
            names.push_str(other);
        }
        Some(names)
    }

    /// Returns what it is called: its serial number, else where it was found.
    pub fn called(&self) -> &str {
        self.serial().unwrap_or(&self.name)
    }
}

/// Returns the serial number of a machine, where it tells it from others.
pub fn serial(inventory: &Inventory) -> Option<&str> {
    let system = inventory.system.as_ref().and_then(|system| system.serial.as_deref());
    let chassis = || inventory.chassis.iter().find_map(|chassis| chassis.serial.as_deref());
    let is_usable =
        |serial: &&str| !folded(serial).is_empty() && !placeholder::is_placeholder(serial);
    system.filter(is_usable).or_else(|| chassis().filter(is_usable))
}

/// Returns the address that a machine's BMC is set to, by its own word.
pub fn address(inventory: &Inventory) -> Option<Address> {
    let told = inventory.bmc.as_ref()?.address.as_deref()?;
    let told = told.split('/').next().unwrap_or(told);
    let address: std::net::IpAddr = told.parse().ok()?;
    if address.is_unspecified() || address.is_loopback() {
        return None;
    }
    address.to_string().parse().ok()
}

/// Returns whether two machines of one serial number are two: some other mark of theirs differs.
///
/// Marks are compared where both were read in the same way: a BMC may name a board otherwise than
/// the firmware does.
pub fn are_two(one: &Inventory, other: &Inventory) -> bool {
    let uuid = |inventory: &Inventory| {
        let uuid = inventory.system.as_ref().and_then(|system| system.uuid.clone());
        uuid.filter(|uuid| placeholder::usable_uuid(uuid))
    };
    if let (Some(_), Some(_)) = (uuid(one), uuid(other))
        && inventory::merge::same_machine(one, other) == Some(false)
    {
        return true;
    }
    let is_read =
        |inventory: &Inventory, kind| inventory.sources.iter().any(|source| source.kind == kind);
    let kinds = [SourceKind::Smbios, SourceKind::Redfish];
    if !kinds.iter().any(|kind| is_read(one, *kind) && is_read(other, *kind)) {
        return false;
    }
    let board = |inventory: &Inventory| {
        let board = inventory.board.first().and_then(|board| board.serial.clone());
        board.filter(|serial| !placeholder::is_placeholder(serial)).map(|serial| folded(&serial))
    };
    if let (Some(one), Some(other)) = (board(one), board(other)) {
        return one != other;
    }
    let modules = |inventory: &Inventory| -> Vec<String> {
        let serials = inventory.dimm.iter().filter_map(|dimm| dimm.serial.as_deref());
        let usable = serials.filter(|serial| !placeholder::is_placeholder(serial));
        usable.map(folded).collect()
    };
    let (one, other) = (modules(one), modules(other));
    !one.is_empty() && !other.is_empty() && !one.iter().any(|serial| other.contains(serial))
}
