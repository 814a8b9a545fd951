//! The page of a search for slow disks: for each kind of disk a plot of every speed, each
//! disk a dot by how much worse it is than its peers' median, and the limit; then a table.
//!
//! The page asks the network for nothing and needs no script. Colour never stands alone:
//! a disk beyond the limit has another shape and its name.

use std::collections::BTreeMap;

use profiles::Lang;
use storage_bench::scan::{Found, LEAST_PEERS, Standing, State};

use super::scan::word;
use crate::output::{
    put,
    unit::{latency, percent, storage, throughput},
};

/// Units of the plot: its width, where the axis begins and ends, height of a row.
const WIDTH: i64 = 960;
const LEFT: i64 = 190;
const RIGHT: i64 = 930;
const ROW: i64 = 64;
const TOP: i64 = 34;
/// The ends of the axis, in parts per million of the median.
const BEST: i64 = -400_000;
const WORST: i64 = 1_200_000;

/// A speed on the plot: its field, Chinese, English, whether it is a time, its limit.
const SPEEDS: [(&str, &str, &str, bool, i64); 4] = [
    ("mean_ns", "4K 随机读平均时延", "4K random read, mean", true, 150_000),
    ("p99_9_ns", "4K 随机读 p99.9", "4K random read, p99.9", true, 1_000_000),
    ("outer_bytes_per_s", "外圈顺序读", "sequential read, start", false, 150_000),
    ("inner_bytes_per_s", "内圈顺序读", "sequential read, end", false, 150_000),
];

const STYLE: &str = "body{font:14px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;margin:24px auto;\
max-width:1000px;padding:0 16px;color:#1a1a1a}h1{font-size:22px}h2{font-size:16px;margin-top:28px}\
table{border-collapse:collapse;width:100%;font-size:12.5px}th,td{text-align:left;padding:4px 8px;\
border-bottom:1px solid #ddd;vertical-align:top}td.n{text-align:right;white-space:nowrap}\
svg{width:100%;height:auto;display:block}svg text{font-size:12px;fill:#333}svg text.e{text-anchor:end}\
svg text.m{text-anchor:middle}.bad{color:#a3001b;font-weight:600}svg .bad{fill:#a3001b}\
.dot{fill:#1f5f8b;fill-opacity:.55}.rule{stroke:#ddd}.mid{stroke:#333}.lim{stroke:#a3001b;\
stroke-dasharray:5 3}.why{color:#444}small{color:#555}";

/// Returns the page.
pub fn page(disks: &[Found], lang: Lang) -> String {
    let say = |zh: &'static str, en: &'static str| match lang {
        Lang::Zh => zh,
        Lang::En => en,
    };
    let title = say("慢盘与故障盘排查", "Search for slow and sick disks");
    let code = say("zh", "en");
    let mut page = format!(
        "<!doctype html><html lang=\"{code}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><h1>{title}</h1><p>"
    );
    let states = [State::Healthy, State::Suspect, State::Slow, State::Sick, State::Unmeasured];
    for state in states {
        let count = disks.iter().filter(|disk| disk.state == state).count();
        put(&mut page, format_args!("{} {count}&ensp; ", word(state).get(lang)));
    }
    put(
        &mut page,
        format_args!(
            "</p><p><small>{}</small></p>",
            say(
                "每点一块盘；横轴为比同型号中位数差多少，向右为差。虚线为限：超限且稳健 z 值大于 3.5 者，\
                 再与健康盘轮流单独复测，仍差者判为慢盘。",
                "Each dot is a disk; the axis says how much worse than its peers' median it was, \
                 worse to the right. Dashed: the limit. What is beyond it with a robust z above \
                 3.5 was measured again alone, by turns with a healthy peer, before it was called \
                 slow."
            )
        ),
    );
    for ((model, firmware, size), group) in groups(disks) {
        put(
            &mut page,
            format_args!(
                "<h2>{} {} · {} × {}</h2>",
                escape(model),
                escape(firmware),
                storage(size),
                group.len()
            ),
        );
        if group.iter().any(|disk| disk.compared) {
            plot(&mut page, &group, lang);
        } else {
            put(
                &mut page,
                format_args!(
                    "<p>{} {LEAST_PEERS}</p>",
                    say(
                        "只按绝对规则判断：同型号盘数少于",
                        "absolute rules only: fewer peers than"
                    )
                ),
            );
        }
    }
    table(&mut page, disks, lang);
    page.push_str("</body></html>\n");
    page
}

type Kind<'a> = (&'a str, &'a str, u64);

/// Returns the disks by kind.
fn groups(disks: &[Found]) -> BTreeMap<Kind<'_>, Vec<&Found>> {
    let mut groups: BTreeMap<Kind<'_>, Vec<&Found>> = BTreeMap::new();
    for disk in disks {
        let kind = (disk.model.as_str(), disk.firmware.as_str(), disk.size_bytes);
        groups.entry(kind).or_default().push(disk);
    }
    groups
}

/// Returns where a share of the median stands on the axis; what is beyond an end is there.
fn place(worse_ppm: i64) -> i64 {
    let along = (worse_ppm.clamp(BEST, WORST) - BEST) * (RIGHT - LEFT) / (WORST - BEST);
    LEFT + along
}

/// Draws the plot of one kind of disk: a row for each speed.
fn plot(page: &mut String, group: &[&Found], lang: Lang) {
    let standing = |disk: &'_ Found, name: &str| -> Option<Standing> {
        disk.standing.iter().find(|standing| standing.speed == name).cloned()
    };
    let rows: Vec<_> = SPEEDS
        .into_iter()
        .filter(|(name, ..)| group.iter().any(|disk| standing(disk, name).is_some()))
        .collect();
    let count = i64::try_from(rows.len()).unwrap_or(0);
    let height = TOP + count * ROW + 6;
    put(page, format_args!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">"));
    for ppm in (BEST..=WORST).step_by(200_000) {
        let (x, sign) = (place(ppm), if ppm > 0 { "+" } else { "" });
        put(
            page,
            format_args!(
                "<path class=\"{}\" d=\"M{x} {}V{}\"/><text class=\"m\" x=\"{x}\" y=\"16\">{sign}{} %</text>",
                if ppm == 0 { "mid" } else { "rule" },
                TOP - 12,
                height - 6,
                ppm / 10_000,
            ),
        );
    }
    for (at, (name, zh, en, time, limit)) in (0..).zip(rows) {
        let (top, said) = (TOP + at * ROW, if lang == Lang::Zh { zh } else { en });
        let shown = |value: u64| if time { latency(value) } else { throughput(value) };
        let stands: Vec<(&Found, Standing)> =
            group.iter().filter_map(|disk| Some((*disk, standing(disk, name)?))).collect();
        let median = stands.first().map_or(0, |(_, standing)| standing.median);
        let x = place(limit);
        put(
            page,
            format_args!(
                "<text x=\"0\" y=\"{}\">{said}</text><text x=\"0\" y=\"{}\">{} {}</text>\
                 <path class=\"lim\" d=\"M{x} {top}v{}\"/>",
                top + 24,
                top + 42,
                if lang == Lang::Zh { "中位数" } else { "median" },
                shown(median),
                ROW - 8,
            ),
        );
        for (number, (disk, standing)) in (0_i64..).zip(&stands) {
            dot(page, disk, standing, top + 10 + number % 5 * 9, &shown(standing.value));
        }
    }
    page.push_str("</svg>");
}

/// Draws one disk: a dot, or a diamond with its name where it is beyond the limits.
fn dot(page: &mut String, disk: &Found, standing: &Standing, y: i64, shown: &str) {
    let (x, path) = (place(standing.worse_ppm), escape(&disk.path));
    let off = percent(standing.worse_ppm.unsigned_abs());
    let sign = if standing.worse_ppm < 0 { "-" } else { "+" };
    let title = format!("<title>{path}: {shown}, {sign}{off}</title>");
    if !standing.flagged {
        put(
            page,
            format_args!("<circle class=\"dot\" cx=\"{x}\" cy=\"{y}\" r=\"4\">{title}</circle>"),
        );
        return;
    }
    let beyond = if standing.worse_ppm > WORST { " →" } else { "" };
    put(
        page,
        format_args!(
            "<path class=\"bad\" d=\"M{} {y}l6-6 6 6-6 6z\">{title}</path>\
             <text class=\"bad e\" x=\"{}\" y=\"{}\">{path} {shown}{beyond}</text>",
            x - 6,
            x - 12,
            y + 4,
        ),
    );
}

/// Puts every disk with its numbers and what is said of it.
fn table(page: &mut String, disks: &[Found], lang: Lang) {
    let zh = lang == Lang::Zh;
    let heads = if zh {
        ["结论", "盘", "序列号", "4K 平均", "p99.9", "最长", "外圈", "内圈", "说明"]
    } else {
        ["state", "disk", "serial", "4K mean", "p99.9", "longest", "start", "end", "why"]
    };
    page.push_str("<h2>");
    page.push_str(if zh { "各盘" } else { "All disks" });
    page.push_str("</h2><table><tr>");
    for head in heads {
        put(page, format_args!("<th>{head}</th>"));
    }
    page.push_str("</tr>");
    for disk in disks {
        let class = if matches!(disk.state, State::Slow | State::Sick) { "bad" } else { "" };
        put(
            page,
            format_args!(
                "<tr><td class=\"{class}\">{}</td><td>{}</td><td>{}</td>",
                word(disk.state).get(lang),
                escape(&disk.path),
                escape(&disk.serial)
            ),
        );
        let speeds = &disk.speeds;
        let times = [speeds.mean_ns, speeds.p99_9_ns, speeds.max_ns].map(|ns| ns.map(latency));
        let rates = [speeds.outer_bytes_per_s, speeds.inner_bytes_per_s].map(|r| r.map(throughput));
        for number in times.into_iter().chain(rates) {
            put(page, format_args!("<td class=\"n\">{}</td>", number.unwrap_or("—".to_owned())));
        }
        page.push_str("<td class=\"why\">");
        for doubt in disk.reasons.iter().chain(&disk.notes) {
            let said = if zh { &doubt.zh } else { &doubt.en };
            put(page, format_args!("{}<br>", escape(said)));
        }
        zones(page, disk);
        page.push_str("</td></tr>");
    }
    page.push_str("</table>");
}

/// Draws the speed of each part of a disk, the slow ones marked.
fn zones(page: &mut String, disk: &Found) {
    let (zones, most) = (&disk.zones_bytes_per_s, disk.zones_bytes_per_s.iter().max());
    let Some(most) = most.copied().filter(|most| *most > 0) else { return };
    let count = zones.len().max(1);
    put(page, format_args!("<svg viewBox=\"0 0 {} 40\" preserveAspectRatio=\"none\">", count * 4));
    for (at, speed) in zones.iter().enumerate() {
        let tall = u128::from(*speed) * 36 / u128::from(most);
        let slow = u32::try_from(at).is_ok_and(|at| disk.slow_zones.contains(&at));
        let class = if slow { "bad" } else { "dot" };
        put(
            page,
            format_args!(
                "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"3\" height=\"{tall}\"/>",
                at * 4,
                36_u128.saturating_sub(tall)
            ),
        );
        if slow {
            put(page, format_args!("<path class=\"bad\" d=\"M{} 40l1.5-3 1.5 3z\"/>", at * 4));
        }
    }
    page.push_str("</svg>");
}

/// Returns text that stands for itself in HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use storage_bench::scan::{Disk, Speeds, judge};

    use super::*;
    use crate::output::{Layout, Paint};

    fn found() -> Vec<Found> {
        let disk = |at: u64| Disk {
            path: format!("/dev/sd{at}<b>"),
            model: "M&M".to_owned(),
            size_bytes: 4_000_000_000_000,
            speeds: Speeds {
                mean_ns: Some(if at == 3 { 900_000 } else { 100_000 + at * 500 }),
                outer_bytes_per_s: Some(200_000_000 + at),
                ..Speeds::default()
            },
            zones: if at == 2 { vec![9, 9, 9, 9, 3, 9, 9, 9, 9] } else { Vec::new() },
            ..Disk::default()
        };
        judge(&(0..8).map(disk).collect::<Vec<_>>())
    }

    #[test]
    fn every_disk_is_a_mark_and_the_slow_one_has_its_name() {
        let page = page(&found(), Lang::En);
        assert_eq!(page.matches("<circle").count(), 15, "two speeds of eight disks, one off");
        assert_eq!(page.matches("/dev/sd3&lt;b&gt; 900 µs →").count(), 1);
        assert_eq!(page.matches("class=\"lim\"").count(), 2);
        assert_eq!(page.matches("<rect").count(), 9);
        assert!(!page.contains("<b>") && !page.contains("http"), "{page}");
        assert!(super::page(&found(), Lang::Zh).contains("外圈顺序读"));
    }

    #[test]
    fn a_place_is_between_the_ends_of_the_axis() {
        assert_eq!((place(BEST), place(WORST), place(i64::MAX)), (LEFT, RIGHT, RIGHT));
        assert!(place(0) > LEFT && place(150_000) > place(0));
    }

    #[test]
    fn the_table_on_a_terminal_says_who_and_why_and_notes_once() {
        let layout = Layout { lang: Lang::En, paint: Paint::Plain, columns: None };
        let text = super::super::scan::text(&found(), layout);
        assert!(text.contains("disks 8: ✓ healthy 6  ? suspect 2\n"), "{text}");
        assert!(text.contains("mean latency is 7"), "{text}");
        assert_eq!(text.matches("no SMART reading").count(), 1, "{text}");
        assert!(text.contains("· all disks: no SMART"), "{text}");
    }
}
