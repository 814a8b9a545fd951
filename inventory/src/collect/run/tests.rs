//! Tests of `run`.

use std::sync::Mutex;

use super::*;
use crate::model::{Fan, Tpm};

const LONG: Duration = Duration::from_mins(10);

fn job(
    name: &'static str,
    sections: &'static [Section],
    deadline: Duration,
    work: impl FnOnce(&Builder) + Send + 'static,
) -> Job {
    Job { name, sections, deadline, work: Box::new(work) }
}

fn one_fan(builder: &Builder) {
    builder.edit(|inventory| inventory.fan.push(Fan::default()));
}

fn status(done: &Collected, section: Section) -> SectionState {
    done.inventory.sections[&section].status
}

#[test]
fn a_collector_that_hangs_keeps_what_it_found_and_costs_its_sections_a_reason() {
    let (release, hang) = channel::<()>();
    let hanging = job("hanging", &[Section::Fan, Section::Sensor], Duration::from_millis(30), {
        move |builder| {
            one_fan(builder);
            // Ends when the test drops its half: no thread outlives it.
            hang.recv().ok();
            one_fan(builder);
        }
    });
    let quick = job("quick", &[Section::Tpm], LONG, |builder| {
        builder.edit(|inventory| inventory.tpm.push(Tpm::default()));
        builder.section(Section::Tpm, SectionState::Complete, None);
    });
    let done = run(vec![hanging, quick], None, &|_| ());
    drop(release);
    assert_eq!(done[0].inventory.fan.len(), 1);
    assert_eq!(status(&done[0], Section::Fan), SectionState::Partial);
    assert_eq!(status(&done[0], Section::Sensor), SectionState::Failed);
    let reason = done[0].inventory.sections[&Section::Fan].reason.clone();
    assert_eq!(reason.as_deref(), Some("collector `hanging` did not end within 30ms"));
    assert_eq!(status(&done[1], Section::Tpm), SectionState::Complete);
}

#[test]
fn a_panic_costs_its_section_and_nothing_else() {
    let broken = job("broken", &[Section::Fan, Section::Sensor], LONG, |builder| {
        one_fan(builder);
        builder.section(Section::Fan, SectionState::Complete, None);
        panic!("a bug on purpose");
    });
    let sound = job("sound", &[Section::Tpm], LONG, |builder| {
        builder.section(Section::Tpm, SectionState::Unsupported, None);
    });
    let done = run(vec![broken, sound], None, &|_| ());
    assert_eq!(status(&done[0], Section::Fan), SectionState::Complete, "it was finished before");
    assert_eq!(status(&done[0], Section::Sensor), SectionState::Failed);
    let reason = done[0].inventory.sections[&Section::Sensor].reason.clone();
    assert_eq!(reason.as_deref(), Some("collector `broken` stopped: a bug on purpose"));
    assert_eq!(status(&done[1], Section::Tpm), SectionState::Unsupported);
}

#[test]
fn an_interrupt_ends_the_wait_and_is_said() {
    let flag = AtomicBool::new(true);
    let (release, hang) = channel::<()>();
    let hanging = job("hanging", &[Section::Fan], LONG, move |_| {
        hang.recv().ok();
    });
    let done = run(vec![hanging], Some(&flag), &|_| ());
    drop(release);
    let section = &done[0].inventory.sections[&Section::Fan];
    assert_eq!(section.reason.as_deref(), Some("the collection was interrupted"));
}

#[test]
fn progress_names_each_section_once() {
    let seen = Mutex::new(Vec::new());
    let jobs = vec![
        job("a", &[Section::Fan, Section::Sensor], LONG, one_fan),
        job("b", &[Section::Tpm], LONG, |_| ()),
    ];
    run(jobs, None, &|section| seen.lock().expect("lock").push(section));
    let mut seen = seen.into_inner().expect("lock");
    seen.sort();
    assert_eq!(seen, [Section::Fan, Section::Sensor, Section::Tpm]);
}
