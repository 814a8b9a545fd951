//! Settings of a host's firmware, and what a value for one has to be (DSP0268 `Bios`,
//! `AttributeRegistry`).

use serde_json::Value;

use super::account::Why;

/// Names that are offered where one is not known.
const HINTS: usize = 3;

/// What a setting's values are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// One of a list.
    Enumeration,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A text.
    Text,
    /// A password, which is set in its own way.
    Password,
    /// The BMC does not say.
    #[default]
    Unknown,
}

/// What is known of a setting, by the registry of attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// What its values are.
    pub kind: Kind,
    /// Its title.
    pub title: String,
    /// The values of an enumeration, each with its title.
    pub values: Vec<(String, String)>,
    /// The least and the most of a number, or the fewest and most characters of a text.
    pub bounds: (Option<i64>, Option<i64>),
    /// The step of a number.
    pub step: Option<i64>,
    /// Whether it can be read alone.
    pub read_only: bool,
    /// Whether another setting's value has it greyed out.
    pub gray: bool,
}

/// A setting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// What it is now.
    pub value: Option<Value>,
    /// What it will be when the host has restarted, where that is something else.
    pub pending: Option<Value>,
    /// What is known of it.
    pub rule: Option<Rule>,
}

/// A setting that is asked for: its name, and the value as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The name.
    pub name: String,
    /// The value.
    pub text: String,
}

/// Returns the value that a text is for a setting, or why it is none.
pub fn value(wanted: &Wanted, settings: &[Setting]) -> Result<Value, Why> {
    let Wanted { name, text } = wanted;
    let Some(setting) = settings.iter().find(|one| one.name == *name) else {
        return Err(unknown(name, settings));
    };
    let Some(rule) = &setting.rule else {
        return typed(name, text, setting.value.as_ref());
    };
    if rule.read_only {
        return Err((format!("`{name}` 只读"), format!("`{name}` can only be read")));
    }
    match rule.kind {
        Kind::Enumeration => of_list(name, text, rule),
        Kind::Integer => of_number(name, text, rule),
        Kind::Boolean => of_flag(name, text),
        Kind::Text => {
            let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
            within(name, text, length, rule.bounds, ("长度", "its length"))?;
            Ok(Value::from(text.as_str()))
        }
        Kind::Password => Err((
            format!("`{name}` 是密码，不经此命令设置"),
            format!("`{name}` is a password, which is not set so"),
        )),
        Kind::Unknown => typed(name, text, setting.value.as_ref()),
    }
}

/// Says that a setting is not there, and what is near its name.
pub fn unknown(name: &str, settings: &[Setting]) -> Why {
    let near = nearest(name, settings.iter().map(|one| one.name.as_str()));
    let (zh, en) = if near.is_empty() {
        (String::new(), String::new())
    } else {
        let near = near.join(", ");
        (format!("；相近的有：{near}"), format!("; near it are {near}"))
    };
    (format!("没有 BIOS 设置 `{name}`{zh}"), format!("there is no BIOS setting `{name}`{en}"))
}

/// Reads a text as what the setting is now: nothing else is known of it.
fn typed(name: &str, text: &str, now: Option<&Value>) -> Result<Value, Why> {
    match now {
        Some(Value::Bool(_)) => of_flag(name, text),
        Some(Value::Number(_)) => of_number(name, text, &Rule::default()),
        _ => Ok(Value::from(text)),
    }
}

fn of_list(name: &str, text: &str, rule: &Rule) -> Result<Value, Why> {
    let exact = rule.values.iter().find(|(value, _)| value == text);
    let alike = || {
        let mut alike = rule.values.iter().filter(|(value, title)| {
            value.eq_ignore_ascii_case(text) || title.eq_ignore_ascii_case(text)
        });
        // Two that are alike are none.
        alike.next().filter(|_| alike.next().is_none())
    };
    let found = exact.or_else(alike);
    found.map(|(value, _)| Value::from(value.as_str())).ok_or_else(|| {
        let all: Vec<&str> = rule.values.iter().map(|(value, _)| value.as_str()).collect();
        let all = all.join(", ");
        (
            format!("`{name}` 不能是 `{text}`；可取：{all}"),
            format!("`{name}` cannot be `{text}`; it takes {all}"),
        )
    })
}

fn of_number(name: &str, text: &str, rule: &Rule) -> Result<Value, Why> {
    let number: i64 = text.trim().parse().map_err(|_error| {
        (
            format!("`{name}` 是整数，`{text}` 不是"),
            format!("`{name}` is a number, and `{text}` is none"),
        )
    })?;
    within(name, text, number, rule.bounds, ("值", "it"))?;
    let least = rule.bounds.0.unwrap_or(0);
    let off = rule.step.filter(|step| *step > 1).and_then(|step| {
        let over = number.checked_sub(least)?.checked_rem(step)?;
        (over != 0).then_some(step)
    });
    match off {
        Some(step) => Err((
            format!("`{name}` 从 {least} 起每 {step} 一档，{number} 不在其中"),
            format!("`{name}` goes by {step} from {least}, and {number} is not among them"),
        )),
        None => Ok(Value::from(number)),
    }
}

fn of_flag(name: &str, text: &str) -> Result<Value, Why> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        _ => Err((format!("`{name}` 只能是 true 或 false"), format!("`{name}` is true or false"))),
    }
}

fn within(
    name: &str,
    text: &str,
    number: i64,
    (least, most): (Option<i64>, Option<i64>),
    (zh, en): (&str, &str),
) -> Result<(), Why> {
    let out = least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most);
    // Bounds that are both 0 are of a registry that has none.
    if !out || (least.unwrap_or(0) == 0 && most == Some(0)) {
        return Ok(());
    }
    let shown =
        |bound: Option<i64>| bound.map_or_else(|| "…".to_owned(), |bound| bound.to_string());
    let (least, most) = (shown(least), shown(most));
    Err((
        format!("`{name}` 不能是 `{text}`：{zh}应在 {least} 到 {most} 之间"),
        format!("`{name}` cannot be `{text}`: {en} has to be {least} to {most}"),
    ))
}

/// Returns the names that are nearest to one that is not known, the nearest first.
fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let wanted = name.to_lowercase();
    let mut all: Vec<(usize, &str)> = Vec::new();
    for own in names {
        let lower = own.to_lowercase();
        let distance = if lower.contains(&wanted) || wanted.contains(&lower) {
            1
        } else {
            distance(&wanted, &lower)
        };
        // A third of the name may be another one.
        if distance <= wanted.chars().count() / 3 + 1 {
            all.push((distance, own));
        }
    }
    tiny_sort::stable::sort_by_key(&mut all, |(distance, _)| *distance);
    all.into_iter().map(|(_, own)| own).take(HINTS).collect()
}

/// Returns how many characters have to be changed, added or left out (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut next = vec![at + 1];
        for ((own, left), over) in other.iter().zip(row.iter().skip(1)).zip(row.iter()) {
            let before = next.last().copied().unwrap_or(0);
            next.push((over + usize::from(*own != letter)).min(left + 1).min(before + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Vec<Setting> {
        let rule = |kind, values: &[&str], bounds, step| Rule {
            kind,
            values: values.iter().map(|one| ((*one).to_owned(), format!("title {one}"))).collect(),
            bounds,
            step,
            ..Rule::default()
        };
        let one = |name: &str, value: Value, rule: Option<Rule>| Setting {
            name: name.to_owned(),
            value: Some(value),
            pending: None,
            rule,
        };
        let list = rule(Kind::Enumeration, &["UEFI", "Legacy"], (None, None), None);
        let number = rule(Kind::Integer, &[], (Some(10), Some(50)), Some(10));
        let text = rule(Kind::Text, &[], (Some(0), Some(4)), None);
        let fixed = Rule { read_only: true, ..list.clone() };
        vec![
            one("BootMode", "UEFI".into(), Some(list)),
            one("PxeRetry", 10.into(), Some(number)),
            one("QuietBoot", true.into(), Some(rule(Kind::Boolean, &[], (None, None), None))),
            one("Tag", "".into(), Some(text)),
            one("Vendor", "X".into(), Some(fixed)),
            one("Secret", Value::Null, Some(rule(Kind::Password, &[], (None, None), None))),
            one("Plain", "x".into(), None),
            one("PlainCount", 4.into(), None),
            one("PlainFlag", false.into(), None),
        ]
    }

    #[test]
    fn a_value_is_what_the_registry_says() {
        let settings = settings();
        let table: [(&str, &str, Result<Value, &str>); 22] = [
            ("BootMode", "Legacy", Ok("Legacy".into())),
            ("BootMode", "legacy", Ok("Legacy".into())),
            ("BootMode", "title uefi", Ok("UEFI".into())),
            ("BootMode", "BIOS", Err("it takes UEFI, Legacy")),
            ("PxeRetry", "20", Ok(20.into())),
            ("PxeRetry", "25", Err("goes by 10 from 10")),
            ("PxeRetry", "60", Err("has to be 10 to 50")),
            ("PxeRetry", "-9223372036854775808", Err("has to be 10 to 50")),
            ("PxeRetry", "many", Err("is a number")),
            ("QuietBoot", "False", Ok(false.into())),
            ("QuietBoot", "off", Err("true or false")),
            ("Tag", "abcd", Ok("abcd".into())),
            ("Tag", "abcde", Err("its length has to be 0 to 4")),
            ("Vendor", "UEFI", Err("can only be read")),
            ("Secret", "x", Err("is a password")),
            ("Plain", "12", Ok("12".into())),
            ("PlainCount", "12", Ok(12.into())),
            ("PlainCount", "x", Err("is a number")),
            ("PlainFlag", "true", Ok(true.into())),
            ("bootmode", "UEFI", Err("near it are BootMode")),
            ("PxeRetries", "1", Err("near it are PxeRetry")),
            ("Nothing", "1", Err("there is no BIOS setting `Nothing`")),
        ];
        for (name, text, expected) in table {
            let wanted = Wanted { name: name.to_owned(), text: text.to_owned() };
            match (value(&wanted, &settings), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{name}={text}"),
                (Err((zh, en)), Err(word)) => {
                    assert!(en.contains(word) && zh.contains(name), "{name}={text}: {en}");
                }
                (found, expected) => panic!("{name}={text}: {found:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn distances_are_counted() {
        for (one, other, count) in [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3)] {
            assert_eq!((distance(one, other), distance(other, one)), (count, count));
        }
    }
}
