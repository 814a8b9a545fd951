//! What hosts tell while they are followed: a line each, as it comes.

use std::time::Duration;

use bmc::{
    hand::Protocol,
    operation::{
        log::{Entry, Severity},
        watch::News,
    },
    redfish::event::Event,
};
use profiles::{Lang, Text};
use serde_json::{Value, json};

use super::{page::quoted, value::entry};
use crate::{
    failure::one_line,
    output::{Paint, Tone},
};

/// What a host told.
#[derive(Clone, Debug)]
pub struct Told {
    /// The host.
    pub address: String,
    /// What.
    pub what: What,
}

/// Something that was told.
#[derive(Clone, Debug)]
pub enum What {
    /// It is followed from now on.
    Watching {
        /// By which protocol.
        protocol: Protocol,
        /// Entries that are there already.
        entries: usize,
    },
    /// Something new of a log.
    News(News),
    /// Its events are listened to from now on: by its stream, or by a subscription to this URL.
    Listening {
        /// The subscription, and where it sends to.
        subscription: Option<(String, String)>,
    },
    /// An event.
    Event(Event),
    /// A subscription of ours was ended; or it was not, and why.
    Unsubscribed {
        /// Its path.
        path: String,
        /// Why it is there still: in Chinese, and in English.
        left: Option<(String, String)>,
    },
    /// It is lost, and asked again after so long.
    Lost {
        /// Why: in Chinese, and in English.
        why: (String, String),
        /// When it is asked again.
        again: Duration,
    },
    /// It is there again.
    Back,
}

/// The columns for spreadsheets.
pub const CSV_HEAD: &str = "address,log,id,time,severity,origin,message\r\n";

impl Told {
    /// Returns the line of an entry; what else is told is no entry.
    pub fn line(&self, lang: Lang, paint: Paint) -> Option<String> {
        let (severity, time, origin, message) = match &self.what {
            What::News(News::Entry(one)) => (one.severity, &one.time, &one.origin, &one.message),
            What::Event(one) => (one.severity, &one.time, &one.origin, &one.message),
            _ => return None,
        };
        let (word, tone) = match (severity, lang) {
            (Severity::Unknown, _) => ("-", None),
            (Severity::Ok, Lang::Zh) => ("正常", None),
            (Severity::Ok, Lang::En) => ("ok", None),
            (Severity::Warning, Lang::Zh) => ("警告", Some(Tone::Bad)),
            (Severity::Warning, Lang::En) => ("warning", Some(Tone::Bad)),
            (Severity::Critical, Lang::Zh) => ("严重", Some(Tone::Bad)),
            (Severity::Critical, Lang::En) => ("CRITICAL", Some(Tone::Bad)),
        };
        let word = tone.map_or_else(|| word.to_owned(), |tone| paint.dye(tone, word));
        let time = time.as_deref().unwrap_or("-");
        let origin = origin.as_deref().map(|origin| format!("{}: ", one_line(origin)));
        let (origin, message) = (origin.unwrap_or_default(), one_line(message));
        Some(format!("{}  {}  {word}  {origin}{message}\n", self.address, one_line(time)))
    }

    /// Returns the line of an entry for spreadsheets.
    pub fn csv(&self) -> Option<String> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (log, id, severity, time, origin, message) = match &self.what {
            What::News(News::Entry(one)) => {
                let Entry { id, log, time, severity, origin, message, .. } = &**one;
                (log.as_str(), id.clone(), severity, time, origin, message)
            }
            // Events stand in no log.
            What::Event(one) => {
                ("", text(&one.id), &one.severity, &one.time, &one.origin, &one.message)
            }
            _ => return None,
        };
        let severity = word(*severity);
        let (time, origin) = (text(time), text(origin));
        let cells: [&str; 7] = [&self.address, log, &id, &time, severity, &origin, message];
        let line: Vec<String> = cells.into_iter().map(quoted).collect();
        Some(format!("{}\r\n", line.join(",")))
    }

    /// Returns what there is to say that is no entry.
    pub fn note(&self) -> Option<Text> {
        let host = &self.address;
        Some(match &self.what {
            What::News(News::Entry(_)) | What::Event(_) => return None,
            What::Watching { protocol, entries } => {
                let protocol = match protocol {
                    Protocol::Ipmi => "IPMI",
                    Protocol::Redfish | Protocol::Auto => "Redfish",
                };
                Text::new(
                    format!("正在跟踪 {host} 的日志（{protocol}，已有 {entries} 条）"),
                    format!("following the log of {host} ({protocol}, {entries} entries so far)"),
                )
            }
            What::Listening { subscription: None } => Text::new(
                format!("正在读取 {host} 的事件流"),
                format!("reading the stream of events of {host}"),
            ),
            What::Listening { subscription: Some((path, url)) } => Text::new(
                format!("{host} 的事件发往 {}（订阅 {path}）", origin(url)),
                format!("{host} sends its events to {} (subscription {path})", origin(url)),
            ),
            What::Unsubscribed { path, left: None } => Text::new(
                format!("已取消 {host} 的订阅 {path}"),
                format!("ended the subscription {path} of {host}"),
            ),
            What::Unsubscribed { path, left: Some((zh, en)) } => Text::new(
                format!("{host} 的订阅 {path} 未能取消：{zh}；用 `events unsubscribe` 取消"),
                format!(
                    "the subscription {path} of {host} was not ended: {en}; `events unsubscribe` ends it"
                ),
            ),
            What::News(News::Removed { log }) => Text::new(
                format!("{host} 的日志 `{log}` 被清除或已回绕，其间的条目可能缺失"),
                format!(
                    "{host}: the log `{log}` was cleared or has wrapped; what came meanwhile may be missing"
                ),
            ),
            What::News(News::Full { log }) => Text::new(
                format!("{host} 的日志 `{log}` 已满，BMC 丢弃了条目"),
                format!("{host}: the log `{log}` was full, and the BMC dropped entries"),
            ),
            What::Lost { why, again } => {
                let seconds = again.as_secs();
                Text::new(
                    format!("与 {host} 的连接中断：{}；{seconds} 秒后重试", why.0),
                    format!("lost {host}: {}; trying again in {seconds} s", why.1),
                )
            }
            What::Back => Text::new(format!("{host} 已恢复连接"), format!("{host} is there again")),
        })
    }

    /// Returns it as programs read it, `assay/bmc-feed/v1`: one object a line.
    pub fn value(&self) -> Value {
        let (event, more) = match &self.what {
            What::Watching { protocol, entries } => {
                let protocol = match protocol {
                    Protocol::Ipmi => "ipmi",
                    Protocol::Redfish | Protocol::Auto => "redfish",
                };
                ("watching", json!({ "protocol": protocol, "entries": entries }))
            }
            What::Listening { subscription } => (
                "listening",
                json!({ "by": if subscription.is_some() { "subscription" } else { "stream" },
                        "subscription": subscription.as_ref().map(|(path, _)| path) }),
            ),
            What::Event(one) => (
                "event",
                json!({ "id": one.id, "time": one.time, "severity": match word(one.severity) {
                            "" => "unknown",
                            word => word,
                        }, "message_id": one.message_id, "message": one.message,
                        "origin": one.origin }),
            ),
            What::Unsubscribed { path, left } => (
                "unsubscribed",
                json!({ "subscription": path,
                        "left": left.as_ref().map(|(zh, en)| json!({ "zh": zh, "en": en })) }),
            ),
            What::News(News::Entry(one)) => ("entry", json!({ "entry": entry(one) })),
            What::News(News::Removed { log }) => ("removed", json!({ "log": log })),
            What::News(News::Full { log }) => ("full", json!({ "log": log })),
            What::Lost { why, again } => (
                "lost",
                json!({ "reason": { "zh": why.0, "en": why.1 }, "again_seconds": again.as_secs() }),
            ),
            What::Back => ("back", json!({})),
        };
        let mut value =
            json!({ "schema": "assay/bmc-feed/v1", "address": self.address, "event": event });
        if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
            value.extend(more);
        }
        value
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Unknown => "",
        Severity::Ok => "ok",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

/// Returns a URL without its path: whoever knows it may send us events.
fn origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str) -> Told {
        let entry = Entry {
            id: "7".to_owned(),
            log: "SEL".to_owned(),
            time: Some("2026-11-27T13:00:00Z".to_owned()),
            severity: Severity::Critical,
            origin: Some("DIMM A1".to_owned()),
            message: message.to_owned(),
            raw: None,
        };
        let what = What::News(News::Entry(Box::new(entry)));
        Told { address: "192.0.2.7".to_owned(), what }
    }

    #[test]
    fn an_entry_is_one_line_whatever_it_says() {
        let line = told("ECC\n\u{1b}[2Jx").line(Lang::En, Paint::Plain).expect("a line");
        assert_eq!(line, "192.0.2.7  2026-11-27T13:00:00Z  CRITICAL  DIMM A1: ECC \\u{1b}[2Jx\n");
        let csv = told("=1,\"x\"").csv().expect("a line");
        assert_eq!(
            csv,
            "192.0.2.7,SEL,7,2026-11-27T13:00:00Z,critical,DIMM A1,\"'=1,\"\"x\"\"\"\r\n"
        );
        let value = told("a\nb").value().to_string();
        assert!(!value.contains('\n') && value.contains("\"event\":\"entry\""), "{value}");
        assert!(told("x").note().is_none());
    }
}
