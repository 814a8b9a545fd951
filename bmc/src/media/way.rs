//! By which protocol a BMC is served.

use std::{fmt, str::FromStr};

/// A protocol that images are served by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// HTTP.
    Http,
    /// HTTPS, with a certificate of the server's own.
    Https,
    /// NFS version 3.
    Nfs,
}

impl Way {
    /// All, the best first: HTTP asks the least of a BMC, and NFS wants ports of its own.
    pub const ALL: [Self; 3] = [Self::Http, Self::Https, Self::Nfs];

    /// Returns the scheme of its URLs.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Nfs => "nfs",
        }
    }

    /// Chooses by the schemes that a BMC takes, which may be unknown; `None` where it takes none
    /// of these.
    pub fn of(taken: Option<&[String]>) -> Option<Self> {
        let Some(taken) = taken else { return Some(Self::Http) };
        let takes = |way: &Self| taken.iter().any(|own| own.eq_ignore_ascii_case(way.scheme()));
        Self::ALL.into_iter().find(takes)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.scheme())
    }
}

impl FromStr for Way {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|way| way.scheme() == word);
        found.ok_or_else(|| "one of http, https, nfs".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_way_of_those_that_are_taken_is_chosen() {
        let cases: [(Option<&[&str]>, Option<Way>); 6] = [
            (None, Some(Way::Http)),
            (Some(&["CIFS", "HTTPS", "HTTP"]), Some(Way::Http)),
            (Some(&["nfs", "cifs", "https"]), Some(Way::Https)),
            (Some(&["NFS", "CIFS"]), Some(Way::Nfs)),
            (Some(&["CIFS"]), None),
            (Some(&[]), None),
        ];
        for (taken, expected) in cases {
            let owned: Option<Vec<String>> =
                taken.map(|taken| taken.iter().map(|&word| word.to_owned()).collect());
            assert_eq!(Way::of(owned.as_deref()), expected, "{taken:?}");
        }
    }
}
