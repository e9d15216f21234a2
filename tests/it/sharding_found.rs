//! What random sharded designs with random faults have shown (`scalescope bench failover`), each as a small design of its own.

use serde_json::json;

use crate::sharding::{design, only, sharding, watch};
use crate::support::{engine, inflict, node, set};

#[test]
fn a_promise_that_comes_after_its_transaction_was_given_up_is_not_kept() {
    let users = only("transaction_weight", &json!({ "keys": 100_000 }));
    let mut engine = engine(design(2, 1, &json!({ "prepare_timeout": "1s" }), &users));
    watch(&mut engine, 2.0);
    // What the router asks of this primary from here on is sent again until it arrives.
    inflict(&mut engine, json!({ "partition": { "from": "router", "to": "db-1" } }));
    watch(&mut engine, 2.3);
    let promote = |engine: &mut _, id: &str| inflict(engine, json!({ "promote": { "node": id } }));
    promote(&mut engine, "db-1-1");
    set(&mut engine, "users", "read_weight", json!(1));
    set(&mut engine, "users", "transaction_weight", json!(0));
    let given_up = watch(&mut engine, 6.0);
    let own = sharding(&given_up);
    assert!(own.aborted > 10 && own.open_transactions == 0, "the new primary has heard of it: {own:?}");
    promote(&mut engine, "db-1");
    watch(&mut engine, 7.5);
    inflict(&mut engine, json!({ "heal_link": { "from": "router", "to": "db-1", "way": "both" } }));
    let healed = watch(&mut engine, 20.0);
    let promised = ["db-1", "db-1-1", "db-2"].map(|id| node(&healed, id).promised);
    assert_eq!((promised, sharding(&healed).open_transactions), ([Some(0); 3], 0));
}
