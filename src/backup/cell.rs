//! One value between a column and JSON. Pure.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use sea_orm::Value;
use sea_orm::sea_query::ColumnType;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What a column holds, as the copy names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A whole number of 32 bits.
    Int,
    /// A whole number of 64 bits.
    Big,
    /// A number with a fraction; as text, so that every bit comes back.
    Double,
    /// Text.
    Text,
    /// Yes or no.
    Bool,
    /// A date.
    Date,
    /// An instant, in UTC.
    Time,
    /// JSON.
    Json,
    /// Octets; in hexadecimal.
    Bytes,
}

impl Kind {
    /// The kind of a column; None for a type that no table has.
    #[must_use]
    pub fn of(column: &ColumnType) -> Option<Self> {
        match column {
            ColumnType::Integer => Some(Self::Int),
            ColumnType::BigInteger => Some(Self::Big),
            ColumnType::Double => Some(Self::Double),
            ColumnType::Text | ColumnType::String(_) => Some(Self::Text),
            ColumnType::Boolean => Some(Self::Bool),
            ColumnType::Date => Some(Self::Date),
            ColumnType::TimestampWithTimeZone => Some(Self::Time),
            ColumnType::Json | ColumnType::JsonBinary => Some(Self::Json),
            ColumnType::Blob | ColumnType::VarBinary(_) | ColumnType::Binary(_) => Some(Self::Bytes),
            _ => None,
        }
    }

    /// A value as JSON; None for one of another kind.
    #[must_use]
    pub fn write(self, value: Value) -> Option<Json> {
        let text = |text: Option<String>| text.map_or(Json::Null, Json::String);
        Some(match (self, value) {
            (Self::Int, Value::Int(number)) => number.into(),
            (Self::Big, Value::BigInt(number)) => number.into(),
            (Self::Double, Value::Double(number)) => text(number.map(|number| number.to_string())),
            (Self::Text, Value::String(value)) => value.map_or(Json::Null, |value| Json::String(value.clone())),
            (Self::Bool, Value::Bool(value)) => value.into(),
            (Self::Date, Value::ChronoDate(date)) => text(date.map(|date| date.to_string())),
            (Self::Time, Value::ChronoDateTimeUtc(at)) => {
                text(at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
            }
            // In a list of its own, so that a JSON null is not taken for a missing value.
            (Self::Json, Value::Json(value)) => value.map_or(Json::Null, |value| Json::Array(vec![*value])),
            (Self::Bytes, Value::Bytes(value)) => text(value.map(hex::encode)),
            _ => return None,
        })
    }

    /// JSON as a value; None when it is not of this kind.
    #[must_use]
    pub fn read(self, json: Json) -> Option<Value> {
        fn parsed<T: std::str::FromStr>(json: &Json) -> Option<T> {
            json.as_str()?.parse().ok()
        }
        let is_null = json.is_null();
        Some(match self {
            Self::Int if is_null => Value::Int(None),
            Self::Int => Value::Int(Some(json.as_i64()?.try_into().ok()?)),
            Self::Big if is_null => Value::BigInt(None),
            Self::Big => Value::BigInt(Some(json.as_i64()?)),
            Self::Double if is_null => Value::Double(None),
            Self::Double => Value::Double(Some(parsed(&json)?)),
            Self::Text if is_null => Option::<String>::None.into(),
            Self::Text => json.as_str()?.into(),
            Self::Bool if is_null => Value::Bool(None),
            Self::Bool => Value::Bool(Some(json.as_bool()?)),
            Self::Date if is_null => Option::<NaiveDate>::None.into(),
            Self::Date => parsed::<NaiveDate>(&json)?.into(),
            Self::Time if is_null => Option::<DateTime<Utc>>::None.into(),
            Self::Time => parsed::<DateTime<Utc>>(&json)?.into(),
            Self::Bytes if is_null => Value::Bytes(None),
            Self::Bytes => hex::decode(json.as_str()?).ok()?.into(),
            Self::Json => match json {
                Json::Null => Option::<Json>::None.into(),
                Json::Array(mut one) if one.len() == 1 => one.remove(0).into(),
                _ => return None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back_as_it_was() {
        let at: DateTime<Utc> = "2026-11-23T02:00:00.123456Z".parse().unwrap();
        let day: NaiveDate = "2026-11-23".parse().unwrap();
        let values = [
            (Kind::Int, vec![Value::Int(Some(i32::MIN)), Value::Int(None)]),
            (Kind::Big, vec![Value::BigInt(Some(i64::MAX)), Value::BigInt(None)]),
            (Kind::Double, vec![Value::Double(Some(0.1 + 0.2)), Value::Double(Some(1e-300)), Value::Double(None)]),
            (Kind::Text, vec!["引号\"\n".into(), "".into(), Option::<String>::None.into()]),
            (Kind::Bool, vec![true.into(), Value::Bool(None)]),
            (Kind::Date, vec![day.into(), Option::<NaiveDate>::None.into()]),
            (Kind::Time, vec![at.into(), Option::<DateTime<Utc>>::None.into()]),
            (Kind::Bytes, vec![vec![0_u8, 255, 10].into(), Value::Bytes(None)]),
            (Kind::Json, vec![Json::Null.into(), serde_json::json!([1]).into(), Option::<Json>::None.into()]),
        ];
        for (kind, values) in values {
            for value in values {
                let json = kind.write(value.clone()).unwrap();
                let again = serde_json::from_str(&json.to_string()).unwrap();
                assert_eq!(kind.read(again), Some(value), "{kind:?}");
            }
        }
    }
}
