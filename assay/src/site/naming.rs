//! Whether a name that a list has is that of what was found: models, makers, versions.

use super::place::folded;

/// Chinese names of makers and lines, and how firmware names them.
const ALIASES: &[(&str, &str)] = &[
    ("华为", "huawei"),
    ("鲲鹏", "kunpeng"),
    ("泰山", "taishan"),
    ("新华三", "h3c"),
    ("浪潮", "inspur"),
    ("联想", "lenovo"),
    ("曙光", "sugon"),
    ("中兴", "zte"),
    ("戴尔", "dell"),
    ("超微", "supermicro"),
    ("超聚变", "xfusion"),
    ("海光", "hygon"),
    ("飞腾", "phytium"),
    ("龙芯", "loongson"),
    ("兆芯", "zhaoxin"),
    ("英特尔", "intel"),
    ("至强", "xeon"),
    ("金牌", "gold"),
    ("银牌", "silver"),
    ("铂金", "platinum"),
    ("昇腾", "ascend"),
    ("三星", "samsung"),
    ("海力士", "hynix"),
    ("镁光", "micron"),
    ("美光", "micron"),
    ("希捷", "seagate"),
    ("东芝", "toshiba"),
    ("铠侠", "kioxia"),
    ("西数", "wdc"),
    ("忆联", "union"),
];

/// Returns the words of a name: runs of letters and digits, Chinese by itself, in lower case.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut last = Script::None;
    for one in text.chars() {
        let script = match one {
            one if !one.is_alphanumeric() => Script::None,
            one if u32::from(one) >= 0x2e80 => Script::Chinese,
            _ => Script::Latin,
        };
        if script != Script::None {
            if script == last
                && let Some(token) = tokens.last_mut()
            {
                token.extend(one.to_lowercase());
            } else {
                tokens.push(one.to_lowercase().collect());
            }
        }
        last = script;
    }
    for token in &mut tokens {
        if let Some((_, alias)) = ALIASES.iter().find(|(name, _)| name == token) {
            (*alias).clone_into(token);
        }
    }
    tokens
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    None,
    Latin,
    Chinese,
}

/// Returns whether every word of what is wanted is a word of what was found, or both are the same
/// but for spaces and marks.
pub(super) fn is_named(wanted: &str, found: &str) -> bool {
    let there = tokens(found);
    let wanted_tokens = tokens(wanted);
    (!wanted_tokens.is_empty() && wanted_tokens.iter().all(|token| there.contains(token)))
        || folded(wanted) == folded(found)
}

/// Returns whether a firmware's version is the one that is wanted: the whole of it, or a word of it
/// (`U47 v2.68` is `2.68`); zeros that one of them leaves out at its end say nothing.
pub(super) fn is_version(wanted: &str, found: &str) -> bool {
    let plain = |text: &str| -> String {
        let text = text.trim().to_lowercase();
        let text = text.trim_start_matches("version").trim_start_matches(['v', ' ', ':', '.']);
        let mut text = text.to_owned();
        while let Some(shorter) = text.strip_suffix(".0").or_else(|| text.strip_suffix(".00")) {
            text = shorter.to_owned();
        }
        text
    };
    let wanted = plain(wanted);
    let words = found.split(|at: char| at.is_whitespace() || "()[],;".contains(at));
    std::iter::once(found).chain(words).any(|word| plain(word) == wanted) && !wanted.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_however_lists_write_it_and_no_other() {
        for (wanted, found, is) in [
            ("R740", "Dell Inc. PowerEdge R740", true),
            ("R740", "Dell Inc. PowerEdge R740xd", false),
            ("华为 TaiShan 200 2280", "Huawei TaiShan 200 (Model 2280)", true),
            ("华为2288H V5", "Huawei 2288H V5", true),
            ("DL360 Gen9", "HP ProLiant DL360 Gen9", true),
            ("DL380 Gen9", "HP ProLiant DL360 Gen9", false),
            ("RH2288HV3", "RH2288H V3", true),
            ("鲲鹏 920", "HiSilicon Kunpeng 920-4826", true),
            ("", "anything", false),
        ] {
            assert_eq!(is_named(wanted, found), is, "{wanted:?} {found:?}");
        }
    }

    #[test]
    fn a_version_is_the_whole_or_a_word_of_it() {
        for (wanted, found, is) in [
            ("1.83", "1.83", true),
            ("V1.83", "1.83", true),
            ("3.10", "3.10.00", true),
            ("3.10", "3.1", false),
            ("2.68", "U47 v2.68 (07/14/2022)", true),
            ("1.8", "1.83", false),
            ("1.83", "11.83", false),
        ] {
            assert_eq!(is_version(wanted, found), is, "{wanted:?} {found:?}");
        }
    }
}
