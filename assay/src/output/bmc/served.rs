//! What was served to BMCs, as text and as JSON.

use std::{net::IpAddr, time::Instant};

use bmc::media::Reads;
use profiles::Lang;
use serde_json::{Value, json};

use super::found::Met;
use crate::output::put as write;

/// What was served to a BMC.
#[derive(Debug)]
pub struct Served<'a> {
    /// Where the BMC is reached.
    pub address: &'a str,
    /// What it was told to fetch.
    pub url: Option<&'a str>,
    /// What it read.
    pub reads: Reads,
    /// Bytes of the image.
    pub length: u64,
    /// When it was told.
    pub began: Instant,
    /// What became of ejecting it, where that was tried.
    pub ejected: Option<&'a Met>,
}

/// Returns a number of bytes for people.
pub fn size(bytes: u64) -> String {
    const MB: u64 = 1_000_000;
    if bytes < MB {
        return format!("{bytes} B");
    }
    format!("{}.{} MB", bytes / MB, bytes % MB / (MB / 10))
}

/// Says what all have read so far.
pub fn so_far(reads: &[Reads], length: u64, lang: Lang) -> String {
    let requests: u64 = reads.iter().map(|reads| reads.requests).sum();
    let bytes: u64 = reads.iter().map(|reads| reads.bytes).sum();
    let whole = reads.iter().filter(|reads| reads.is_whole(length)).count();
    let (all, bytes) = (reads.len(), size(bytes));
    match lang {
        Lang::Zh => format!("提供镜像：请求 {requests} 次，{bytes}，读完 {whole}/{all} 台"),
        Lang::En => {
            format!("serving: {requests} requests, {bytes}, all of it by {whole} of {all}")
        }
    }
}

/// Says what each has read.
pub fn page(all: &[Served<'_>], lang: Lang) -> String {
    let mut text = String::new();
    for one in all {
        let reads = &one.reads;
        let by: Vec<String> = reads.by.iter().map(ToString::to_string).collect();
        let (address, by) = (one.address, by.join(", "));
        let (sent, length) = (size(reads.bytes), size(one.length));
        let (requests, ranges) = (reads.requests, reads.ranges);
        let percent = reads.distinct().saturating_mul(100) / one.length.max(1);
        let told = match lang {
            Lang::Zh if requests == 0 => format!("{address}: 没有读取"),
            Lang::En if requests == 0 => format!("{address}: read nothing"),
            Lang::Zh => format!(
                "{address}: 请求 {requests} 次（其中范围 {ranges} 次），发送 {sent}，已读 {length} 的 \
                 {percent}%，来自 {by}"
            ),
            Lang::En => format!(
                "{address}: {requests} requests ({ranges} for ranges), {sent} sent, {percent}% of \
                 {length} read, by {by}"
            ),
        };
        text.push_str(&told);
        if let Some(met) = one.ejected {
            let told = match (met.word().is_good(), lang) {
                (true, Lang::Zh) => "已弹出".to_owned(),
                (true, Lang::En) => "ejected".to_owned(),
                (false, Lang::Zh) => {
                    format!("未弹出：{}", met.reason().unwrap_or_default().0)
                }
                (false, Lang::En) => {
                    format!("NOT EJECTED: {}", met.reason().unwrap_or_default().1)
                }
            };
            write(&mut text, format_args!("; {told}"));
        }
        text.push('\n');
    }
    text
}

/// Puts what was served into the objects of the hosts, and who else came into the document.
pub fn put(document: &mut Value, all: &[Served<'_>], strangers: &[IpAddr]) {
    let hosts = document.get_mut("hosts").and_then(Value::as_array_mut);
    for (host, one) in hosts.into_iter().flatten().zip(all) {
        let reads = &one.reads;
        let first = reads.first_after(one.began).map(|after| after.as_millis());
        host["served"] = json!({
            "url": one.url,
            "requests": reads.requests,
            "ranges": reads.ranges,
            "bytes": reads.bytes,
            "image_bytes": one.length,
            "read_bytes": reads.distinct(),
            "read_whole": reads.is_whole(one.length),
            "by": reads.by.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "first_request_ms": first.and_then(|ms| u64::try_from(ms).ok()),
            "ejected": one.ejected.map(|met| met.word().is_good()),
        });
    }
    document["strangers"] = strangers.iter().map(ToString::to_string).collect::<Vec<_>>().into();
}
