//! Values of parameters: from JSON to what stands in a field, and back.

use serde_json::Value;

use scalescope::model::spec::ParamType;

/// The value as a person writes it.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What a person wrote, as a value. Ranges and units are the document's to check.
pub fn value_of(text: &str, ty: ParamType) -> Result<Value, &'static str> {
    let text = text.trim();
    let digits: String = text.chars().filter(|c| !matches!(c, ',' | ' ' | '_' | '\u{202f}')).collect();
    match ty {
        ParamType::Count => digits.parse::<u64>().map(Value::from).map_err(|_| "Write a whole number."),
        ParamType::Number => {
            let number = digits.parse::<f64>().ok().filter(|number| number.is_finite());
            number.map(Value::from).ok_or("Write a number, as in 0.5.")
        }
        ParamType::Duration | ParamType::Bytes | ParamType::Shape | ParamType::Text | ParamType::Choice(_) => {
            Ok(text.into())
        }
        ParamType::Nodes => Ok(text.split_whitespace().collect::<Vec<_>>().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_was_shown() {
        for (value, ty) in [
            (Value::from(25_000), ParamType::Count),
            (Value::from(0.25), ParamType::Number),
            (Value::from("250ms"), ParamType::Duration),
            (Value::from("64MB"), ParamType::Bytes),
        ] {
            assert_eq!(value_of(&text_of(&value), ty).unwrap(), value);
        }
        assert_eq!(value_of("25,000", ParamType::Count).unwrap(), Value::from(25_000));
        assert!(value_of("many", ParamType::Count).is_err() && value_of("NaN", ParamType::Number).is_err());
    }
}
