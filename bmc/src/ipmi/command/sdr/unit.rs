//! Units of sensors (table 43-15).

/// Units by number, as they are written.
const UNITS: [&str; 93] = [
    "",
    "°C",
    "°F",
    "K",
    "V",
    "A",
    "W",
    "J",
    "C",
    "VA",
    "nit",
    "lm",
    "lx",
    "cd",
    "kPa",
    "psi",
    "N",
    "CFM",
    "RPM",
    "Hz",
    "µs",
    "ms",
    "s",
    "min",
    "h",
    "d",
    "week",
    "mil",
    "in",
    "ft",
    "in³",
    "ft³",
    "mm",
    "cm",
    "m",
    "cm³",
    "m³",
    "l",
    "fl oz",
    "rad",
    "sr",
    "rev",
    "cycle",
    "g",
    "oz",
    "lbf",
    "ozf·in",
    "G",
    "Gb",
    "H",
    "mH",
    "F",
    "µF",
    "Ω",
    "S",
    "mol",
    "Bq",
    "ppm",
    "",
    "dB",
    "dBA",
    "dBC",
    "Gy",
    "Sv",
    "cd·K",
    "bit",
    "kbit",
    "Mbit",
    "Gbit",
    "B",
    "kB",
    "MB",
    "GB",
    "word",
    "dword",
    "qword",
    "line",
    "hit",
    "miss",
    "retry",
    "reset",
    "overrun",
    "underrun",
    "collision",
    "packet",
    "message",
    "character",
    "error",
    "correctable error",
    "uncorrectable error",
    "fatal error",
    "g",
    "",
];

/// Returns the unit of a sensor's three bytes; `None` where it has none.
pub fn unit([first, base, modifier]: [u8; 3]) -> Option<String> {
    let name = |number: u8| UNITS.get(usize::from(number)).copied().unwrap_or_default();
    let rate = match first >> 3 & 0x07 {
        1 => "/µs",
        2 => "/ms",
        3 => "/s",
        4 => "/min",
        5 => "/h",
        6 => "/d",
        _ => "",
    };
    let base = name(base);
    let joined = match first >> 1 & 0x03 {
        1 => format!("{base}/{}", name(modifier)),
        2 => format!("{base}·{}", name(modifier)),
        _ => base.to_owned(),
    };
    let percent = if first & 1 != 0 { "%" } else { "" };
    let out = match (percent, joined.as_str()) {
        // A fan at 60 % is told as "percent of unspecified", or of RPM.
        ("%", _) => format!("%{rate}"),
        (_, joined) => format!("{joined}{rate}"),
    };
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_written_as_they_are_read() {
        for (bytes, text) in [
            ([0, 1, 0], Some("°C")),
            ([0, 18, 0], Some("RPM")),
            ([1, 18, 0], Some("%")),
            ([0x18, 69, 0], Some("B/s")),
            ([2, 7, 22], Some("J/s")),
            ([4, 6, 24], Some("W·h")),
            ([0, 0, 0], None),
            ([0, 200, 0], None),
        ] {
            assert_eq!(unit(bytes).as_deref(), text, "{bytes:?}");
        }
    }
}
