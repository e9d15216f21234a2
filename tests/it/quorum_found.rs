//! What random leaderless stores with random faults have shown (`scalescope bench failover`), each as a small design of its own.

use scalescope::model::{Edit, Link};
use serde_json::json;

use crate::quorum::{design, quiet, watch};
use crate::support::{crash, edit, engine, inflict, restart, set};

#[test]
fn a_hint_that_comes_when_its_copy_belongs_to_another_is_passed_on() {
    let params = json!({ "copies": 2, "read_quorum": 1, "write_quorum": 1, "write_contacts": "quorum",
        "read_repair": "off", "timeout": "100ms" });
    let whole = design(4, &params, &json!({}));
    let fourth = whole.node("store-4").unwrap().clone();
    let links: Vec<Link> = whole.links.iter().filter(|link| link.to == fourth.id).cloned().collect();
    let mut engine = engine(design(3, &params, &json!({})));
    watch(&mut engine, 2.0);
    // What is told to this member is kept for it by whoever coordinates, and another owner has it.
    inflict(&mut engine, json!({ "read_only": { "node": "store-3" } }));
    edit(&mut engine, Edit::AddNode { node: Box::new(fourth), links, records: Vec::new() });
    crash(&mut engine, "store-4");
    watch(&mut engine, 3.0);
    // It hands on what it has, but the dead one must have its share before the members are arranged anew.
    set(&mut engine, "store-3", "keeps_copies", json!("off"));
    watch(&mut engine, 5.0);
    edit(&mut engine, Edit::RemoveNode { node: "store-1".into() });
    watch(&mut engine, 6.0);
    inflict(&mut engine, json!({ "heal": { "node": "store-3" } }));
    restart(&mut engine, "store-4");
    watch(&mut engine, 10.0);
    quiet(&mut engine, 30.0);
}
