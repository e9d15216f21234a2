//! What happened, as plain data that a view, a report or a test may read. Nothing here changes the world.

mod figures;
mod hop;
mod json;
mod meter;
mod outcome;
mod recorder;
mod tape;
pub mod trace;

pub use figures::{
    ClusterFigures, ConditionFigures, Figures, KeyFigures, KeyVersion, LaneFigures, LatencyFigures, LinkFigures,
    LostWrite, NodeFigures, OperationFigures, QuorumFigures, ReplicationFigures, Role, ShardFigures, ShardingFigures,
    StaleRead, Step, Totals,
};
pub use hop::{Hop, HopKind, LinkEnds};
pub use meter::{Counts, Gauge, LaneMeter, LinkMeter, NodeMeter};
pub use outcome::{Operation, Reason, StepKind};
pub use recorder::{Latencies, Recorder, Sample};
