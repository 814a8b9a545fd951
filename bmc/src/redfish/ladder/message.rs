//! What a BMC says when it refuses, as one sentence (DSP0266 §8.6, error responses).

use std::fmt;

use serde_json::Value;

use super::action;

/// Characters of a message that are kept: a page in an error's place is no sentence.
const MOST: usize = 300;

/// What a BMC said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The message's names, without their registry and version: `PasswordChangeRequired`.
    pub ids: Vec<String>,
    /// The sentence, in the BMC's own words.
    pub text: String,
    /// The properties that it is about, where it names them.
    pub properties: Vec<String>,
    /// What is filled into the messages: values, paths.
    pub arguments: Vec<String>,
}

/// Standard messages in Chinese (the Base registry); others are quoted as they are.
const CHINESE: &[(&str, &str)] = &[
    ("AccessDenied", "拒绝访问"),
    ("ActionNotSupported", "不支持该操作"),
    ("ActionParameterMissing", "缺少操作参数"),
    ("ActionParameterNotSupported", "不支持该操作参数"),
    ("ActionParameterUnknown", "操作参数未知"),
    ("ActionParameterValueFormatError", "操作参数的值格式有误"),
    ("ActionParameterValueNotInList", "操作参数的值不在允许范围内"),
    ("CreateLimitReachedForResource", "数量已达上限"),
    ("InsufficientPrivilege", "权限不足"),
    ("InternalError", "BMC 内部错误"),
    ("MalformedJSON", "请求不是有效的 JSON"),
    ("NoValidSession", "会话无效"),
    ("PasswordChangeRequired", "须先修改密码"),
    ("PreconditionFailed", "资源已被改动（ETag 不符）"),
    ("PreconditionRequired", "请求缺少 If-Match"),
    ("PropertyMissing", "缺少属性"),
    ("PropertyNotWritable", "属性不可写"),
    ("PropertyUnknown", "属性未知"),
    ("PropertyValueConflict", "属性之间冲突"),
    ("PropertyValueNotInList", "属性值不在允许范围内"),
    ("PropertyValueTypeError", "属性值类型有误"),
    ("ResourceInUse", "资源正在使用"),
    ("ResourceMissingAtURI", "没有该资源"),
    ("ResourceNotFound", "没有该资源"),
    ("ServiceInUnknownState", "服务状态未知"),
    ("ServiceShuttingDown", "服务正在关闭"),
    ("ServiceTemporarilyUnavailable", "服务暂不可用"),
    ("SessionLimitExceeded", "会话数已达上限"),
];

impl Said {
    /// Reads the body of an answer: `error` with `@Message.ExtendedInfo`, the latter alone or
    /// beside properties, and the flat forms of firmware that came before them.
    pub fn of(body: &Value) -> Self {
        let error = body.get("error").unwrap_or(body);
        let mut said = Self::default();
        let mut texts: Vec<&str> = Vec::new();
        let extended = |at: &Value| -> Vec<Value> {
            match at.get("@Message.ExtendedInfo") {
                Some(Value::Array(many)) => many.clone(),
                Some(one @ Value::Object(_)) => vec![one.clone()],
                _ => Vec::new(),
            }
        };
        let mut infos = extended(error);
        if infos.is_empty() {
            infos = extended(body);
        }
        // `Property@Message.ExtendedInfo`: of one property, beside the others.
        if let Value::Object(properties) = body {
            let of_one = properties.iter().filter(|(name, _)| {
                name.ends_with("@Message.ExtendedInfo") && !name.starts_with('@')
            });
            infos.extend(of_one.filter_map(|(_, info)| info.as_array()).flatten().cloned());
        }
        for info in &infos {
            let text = |name: &str| info.get(name).and_then(Value::as_str);
            if let Some(id) = text("MessageId").or_else(|| text("MessageID")) {
                said.ids.extend(last(id));
            }
            let message = text("Message").map(str::trim).filter(|text| says(text));
            if let Some(message) = message
                && !texts.contains(&message)
            {
                texts.push(message);
            }
            let list = |name: &str| info.get(name).map(action::texts).unwrap_or_default();
            said.properties.extend(list("RelatedProperties"));
            said.arguments.extend(list("MessageArgs"));
        }
        if said.ids.is_empty()
            && let Some(code) = error.get("code").and_then(Value::as_str)
        {
            said.ids.extend(last(code));
        }
        if texts.is_empty() {
            let flat = ["message", "Message", "Status"];
            let flat = flat.iter().filter_map(|name| error.get(name)?.as_str());
            let flat = flat.chain(error.as_str()).map(str::trim);
            texts.extend({ flat }.find(|text| says(text)));
        }
        let joined = texts.join(" ");
        let one_line = joined.split_whitespace().collect::<Vec<_>>().join(" ");
        let whole = without_users(&one_line);
        said.text = whole.chars().take(MOST).collect::<String>();
        // Between words: of a password that is cut in two nobody finds the half that is left.
        if said.text.len() < whole.len()
            && let Some(end) = said.text.rfind(' ')
        {
            said.text.truncate(end);
        }
        if said.text.is_empty()
            && let Some(code) = body.get("cc").and_then(Value::as_i64).filter(|code| *code != 0)
        {
            said.text = format!("cc {code}");
        }
        for argument in &mut said.arguments {
            *argument = without_users(argument);
        }
        said
    }

    /// Returns whether one of its messages has this name.
    pub fn is(&self, id: &str) -> bool {
        self.ids.iter().any(|own| own == id)
    }

    /// Returns whether it names `word`, in a message's name, in the text, or as a property;
    /// upper and lower case are the same.
    pub fn names(&self, word: &str) -> bool {
        let word = word.to_ascii_lowercase();
        let mut all = self.ids.iter().chain(&self.properties).chain([&self.text]);
        all.any(|own| own.to_ascii_lowercase().contains(&word))
    }

    /// Takes a secret out of it, as it is and as it stands in a URL: BMCs quote what they refuse.
    pub fn forget(&mut self, secret: &str) {
        if secret.is_empty() {
            return;
        }
        let encoded = encoded(secret);
        let parts = self.arguments.iter_mut().chain(&mut self.properties);
        for text in parts.chain([&mut self.text]) {
            for form in [secret, &encoded] {
                if text.contains(form) {
                    *text = text.replace(form, "…");
                }
            }
        }
    }

    /// Says it in Chinese: standard messages translated, others quoted.
    pub fn in_chinese(&self) -> String {
        let known =
            |id: &String| CHINESE.iter().find(|(name, _)| name == id).map(|(_, text)| *text);
        let mut known: Vec<&str> = self.ids.iter().filter_map(known).collect();
        known.dedup();
        match (known.is_empty(), self.text.is_empty()) {
            (true, true) => "BMC 未说明原因".to_owned(),
            (true, false) => format!("BMC 答复：{}", self.text.trim_end_matches('.')),
            (false, true) => known.join("；"),
            (false, false) => {
                format!("{}（BMC 答复：{}）", known.join("；"), self.text.trim_end_matches('.'))
            }
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.text.trim_end_matches('.'), self.ids.first()) {
            ("", None) => out.write_str("it gave no reason"),
            ("", Some(id)) => out.write_str(id),
            (text, _) => out.write_str(text),
        }
    }
}

/// Returns a message's name without its registry and version: `Base.1.8.Success` is `Success`.
fn last(id: &str) -> Option<String> {
    id.rsplit('.').next().filter(|last| !last.is_empty()).map(str::to_owned)
}

/// Returns a text as it stands within a URL (RFC 3986 §2.1).
pub(super) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Returns a text without the users and passwords of the URLs in it.
pub(super) fn without_users(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after.find(|at: char| at == '/' || at == '\'' || at == '"' || at.is_whitespace());
        let (authority, behind) = after.split_at(end.unwrap_or(after.len()));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        kept.push_str(before);
        kept.push_str("://");
        kept.push_str(host);
        rest = behind;
    }
    kept.push_str(rest);
    kept
}

/// Returns whether a text is more than dots.
fn says(text: &str) -> bool {
    !text.trim_end_matches('.').is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_extended_error_is_one_sentence_in_both_languages() {
        let said = Said::of(
            &json!({"error": {"code": "Base.1.8.GeneralError", "message": "See more.",
            "@Message.ExtendedInfo": [
                {"MessageId": "Base.1.8.PropertyNotWritable", "Message": "The property Boot is\nread only.",
                 "RelatedProperties": ["#/Boot"]},
                {"MessageId": "Base.1.8.PropertyNotWritable", "Message": "The property Boot is\nread only."}]}}),
        );
        assert_eq!(said.to_string(), "The property Boot is read only");
        assert_eq!(said.in_chinese(), "属性不可写（BMC 答复：The property Boot is read only）");
        assert!(said.names("boot") && said.is("PropertyNotWritable"));
    }

    #[test]
    fn what_is_quoted_of_secrets_is_taken_out() {
        let text = "The value 'nfs://u:p%40w@192.0.2.1/x.iso' for Image, and Pass-1, are refused.";
        let mut said = Said::of(&json!({"error": {"@Message.ExtendedInfo": [
            {"Message": text, "MessageArgs": ["nfs://u:p%40w@192.0.2.1/x.iso", "Pass-1"]}]}}));
        said.forget("Pass-1");
        said.text.push_str(" U%2Fp%40w");
        said.forget("U/p@w");
        said.forget("");
        let shown = format!("{said:?} {said} {}", said.in_chinese());
        assert!(!shown.contains("p%40w") && !shown.contains("Pass-1"), "{shown}");
        assert_eq!(said.text, "The value 'nfs://192.0.2.1/x.iso' for Image, and …, are refused. …");
        let long = format!("{} Pass-1 is refused.", "x".repeat(MOST - 4));
        let said = Said::of(&json!({"error": {"message": long}}));
        assert!(said.text.ends_with('x'), "half of it is left: {said}");
        let plain = Said::of(&json!({"error": {"message": "Ask a@b or see http://host a://"}}));
        assert_eq!(plain.text, "Ask a@b or see http://host a://");
    }

    #[test]
    fn other_forms_are_read_too() {
        let cases = [
            (json!({"error": {"code": "X.1.0.Odd", "message": "Odd."}}), "Odd", "BMC 答复：Odd"),
            (
                json!({"@Message.ExtendedInfo": {"Message": "One object"}}),
                "One object",
                "BMC 答复：One object",
            ),
            (
                json!({"Boot@Message.ExtendedInfo": [{"Message": "Beside it"}]}),
                "Beside it",
                "BMC 答复：Beside it",
            ),
            (json!({"cc": 1, "message": "flat"}), "flat", "BMC 答复：flat"),
            (json!({"cc": 7, "error": "Busy."}), "Busy", "BMC 答复：Busy"),
            (json!({"cc": 7}), "cc 7", "BMC 答复：cc 7"),
            (json!({"cc": 0}), "it gave no reason", "BMC 未说明原因"),
            (json!({"error": {"code": "Base.1.0.AccessDenied"}}), "AccessDenied", "拒绝访问"),
            (json!(null), "it gave no reason", "BMC 未说明原因"),
            (json!({"error": 5}), "it gave no reason", "BMC 未说明原因"),
            (json!([1]), "it gave no reason", "BMC 未说明原因"),
        ];
        for (body, english, chinese) in cases {
            let said = Said::of(&body);
            assert_eq!((said.to_string().as_str(), said.in_chinese().as_str()), (english, chinese));
        }
    }
}
