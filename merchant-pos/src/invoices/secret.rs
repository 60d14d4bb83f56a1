//! Keys of this machine's own making: the key that asks in a shop's name while nobody is at the till, the secrets of its hooks, and the
//! keys of its programs.
//!
//! The first two are derived from the service's own key (HKDF-SHA-256, RFC 5869) and stored nowhere; of the third only a hash is kept.

use crate::error::Reason;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use ledger::SigningKey;
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32};
use sha2::Sha256;

const DESK: &[u8] = b"liard invoices: the key that asks";
const HOOK: &[u8] = b"liard invoices: the secret of a hook";
const HOOK_MARK: &str = "whsec_";
const PROGRAM_MARK: &str = "liard_";
/// What a program's key is called has at most so many characters.
const MAX_LABEL_CHARS: usize = 40;

/// The name of a hook or of a program's key within its shop.
pub type Name = [u8; 8];

fn derive(signer: &SigningKey, what: &[u8], account: &AccountId, name: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let expanded = Hkdf::<Sha256>::new(None, &signer.to_bytes()).expand_multi_info(&[what, &account.0, name], &mut out);
    expanded.expect("32 bytes are far below the bound of HKDF");
    out
}

/// The key that asks in a shop's name. The shop adds it to its account as a till with the least cap that the ledger knows, one cent a day, and may revoke it.
pub fn desk_key(signer: &SigningKey, account: &AccountId) -> SigningKey {
    SigningKey::from_bytes(&derive(signer, DESK, account, &[]))
}

/// The secret that a shop's hook is signed with, as text.
pub fn hook_secret(signer: &SigningKey, account: &AccountId, hook: &Name) -> String {
    format!("{HOOK_MARK}{}", URL_SAFE_NO_PAD.encode(derive(signer, HOOK, account, hook)))
}

/// Random bytes.
pub fn draw<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    let failed = |error: getrandom::Error| Fault::Io { what: "draw a secret".into(), message: error.to_string() };
    getrandom::fill(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// A key of a program: shown once, kept as a hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ProgramKey {
    /// Whose it is.
    pub account: AccountId,
    /// Its name.
    pub name: Name,
    secret: [u8; 24],
}

impl ProgramKey {
    /// A new one.
    pub fn draw(account: AccountId) -> Result<ProgramKey, Fault> {
        Ok(ProgramKey { account, name: draw()?, secret: draw()? })
    }

    /// As the program sends it.
    pub fn to_text(self) -> String {
        format!("{PROGRAM_MARK}{}", URL_SAFE_NO_PAD.encode([&self.account.0[..], &self.name, &self.secret].concat()))
    }

    /// Reads one; `None` when the text is none.
    pub fn from_text(text: &str) -> Option<ProgramKey> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PROGRAM_MARK)?).ok()?;
        let (account, rest) = bytes.split_first_chunk::<16>()?;
        let (name, secret) = rest.split_first_chunk::<8>()?;
        Some(ProgramKey { account: AccountId(*account), name: *name, secret: secret.try_into().ok()? })
    }

    /// What is kept of it. Its secret has 192 random bits, so that a plain hash is enough.
    pub fn hash(&self) -> Hash32 {
        Hash32::of(&self.secret)
    }
}

/// A label without what cannot be seen, or why it is none.
pub fn label(text: &str) -> Result<String, Reason> {
    let label = text.trim();
    let sound = !label.is_empty() && label.chars().count() <= MAX_LABEL_CHARS && !label.chars().any(char::is_control);
    if sound { Ok(label.to_owned()) } else { Err(Reason::InvoiceLabel) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_keys_are_these_and_differ_for_each_shop_and_each_purpose() {
        let (signer, shop) = (SigningKey::from_bytes(&[1; 32]), AccountId([2; 16]));
        let desk = desk_key(&signer, &shop);
        assert_eq!(desk, desk_key(&signer, &shop));
        assert_ne!(desk, desk_key(&signer, &AccountId([3; 16])));
        assert_ne!(desk, desk_key(&SigningKey::from_bytes(&[9; 32]), &shop));
        let secret = hook_secret(&signer, &shop, &[0; 8]);
        assert_eq!(secret.len(), HOOK_MARK.len() + 43);
        assert_ne!(secret, hook_secret(&signer, &shop, &[1; 8]));
        assert_ne!(secret, format!("{HOOK_MARK}{}", URL_SAFE_NO_PAD.encode(desk.to_bytes())));
    }

    #[test]
    fn a_programs_key_comes_back_from_its_text() {
        let key = ProgramKey::draw(AccountId([2; 16])).unwrap();
        assert!(ProgramKey::from_text(&key.to_text()).is_some_and(|read| read == key && read.hash() == key.hash()));
        for bad in ["", "liard_", "liard_AAAA", &key.to_text()[1..], &format!("{}A", key.to_text())] {
            assert!(ProgramKey::from_text(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn hkdf_is_that_of_the_standard() {
        // RFC 5869, test case 3: no salt, no info.
        let mut out = [0; 42];
        Hkdf::<Sha256>::new(None, &[0x0b; 22]).expand(&[], &mut out).unwrap();
        let expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8";
        assert_eq!(hex::encode(out), expected);
    }
}
