//! Where the columns of `kg.csv` stand.

/// Places of the columns.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) relation: usize,
    pub(super) display: usize,
    /// Those of x and those of y.
    pub(super) ends: [EndColumns; 2],
    /// Number of columns; others than these are not read.
    pub(super) width: usize,
}

/// Places of the columns of one end.
#[derive(Debug)]
pub(super) struct EndColumns {
    pub(super) index: usize,
    pub(super) id: usize,
    pub(super) node_type: usize,
    pub(super) name: usize,
    pub(super) source: usize,
}

impl Columns {
    /// The columns below a header; otherwise one that is missing.
    pub(super) fn of(header: &[String]) -> Result<Self, String> {
        let place = |name: String| header.iter().position(|cell| *cell == name).ok_or(name);
        let end = |end: char| {
            Ok::<_, String>(EndColumns {
                index: place(format!("{end}_index"))?,
                id: place(format!("{end}_id"))?,
                node_type: place(format!("{end}_type"))?,
                name: place(format!("{end}_name"))?,
                source: place(format!("{end}_source"))?,
            })
        };
        Ok(Self {
            relation: place("relation".into())?,
            display: place("display_relation".into())?,
            ends: [end('x')?, end('y')?],
            width: header.len(),
        })
    }
}
