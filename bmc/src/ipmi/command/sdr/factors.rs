//! How a sensor's byte becomes a number: `L((M x + B 10^e) 10^r)` (§36.3).

/// How the byte is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// From 0 to 255.
    Unsigned,
    /// From -127 to 127, with two zeros.
    OnesComplement,
    /// From -128 to 127.
    TwosComplement,
}

/// The factors of a sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factors {
    /// How the byte is read.
    pub format: Format,
    /// The number of the function that is applied last; 0 for none, 0x70 and up for "not linear":
    /// each reading has factors of its own.
    pub linearization: u8,
    /// M, of 10 bits.
    pub m: i16,
    /// B, of 10 bits.
    pub b: i16,
    /// The exponent of B.
    pub b_exponent: i8,
    /// The exponent of all.
    pub exponent: i8,
}

impl Factors {
    /// Reads the first byte of the unit, the linearization, and the six bytes behind it; `None` of
    /// a sensor whose readings are no numbers.
    pub fn read(units: u8, linearization: u8, bytes: &[u8; 6]) -> Option<Self> {
        let format = match units >> 6 {
            0 => Format::Unsigned,
            1 => Format::OnesComplement,
            2 => Format::TwosComplement,
            _ => return None,
        };
        let [m_low, m_high, b_low, b_high, _accuracy, exponents] = *bytes;
        Some(Self {
            format,
            linearization: linearization & 0x7f,
            m: ten(m_low, m_high),
            b: ten(b_low, b_high),
            b_exponent: nibble(exponents & 0x0f),
            exponent: nibble(exponents >> 4),
        })
    }

    /// Whether each reading has factors of its own (Get Sensor Reading Factors).
    pub fn vary(&self) -> bool {
        self.linearization >= 0x70
    }

    /// Takes the factors of one reading: the answer to Get Sensor Reading Factors, whose first
    /// byte is the next reading that has others.
    pub fn at(self, data: &[u8]) -> Option<Self> {
        let [_next, rest @ ..] = data else {
            return None;
        };
        let [m_low, m_high, b_low, b_high, _accuracy, exponents] = *rest.first_chunk()?;
        Some(Self {
            m: ten(m_low, m_high),
            b: ten(b_low, b_high),
            b_exponent: nibble(exponents & 0x0f),
            exponent: nibble(exponents >> 4),
            ..self
        })
    }

    /// Returns the number of a byte; `None` where it is none (`1/0`, the logarithm of 0), or the
    /// function is a vendor's own.
    pub fn value(&self, byte: u8) -> Option<f64> {
        let x = match self.format {
            Format::TwosComplement => f64::from(byte.cast_signed()),
            Format::OnesComplement if byte & 0x80 != 0 => -f64::from(!byte),
            Format::Unsigned | Format::OnesComplement => f64::from(byte),
        };
        let b = scaled(f64::from(self.b), self.b_exponent);
        let y = scaled(f64::from(self.m) * x + b, self.exponent);
        let value = match self.linearization {
            0 | 0x70 => y,
            1 => y.ln(),
            2 => y.log10(),
            3 => y.log2(),
            4 => y.exp(),
            5 => 10_f64.powf(y),
            6 => y.exp2(),
            7 => y.recip(),
            8 => y * y,
            9 => y * y * y,
            10 => y.sqrt(),
            11 => y.cbrt(),
            _ => return None,
        };
        value.is_finite().then_some(value)
    }
}

/// Multiplies by a power of ten: by dividing where it is a fraction, which 0.01 is not exactly.
fn scaled(value: f64, exponent: i8) -> f64 {
    let power = 10_f64.powi(i32::from(exponent.unsigned_abs()));
    if exponent < 0 { value / power } else { value * power }
}

/// Reads two's complement of ten bits: eight low ones, and two at the top of the next byte.
fn ten(low: u8, high: u8) -> i16 {
    i16::from((high & 0xc0).cast_signed() >> 6) << 8 | i16::from(low)
}

/// Reads two's complement of four bits.
fn nibble(bits: u8) -> i8 {
    (bits << 4).cast_signed() >> 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_ten_and_four_bits_have_signs() {
        for number in -512_i16..512 {
            let [low, high] = number.to_le_bytes();
            assert_eq!(ten(low, high << 6 | 0x15), number);
        }
        for number in -8_i8..8 {
            assert_eq!(nibble(number.cast_unsigned() & 0x0f), number);
        }
    }

    #[test]
    fn bytes_become_numbers_by_the_formula() {
        let plain = Factors {
            format: Format::Unsigned,
            linearization: 0,
            m: 1,
            b: 0,
            b_exponent: 0,
            exponent: 0,
        };
        let cases = [
            (plain, 45, Some(45.0)),
            (Factors { m: 6, exponent: -2, ..plain }, 203, Some(12.18)),
            (Factors { m: 60, ..plain }, 100, Some(6000.0)),
            (Factors { m: -1, b: 10, b_exponent: 1, ..plain }, 30, Some(70.0)),
            (Factors { format: Format::TwosComplement, ..plain }, 0xff, Some(-1.0)),
            (Factors { format: Format::OnesComplement, ..plain }, 0xfe, Some(-1.0)),
            (Factors { format: Format::OnesComplement, ..plain }, 0xff, Some(-0.0)),
            (Factors { linearization: 1, ..plain }, 1, Some(0.0)),
            (Factors { linearization: 1, ..plain }, 0, None),
            (Factors { linearization: 2, ..plain }, 100, Some(2.0)),
            (Factors { linearization: 3, ..plain }, 8, Some(3.0)),
            (Factors { linearization: 4, ..plain }, 0, Some(1.0)),
            (Factors { linearization: 5, ..plain }, 3, Some(1000.0)),
            (Factors { linearization: 6, ..plain }, 10, Some(1024.0)),
            (Factors { linearization: 7, ..plain }, 4, Some(0.25)),
            (Factors { linearization: 7, ..plain }, 0, None),
            (Factors { linearization: 8, ..plain }, 12, Some(144.0)),
            (Factors { linearization: 9, ..plain }, 3, Some(27.0)),
            (Factors { linearization: 10, ..plain }, 49, Some(7.0)),
            (Factors { linearization: 11, ..plain }, 27, Some(3.0)),
            (Factors { linearization: 0x71, ..plain }, 27, None),
        ];
        for (factors, byte, value) in cases {
            let read = factors.value(byte);
            let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
            let same = match (read, value) {
                (Some(read), Some(value)) => near(read, value),
                (read, value) => read == value,
            };
            assert!(same, "{factors:?} of {byte}: {read:?}, not {value:?}");
        }
    }

    #[test]
    fn a_sensor_without_numbers_has_no_factors() {
        assert_eq!(Factors::read(0xc0, 0, &[1, 0, 0, 0, 0, 0]), None);
        let varying = Factors::read(0x80, 0xf0, &[1, 0, 0, 0, 0, 0]).expect("factors");
        assert!(varying.vary());
        let at = varying.at(&[9, 0xff, 0xc0, 5, 0, 0, 0xf1]).expect("factors");
        assert_eq!((at.m, at.b, at.b_exponent, at.exponent), (-1, 5, 1, -1));
    }
}
