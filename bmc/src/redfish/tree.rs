//! What a Redfish service answered, by path.

use std::collections::BTreeMap;

use serde_json::Value;

/// Bytes of a body that are read; more is [`Answer::TooLarge`].
pub const MOST_BYTES: usize = 16 << 20;

/// What one path answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A resource.
    Resource(Resource),
    /// A status that is no success, of HTTP; a tree from disk has 404 for what it lacks.
    Status(u16),
    /// A body that is not JSON, or no object; the text says where it breaks.
    NotJson(String),
    /// A body of more than [`MOST_BYTES`].
    TooLarge,
    /// No answer: the connection broke, or time ran out.
    Silent(String),
}

/// A resource as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    /// The body.
    pub body: Value,
    /// Headers that matter later, by lower-case name: `etag`, `allow`, `link`.
    pub headers: BTreeMap<String, String>,
}

/// Answers by path. Paths are as [`path`] makes them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    answers: BTreeMap<String, Answer>,
}

impl Tree {
    /// Takes an answer; a later one takes the place of an earlier one.
    pub fn put(&mut self, path: String, answer: Answer) {
        self.answers.insert(path, answer);
    }

    /// Returns what `path` answered; `None` if nobody asked.
    pub fn answer(&self, path: &str) -> Option<&Answer> {
        self.answers.get(path)
    }

    /// Returns the body of the resource at `path`, if it is one.
    pub fn body(&self, path: &str) -> Option<&Value> {
        match self.answers.get(path)? {
            Answer::Resource(resource) => Some(&resource.body),
            _ => None,
        }
    }

    /// Returns all answers in the order of their paths.
    pub fn answers(&self) -> impl Iterator<Item = (&str, &Answer)> {
        self.answers.iter().map(|(path, answer)| (path.as_str(), answer))
    }
}

/// Returns the answer that a body is, with the headers that came with it.
///
/// Text that is no UTF-8 is read with marks where it breaks: some write vendors' names in GBK.
pub fn answer(body: &[u8], headers: BTreeMap<String, String>) -> Answer {
    if body.len() > MOST_BYTES {
        return Answer::TooLarge;
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let parsed = match str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_str(&String::from_utf8_lossy(body)),
    };
    match parsed {
        Ok(body @ Value::Object(_)) => Answer::Resource(Resource { body, headers }),
        Ok(_) => Answer::NotJson("it is JSON and no object".to_owned()),
        Err(error) => Answer::NotJson(error.to_string()),
    }
}

/// Returns about how many bytes of memory `value` takes.
pub fn weight(value: &Value) -> usize {
    // What a `Value` takes, and its place in an array or a map.
    const EACH: usize = 40;
    let sum = |sum: usize, more: usize| sum.saturating_add(more);
    let below = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).fold(0, sum),
        Value::Object(fields) => {
            let field = |(key, field): (&String, &Value)| key.len().saturating_add(weight(field));
            fields.iter().map(field).fold(0, sum)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    EACH.saturating_add(below)
}

/// Returns the path that a link leads to: on this host, below `/redfish`, without a fragment, a
/// query or a slash at its end. A link to anywhere else leads nowhere.
///
/// A query is kept where it pages a collection (`$skip`).
pub fn path(link: &str) -> Option<String> {
    let link = link.split_once('#').map_or(link, |(before, _)| before);
    let (place, query) = link.split_once('?').map_or((link, None), |(at, query)| (at, Some(query)));
    let place = place.trim_end_matches('/');
    let below = place.strip_prefix("/redfish")?;
    let plain = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"'))
    };
    let sound =
        below.is_empty() || below.strip_prefix('/').is_some_and(|rest| rest.split('/').all(plain));
    let query = query.filter(|query| query.contains("$skip") || query.contains("skiptoken"));
    let query = query.filter(|query| query.bytes().all(|byte| byte.is_ascii_graphic()));
    sound.then(|| match query {
        Some(query) => format!("{place}?{query}"),
        None => place.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_paths_of_this_host() {
        let cases = [
            ("/redfish/v1/", Some("/redfish/v1")),
            ("/redfish", Some("/redfish")),
            ("/redfish/v1/Systems/1#/Boot", Some("/redfish/v1/Systems/1")),
            ("/redfish/v1/Entries?$skip=50", Some("/redfish/v1/Entries?$skip=50")),
            ("/redfish/v1/Systems?$expand=.", Some("/redfish/v1/Systems")),
            ("https://redfishpdu.contoso.com/redfish/v1", None),
            ("//other/redfish/v1", None),
            ("/redfish/v1/../../etc", None),
            ("/redfish/v1//Systems", None),
            ("/redfishes", None),
            ("/redfish/v1/a b", None),
            ("/api/sensors", None),
            ("", None),
        ];
        for (link, expected) in cases {
            assert_eq!(path(link).as_deref(), expected, "{link}");
        }
    }
}
