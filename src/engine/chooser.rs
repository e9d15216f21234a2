//! The chooser: the same workload on the five kinds of database, and what that says about which to take.
//!
//! Each trial is the design as it is, under its own seed, with the kind of every database replaced; users ask for the same
//! things at the same times. Which of the four usual reasons for a non-relational store holds is read off the measured numbers:
//! super low latency, data without relations, nothing but (de)serialising, massive data. Time in the stores is told by Little's law:
//! the mean number of calls at the databases over the rate of answers. Left out: prices, operations, what a team knows.

use serde::Serialize;

use super::Engine;
use crate::base::{Kind, SimDuration, SimTime};
use crate::components::data_set::DataSet;
use crate::model::kinds::DataModel;
use crate::model::{Document, NodeKind, Problem, Problems};
use crate::observe::{Figures, LatencyFigures, NodeFigures, Operation, Reason};

/// The kinds that are tried, with their names as documents write them.
pub const MODELS: [(DataModel, &str); 5] = [
    (DataModel::Relational, "relational"),
    (DataModel::KeyValue, "key_value"),
    (DataModel::Document, "document"),
    (DataModel::WideColumn, "wide_column"),
    (DataModel::Graph, "graph"),
];

/// Pages found in memory below which data count as massive, and the disk's utilisation above which they do.
const FEW_HITS: f64 = 0.9;
const BUSY_DISK: f64 = 0.7;

/// What one kind of database has made of the workload.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// The kind.
    pub model: &'static str,
    /// Requests answered in time and failed, per second.
    pub goodput_per_s: f64,
    pub errors_per_s: f64,
    /// Latency of all requests, as users see it.
    pub latency: LatencyFigures,
    /// By operation: its name, answers per second, latency.
    pub operations: Vec<(&'static str, f64, LatencyFigures)>,
    /// Failures by reason.
    pub errors: Vec<(&'static str, u64)>,
    /// Mean time that a request spends in the databases, in seconds.
    pub store_s: f64,
    /// Utilisation of the busiest database and web server, and of the busiest disk, 0 to 1.
    pub database_utilisation: f64,
    pub web_utilisation: f64,
    pub disk_utilisation: Option<f64>,
    /// Share of the pages that were in memory, and pages that were not, in the busiest database.
    pub page_hit_ratio: Option<f64>,
    pub page_misses: u64,
    /// Calls that the web servers made one by one for what the store cannot do, and requests whose writes were made in part.
    pub extra_calls: u64,
    pub torn_writes: u64,
    pub stale_reads: u64,
}

/// One of the four reasons for a non-relational store.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ground {
    /// The reason.
    pub name: &'static str,
    /// Whether it holds for this workload; none if this design cannot tell.
    pub holds: Option<bool>,
    /// Why, with the numbers.
    pub why: String,
}

/// What the trials say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    pub trials: Vec<Trial>,
    pub grounds: Vec<Ground>,
    /// The kind that answers most and, of those that answer as many, soonest.
    pub best: &'static str,
}

/// The design with every database of this kind.
pub fn with_model(document: &Document, model: &str) -> Result<Document, Problems> {
    let mut design = document.clone();
    let mut has_database = false;
    for node in &mut design.nodes {
        if matches!(node.kind, NodeKind::Database(_)) {
            has_database = true;
            node.kind.set("data_model", model)?;
        }
    }
    if has_database {
        Ok(design)
    } else {
        Err(Problem::new("nodes", "there is no database to choose a kind for", "add a node of kind database").into())
    }
}

/// Runs the workload of `document` on one kind of database.
pub fn trial(
    document: &Document,
    model: &'static str,
    warmup: SimDuration,
    duration: SimDuration,
) -> Result<Trial, Problems> {
    let mut engine = Engine::new(with_model(document, model)?)?;
    engine.run_until(SimTime::ZERO + warmup);
    engine.mark();
    engine.run_until(SimTime::ZERO + warmup + duration);
    Ok(Trial::of(model, &engine.report(), engine.document()))
}

impl Trial {
    fn of(model: &'static str, figures: &Figures, document: &Document) -> Self {
        let of_kind = |kind: Kind| {
            let is_one = move |node: &&NodeFigures| document.is_a(&node.id, kind);
            figures.nodes.iter().filter(is_one)
        };
        let most = |numbers: &mut dyn Iterator<Item = f64>| numbers.fold(0.0, f64::max);
        let databases = || of_kind(Kind::Database);
        let web = || of_kind(Kind::WebServer);
        let count = |pick: fn(&NodeFigures) -> Option<u64>| web().filter_map(pick).sum();
        let in_stores: f64 = databases().map(|node| node.in_flight_mean).sum();
        let busiest = databases().max_by(|a, b| a.arrivals_per_s.total_cmp(&b.arrivals_per_s));
        let disks = || databases().filter_map(|node| node.disk_utilisation);
        Self {
            model,
            goodput_per_s: figures.goodput_per_s,
            errors_per_s: figures.errors_per_s,
            latency: figures.latency,
            operations: figures
                .operations
                .iter()
                .filter(|own| own.goodput_per_s + own.errors_per_s > 0.0)
                .map(|own| (own.operation.name(), own.goodput_per_s, own.latency))
                .collect(),
            errors: figures.errors.iter().map(|(reason, count): &(Reason, u64)| (reason.name(), *count)).collect(),
            store_s: if figures.goodput_per_s > 0.0 { in_stores / figures.goodput_per_s } else { 0.0 },
            database_utilisation: most(&mut databases().map(|node| node.utilisation)),
            web_utilisation: most(&mut web().map(|node| node.utilisation)),
            disk_utilisation: disks().next().map(|_| most(&mut disks())),
            page_hit_ratio: busiest.and_then(|node| node.page_hit_ratio),
            page_misses: databases().filter_map(|node| node.page_misses).sum(),
            extra_calls: count(|node| node.extra_calls),
            torn_writes: count(|node| node.torn_writes),
            stale_reads: figures.stale_reads,
        }
    }

    fn has(&self, operation: Operation) -> bool {
        self.operations.iter().any(|(name, ..)| *name == operation.name())
    }
}

/// What the five `trials` of the workload of `document`, in the order of [`MODELS`], say.
///
/// # Panics
/// If there are not five.
pub fn weigh(document: &Document, trials: Vec<Trial>) -> Choice {
    assert_eq!(trials.len(), MODELS.len(), "one trial for each kind");
    let most = trials.iter().map(|trial| trial.goodput_per_s).fold(0.0, f64::max);
    let is_as_good = |trial: &&Trial| trial.goodput_per_s >= 0.99 * most;
    let best = trials.iter().filter(is_as_good).min_by(|a, b| a.latency.mean_s.total_cmp(&b.latency.mean_s));
    let best = best.map_or(trials[0].model, |trial| trial.model);
    let grounds = vec![latency(&trials), relations(&trials), serialising(&trials), massive(document, &trials)];
    Choice { trials, grounds, best }
}

/// Whether another store spends much less time on a request, and answers as many.
fn latency(trials: &[Trial]) -> Ground {
    let relational = &trials[0];
    let is_as_good = |trial: &&Trial| trial.goodput_per_s >= 0.99 * relational.goodput_per_s;
    let fastest = trials[1..].iter().filter(is_as_good).min_by(|a, b| a.store_s.total_cmp(&b.store_s));
    let name = "super low latency";
    let Some(fastest) = fastest else {
        let why =
            format!("no other store answers as many requests as a relational one ({:.1}/s)", relational.goodput_per_s);
        return Ground { name, holds: Some(false), why };
    };
    let holds = fastest.store_s <= 0.5 * relational.store_s;
    let why = format!(
        "a request spends {} in a {} store and {} in a relational one; users wait {} and {} on average",
        ms(fastest.store_s),
        fastest.model,
        ms(relational.store_s),
        ms(fastest.latency.mean_s),
        ms(relational.latency.mean_s),
    );
    Ground { name, holds: Some(holds), why }
}

/// Whether nothing is asked for that combines records.
fn relations(trials: &[Trial]) -> Ground {
    let (relational, key_value) = (&trials[0], &trials[1]);
    let combining = [Operation::Query, Operation::Traversal, Operation::Transaction, Operation::Aggregate];
    let asked: Vec<&str> = combining.into_iter().filter(|own| relational.has(*own)).map(Operation::name).collect();
    let why = if asked.is_empty() {
        "no request combines records: a relational store's joins and transactions stand idle".to_owned()
    } else {
        format!(
            "{} combine records: on a key-value store they became {} further calls, and {} were left half done; users wait {} \
             there and {} with a relational one",
            asked.join(", "),
            key_value.extra_calls,
            key_value.torn_writes,
            ms(key_value.latency.mean_s),
            ms(relational.latency.mean_s),
        )
    };
    Ground { name: "unstructured data, no relations", holds: Some(asked.is_empty()), why }
}

/// Whether whole records by their keys are all that is wanted.
fn serialising(trials: &[Trial]) -> Ground {
    let plain = [Operation::Static, Operation::Read, Operation::Write, Operation::Login];
    let others = trials[0].operations.iter().filter(|(name, ..)| !plain.iter().any(|own| own.name() == *name));
    let others: Vec<&str> = others.map(|(name, ..)| *name).collect();
    let why = if others.is_empty() {
        let [relational, key_value] = [&trials[0], &trials[1]].map(|trial| trial.database_utilisation * 100.0);
        format!(
            "every request reads or writes one record by its key, in one piece: the same load takes {relational:.1} % of a \
             relational store and {key_value:.1} % of a key-value store"
        )
    } else {
        format!("{} want more than one record by its key", others.join(", "))
    };
    Ground { name: "only to serialise and deserialise", holds: Some(others.is_empty()), why }
}

/// Whether the data are more than memory and disk can serve.
fn massive(document: &Document, trials: &[Trial]) -> Ground {
    let name = "a massive amount of data";
    let bytes = DataSet::of(document).bytes(false) as f64 / 1e9;
    let relational = &trials[0];
    let (Some(hits), Some(disk)) = (relational.page_hit_ratio, relational.disk_utilisation) else {
        let why =
            format!("{bytes:.2} GB of records; all fit into memory in this design (buffer_pool is 0B): it cannot tell");
        return Ground { name, holds: None, why };
    };
    let holds = hits < FEW_HITS || disk > BUSY_DISK;
    let wide = &trials[3];
    let why = format!(
        "{bytes:.2} GB of records; {:.1} % of their pages were in memory, {} were not, and the disk was busy for {:.0} % of the time \
         (wide-column, which writes without reading: {} pages, {:.0} %); {}",
        hits * 100.0,
        relational.page_misses,
        disk * 100.0,
        wide.page_misses,
        wide.disk_utilisation.unwrap_or_default() * 100.0,
        if holds {
            "data are split over more nodes most easily where no operation combines keys"
        } else {
            "one node serves them well"
        },
    );
    Ground { name, holds: Some(holds), why }
}

fn ms(seconds: f64) -> String {
    format!("{:.2} ms", seconds * 1e3)
}
