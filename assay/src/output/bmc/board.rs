//! Many BMCs while they are at work: a line of counts, and a row a host as far as the screen goes.
//!
//! Pure: what happened comes in, the time that passed is an argument, lines come out.

use std::time::Duration;

use profiles::{Lang, Text};

use super::found::Word;
use crate::{lang::text, output::width};

/// A terminal narrower or lower than this gets so much all the same.
const NARROWEST: usize = 40;
const LOWEST: usize = 4;
/// Columns that an address, and a place in a rack, take at most.
const ADDRESS: usize = 26;
const PLACE: usize = 20;

/// What a host is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It waits for its turn.
    Waiting,
    /// It is being connected.
    Connecting,
    /// What is wanted is being done with it.
    Working,
    /// Its session is being closed.
    Closing,
    /// It ended: how, and why it is not as wanted, in Chinese and in English.
    Ended(Word, Option<(String, String)>),
}

/// A host's row.
#[derive(Debug)]
struct Row {
    address: String,
    place: String,
    doing: Doing,
    /// Since when, from the begin of the run.
    since: Duration,
    /// How far it is, where that is known.
    stage: Option<String>,
}

impl Row {
    fn is_busy(&self) -> bool {
        matches!(self.doing, Doing::Connecting | Doing::Working | Doing::Closing)
    }

    fn is_bad(&self) -> bool {
        matches!(&self.doing, Doing::Ended(word, _) if !word.is_good())
    }
}

/// All hosts of a run.
#[derive(Debug)]
pub struct Board {
    step: Text,
    rows: Vec<Row>,
    ended: usize,
    bad: usize,
}

impl Board {
    /// Returns the board of a run that has not begun: what is done, and each host's address and
    /// where it stands.
    pub fn new(step: Text, hosts: impl Iterator<Item = (String, String)>) -> Self {
        let row = |(address, place)| Row {
            address,
            place,
            doing: Doing::Waiting,
            since: Duration::ZERO,
            stage: None,
        };
        Self { step, rows: hosts.map(row).collect(), ended: 0, bad: 0 }
    }

    /// Takes what the host at that place of the list is doing from now on.
    pub fn set(&mut self, at: usize, doing: Doing, passed: Duration) {
        let Some(row) = self.rows.get_mut(at) else { return };
        let had = matches!(row.doing, Doing::Ended(..));
        (row.doing, row.since) = (doing, passed);
        if !had && let Doing::Ended(word, _) = &row.doing {
            self.ended += 1;
            self.bad += usize::from(!word.is_good());
        }
    }

    /// Takes how far a host is that is being worked at.
    pub fn tell(&mut self, at: usize, stage: String) {
        if let Some(row) = self.rows.get_mut(at) {
            row.stage = Some(stage);
        }
    }

    /// Returns the counts in one line.
    pub fn line(&self, passed: Duration) -> Text {
        let busy = self.rows.iter().filter(|row| row.is_busy()).count();
        let [done, all, bad, busy] =
            [self.ended, self.rows.len(), self.bad, busy].map(|count| count.to_string());
        let seconds = passed.as_secs().to_string();
        text(
            "{0}：{1}/{2} 台，失败 {3} 台，进行中 {4} 台，{5} 秒",
            "{6}: {1} of {2} hosts, {3} failed, {4} at work, {5} s",
            &[self.step.get(Lang::Zh), &done, &all, &bad, &busy, &seconds, self.step.get(Lang::En)],
        )
    }

    /// Returns the lines that stand on a screen of so many columns and rows; none is wider, and
    /// there are no more. The counts come first; where not every host has a row, those that are
    /// busy or failed do.
    pub fn lines(&self, passed: Duration, lang: Lang, columns: usize, rows: usize) -> Vec<String> {
        // The last column and the last row stay free: terminals go on or scroll in them.
        let columns = columns.saturating_sub(1).max(NARROWEST);
        let room = rows.saturating_sub(2).max(LOWEST - 1);
        let mut lines = vec![width::cut(self.line(passed).get(lang), columns)];
        let shown = self.shown(room);
        let widest = |of: &dyn Fn(&Row) -> &str, most: usize| {
            shown.iter().map(|row| width::of(of(row))).max().unwrap_or(0).min(most)
        };
        let address = widest(&|row| &row.address, ADDRESS);
        let place = widest(&|row| &row.place, PLACE);
        for row in &shown {
            let mut line = fixed(&row.address, address);
            if place > 0 {
                line.push_str("  ");
                line.push_str(&fixed(&row.place, place));
            }
            line.push_str("  ");
            line.push_str(&self.said(row, passed, lang));
            lines.push(width::cut(line.trim_end(), columns));
        }
        let hidden = self.rows.len() - shown.len();
        if hidden > 0 {
            let count = hidden.to_string();
            let more = text("另有 {} 台未显示", "{} more hosts", &[&count]);
            lines.push(width::cut(more.get(lang), columns));
        }
        lines
    }

    /// Returns the rows that are shown in so much room, in the order of the list.
    fn shown(&self, room: usize) -> Vec<&Row> {
        if self.rows.len() <= room {
            return self.rows.iter().collect();
        }
        // One line tells how many are not shown.
        let room = room.saturating_sub(1);
        let of = |is: &dyn Fn(&Row) -> bool| -> Vec<usize> {
            let rows = self.rows.iter().enumerate().filter(|(_, row)| is(row));
            rows.map(|(at, _)| at).collect()
        };
        let since = |at: &usize| self.rows.get(*at).map(|row| row.since);
        let (mut busy, mut bad) = (of(&Row::is_busy), of(&Row::is_bad));
        // Who is at it longest is looked at first; of what failed, the latest is news.
        tiny_sort::stable::sort_by_key(&mut busy, |at| (since(at), *at));
        tiny_sort::stable::sort_by_key(&mut bad, |at| std::cmp::Reverse((since(at), *at)));
        bad.truncate(room.saturating_sub(busy.len()).max(room / 2));
        busy.truncate(room - bad.len());
        let mut all = [busy, bad].concat();
        tiny_sort::stable::sort(&mut all);
        all.into_iter().filter_map(|at| self.rows.get(at)).collect()
    }

    /// Says what a host is doing, or how it ended.
    fn said(&self, row: &Row, passed: Duration, lang: Lang) -> String {
        let seconds = passed.saturating_sub(row.since).as_secs();
        let pick = |zh: &str, en: &str| match lang {
            Lang::Zh => zh.to_owned(),
            Lang::En => en.to_owned(),
        };
        let doing = match &row.doing {
            Doing::Waiting => return pick("等待", "waiting"),
            Doing::Ended(word, why) => {
                let (zh, en) = word.called();
                let called = pick(zh, en);
                return match why {
                    Some((zh, en)) => format!("{called}: {}", pick(zh, en)),
                    None => called,
                };
            }
            Doing::Connecting => pick("正在连接", "connecting"),
            Doing::Working => row.stage.clone().unwrap_or_else(|| self.step.get(lang).to_owned()),
            Doing::Closing => pick("正在关闭会话", "closing the session"),
        };
        match (seconds, lang) {
            (0, _) => doing,
            (_, Lang::Zh) => format!("{doing} {seconds} 秒"),
            (_, Lang::En) => format!("{doing} {seconds} s"),
        }
    }
}

/// Returns text of so many columns: cut, or with blanks.
fn fixed(text: &str, columns: usize) -> String {
    width::pad(&width::cut(text, columns), columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn board(hosts: usize) -> Board {
        let host = |at| (format!("192.0.2.{at}"), format!("甲柜 U{at}"));
        Board::new(Text::new("正在读取", "reading"), (1..=hosts).map(host))
    }

    #[test]
    fn where_all_hosts_fit_each_has_a_row() {
        let mut board = board(3);
        board.set(0, Doing::Ended(Word::Done, None), SECOND);
        board.set(1, Doing::Working, SECOND);
        let lines = board.lines(4 * SECOND, Lang::En, 80, 24);
        assert_eq!(
            lines,
            [
                "reading: 1 of 3 hosts, 0 failed, 1 at work, 4 s",
                "192.0.2.1  甲柜 U1  done",
                "192.0.2.2  甲柜 U2  reading 3 s",
                "192.0.2.3  甲柜 U3  waiting",
            ]
        );
        let chinese = board.lines(4 * SECOND, Lang::Zh, 80, 24);
        assert_eq!(chinese[0], "正在读取：1/3 台，失败 0 台，进行中 1 台，4 秒");
        assert_eq!(chinese[2], "192.0.2.2  甲柜 U2  正在读取 3 秒");
    }

    #[test]
    fn where_they_do_not_fit_the_busy_and_the_failed_have_rows() {
        let mut board = board(100);
        for at in 0..100 {
            board.set(at, Doing::Ended(Word::Done, None), SECOND);
        }
        let why = Some(("端口未开放".to_owned(), "the port is closed".to_owned()));
        board.set(40, Doing::Ended(Word::Unreached, why), SECOND);
        board.set(7, Doing::Connecting, SECOND);
        let lines = board.lines(SECOND, Lang::En, 80, 24);
        assert_eq!(lines.len(), 4, "{lines:#?}");
        assert!(lines[1].starts_with("192.0.2.8 ") && lines[1].ends_with("connecting"));
        assert!(lines[2].ends_with("not reached: the port is closed"), "{lines:#?}");
        assert_eq!(lines[3], "98 more hosts");
    }

    #[test]
    fn no_line_is_wider_and_none_is_more_than_the_screen_has() {
        let why = Some(("应答码 503，稍后再试".repeat(9), "busy, try again later".repeat(9)));
        let mut board = board(300);
        for at in 0..300 {
            let doing = match at % 4 {
                0 => Doing::Working,
                1 => Doing::Ended(Word::Failed, why.clone()),
                2 => Doing::Closing,
                _ => Doing::Waiting,
            };
            board.set(at, doing, SECOND * u32::try_from(at).unwrap());
        }
        for lang in [Lang::Zh, Lang::En] {
            for (columns, rows) in [(40, 5), (80, 24), (132, 50), (200, 1000)] {
                let lines = board.lines(SECOND * 400, lang, columns, rows);
                assert!(lines.len() < rows, "{rows}");
                assert!(lines.iter().all(|line| width::of(line) < columns.max(41)), "{lines:#?}");
                // Below the counts.
                let mut rows = lines.iter().skip(1);
                let is_busy = rows.any(|line| line.contains(" s") || line.contains("秒"));
                assert!(is_busy, "the busy are not crowded out: {lines:#?}");
            }
        }
    }

    #[test]
    fn a_host_is_counted_once() {
        let mut board = board(2);
        board.set(0, Doing::Ended(Word::Failed, None), SECOND);
        board.set(0, Doing::Ended(Word::Failed, None), SECOND);
        let line = board.line(SECOND);
        assert_eq!(line.get(Lang::En), "reading: 1 of 2 hosts, 1 failed, 0 at work, 1 s");
    }
}
