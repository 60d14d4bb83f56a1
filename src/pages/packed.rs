//! Pages on a narrow line: gzip, made once per file when it is first asked for.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// Below this the header of a packed file is longer than what it saves.
const LEAST_BYTES: usize = 512;

/// The file packed as small as gzip can, unless it does not get smaller, as pictures do.
pub fn gzip(bytes: &[u8]) -> Option<Bytes> {
    if bytes.len() < LEAST_BYTES {
        return None;
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).ok()?;
    let packed = packed.finish().ok()?;
    (packed.len() < bytes.len()).then(|| packed.into())
}

/// Whether a browser reads gzip (RFC 9110, 12.5.3): it says so, and not with a weight of 0.
pub fn reads_gzip(headers: &HeaderMap) -> bool {
    let said = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings = said.flat_map(|value| value.split(',')).map(|coding| coding.split(';').map(str::trim));
    codings.any(|mut parts| {
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        is_gzip && !parts.any(|part| part.strip_prefix("q=0").is_some_and(|rest| rest.trim_matches(['.', '0']).is_empty()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn reads(accept: &'static str) -> bool {
        reads_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accept))]))
    }

    #[test]
    fn gzip_is_sent_to_those_who_say_that_they_read_it() {
        for accept in ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.8", "deflate,gzip;q=0.001"] {
            assert!(reads(accept), "{accept}");
        }
        for accept in ["", "br", "identity", "gzip;q=0", "br, gzip; q=0.000", "*;q=0", "xgzip"] {
            assert!(!reads(accept), "{accept}");
        }
        assert!(!reads_gzip(&HeaderMap::new()));
    }

    #[test]
    fn what_does_not_get_smaller_stays_as_it_is() {
        let mut noise = vec![0; 4_096];
        getrandom::fill(&mut noise).unwrap();
        assert!(gzip(&noise).is_none());
        assert!(gzip(b"short").is_none());
        assert!(gzip(&b"again and ".repeat(100)).unwrap().len() < 100);
    }
}
