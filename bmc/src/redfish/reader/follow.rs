//! Links of an object: what they lead to, and the members of collections.

use serde_json::{Map, Value};

use super::{
    MOST_MEMBERS, MOST_PAGES,
    node::{Node, cut},
};
use crate::redfish::finding::Trouble;

impl<'r> Node<'r> {
    /// Returns the objects of an array, those that stand there and those that it links to; one
    /// object alone is an array of one.
    pub fn items(&self, key: &str) -> Vec<Self> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let pointer = self.pointer_to(key);
        match value {
            Value::Array(items) => {
                if items.len() > MOST_MEMBERS {
                    self.tell(pointer.clone(), Trouble::Capped { most: MOST_MEMBERS });
                }
                let items = items.iter().take(MOST_MEMBERS).enumerate();
                items.filter_map(|(at, item)| self.item(format!("{pointer}/{at}"), item)).collect()
            }
            Value::Object(fields) if fields.is_empty() => {
                self.bent(key, "an array", value);
                Vec::new()
            }
            Value::Object(_) => {
                self.bent(key, "an array", value);
                self.item(pointer, value).into_iter().collect()
            }
            other => {
                self.dropped::<()>(key, "an array", other);
                Vec::new()
            }
        }
    }

    /// Returns what stands at `pointer`, or what that links to.
    fn item(&self, pointer: String, item: &'r Value) -> Option<Self> {
        if !self.reader.spend() {
            // Once, and not for each of what may be millions.
            self.reader.tell(
                super::ROOT,
                String::new(),
                Trouble::Capped { most: super::MOST_ITEMS },
            );
            return None;
        }
        match item {
            Value::Object(fields) => {
                let Some(link) = fields.get("@odata.id").and_then(Value::as_str) else {
                    if fields.is_empty() {
                        self.lost::<()>(pointer, "a link", item);
                        return None;
                    }
                    return Some(self.below(pointer, fields));
                };
                if stands_alone(fields, link) {
                    return Some(self.below(pointer, fields));
                }
                self.linked(pointer, link)
            }
            Value::String(link) if link.starts_with('/') => {
                self.tell(pointer.clone(), Trouble::Bent { expected: "a link", seen: cut(link) });
                self.linked(pointer, link)
            }
            other => self.lost(pointer, "a link", other),
        }
    }

    /// Returns the resource, or the part of one, that `key` links to.
    pub fn follow(&self, key: &str) -> Option<Self> {
        let value = self.value(key)?;
        let pointer = self.pointer_to(key);
        match value {
            Value::Array(items) => match items.as_slice() {
                [] => None,
                [one] => {
                    self.bent(key, "a link", value);
                    self.item(format!("{pointer}/0"), one)
                }
                _ => self.dropped(key, "a link", value),
            },
            // Some write an empty object for a link that leads nowhere.
            Value::Object(fields) if fields.is_empty() => None,
            one => self.item(pointer, one),
        }
    }

    /// Returns where `key` links to, without looking whether it is there; a part's place has its
    /// pointer.
    pub fn link(&self, key: &str) -> Option<String> {
        let value = self.value(key)?;
        let link = match value {
            Value::Object(fields) if fields.is_empty() => return None,
            Value::Object(fields) => fields.get("@odata.id").and_then(Value::as_str),
            Value::String(link) => Some(link.as_str()),
            _ => None,
        };
        let Some(link) = link else { return self.dropped(key, "a link", value) };
        self.place_of(self.pointer_to(key), link)
    }

    /// Returns where the links of an array lead, as [`Self::link`] does.
    pub fn links(&self, key: &str) -> Vec<String> {
        let Some(Value::Array(items)) = self.value(key) else {
            return match self.value(key) {
                Some(Value::Object(_)) => self.link(key).into_iter().collect(),
                _ => Vec::new(),
            };
        };
        let mut links = Vec::new();
        for (at, item) in items.iter().take(MOST_MEMBERS).enumerate() {
            let link = item.get("@odata.id").unwrap_or(item).as_str();
            let pointer = format!("{}/{at}", self.pointer_to(key));
            match link {
                Some(link) => links.extend(self.place_of(pointer, link)),
                None => drop(self.lost::<()>(pointer, "a link", item)),
            }
        }
        links
    }

    fn place_of(&self, pointer: String, link: &str) -> Option<String> {
        let path = self.reader.path_of(self, pointer, link)?;
        Some(match link.split_once('#') {
            Some((_, part)) if !part.is_empty() => format!("{path}#{part}"),
            _ => path,
        })
    }

    fn linked(&self, pointer: String, link: &str) -> Option<Self> {
        let path = self.reader.path_of(self, pointer.clone(), link)?;
        let part = link.split_once('#').map_or("", |(_, part)| part);
        if part.is_empty() || part == "/" {
            return self.reader.resource(&path);
        }
        let whole = self.reader.resource(&path)?;
        let mut at = String::new();
        let mut value: Option<&'r Value> = None;
        for token in part.split('/').skip(1) {
            at = format!("{at}/{token}");
            let key = token.replace("~1", "/").replace("~0", "~");
            value = match value {
                None => whole.fields.get(&key),
                Some(Value::Array(items)) => key.parse().ok().and_then(|at: usize| items.get(at)),
                Some(other) => other.get(&key),
            };
            if value.is_none() {
                break;
            }
        }
        let Some(Value::Object(fields)) = value else {
            self.tell(pointer, Trouble::Dropped { expected: "a link", seen: cut(link) });
            return None;
        };
        Some(whole.below(at, fields))
    }

    /// Returns the members of the collection that `key` links to, page after page, or of the
    /// array of links that stands there.
    pub fn members(&self, key: &str) -> Vec<Self> {
        let Some(value) = self.value(key) else { return Vec::new() };
        match value {
            Value::Object(fields) if fields.is_empty() => Vec::new(),
            // Expanded where it is linked to.
            Value::Object(fields) if fields.contains_key("Members") => {
                self.below(self.pointer_to(key), fields).collection()
            }
            Value::Object(fields) if !fields.contains_key("@odata.id") => {
                self.dropped::<()>(key, "a link", value);
                Vec::new()
            }
            Value::Object(_) | Value::String(_) => {
                self.follow(key).map(|first| first.collection()).unwrap_or_default()
            }
            _ => self.items(key),
        }
    }

    /// Returns the members of this page: what stands there must be named, for it may be anything.
    fn listed(&self) -> Vec<Self> {
        let mut members = self.items("Members");
        members.retain(|member| {
            // What a link led to is named by it.
            let is_named = member.pointer.is_empty()
                || ["@odata.id", "Id", "MemberId", "Name"].iter().any(|key| member.has(key));
            if !is_named {
                let value = Value::Object(member.fields.clone());
                self.lost::<()>(member.pointer.clone(), "a link", &value);
            }
            is_named
        });
        members
    }

    /// Returns the members that `Links` has under `key`, else those of the object itself.
    pub fn linked_members(&self, key: &str) -> Vec<Self> {
        let linked = self.node("Links").map(|links| links.members(key)).unwrap_or_default();
        if linked.is_empty() { self.members(key) } else { linked }
    }

    /// Returns the members of this collection, page after page.
    ///
    /// A resource that is no collection is a collection of itself: some link to their only
    /// member.
    pub fn collection(&self) -> Vec<Self> {
        let kind = self.fields.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
        let is_one = !self.fields.keys().any(|key| key.starts_with("Members"))
            && !kind.contains("Collection")
            && ["Id", "SerialNumber", "Status"].iter().any(|key| self.fields.contains_key(*key));
        if is_one {
            return vec![self.clone()];
        }
        let mut members = self.listed();
        let mut pages = vec![self.path.clone()];
        let mut page = self.clone();
        while let Some(next) =
            page.link("Members@odata.nextLink").or_else(|| page.link("@odata.nextLink"))
        {
            if pages.len() >= MOST_PAGES || members.len() >= MOST_MEMBERS {
                self.tell(String::new(), Trouble::Capped { most: members.len() });
                return members;
            }
            // A page that leads back to one that was read is the last.
            if pages.contains(&next) {
                break;
            }
            let Some(found) = self.reader.resource(&next) else { return members };
            members.extend(found.listed());
            pages.push(next);
            page = found;
        }
        let listed = || pages_list(self, members.len());
        if let Some(said) = self.count("Members@odata.count")
            && said > listed()
        {
            self.tell("/Members".to_owned(), Trouble::Fewer { said, listed: listed() });
        }
        members
    }
}

/// Members that a collection lists, those too that could not be read: what does not stand in the
/// tree is told of by itself.
fn pages_list(first: &Node<'_>, read: usize) -> u64 {
    let listed = first.value("Members").and_then(Value::as_array).map_or(0, Vec::len);
    u64::try_from(listed.max(read)).unwrap_or(u64::MAX)
}

/// Says whether an object with a link of its own is the resource itself and no link to it: it
/// names its type, is a part of another resource (`…/Thermal#/Fans/0`), or holds more than a
/// link's name.
fn stands_alone(fields: &Map<String, Value>, link: &str) -> bool {
    let own = fields.keys().filter(|key| !key.starts_with('@')).count();
    if link.contains('#') {
        own > 0
    } else {
        own > 3 || (own > 0 && fields.contains_key("@odata.type"))
    }
}
