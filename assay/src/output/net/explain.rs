//! Whether a packet passes, and why.

use dataplane::{
    firewall::explain::{Answer, Decision, Explained},
    text::Text,
};
use profiles::Lang;
use serde_json::{Map, Value, json};

use super::say;
use crate::output::{Layout, Tone, put, put_paragraph};

/// Returns an answer.
pub fn page(answer: &Answer, layout: Layout) -> String {
    let mut page = String::new();
    for packet in &answer.packets {
        put_packet(&mut page, packet, layout);
    }
    if let Some(why) = &answer.why_not {
        let word = layout.paint.dye(Tone::Bad, layout.say("不通过", "does not pass"));
        put(&mut page, format_args!("{word}{}{}\n", layout.say("：", ": "), say(why, layout)));
    }
    for note in &answer.notes {
        put_paragraph(&mut page, layout.say("注：", "note: "), &say(note, layout), layout);
    }
    page
}

fn put_packet(page: &mut String, packet: &Explained, layout: Layout) {
    let elsewhere = [&packet.out, &packet.inward].iter().any(|end| end.verdict == "elsewhere");
    let (word, tone) = if packet.passes && elsewhere {
        // The other node may still drop it: that is not known here.
        (layout.say("通过本节点", "passes this node"), Tone::Good)
    } else if packet.passes {
        (layout.say("通过", "passes"), Tone::Good)
    } else {
        (layout.say("不通过", "does not pass"), Tone::Bad)
    };
    let word = layout.paint.dye(tone, word);
    let Explained { network, source, destination, carries, .. } = packet;
    let network = say(&Text::of("网络 {0}", "network {0}", &[network]), layout);
    let colon = layout.say("：", ": ");
    put(page, format_args!("{carries}  {source} → {destination}  [{network}]{colon}{word}\n"));
    let out = (layout.say("发出", "out"), &packet.out);
    let inward = (layout.say("进入", "in"), &packet.inward);
    let acl = packet.acl.iter().map(|decision| (layout.say("边界 ACL", "ACL"), decision));
    for (direction, decision) in [out].into_iter().chain(acl).chain([inward]) {
        let lead = match (&decision.port, layout.lang) {
            (Some(port), Lang::Zh) => format!("  {direction}（端口 {port}）："),
            (Some(port), Lang::En) => format!("  {direction}, at port {port}: "),
            (None, _) => format!("  {direction}{colon}"),
        };
        let verdict = verdict(decision, layout);
        let why = say(&decision.why, layout);
        let comma = layout.say("，", ", ");
        put_paragraph(page, &lead, &format!("{verdict}{comma}{why}"), layout);
    }
    if let Some(router) = &packet.router {
        let vpc = &router.vpc;
        let lead = match layout.lang {
            Lang::Zh => format!("  VPC {vpc} 的路由器："),
            Lang::En => format!("  router of VPC {vpc}: "),
        };
        put_paragraph(page, &lead, &say(&router.why, layout), layout);
    }
    let mut way = say(&packet.path, layout);
    if let Some(mtu) = packet.mtu {
        way.push_str(&say(&Text::of("，最大 {0} 字节", ", at most {0} bytes", &[&mtu]), layout));
    }
    put_paragraph(page, layout.say("  路径：", "  way: "), &way, layout);
}

fn verdict(decision: &Decision, layout: Layout) -> &'static str {
    match (decision.verdict, layout.lang) {
        ("passes", Lang::Zh) => "放行",
        ("dropped", Lang::Zh) => "丢弃",
        (_, Lang::Zh) => "不在本节点",
        ("elsewhere", _) => "not here",
        (verdict, _) => verdict,
    }
}

/// Returns the same for programs, to be put into a document.
pub fn fields(answer: &Answer) -> Map<String, Value> {
    match serde_json::to_value(answer) {
        Ok(Value::Object(all)) => all,
        // It is texts, numbers and lists, all of which JSON has.
        _ => Map::new(),
    }
}

/// A packet that was sent between copies of its ports.
#[derive(Clone, Debug)]
pub struct Tried<'a> {
    /// What was said of it.
    pub packet: &'a Explained,
    /// Whether it arrived, or why that is not known.
    pub arrived: Result<bool, Text>,
}

impl Tried<'_> {
    /// Whether it did what was said of it; `None`: not known.
    pub fn agrees(&self) -> Option<bool> {
        self.arrived.as_ref().ok().map(|arrived| *arrived == self.packet.passes)
    }
}

/// Adds what became of packets that were sent.
pub fn put_tried(page: &mut String, tried: &[Tried<'_>], layout: Layout) {
    for one in tried {
        let (tone, what) = match (&one.arrived, one.agrees()) {
            (Ok(true), Some(true)) => {
                (Tone::Good, Text::of("已到达，与上述一致", "arrived, as it is said", &[]))
            }
            (Ok(false), Some(true)) => {
                (Tone::Good, Text::of("未到达，与上述一致", "did not arrive, as it is said", &[]))
            }
            (Ok(true), _) => (
                Tone::Bad,
                Text::of("已到达，与上述不符", "arrived, which is not what is said", &[]),
            ),
            (Ok(false), _) => (
                Tone::Bad,
                Text::of("未到达，与上述不符", "did not arrive, which is not what is said", &[]),
            ),
            (Err(why), _) => {
                (Tone::Open, Text::of("未能实发：{0}", "not known: {1}", &[&why.zh, &why.en]))
            }
        };
        let Explained { source, destination, .. } = one.packet;
        let lead = layout.say("实发", "sent");
        let colon = layout.say("：", ": ");
        let what = layout.paint.dye(tone, &say(&what, layout));
        put(page, format_args!("{lead}  {source} → {destination}{colon}{what}\n"));
    }
}

/// Returns the same for programs.
pub fn tried_fields(tried: &[Tried<'_>]) -> Value {
    let one = |one: &Tried<'_>| {
        let why = one.arrived.as_ref().err().map(|why| json!({ "zh": why.zh, "en": why.en }));
        json!({
            "source": one.packet.source.to_string(),
            "destination": one.packet.destination.to_string(),
            "arrived": one.arrived.as_ref().ok(),
            "agrees": one.agrees(),
            "reason": why,
        })
    };
    tried.iter().map(one).collect()
}
