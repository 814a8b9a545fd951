//! The markup of `junit.xml`: what of it the readers of continuous integration know.
//!
//! There is no standard; the names are those that Jenkins and GitLab read and `quick-junit`
//! writes, with whose output this was held. It is written here because that crate brings a
//! calendar, a writer of XML and two more: a hundred times this code.

use std::fmt::Write as _;

/// The one suite of a report.
#[derive(Debug)]
pub(in crate::report::render) struct Suite {
    pub(in crate::report::render) name: String,
    /// When it began, RFC 3339; left out where it is something else.
    pub(in crate::report::render) began: String,
    pub(in crate::report::render) host: String,
    pub(in crate::report::render) properties: Vec<(&'static str, String)>,
    pub(in crate::report::render) cases: Vec<Case>,
}

/// A test case.
#[derive(Debug)]
pub(in crate::report::render) struct Case {
    pub(in crate::report::render) name: String,
    pub(in crate::report::render) class: Option<String>,
    pub(in crate::report::render) properties: Vec<(&'static str, String)>,
    pub(in crate::report::render) outcome: Outcome,
}

/// What became of a test case.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::report::render) enum Outcome {
    Passed,
    Skipped { message: String },
    Failed { kind: &'static str, message: String, reasons: Option<String> },
    Error { kind: &'static str, message: String },
}

impl Suite {
    /// Returns the document.
    pub(in crate::report::render) fn document(&self) -> String {
        let (mut skipped, mut failures, mut errors) = (0_usize, 0_usize, 0_usize);
        for case in &self.cases {
            match case.outcome {
                Outcome::Passed => {}
                Outcome::Skipped { .. } => skipped += 1,
                Outcome::Failed { .. } => failures += 1,
                Outcome::Error { .. } => errors += 1,
            }
        }
        let tests = ("tests", &*self.cases.len().to_string());
        let skipped = ("skipped", &*skipped.to_string());
        let failures = ("failures", &*failures.to_string());
        let errors = ("errors", &*errors.to_string());
        let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned();
        tag(&mut out, 0, "testsuites", &[("name", "assay"), tests, skipped, failures, errors], ">");
        let mut attributes = vec![("name", &*self.name), tests, skipped, errors, failures];
        let began = moment(&self.began);
        attributes.extend(began.as_deref().map(|began| ("timestamp", began)));
        attributes.push(("hostname", &self.host));
        tag(&mut out, 1, "testsuite", &attributes, ">");
        properties(&mut out, 2, &self.properties);
        for case in &self.cases {
            case.write(&mut out);
        }
        out.push_str("\n    </testsuite>\n</testsuites>\n");
        out
    }
}

impl Case {
    fn write(&self, out: &mut String) {
        let mut attributes = vec![("name", &*self.name)];
        attributes.extend(self.class.as_deref().map(|class| ("classname", class)));
        if self.properties.is_empty() && self.outcome == Outcome::Passed {
            return tag(out, 2, "testcase", &attributes, "/>");
        }
        tag(out, 2, "testcase", &attributes, ">");
        properties(out, 3, &self.properties);
        match &self.outcome {
            Outcome::Passed => {}
            Outcome::Skipped { message } => tag(out, 3, "skipped", &[("message", message)], "/>"),
            Outcome::Failed { kind, message, reasons } => {
                let attributes = [("message", &**message), ("type", kind)];
                tag(out, 3, "failure", &attributes, if reasons.is_some() { ">" } else { "/>" });
                if let Some(reasons) = reasons {
                    escape(out, reasons);
                    out.push_str("</failure>");
                }
            }
            Outcome::Error { kind, message } => {
                tag(out, 3, "error", &[("message", message), ("type", kind)], "/>");
            }
        }
        out.push_str("\n        </testcase>");
    }
}

fn properties(out: &mut String, depth: usize, properties: &[(&str, String)]) {
    if properties.is_empty() {
        return;
    }
    tag(out, depth, "properties", &[], ">");
    for (name, value) in properties {
        tag(out, depth + 1, "property", &[("name", name), ("value", value)], "/>");
    }
    tag(out, depth, "/properties", &[], ">");
}

/// Writes a tag on a line of its own.
fn tag(out: &mut String, depth: usize, name: &str, attributes: &[(&str, &str)], end: &str) {
    out.push('\n');
    out.extend(std::iter::repeat_n("    ", depth));
    out.push('<');
    out.push_str(name);
    for (key, value) in attributes {
        // To a string it always succeeds.
        let _infallible = write!(out, " {key}=\"");
        escape(out, value);
        out.push('"');
    }
    out.push_str(end);
}

/// Writes text: markup as entities, without what XML 1.0 §2.2 does not allow in a document.
fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&apos;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..='\u{10ffff}' => out.push(character),
            _ => {}
        }
    }
}

/// Returns an RFC 3339 time as `xs:dateTime` to the millisecond, with an offset in digits;
/// nothing of another text.
fn moment(at: &str) -> Option<String> {
    let (second, rest) = at.split_at_checked("2026-11-23T10:15:02".len())?;
    let (fraction, zone) = rest.split_at_checked(rest.find(['Z', '+', '-'])?)?;
    let zone = if zone == "Z" { "+00:00" } else { zone };
    let fits = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(byte, like)| match like {
                b'0' => byte.is_ascii_digit(),
                b'+' => byte == b'+' || byte == b'-',
                like => byte == like,
            })
    };
    let digits = fraction.strip_prefix('.').unwrap_or(fraction);
    let whole = fits(second, "0000-00-00T00:00:00") && fits(zone, "+00:00");
    let whole = whole && digits.bytes().all(|byte| byte.is_ascii_digit());
    whole.then(|| format!("{second}.{digits:0<3.3}{zone}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_milliseconds_and_an_offset_and_what_is_no_time_is_left_out() {
        for (at, wanted) in [
            ("2026-11-23T10:15:02+08:00", Some("2026-11-23T10:15:02.000+08:00")),
            ("2026-11-23T10:15:02Z", Some("2026-11-23T10:15:02.000+00:00")),
            ("2026-11-23T10:15:02.5-03:30", Some("2026-11-23T10:15:02.500-03:30")),
            ("2026-11-23T10:15:02.123456789Z", Some("2026-11-23T10:15:02.123+00:00")),
            ("2026-11-23T10:15:02", None),
            ("2026-11-23 10:15:02Z", None),
            ("2026-11-23T10:15:02.x5Z", None),
            ("2026-11-23T10:15:02+08", None),
            ("2026年11月23日", None),
            ("", None),
        ] {
            assert_eq!(moment(at).as_deref(), wanted, "{at}");
        }
    }

    #[test]
    fn markup_is_escaped_and_what_xml_does_not_allow_is_dropped() {
        let case = Case {
            name: "a<b> & \"c\" 'd'\u{0}\u{1b}\u{fffe}\u{ffff}\r\n]]>".to_owned(),
            class: None,
            properties: Vec::new(),
            outcome: Outcome::Passed,
        };
        let mut out = String::new();
        case.write(&mut out);
        let name = "a&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;\n]]&gt;";
        assert_eq!(out, format!("\n        <testcase name=\"{name}\"/>"));
    }
}
