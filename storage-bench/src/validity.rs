//! Whether a run proves anything: every reason why it does not (`storage.md` §2, §15).
//!
//! A run is invalid where the load, the client, the clock or the volume was not as the
//! numbers claim. A slow device is no reason: falling behind an offered rate with a
//! backlog is the device's failure, a valid run that misses its target.

pub mod data;

use crate::measurement::{Doubt, Hit, Mode, Steady};
use crate::observed::Observed;
use crate::summary;
use crate::text::{grouped, millis, percent, seconds};

/// The shortest run that claims a speed.
pub const LEAST_NS: u64 = 30_000_000_000;

/// Share of its time the busiest thread may be on a processor.
pub const MOST_BUSY_PPM: u32 = 850_000;

/// Share of all processors' time the hypervisor may take: a cap is judged to 1 %, and
/// time that is taken can be missing from a rate one to one.
pub const MOST_STEAL_PPM: u32 = 10_000;

/// How much the array may have reduced data that cannot be reduced, in thousandths.
pub const MOST_REDUCTION_MILLI: u32 = 1_050;

/// How far the clock that latency is read from may drift from the monotonic one.
pub const MOST_DRIFT_PPM: u32 = 100;

/// By how much the clocks of two agents may be apart: less than this.
pub const CLOCK_ERROR_NS: u64 = 1_000_000;

/// Share of a link's line rate that payload may take: TCP with frames of 1,500 bytes
/// carries 94 % at most.
pub const MOST_LINK_PPM: u32 = 900_000;

/// How far the evidenced hit rate may be from the one asked for.
pub const HIT_TOLERANCE_PPM: u32 = 50_000;

/// What is known of a run besides its numbers, and what it is to prove.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// How load was made.
    pub mode: Mode,
    /// How long was measured.
    pub elapsed_ns: u64,
    /// Operations completed.
    pub ios: u64,
    /// Operations that failed.
    pub errors: u64,
    /// Why it ended before its time, if it did.
    pub ended_early: Option<String>,
    /// What it is to prove.
    pub claims: Claims,
    /// Share of its time the busiest load thread was on a processor; time that it spun
    /// on purpose, waiting for the next due operation, left out.
    pub busiest_thread_ppm: u32,
    /// Share of all processors' time that the hypervisor took.
    pub steal_ppm: u32,
    /// How the generator kept its times; `None` of a closed loop.
    pub schedule: Option<Schedule>,
    /// The rounds of a run that has to be steady; `None` where it need not be.
    pub steady: Option<Steady>,
    /// Whether the volume was filled.
    pub fill: Fill,
    /// Whether the hit rate is evidenced.
    pub hit_rate: HitRate,
    /// What the array made of data that cannot be reduced, in thousandths: 1000 is nothing.
    /// `None` where the data could be reduced, or where nothing was reported.
    pub reduction_milli: Option<u32>,
    /// How far the clock drifted over the run; `None` where it is the monotonic one itself.
    pub clock_drift_ppm: Option<u32>,
    /// The clients; none of a run on this host alone.
    pub agents: Vec<Agent>,
    /// The links that the load went over, as far as they are known.
    pub links: Vec<Link>,
    /// Whether the run was made smaller than the method asks (`--fast`).
    pub reduced: bool,
}

/// What a run is to prove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Whether it claims any speed at all; a check of the first and last block does not.
    pub speed: bool,
    /// The percentiles that are judged, of a million.
    pub percentiles_ppm: Vec<u32>,
    /// The latency that is judged, where one is.
    pub target_latency_ns: Option<u64>,
}

/// How an open loop kept its times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Operations that were due.
    pub offered: u64,
    /// Most operations that were due and waited for a slot.
    pub backlog_max: u64,
    /// The generator's own delay where a slot was free; `None` where none ever was.
    pub lateness_p99_9_ns: Option<u64>,
    /// The response time it is compared with where no target is given.
    pub response_p99_9_ns: Option<u64>,
}

/// Whether a volume was filled before it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// It need not be.
    NotAsked,
    /// No marker says that it was.
    NoMarker,
    /// A marker does, and blocks were read to check it.
    Sampled {
        /// How many.
        blocks: u32,
        /// How many did not hold what was filled in.
        wrong: u32,
    },
}

/// Whether a cache hit rate is evidenced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HitRate {
    /// The load has none.
    NotAsked,
    /// The profile says `cache_evidence = "waived"`.
    Waived,
    /// What is known.
    Known(Hit),
}

/// One client of a run of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    /// Its name.
    pub name: String,
    /// Why it was lost, if it was.
    pub lost: Option<String>,
    /// The most its clock may be off: half the best round trip, plus what the offset
    /// moved from start to end.
    pub clock_error_ns: u64,
    /// As [`Evidence::busiest_thread_ppm`].
    pub busiest_thread_ppm: u32,
    /// As [`Evidence::steal_ppm`].
    pub steal_ppm: u32,
}

/// A link between a client and the storage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Its name, with the client's where there are many.
    pub name: String,
    /// Line rate of one direction.
    pub bits_per_s: u64,
    /// Payload of its busier direction.
    pub used_bytes_per_s: u64,
}

impl Evidence {
    /// Returns what `observed` itself tells; the caller adds what only it knows.
    pub fn of(mode: Mode, claims: Claims, observed: &Observed) -> Self {
        let schedule = observed.open_loop.as_ref().map(|open| Schedule {
            offered: open.offered,
            backlog_max: open.backlog_max,
            lateness_p99_9_ns: open.lateness.percentile(999_000),
            response_p99_9_ns: summary::merged(&open.response).percentile(999_000),
        });
        Self {
            mode,
            elapsed_ns: observed.elapsed_ns,
            ios: observed.streams.values().map(|stream| stream.service.count()).sum(),
            errors: observed.errors.values().sum(),
            ended_early: observed.ended_early.clone(),
            claims,
            busiest_thread_ppm: observed.cost.busiest_thread_ppm,
            steal_ppm: observed.cost.steal_ppm,
            schedule,
            steady: None,
            fill: Fill::NotAsked,
            hit_rate: HitRate::NotAsked,
            reduction_milli: None,
            clock_drift_ppm: None,
            agents: Vec::new(),
            links: Vec::new(),
            reduced: false,
        }
    }

    /// Returns every reason why the run proves nothing; none where it does.
    pub fn doubts(&self) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        let out = &mut doubts;
        self.ending(out);
        self.length(out);
        self.generator(out);
        self.processors(out);
        self.volume(out);
        self.hits(out);
        self.clocks(out);
        self.clients(out);
        doubts
    }

    fn ending(&self, out: &mut Vec<Doubt>) {
        if let Some(why) = &self.ended_early {
            out.push(Doubt::new(
                "ended-early",
                format!("提前结束：{why}"),
                format!("ended early: {why}"),
            ));
        }
        if self.errors > 0 {
            let count = grouped(self.errors);
            let en = format!("{count} operations failed");
            out.push(Doubt::new("io-errors", format!("{count} 次读写出错"), en));
        }
        if self.reduced {
            let zh = "以 --fast 缩减运行，不构成完整测试";
            out.push(Doubt::new("reduced", zh, "run with --fast: smaller than the method asks"));
        }
    }

    fn length(&self, out: &mut Vec<Doubt>) {
        if self.ios == 0 {
            out.push(Doubt::new("no-operations", "没有完成任何读写", "no operation completed"));
        }
        if self.claims.speed && self.elapsed_ns < LEAST_NS {
            let (is, least) = (seconds(self.elapsed_ns), seconds(LEAST_NS));
            let zh = format!("测量 {is}，少于 {least}");
            out.push(Doubt::new("too-short", zh, format!("measured for {is}, less than {least}")));
        }
        let latency = self.claims.target_latency_ns.is_some();
        if self.mode == Mode::Throughput && (latency || !self.claims.percentiles_ppm.is_empty()) {
            let zh = "批量收割：一次读写要等整批完成，时延不可与指标比较";
            let en =
                "completions were reaped in batches: latencies are not comparable with a target";
            out.push(Doubt::new("batch-reaped", zh, en));
        }
        for ppm in &self.claims.percentiles_ppm {
            let least = operations_behind(*ppm);
            if self.ios < least {
                let (p, is, least) = (percentile(*ppm), grouped(self.ios), grouped(least));
                let zh = format!("{p} 至少需要 {least} 次读写，只有 {is} 次");
                let en = format!("{p} needs {least} operations, there are {is}");
                out.push(Doubt::new("too-few-operations", zh, en));
            }
        }
    }

    fn generator(&self, out: &mut Vec<Doubt>) {
        let Some(schedule) = self.schedule else { return };
        let compared = self.claims.target_latency_ns.or(schedule.response_p99_9_ns);
        if let (Some(late), Some(compared)) = (schedule.lateness_p99_9_ns, compared)
            && u128::from(late) * 10 > u128::from(compared)
        {
            let (late, compared) = (millis(late), millis(compared));
            let zh = format!("发起端延迟 p99.9 为 {late}，超过所比时延 {compared} 的 10 %");
            let en = format!(
                "the generator was {late} late at p99.9, over 10 % of the {compared} compared with"
            );
            out.push(Doubt::new("generator-late", zh, en));
        }
        let short = u128::from(self.ios) * 1_000 < u128::from(schedule.offered) * 995;
        if short && schedule.backlog_max == 0 {
            let (done, due) = (grouped(self.ios), grouped(schedule.offered));
            let zh = format!("应发 {due} 次，完成 {done} 次，而无积压：发起端不足");
            let en = format!(
                "{due} operations were due, {done} completed, nothing waited: the generator is too slow"
            );
            out.push(Doubt::new("generator-short", zh, en));
        }
    }

    fn processors(&self, out: &mut Vec<Doubt>) {
        busy("", self.busiest_thread_ppm, out);
        self.stolen("", self.steal_ppm, out);
    }

    /// Time that the hypervisor takes lengthens as large a share of the operations; a
    /// percentile beyond that share may show the hypervisor and not the device.
    fn stolen(&self, name: &str, ppm: u32, out: &mut Vec<Doubt>) {
        let judged = self.claims.percentiles_ppm.iter();
        let tail = judged.map(|ppm| 1_000_000_u32.saturating_sub(*ppm)).min();
        let most = tail.unwrap_or(MOST_STEAL_PPM).min(MOST_STEAL_PPM);
        if self.claims.speed && ppm > most {
            let (ppm, most) = (percent(ppm), percent(most));
            let zh = format!("{name}虚拟化平台占走 {ppm} 的处理器时间，超过 {most}");
            let en =
                format!("{name}the hypervisor took {ppm} of the processors' time, over {most}");
            out.push(Doubt::new("steal", zh, en));
        }
    }

    fn volume(&self, out: &mut Vec<Doubt>) {
        if let Some(steady) = &self.steady
            && !steady.steady
        {
            out.push(unsteady(steady));
        }
        match self.fill {
            Fill::NoMarker => out.push(Doubt::new(
                "not-filled",
                "没有预写标记：精简卷未写过的空间不产生真实读写",
                "no mark says that the volume was filled: a thin one answers for unwritten space without reading",
            )),
            Fill::Sampled { blocks, wrong } if wrong > 0 => out.push(Doubt::new(
                "not-filled",
                format!("抽查 {blocks} 块，{wrong} 块不是预写的内容"),
                format!("of {blocks} blocks read, {wrong} do not hold what was filled in"),
            )),
            Fill::NotAsked | Fill::Sampled { .. } => {}
        }
        if let Some(milli) = self.reduction_milli
            && milli > MOST_REDUCTION_MILLI
        {
            let ratio = format!("{}.{:03}", milli / 1000, milli % 1000);
            let zh = format!("阵列将不可压缩数据缩减为 {ratio}:1，超过 1.05:1");
            let en =
                format!("the array reduced data that cannot be reduced by {ratio}:1, over 1.05:1");
            out.push(Doubt::new("reduced-data", zh, en));
        }
    }

    fn hits(&self, out: &mut Vec<Doubt>) {
        let HitRate::Known(hit) = &self.hit_rate else { return };
        let asked = percent(hit.requested_ppm);
        match hit.evidenced_ppm {
            None => out.push(Doubt::new(
                "hit-rate-not-evidenced",
                format!("要求命中率 {asked}，没有阵列计数，冷热时延也无法区分"),
                format!("asked for {asked} hits: no counters of the array, and hot and cold latencies look alike"),
            )),
            Some(ppm) if ppm.abs_diff(hit.requested_ppm) > HIT_TOLERANCE_PPM => {
                let (is, off) = (percent(ppm), percent(HIT_TOLERANCE_PPM));
                let zh = format!("要求命中率 {asked}，实际 {is}，相差超过 {off}");
                let en = format!("asked for {asked} hits, got {is}: more than {off} off");
                out.push(Doubt::new("hit-rate-off", zh, en));
            }
            Some(_) => {}
        }
    }

    fn clocks(&self, out: &mut Vec<Doubt>) {
        if let Some(ppm) = self.clock_drift_ppm
            && ppm > MOST_DRIFT_PPM
        {
            let zh = format!("计时源漂移 {ppm} ppm，超过 {MOST_DRIFT_PPM} ppm");
            let en = format!("the clock drifted by {ppm} ppm, over {MOST_DRIFT_PPM} ppm");
            out.push(Doubt::new("clock-drift", zh, en));
        }
    }

    fn clients(&self, out: &mut Vec<Doubt>) {
        for agent in &self.agents {
            let name = &agent.name;
            if let Some(why) = &agent.lost {
                let en = format!("agent `{name}` was lost: {why}");
                out.push(Doubt::new("agent-lost", format!("客户端 `{name}` 失联：{why}"), en));
            }
            if agent.clock_error_ns >= CLOCK_ERROR_NS {
                let error = millis(agent.clock_error_ns);
                let zh = format!("客户端 `{name}` 的时钟误差 {error}，须小于 1 ms");
                let en = format!(
                    "the clock of agent `{name}` may be {error} off; it has to be less than 1 ms"
                );
                out.push(Doubt::new("clock-skew", zh, en));
            }
            busy(&format!("`{name}`: "), agent.busiest_thread_ppm, out);
            self.stolen(&format!("`{name}`: "), agent.steal_ppm, out);
        }
        for link in &self.links {
            let used = u128::from(link.used_bytes_per_s) * 8 * 1_000_000;
            if used > u128::from(link.bits_per_s) * u128::from(MOST_LINK_PPM) {
                let share = percent(used.checked_div(u128::from(link.bits_per_s)).unwrap_or(0));
                let name = &link.name;
                let zh = format!("链路 `{name}` 已用线速的 {share}：受限于客户端链路");
                let en = format!(
                    "link `{name}` carried {share} of its line rate: the client's link is the limit"
                );
                out.push(Doubt::new("link-saturated", zh, en));
            }
        }
    }
}

fn busy(name: &str, ppm: u32, out: &mut Vec<Doubt>) {
    if ppm > MOST_BUSY_PPM {
        let (ppm, most) = (percent(ppm), percent(MOST_BUSY_PPM));
        let zh = format!("{name}最忙的线程占用处理器 {ppm}，超过 {most}：受限于客户端");
        let en = format!(
            "{name}the busiest thread was on a processor for {ppm} of its time, over {most}: the client is the limit"
        );
        out.push(Doubt::new("cpu-bound", zh, en));
    }
}

fn unsteady(steady: &Steady) -> Doubt {
    if let (Some(round), Some(left)) = (steady.round, steady.left_at_round) {
        let zh = format!("第 {round} 轮进入稳态，第 {left} 轮又离开");
        return Doubt::new(
            "left-steady-state",
            zh,
            format!("steady at round {round}, no longer at {left}"),
        );
    }
    let (range, slope) = (percent(steady.range_ppm), percent(steady.slope_ppm));
    let rounds = steady.rounds_milli.len();
    Doubt::new(
        "not-steady",
        format!("{rounds} 轮未达稳态：极差 {range}（≤ 20 %），斜率 {slope}（≤ 10 %）"),
        format!("not steady after {rounds} rounds: range {range} (≤ 20 %), slope {slope} (≤ 10 %)"),
    )
}

/// Returns how many operations a percentile needs: ten beyond it, and never fewer than
/// 1,000.
fn operations_behind(ppm: u32) -> u64 {
    let beyond = u64::from(1_000_000_u32.saturating_sub(ppm)).max(1);
    10_000_000_u64.div_ceil(beyond).max(1_000)
}

/// Returns the name of a percentile: `p99.9`.
fn percentile(ppm: u32) -> String {
    let text = format!("p{}.{:04}", ppm / 10_000, ppm % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
