//! The steady-state arithmetic against independent ones: SNIA SSS PTS 2.0.2 §2.1.24 in
//! reduced fractions and by another formula for the slope, and, where Python is there, in
//! its fractions by the textbook's formula. Neither shares a line with what is tested.

use std::fmt;
use std::io::Write;
use std::process::{Command, Stdio};

use storage_bench::steady::Window;

/// A reduced fraction with a positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ratio {
    over: i128,
    under: i128,
}

impl Ratio {
    fn new(over: i128, under: i128) -> Self {
        assert!(under != 0);
        let divisor = gcd(over.unsigned_abs(), under.unsigned_abs()).max(1);
        let divisor = i128::try_from(divisor).expect("values are of 64 bits") * under.signum();
        Self { over: over / divisor, under: under / divisor }
    }

    fn whole(value: i128) -> Self {
        Self::new(value, 1)
    }

    fn times(self, other: Self) -> Self {
        Self::new(self.over * other.over, self.under * other.under)
    }

    fn at_most(self, other: Self) -> bool {
        self.over * other.under <= other.over * self.under
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Every pair of rounds is at most a fifth of the mean apart, and the line rises by at most a
/// tenth of it. The slope is the mean of the slopes of all pairs, each weighed by the square
/// of its distance: the least-squares line by another road, without means and sums of squares.
fn by_pairs(values: [u64; 5]) -> bool {
    let y = values.map(i128::from);
    let mean = Ratio::new(y.iter().sum(), 5);
    if mean.over == 0 {
        return false;
    }
    let (mut weighed, mut weight) = (0_i128, 0_i128);
    let mut near = true;
    for (i, first) in y.iter().enumerate() {
        for (j, second) in y.iter().enumerate().skip(i + 1) {
            let apart = i128::try_from(j - i).expect("at most 4");
            let rise = second - first;
            weighed += apart * rise;
            weight += apart * apart;
            near &= Ratio::whole(rise.abs()).at_most(mean.times(Ratio::new(1, 5)));
        }
    }
    let slope = Ratio::new(weighed.abs(), weight);
    near && slope.times(Ratio::whole(4)).at_most(mean.times(Ratio::new(1, 10)))
}

/// The same from the textbook: means, sums of squares, the line at both ends.
const PYTHON: &str = r"
import sys
from fractions import Fraction as F
for line in sys.stdin:
    y = [F(word) for word in line.split()]
    x = [F(n) for n in range(1, 6)]
    mx, my = sum(x) / 5, sum(y) / 5
    b = sum((p - mx) * (q - my) for p, q in zip(x, y)) / sum((p - mx) ** 2 for p in x)
    fit = [my + b * (p - mx) for p in x]
    steady = my > 0 and max(y) - min(y) <= F(20, 100) * my \
        and max(fit) - min(fit) <= F(10, 100) * my
    print(int(steady))
";

/// Five rounds, whether they are steady by hand, and why.
struct Series(&'static str, [u64; 5], bool);

const SERIES: &[Series] = &[
    Series("flat", [1_000; 5], true),
    Series("flat at one", [1; 5], true),
    Series("flat at 10^15", [1_000_000_000_000_000; 5], true),
    Series("nothing happened", [0; 5], false),
    Series("one round of five", [0, 0, 0, 0, 1], false),
    Series("all but the first", [0, 100, 100, 100, 100], false),
    // Range 20.0 % of the mean and no slope, in every place the extremes can have.
    Series("range 20.0 %: ends low", [90, 110, 100, 110, 90], true),
    Series("range 20.0 %: ends high", [110, 90, 100, 90, 110], true),
    Series("range 20.0 %: 2nd and 4th", [100, 90, 100, 110, 100], true),
    Series("range 20.0 %: 4th and 2nd", [100, 110, 100, 90, 100], true),
    Series("range 20.0 %: middle high", [96, 96, 116, 96, 96], true),
    Series("range 20.0 %: middle low", [104, 104, 84, 104, 104], true),
    Series("range 20.0 % scaled", [9_000_000, 11_000_000, 10_000_000, 11_000_000, 9_000_000], true),
    // A hair over and under.
    Series("range just over: ends lower", [89_999, 110_000, 100_000, 110_000, 89_999], false),
    Series("range just under: ends higher", [90_001, 110_000, 100_000, 110_000, 90_001], true),
    Series("range just over: inner higher", [90_000, 110_001, 100_000, 110_001, 90_000], false),
    Series("range just under: inner lower", [90_000, 109_999, 100_000, 109_999, 90_000], true),
    Series("range just over: middle high", [96_000, 96_000, 116_001, 96_000, 96_000], false),
    Series("range just under: middle high", [96_000, 96_000, 115_999, 96_000, 96_000], true),
    Series("range just over: middle low", [104_000, 104_000, 83_999, 104_000, 104_000], false),
    Series("range just under: middle low", [104_000, 104_000, 84_001, 104_000, 104_000], true),
    Series("range over by the mean alone", [100, 90, 99, 110, 100], false),
    Series("range under by the mean alone", [100, 90, 101, 110, 100], true),
    // The line rises by 10.0 % of the mean over the window.
    Series("slope 10.0 % rising", [950, 975, 1_000, 1_025, 1_050], true),
    Series("slope 10.0 % falling", [1_050, 1_025, 1_000, 975, 950], true),
    Series("slope 10.0 % by the ends", [9_375, 10_000, 10_000, 10_000, 10_625], true),
    Series("slope 10.0 % by the inner two", [10_000, 8_750, 10_000, 11_250, 10_000], false),
    Series("slope 10.0 % with a saw", [1_950, 1_925, 2_050, 2_025, 2_050], true),
    Series("slope just over, rising", [94_999, 97_500, 100_000, 102_500, 105_001], false),
    Series("slope just under, rising", [95_001, 97_500, 100_000, 102_500, 104_999], true),
    Series("slope just over, falling", [105_001, 102_500, 100_000, 97_500, 94_999], false),
    Series("slope just under, falling", [104_999, 102_500, 100_000, 97_500, 95_001], true),
    Series("slope just over by the ends", [93_749, 100_000, 100_000, 100_000, 106_251], false),
    Series("slope just under by the ends", [93_751, 100_000, 100_000, 100_000, 106_249], true),
    Series("slope over by the mean alone", [950, 975, 999, 1_025, 1_050], false),
    Series("slope under by the mean alone", [950, 975, 1_001, 1_025, 1_050], true),
    // One limit holds, the other does not.
    Series("slow decay within the range", [108, 104, 100, 96, 92], false),
    Series("slow rise within the range", [92, 96, 100, 104, 108], false),
    Series("saw without a slope", [80, 120, 100, 120, 80], false),
    Series("both limits at once", [9_000, 10_500, 10_000, 9_500, 11_000], false),
    Series("range 20.0 % and slope 12 %", [9_500, 9_000, 10_500, 11_000, 10_000], false),
    // As devices do.
    Series("a fresh SSD falls off its cache", [90_000, 70_000, 10_000, 30_000, 30_000], false),
    Series("and settles", [31_000, 30_000, 30_500, 29_800, 30_100], true),
    Series("a throttle, a slice more or less", [800_000, 805_000, 800_000, 795_000, 800_000], true),
    Series("garbage collection every other", [100, 60, 100, 60, 100], false),
    Series("latency in ns, steady", [81_204, 80_977, 82_010, 81_500, 80_700], true),
    Series("latency in ns, one pause", [81_204, 80_977, 182_010, 81_500, 80_700], false),
    Series(
        "bytes a second of a fast disk",
        [6_900_000_000, 6_950_000_000, 7_000_000_000, 6_800_000_000, 6_850_000_000],
        true,
    ),
];

impl fmt::Display for Series {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {:?}", self.0, self.1)
    }
}

/// Returns what Python says of each; `None` where there is none, which fails where peers are
/// required.
fn by_python(all: &[[u64; 5]]) -> Option<Vec<bool>> {
    let spawned = Command::new("python3")
        .args(["-c", PYTHON])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = spawned else {
        assert!(
            std::env::var_os("ASSAY_REQUIRE_PEERS").is_none(),
            "python3 is missing, and ASSAY_REQUIRE_PEERS is set"
        );
        return None;
    };
    let lines: Vec<String> = all.iter().map(|y| y.map(|one| one.to_string()).join(" ")).collect();
    let mut stdin = child.stdin.take().expect("it is piped");
    let text = lines.join("\n") + "\n";
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("python ends");
    writer.join().expect("it does not panic").expect("python reads all");
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).expect("digits");
    Some(said.lines().map(|line| line == "1").collect())
}

/// Chance that can be repeated (splitmix64).
fn chance(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[test]
fn every_series_is_judged_as_by_hand_and_by_independent_computations() {
    let values: Vec<[u64; 5]> = SERIES.iter().map(|series| series.1).collect();
    let python = by_python(&values);
    if python.is_none() {
        println!("python3 is missing: one independent computation instead of two");
    }
    let mut different = Vec::new();
    for (at, series) in SERIES.iter().enumerate() {
        let Series(_, values, by_hand) = series;
        let ours = Window::of(*values).is_steady();
        let mut others = vec![*by_hand, by_pairs(*values)];
        others.extend(python.as_ref().map(|said| said[at]));
        if others.iter().any(|other| *other != ours) {
            different.push(format!("{series}: {ours}, others {others:?}"));
        }
    }
    println!("figure: pts.series = {}", SERIES.len());
    println!("figure: pts.different = {}", different.len());
    println!("figure: pts.opinions = {}", 2 + usize::from(python.is_some()));
    assert!(SERIES.len() >= 30);
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn series_by_chance_about_the_limits_are_judged_alike() {
    let mut state = 2_026;
    let mut all = Vec::new();
    for _ in 0..10_000 {
        // About the mean by ± 12 %: half of them steady, many on an edge where the scale is
        // small.
        let scale =
            [50, 1_000, 100_000, 4_000_000_000][usize::try_from(chance(&mut state) % 4).unwrap()];
        let mut one = || scale * 88 / 100 + chance(&mut state) % (scale * 24 / 100 + 1);
        all.push([one(), one(), one(), one(), one()]);
    }
    let ours: Vec<bool> = all.iter().map(|values| Window::of(*values).is_steady()).collect();
    let pairs: Vec<bool> = all.iter().map(|values| by_pairs(*values)).collect();
    assert!(ours == pairs);
    if let Some(python) = by_python(&all) {
        assert!(ours == python);
    }
    let steady = ours.iter().filter(|steady| **steady).count();
    assert!((1_000..9_000).contains(&steady), "{steady} of 10,000 are steady");
}
