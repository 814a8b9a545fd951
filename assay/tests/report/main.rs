//! The report as a whole: its files, what finds a change to them, its revisions.

mod fixture;
mod page;
