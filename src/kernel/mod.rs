//! The kernel: clock, event queue, calls, links and messages. It knows nothing of what a component does.
//!
//! **Ordering contract.** Events happen in the order of their time; events of one time happen in the order in which they
//! were scheduled. Nothing else decides an order anywhere.
//!
//! **A request** is a tree of calls. The root is what a user asked for; each node that cannot answer by itself makes a call
//! of its own, whose parent is the call it is working on. A call ends exactly once, by a reply that travels back over the
//! link it came by.

mod ask;
mod call;
mod context;
mod directory;
mod event;
mod gtid;
mod ledger;
mod link;
mod message;
mod placement;
mod queue;
mod topology;
mod transport;
mod truth;

pub use ask::{Ask, Cause, Outcome};
pub use call::{Call, Marks, Place, Stage, Verb};
pub use context::{Context, Kernel};
pub use directory::{ClusterIx, ClusterView, Directory, Home, Token};
pub use event::{Event, Tag};
pub use gtid::{Gtid, GtidSet};
pub use ledger::{Ledger, Page, StaleRead, Step, Writes};
pub use link::{Link, LinkParams, Trouble};
pub use message::{Batch, Body, Follow, Image, Message, Record, Snapshot, Stamp, Wish};
pub use placement::{Layout, Placement};
pub use queue::{Coming, EventQueue};
pub use topology::{Condition, NodeState, Target, Topology};
pub use transport::HEADER_BYTES;
pub use truth::{Truth, Version};
