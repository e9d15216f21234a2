use super::*;

#[test]
fn what_is_read_is_what_the_schema_says() {
    let schema = schemars::schema_for!(Edit).to_value();
    let variants = schema["oneOf"].as_array().expect("one for each edit");
    assert_eq!(variants.len(), Edit::NAMES.len());
    for (variant, name) in variants.iter().zip(Edit::NAMES) {
        let mut blank = Edit::blank_of(name).expect(name);
        let (own, fields) = blank.parts();
        assert_eq!(own, name);
        let valid = variant["properties"][name]["properties"].as_object().expect(name);
        assert!(fields.iter().map(|field| field.name).eq(valid.keys().map(String::as_str)), "{name}");
    }
}
