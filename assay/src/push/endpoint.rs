//! Which URLs documents may be sent to.

use std::net::IpAddr;

use reqwest::Url;

/// Why a URL is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It is not a URL at all.
    #[error("`{0}` is not a URL: {1}")]
    Malformed(String, String),
    /// It has a scheme that nothing is sent by.
    #[error("`{0}` is neither https nor http")]
    Scheme(String),
    /// It is plain http to another machine.
    #[error("`{0}` would send the documents, and the token, unencrypted over the network")]
    Plain(String),
    /// It holds a name or password, which would end up in logs and in the spool.
    #[error("the URL holds a user name or a password")]
    Credentials,
}

impl EndpointError {
    /// What the operator can do about it.
    pub fn hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::Malformed(text, _) if !text.is_ascii() => (
                "写成 https://主机/路径；中文域名写成其 ASCII 形式 (xn--…)",
                "write it as https://HOST/PATH, a name of other letters in its ASCII form (xn--…)",
            ),
            Self::Malformed(..) | Self::Scheme(_) => {
                ("写成 https://主机/路径", "write it as https://HOST/PATH")
            }
            Self::Plain(_) => (
                "改用 https；确实要明文发送时加 --insecure-http",
                "use https, or --insecure-http if you do mean to send it in the clear",
            ),
            Self::Credentials => (
                "把令牌写入文件，用 --token-file 给出",
                "put the token into a file and name that with --token-file",
            ),
        }
    }
}

/// Reads the URL of an endpoint.
///
/// Plain http is for this machine only, unless `insecure_http` says otherwise.
pub fn parse(text: &str, insecure_http: bool) -> Result<Url, EndpointError> {
    let url = Url::parse(text)
        .map_err(|error| EndpointError::Malformed(text.to_owned(), error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointError::Credentials);
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if insecure_http || is_this_machine(&url) => Ok(url),
        "http" => Err(EndpointError::Plain(text.to_owned())),
        _ => Err(EndpointError::Scheme(text.to_owned())),
    }
}

/// Returns whether the URL's host can only be this machine.
fn is_this_machine(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    // `localhost` may resolve to anything in theory; RFC 6761 §6.3 forbids it.
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_other_letters_is_asked_for_in_ascii() {
        let error = parse("https://广东.政务/x", false).expect_err("ASCII alone");
        assert!(error.hint().1.contains("xn--"), "{error}");
        parse("https://xn--7hv594i.xn--zfr164b/x", false).expect("the ASCII form of one");
    }

    #[test]
    fn plain_http_goes_to_this_machine_only_unless_told() {
        for fine in
            ["https://a.example/x", "http://127.0.0.1:80/", "http://[::1]:9/", "http://localhost"]
        {
            assert!(parse(fine, false).is_ok(), "{fine}");
        }
        let plain = "http://127.0.0.1.example/";
        assert_eq!(parse(plain, false), Err(EndpointError::Plain(plain.to_owned())));
        assert!(parse(plain, true).is_ok());
    }

    #[test]
    fn a_url_with_a_password_is_refused_without_repeating_it() {
        let error = parse("https://me:hunter2@a.example/", false).expect_err("it has a password");
        assert_eq!(error, EndpointError::Credentials);
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn what_is_no_url_is_named() {
        assert!(matches!(parse("cloud", false), Err(EndpointError::Malformed(..))));
        assert!(matches!(parse("ftp://a/", false), Err(EndpointError::Scheme(_))));
    }
}
