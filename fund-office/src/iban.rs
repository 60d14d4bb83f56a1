//! IBANs, as the whole program reads them, and those of French account numbers.

pub use ledger::orders::iban as normalised;
use ledger::orders::mod_97;

/// The digits of a French bank code, and of a branch code.
const BANK_DIGITS: usize = 5;
/// The characters of a French account number.
const ACCOUNT_CHARS: usize = 11;

/// The French IBAN of a bank code and a branch code of five digits each and an account number of eleven digits and letters; `None` when
/// they are not that.
pub fn of_account(bank: &str, branch: &str, account: &str) -> Option<String> {
    let account = account.to_ascii_uppercase();
    let digits = |text: &str| text.len() == BANK_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = account.len() == ACCOUNT_CHARS && account.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !(digits(bank) && digits(branch) && plain) {
        return None;
    }
    let number = format!("{bank}{branch}{account}");
    let key = 97 - rib_digits(&format!("{number}00")).fold(0, |rest, digit| (rest * 10 + digit) % 97);
    let number = format!("{number}{key:02}");
    let check = 98 - mod_97(&format!("{number}FR00"));
    Some(format!("FR{check:02}{number}"))
}

/// The French IBAN of a whole account number (RIB): bank, branch, account and key; `None` when the key does not fit.
pub fn of_rib(rib: &str) -> Option<String> {
    let plain = rib.len() == 2 * BANK_DIGITS + ACCOUNT_CHARS + 2 && rib.is_ascii();
    let iban = plain.then(|| of_account(&rib[..5], &rib[5..10], &rib[10..21])).flatten()?;
    iban.ends_with(&rib[21..]).then_some(iban)
}

/// The digits of a RIB: letters count as A, J = 1; B, K, S = 2; … I, R, Z = 9.
fn rib_digits(number: &str) -> impl Iterator<Item = u32> {
    number.chars().filter_map(|c| match c {
        'A'..='I' => Some(u32::from(c) - u32::from('A') + 1),
        'J'..='R' => Some(u32::from(c) - u32::from('J') + 1),
        'S'..='Z' => Some(u32::from(c) - u32::from('S') + 2),
        _ => c.to_digit(10),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_ibans_are_read_with_or_without_spaces() {
        assert_eq!(normalised("FR76 3000 6000 0112 3456 7890 189").as_deref(), Some("FR7630006000011234567890189"));
        assert_eq!(normalised("fr1420041010050500013m02606").as_deref(), Some("FR1420041010050500013M02606"));
    }

    #[test]
    fn a_mistyped_digit_or_a_foreign_character_is_noticed() {
        assert_eq!(normalised("FR7630006000011234567890188"), None);
        assert_eq!(normalised("FR76-3000"), None);
        assert_eq!(normalised(""), None);
        assert_eq!(normalised("FR76"), None);
    }

    #[test]
    fn french_account_numbers_become_ibans() {
        assert_eq!(of_account("30006", "00001", "12345678901").as_deref(), Some("FR7630006000011234567890189"));
        assert_eq!(of_account("20041", "01005", "0500013M026").as_deref(), Some("FR1420041010050500013M02606"));
        assert_eq!(of_rib("20041010050500013M02606").as_deref(), Some("FR1420041010050500013M02606"));
        for rib in ["20041010050500013M02607", "2004101005", "", "é0041010050500013M0260"] {
            assert_eq!(of_rib(rib), None, "{rib}");
        }
        assert_eq!(of_account("3000", "00001", "12345678901"), None);
        assert_eq!(of_account("30006", "0000A", "12345678901"), None);
    }
}
