//! Presets: parameters of real systems, each with where its numbers come from.
//!
//! Service times are processor time: cores / (requests per second) at saturation, as the utilisation law has it (X = c / S).

use serde_json::{Value, json};

use super::document::{Document, Link};
use super::edit::Edit;
use crate::base::{Kind, SimDuration};

/// Parameters of a real system for a node of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    pub kind: Kind,
    pub name: &'static str,
    /// Where the numbers come from.
    pub source: &'static str,
    params: fn() -> Value,
}

pub const PRESETS: [Preset; 7] = [
    Preset {
        kind: Kind::WebServer,
        name: "nginx, 4 cores, files of 1 kB",
        source: "261,269 requests/s on 4 cores; nginx.com, Testing the Performance of NGINX, 2017",
        params: || json!({ "cores": 4, "static_service": "15300ns" }),
    },
    Preset {
        kind: Kind::WebServer,
        name: "nginx, 16 cores, files of 10 kB",
        source: "663,921 requests/s on 16 cores; nginx.com, Testing the Performance of NGINX, 2017",
        params: || json!({ "cores": 16, "static_service": "24100ns" }),
    },
    Preset {
        kind: Kind::WebServer,
        name: "Load shedding as at Facebook",
        source: "M = 5 ms, N = 100 ms; Maurer, Fail at Scale, ACM Queue 2015",
        params: || json!({ "shedding": "codel", "codel_target": "5ms", "codel_interval": "100ms" }),
    },
    Preset {
        kind: Kind::Cache,
        name: "Redis, one thread",
        source: "81,000 GET/s of 50 clients on a Xeon X3320; redis.io, benchmarks of version 2.2",
        params: || json!({ "cores": 1, "lookup_time": "12300ns" }),
    },
    Preset {
        kind: Kind::Database,
        name: "PostgreSQL, 4 vCPU",
        source: "6,331 transactions/s; pgbench TPC-B, 256 clients; ClickHouse/PostgresBench, Standard-16",
        params: || json!({ "cores": 4, "write_service": "632us" }),
    },
    Preset {
        kind: Kind::Database,
        name: "PostgreSQL, 16 vCPU",
        source: "10,891 transactions/s; pgbench TPC-B, 256 clients; ClickHouse/PostgresBench, Standard-64",
        params: || json!({ "cores": 16, "write_service": "1469us" }),
    },
    Preset {
        kind: Kind::Database,
        name: "Aurora PostgreSQL, 16 vCPU",
        source: "10,055 transactions/s; pgbench TPC-B, 256 clients; ClickHouse/PostgresBench, db.r6g.4xlarge",
        params: || json!({ "cores": 16, "write_service": "1591us" }),
    },
];

impl Preset {
    /// Those for nodes of a kind.
    pub fn of_kind(kind: Kind) -> impl Iterator<Item = &'static Self> {
        PRESETS.iter().filter(move |preset| preset.kind == kind)
    }

    /// The edits that give the parameters to a node.
    pub fn edits(&self, node: &str) -> Vec<Edit> {
        let Value::Object(params) = (self.params)() else { return Vec::new() };
        let set = |(param, value)| Edit::Set { node: node.to_owned(), param, value };
        params.into_iter().map(set).collect()
    }
}

/// How far apart two places of one region are; what lies between regions follows from the regions of nodes.
#[derive(Clone, Copy, Debug)]
pub struct Distance {
    pub name: &'static str,
    /// Median round trip in milliseconds.
    pub round_trip_ms: f64,
    pub source: &'static str,
}

const ZONES: &str = "xkyle.com, Measuring AWS Region and AZ Latency";

pub const DISTANCES: [Distance; 3] = [
    Distance { name: "Within a zone", round_trip_ms: 0.25, source: ZONES },
    Distance { name: "Within a data centre", round_trip_ms: 0.5, source: "Jeff Dean's numbers, 2012" },
    Distance { name: "Between zones", round_trip_ms: 1.0, source: ZONES },
];

impl Distance {
    /// One way.
    pub fn latency(&self) -> SimDuration {
        SimDuration::from_secs_f64(self.round_trip_ms / 2e3)
    }

    /// The edit that gives the latency to a link; none, if there is no such link.
    pub fn edit(&self, document: &Document, from: &str, to: &str) -> Option<Edit> {
        let link = document.links.iter().find(|link| link.from == from && link.to == to)?;
        Some(Edit::SetLink { link: Link { latency: Some(self.latency()), ..link.clone() } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design() -> Document {
        Document::read(include_str!("../../static/scenarios/cdn.json")).unwrap()
    }

    #[test]
    fn every_preset_fits_its_kind_and_tells_its_source() {
        for preset in PRESETS {
            let mut document = design();
            let node = document.nodes.iter().find(|node| node.kind() == preset.kind).expect(preset.name).id.clone();
            let edits = preset.edits(&node);
            assert!(!edits.is_empty() && !preset.source.is_empty(), "{}", preset.name);
            for edit in edits {
                document = document.edited(&edit).expect(preset.name);
            }
        }
    }

    #[test]
    fn every_distance_can_be_given_to_a_link() {
        let document = design();
        for distance in DISTANCES {
            let edit = distance.edit(&document, "web-1", "db-1").unwrap();
            assert!(document.edited(&edit).is_ok(), "{}", distance.name);
        }
        assert!(DISTANCES[0].edit(&document, "db-1", "users").is_none());
    }
}
