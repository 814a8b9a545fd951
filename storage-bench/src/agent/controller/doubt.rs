//! Why a test of many agents proves nothing, in both languages.

use super::Loss;
use crate::measurement::Doubt;

/// A client whose busiest load thread was on a processor for more of its time is what was
/// measured.
pub(super) const CPU_BOUND_PPM: u32 = 850_000;

fn doubt(code: &str, zh: String, en: String) -> Doubt {
    Doubt { code: code.to_owned(), zh, en }
}

pub(super) fn lost(host: &str, loss: &Loss) -> Doubt {
    let (zh, en) = match loss {
        Loss::Disconnected(reason) => {
            (format!("连接中断（{reason}）"), format!("disconnected: {reason}"))
        }
        Loss::Silent => ("无响应".to_owned(), "it was not heard".to_owned()),
        Loss::Overdue => ("超时未完成".to_owned(), "it did not finish in time".to_owned()),
        Loss::Refused(_, detail) => {
            (format!("拒绝执行（{detail}）"), format!("it refused: {detail}"))
        }
        Loss::Version(version) => {
            (format!("协议版本为 {version}"), format!("it speaks version {version}"))
        }
        Loss::Unexpected => ("应答不符合协议".to_owned(), "it answered out of turn".to_owned()),
    };
    doubt(
        "agent-lost",
        format!("客户端“{host}”丢失：{zh}"),
        format!("agent `{host}` was lost: {en}"),
    )
}

pub(super) fn skewed(host: &str) -> Doubt {
    doubt(
        "clock-skew",
        format!("客户端“{host}”的时钟在测试期间漂移达到或超过 1 ms"),
        format!("the clock of agent `{host}` moved by 1 ms or more during the test"),
    )
}

pub(super) fn unknown_clock() -> Doubt {
    doubt(
        "clock-skew",
        "有客户端的时钟偏差无法确定到 1 ms 以内，测试未开始".to_owned(),
        "the clock of an agent is not known to 1 ms; the test was not begun".to_owned(),
    )
}

pub(super) fn cpu_bound(host: &str, ppm: u32) -> Doubt {
    let percent = ppm / 10_000;
    doubt(
        "client-cpu-bound",
        format!("客户端“{host}”的负载线程处理器占用 {percent} %，超过 85 %"),
        format!(
            "a load thread of agent `{host}` was on a processor {percent} % of its time, over 85 %"
        ),
    )
}

pub(super) fn ended_early(host: &str, reason: &str) -> Doubt {
    doubt(
        "ended-early",
        format!("客户端“{host}”提前结束：{reason}"),
        format!("agent `{host}` ended before its time: {reason}"),
    )
}

pub(super) fn incomplete(host: &str, second: u32) -> Doubt {
    doubt(
        "agent-incomplete",
        format!("缺少客户端“{host}”第 {second} 秒的数据"),
        format!("second {second} of agent `{host}` is missing"),
    )
}

pub(super) fn stopped() -> Doubt {
    doubt("stopped", "被操作员中止".to_owned(), "stopped by the operator".to_owned())
}

pub(super) fn no_window() -> Doubt {
    doubt(
        "no-common-window",
        "各客户端没有共同运行的完整一秒".to_owned(),
        "there is no whole second that all agents ran".to_owned(),
    )
}
