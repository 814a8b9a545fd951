//! The report's page in a real browser: on screen, and as paper.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use hw_tests::corpus::{Server, Servers};
use hw_tests::{Need, program, trial};
use libtest_mimic::{Arguments, Failed};
use tempfile::TempDir;

const NEEDS: &[Need] = &[
    Need::Corpus("smbios"),
    Need::Program("tar"),
    Need::Program("xz"),
    Need::Program("chromium"),
    Need::Program("pdftotext"),
];

fn main() -> ExitCode {
    let trials = vec![
        trial("no_page_is_wider_than_its_window", NEEDS, no_page_is_wider),
        trial("paper_shows_every_row_in_both_languages", NEEDS, paper_shows_every_row),
        trial("the_page_asks_the_network_for_nothing", NEEDS, asks_for_nothing),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A report of one corpus machine, in a directory of the test's own.
struct Page {
    dir: TempDir,
    _servers: Servers,
}

impl Page {
    fn of(brand: &str, language: &str) -> Result<Self, Failed> {
        let servers = Servers::unpack()?;
        let server = most_structures(&servers, brand)?;
        let dir = tempfile::tempdir()?;
        let out = dir.path().join("report");
        let output = program::run(&[
            "accept",
            "--profile",
            "gd-gov-cloud/bms-1",
            "--from",
            &server.dump.display().to_string(),
            "--report-lang",
            language,
            "--out",
            &out.display().to_string(),
        ])?;
        // 1 or 3: no dump alone can close every row.
        if !matches!(output.status.code(), Some(1 | 3)) {
            return Err(Failed::from(format!("{output:?}")));
        }
        Ok(Self { dir, _servers: servers })
    }

    fn html(&self) -> PathBuf {
        self.dir.path().join("report/index.html")
    }

    /// Runs the browser on `file`, with a profile of its own.
    fn chromium(file: &Path, arguments: &[&str]) -> Result<String, Failed> {
        let profile = tempfile::tempdir()?;
        let output = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update"])
            .args(["--disable-sync", "--disable-quic", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(arguments)
            .arg(format!("file://{}", file.display()))
            .output()?;
        if !output.status.success() {
            return Err(Failed::from(format!("{output:?}")));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// The machine of `brand` with the most to show.
fn most_structures(servers: &Servers, brand: &str) -> Result<Server, Failed> {
    let all = servers.all()?;
    let of_brand = all.into_iter().filter(|server| server.name.to_lowercase().contains(brand));
    let largest = of_brand
        .max_by_key(|server| fs::metadata(&server.dump).map_or(0, |data| data.len()))
        .ok_or("no machine of that brand")?;
    Ok(largest)
}

fn no_page_is_wider() -> Result<(), Failed> {
    for (brand, language) in [("huawei", "zh"), ("lenovo", "en"), ("huawei", "both")] {
        let page = Page::of(brand, language)?;
        // The page has no script and forbids any; a copy without that policy gets one
        // that measures it.
        let probe = "<script>document.title = document.documentElement.scrollWidth + '/' + \
                     window.innerWidth;</script>";
        let copy = page.dir.path().join("probe.html");
        let html = fs::read_to_string(page.html())?;
        fs::write(&copy, html.replace("Content-Security-Policy", "x-no-policy") + probe)?;
        for width in [1240, 800] {
            let size = format!("--window-size={width},1600");
            let dom = Page::chromium(&copy, &["--dump-dom", &size])?;
            let title = dom
                .split_once("<title>")
                .and_then(|(_, rest)| rest.split_once("</title>"))
                .map(|(title, _)| title.to_owned())
                .ok_or("the page has no title")?;
            let (scroll, inner) = title.split_once('/').ok_or("the probe did not run")?;
            let (scroll, inner): (u32, u32) = (scroll.trim().parse()?, inner.trim().parse()?);
            if scroll > inner {
                let message =
                    format!("{brand} {language}: {scroll} px wide in a window of {inner} px");
                return Err(Failed::from(message));
            }
        }
    }
    Ok(())
}

fn paper_shows_every_row() -> Result<(), Failed> {
    let words: [(&str, &[&str]); 2] = [
        ("zh", &["测试结论", "验收结论", "建设单位", "512 GiB"]),
        ("en", &["Conclusion", "512 GiB", "not measured"]),
    ];
    for (language, words) in words {
        let page = Page::of("lenovo", language)?;
        let pdf = page.dir.path().join("report.pdf");
        let print = format!("--print-to-pdf={}", pdf.display());
        Page::chromium(&page.html(), &[&print, "--no-pdf-header-footer"])?;
        let text = Command::new("pdftotext").arg("-layout").arg(&pdf).arg("-").output()?;
        let text = String::from_utf8_lossy(&text.stdout).into_owned();
        for word in words {
            if !text.contains(word) {
                return Err(Failed::from(format!("{language}: no `{word}` on paper")));
            }
        }
        let result = fs::read(page.dir.path().join("report/result.json"))?;
        let result: serde_json::Value = serde_json::from_slice(&result)?;
        for row in result["rows"].as_array().ok_or("no rows in the result")? {
            let id = row["judgement"]["check"].as_str().ok_or("a row without id")?;
            if !text.contains(id) {
                return Err(Failed::from(format!("{language}: row `{id}` is not on paper")));
            }
        }
    }
    Ok(())
}

fn asks_for_nothing() -> Result<(), Failed> {
    let page = Page::of("huawei", "both")?;
    let html = fs::read_to_string(page.html())?;
    for word in ["<script", "http-equiv=\"refresh\"", "@import", "<iframe", "<object", "<link"] {
        if html.contains(word) {
            return Err(Failed::from(format!("the page contains `{word}`")));
        }
    }
    for attribute in ["src=\"", "url("] {
        for (at, _) in html.match_indices(attribute) {
            let rest = html.get(at + attribute.len()..).unwrap_or_default();
            if !(rest.starts_with("data:") || rest.starts_with('#')) {
                let shown: String = rest.chars().take(60).collect();
                return Err(Failed::from(format!("the page loads `{shown}`")));
            }
        }
    }
    Ok(())
}
