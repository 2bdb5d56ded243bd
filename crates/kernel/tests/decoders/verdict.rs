//! What a check of a decoder says of an input that broke no promise. A broken promise is a panic.

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "no decoder has all of them")]
pub(crate) enum Verdict {
    /// It is what somebody honest wrote, and all of it was believed.
    Valid,
    /// It is well-formed, and was not believed.
    Forged,
    /// Its end was cut off, and what stands before it was believed.
    Torn,
    /// It was refused.
    Malformed,
}

impl Verdict {
    /// The verdict that the name of a file in a corpus announces, if it does.
    #[allow(dead_code, reason = "fuzz targets know no names")]
    pub(crate) fn announced(name: &str) -> Option<Self> {
        match name.split('-').next()? {
            "valid" => Some(Self::Valid),
            "forged" => Some(Self::Forged),
            "torn" => Some(Self::Torn),
            "malformed" => Some(Self::Malformed),
            _ => None,
        }
    }
}
