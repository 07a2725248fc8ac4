//! What a form was made from, in short: so that the second of two writers sees what changed. Pure.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// A mark of a value, the same for the same value on every server.
#[must_use]
pub fn fingerprint(value: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    hex::encode(&Sha256::digest(bytes)[..12])
}
