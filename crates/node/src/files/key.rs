//! Key files: one secret seed in hexadecimal digits under a comment that says what it is.
//!
//! Written readable by their owner alone, and refused when anyone else could have read them. The seed is wiped from
//! memory when it is dropped. What the key is used for is decided by who reads the file.

use super::error::{FileError, FileProblem};
use super::{durable, hex};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use synod_kernel::ed25519::SecretKey;
use zeroize::Zeroizing;

/// 32 random bytes from which an Ed25519 key is made.
pub type SecretSeed = Zeroizing<[u8; 32]>;

/// A key file of more bytes is something else.
const MAX_BYTES: u64 = 1024;

/// Writes a key file. `what` names the key for people, e.g. `voting key of replica 0`; the public half is named too, so
/// that the file can be matched with a descriptor without showing the secret.
///
/// # Errors
/// If there is already a file of that name, or the system refuses.
pub fn write_key(path: &Path, what: &str, seed: &SecretSeed) -> Result<(), FileError> {
    let public = hex::encode(&SecretKey::from_seed(seed).public().to_bytes());
    let digits = Zeroizing::new(hex::encode(&**seed));
    let content = Zeroizing::new(format!("# synod secret, keep private: {what}, public key {public}\n{}\n", *digits));
    durable::write_new(path, 0o600, &content)
}

/// Reads a key file.
///
/// # Errors
/// If it is missing, malformed, or readable or writable by others than its owner.
pub fn read_key(path: &Path) -> Result<SecretSeed, FileError> {
    const WHAT: &str = "a key file";
    let mut file = durable::open(path, WHAT)?;
    let metadata = file.metadata().map_err(|source| FileError::system(path, WHAT, "read it", source))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(FileError::new(path, FileProblem::Exposed { mode }));
    }
    let content = Zeroizing::new(durable::read_text(&mut file, path, WHAT, MAX_BYTES)?);
    let refuse = |why| FileError::new(path, FileProblem::BadKeyFile { why });
    let mut lines = content.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let (Some(digits), None) = (lines.next(), lines.next()) else {
        return Err(refuse("it must have one line of digits besides comments"));
    };
    hex::decode(digits.trim()).map(Zeroizing::new).ok_or_else(|| refuse("64 lowercase hexadecimal digits are a key"))
}

#[cfg(test)]
mod tests;
