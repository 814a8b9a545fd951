//! What was found of BMCs, as text, as JSON and as CSV.

pub mod adoption;
pub mod board;
pub mod discover;
mod earlier;
pub mod export;
pub mod feed;
pub mod found;
pub mod ironic;
mod page;
pub mod served;
pub mod settings;
pub mod simulate;
pub mod talk;
pub mod trust;
pub mod value;

pub use earlier::{Earlier, kept};
pub use page::{csv, page};
pub use value::Document;
