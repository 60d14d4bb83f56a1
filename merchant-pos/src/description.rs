//! The OpenAPI description of `/pos/v1`: one fragment per room in `openapi/`, put together when it is first asked for.

use serde_json::{Map, Value};
use std::sync::OnceLock;

const FRAGMENTS: &[&str] = &[
    // What every other one refers to comes first.
    include_str!("../openapi/base.json"),
    include_str!("../openapi/evening.json"),
    include_str!("../openapi/invoices.json"),
    include_str!("../openapi/printing.json"),
    include_str!("../openapi/stalls.json"),
    include_str!("../openapi/tickets.json"),
];
/// What fragments add to: where it stands, and each has names of its own there.
const JOINED: [&str; 2] = ["/paths", "/components/schemas"];

/// The description, as JSON.
pub fn description() -> &'static str {
    static WHOLE: OnceLock<String> = OnceLock::new();
    WHOLE.get_or_init(|| joined(FRAGMENTS).to_string())
}

fn joined(fragments: &[&str]) -> Value {
    let mut fragments = fragments.iter().map(|text| serde_json::from_str::<Value>(text).expect("the build holds sound JSON"));
    let mut whole = fragments.next().unwrap_or_default();
    for mut fragment in fragments {
        for place in JOINED {
            let more = fragment.pointer_mut(place).and_then(Value::as_object_mut).map(std::mem::take);
            if let Some(known) = whole.pointer_mut(place).and_then(Value::as_object_mut) {
                for (name, value) in more.unwrap_or_default() {
                    add(known, name, value);
                }
            }
        }
    }
    whole
}

fn add(known: &mut Map<String, Value>, name: String, value: Value) {
    assert!(!known.contains_key(&name), "two fragments describe {name}");
    known.insert(name, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_of_the_description_leads_somewhere() {
        let whole: Value = serde_json::from_str(description()).unwrap();
        let text = whole.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let place = reference.split('"').next().unwrap();
            assert!(whole.pointer(place).is_some(), "{place}");
        }
    }

    #[test]
    fn fragments_add_their_own_paths_and_schemas() {
        let first = r#"{"paths":{"/a":1},"components":{"schemas":{"A":1}}}"#;
        let whole = joined(&[first, r#"{"paths":{"/b":2},"components":{"schemas":{"B":2}}}"#]);
        assert_eq!(
            (whole.pointer("/paths").map(|paths| paths.to_string()), whole.pointer("/components/schemas/B")),
            (Some(r#"{"/a":1,"/b":2}"#.into()), Some(&Value::from(2)))
        );
    }
}
