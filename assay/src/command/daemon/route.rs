//! Interfaces: which request asks for what. No I/O.

use dataplane::daemon::document::section;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The desired state, read or replaced.
    State,
    /// An object of it: section, id, and the rule of it where it is one.
    Object { section: &'static str, id: String, rule: Option<String> },
    /// How far objects are: all, those of a section, or one.
    Status { section: Option<&'static str>, id: Option<String> },
    /// Loops, or the port that somebody wants opened.
    Loops { port: Option<String> },
    /// What happened.
    Events,
    /// Who called.
    Calls,
    /// Whether this process lives.
    Alive,
    /// Whether all is as wanted.
    Ready,
    /// Figures for Prometheus.
    Metrics,
    /// What this file says, for programs.
    Description,
}

/// Names of all interfaces, as the log and the description have them, with their methods.
#[cfg(test)]
pub(super) const ALL: &[(&str, &[&str])] = &[
    ("/v1/state", &["GET", "PUT"]),
    ("/v1/{kind}/{id}", &["GET", "PUT", "DELETE"]),
    ("/v1/groups/{id}/rules/{rule}", &["PUT", "DELETE"]),
    ("/v1/status", &["GET"]),
    ("/v1/status/{kind}", &["GET"]),
    ("/v1/status/{kind}/{id}", &["GET"]),
    ("/v1/loops", &["GET"]),
    ("/v1/loops/{id}", &["DELETE"]),
    ("/v1/events", &["GET"]),
    ("/v1/calls", &["GET"]),
    ("/healthz", &["GET"]),
    ("/readyz", &["GET"]),
    ("/metrics", &["GET"]),
    ("/openapi.json", &["GET"]),
];

/// Returns what a path asks for.
pub(super) fn route(path: &str) -> Option<Route> {
    let words: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    match *words.as_slice() {
        ["v1", "state"] => Some(Route::State),
        ["v1", "loops"] => Some(Route::Loops { port: None }),
        ["v1", "loops", port] => Some(Route::Loops { port: Some(plain(port)?) }),
        ["v1", "events"] => Some(Route::Events),
        ["v1", "calls"] => Some(Route::Calls),
        ["healthz"] => Some(Route::Alive),
        ["readyz"] => Some(Route::Ready),
        ["metrics"] => Some(Route::Metrics),
        ["openapi.json"] => Some(Route::Description),
        ["v1", "status"] => Some(Route::Status { section: None, id: None }),
        ["v1", "status", kind] => Some(Route::Status { section: Some(section(kind)?), id: None }),
        ["v1", "status", kind, id] => {
            Some(Route::Status { section: Some(section(kind)?), id: Some(plain(id)?) })
        }
        ["v1", kind, id] => {
            Some(Route::Object { section: section(kind)?, id: plain(id)?, rule: None })
        }
        ["v1", "groups", id, "rules", rule] => {
            Some(Route::Object { section: "group", id: plain(id)?, rule: Some(plain(rule)?) })
        }
        _ => None,
    }
}

/// Returns an id as it is: what ids are made of needs no escapes.
fn plain(id: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (!id.is_empty() && id.len() <= 64 && id.chars().all(fits)).then(|| id.to_owned())
}

impl Route {
    /// Returns its name, as the log of calls has it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::State => "/v1/state",
            Self::Object { rule: Some(_), .. } => "/v1/groups/{id}/rules/{rule}",
            Self::Object { .. } => "/v1/{kind}/{id}",
            Self::Status { id: Some(_), .. } => "/v1/status/{kind}/{id}",
            Self::Status { section: Some(_), .. } => "/v1/status/{kind}",
            Self::Status { .. } => "/v1/status",
            Self::Loops { port: None } => "/v1/loops",
            Self::Loops { port: Some(_) } => "/v1/loops/{id}",
            Self::Events => "/v1/events",
            Self::Calls => "/v1/calls",
            Self::Alive => "/healthz",
            Self::Ready => "/readyz",
            Self::Metrics => "/metrics",
            Self::Description => "/openapi.json",
        }
    }

    /// Whether a call of it is for machines that look every few seconds, and is not logged.
    pub(super) fn is_probe(&self) -> bool {
        matches!(self, Self::Alive | Self::Ready | Self::Metrics)
    }

    /// Returns the methods that it takes.
    pub(super) fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::State => &["GET", "PUT"],
            Self::Loops { port: Some(_) } => &["DELETE"],
            Self::Object { rule: Some(_), .. } => &["PUT", "DELETE"],
            Self::Object { .. } => &["GET", "PUT", "DELETE"],
            _ => &["GET"],
        }
    }
}

/// Returns the value of a name in a query.
pub(super) fn value<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// Returns the generation that `If-Match` names: `"7"`, `W/"7"` or `7`.
pub(super) fn generation(text: &str) -> Option<u64> {
    let text = text.trim();
    text.strip_prefix("W/").unwrap_or(text).trim_matches('"').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interface_is_found_by_its_path_and_nothing_else_is() {
        for (name, methods) in ALL {
            let path =
                name.replace("{kind}", "ports").replace("{id}", "a-1").replace("{rule}", "r");
            let route = route(&path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!((route.name(), route.methods()), (*name, *methods));
        }
        let none = [
            "",
            "/",
            "/v1",
            "/v1/state/",
            "/v2/state",
            "/v1/port/a",
            "/v1/ports/",
            "/v1/ports/a/b",
            "/v1/ports/a%2f",
            "/v1/ports/a/rules/b",
            "/v1/status/x",
            "/v1/ports/网",
            "//healthz",
        ];
        for path in none {
            assert_eq!(route(path), None, "{path}");
        }
    }

    #[test]
    fn a_generation_is_read_from_where_it_is_said() {
        assert_eq!(["\"7\"", " W/\"7\"", "7"].map(generation), [Some(7); 3]);
        assert_eq!(["*", "", "\"x\"", "-1"].map(generation), [None; 4]);
        assert_eq!((value("a=1&expected=2", "expected"), value("xa=1", "a")), (Some("2"), None));
    }
}
