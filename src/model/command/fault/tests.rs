use serde_json::json;

use super::*;

#[test]
fn faults_read_well_in_a_schedule() {
    for (text, fault) in [
        (json!({ "hang": { "node": "db" } }), Fault::Hang { node: "db".into() }),
        (
            json!({ "partition": { "from": "web", "to": "db", "way": "forward" } }),
            Fault::Partition { from: "web".into(), to: "db".into(), way: Way::Forward },
        ),
        (
            json!({ "heal_link": { "from": "web", "to": "db" } }),
            Fault::HealLink { from: "web".into(), to: "db".into(), way: Way::Both },
        ),
        (
            json!({ "narrow_link": { "from": "web", "to": "db", "bandwidth": "1Mbps" } }),
            Fault::NarrowLink { from: "web".into(), to: "db".into(), bandwidth: BitRate(1_000_000), way: Way::Both },
        ),
        (json!({ "purge": { "node": "cdn" } }), Fault::Purge { node: "cdn".into(), key: None }),
    ] {
        assert_eq!(serde_json::from_value::<Fault>(text).unwrap(), fault);
    }
    let unknown = json!({ "partition": { "from": "web", "to": "db", "direction": "both" } });
    assert!(serde_json::from_value::<Fault>(unknown).is_err());
}

#[test]
fn what_is_read_is_what_the_schema_says() {
    let schema = schemars::schema_for!(Fault).to_value();
    let variants = schema["oneOf"].as_array().expect("one for each fault");
    assert_eq!(variants.len(), Fault::blanks().len());
    for (variant, mut blank) in variants.iter().zip(Fault::blanks()) {
        let name = blank.name();
        let own = &variant["properties"][name];
        let mut valid: Vec<&str> = own["properties"].as_object().expect(name).keys().map(String::as_str).collect();
        let mut needed: Vec<&str> = own["required"].as_array().expect(name).iter().filter_map(Value::as_str).collect();
        let fields = blank.fields();
        let mut all: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let mut must: Vec<&str> = fields.iter().filter(|field| field.needed.is_some()).map(|f| f.name).collect();
        for names in [&mut valid, &mut needed, &mut all, &mut must] {
            names.sort_unstable();
        }
        assert_eq!((all, must), (valid, needed), "{name}");
    }
}

#[test]
fn absurd_numbers_are_refused() {
    let node = || "web".to_owned();
    for fault in [
        Fault::Slow { node: node(), factor: 0.0 },
        Fault::Slow { node: node(), factor: f64::NAN },
        Fault::Errors { node: node(), ratio: 1.5 },
        Fault::LossyLink { from: node(), to: node(), loss: -0.1, way: Way::Both },
        Fault::NarrowLink { from: node(), to: node(), bandwidth: BitRate(1), way: Way::Both },
    ] {
        assert!(fault.check_numbers().unwrap_err().remedy.starts_with("valid"), "{fault:?}");
    }
}
