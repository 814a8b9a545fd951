//! What came of a console.

use serde_json::{Value, json};

/// Why a console ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The operator left it.
    Left,
    /// What was typed into a pipe has ended, and has arrived.
    Typed,
    /// The text that was waited for was said.
    Seen,
    /// The time is over.
    Time,
    /// The operator asked to stop, by a signal.
    Stopped,
    /// Whoever read what the host says went away.
    Unread,
    /// The BMC ended it.
    Bmc,
}

/// What came of a console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Talk {
    /// Why it ended.
    pub end: End,
    /// Bytes that the host said.
    pub said: u64,
    /// Bytes that were typed.
    pub typed: u64,
    /// Whether a text was waited for.
    pub waited: bool,
}

impl Talk {
    /// Returns whether it is as wanted: the text that was waited for was said, and else whoever
    /// ended it was on this side.
    pub fn is_good(&self) -> bool {
        if self.waited { self.end == End::Seen } else { self.end != End::Bmc }
    }

    /// Says why it ended: in Chinese, and in English.
    pub fn why(&self) -> (&'static str, &'static str) {
        match self.end {
            End::Left => ("已离开", "left"),
            End::Typed => ("输入已结束", "the input ended"),
            End::Seen => ("已出现所等的文本", "the text was seen"),
            End::Time => ("时间到", "the time is over"),
            End::Stopped => ("被信号中止", "stopped by a signal"),
            End::Unread => ("标准输出已无人读取", "nobody reads standard output any more"),
            End::Bmc => ("BMC 结束了控制台", "the BMC ended the console"),
        }
    }

    /// Returns it as programs read it.
    pub fn value(&self) -> Value {
        let end = match self.end {
            End::Left => "left",
            End::Typed => "input-ended",
            End::Seen => "seen",
            End::Time => "time",
            End::Stopped => "stopped",
            End::Unread => "unread",
            End::Bmc => "ended-by-bmc",
        };
        let seen = self.waited.then_some(self.end == End::Seen);
        json!({ "end": end, "said_bytes": self.said, "typed_bytes": self.typed, "seen": seen })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_was_waited_for_and_not_said_is_a_failure() {
        let of = |end, waited| Talk { end, said: 0, typed: 0, waited }.is_good();
        assert!(of(End::Seen, true) && of(End::Time, false) && of(End::Stopped, false));
        for end in [End::Left, End::Typed, End::Time, End::Stopped, End::Unread, End::Bmc] {
            assert!(!of(end, true), "{end:?}");
        }
        assert!(!of(End::Bmc, false));
    }
}
