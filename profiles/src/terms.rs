//! What the tender asks and the bid promises of a check, and how the machine stands to both: the
//! table of deviations (技术偏离表).
//!
//! A deviation is positive only where a number is known exactly and is better than what was asked
//! and promised; what is not known is undecided, never "none".

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Text, Verdict};

/// How a tender marks a clause.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Mark {
    /// ★: a material clause; not to meet it rejects the bid.
    #[serde(rename = "★")]
    Material,
    /// ▲: an important clause.
    #[serde(rename = "▲")]
    Important,
}

impl Mark {
    /// Returns the sign that tenders print.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Material => "★",
            Self::Important => "▲",
        }
    }

    pub(crate) fn named(sign: &str) -> Option<Self> {
        [Self::Material, Self::Important].into_iter().find(|mark| mark.sign() == sign)
    }
}

/// What the contract's papers say of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Terms {
    /// The tender's mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// The text of the tender (招标文件).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tender: Option<Text>,
    /// The text of the bid (投标响应).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bid: Option<Text>,
    /// The number that the bid promises, with its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bid_value: Option<String>,
}

/// How a measured number stands to what was asked and promised.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Known exactly, and better than both.
    Better,
    /// As asked, or nothing that is better or worse by degrees.
    Same,
    /// Worse than the bid promised.
    Worse,
    /// Whether the bid's number is reached is not known.
    Unknown,
}

/// What the table of deviations says of a row.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Deviation {
    /// Better than asked.
    Positive,
    /// As asked.
    None,
    /// Worse than asked or promised.
    Negative,
    /// The row is open.
    Undecided,
    /// The row does not apply, or is not in the contract's scope.
    NotApplicable,
}

impl Deviation {
    /// Every one, in the order reports count them.
    pub const ALL: [Self; 5] =
        [Self::Positive, Self::None, Self::Negative, Self::Undecided, Self::NotApplicable];

    /// Returns the word of the table.
    pub fn word(self) -> Text {
        match self {
            Self::Positive => Text::new("正偏离", "positive"),
            Self::None => Text::new("无偏离", "none"),
            Self::Negative => Text::new("负偏离", "negative"),
            Self::Undecided => Text::new("未判定", "undecided"),
            Self::NotApplicable => Text::new("不适用", "not applicable"),
        }
    }
}

/// Returns the deviation of a row by the verdict that counts, after the decisions of persons.
///
/// A person's word says whether a row conforms, never that it is better than asked.
pub fn deviation(verdict: Verdict, standing: Standing) -> Deviation {
    match (verdict, standing) {
        (Verdict::Fail, _) | (Verdict::Pass, Standing::Worse) => Deviation::Negative,
        (Verdict::NotMeasured | Verdict::NeedsAttestation, _)
        | (Verdict::Pass, Standing::Unknown) => Deviation::Undecided,
        (Verdict::Pass, Standing::Better) => Deviation::Positive,
        (Verdict::Pass, Standing::Same) | (Verdict::Attested | Verdict::Waived, _) => {
            Deviation::None
        }
        (Verdict::NotApplicable, _) => Deviation::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pass_that_is_known_to_be_better_deviates_upwards() {
        let standings = [Standing::Better, Standing::Same, Standing::Worse, Standing::Unknown];
        for verdict in Verdict::ALL {
            for standing in standings {
                let expected = match verdict {
                    Verdict::Pass => match standing {
                        Standing::Better => Deviation::Positive,
                        Standing::Same => Deviation::None,
                        Standing::Worse => Deviation::Negative,
                        Standing::Unknown => Deviation::Undecided,
                    },
                    Verdict::Fail => Deviation::Negative,
                    Verdict::Attested | Verdict::Waived => Deviation::None,
                    Verdict::NotApplicable => Deviation::NotApplicable,
                    open => {
                        assert!(open.is_open());
                        Deviation::Undecided
                    }
                };
                assert_eq!(deviation(verdict, standing), expected, "{verdict:?} {standing:?}");
            }
        }
    }

    #[test]
    fn a_mark_is_written_and_read_by_its_sign() {
        for mark in [Mark::Material, Mark::Important] {
            assert_eq!(Mark::named(mark.sign()), Some(mark));
            assert_eq!(serde_json::to_value(mark).unwrap(), mark.sign());
        }
        assert_eq!(Mark::named("*"), None);
    }
}
