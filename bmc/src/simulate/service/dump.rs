//! Bundles of logs, in the ways of the makes that have one.

use serde_json::{Map, Value, json};

use super::{
    Answered, Host,
    action::{bad, lacks},
    stop,
};
use crate::simulate::{
    clock::Moment,
    host::Finish,
    message::{Body, Response, error},
};

/// A bundle that is made, or was.
#[derive(Clone, Debug, Default)]
pub(in crate::simulate) struct Bundle {
    /// Where the make has it.
    file: String,
    /// The task that makes it.
    task: String,
    /// What its progress showed last; it is shown once more after a new one is begun.
    shown: Option<Value>,
    is_stale: bool,
}

impl Host {
    /// Begins a bundle; returns its task.
    fn bundle(&mut self, file: &str, now: Moment) -> String {
        let task = self.begin("Bundle of logs", Finish::Nothing, false, now);
        file.clone_into(&mut self.dumped.file);
        task.clone_into(&mut self.dumped.task);
        task
    }

    /// iBMC: it is put where the request says.
    pub(super) fn dump(&mut self, sent: &Map<String, Value>, now: Moment) -> Answered {
        let text = |name: &str| sent.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("Type") != "URI" {
            return stop(bad("Manager.Dump", "Type", &text("Type").into()));
        }
        let file = text("Content");
        if !file.starts_with("/tmp/web/") || !file.ends_with(".tar.gz") {
            return stop(bad("Manager.Dump", "Content", &file.into()));
        }
        let task = self.bundle(file, now);
        Ok(self.accepted(&task, now))
    }

    /// ISBMC: there is one, and it has no name.
    pub(super) fn collect_all(&mut self, now: Moment) -> Response {
        let task = self.bundle("", now);
        self.accepted(&task, now)
    }

    /// ZTE: no task is shown, and its progress has a place of its own.
    pub(super) fn dump_all(&mut self, sent: &Map<String, Value>, now: Moment) -> Answered {
        if sent.get("Type").is_none_or(|kind| kind != "AllLogs") {
            return stop(lacks("LogServices.Dump", "Type"));
        }
        self.dumped.is_stale = true;
        self.bundle("/var/log/AllLogs.tar.gz", now);
        Ok(crate::simulate::message::success(200))
    }

    /// ZTE: how far it is.
    pub(super) fn progress(&mut self) -> Response {
        let over = self.is_over(&self.dumped.task);
        let old = self.dumped.shown.take().filter(|_| self.dumped.is_stale);
        self.dumped.is_stale = false;
        let shown = old.unwrap_or_else(|| match over {
            None if self.dumped.task.is_empty() => {
                json!({ "State": "STATE_FAILED", "Percentage": 0, "TarPath": ".tar.gz",
                    "Type": "AllLogs" })
            }
            Some(false) => json!({ "State": "STATE_RUNNING", "Percentage": 40,
                "TarPath": ".tar.gz", "Type": "AllLogs" }),
            _ => json!({ "State": "STATE_COMPLETED", "Percentage": 100,
                "TarPath": self.dumped.file, "Type": "AllLogs" }),
        });
        self.dumped.shown = Some(shown.clone());
        Response::json(200, shown)
    }

    /// Hands out the bundle, by its name where it has one.
    pub(super) fn download(&mut self, action: &str, sent: &Map<String, Value>) -> Answered {
        let path = sent.get("Path").and_then(Value::as_str).unwrap_or_default();
        if path != self.dumped.file {
            return stop(bad(action, "Path", &path.into()));
        }
        // iBMC wants it; ZTE has one way.
        if path.starts_with("/tmp/web/") && sent.get("TransferProtocol").is_none() {
            return stop(lacks(action, "TransferProtocol"));
        }
        // Tasks that are gone are over.
        if self.dumped.task.is_empty() || self.is_over(&self.dumped.task) == Some(false) {
            let message = "There is no bundle of logs to download.";
            return stop(error(409, "ResourceInUse", message, &[]));
        }
        let serial = self.identity.serial();
        let lines = (0..10_000).map(|line| format!("\u{1f}\0 {serial} {line}\r\n"));
        let text = lines.collect::<Vec<String>>().concat();
        let mut response = Response::empty(200);
        response.body = Body::Text("application/octet-stream", text);
        Ok(response)
    }
}
