//! Columns that a text takes on a terminal: a Chinese character takes two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns how many columns `text` takes.
pub fn of(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Returns `text` cut to `columns`, ending in `…` where something is missing.
pub fn cut(text: &str, columns: usize) -> String {
    if of(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1; // the ellipsis
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// Returns `text` with blanks up to `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(of(text))))
}

/// Returns `text` in lines of at most `columns`, broken at blanks, and within
/// Chinese between any two characters but before closing punctuation.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for (blank, piece) in pieces(text) {
        let width = of(&piece);
        let gap = usize::from(blank && !line.is_empty());
        if used + gap + width <= columns {
            line.push_str(if gap == 1 { " " } else { "" });
            line.push_str(&piece);
            used += gap + width;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        used = 0;
        // A word longer than the line is cut: identifiers, hex.
        for c in piece.chars() {
            let width = c.width().unwrap_or(0);
            if used + width > columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += width;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Splits into unbreakable pieces, each with whether a blank came before it.
fn pieces(text: &str) -> Vec<(bool, String)> {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    for word in text.split_whitespace() {
        let mut blank = true;
        let mut current = String::new();
        let mut before = ' ';
        for c in word.chars() {
            let breaks = !current.is_empty()
                && (is_wide(c) || is_wide(before))
                && !is_closing(c)
                && !is_opening(before);
            if breaks {
                pieces.push((blank, std::mem::take(&mut current)));
                blank = false;
            }
            current.push(c);
            before = c;
        }
        if !current.is_empty() {
            pieces.push((blank, current));
        }
    }
    pieces
}

fn is_wide(c: char) -> bool {
    c.width() == Some(2)
}

fn is_closing(c: char) -> bool {
    "，。、；：！？）】》”’…%.,;:!?)]".contains(c)
}

fn is_opening(c: char) -> bool {
    "（【《“‘([".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_character_takes_two_columns() {
        assert_eq!((of("内存"), of("DIMM")), (4, 4));
        assert_eq!(pad("内存", 6), "内存  ");
        assert_eq!(cut("内存容量", 6), "内存…");
    }

    #[test]
    fn lines_break_at_blanks_and_inside_chinese_but_not_before_punctuation() {
        assert_eq!(wrap("memory of 512 GiB", 10), ["memory of", "512 GiB"]);
        assert_eq!(wrap("内存容量不小于，好", 6), ["内存容", "量不小", "于，好"]);
        assert_eq!(wrap("0123456789abcdef", 10), ["0123456789", "abcdef"]);
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let text =
            "应配置不少于 2 颗 CPU（x86 架构），每颗 ≥ 16 cores, base clock at least 2.1 GHz";
        for columns in 4..60 {
            for line in wrap(text, columns) {
                assert!(of(&line) <= columns, "{columns}: {line}");
            }
        }
    }
}
