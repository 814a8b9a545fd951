//! What may pass the boundary of a VPC.

use std::collections::BTreeMap;

use super::fault::Faults;
use super::fields::{Fields, text_of};
use super::group;
use super::node::{Kind, Node};
use super::read::{Entry, Names, entries, vpc_of};
use crate::desired::routing::{Acl, AclRule, Routing};
use crate::desired::{Peer, Rule};

const ACL: Kind = ("ACL", "acl");

/// Reads `[[acl]]`.
pub(super) fn acls<'n>(
    root: &mut Fields<'n>,
    names: &Names<'n>,
    routing: &mut Routing,
    faults: &mut Faults<'n>,
) {
    let mut ids = BTreeMap::new();
    let mut places: BTreeMap<&'n str, usize> = BTreeMap::new();
    for Entry { about, mut fields } in entries(root, ("acl", ACL), &mut ids, faults) {
        faults.about = about;
        let place = fields.at;
        let vpc = vpc_of(&mut fields, names, faults);
        let inward = action(&mut fields, "in", faults);
        let out = action(&mut fields, "out", faults);
        let items = fields.list("rule", faults);
        fields.finish(faults);
        let mut rules = Vec::new();
        let mut ids = BTreeMap::new();
        for (index, item) in items.iter().enumerate() {
            faults.about.rule = Some(index + 1);
            let name = format!("{}, rule {}", about.id, index + 1);
            rules.extend(rule(item, name, vpc, &mut ids, names, faults));
        }
        faults.about = about;
        let Some(vpc) = vpc else { continue };
        if let Some(first) = places.get(vpc) {
            let line = faults.lines.line(*first);
            let (zh, en) =
                ("VPC `{0}` 已有 ACL（第 {1} 行）", "VPC `{0}` has an acl already (line {1})");
            faults.add(place, zh, en, &[&vpc, &line]);
            continue;
        }
        places.insert(vpc, place);
        if !routing.routers.contains_key(vpc) {
            faults.add(place, "VPC `{0}` 没有路由器", "VPC `{0}` has no router", &[&vpc]);
            let (zh, en) = (
                "没有 `[[router]]` 的 VPC 与外界不通，无需 ACL",
                "without a `[[router]]` nothing passes its boundary",
            );
            faults.hint(zh, en, &[]);
        }
        let (Some(inward), Some(out)) = (inward, out) else { continue };
        let acl = Acl { id: about.id.to_owned(), inward, out, rules };
        routing.acls.insert(vpc.to_owned(), acl);
    }
}

fn rule<'n>(
    item: &'n Node<'n>,
    name: String,
    vpc: Option<&'n str>,
    ids: &mut BTreeMap<&'n str, usize>,
    names: &Names<'n>,
    faults: &mut Faults<'n>,
) -> Option<AclRule> {
    let mut fields = Fields::of(item, faults)?;
    let allows = action(&mut fields, "action", faults);
    let rule: Option<Rule> = group::body(&mut fields, name, vpc, ids, names, faults);
    fields.finish(faults);
    let rule = rule?;
    if matches!(rule.peer, Peer::Group(_)) {
        let (zh, en) =
            ("ACL 的对端不能是安全组", "the other end of an acl's rule cannot be a group");
        faults.add(item.at, zh, en, &[]);
        let (zh, en) = (
            "对端在 VPC 之外：写 `cidr` 或 `addresses`",
            "it is outside the VPC: say `cidr` or `addresses`",
        );
        faults.hint(zh, en, &[]);
        return None;
    }
    Some(AclRule { allows: allows?, rule })
}

/// Whether something is allowed; there is no default.
fn action<'n>(fields: &mut Fields<'n>, key: &'static str, faults: &mut Faults<'n>) -> Option<bool> {
    let node = fields.needed(key, faults);
    let word = node.and_then(|node| Some((text_of(node, faults)?, node.at)));
    match word {
        Some(("allow", _)) => return Some(true),
        Some(("deny", _)) => return Some(false),
        Some((other, at)) => {
            faults.add(at, "未知的动作 `{0}`", "unknown action `{0}`", &[&other]);
        }
        None if node.is_some() => return None,
        None => {}
    }
    if key == "action" {
        faults.hint("`allow` 或 `deny`", "`allow` or `deny`", &[]);
    } else {
        let (zh, en) = (
            "没有规则匹配时如何处理：`allow` 或 `deny`；无默认值",
            "what becomes of what no rule decides: `allow` or `deny`; there is no default",
        );
        faults.hint(zh, en, &[]);
    }
    None
}
