//! A table of text with columns that line up, Chinese or not.

use super::{Paint, Tone, width};

/// A cell: text, and the tone it is said in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Its colour, where it has one.
    pub tone: Option<Tone>,
}

impl Cell {
    /// Returns a cell in `tone`.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone: Some(tone) }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), tone: None }
    }
}

/// A table with one heading per column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The headings.
    pub head: Vec<String>,
    /// The rows, each as long as the headings.
    pub rows: Vec<Vec<Cell>>,
}

/// No column is made narrower than this, whatever the terminal.
const NARROWEST: usize = 6;
/// Blanks between columns.
const GAP: usize = 2;

impl Table {
    /// Returns an empty table with these headings.
    pub fn new<const N: usize>(head: [&str; N]) -> Self {
        Self { head: head.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.rows.push(cells.into());
    }

    /// Returns the table as text of at most `columns` columns, where the terminal
    /// has a width: cells wrap. Without one, lines are as long as they are.
    pub fn render(&self, paint: Paint, columns: Option<usize>) -> String {
        let mut widths: Vec<usize> = self.head.iter().map(|cell| width::of(cell)).collect();
        for row in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width::of(&cell.text));
            }
        }
        if let Some(columns) = columns {
            shrink(&mut widths, columns);
        }
        let head: Vec<Cell> =
            self.head.iter().map(|text| Cell::toned(text.clone(), Tone::Strong)).collect();
        let mut text = String::new();
        for row in std::iter::once(&head).chain(&self.rows) {
            put_row(&mut text, row, &widths, paint);
        }
        text
    }
}

/// Takes columns from the widest until the table fits.
fn shrink(widths: &mut [usize], columns: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > columns {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => return,
        }
    }
}

fn put_row(text: &mut String, row: &[Cell], widths: &[usize], paint: Paint) {
    let cells: Vec<Vec<String>> =
        row.iter().zip(widths).map(|(cell, width)| width::wrap(&cell.text, *width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    for line in 0..height {
        let mut written = String::new();
        // Blanks are owed, and paid only where something follows.
        let mut owed = 0;
        for ((lines, cell), width) in cells.iter().zip(row).zip(widths) {
            let part = lines.get(line).map_or("", String::as_str);
            if !part.is_empty() {
                written.push_str(&" ".repeat(owed));
                owed = 0;
                match cell.tone {
                    Some(tone) => written.push_str(&paint.dye(tone, part)),
                    None => written.push_str(part),
                }
            }
            owed += width.saturating_sub(width::of(part)) + GAP;
        }
        text.push_str(&written);
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_script() {
        let mut table = Table::new(["项目", "found"]);
        table.row(["内存容量".into(), "512 GiB".into()]);
        table.row(["CPU".into(), Cell::toned("2", Tone::Bad)]);
        assert_eq!(
            table.render(Paint::Plain, None),
            "项目      found\n内存容量  512 GiB\nCPU       2\n"
        );
        assert_eq!(
            table.render(Paint::Ansi, None).lines().last(),
            Some("CPU       \u{1b}[1;31m2\u{1b}[0m")
        );
    }

    #[test]
    fn a_narrow_terminal_wraps_the_widest_cells() {
        let mut table = Table::new(["id", "text"]);
        table.row(["a".into(), "one two three four five".into()]);
        assert_eq!(
            table.render(Paint::Plain, Some(18)),
            "id  text\na   one two three\n    four five\n"
        );
    }
}
