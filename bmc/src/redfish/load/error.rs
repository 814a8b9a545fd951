//! Why a tree cannot be loaded.

use std::{io, path::Path};

/// Why a tree cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum LoadError {
    /// A file or a folder cannot be read.
    #[error("cannot read `{path}`")]
    Read { path: String, source: io::Error },
    /// It is no archive that is read.
    #[error("it is neither a folder nor an archive in `.tar.xz` or `.tar`")]
    NotArchive,
    /// It is compressed, and by something else.
    #[error("it is compressed by {by}, which is not read")]
    Compressed { by: &'static str },
    /// The archive is cut off or altered.
    #[error("the archive is damaged: {what}")]
    Damaged { what: String },
    /// The archive names a place outside itself.
    #[error("the archive is refused: its entry `{entry}` leads out of it")]
    Escapes { entry: String },
    /// There is more than any tree has.
    #[error("that is too much to be one Redfish tree: {what}")]
    TooMuch { what: &'static str },
    /// There is no root.
    #[error("it holds no Redfish tree: there is no `redfish/v1/index.json` in it")]
    NoRoot,
    /// Nothing in it can be read.
    #[error("nothing in its Redfish tree is a resource: its root {why}")]
    Unreadable { why: String },
    /// There is more than one root.
    #[error("it holds several Redfish trees: {}", .places.join(", "))]
    Several { places: Vec<String> },
}

impl LoadError {
    /// Says it in Chinese, as its message does in English.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Read { path, .. } => format!("无法读取 `{path}`"),
            Self::NotArchive => "既不是目录，也不是 `.tar.xz` 或 `.tar` 归档".to_owned(),
            Self::Compressed { by } => format!("是 {by} 压缩的，不能读取"),
            Self::Damaged { what } => format!("归档已损坏：{what}"),
            Self::Escapes { entry } => format!("拒绝读取该归档：条目 `{entry}` 指向归档之外"),
            Self::TooMuch { .. } => "内容太多，不像是一棵 Redfish 资源树".to_owned(),
            Self::NoRoot => "其中没有 Redfish 资源树：缺少 `redfish/v1/index.json`".to_owned(),
            Self::Unreadable { why } => {
                format!("Redfish 资源树中没有一个可读的资源：根资源 {why}")
            }
            Self::Several { places } => {
                format!("其中有多棵 Redfish 资源树：{}", places.join("、"))
            }
        }
    }

    /// What the user can do about it: in Chinese, and in English.
    pub fn hint(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Read { .. } => Some(("检查路径与权限", "check the path and who may read it")),
            Self::NotArchive | Self::NoRoot => Some((
                "给出 DMTF mockup 目录（`redfish/v1/…/index.json`）或其 `.tar.xz` 归档；`assay bmc record` 可生成",
                "name a folder in the layout of DMTF mockups (`redfish/v1/…/index.json`) or its \
                 `.tar.xz`; `assay bmc record` makes one",
            )),
            Self::Compressed { .. } => {
                Some(("先解开，再给出目录", "unpack it and name the folder"))
            }
            Self::Damaged { .. } | Self::Unreadable { .. } => {
                Some(("重新拷贝或重新记录", "copy or record it again"))
            }
            Self::Escapes { .. } => Some(("查明归档来源", "find out who made the archive")),
            Self::TooMuch { .. } => {
                Some(("给出只含一棵资源树的目录", "name the folder of the one tree"))
            }
            Self::Several { .. } => Some(("一次给出其中一棵", "name one of them")),
        }
    }

    /// Says which file the trouble of reading is with, where that was not known.
    pub(super) fn of(self, path: &Path) -> Self {
        match self {
            Self::Damaged { what } => {
                Self::Read { path: path.display().to_string(), source: io::Error::other(what) }
            }
            other => other,
        }
    }
}
