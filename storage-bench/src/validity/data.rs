//! Whether the data that was written is what was asked for.

use crate::measurement::{DataCheck, Doubt};

/// How far a measured ratio may be from the one asked for, in thousandths of it: an LZ4 block has
/// a few bytes of its own.
pub const RATIO_TOLERANCE_MILLI: u32 = 100;

/// Returns the ratios that are not what was asked for.
pub fn doubts(data: &DataCheck) -> Vec<Doubt> {
    let measured = data.measured;
    [
        ("dedup", "重删比", data.asked_dedup_thousandths, measured.dedup_thousandths),
        ("compression", "压缩比", data.asked_compress_thousandths, measured.lz4_thousandths),
    ]
    .into_iter()
    .filter_map(|(en, zh, asked, found)| {
        let asked = asked?;
        let off = u64::from(found.abs_diff(asked)) * 1000;
        (off > u64::from(asked) * u64::from(RATIO_TOLERANCE_MILLI)).then(|| {
            let (asked, found) = (ratio(asked), ratio(found));
            Doubt::new(
                "data-ratio",
                format!("写入数据的{zh}实测 {found}，要求 {asked}"),
                format!("the {en} ratio of the data written is {found}, asked for {asked}"),
            )
        })
    })
    .collect()
}

/// Returns a ratio in thousandths as `2.00:1`.
pub fn ratio(thousandths: u32) -> String {
    format!("{}.{:02}:1", thousandths / 1000, thousandths % 1000 / 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Content, Ratios};

    #[test]
    fn data_that_is_made_here_is_what_was_asked_for() {
        for (dedup, compress) in [(1000, 1000), (2000, 1000), (1000, 2000), (3000, 2000)] {
            let content = if (dedup, compress) == (1000, 1000) {
                Content::default()
            } else {
                let (dedup_thousandths, compress_thousandths) = (dedup, compress);
                Content::Reducible { dedup_thousandths, compress_thousandths, unit_bytes: 4096 }
            };
            let found = content.glance(7).unwrap();
            assert_eq!(found.asked_dedup_thousandths, Some(dedup));
            assert_eq!(doubts(&found), [], "{found:?}");
        }
        let zero = Content::Zero.glance(7).unwrap();
        assert!(zero.measured.lz4_thousandths > 10_000 && doubts(&zero).is_empty(), "{zero:?}");
    }

    #[test]
    fn data_that_is_not_is_told_with_both_ratios() {
        let found = DataCheck {
            asked_dedup_thousandths: Some(2000),
            asked_compress_thousandths: Some(2000),
            measured: Ratios {
                bytes: 1 << 21,
                dedup_thousandths: 1250,
                lz4_thousandths: 1900,
                zstd_thousandths: 1900,
            },
        };
        let doubts = doubts(&found);
        assert_eq!(doubts.len(), 1, "{doubts:?}");
        assert_eq!(doubts[0].code, "data-ratio");
        assert!(
            doubts[0].en.contains("dedup ratio of the data written is 1.25:1, asked for 2.00:1")
        );
        assert!(doubts[0].zh.contains("重删比"));
    }
}
