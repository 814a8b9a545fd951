//! Logs of Redfish, followed: a GET of the first page of each, and where that changed the rest.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use super::{Client, RedfishError, Reply, Said};
use crate::{
    operation::{
        log::Entry,
        watch::{News, compare},
    },
    redfish::{log, walk::Purpose},
};

/// Pages of a log that are read at most.
const PAGES: usize = 1000;

/// How far the logs of a service were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogMarks {
    logs: Vec<Log>,
}

#[derive(Clone, Debug, PartialEq)]
struct Log {
    /// The log service.
    service: String,
    /// The collection of its entries.
    entries: String,
    /// The first page of it, as it was last.
    page: Value,
    /// What its members are known by, in their order.
    members: Vec<String>,
}

impl LogMarks {
    /// Returns how many entries there were.
    pub fn entries(&self) -> usize {
        self.logs.iter().map(|log| log.members.len()).sum()
    }
}

impl Client {
    /// Marks the end of all logs; only what comes later is new.
    pub async fn mark_logs(&self) -> Result<LogMarks, RedfishError> {
        let tree = self.tree(Purpose::LogServices).await?;
        let mut marks = LogMarks::default();
        for (service, entries) in log::collections(&tree.value).value {
            let Some((page, members)) = self.members(&entries).await? else { continue };
            let members = members.iter().map(known).collect();
            marks.logs.push(Log { service, entries, page, members });
        }
        Ok(marks)
    }

    /// Returns what came since the marks, and moves them. Where nothing changed it costs one GET a
    /// log.
    pub async fn log_news(&self, marks: &mut LogMarks) -> Result<Vec<News>, RedfishError> {
        let mut news = Vec::new();
        for log in &mut marks.logs {
            let Some(page) = self.page(&log.entries).await? else { continue };
            if page == log.page {
                continue;
            }
            let Some((page, members)) = self.members(&log.entries).await? else { continue };
            let now: Vec<String> = members.iter().map(known).collect();
            let bare = members.iter().any(is_bare);
            let found = compare(&log.members, &now, bare);
            if found.removed {
                news.push(News::Removed { log: log.service.clone() });
            }
            let mut entries = Vec::new();
            for member in found.new.into_iter().filter_map(|at| members.get(at)) {
                entries.extend(self.entry(member, &log.service).await?);
            }
            // Some have the newest first.
            if let ([first, .., last], true) = (entries.as_slice(), is_dated(&entries))
                && first.time > last.time
            {
                entries.reverse();
            }
            news.extend(entries.into_iter().map(|entry| News::Entry(Box::new(entry))));
            (log.page, log.members) = (page, now);
        }
        Ok(news)
    }

    /// Waits so long. A session that the service ends meanwhile is begun anew by the next request.
    pub async fn idle(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// Reads an entry: what the collection has of it, else itself; one that is gone is none.
    async fn entry(&self, member: &Value, service: &str) -> Result<Option<Entry>, RedfishError> {
        if !is_bare(member) {
            return Ok(log::one(member, service));
        }
        let path = member.get("@odata.id").and_then(Value::as_str).unwrap_or_default();
        let body = self.page(path).await?;
        Ok(body.and_then(|body| log::one(&body, service)))
    }

    /// Reads a collection: its first page, and the members of all of them.
    async fn members(&self, path: &str) -> Result<Option<(Value, Vec<Value>)>, RedfishError> {
        let Some(first) = self.page(path).await? else { return Ok(None) };
        let mut members = of(&first);
        let (mut next, mut visited) = (follows(&first), BTreeSet::new());
        while let Some(path) = next
            && visited.insert(path.clone())
            && visited.len() < PAGES
        {
            let Some(page) = self.page(&path).await? else { break };
            members.extend(of(&page));
            next = follows(&page);
        }
        Ok(Some((first, members)))
    }

    /// Reads a resource; `None` where there is none.
    async fn page(&self, path: &str) -> Result<Option<Value>, RedfishError> {
        let reply = self.get(path).await?;
        match reply.status {
            Some(404 | 410) => Ok(None),
            _ if reply.is_good() => Ok(Some(reply.json().clone())),
            status => Err(refused(path, status.unwrap_or_default(), &reply)),
        }
    }
}

fn refused(path: &str, status: u16, reply: &Reply) -> RedfishError {
    let said = Box::new(Said::of(reply.json()));
    RedfishError::Refused { what: format!("GET {path}"), status, said }
}

fn of(page: &Value) -> Vec<Value> {
    page.get("Members").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Returns the path of the next page, on this host.
fn follows(page: &Value) -> Option<String> {
    let link = page.get("Members@odata.nextLink").or_else(|| page.get("@odata.nextLink"))?;
    let link = link.as_str().filter(|link| link.starts_with('/') && !link.starts_with("//"));
    link.map(str::to_owned)
}

/// Returns whether a member is a link alone.
fn is_bare(member: &Value) -> bool {
    member.as_object().is_none_or(|fields| fields.keys().all(|key| key.starts_with("@odata.")))
}

/// Returns what a member is known by. Numbers are given again when a log was cleared, so what an
/// entry says of its time is part of it.
fn known(member: &Value) -> String {
    let text = |key: &str| member.get(key).and_then(Value::as_str).unwrap_or_default();
    let id = match text("@odata.id") {
        "" => text("Id"),
        id => id,
    };
    [id, text("Created"), text("EventTimestamp"), text("Message")].join("\n")
}

fn is_dated(entries: &[Entry]) -> bool {
    entries.iter().all(|entry| entry.time.is_some())
}
