//! How to convert euros: the reference that finds the account again, and the same transfer as QR code and as link.

use ledger::key::{AccountId, Hash32};

const REFERENCE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Twelve characters of 5 bits: two of a million accounts share a reference with a chance below one in a million.
const REFERENCE_LENGTH: usize = 12;

/// The creditor reference (ISO 11649) of an account: `RF`, two check digits, twelve characters that follow from the account.
pub fn reference(account: &AccountId) -> String {
    let hash = Hash32::of(&[b"liard/reference", &account.0[..]].concat()).0;
    let bits = hash.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let digit = |place: usize| REFERENCE_ALPHABET[(bits >> (5 * place) & 31) as usize] as char;
    let body: String = (0..REFERENCE_LENGTH).map(digit).collect();
    let check = 98 - mod_97(&format!("{body}RF00"));
    format!("RF{check:02}{body}")
}

/// The text as a number (letters are 10 to 35), modulo 97 (ISO 7064).
fn mod_97(text: &str) -> u32 {
    text.chars().fold(0, |rest, character| match character.to_digit(36) {
        Some(value) if value >= 10 => (rest * 100 + value) % 97,
        Some(value) => (rest * 10 + value) % 97,
        None => rest,
    })
}

/// Euros as text with a point and two decimals.
pub fn euros(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The text of a transfer's QR code (EPC069-12, version 002).
pub fn epc(holder: &str, iban: &str, bic: Option<&str>, cents: u64, reference: &str) -> String {
    let iban: String = iban.chars().filter(|c| !c.is_whitespace()).collect();
    let bic = bic.unwrap_or_default();
    format!("BCD\n002\n1\nSCT\n{bic}\n{holder}\n{iban}\nEUR{}\n\n{reference}", euros(cents))
}

/// The same as a link (RFC 8905).
pub fn payto(holder: &str, iban: &str, cents: u64, reference: &str) -> String {
    let iban: String = iban.chars().filter(|c| !c.is_whitespace()).collect();
    let name = percent_encoded(holder);
    format!("payto://iban/{iban}?receiver-name={name}&amount=EUR:{}&message={reference}", euros(cents))
}

fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { (byte as char).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A text as a QR code picture, level M, as the banks ask for.
pub fn qr_svg(text: &str) -> Option<String> {
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).ok()?;
    let picture = code.render::<qrcode::render::svg::Color>().min_dimensions(240, 240).quiet_zone(true).build();
    Some(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_passes_the_check_of_iso_11649() {
        for n in 0..100 {
            let reference = reference(&AccountId([n; 16]));
            assert_eq!(reference.len(), 16);
            assert_eq!(mod_97(&format!("{}{}", &reference[4..], &reference[..4])), 1, "{reference}");
        }
        assert_eq!(mod_97("539007547034RF18"), 1);
        assert_ne!(mod_97("539007547043RF18"), 1);
    }

    #[test]
    fn the_transfer_qr_has_the_lines_of_epc069_12() {
        let text = epc("Association La Roue", "FR14 2004 1010 0505 0001 3M02 606", None, 1_230, "RF18539007547034");
        assert_eq!(text, "BCD\n002\n1\nSCT\n\nAssociation La Roue\nFR1420041010050500013M02606\nEUR12.30\n\nRF18539007547034");
    }

    #[test]
    fn the_payto_link_escapes_the_name() {
        let link = payto("Café & Cie", "FR1420041010050500013M02606", 5, "RF18539007547034");
        assert_eq!(
            link,
            "payto://iban/FR1420041010050500013M02606?receiver-name=Caf%C3%A9%20%26%20Cie&amount=EUR:0.05&message=RF18539007547034"
        );
    }
}
