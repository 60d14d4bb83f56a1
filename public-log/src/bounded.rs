//! Answers of strangers, read up to a limit.

/// Why an answer was not read.
#[derive(Debug)]
pub enum Unread {
    /// No answer came, or it broke off.
    Broken(reqwest::Error),
    /// It is longer than anything that was asked for.
    TooLong,
}

/// The body of an answer, of `most` bytes at most.
pub async fn body(mut answer: reqwest::Response, most: usize) -> Result<Vec<u8>, Unread> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(Unread::Broken)? {
        if bytes.len() + chunk.len() > most {
            return Err(Unread::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
