//! Small numbers that name nodes and links of a running world.

/// A node of the world. An index is never used twice in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIx(pub u16);

/// A link of the world. An index is never used twice in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkIx(pub u16);

impl NodeIx {
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl LinkIx {
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}
