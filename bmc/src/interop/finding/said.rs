//! Findings as sentences.

use serde_json::Value;

use super::{Finding, Requirement, Why};
use crate::interop::profile::{Comparison, Misread};

impl Finding {
    /// Says what is asked for, and why it is not met or not tested: in Chinese, and in English.
    pub fn said(&self) -> (String, String) {
        let (zh, en) = self.why.said();
        let asked = self.requirement.called();
        (format!("{}：{zh}", asked.0), format!("{}: {en}", asked.1))
    }
}

impl Requirement {
    /// Returns what it is called: in Chinese, and in English.
    pub const fn called(self) -> (&'static str, &'static str) {
        match self {
            Self::Resource => ("资源", "resource"),
            Self::Version => ("最低版本", "least version"),
            Self::Capability => ("成员增删改", "changing members"),
            Self::Read => ("可读", "read"),
            Self::Write => ("可写", "write"),
            Self::Count => ("最少个数", "least count"),
            Self::Supported => ("可写入的值", "values to write"),
            Self::Comparison => ("取值", "value"),
            Self::Action => ("动作", "action"),
            Self::ActionInfo => ("动作说明", "action info"),
            Self::Parameter => ("动作参数", "parameter"),
            Self::ParameterValues => ("参数取值", "values of a parameter"),
            Self::Protocol => ("协议", "protocol"),
            Self::Registry => ("消息注册表", "message registry"),
            Self::Profile => ("配置文件", "profile"),
        }
    }
}

impl Why {
    /// Says it: in Chinese, and in English.
    pub fn said(&self) -> (String, String) {
        if let Some((zh, en)) = self.plain() {
            return (zh.to_owned(), en.to_owned());
        }
        match self {
            Self::Older { property } => (
                format!("只有被取代的旧属性 `{property}`"),
                format!("only the older property `{property}`, which it replaces, is there"),
            ),
            Self::NotWritable { by } => {
                (format!("{by} 表明不可写"), format!("{by} says that it cannot be written"))
            }
            Self::Count { has, wanted } => (
                format!("有 {has} 个，至少应有 {wanted} 个"),
                format!("it has {has} items, and at least {wanted} are asked for"),
            ),
            Self::Lacks { values } => {
                let values = values.join(", ");
                (format!("缺少 {values}"), format!("these are missing: {values}"))
            }
            Self::Differs { by, wanted, has } => differs(*by, wanted, has),
            Self::LinkUnread { link } => (
                format!("它链接的 `{link}` 未能读取"),
                format!("`{link}`, which it links to, could not be read"),
            ),
            Self::VersionLow { has, wanted } => (
                format!("版本 {has} 低于要求的 {wanted}"),
                format!("version {has} is lower than {wanted}, which is asked for"),
            ),
            Self::NotFound { missing: 0 } => {
                ("服务中没有".to_owned(), "the service has none".to_owned())
            }
            Self::NotFound { missing } => (
                format!("读到的资源中没有；有 {missing} 个链接的资源不在其中，可能就是"),
                format!(
                    "none was read; {missing} resources that are linked to were not, and may be one"
                ),
            ),
            Self::Allowed { method } => {
                (format!("Allow 头有 {method}"), format!("the Allow header has {method}"))
            }
            Self::AllowUnknown { method } => (
                format!("没有 Allow 头，看不出能否 {method}"),
                format!("there is no Allow header to tell whether {method} can be used"),
            ),
            Self::NotAllowed { method } => (
                format!("Allow 头没有 {method}"),
                format!("the Allow header does not have {method}"),
            ),
            Self::Misread(misread) => misread.said(),
            Self::Capped { most } => (
                format!("结果超过 {most} 条，其余未保留"),
                format!("there are more than {most} findings; the rest is not kept"),
            ),
            _ => Default::default(),
        }
    }

    /// Says what takes no words of its own.
    const fn plain(&self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Present => ("存在", "it is there"),
            Self::Absent => ("不存在", "it is not there"),
            Self::Elsewhere => (
                "此处没有，同类的其他资源有",
                "it is not here, and another resource of its kind has it",
            ),
            Self::Nowhere => ("同类资源都没有", "no resource of its kind has it"),
            Self::Excluded => {
                ("存在，但不允许存在", "it is there, and the profile does not allow it")
            }
            Self::Writable => ("可写", "the service says that it can be written"),
            Self::WritableNowhere => {
                ("同类资源中都不可写", "it can be written in no resource of its kind")
            }
            Self::WriteUnknown => (
                "读取看不出是否可写（没有 @Redfish.WriteableProperties）",
                "reading does not show whether it can be written (there is no @Redfish.WriteableProperties)",
            ),
            Self::NotArray => ("应为数组", "it should be an array"),
            Self::NotObject => ("应为对象", "it should be an object"),
            Self::Allows => ("所需的值都支持", "all values are supported"),
            Self::AllowsUnknown => (
                "服务未列出支持的值（没有 AllowableValues）",
                "the service does not list the values that it takes (there are no AllowableValues)",
            ),
            Self::Compares => ("符合", "it is as asked for"),
            Self::CannotCompare => (
                "无法比较：值为 null，或配置文件中的模式无效",
                "it cannot be compared: it is null, or the pattern of the profile is none",
            ),
            Self::VersionEnough => ("版本足够", "the version is high enough"),
            Self::VersionUnknown => ("没有给出版本", "the version is not told"),
            Self::Found => ("存在", "the service has it"),
            Self::NoMember => ("没有成员可供判断", "there is no member to tell by"),
            Self::Condition => (
                "条件未被理解，不知是否适用",
                "its condition was not understood, so it is not known whether it applies",
            ),
            Self::NotSeen => ("只读的查看看不出来", "reading does not show it"),
            Self::NoRoot => ("服务的根资源未能读取", "the root of the service could not be read"),
            Self::Word => {
                ("配置文件中的要求未被理解", "the requirement in the profile was not understood")
            }
            _ => return None,
        })
    }
}

impl Misread {
    /// Says it: in Chinese, and in English.
    pub fn said(&self) -> (String, String) {
        match self {
            Self::Unknown { meant: None } => (
                "未评判：DSP0272 中没有这个属性".to_owned(),
                "not judged: DSP0272 has no such property there".to_owned(),
            ),
            Self::Unknown { meant: Some(meant) } => (
                format!("未评判：DSP0272 中没有这个属性（是否应为 `{meant}`？）"),
                format!("not judged: DSP0272 has no such property there (is `{meant}` meant?)"),
            ),
            Self::Not { expected } => (
                format!("未评判：此处应为 {expected}"),
                format!("not judged: {expected} is what DSP0272 has there"),
            ),
            Self::NotJudged => {
                ("未评判：本程序不支持".to_owned(), "not judged: this program does not".to_owned())
            }
        }
    }
}

fn differs(by: Comparison, wanted: &[Value], has: &str) -> (String, String) {
    let list: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    let list = list.join(", ");
    match by {
        Comparison::Absent => {
            (format!("应不存在，实为 {has}"), format!("it should not be there, and is {has}"))
        }
        Comparison::Present => ("应存在".to_owned(), "it should be there".to_owned()),
        Comparison::AnyOf => (
            format!("所有资源中没有一个是 {list}（此处为 {has}）"),
            format!("in no resource is it one of {list} (here it is {has})"),
        ),
        Comparison::AllOf => (
            format!("所有资源合起来没有全部 {list}（此处为 {has}）"),
            format!("the resources together do not have all of {list} (here it is {has})"),
        ),
        Comparison::LinkToResource => (
            format!("应链接到 {list}，实为 {has}"),
            format!("it should link to {list}, and is {has}"),
        ),
        _ => (
            format!("应 {} {list}，实为 {has}", by.word()),
            format!("it should be {} {list}, and is {has}", by.word()),
        ),
    }
}
