//! Numbers, text, lists and what may be absent, as JSON values.

use serde_json::Value;

use super::{Json, misfit, read};
use crate::base::{BitRate, Bytes, KeyTable, Problem, Problems, Shape, SimDuration};

impl Json for Value {
    fn blank() -> Self {
        Self::Null
    }

    fn to_value(&self) -> Value {
        self.clone()
    }

    fn set_from(&mut self, value: &Value, _: &str) -> Result<(), Problems> {
        *self = value.clone();
        Ok(())
    }
}

impl Json for String {
    fn blank() -> Self {
        Self::new()
    }

    fn to_value(&self) -> Value {
        Value::String(self.clone())
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        value.as_str().ok_or_else(|| misfit(value, at, "text", "\"…\""))?.clone_into(self);
        Ok(())
    }
}

impl Json for u64 {
    fn blank() -> Self {
        0
    }

    fn to_value(&self) -> Value {
        Value::from(*self)
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        *self = value.as_u64().ok_or_else(|| misfit(value, at, "a whole number", "a number without a fraction"))?;
        Ok(())
    }
}

impl Json for f64 {
    fn blank() -> Self {
        0.0
    }

    fn to_value(&self) -> Value {
        Value::from(*self)
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        *self = value.as_f64().ok_or_else(|| misfit(value, at, "a number", "a number, as in 0.5"))?;
        Ok(())
    }
}

/// Whole numbers that are written as any other.
macro_rules! wholes {
    ($($ty:ty),+) => { $(
        impl Json for $ty {
            fn blank() -> Self {
                0
            }

            fn to_value(&self) -> Value {
                Value::from(*self)
            }

            fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
                let whole: u64 = read(value, at)?;
                let valid = || misfit(value, at, "a number of this size", &format!("up to {}", Self::MAX));
                *self = Self::try_from(whole).map_err(|_| valid())?;
                Ok(())
            }
        }
    )+ };
}

wholes!(u16, u32, usize);

impl Json for bool {
    fn blank() -> Self {
        false
    }

    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        *self = value.as_bool().ok_or_else(|| misfit(value, at, "a truth value", "true, false"))?;
        Ok(())
    }
}

impl Json for f32 {
    fn blank() -> Self {
        0.0
    }

    /// With as many digits as it takes to read the same number again, not with those of its double.
    fn to_value(&self) -> Value {
        self.to_string().parse::<f64>().map_or(Value::Null, Value::from)
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        *self = read::<f64>(value, at)? as Self;
        Ok(())
    }
}

/// Types that stand in a document as text.
macro_rules! texts {
    ($( $ty:ty = $blank:expr, $what:literal, $example:literal; )+) => { $(
        impl Json for $ty {
            fn blank() -> Self {
                $blank
            }

            fn to_value(&self) -> Value {
                Value::String(self.to_string())
            }

            fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
                let text = value.as_str().ok_or_else(|| misfit(value, at, $what, $example))?;
                *self = text.parse().map_err(|what: String| Problem::new(at, what, ""))?;
                Ok(())
            }
        }
    )+ };
}

texts! {
    SimDuration = Self::ZERO, "a duration", "text with a unit, as in \"250ms\"";
    Bytes = Self(0), "a size", "text with a unit, as in \"64MB\"";
    BitRate = Self(0), "a bit rate", "text with a unit, as in \"100Mbps\"";
    Shape = Self::Constant, "a shape", "text, as in \"exponential\"";
    KeyTable = Self::default(), "a table of keys", "text, as in \"0, 100-199\"";
}

impl<T: Json> Json for Option<T> {
    fn blank() -> Self {
        None
    }

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, Json::to_value)
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        *self = if value.is_null() { None } else { Some(read(value, at)?) };
        Ok(())
    }
}

impl<T: Json> Json for Box<T> {
    fn blank() -> Self {
        Self::new(T::blank())
    }

    fn to_value(&self) -> Value {
        (**self).to_value()
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        (**self).set_from(value, at)
    }
}

/// Each element's problems are collected, so that one message names them all.
impl<T: Json> Json for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }

    fn to_value(&self) -> Value {
        Value::Array(self.iter().map(Json::to_value).collect())
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        let values = value.as_array().ok_or_else(|| misfit(value, at, "a list", "[ … ]"))?;
        let mut problems = Problems::default();
        self.clear();
        for (i, value) in values.iter().enumerate() {
            let mut item = T::blank();
            problems.note(item.set_from(value, &format!("{at}[{i}]")));
            self.push(item);
        }
        problems.or(())
    }
}

/// As a list of two.
impl<A: Json, B: Json> Json for (A, B) {
    fn blank() -> Self {
        (A::blank(), B::blank())
    }

    fn to_value(&self) -> Value {
        Value::Array(vec![self.0.to_value(), self.1.to_value()])
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        let Some([first, second]) = value.as_array().map(Vec::as_slice) else {
            return Err(misfit(value, at, "a list of two", "[ …, … ]"));
        };
        self.0.set_from(first, at)?;
        self.1.set_from(second, at)
    }
}
