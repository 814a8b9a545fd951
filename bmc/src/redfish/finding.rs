//! What a reader could not read of a tree, field by field and member by member.

/// What was read, and what was not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read<T> {
    /// What could be read.
    pub value: T,
    /// What could not, or only in another form than the schema has it; by path.
    pub findings: Vec<Finding>,
}

impl<T> Read<T> {
    /// Says whether nothing that was looked for was lost.
    pub fn is_complete(&self) -> bool {
        self.findings.iter().all(|finding| !finding.trouble.is_loss())
    }

    /// Returns the findings by which something was lost.
    pub fn losses(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.trouble.is_loss())
    }
}

/// Something that is not as its schema has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The resource: the path that was asked for.
    pub path: String,
    /// The place in its body (RFC 6901); empty for the whole of it.
    pub pointer: String,
    /// What is wrong there.
    pub trouble: Trouble,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Trouble {
    /// A field that does not fit was left out; the rest of the resource stands.
    Dropped {
        /// What the schema has there.
        expected: &'static str,
        /// What stands there, cut short.
        seen: String,
    },
    /// A value in another form than the schema's was taken for what it says: a number as text, an
    /// object for an array of one.
    Bent {
        /// What the schema has there.
        expected: &'static str,
        /// What stands there, cut short.
        seen: String,
    },
    /// A resource that is linked to answered a status that is no success.
    Status(u16),
    /// A resource that is linked to is not in the tree: nobody asked for it.
    NotRead,
    /// A body that is not JSON, or no object.
    NotJson(String),
    /// A body of more bytes than are read.
    TooLarge,
    /// No answer.
    Silent(String),
    /// A link that leads off this host or out of `/redfish`: not followed.
    OffHost(String),
    /// A collection says it has more members than it lists.
    Fewer {
        /// What it says (`Members@odata.count`).
        said: u64,
        /// What it lists.
        listed: u64,
    },
    /// More than is read: further pages, members or levels.
    Capped {
        /// What was capped, and at how many.
        most: usize,
    },
    /// A path that nothing links to was tried, because the link is missing.
    Guessed,
}

impl Trouble {
    /// Says whether something was lost by it.
    pub const fn is_loss(&self) -> bool {
        !matches!(self, Self::Bent { .. } | Self::Guessed)
    }
}

impl Finding {
    /// Returns where it is: the path, with the place in its body behind a `#`.
    pub fn place(&self) -> String {
        if self.pointer.is_empty() {
            return self.path.clone();
        }
        format!("{}#{}", self.path, self.pointer)
    }

    /// Says it in a sentence: in Chinese, and in English.
    pub fn said(&self) -> (String, String) {
        let place = self.place();
        let (zh, en) = self.trouble.said();
        (format!("`{place}`：{zh}"), format!("`{place}`: {en}"))
    }
}

impl Trouble {
    /// Says what is wrong, without the place: in Chinese, and in English.
    pub fn said(&self) -> (String, String) {
        match self {
            Self::Dropped { expected, seen } => (
                format!("字段未采用：应为 {}，实为 {seen}", in_chinese(expected)),
                format!("the field is left out: expected {expected}, found {seen}"),
            ),
            Self::Bent { expected, seen } => (
                format!("按其含义读取：应为 {}，实为 {seen}", in_chinese(expected)),
                format!("read for what it means: expected {expected}, found {seen}"),
            ),
            Self::Status(status) => {
                (format!("应答状态 {status}"), format!("answered with status {status}"))
            }
            Self::NotRead => (
                "有链接指向它，但树中没有".to_owned(),
                "is linked to and is not in the tree".to_owned(),
            ),
            Self::NotJson(why) => (format!("不是 JSON：{why}"), format!("is not JSON: {why}")),
            Self::TooLarge => ("应答太大，未读取".to_owned(), "is too large to be read".to_owned()),
            Self::Silent(why) => (format!("无应答：{why}"), format!("did not answer: {why}")),
            Self::OffHost(link) => (
                format!("链接 `{link}` 指向别处，未跟随"),
                format!("the link `{link}` leads elsewhere and is not followed"),
            ),
            Self::Fewer { said, listed } => (
                format!("声明有 {said} 个成员，只列出 {listed} 个"),
                format!("says it has {said} members and lists {listed}"),
            ),
            Self::Capped { most } => (
                format!("数量过多，只读取前 {most} 个"),
                format!("has too many: the first {most} are read"),
            ),
            Self::Guessed => (
                "没有链接指向它，按惯例路径尝试".to_owned(),
                "nothing links to it: it was tried because it is where others have it".to_owned(),
            ),
        }
    }
}

/// What a schema has, in Chinese.
fn in_chinese(expected: &str) -> &str {
    match expected {
        "text" => "文本",
        "a number" => "数值",
        "a whole number" => "非负整数",
        "true or false" => "布尔值",
        "an object" => "对象",
        "an array" => "数组",
        "a link" => "链接",
        other => other,
    }
}
