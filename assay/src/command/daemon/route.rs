//! What a call asks for, by its method and path.

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    State,
    Replace,
    Put { kind: String, id: String },
    Delete { kind: String, id: String },
    Status,
    Events,
    Calls,
    Health,
    Ready,
    Metrics,
    Description,
}

/// Why nothing is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRoute {
    /// There is no such path.
    Path,
    /// The path has these methods only.
    Method(&'static str),
}

/// Returns what a method and a path ask for.
pub(super) fn route(method: &str, path: &str) -> Result<Route, NoRoute> {
    let only = |wanted: &'static str, route| {
        if method == wanted { Ok(route) } else { Err(NoRoute::Method(wanted)) }
    };
    match path {
        "/v1/state" if method == "PUT" => Ok(Route::Replace),
        "/v1/state" if method == "GET" => Ok(Route::State),
        "/v1/state" => Err(NoRoute::Method("GET, PUT")),
        "/v1/status" => only("GET", Route::Status),
        "/v1/events" => only("GET", Route::Events),
        "/v1/calls" => only("GET", Route::Calls),
        "/healthz" => only("GET", Route::Health),
        "/readyz" => only("GET", Route::Ready),
        "/metrics" => only("GET", Route::Metrics),
        "/openapi.json" => only("GET", Route::Description),
        _ => {
            let object = path.strip_prefix("/v1/").and_then(|rest| rest.split_once('/'));
            let (kind, id) = object.ok_or(NoRoute::Path)?;
            if kind.is_empty() || id.is_empty() || id.contains('/') {
                return Err(NoRoute::Path);
            }
            let (kind, id) = (kind.to_owned(), id.to_owned());
            match method {
                "PUT" => Ok(Route::Put { kind, id }),
                "DELETE" => Ok(Route::Delete { kind, id }),
                _ => Err(NoRoute::Method("PUT, DELETE")),
            }
        }
    }
}

/// Returns a value of a query: `after` of `after=3&x`.
pub(super) fn query<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Which generation a change is for, as `If-Match` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// It does not say.
    Unsaid,
    /// `*`: whichever there is.
    Any,
    /// This one.
    Generation(u64),
}

/// Reads `If-Match`: `"3"` or `3` or `*`; nothing of anything else.
pub(super) fn expected(header: Option<&str>) -> Option<Expected> {
    let Some(text) = header.map(str::trim) else { return Some(Expected::Unsaid) };
    if text == "*" {
        return Some(Expected::Any);
    }
    text.trim_matches('"').parse().ok().map(Expected::Generation)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_path_leads_where_it_says() {
        assert_eq!(route("GET", "/v1/state"), Ok(Route::State));
        assert_eq!(route("POST", "/v1/state"), Err(NoRoute::Method("GET, PUT")));
        let put = Route::Put { kind: "port".to_owned(), id: "a.1_b-c".to_owned() };
        assert_eq!(route("PUT", "/v1/port/a.1_b-c"), Ok(put));
        for path in ["/", "/v1", "/v1/", "/v1/port", "/v1/port/", "/v1//a", "/v1/port/a/b", "/x"] {
            assert_eq!(route("PUT", path), Err(NoRoute::Path), "{path}");
        }
        assert_eq!((query("x&after=3", "after"), query("", "after")), (Some("3"), None));
        assert_eq!(expected(Some("\"7\"")), Some(Expected::Generation(7)));
        assert_eq!((expected(Some("W/x")), expected(None)), (None, Some(Expected::Unsaid)));
    }

    /// The description is written by hand; this holds it to the router.
    #[test]
    fn the_description_has_every_path_and_method_and_no_other() {
        let description: Value = serde_json::from_str(super::super::DESCRIPTION).unwrap();
        assert_eq!(description["openapi"], "3.1.0");
        let all = ["GET", "PUT", "DELETE", "POST", "PATCH"];
        let paths = description["paths"].as_object().unwrap();
        for (path, item) in paths {
            let asked = path.replace("{kind}", "port").replace("{id}", "a1");
            for method in all {
                let described = item.get(method.to_ascii_lowercase()).is_some();
                let routed = route(method, &asked).is_ok();
                assert_eq!(described, routed, "{method} {path}");
            }
            for (_method, operation) in item.as_object().unwrap() {
                assert!(
                    operation["responses"].as_object().is_some_and(|it| !it.is_empty()),
                    "{path}"
                );
                assert!(operation["summary"].is_string(), "{path}");
            }
        }
        assert_eq!(paths.len(), 9, "a path of the router is not described, or the other way round");
    }
}
