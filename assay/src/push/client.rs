//! Edge: the HTTP client of one route.

use std::{error::Error as _, fs, io, path::PathBuf, time::Duration};

use reqwest::{
    Certificate, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};

use super::{
    decide::Answer,
    endpoint::{self, EndpointError},
    entry::{Document, Route},
    secret::{Secret, SecretError},
};

/// An answer is read up to here; a receiver has no reason to say more.
const LONGEST_ANSWER: usize = 64 * 1024;
/// What of an answer is shown to the operator.
const SHOWN: usize = 300;

/// Why a route cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum ClientError {
    /// The URL is refused.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// A file with a secret is missing, exposed or unusable.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The file with the authorities cannot be read.
    #[error("cannot read `{}`", file.display())]
    ReadAuthorities { file: PathBuf, source: io::Error },
    /// The file with the authorities holds none.
    #[error("`{}` holds no certificate in PEM", file.display())]
    NoAuthorities { file: PathBuf },
    /// TLS cannot be set up, mostly for want of the system's authorities.
    #[error("cannot set up TLS")]
    Tls(#[source] reqwest::Error),
}

impl ClientError {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<(String, String)> {
        let same = |text: String| (text.clone(), text);
        match self {
            Self::Endpoint(error) => {
                let (zh, en) = error.hint();
                Some((zh.to_owned(), en.to_owned()))
            }
            Self::Secret(error) => error.hint().map(same),
            Self::Tls(_) => Some((
                "系统没有可信证书；用 --ca 给出证书机构文件".to_owned(),
                "this system has no trusted authorities; name yours with --ca".to_owned(),
            )),
            Self::ReadAuthorities { .. } | Self::NoAuthorities { .. } => None,
        }
    }
}

/// Sends documents by one route.
#[expect(missing_debug_implementations, reason = "it holds the token")]
pub struct Client {
    http: reqwest::Client,
    url: Url,
    authorization: Option<HeaderValue>,
}

impl Client {
    /// Reads the route's files and sets up TLS. Nothing is sent yet.
    pub fn new(route: &Route, timeout: Duration) -> Result<Self, ClientError> {
        let url = endpoint::parse(&route.url, route.insecure_http)?;
        let authorization = match &route.token_file {
            Some(path) => Some(Secret::read(path)?.bearer(path)?),
            None => None,
        };
        // Only the first call in a process installs it; later ones find it there.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
            // A redirect would carry documents and token to where nobody said.
            .redirect(Policy::none())
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            .http1_only();
        if let Some(path) = &route.client_cert {
            builder = builder.identity(Secret::read(path)?.identity(path)?);
        }
        if let Some(path) = &route.ca {
            builder = builder.tls_certs_only(authorities(path)?);
        } else if url.scheme() == "http" {
            // No TLS, so the system's authorities need not be loaded.
            builder = builder.tls_certs_only([]).no_proxy();
        }
        let http = builder.build().map_err(ClientError::Tls)?;
        Ok(Self { http, url, authorization })
    }

    /// Sends `document` once and returns what came of it.
    pub async fn send(&self, document: &Document) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let texts =
            [("idempotency-key", document.key()), ("assay-schema", document.schema.clone())];
        for (name, text) in texts {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        if let Some(value) = &self.authorization {
            headers.insert(AUTHORIZATION, value.clone());
        }
        let request = self.http.post(self.url.clone()).headers(headers);
        match request.body(document.body.clone()).send().await {
            Ok(response) => read(response).await,
            Err(error) => broken(&error),
        }
    }
}

/// Reads the answer to its end: one that was cut off is none, for the receiver
/// may have failed after it began to answer.
async fn read(mut response: reqwest::Response) -> Answer {
    let code = response.status().as_u16();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse().ok())
        .map(Duration::from_secs);
    let mut said = Vec::new();
    let mut length = 0;
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                length += chunk.len();
                let room = SHOWN.saturating_sub(said.len());
                said.extend(chunk.iter().take(room));
                if length > LONGEST_ANSWER {
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => return broken(&error),
        }
    }
    let said = crate::failure::one_line(&String::from_utf8_lossy(&said));
    Answer::Status { code, retry_after, said }
}

/// Returns what a transport error means, in its innermost words.
fn broken(error: &reqwest::Error) -> Answer {
    if error.is_timeout() {
        return Answer::Broken("no answer in time".to_owned());
    }
    let mut innermost = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        innermost = error.to_string();
        if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref::<rustls::Error>() {
            return Answer::Untrusted(crate::failure::one_line(&innermost));
        }
        // An I/O error's `source` is that of the error inside it: the error itself
        // is had by `get_ref` only.
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        source = match inside {
            Some(inside) => Some(inside as &(dyn std::error::Error + 'static)),
            None => error.source(),
        };
    }
    Answer::Broken(crate::failure::one_line(&innermost))
}

fn authorities(path: &std::path::Path) -> Result<Vec<Certificate>, ClientError> {
    let pem = fs::read(path)
        .map_err(|source| ClientError::ReadAuthorities { file: path.to_owned(), source })?;
    let none = || ClientError::NoAuthorities { file: path.to_owned() };
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|_invalid| none())?;
    if certificates.is_empty() { Err(none()) } else { Ok(certificates) }
}
