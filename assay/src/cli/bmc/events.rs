//! `assay bmc TARGET… events`: what BMCs tell by themselves.

use std::net::SocketAddr;

use clap::{Args, Subcommand};

use super::verb::place;

/// `assay bmc TARGET… events`.
#[derive(Clone, Debug, Args)]
pub struct Events {
    /// What to do
    #[command(subcommand)]
    pub command: EventsCommand,
}

/// What is done about events.
#[derive(Clone, Debug, Subcommand)]
pub enum EventsCommand {
    /// Show the subscriptions
    List,
    /// Have events sent to a URL, until that is ended
    Subscribe(Subscribe),
    /// End a subscription
    Unsubscribe(Unsubscribe),
    /// Show events as they come
    Listen(Listen),
}

/// `assay bmc TARGET… events subscribe`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The BMC sends each event to the URL by itself, also after this program has ended; what was made is \
read back.
Example: assay bmc 192.0.2.7 events subscribe https://192.0.2.1:8443/events --context rack7")]
pub struct Subscribe {
    /// Where events go: http or https
    #[arg(value_name = "URL", value_parser = destination)]
    pub url: String,
    /// What the BMC repeats in each event
    #[arg(long, value_name = "TEXT", default_value = "assay")]
    pub context: String,
}

/// `assay bmc TARGET… events unsubscribe`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Somebody may depend on it, and what it was made with is not shown by the BMC: it wants --yes-hosts.
Example: assay bmc 192.0.2.7 events unsubscribe 3 --yes-hosts 1")]
pub struct Unsubscribe {
    /// The subscription, as `events list` names it
    #[arg(value_name = "ID")]
    pub id: String,
}

/// `assay bmc TARGET… events listen`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Where the BMC has a stream of events (SSE), that is read. Else this program listens itself, by http \
and for these BMCs alone, under a path that cannot be guessed, subscribes, and ends its subscription \
when it ends; one that a killed run left is ended by the next command on that BMC. Each event is a \
line; with --output json one object a line. Ctrl-C ends it.
Example: assay bmc 192.0.2.7 events listen
Example: assay bmc --hosts rack.csv events listen --output json --yes-hosts 8")]
pub struct Listen {
    /// Address of this machine to listen on for BMCs without a stream [default: the one that the
    /// BMC is reached from]
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = place)]
    pub serve: Option<SocketAddr>,
    /// Subscribe also where the BMC has a stream
    #[arg(long)]
    pub no_stream: bool,
    /// Seconds after which it ends
    #[arg(long = "for", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub time: Option<u32>,
}

/// Reads a URL that events may be sent to.
fn destination(word: &str) -> Result<String, String> {
    let rest = word.strip_prefix("http://").or_else(|| word.strip_prefix("https://"));
    let sound = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && word.bytes().all(|byte| byte.is_ascii_graphic());
    if sound { Ok(word.to_owned()) } else { Err("a URL of http or https is wanted".to_owned()) }
}
