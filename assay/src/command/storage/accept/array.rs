//! What the array itself says: how much it uses, and how its cache fared. Asked before and
//! after a run, of a command or of the operator.

use std::{cell::RefCell, io, io::BufRead};

use storage_bench::{abba::Hook, measurement::Doubt};

use super::hook::shell;
use crate::{command::storage::size, console::Console, lang::text};

/// Who tells how much the array uses.
#[derive(Clone, Debug)]
pub(in crate::command::storage) enum Used {
    /// A command that prints it.
    Command(String),
    /// The operator, at the terminal.
    Asked,
}

/// How the array is asked.
#[derive(Debug, Default)]
pub(in crate::command::storage) struct Array {
    pub(super) used: Option<Used>,
    pub(super) hit: Option<String>,
    /// The commands that ran, until they are taken.
    pub(super) log: RefCell<Vec<Hook>>,
}

impl Array {
    /// Returns how much the array uses now; `None` where nobody tells.
    pub(in crate::command::storage) fn used_bytes(
        &self,
        path: &str,
        when: &str,
        console: &mut Console,
    ) -> Result<Option<u64>, Doubt> {
        let printed = match &self.used {
            None => return Ok(None),
            Some(Used::Command(command)) => self.run("used", when, command, path, console)?,
            Some(Used::Asked) => asked(path, when, console)?,
        };
        // A number of bytes, or a size as everywhere: `1.5t` is 1.5 TiB.
        size("", printed.trim()).map(Some).map_err(|_why| {
            let (zh, en) = ("不是字节数", "is no number of bytes");
            unreadable("used", &printed, zh, en)
        })
    }

    /// Returns hits of and accesses to the array's cache until now; `None` where nobody
    /// tells.
    pub(in crate::command::storage) fn hits(
        &self,
        path: &str,
        when: &str,
        console: &Console,
    ) -> Result<Option<(u64, u64)>, Doubt> {
        let Some(command) = &self.hit else { return Ok(None) };
        let printed = self.run("hit", when, command, path, console)?;
        let numbers: Option<Vec<u64>> =
            printed.split_whitespace().map(|word| word.parse().ok()).collect();
        if let Some([hits, accesses]) = numbers.as_deref() {
            return Ok(Some((*hits, *accesses)));
        }
        let (zh, en) = ("不是“命中数 访问数”", "is not `HITS ACCESSES`");
        Err(unreadable("hit", &printed, zh, en))
    }

    fn run(
        &self,
        what: &str,
        when: &str,
        command: &str,
        path: &str,
        console: &Console,
    ) -> Result<String, Doubt> {
        let ran = shell(command, &[("ASSAY_TARGET", path), ("ASSAY_WHEN", when)], console);
        let hook = ran.hook(what, when, command);
        let doubt = hook.doubt();
        self.log.borrow_mut().push(hook);
        doubt.map_or(Ok(ran.out), Err)
    }
}

/// Asks the operator.
fn asked(path: &str, when: &str, console: &mut Console) -> Result<String, Doubt> {
    let question = match when {
        "before" => text(
            "写入前阵列报告 `{}` 的已用量（字节，或 1.5t）：",
            "what the array says that `{}` uses before the writing (bytes, or 1.5t): ",
            &[path],
        ),
        _ => text(
            "写入后阵列报告 `{}` 的已用量（字节，或 1.5t）：",
            "what the array says that `{}` uses after the writing (bytes, or 1.5t): ",
            &[path],
        ),
    };
    loop {
        let question = console.tr(&question).to_owned();
        console.say(&question);
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(read) if read > 0 => {}
            _ => {
                let en = "nobody answered what the array uses";
                return Err(Doubt::new("not-answered", "无人回答阵列的已用量", en));
            }
        }
        if size("", line.trim()).is_ok() {
            return Ok(line);
        }
        console.note(&text("`{}` 不是字节数", "`{}` is no number of bytes", &[line.trim()]));
    }
}

fn unreadable(what: &str, printed: &str, zh: &str, en: &str) -> Doubt {
    let printed = crate::failure::one_line(printed);
    Doubt::new(
        "hook-failed",
        format!("命令（{what}）输出的 `{printed}` {zh}"),
        format!("what the command ({what}) printed, `{printed}`, {en}"),
    )
}

#[cfg(test)]
mod tests {
    use profiles::Lang;

    use super::*;

    fn with(used: &str, hit: &str) -> Array {
        let used = Some(Used::Command(used.to_owned()));
        Array { used, hit: Some(hit.to_owned()), ..Array::default() }
    }

    #[test]
    fn what_commands_print_is_read_and_kept() {
        let mut console = Console::of_process(Lang::En);
        let array = with("echo 1500", "echo $ASSAY_WHEN >&2; echo 70 100");
        assert_eq!(array.used_bytes("/dev/x", "before", &mut console).unwrap(), Some(1500));
        assert_eq!(array.hits("/dev/x", "after", &console).unwrap(), Some((70, 100)));
        let log = array.log.borrow();
        assert_eq!((log[0].what.as_str(), log[0].output.as_str()), ("used", "1500\n"));
        assert_eq!((log[1].what.as_str(), log[1].output.as_str()), ("hit", "70 100\nafter\n"));
        assert_eq!(Array::default().used_bytes("", "", &mut console).unwrap(), None);
        assert_eq!(Array::default().hits("", "", &console).unwrap(), None);
    }

    #[test]
    fn what_is_no_number_is_a_reason_and_no_number() {
        let mut console = Console::of_process(Lang::En);
        for (used, hit) in [("echo many", "echo 1"), ("true", "echo 1 2 3"), ("exit 3", "exit 4")] {
            let array = with(used, hit);
            for doubt in [
                array.used_bytes("/dev/x", "before", &mut console).unwrap_err(),
                array.hits("/dev/x", "before", &console).unwrap_err(),
            ] {
                assert_eq!(doubt.code, "hook-failed", "{doubt:?}");
            }
        }
    }
}
