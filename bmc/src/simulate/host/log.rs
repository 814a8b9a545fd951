//! Logs: what happened, and who is told of it.

use serde_json::json;

use super::{Host, below};
use crate::simulate::{
    clock::{self, Moment},
    message::Work,
};

/// What is said of a change.
const CHANGED: &str = "ResourceEvent.1.3.ResourceChanged";

impl Host {
    /// Returns the path of the entries of the system's event log.
    pub(in crate::simulate) fn event_log(&self) -> Option<String> {
        let services = format!("{}/LogServices", self.base.system);
        let mut logs = self.children(&services);
        // Others have theirs under the manager.
        logs.extend(self.children(&format!("{}/LogServices", self.base.manager)));
        let named = |path: &&String| path.ends_with("/SEL");
        let log = logs.iter().find(named).or_else(|| logs.first())?;
        let entries = format!("{log}/Entries");
        self.raw(&entries).is_some().then_some(entries)
    }

    /// Writes into the system's event log, and tells who subscribed.
    pub(in crate::simulate) fn event(&mut self, severity: &str, message: &str, now: Moment) {
        if let Some(entries) = self.event_log() {
            self.write(&entries, "SEL", severity, message, now);
        }
        self.tell(severity, message, CHANGED, now);
    }

    /// Tells who subscribed of an event that is a test, and is in no log.
    pub(in crate::simulate) fn test_event(
        &mut self,
        severity: &str,
        message: &str,
        id: &str,
        now: Moment,
    ) {
        self.tell(severity, message, id, now);
    }

    /// Writes into the log of the BMC itself.
    pub(in crate::simulate) fn audit(&mut self, severity: &str, message: &str, now: Moment) {
        let entries = format!("{}/LogServices/Audit/Entries", self.base.manager);
        if self.raw(&entries).is_some() {
            self.write(&entries, "Event", severity, message, now);
        }
    }

    fn write(&mut self, entries: &str, kind: &str, severity: &str, message: &str, now: Moment) {
        let service = entries.trim_end_matches("/Entries");
        let most = self.raw(service).and_then(|body| body["MaxNumberOfRecords"].as_u64());
        let most = usize::try_from(most.unwrap_or(1000)).unwrap_or(1000);
        let there = self.children(entries);
        if there.len() >= most.max(1)
            && let Some(oldest) = there.first()
        {
            let oldest = oldest.clone();
            self.remove(&oldest);
        }
        let id = self.free_id(entries);
        let body = json!({ "@odata.type": "#LogEntry.v1_15_0.LogEntry", "Id": id.to_string(),
            "Name": format!("Entry {id}"), "EntryType": kind, "Severity": severity,
            "Created": clock::date(self.unix(now)), "Message": message });
        self.put(format!("{entries}/{id}"), body);
    }

    /// Takes all entries of a log away.
    pub(in crate::simulate) fn clear(&mut self, service: &str) {
        for entry in self.children(&format!("{service}/Entries")) {
            self.remove(&entry);
        }
    }

    /// Tells those who subscribed to events.
    fn tell(&mut self, severity: &str, message: &str, message_id: &str, now: Moment) {
        let id = self.ticket().to_string();
        let system = self.base.system.clone();
        let event = |context: &str| {
            json!({ "@odata.type": "#Event.v1_9_0.Event", "Id": id, "Name": "Event",
                "Context": context, "Events": [{ "EventId": id, "MemberId": "0",
                    "EventType": "Alert", "EventTimestamp": clock::date(self.unix(now)),
                    "Severity": severity, "MessageSeverity": severity, "Message": message,
                    "MessageId": message_id,
                    "OriginOfCondition": { "@odata.id": system } }] })
            .to_string()
        };
        let mut work = vec![Work::Tell(event(""))];
        for path in self.children(&below("EventService/Subscriptions")) {
            let Some(body) = self.raw(&path) else { continue };
            let Some(url) = body["Destination"].as_str() else { continue };
            let headers = body["@headers"].as_array().into_iter().flatten();
            let headers = headers.filter_map(|one| one.as_object()?.iter().next());
            let headers = headers
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
            work.push(Work::Notify {
                url: url.to_owned(),
                headers: headers.collect(),
                body: event(body["Context"].as_str().unwrap_or_default()),
            });
        }
        self.work.extend(work);
    }
}
