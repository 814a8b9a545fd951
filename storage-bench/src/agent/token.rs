//! The word that lets one controller in, once.

use std::fmt;

/// Bytes of a token.
pub const TOKEN_BYTES: usize = 32;
/// Wrong tokens after which nobody is let in any more.
pub const ATTEMPTS: u32 = 10;

/// A secret that an agent prints at its start and a controller is given; drawn by chance.
#[derive(Clone)]
pub struct Token([u8; TOKEN_BYTES]);

impl Token {
    /// Makes a token of bytes drawn by chance.
    pub fn new(bytes: [u8; TOKEN_BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads a token as [`Token::reveal`] writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; TOKEN_BYTES];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != TOKEN_BYTES || !rest.is_empty() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            *byte = u8::try_from(high? * 16 + low?).ok()?;
        }
        Some(Self(bytes))
    }

    /// Returns it in hexadecimal, for the operator or the wire: the only way it gets out.
    pub fn reveal(&self) -> String {
        use fmt::Write;
        self.0.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes what is written to it");
            text
        })
    }

    /// Returns whether both are the same, in a time that does not tell where they differ.
    fn is(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        let differs =
            pairs.fold(0, |sum, (mine, theirs)| std::hint::black_box(sum | (mine ^ theirs)));
        std::hint::black_box(differs) == 0
    }
}

/// Secrets are not shown.
impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token")
    }
}

/// What somebody presents as a token, right or wrong.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Presented(String);

impl Presented {
    /// Takes what an operator typed or copied.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Secrets are not shown.
impl fmt::Debug for Presented {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Presented")
    }
}

/// What stands at an agent's door: lets in whoever has the token, once.
#[derive(Debug)]
pub struct Gate {
    token: Option<Token>,
    attempts: u32,
    /// When the token is worth nothing any more, by this machine's clock.
    until_ns: u64,
}

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It is another token, or none.
    Wrong,
    /// Its time is over.
    Expired,
    /// The token was used, or too many were wrong: the agent has to be started anew.
    Closed,
}

impl Gate {
    /// Returns a gate that opens once, for `token`, before `until_ns`.
    pub fn new(token: Token, until_ns: u64) -> Self {
        Self { token: Some(token), attempts: 0, until_ns }
    }

    /// Returns whether nobody will be let in any more.
    pub fn is_shut(&self, now_ns: u64) -> bool {
        self.token.is_none() || self.until_ns <= now_ns
    }

    /// Lets in whoever presents the token, and nobody after.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&mut self, presented: &Presented, now_ns: u64) -> Result<(), Denied> {
        let token = self.token.as_ref().ok_or(Denied::Closed)?;
        if self.until_ns <= now_ns {
            // Right or wrong, late is late: nobody learns which.
            return Err(Denied::Expired);
        }
        if Token::parse(&presented.0).is_some_and(|presented| token.is(&presented)) {
            self.token = None;
            return Ok(());
        }
        self.attempts += 1;
        if self.attempts >= ATTEMPTS {
            self.token = None;
        }
        Err(Denied::Wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(last: u8) -> Token {
        let mut bytes = [0xa5; TOKEN_BYTES];
        bytes[TOKEN_BYTES - 1] = last;
        Token::new(bytes)
    }

    #[test]
    fn a_token_lets_in_once() {
        let mut gate = Gate::new(token(1), 100);
        for wrong in ["", "zz", &token(2).reveal(), &token(1).reveal()[2..], "é"] {
            assert_eq!(gate.admit(&Presented::new(wrong), 99), Err(Denied::Wrong), "{wrong}");
        }
        assert_eq!(gate.admit(&Presented::new(token(1).reveal()), 99), Ok(()));
        assert_eq!(gate.admit(&Presented::new(token(1).reveal()), 99), Err(Denied::Closed));
    }

    #[test]
    fn a_token_lets_nobody_in_when_its_time_is_over() {
        let mut gate = Gate::new(token(1), 100);
        assert!(!gate.is_shut(99) && gate.is_shut(100));
        for late in [token(1), token(2)] {
            assert_eq!(gate.admit(&Presented::new(late.reveal()), 100), Err(Denied::Expired));
        }
    }

    #[test]
    fn guessing_closes_the_gate() {
        let mut gate = Gate::new(token(1), 100);
        for _ in 0..ATTEMPTS {
            assert_eq!(gate.admit(&Presented::new(token(9).reveal()), 99), Err(Denied::Wrong));
        }
        assert_eq!(gate.admit(&Presented::new(token(1).reveal()), 99), Err(Denied::Closed));
    }

    #[test]
    fn a_token_is_never_shown() {
        let shown =
            format!("{:?} {:?} {:?}", token(1), Gate::new(token(1), 1), Presented::new("a5"));
        assert!(!shown.contains("a5") && !shown.contains("165"), "{shown}");
    }
}
