//! A plan made short, to try a set-up with: hooks, access, paths. Nothing that is run so
//! proves anything, and every run says so ([`Evidence::reduced`](crate::validity::Evidence)).

use crate::cases::build::SECOND_NS;
use crate::cases::{Case, Method, Plan, sum};

/// How many times shorter the measured part is; a minute becomes a second.
const MEASURED: u64 = 60;
/// How many times shorter the time before it is.
const BEFORE: u64 = 50;
/// How much is filled at most.
const FILLED_BYTES: u64 = 1 << 30;

/// Makes every case of a plan as short as tells that it can be run.
pub fn shorten(plan: &mut Plan) {
    for case in &mut plan.case {
        case_short(case);
    }
    let runs = || plan.case.iter().filter(|case| case.missing.is_empty());
    let (least_ns, most_ns) =
        (sum(runs().map(|case| case.least_ns)), sum(runs().map(|case| case.most_ns)));
    plan.most_written_bytes = sum(runs().map(|case| case.most_written_bytes));
    (plan.least_ns, plan.most_ns) = (least_ns, most_ns);
}

fn case_short(case: &mut Case) {
    let Some(load) = &mut case.load else { return };
    load.ramp_ns /= BEFORE;
    load.runtime_ns = (load.runtime_ns / MEASURED).max(u64::from(load.runtime_ns > 0));
    let shorter = |ns: u64| (ns / MEASURED).max(SECOND_NS);
    match &mut case.method {
        Method::Fill => {
            let whole = load.workload.span_bytes.max(1);
            load.workload.span_bytes = whole.min(FILLED_BYTES);
            let part = |ns: u64| {
                let ns = u128::from(ns) * u128::from(load.workload.span_bytes) / u128::from(whole);
                u64::try_from(ns).unwrap_or(u64::MAX)
            };
            (case.least_ns, case.most_ns) = (part(case.least_ns), part(case.most_ns));
            case.most_written_bytes = load.workload.span_bytes;
            return;
        }
        Method::FirstWrite => {
            let block = u64::from(super::build::MIB);
            load.workload.span_bytes = load.workload.span_bytes.min(64 * block);
            case.most_written_bytes = load.workload.span_bytes;
        }
        Method::UntilSteady { least_written_bytes, .. } => *least_written_bytes = 0,
        Method::Timed | Method::Ends { .. } | Method::Snapshots { .. } | Method::Reduction => {}
    }
    (case.least_ns, case.most_ns) = (shorter(case.least_ns), shorter(case.most_ns));
    case.most_written_bytes =
        case.most_written_bytes.min((case.most_written_bytes / MEASURED).max(FILLED_BYTES));
}
