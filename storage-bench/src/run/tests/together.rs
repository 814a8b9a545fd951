//! Several targets that a thread serves in turn, and several plans at once.

use std::sync::Mutex;

use super::*;

/// Notes which file each operation was made for.
struct Noted<'a> {
    script: Script<'static>,
    file: usize,
    order: &'a Mutex<Vec<usize>>,
}

impl Source for Noted<'_> {
    fn next_io(&mut self) -> Option<Io> {
        let next = self.script.next_io();
        if next.is_some() {
            self.order.lock().unwrap().push(self.file);
        }
        next
    }
}

fn all<S: Source + Send, A: Iterator<Item = u64> + Clone + Send>(
    crews: Vec<Crew<'_, S, Marks, A>>,
) -> (Outcome, Vec<u64>) {
    let stop = AtomicBool::new(false);
    let mut seconds = Vec::new();
    let mut progress = |second: &Second| {
        seconds.push(second.operations.values().map(|of| of.ios).sum());
    };
    let outcome =
        together(crews, &mut Control { stop: &stop, progress: &mut progress }, &mut Unwatched)
            .unwrap();
    (outcome, seconds)
}

#[test]
fn files_that_share_a_depth_take_turns_and_none_is_left_out() {
    for engine in ENGINES {
        for iodepth in [1, depth(engine)] {
            let files = [marked(8), marked(8), marked(8)];
            let open = files.each_ref().map(read_write);
            let order = Mutex::new(Vec::new());
            // The last one ends first, the second goes on alone.
            let targets = open.iter().zip([5, 8, 2]).enumerate().map(|(file, (open, count))| {
                let script = script(Op::Read, count);
                target(open, 32_768, Noted { script, file, order: &order })
            });
            let loads = vec![Load { cpu: None, targets: targets.collect() }];
            let plan = Plan { iodepth, in_turn: true, ..plan(engine, Mode::Latency) };
            let seen = all(vec![Crew { plan, loads }]).0.observed;
            assert_eq!(stream(&seen, Op::Read).service.count(), 15, "{engine:?}");
            assert!(seen.ended_early.is_none() && seen.errors.is_empty(), "{seen:?}");
            assert!(seen.elapsed_ns < 90_000_000, "no wait for what is not in flight: {seen:?}");
            let order = order.into_inner().unwrap();
            if iodepth == 1 {
                assert_eq!(order, [0, 1, 2, 0, 1, 2, 0, 1, 0, 1, 0, 1, 1, 1, 1], "{engine:?}");
            } else {
                assert_eq!(order.iter().filter(|file| **file == 1).count(), 8, "{engine:?}");
            }
        }
    }
}

#[test]
fn a_null_load_goes_over_several_targets_too() {
    let files = [marked(4), marked(4)];
    let open = files.each_ref().map(read_write);
    let targets = open.iter().map(|open| target(open, 16_384, script(Op::Write, 4))).collect();
    let plan = Plan { in_turn: true, fsync_every: 2, ..plan(Wanted::Null, Mode::Throughput) };
    let (outcome, _) = all(vec![Crew { plan, loads: vec![Load { cpu: None, targets }] }]);
    assert_eq!(stream(&outcome.observed, Op::Write).service.count(), 8);
    for file in &files {
        assert!(contents(file) == marks(0, 4 * BLOCK), "nothing was done");
    }
}

#[test]
fn targets_that_are_served_in_turn_pause_together() {
    let files = [marked(4), marked(4)];
    let open = files.each_ref().map(read_write);
    let targets = open.iter().map(|open| target(open, 16_384, script(Op::Read, 4))).collect();
    let think = Some(Think { after: 4, pause: Duration::from_millis(60) });
    let plan = Plan { in_turn: true, iodepth: 1, think, ..plan(Wanted::Sync, Mode::Latency) };
    let (outcome, _) = all(vec![Crew { plan, loads: vec![Load { cpu: None, targets }] }]);
    let elapsed = outcome.observed.elapsed_ns;
    // Eight operations of both: one pause, and not one for each.
    assert!((60_000_000..115_000_000).contains(&elapsed), "{elapsed}");
}

#[test]
fn plans_of_one_run_have_a_part_each_and_their_sum() {
    let file = marked(8);
    let open = read_write(&file);
    let crew = |mode, runtime_ms, delay_ms, op| {
        let script = Script { endless: true, ..script(op, 8) };
        let plan = Plan {
            runtime: Some(Duration::from_millis(runtime_ms)),
            delay: Duration::from_millis(delay_ms),
            ..plan(Wanted::Sync, mode)
        };
        let targets = vec![target(&open, 32_768, script)];
        Crew { plan, loads: vec![Load { cpu: None, targets }] }
    };
    let crews = vec![
        crew(Mode::Latency, 2_500, 0, Op::Read),
        crew(Mode::Throughput, 1_200, 1_000, Op::Write),
    ];
    let (outcome, seconds) = all(crews);
    let [reads, writes] = &outcome.devices[..] else { panic!("{outcome:?}") };
    let whole = outcome.observed;
    // The last operation may end a little behind its time.
    assert!((2_500..2_900).contains(&(reads.elapsed_ns / 1_000_000)), "{reads:?}");
    assert!((1_200..1_900).contains(&(writes.elapsed_ns / 1_000_000)), "what it waited counts not");
    assert_eq!((reads.seconds.len(), writes.seconds.len(), whole.seconds.len()), (3, 2, 3));
    assert!(writes.seconds[0].operations[&Op::Write].ios > 0);
    assert!(!whole.seconds[0].operations.contains_key(&Op::Write), "it had not begun");
    for (view, op) in [(reads, Op::Read), (writes, Op::Write)] {
        let count = stream(view, op).service.count();
        assert_eq!(count, stream(&whole, op).service.count());
        assert_eq!(view.streams.len(), 1);
        assert!(view.cost.user_ns + view.cost.system_ns > 0 && view.ended_early.is_none());
        adds_up(view);
    }
    assert_eq!(seconds.len(), 3);
    adds_up(&whole);
}

#[test]
fn an_operation_that_fails_ends_its_own_plan_only() {
    let (good, short) = (marked(8), marked(2));
    let open = [&good, &short].map(read_write);
    let crew = |open, runtime| {
        let script = Script { endless: true, ..script(Op::Read, 8) };
        let targets = vec![target(open, 32_768, script)];
        let plan = Plan { runtime, ..plan(Wanted::Sync, Mode::Latency) };
        Crew { plan, loads: vec![Load { cpu: None, targets }] }
    };
    let time = Some(Duration::from_millis(300));
    let (outcome, _) = all(vec![crew(&open[0], time), crew(&open[1], time)]);
    let [good, short] = &outcome.devices[..] else { panic!("{outcome:?}") };
    assert!(good.ended_early.is_none() && good.errors.is_empty(), "{good:?}");
    assert!((300_000_000..600_000_000).contains(&good.elapsed_ns), "{good:?}");
    assert!(short.ended_early.as_ref().unwrap().contains("nothing more"), "{short:?}");
    assert!(outcome.observed.ended_early.is_some());
}

#[test]
fn a_stop_ends_a_plan_that_has_not_begun() {
    let file = marked(8);
    let open = read_write(&file);
    let stop = AtomicBool::new(true);
    let plan = Plan { delay: Duration::from_mins(10), ..plan(Wanted::Sync, Mode::Latency) };
    let loads = vec![Load { cpu: None, targets: vec![target(&open, 32_768, script(Op::Read, 8))] }];
    let control = &mut Control { stop: &stop, progress: &mut |_| {} };
    let seen = together(vec![Crew { plan, loads }], control, &mut Unwatched).unwrap().observed;
    assert_eq!(seen.ended_early.as_deref(), Some("stopped on request"));
}

#[test]
fn stable_writes_and_the_flush_at_the_end_do_what_they_should() {
    for engine in ENGINES {
        for stable in [Stable::Data, Stable::All] {
            let file = NamedTempFile::new().unwrap();
            let open = read_write(&file);
            let plan = Plan { stable, fsync_at_end: true, ..plan(engine, Mode::Latency) };
            let seen = go(&plan, vec![target(&open, u64::MAX, script(Op::Write, 16))]).observed;
            assert!(contents(&file) == marks(0, 16 * BLOCK), "{engine:?}");
            assert!(seen.ended_early.is_none() && seen.errors.is_empty(), "{seen:?}");
            let name = if stable == Stable::Data { "RWF_DSYNC" } else { "RWF_SYNC" };
            assert!(seen.engine.feature.iter().any(|of| of.name == name && of.on), "{seen:?}");
            assert_eq!(stream(&seen, Op::Write).service.count(), 16);
        }
    }
}
