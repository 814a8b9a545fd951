//! Field-replaceable units: who made a part, and its numbers (IPMI FRU storage definition 1.0).

/// A part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fru {
    /// Its name: of its locator record, or its path.
    pub name: String,
    /// Its fields in the order of the part's memory: an area and name (`board serial`), and text.
    pub fields: Vec<Field>,
    /// What could not be read, each with its place and why.
    pub damage: Vec<String>,
}

/// A field of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The area: `chassis`, `board`, `product`, or a multirecord's name.
    pub area: &'static str,
    /// The field's name in its area: `serial`, `part number`, `extra 1`.
    pub name: String,
    /// What it says.
    pub text: String,
}
