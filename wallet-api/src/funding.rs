//! How to convert euros: the transfer as QR code and as link.

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
