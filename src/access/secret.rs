//! Secrets that are handed out once: 256 random bits as hex, of which only the SHA-256 is kept.
//!
//! A plain hash is enough: nobody guesses 256 bits, so there is nothing to slow down.

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// A new secret: the text to hand out, and the hash to keep.
pub struct Secret {
    /// What its owner gets.
    pub text: String,
    /// What the database keeps.
    pub hash: String,
}

impl Secret {
    /// Makes one from the operating system's random numbers.
    pub fn new() -> Result<Self> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        let text = hex::encode(bytes);
        let hash = hash(&text);
        Ok(Self { text, hash })
    }
}

/// The hash under which a secret is looked up.
#[must_use]
pub fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
