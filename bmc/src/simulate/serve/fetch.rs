//! What hosts do as clients: they fetch the head of an image, and send events.

use std::time::Duration;

use reqwest::{Client, StatusCode, header};

use super::share;
use crate::simulate::message::Fetched;

/// Bytes of an image that are read: the descriptor of an ISO 9660 volume lies at 32 KiB.
const HEAD: u32 = 64 << 10;
/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Returns what fetches, as BMCs do: without a look at certificates.
fn client() -> Result<Client, reqwest::Error> {
    // Only the first call in a process installs it; later ones find it there.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder()
        .user_agent("simulated-bmc")
        .tls_danger_accept_invalid_certs(true)
        .no_proxy()
        .timeout(PATIENCE)
        .http1_only()
        .build()
}

/// Returns why something failed, down to its cause.
fn why(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(under) = last.source() {
        last = under;
    }
    last.to_string()
}

/// Reads the beginning of an image.
pub(super) async fn image(url: &str, login: Option<(String, String)>) -> Fetched {
    if url.starts_with("nfs://") {
        return share::head(url, HEAD).await;
    }
    match head(url, login).await {
        Ok(found) => found,
        Err(error) => Fetched::Failed(why(&error)),
    }
}

async fn head(url: &str, login: Option<(String, String)>) -> Result<Fetched, reqwest::Error> {
    let mut request = client()?.get(url).header(header::RANGE, format!("bytes=0-{}", HEAD - 1));
    if let Some((user, password)) = login {
        request = request.basic_auth(user, Some(password));
    }
    let mut response = request.send().await?;
    let status = response.status();
    if !status.is_success() {
        return Ok(Fetched::Failed(format!("the server answers {}", status.as_u16())));
    }
    let length = if status == StatusCode::PARTIAL_CONTENT {
        let range = response.headers().get(header::CONTENT_RANGE);
        range.and_then(|range| range.to_str().ok()?.rsplit('/').next()?.parse().ok())
    } else {
        response.content_length()
    };
    let mut head = Vec::new();
    let most = usize::try_from(HEAD).unwrap_or(usize::MAX);
    while head.len() < most {
        let Some(chunk) = response.chunk().await? else { break };
        head.extend_from_slice(&chunk);
    }
    head.truncate(most);
    Ok(Fetched::Found { length, head })
}

/// Sends an event; whether it arrives is the subscriber's matter.
pub(super) async fn notify(url: &str, headers: Vec<(String, String)>, body: String) {
    let Ok(client) = client() else { return };
    let mut request = client.post(url).header(header::CONTENT_TYPE, "application/json").body(body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    drop(request.send().await);
}
