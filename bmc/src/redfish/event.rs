//! Events as services send them (DSP0268 `Event`), and the stream they come on (DSP0266 §13.2;
//! HTML Living Standard §9.2, "Server-sent events").

use serde_json::Value;

use crate::operation::log::Severity;

/// Bytes of one event of a stream; one that is longer is dropped.
const MOST: usize = 1 << 20;
/// Events of one message at most.
const MANY: usize = 1000;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number, as the service has it.
    pub id: Option<String>,
    /// When, as the BMC's clock had it.
    pub time: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// The message's name in its registry: `ResourceEvent.1.3.ResourceChanged`.
    pub message_id: Option<String>,
    /// What happened.
    pub message: String,
    /// The resource that it is about.
    pub origin: Option<String>,
}

/// Reads the events of a message. What is no event (a report of metrics) has none, and an odd
/// field costs that field alone.
pub fn events(message: &Value) -> Vec<Event> {
    let all = match message.get("Events") {
        Some(Value::Array(all)) => all.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    };
    all.iter().filter(|one| one.is_object()).take(MANY).map(event).collect()
}

fn event(body: &Value) -> Event {
    let text = |keys: &[&str]| {
        keys.iter().find_map(|key| match body.get(*key)? {
            Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    };
    let origin = match body.get("OriginOfCondition") {
        Some(Value::Object(link)) => link.get("@odata.id").and_then(Value::as_str),
        // Before 1.1 of the schema it was the path itself.
        Some(Value::String(path)) => Some(path.as_str()),
        _ => None,
    };
    let word = text(&["MessageSeverity", "Severity"]).unwrap_or_default();
    let message_id = text(&["MessageId"]);
    Event {
        id: text(&["EventId", "MemberId"]),
        time: text(&["EventTimestamp"]),
        severity: match word.to_ascii_lowercase().as_str() {
            "ok" | "informational" | "normal" => Severity::Ok,
            "warning" | "minor" => Severity::Warning,
            "critical" | "major" | "fatal" => Severity::Critical,
            _ => Severity::Unknown,
        },
        message: text(&["Message", "EventType"]).or_else(|| message_id.clone()).unwrap_or_default(),
        message_id,
        origin: origin.map(str::to_owned),
    }
}

/// A stream of server-sent events, taken apart as its pieces come.
#[derive(Debug, Default)]
pub struct Stream {
    line: Vec<u8>,
    data: String,
    /// The last byte ended a line by CR: LF after it ends the same one.
    after_cr: bool,
    /// What is being read is too long.
    drops: bool,
}

impl Stream {
    /// Takes a piece; returns the data of each event that it completes.
    pub fn take(&mut self, piece: &[u8]) -> Vec<String> {
        let mut whole = Vec::new();
        for byte in piece {
            let after_cr = std::mem::replace(&mut self.after_cr, *byte == b'\r');
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => whole.extend(self.end_line()),
                _ if self.line.len() >= MOST => self.drops = true,
                other => self.line.push(*other),
            }
        }
        whole
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = line.strip_prefix('\u{feff}').unwrap_or(&line);
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            let drops = std::mem::take(&mut self.drops);
            return (!data.is_empty() && !drops).then_some(data);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        // A comment has no field; the others (event, id, retry) say nothing here.
        if field == "data" {
            let value = value.strip_prefix(' ').unwrap_or(value);
            if self.data.len() + value.len() > MOST {
                self.drops = true;
            } else {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_read_with_what_they_lack() {
        // Of DSP0268's example, and forms that are met.
        let message = json!({ "@odata.type": "#Event.v1_7_0.Event", "Id": "1", "Name": "Event Array",
            "Context": "secret", "Events": [
                { "EventType": "Alert", "EventId": "7", "Severity": "Warning",
                  "MessageSeverity": "Critical", "Message": "The LAN has been disconnected",
                  "MessageId": "Alert.1.0.LanDisconnect", "EventTimestamp": "2026-11-27T13:00:00Z",
                  "OriginOfCondition": { "@odata.id": "/redfish/v1/Systems/1" } },
                { "MessageId": "X.1.0.Y", "OriginOfCondition": "/redfish/v1/Chassis/1" },
                { "EventId": 9, "EventType": "StatusChange", "Severity": "Minor" },
                "no event",
            ] });
        let read = events(&message);
        assert_eq!(read.len(), 3);
        assert_eq!((read[0].severity, read[0].id.as_deref()), (Severity::Critical, Some("7")));
        assert_eq!(read[0].origin.as_deref(), Some("/redfish/v1/Systems/1"));
        assert_eq!(
            (read[1].message.as_str(), read[1].origin.as_deref()),
            ("X.1.0.Y", Some("/redfish/v1/Chassis/1"))
        );
        assert_eq!((read[2].message.as_str(), read[2].id.as_deref()), ("StatusChange", Some("9")));
        assert_eq!(read[2].severity, Severity::Warning);
        assert!(events(&json!({ "MetricValues": [] })).is_empty());
        assert_eq!(events(&json!({ "Events": { "Message": "one" } })).len(), 1);
    }

    #[test]
    fn a_stream_is_read_as_the_standard_has_it() {
        let mut stream = Stream::default();
        let told = stream.take(
            b"\xef\xbb\xbf: begin\n\ndata: {\"a\":\ndata: 1}\nid: 4\n\nevent: x\r\ndata:y\r\n\r\nretry: 5\n\ndata: half",
        );
        assert_eq!(told, ["{\"a\":\n1}", "y"]);
        assert!(stream.take(b"\r").is_empty());
        assert_eq!(stream.take(b"\n\r\n"), ["half"]);
        let mut long = Stream::default();
        let line = [&b"data: "[..], &vec![b'x'; MOST + 9], b"\n\ndata: z\n\n"].concat();
        assert_eq!(long.take(&line), ["z"]);
    }

    proptest! {
        #[test]
        fn pieces_say_what_the_whole_says(text in "(data: [ab]{0,3}(\r\n|\n|\r)|:c\n|\n|\r\n){0,12}", at in 0_usize..60) {
            let at = at.min(text.len());
            let whole = Stream::default().take(text.as_bytes());
            let mut stream = Stream::default();
            let (before, after) = text.as_bytes().split_at(at);
            let parts = [stream.take(before), stream.take(after)].concat();
            prop_assert_eq!(parts, whole);
        }

        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for data in Stream::default().take(&bytes) {
                events(&serde_json::from_str(&data).unwrap_or_default());
            }
        }
    }
}
