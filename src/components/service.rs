//! Service times.

use crate::base::SimDuration;
use crate::base::random::Stream;
use crate::model::kinds::ServiceShape;

/// Draws one service time.
pub fn draw(shape: ServiceShape, mean: SimDuration, stream: &mut Stream) -> SimDuration {
    match shape {
        ServiceShape::Constant => mean,
        ServiceShape::Exponential => stream.exponential_duration(mean),
    }
}
