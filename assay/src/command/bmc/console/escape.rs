//! What is typed into a console and is meant for the program: `~` at the beginning of a line, and a
//! letter, as ipmitool has it.

/// The character that begins an escape.
const ESCAPE: u8 = b'~';

/// Something that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Characters for the host.
    Send(Vec<u8>),
    /// A break is to be sent.
    Break,
    /// What escapes there are is to be told.
    Help,
    /// The console is left.
    Leave,
}

/// Tells escapes from what the host is to have.
#[derive(Debug)]
pub(super) struct Escapes {
    begins: bool,
    pending: bool,
}

impl Escapes {
    /// At the beginning of a line.
    pub(super) fn new() -> Self {
        Self { begins: true, pending: false }
    }

    /// Takes what was typed. What comes after the leaving is dropped: it was meant for nobody.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<Typed> {
        let mut out = Vec::new();
        let mut plain = Vec::new();
        for byte in bytes {
            if std::mem::take(&mut self.pending) {
                let meant = match byte {
                    b'.' => Typed::Leave,
                    b'B' => Typed::Break,
                    b'?' => Typed::Help,
                    // What is no escape is the host's, with the character before it; twice the
                    // character is once.
                    other => {
                        if *other != ESCAPE {
                            plain.push(ESCAPE);
                        }
                        plain.push(*other);
                        self.begins = is_end(*other);
                        continue;
                    }
                };
                if !plain.is_empty() {
                    out.push(Typed::Send(std::mem::take(&mut plain)));
                }
                let leaves = meant == Typed::Leave;
                out.push(meant);
                if leaves {
                    return out;
                }
                // The line has not begun: another escape may follow.
            } else if self.begins && *byte == ESCAPE {
                self.pending = true;
            } else {
                plain.push(*byte);
                self.begins = is_end(*byte);
            }
        }
        if !plain.is_empty() {
            out.push(Typed::Send(plain));
        }
        out
    }
}

fn is_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn send(text: &str) -> Typed {
        Typed::Send(text.as_bytes().to_vec())
    }

    #[test]
    fn escapes_are_told_from_characters_as_ipmitool_tells_them() {
        let cases: [(&str, Vec<Typed>); 9] = [
            ("~.", vec![Typed::Leave]),
            ("ls\r~.rest", vec![send("ls\r"), Typed::Leave]),
            ("~B~?~.", vec![Typed::Break, Typed::Help, Typed::Leave]),
            ("cd ~.\r", vec![send("cd ~.\r")]),
            ("~~.\r", vec![send("~.\r")]),
            ("~x\n~~\n", vec![send("~x\n~\n")]),
            ("~\r~.", vec![send("~\r"), Typed::Leave]),
            ("a~B", vec![send("a~B")]),
            ("", vec![]),
        ];
        for (typed, expected) in cases {
            assert_eq!(Escapes::new().take(typed.as_bytes()), expected, "{typed:?}");
        }
    }

    proptest! {
        /// However typing is cut into pieces, the same is meant.
        #[test]
        fn pieces_mean_what_the_whole_means(text in "[a~.B?\r\n]{0,40}", at in 0_usize..40) {
            let joined = |parts: &[&[u8]]| {
                let (mut escapes, mut all) = (Escapes::new(), Vec::new());
                for part in parts {
                    for typed in escapes.take(part) {
                        match (all.last_mut(), typed) {
                            (Some(Typed::Leave), _) => {}
                            (Some(Typed::Send(had)), Typed::Send(more)) => had.extend(more),
                            (_, typed) => all.push(typed),
                        }
                    }
                }
                all
            };
            let at = at.min(text.len());
            let (before, after) = text.as_bytes().split_at(at);
            prop_assert_eq!(joined(&[before, after]), joined(&[text.as_bytes()]));
        }
    }
}
