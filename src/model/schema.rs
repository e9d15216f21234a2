//! The JSON Schema, from the same types and specs that read documents.

use crate::base::Kind;
use serde_json::{Value, json};

use super::document::{Document, VERSION};
use super::kinds::NodeKind;
use super::spec::ParamType;
use crate::base::words::capitalised;

/// JSON Schema (draft 2020-12) of a document, with every parameter's unit, range, default and help.
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(Document).to_value();
    schema["title"] = json!("Scalescope document");
    schema["properties"]["version"] = json!({ "const": VERSION, "description": "Version of this format" });
    // Wherever a kind stands beside its parameters, these may be left out.
    relax(&mut schema);
    for kind in Kind::ALL {
        let (name, kind) = (kind.name(), NodeKind::of(kind));
        let title: String = name.split('_').map(capitalised).collect();
        for spec in kind.specs() {
            let title = spec.group.map_or(title.as_str(), |group| group.ty);
            let properties = &mut schema["$defs"][title]["properties"];
            assert!(properties.is_object(), "the schema has no definition {title}");
            let property = &mut properties[spec.name];
            property["default"] = spec.default;
            if !spec.unit.is_empty() {
                property["x-unit"] = json!(spec.unit);
            }
            match spec.ty {
                ParamType::Count | ParamType::Number => {
                    property["minimum"] = json!(spec.min);
                    property["maximum"] = json!(spec.max);
                }
                ParamType::Duration | ParamType::Bytes => {
                    property["x-minimum"] = json!(spec.min);
                    property["x-maximum"] = json!(spec.max);
                }
                ParamType::Choice(_) | ParamType::Shape | ParamType::Nodes | ParamType::Text => {}
            }
        }
    }
    schema
}

fn relax(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Array(required)) = fields.get_mut("required") {
                required.retain(|name| name != "params");
            }
            for (_, inner) in fields.iter_mut() {
                relax(inner);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(relax),
        _ => {}
    }
}
