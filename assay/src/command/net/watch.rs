//! `assay net watch`: what the daemon tells, as it happens.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
};

use profiles::{Lang, Text};
use serde_json::Value;

use crate::{
    cli::{Format, net::Watch},
    console::Console,
    exit::Exit,
    failure::{Failure, one_line},
    lang::text,
};

/// Prints events until the daemon or the reader of this output is gone.
pub(super) fn run(arguments: &Watch, console: &mut Console) -> Result<Exit, Failure> {
    let shown = arguments.socket.display().to_string();
    let cannot = |error: io::Error| {
        Failure::unable(text("无法连接 `{}`", "cannot connect to `{}`", &[&shown]))
            .because(error)
            .hint(Text::new(
                "`assay daemon dataplane` 在运行吗？",
                "does `assay daemon dataplane` run?",
            ))
    };
    let mut stream = UnixStream::connect(&arguments.socket).map_err(cannot)?;
    let after = arguments.after.map(|after| format!("?after={after}")).unwrap_or_default();
    // Of this version an answer comes as it is, and not in chunks.
    let request = format!("GET /v1/events{after} HTTP/1.0\r\nHost: node\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(cannot)?;
    let mut lines = BufReader::new(stream).lines();
    let status = lines.next().transpose().map_err(cannot)?.unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        return Err(Failure::unable(text(
            "`{}` 不是本程序的接口：{1}",
            "`{}` does not answer as this program does: {1}",
            &[&shown, &one_line(&status)],
        )));
    }
    for line in lines {
        let line = line.map_err(cannot)?;
        let Some(data) = line.strip_prefix("data: ") else { continue };
        match arguments.output {
            Format::Json => console.print(&format!("{data}\n"))?,
            Format::Text => {
                let Ok(event) = serde_json::from_str::<Value>(data) else { continue };
                console.print(&told(&event, console.lang))?;
            }
        }
    }
    Err(Failure::unable(Text::new("守护进程已结束", "the daemon has ended")))
}

/// Returns an event as lines: when, what, whom it is about; then what was done.
fn told(event: &Value, lang: Lang) -> String {
    let word = |name: &str| event[name].as_str().unwrap_or_default();
    let say = |text: &Value| {
        let lang = if lang == Lang::Zh { "zh" } else { "en" };
        one_line(text[lang].as_str().unwrap_or_default())
    };
    let objects = event["objects"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let objects: Vec<&str> = objects.collect();
    let about =
        if objects.is_empty() { String::new() } else { format!(" [{}]", objects.join(", ")) };
    let took = event["took_ms"].as_u64().map(|took| format!(", {took} ms")).unwrap_or_default();
    let head = format!("{} {}{about} {}{took}", word("time"), word("kind"), say(&event["text"]));
    let mut page = one_line(&head) + "\n";
    for step in event["steps"].as_array().into_iter().flatten() {
        page.push_str("  ");
        page.push_str(&say(step));
        page.push('\n');
    }
    page
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_a_line_and_what_was_done() {
        let event = json!({
            "id": 7, "time": "2026-01-01T00:00:00.000Z", "kind": "drift", "generation": 3,
            "objects": ["port a1"], "text": { "zh": "已修复", "en": "it is\nmended" },
            "steps": [{ "zh": "启用 p1", "en": "p1 up" }], "took_ms": 12,
        });
        assert_eq!(
            told(&event, Lang::En),
            "2026-01-01T00:00:00.000Z drift [port a1] it is mended, 12 ms\n  p1 up\n"
        );
        assert!(told(&event, Lang::Zh).contains("已修复"));
        assert_eq!(told(&json!({ "after": 3 }), Lang::En), "\n");
    }
}
