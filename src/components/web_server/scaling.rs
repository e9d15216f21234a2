//! Vertical scaling: what a server's cores are worth together (Gunther, *Guerrilla Capacity Planning*, 2007).

use crate::components::station::Size;
use crate::model::kinds;

/// How much longer everything takes with so many cores: C(n) = n / (1 + α(n − 1) + βn(n − 1)), so each core works slower by the
/// denominator.
pub fn slowdown(params: &kinds::WebServer) -> f64 {
    let n = f64::from(params.cores);
    1.0 + params.contention * (n - 1.0) + params.coherency * n * (n - 1.0)
}

/// The cores as a station. Whoever has a worker may wait for one.
pub fn cpu_size(params: &kinds::WebServer) -> Size {
    let &kinds::WebServer { cores, discipline, queue_timeout: patience, .. } = params;
    Size { cores, limit: u32::MAX, discipline, patience }
}
