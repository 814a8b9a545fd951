//! Laws that hold over states, fixed ones and random ones.

use dataplane::kernel::Kernel;
use dataplane::kernel::real::Real;
use dataplane::node;
use dataplane::plan::{Plan, Step, text};
use hw_tests::network::dump::Dump;
use libtest_mimic::Failed;

use crate::node::{ALL, Lab, TAPS, converge, look, read, same};
use crate::random::{Random, desired};
use crate::state::{Which, text as state};

/// Random states at each of the random laws.
const RUNS: u64 = 6;

pub(crate) fn applied() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let mut real = lab.real()?;
    for which in [Which::One, Which::Other] {
        let desired = read(&state(which))?;
        let steps = converge(&mut real, &desired)?;
        assert!(steps > 100, "{steps}");
        let before = lab.dump()?;
        assert_eq!(converge(&mut real, &desired)?, 0);
        same("an empty plan changed something", &before, &lab.dump()?)?;
    }
    Ok(())
}

pub(crate) fn random_applied() -> Result<(), Failed> {
    let seed = seed();
    for run in 0..RUNS {
        let lab = Lab::new()?;
        let mut real = lab.real()?;
        let mut random = Random::new(seed + run);
        for _ in 0..3 {
            let desired = desired(&mut random);
            converge(&mut real, &desired)?;
            let plan = look(&mut real, &desired)?.plan;
            assert!(plan.is_empty(), "seed {}: {plan:#?}", seed + run);
        }
    }
    Ok(())
}

pub(crate) fn undone() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let mut real = lab.real()?;
    for which in [Which::One, Which::Other] {
        let desired = read(&state(which))?;
        let plan = look(&mut real, &desired)?.plan;
        there_and_back(&lab, &mut real, &plan).map_err(|error| said(which, &error))?;
        converge(&mut real, &desired)?;
    }
    let plan = node::look_to_destroy(&mut real, &ALL)?.plan;
    there_and_back(&lab, &mut real, &plan)
}

pub(crate) fn random_undone() -> Result<(), Failed> {
    let seed = seed();
    for run in 0..RUNS {
        let lab = Lab::new()?;
        let mut real = lab.real()?;
        let mut random = Random::new(seed + run);
        converge(&mut real, &desired(&mut random))?;
        let plan = look(&mut real, &desired(&mut random))?.plan;
        there_and_back(&lab, &mut real, &plan)
            .map_err(|error| said(format!("seed {}", seed + run), &error))?;
    }
    Ok(())
}

/// Does a plan, undoes it step by step, newest first, and expects what was there before.
fn there_and_back(lab: &Lab, real: &mut Real, plan: &Plan) -> Result<(), Failed> {
    let before = lab.dump()?;
    let done = |real: &mut Real, steps: &[Step]| {
        let outcomes = real.perform(steps);
        let failed = outcomes.iter().zip(steps).find_map(|(outcome, step)| {
            Some(format!("{}: {}", text::step(step).en, outcome.as_ref().err()?))
        });
        failed.map_or(Ok(()), |failed| Err(Failed::from(failed)))
    };
    let steps: Vec<Step> = plan.steps.iter().map(|planned| planned.step.clone()).collect();
    done(real, &steps)?;
    for planned in plan.steps.iter().rev() {
        for undo in &*planned.undo() {
            done(real, std::slice::from_ref(undo))?;
        }
    }
    same("after all was undone", &before, &lab.dump()?)
}

/// Several states one after the other, and the last of them at once; then nothing.
pub(crate) fn edits() -> Result<(), Failed> {
    let seed = seed();
    for run in 0..RUNS {
        let what = format!("seed {}", seed + run);
        let (edited, direct) = (Lab::new()?, Lab::new()?);
        let (mut real, mut other) = (edited.real()?, direct.real()?);
        let before = edited.dump()?;
        let mut random = Random::new(seed + run);
        for _ in 0..4 {
            converge(&mut real, &desired(&mut random))?;
        }
        let last = desired(&mut random);
        converge(&mut real, &last)?;
        converge(&mut other, &last)?;
        let [one, two] = [&edited, &direct].map(|lab| calm(lab).and_then(|()| zoneless(lab)));
        same(&what, &two?, &one?)?;
        destroy(&mut real)?;
        calm(&edited)?;
        same(&format!("{what}, nothing"), &before, &edited.dump()?)?;
    }
    Ok(())
}

fn destroy(real: &mut Real) -> Result<(), Failed> {
    let plan = node::look_to_destroy(real, &ALL)?.plan;
    let steps: Vec<Step> = plan.steps.iter().map(|planned| planned.step.clone()).collect();
    match real.perform(&steps).into_iter().find_map(Result::err) {
        Some(error) => Err(error.to_string().into()),
        None => Ok(()),
    }
}

/// A dump without the numbers of zones: a network keeps the one that it was given.
fn zoneless(lab: &Lab) -> Result<Dump, Failed> {
    let mut dump = lab.dump()?;
    for each in dump.values_mut().flatten() {
        if each["map"]["name"] == "as_zone" {
            for element in each["map"]["elem"].as_array_mut().into_iter().flatten() {
                element[1] = 0.into();
            }
        }
    }
    Ok(dump)
}

/// Takes away what stays of a tap that is no port any more: its MTU, and that it is down or up.
fn calm(lab: &Lab) -> Result<(), Failed> {
    for at in 0..TAPS {
        let link = lab.space.json(&["ip", "-j", "link", "show", "dev", &format!("t{at}")])?;
        if link[0].get("master").is_none() {
            lab.ip(&format!("link set t{at} mtu 1500 down"))?;
        }
    }
    Ok(())
}

fn said(what: impl std::fmt::Debug, error: &Failed) -> Failed {
    format!("{what:?}: {}", error.message().unwrap_or_default()).into()
}

/// Of the random states; printed, so that a failure can be had again.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    let given = std::env::var("ASSAY_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| RandomState::new().hash_one(0_u8) >> 1);
    println!("ASSAY_SEED={seed}");
    seed
}
