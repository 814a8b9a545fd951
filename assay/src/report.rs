//! The acceptance report: one document, everything a reader sees derived from it.
//!
//! [`mod@build`] puts a [`Report`] together from a run's facts and the judge's word;
//! [`decide`] adds what persons decide afterwards; [`render`] derives the files a
//! reader opens; [`mod@write`] puts them on disk as one folder; [`verify`] finds any
//! change to that folder; [`batch`] joins the reports of many machines.
//!
//! All of it is functions on values. The edges, which alone touch files, are
//! [`mod@write`] and [`folder`]. No clock is read here: times come in as text.
//!
//! Wording follows Chinese acceptance practice: the document is a test record
//! (测试记录), never an inspection report (检测报告); it states a test conclusion
//! and leaves the acceptance conclusion blank for hand and seal.

use profiles::Lang;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub mod basis;
pub mod batch;
pub mod build;
pub mod canonical;
pub mod cover;
pub mod decide;
pub mod digest;
pub mod document;
pub mod evidence;
pub mod folder;
pub mod manifest;
pub mod merkle;
pub mod plan;
pub mod project;
pub mod render;
pub mod roles;
pub mod sign;
pub mod storage;
pub mod todo;
pub mod trust;
pub mod verdict;
pub mod verify;
pub mod write;

pub use build::{Inputs, build};
pub use document::Report;

/// The languages a report is written in.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
    /// Both, Chinese first.
    Both,
}

impl Language {
    /// Returns the languages, the leading one first.
    pub fn langs(self) -> &'static [Lang] {
        match self {
            Self::Zh => &[Lang::Zh],
            Self::En => &[Lang::En],
            Self::Both => &[Lang::Zh, Lang::En],
        }
    }

    /// Returns the leading language.
    pub fn lead(self) -> Lang {
        match self {
            Self::En => Lang::En,
            Self::Zh | Self::Both => Lang::Zh,
        }
    }
}

/// How the files of a report are derived from its document.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(default)]
pub struct RenderOptions {
    /// The language of the page and the tables.
    pub language: Language,
    /// Whether `JUnit` counts open must-rows as failures.
    pub junit_strict: bool,
}
