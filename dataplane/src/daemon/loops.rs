//! What the daemon knows and tells of loops: see [`crate::loops`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Daemon;
use super::event::Kind;
use crate::desired::Desired;
use crate::loops::{self, Counts, Finding, News, What};
use crate::text::Text;

/// Loops, as they were told last.
#[derive(Clone, Debug, Default)]
pub struct Loops {
    /// By port.
    pub found: BTreeMap<String, Finding>,
    /// What was sent and heard.
    pub counts: Counts,
    /// Loops so far.
    pub total: u64,
}

impl Daemon {
    /// Returns what is desired, where anything was accepted.
    pub fn desired(&self) -> Option<&Arc<Desired>> {
        self.desired.as_ref()
    }

    /// Takes in what became of loops, and which there are.
    pub fn learn_loops(
        &mut self,
        news: &[News],
        found: BTreeMap<String, Finding>,
        counts: Counts,
        at_ms: u64,
    ) {
        (self.loops.found, self.loops.counts) = (found, counts);
        for news in news {
            self.loops.total += u64::from(news.what == What::Found);
            let kind = if news.what == What::Found { Kind::Loop } else { Kind::LoopGone };
            let mut objects = BTreeSet::new();
            objects.insert(format!("port {}", news.port));
            if let loops::Kind::Port(other) = &news.finding.kind {
                objects.insert(format!("port {other}"));
            }
            self.tell_about(kind, at_ms, objects, told(news));
        }
    }

    /// Takes in that loops cannot be looked for, or not all of them.
    pub fn learn_no_loops(&mut self, why: Text, at_ms: u64) {
        self.tell(Kind::Unable, at_ms, why);
    }

    /// Returns why a port is closed, where it is for a loop.
    pub(super) fn closed_for(&self, port: &str) -> Option<Text> {
        let finding = self.loops.found.get(port).filter(|finding| finding.blocked)?;
        Some(reason(port, finding))
    }
}

/// Returns what a loop joins, in one sentence.
pub fn reason(port: &str, finding: &Finding) -> Text {
    let closed = if finding.blocked { ("；已阻断", "; it is closed") } else { ("", "") };
    let (zh, en, first, second): (_, _, &str, &str) = match &finding.kind {
        loops::Kind::Own => (
            "端口 {0} 外侧成环：收到自己发出的探测帧",
            "port {0} is looped outside: its own probe came back",
            "",
            "",
        ),
        loops::Kind::Port(other) => (
            "端口 {0} 与端口 {1} 在外侧相连成环",
            "port {0} and port {1} are joined outside: a loop",
            other,
            "",
        ),
        loops::Kind::Node(node, other) => (
            "端口 {0} 与节点 {2} 的端口 {1} 在外侧相连成环",
            "port {0} and port {1} of node {2} are joined outside: a loop",
            other,
            node,
        ),
        loops::Kind::Before => (
            "端口 {0} 此前已因成环被阻断",
            "port {0} was closed for a loop before this daemon began",
            "",
            "",
        ),
    };
    let mut text = Text::of(zh, en, &[&port, &first, &second]);
    text.zh.push_str(closed.0);
    text.en.push_str(closed.1);
    text
}

fn told(news: &News) -> Text {
    let News { what, port, finding } = news;
    match what {
        What::Found => reason(port, finding),
        What::Gone if finding.blocked => Text::of(
            "端口 {0} 的环路已消失，重新开通",
            "the loop at port {0} is gone; it is open again",
            &[port],
        ),
        What::Gone => Text::of("端口 {0} 的环路已消失", "the loop at port {0} is gone", &[port]),
        What::Lifted => Text::of(
            "端口 {0} 已按请求重新开通；环路仍在则会再次阻断",
            "port {0} was opened as somebody asked; it is closed again where its loop is still there",
            &[port],
        ),
    }
}
