//! Subscriptions to events.

use serde_json::{Value, json};

use super::{
    Answered, Host,
    patch::{bad_value, lacks},
    stop,
};
use crate::simulate::{
    host::set,
    message::{Request, Response, error},
};

/// Subscriptions that are had at most.
const MOST: usize = 8;

impl Host {
    pub(super) fn subscribe(&mut self, request: &Request, path: &str) -> Answered {
        let sent = request.json()?;
        let Some(destination) = sent["Destination"].as_str() else {
            return stop(lacks("Destination"));
        };
        if !["http://", "https://"].iter().any(|scheme| destination.starts_with(scheme)) {
            return stop(bad_value("Destination", &sent["Destination"]));
        }
        if let Some(protocol) = sent.get("Protocol")
            && protocol != "Redfish"
        {
            return stop(bad_value("Protocol", protocol));
        }
        if self.children(path).len() >= MOST {
            let message = "The event subscription failed due to the number of simultaneous subscriptions exceeding the limit of the implementation.";
            return stop(error(503, "EventSubscriptionLimitExceeded", message, &[]));
        }
        let id = self.free_id(path);
        let subscription = format!("{path}/{id}");
        let mut body = json!({ "@odata.type": "#EventDestination.v1_13_0.EventDestination",
            "Id": id.to_string(), "Name": "Subscription", "Destination": destination,
            "Protocol": "Redfish", "Context": sent["Context"].as_str().unwrap_or_default(),
            "EventFormatType": "Event", "SubscriptionType": "RedfishEvent",
            // What was sent may be a secret, and is never shown.
            "HttpHeaders": [], "Status": { "State": "Enabled", "Health": "OK" } });
        if let Some(Value::Array(headers)) = sent.get("HttpHeaders") {
            set(&mut body, &["@headers"], headers.clone().into());
        }
        let mut shown = body.clone();
        self.put(subscription.clone(), body);
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("@headers");
            shown.insert("@odata.id".to_owned(), subscription.as_str().into());
        }
        Ok(Response::json(201, shown).header("location", subscription))
    }
}
