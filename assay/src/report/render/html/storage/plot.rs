//! The drawing of one picture: its frame, its axes, and what lies between them.
//!
//! Every line has its own dashes and width and bears its name, every band its own grey:
//! a photocopy tells them apart.

use crate::output::put;

use super::super::text::{Html, label};
use super::scale::Axis;

/// Width of a picture across the page, and of one of two side by side.
pub(super) const WIDE: u32 = 700;
pub(super) const HALF: u32 = 344;

/// Room beside the plot: for the marks on the left and at the bottom, for the axis title
/// at the top, for the names of lines on the right.
const LEFT: u32 = 58;
const TOP: u32 = 20;
const BOTTOM: u32 = 32;

/// A place, in tenths of a unit.
pub(super) type Place = (u32, u32);

/// A mark of an axis: its place, and what it reads.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// The place along the axis, in tenths.
    pub(super) at: u32,
    /// What it reads.
    pub(super) text: String,
}

/// A picture that is being drawn.
#[derive(Debug)]
pub(super) struct Plot {
    width: u32,
    height: u32,
    right: u32,
    body: String,
    names: Vec<(u32, String)>,
}

impl Plot {
    /// Returns an empty picture with `right` units for the names of lines.
    pub(super) fn new(width: u32, height: u32, right: u32) -> Self {
        Self { width, height, right, body: String::new(), names: Vec::new() }
    }

    /// Returns the ends of the horizontal axis, in tenths.
    pub(super) fn across(&self) -> (u32, u32) {
        (LEFT * 10, self.width.saturating_sub(self.right) * 10)
    }

    /// Returns the ends of the vertical axis, in tenths, from the bottom up.
    pub(super) fn up(&self) -> (u32, u32) {
        (self.height.saturating_sub(BOTTOM) * 10, TOP * 10)
    }

    /// Draws the frame, the marks of both axes and their titles.
    pub(super) fn frame(&mut self, (x, x_title): (&[Mark], &str), (y, y_title): (&[Mark], &str)) {
        let ((left, right), (bottom, top)) = (self.across(), self.up());
        for mark in y {
            let at = tenths(mark.at);
            self.add(&format!(
                "<path class=\"rule\" d=\"M{} {at}H{}\"/><text class=\"y\" x=\"{}\" y=\"{at}\">{}</text>",
                tenths(left),
                tenths(right),
                tenths(left.saturating_sub(50)),
                label(&mark.text, 20),
            ));
        }
        for mark in x {
            let at = tenths(mark.at);
            self.add(&format!(
                "<path class=\"tick\" d=\"M{at} {}v3\"/><text class=\"x\" x=\"{at}\" y=\"{}\">{}</text>",
                tenths(bottom),
                tenths(bottom.saturating_add(120)),
                label(&mark.text, 20),
            ));
        }
        let middle = left.saturating_add(right) / 2;
        self.add(&format!(
            "<path class=\"axis\" d=\"M{} {}V{}H{}\"/>\
             <text class=\"x t\" x=\"{}\" y=\"{}\">{}</text><text class=\"t\" x=\"0\" y=\"9\">{}</text>",
            tenths(left),
            tenths(top),
            tenths(bottom),
            tenths(right),
            tenths(middle),
            self.height.saturating_sub(5),
            label(x_title, 80),
            label(y_title, 110),
        ));
    }

    /// Draws a line through places; `None` breaks it.
    pub(super) fn line(&mut self, look: &str, places: impl Iterator<Item = Option<Place>>) {
        let mut path = String::new();
        let mut run: Vec<Place> = Vec::new();
        for place in places.chain([None]) {
            if let Some(place) = place {
                run.push(place);
                continue;
            }
            // A value alone, between two gaps, is a dot.
            if let [(x, y)] = *run.as_slice() {
                run.push((x.saturating_add(10), y));
            }
            put_corners(&mut path, run.drain(..), "M");
        }
        if !path.is_empty() {
            self.add(&format!("<path class=\"line {look}\" d=\"{path}\"/>"));
        }
    }

    /// Draws a band between a lower and an upper line; `None` breaks it.
    pub(super) fn band(
        &mut self,
        look: &str,
        edges: impl Iterator<Item = Option<(u32, u32, u32)>>,
    ) {
        let mut path = String::new();
        let mut run: Vec<(u32, u32, u32)> = Vec::new();
        for edge in edges.chain([None]) {
            if let Some(edge) = edge {
                run.push(edge);
                continue;
            }
            // A value alone is as wide as a dot, so that it is seen.
            if let [(x, lower, upper)] = *run.as_slice() {
                run.push((x.saturating_add(10), lower, upper));
            }
            put_corners(&mut path, run.iter().map(|(x, lower, _)| (*x, *lower)), "M");
            put_corners(&mut path, run.iter().rev().map(|(x, _, upper)| (*x, *upper)), "L");
            path.push_str(if run.is_empty() { "" } else { "Z" });
            run.clear();
        }
        if !path.is_empty() {
            self.add(&format!("<path class=\"band {look}\" d=\"{path}\"/>"));
        }
    }

    /// Draws a level line all across, with its name at the right.
    pub(super) fn level(&mut self, look: &str, at: u32, name: &str) {
        let (left, right) = self.across();
        self.line(look, [Some((left, at)), Some((right, at))].into_iter());
        self.name(at, name);
    }

    /// Names a line at the right, beside the height at which it ends.
    pub(super) fn name(&mut self, at: u32, name: &str) {
        self.names.push((at, name.to_owned()));
    }

    /// Draws a point and what it reads, above it or below.
    pub(super) fn point(&mut self, (x, y): Place, look: &str, text: &str, below: bool) {
        let base = if below { y.saturating_add(130) } else { y.saturating_sub(60) };
        self.dot((x, y), look);
        self.add(&format!(
            "<text class=\"x v\" x=\"{}\" y=\"{}\">{}</text>",
            tenths(x),
            tenths(base),
            label(text, 24),
        ));
    }

    /// Draws a point.
    pub(super) fn dot(&mut self, (x, y): Place, look: &str) {
        let (x, y) = (tenths(x), tenths(y));
        self.add(&format!("<circle class=\"dot {look}\" cx=\"{x}\" cy=\"{y}\" r=\"2.6\"/>"));
    }

    /// Draws a rectangle from one place to another.
    pub(super) fn area(&mut self, look: &str, (left, top): Place, (right, bottom): Place) {
        self.add(&format!(
            "<rect class=\"{look}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            tenths(left),
            tenths(top),
            tenths(right.saturating_sub(left)),
            tenths(bottom.saturating_sub(top)),
        ));
    }

    /// Draws rectangles in one colour, each from its upper left place to its lower right.
    pub(super) fn cells(&mut self, fill: &str, cells: &[(Place, Place)]) {
        let mut path = String::new();
        for ((left, top), (right, bottom)) in cells {
            let (right, bottom) = (tenths(*right), tenths(*bottom));
            put(
                &mut path,
                format_args!(
                    "M{} {}H{right}V{bottom}H{}Z",
                    tenths(*left),
                    tenths(*top),
                    tenths(*left)
                ),
            );
        }
        if !path.is_empty() {
            self.add(&format!("<path fill=\"{fill}\" d=\"{path}\"/>"));
        }
    }

    /// Returns the picture; `told` says what it shows to those who do not see it.
    pub(super) fn finish(mut self, told: &str) -> Html {
        let (_, right) = self.across();
        let mut names = std::mem::take(&mut self.names);
        tiny_sort::stable::sort(&mut names);
        let count = u32::try_from(names.len()).unwrap_or(0);
        let lowest = self.height.saturating_sub(BOTTOM).saturating_mul(10);
        let mut least = TOP * 10;
        for (index, (at, name)) in names.iter().enumerate() {
            // Names keep a line's height between them, and all of them room above the axis.
            let after = count.saturating_sub(u32::try_from(index).unwrap_or(0)).saturating_sub(1);
            let most = lowest.saturating_sub(after.saturating_mul(LINE));
            let place = (*at).min(most).max(least);
            least = place.saturating_add(LINE);
            let piece = format!(
                "<path class=\"lead\" d=\"M{} {}L{} {}\"/><text class=\"n\" x=\"{}\" y=\"{}\">{}</text>",
                tenths(right.saturating_add(10)),
                tenths(*at),
                tenths(right.saturating_add(60)),
                tenths(place),
                tenths(right.saturating_add(80)),
                tenths(place),
                label(name, 40),
            );
            self.body.push_str(&piece);
        }
        Html(format!(
            "<svg class=\"plot\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">{}</svg>",
            self.width,
            self.height,
            label(told, 400),
            self.body
        ))
    }

    fn add(&mut self, piece: &str) {
        self.body.push_str(piece);
    }
}

/// Height of a line of names, in tenths.
const LINE: u32 = 110;

/// Returns the marks of an axis at `values`, read by `read`.
pub(super) fn marks(axis: &Axis, values: &[u64], read: impl Fn(u64) -> String) -> Vec<Mark> {
    values.iter().map(|value| Mark { at: axis.place(*value), text: read(*value) }).collect()
}

/// Adds corners to a path, the first by the command `first`.
fn put_corners(path: &mut String, corners: impl Iterator<Item = Place>, first: &str) {
    for (at, (x, y)) in corners.enumerate() {
        let pen = if at == 0 { first } else { "L" };
        put(path, format_args!("{pen}{} {}", tenths(x), tenths(y)));
    }
}

/// Writes tenths as a number: `12.5`.
fn tenths(tenths: u32) -> String {
    match tenths % 10 {
        0 => format!("{}", tenths / 10),
        rest => format!("{}.{rest}", tenths / 10),
    }
}
