//! Places that requirements apply to.

use regex_lite::Regex;

/// A pattern of places.
#[derive(Clone, Debug)]
pub enum Uri {
    /// As in the Redfish Specification: `/redfish/v1/Chassis/{ChassisId}`.
    Template(String),
    /// A regular expression, which profiles of products may have.
    Regex(Regex),
}

impl PartialEq for Uri {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Uri {
    /// Reads a pattern; one that begins with `^` and ends with `$` is a regular expression.
    pub fn read(text: &str) -> Option<Self> {
        if text.starts_with('^') && text.ends_with('$') {
            return Regex::new(text).ok().map(Self::Regex);
        }
        text.starts_with('/').then(|| Self::Template(text.trim_end_matches('/').to_owned()))
    }

    /// Returns it as it was read.
    pub fn text(&self) -> &str {
        match self {
            Self::Template(text) => text,
            Self::Regex(regex) => regex.as_str(),
        }
    }

    /// Says whether `path` is such a place.
    pub fn is_of(&self, path: &str) -> bool {
        match self {
            Self::Regex(regex) => regex.is_match(path),
            Self::Template(template) => {
                let (mut wanted, mut parts) = (template.split('/'), path.split('/'));
                loop {
                    match (wanted.next(), parts.next()) {
                        (None, None) => return true,
                        (Some(wanted), Some(part)) if is_one(wanted, part) => {}
                        _ => return false,
                    }
                }
            }
        }
    }
}

/// Says whether a part of a path is what a part of a template has: itself, or anything.
fn is_one(wanted: &str, part: &str) -> bool {
    let is_any = wanted.starts_with('{') && wanted.ends_with('}');
    if is_any { !part.is_empty() } else { wanted == part }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_of_places_with_as_many_parts() {
        let uri = Uri::read("/redfish/v1/Chassis/{ChassisId}/Power").expect("a template");
        assert!(uri.is_of("/redfish/v1/Chassis/1U/Power"));
        assert!(!uri.is_of("/redfish/v1/Chassis/1U"));
        assert!(!uri.is_of("/redfish/v1/Chassis/1U/Power/Supply"));
        assert!(!uri.is_of("/redfish/v1/Systems/1U/Power"));
    }

    #[test]
    fn a_regular_expression_is_one_by_its_ends() {
        let uri = Uri::read("^/redfish/v1/Chassis/(A|B)[0-9]+$").expect("an expression");
        assert!(uri.is_of("/redfish/v1/Chassis/B12"));
        assert!(!uri.is_of("/redfish/v1/Chassis/C12"));
        assert_eq!(Uri::read("^/redfish/v1/(unclosed$"), None);
        assert_eq!(Uri::read("Chassis"), None);
    }
}
