//! The clients of a run that many hosts made together: one line each, and both sums.

use storage_bench::{
    agent::clients::{Client, Clients},
    measurement::Run,
    text::grouped,
};

use super::{Layout, Tone, put};

/// Returns the clients of all runs as text; nothing where one host alone made them.
pub fn clients(runs: &[Run], layout: Layout) -> String {
    let mut page = String::new();
    for run in runs {
        let Some(clients) = &run.clients else { continue };
        let title = layout.say("客户端", "clients");
        put(&mut page, format_args!("{} ({})\n", layout.paint.dye(Tone::Strong, title), run.case));
        for client in &clients.client {
            line(client, layout, &mut page);
        }
        sums(run, clients, layout, &mut page);
    }
    page
}

fn line(client: &Client, layout: Layout, page: &mut String) {
    let share = f64::from(client.share_ppm) / 10_000.0;
    let (own, busy) = (grouped(client.own_iops), client.busiest_thread_ppm / 10_000);
    let megabytes = grouped(client.own_bytes_per_s / 1_000_000);
    put(page, format_args!("  {}: ", client.name));
    if client.lost {
        put(page, format_args!("{}; ", layout.say("失联", "LOST")));
    }
    let subject = client.subject.serial.as_ref().unwrap_or(&client.subject.path);
    put(page, format_args!("{subject} {share:.1} %, {own} IOPS, {megabytes} MB/s, CPU {busy} %"));
    if let (Some(error), Some(moved)) = (client.clock_error_ns, client.clock_moved_ns) {
        let (error, moved) = (error.div_ceil(1000), moved.div_ceil(1000));
        let zh = format!("，时钟误差 ≤ {error} µs，漂移 {moved} µs");
        let en = format!(", clock within {error} µs, moved {moved} µs");
        put(page, format_args!("{}", layout.say(&zh, &en)));
    }
    put(page, format_args!("\n"));
}

fn sums(run: &Run, clients: &Clients, layout: Layout, page: &mut String) {
    let (common, own) = (grouped(run.all.iops), grouped(clients.own_iops));
    let (from, until) = (clients.first_s, clients.first_s.saturating_add(clients.window_s));
    let zh = format!("共同窗口（第 {from}–{until} 秒）：{common} IOPS；各自窗口之和：{own} IOPS");
    let en = format!(
        "common window ({from}–{until} s): {common} IOPS; sum over own windows: {own} IOPS"
    );
    put(page, format_args!("  {}\n", layout.say(&zh, &en)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Paint;
    use profiles::Lang;

    #[test]
    fn a_lost_client_is_named_as_lost() {
        let client = Client { name: "h:1".to_owned(), lost: true, ..Client::default() };
        for (lang, word) in [(Lang::En, "LOST"), (Lang::Zh, "失联")] {
            let mut page = String::new();
            line(&client, Layout { lang, paint: Paint::Plain, columns: None }, &mut page);
            assert!(page.contains(word) && page.starts_with("  h:1: "), "{page}");
        }
    }
}
