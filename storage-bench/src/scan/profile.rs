//! The load that every disk of a search runs, in three phases: `storage.md` §8, 1.
//!
//! One operation in flight and the plainest engine throughout: what an engine or a queue
//! would do is the same for all peers only where there is none.

use std::time::Duration;

use crate::drive::Drive;
use crate::engine::Wanted;
use crate::histogram::Histogram;
use crate::measurement::Mode;
use crate::observed::Observed;
use crate::scan::Speeds;
use crate::workload::{BlockShare, Distribution, Order, Spec};

/// Bytes of a random read.
const SMALL: u32 = 4 << 10;
/// Bytes of a sequential read.
const LARGE: u32 = 128 << 10;
/// Operations below which a 99.9th percentile is no percentile.
const LEAST_OF_A_TAIL: u64 = 10_000;

/// A part of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// 4 KiB random reads over the whole disk.
    Random,
    /// 128 KiB sequential reads from its start, where a hard disk is fastest.
    Outer,
    /// The same over its last tenth.
    Inner,
}

impl Phase {
    /// All, in the order in which they run.
    pub const ALL: [Self; 3] = [Self::Random, Self::Outer, Self::Inner];

    /// Returns its share of the time of one disk: half for latency, which needs it.
    pub fn share(self, runtime: Duration) -> Duration {
        match self {
            Self::Random => runtime / 2,
            Self::Outer | Self::Inner => runtime / 4,
        }
    }

    /// Returns its load on a disk of `size_bytes` for `runtime` in all; `None` of one that
    /// is too small to have a first and a last tenth.
    pub fn load(self, size_bytes: u64, seed: u64, runtime: Duration) -> Option<Drive> {
        let large = u64::from(LARGE);
        let tenth = size_bytes / 10 / large * large;
        let (bytes, start_bytes, span_bytes) = match self {
            Self::Random => (SMALL, 0, size_bytes / large * large),
            Self::Outer => (LARGE, 0, tenth),
            Self::Inner => (LARGE, (size_bytes / large * large).checked_sub(tenth)?, tenth),
        };
        let blocks = vec![BlockShare { bytes, percent: 100 }];
        let order = match self {
            Self::Random => Order::Random { distribution: Distribution::Uniform, repeat: true },
            Self::Outer | Self::Inner => Order::Sequential,
        };
        let spec = Spec {
            start_bytes,
            span_bytes,
            read_percent: 100,
            trim: false,
            read_blocks: blocks.clone(),
            write_blocks: blocks,
            align_bytes: 0,
            order,
            seed,
        };
        (tenth > 0).then(|| Drive {
            engine: Wanted::Sync,
            runtime: Some(self.share(runtime)),
            ..Drive::single(Mode::Latency, spec)
        })
    }

    /// Returns the phase that measures the speed of this name.
    pub fn of(speed: &str) -> Option<Self> {
        match speed {
            "mean_ns" | "p99_9_ns" => Some(Self::Random),
            "outer_bytes_per_s" => Some(Self::Outer),
            "inner_bytes_per_s" => Some(Self::Inner),
            _ => None,
        }
    }

    /// Puts what a phase showed into a disk's speeds.
    pub fn note(self, seen: &Observed, speeds: &mut Speeds) {
        let mut service = Histogram::new();
        let mut bytes = 0_u64;
        for stream in seen.streams.values() {
            service.merge(&stream.service);
            bytes = bytes.saturating_add(stream.bytes);
        }
        speeds.max_ns = speeds.max_ns.max(service.max());
        let errors: u64 = seen.errors.values().sum();
        speeds.errors = speeds.errors.saturating_add(errors);
        let per_s = (u128::from(bytes) * 1_000_000_000).checked_div(u128::from(seen.elapsed_ns));
        let per_s = per_s.and_then(|rate| u64::try_from(rate).ok()).filter(|rate| *rate > 0);
        match self {
            Self::Random => {
                speeds.mean_ns = service.mean();
                speeds.p99_9_ns =
                    service.percentile(999_000).filter(|_| service.count() >= LEAST_OF_A_TAIL);
            }
            Self::Outer => speeds.outer_bytes_per_s = per_s,
            Self::Inner => speeds.inner_bytes_per_s = per_s,
        }
    }
}

/// Bytes that are read of a zone.
const OF_A_ZONE: u64 = 16 << 20;
/// Reads of a zone below which their median is chance.
const LEAST_OF_A_ZONE: u64 = 64;

/// Returns into how many parts a disk of `size_bytes` can be swept, of `zones` asked for;
/// `None` where not even eight have room for a median.
pub fn zones(size_bytes: u64, zones: u32) -> Option<u32> {
    let most = size_bytes / (LEAST_OF_A_ZONE * u64::from(LARGE));
    Some(u32::try_from(most).unwrap_or(u32::MAX).min(zones)).filter(|zones| *zones >= 8)
}

/// Returns the load that samples part `zone` of `zones` of a disk of `size_bytes`; `None`
/// where the parts would be too small.
pub fn zone(size_bytes: u64, zone: u32, zones: u32) -> Option<Drive> {
    let large = u64::from(LARGE);
    let bytes = size_bytes.checked_div(zones.into())? / large * large;
    let sampled = bytes.min(OF_A_ZONE);
    let mut load = Phase::Outer.load(size_bytes, 0, Duration::from_secs(1))?;
    for spec in &mut load.threads {
        spec.start_bytes = bytes.checked_mul(zone.into())?;
        spec.span_bytes = sampled;
    }
    let load = Drive { runtime: None, bytes: Some(sampled), ..load };
    (bytes >= LEAST_OF_A_ZONE * large && zone < zones).then_some(load)
}

/// Returns the speed of a zone, in bytes a second: that of its median read.
pub fn zone_speed(seen: &Observed) -> Option<u64> {
    let mut service = Histogram::new();
    seen.streams.values().for_each(|stream| service.merge(&stream.service));
    (u64::from(LARGE) * 1_000_000_000).checked_div(service.percentile(500_000)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::Stream;
    use crate::workload::{Op, Region};

    #[test]
    fn the_phases_stay_on_the_disk_and_fill_its_time() {
        let runtime = Duration::from_secs(40);
        for size in [10 * 131_072, 16 << 20, 4_000_787_030_016] {
            let mut time = Duration::ZERO;
            for phase in Phase::ALL {
                let load = phase.load(size, 1, runtime).unwrap();
                let spec = &load.threads[0];
                assert!(spec.start_bytes + spec.span_bytes <= size, "{phase:?} of {size}");
                assert_eq!(spec.read_percent, 100);
                time += load.runtime.unwrap();
            }
            assert_eq!(time, runtime);
        }
        assert_eq!(Phase::Inner.load(1 << 20, 1, runtime).map(|load| load.iodepth), None);
    }

    #[test]
    fn what_a_phase_shows_is_what_its_speed_is() {
        let stream = |count: u64| {
            let mut stream = Stream { bytes: 500_000_000, ..Stream::default() };
            (0..count).for_each(|_| stream.service.record(100_000));
            stream
        };
        let seen = |count| Observed {
            elapsed_ns: 2_000_000_000,
            streams: [((Op::Read, Region::Hot), stream(count))].into(),
            errors: [((Op::Read, 5), 3)].into(),
            ..Observed::default()
        };
        let mut speeds = Speeds::default();
        Phase::Random.note(&seen(9_999), &mut speeds);
        assert_eq!((speeds.p99_9_ns, speeds.errors), (None, 3), "too few for a tail");
        Phase::Random.note(&seen(10_000), &mut speeds);
        assert!(speeds.p99_9_ns.is_some() && speeds.mean_ns == Some(100_000), "{speeds:?}");
        Phase::Outer.note(&seen(1), &mut speeds);
        Phase::Inner.note(&Observed::default(), &mut speeds);
        assert_eq!(speeds.outer_bytes_per_s, Some(250_000_000));
        assert_eq!(speeds.inner_bytes_per_s, None, "nothing was read");
    }

    #[test]
    fn the_zones_of_a_disk_lie_beside_each_other() {
        let at = |at| zone(1 << 30, at, 64).map(|load| load.threads[0].start_bytes);
        assert_eq!((at(0), at(1), at(63)), (Some(0), Some(16 << 20), Some(63 << 24)));
        assert_eq!(at(64), None);
        assert_eq!(zones(4_000_000_000_000, 64), Some(64));
        assert_eq!(zones(64 << 20, 64), Some(8), "8 MiB each");
        assert_eq!(zones((64 << 20) - 1, 64), None);
        assert_eq!(zone(1 << 20, 0, 64).map(|load| load.bytes), None, "too small");
    }
}
