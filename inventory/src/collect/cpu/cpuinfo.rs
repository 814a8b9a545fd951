//! `/proc/cpuinfo`, in the shapes of x86, arm64, `LoongArch` and MIPS.
//!
//! Every architecture writes its own keys. x86 repeats all of them for each
//! processor; arm64 names an implementer and a part by number; `LoongArch` opens
//! with a block for the whole machine and capitalises its keys.

use super::super::read::fold;
use super::arm;

/// What cpuinfo says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CpuInfo {
    /// Processors in the order of the file.
    pub(crate) processors: Vec<Named>,
    /// What is written outside the processors' blocks: some kernels name the
    /// model once, at the end.
    whole: Named,
}

/// What cpuinfo calls a processor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its number.
    pub(crate) id: u32,
    /// Who made it, in words.
    pub(crate) vendor: Option<String>,
    /// What the vendor was read from, where that is no name.
    pub(crate) vendor_raw: Option<String>,
    /// Its model, blanks folded.
    pub(crate) model: Option<String>,
    /// Its microcode.
    pub(crate) microcode: Option<String>,
    implementer: Option<u32>,
    part: Option<u32>,
}

impl CpuInfo {
    /// Returns what is said of processor `id`, what is missing from the machine's
    /// block or the first processor's.
    pub(crate) fn of(&self, id: u32) -> Named {
        let own = self.processors.iter().find(|cpu| cpu.id == id);
        let mut named = own.or(self.processors.first()).cloned().unwrap_or_default();
        let whole = self.whole.clone();
        named.model = named.model.or(whole.model);
        named.vendor = named.vendor.or(whole.vendor);
        named
    }
}

/// Reads cpuinfo.
pub(crate) fn parse(text: &str) -> CpuInfo {
    let mut info = CpuInfo::default();
    for block in text.split("\n\n") {
        let mut named = Named::default();
        let mut is_processor = false;
        for (key, value) in block.lines().filter_map(|line| line.split_once(':')) {
            let (key, value) = (key.trim().to_ascii_lowercase(), value);
            if key == "processor"
                && let Ok(id) = value.trim().parse()
            {
                // Old arm kernels write all processors into one block.
                if is_processor {
                    info.processors.push(std::mem::take(&mut named).named());
                }
                is_processor = true;
                named.id = id;
            } else {
                named.take(&key, value);
            }
        }
        if is_processor {
            info.processors.push(named.named());
        } else if info.whole == Named::default() {
            info.whole = named.named();
        }
    }
    info
}

impl Named {
    fn take(&mut self, key: &str, value: &str) {
        let text = || Some(fold(value)).filter(|text| !text.is_empty());
        match key {
            "model name" | "cpu model" => self.model = text(),
            // arm32 kernels and some vendors' arm64 kernels name the model so.
            "processor" | "hardware" if self.model.is_none() => self.model = text(),
            "vendor_id" => {
                let raw = value.strip_prefix([' ', '\t']).unwrap_or(value);
                self.vendor = vendor(raw);
                self.vendor_raw = Some(raw.to_owned()).filter(|raw| !raw.is_empty());
            }
            "cpu family" if value.trim().starts_with("Loongson") => {
                self.vendor = Some("Loongson".to_owned());
            }
            "microcode" => self.microcode = text(),
            "cpu implementer" => self.implementer = arm::number(value),
            "cpu part" => self.part = arm::number(value),
            _ => {}
        }
    }

    /// Puts names to what is given by numbers, and corrects what the vendor's id
    /// alone does not tell.
    fn named(mut self) -> Self {
        if let Some(implementer) = self.implementer {
            let known = arm::known(implementer, self.part);
            self.vendor = self.vendor.or_else(|| known.vendor.map(str::to_owned));
            if self.vendor_raw.is_none() {
                self.vendor_raw = Some(format!("implementer 0x{implementer:02x}"));
            }
            if self.model.is_none() {
                self.model = known.model(implementer, self.part);
            }
        }
        // Zhaoxin goes on using Centaur's id; its models carry its own name.
        let zhaoxin = |model: &String| model.to_ascii_lowercase().contains("zhaoxin");
        if self.model.as_ref().is_some_and(zhaoxin) {
            self.vendor = Some("Zhaoxin".to_owned());
        }
        self
    }
}

/// Returns the maker behind an x86 vendor id of twelve characters.
fn vendor(id: &str) -> Option<String> {
    let name = match id.trim() {
        "" => return None,
        "GenuineIntel" => "Intel",
        "AuthenticAMD" => "AMD",
        "HygonGenuine" => "Hygon",
        "CentaurHauls" => "Centaur",
        "Shanghai" => "Zhaoxin",
        other => other,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests;
