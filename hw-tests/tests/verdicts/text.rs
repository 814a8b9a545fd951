//! A dmidecode report as blocks, read and edited without any code of the product.

/// One structure of a report.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The `DMI type` of the handle line.
    pub(crate) kind: u32,
    /// Its lines, the handle line first.
    pub(crate) lines: Vec<String>,
}

impl Block {
    /// Returns the value of a field; a field is indented by one tab.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let (key, value) = line.strip_prefix('\t')?.split_once(':')?;
            (key == name).then(|| value.trim())
        })
    }

    /// Sets the value of a field that is there.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let prefix = format!("\t{name}:");
        for line in &mut self.lines {
            if line.starts_with(&prefix) {
                *line = format!("{prefix} {value}");
            }
        }
    }
}

/// Reads a report into what stands before the first structure, and its structures.
pub(crate) fn blocks(text: &str) -> (String, Vec<Block>) {
    let mut head = String::new();
    let mut blocks: Vec<Block> = Vec::new();
    for line in text.lines() {
        let kind = line
            .strip_prefix("Handle 0x")
            .and_then(|rest| rest.split_once("DMI type "))
            .and_then(|(_, rest)| rest.split(',').next()?.parse().ok());
        if let Some(kind) = kind {
            blocks.push(Block { kind, lines: vec![line.to_owned()] });
        } else if let Some(block) = blocks.last_mut() {
            block.lines.push(line.to_owned());
        } else {
            head.push_str(line);
            head.push('\n');
        }
    }
    (head, blocks)
}

/// Writes the report again.
pub(crate) fn write(head: &str, blocks: &[Block]) -> String {
    let mut text = head.to_owned();
    for block in blocks {
        text.push_str(&block.lines.join("\n"));
        text.push('\n');
    }
    text
}

/// Reads `16 GB`, `512 MB`, `1 TB`: binary units, as dmidecode prints them.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = text.split_once(' ')?;
    let shift = match unit {
        "bytes" => 0,
        "kB" => 10,
        "MB" => 20,
        "GB" => 30,
        "TB" => 40,
        _ => return None,
    };
    Some(number.parse::<u64>().ok()? << shift)
}

/// Reads `2100 MHz` and the `2.10GHz` of a processor's name, in kHz.
pub(crate) fn kilohertz(text: &str) -> Option<u64> {
    if let Some(number) = text.strip_suffix(" MHz") {
        return number.parse::<u64>().ok().map(|mhz| mhz * 1000).filter(|khz| *khz > 0);
    }
    let lower = text.to_lowercase();
    let end = lower.rfind("ghz")?;
    let number: String = lower[..end]
        .trim_end()
        .chars()
        .rev()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    let number: String = number.chars().rev().collect();
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    let fraction = format!("{fraction:0<6}");
    let whole: u64 = whole.parse().ok()?;
    Some(whole * 1_000_000 + fraction.get(..6)?.parse::<u64>().ok()?)
}
