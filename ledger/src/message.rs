//! Signed messages that are no orders: a till's request to be paid, the association's word on a name and on what a key may pay without
//! network, a member's mandate, a sign-in.

use crate::amount::{Amount, MAX_AMOUNT};
use crate::encoding::{DecodeError, Envelope, Purpose, Reader, Writer, sign};
use crate::key::{AccountId, Hash32, LedgerId, PublicKey};
use crate::transaction::ChargeReference;
use ed25519_dalek::SigningKey;

/// The longest reference of a charge: that of a SEPA payment.
pub const MAX_REFERENCE_BYTES: usize = 35;
/// The longest name of a shop: that of a SEPA account holder.
pub const MAX_SHOP_NAME_BYTES: usize = 70;

/// A request to be paid, signed by a till.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChargeRequest {
    /// Who is to be paid.
    pub payee: AccountId,
    /// How much.
    pub amount: Amount,
    /// The charge.
    pub charge: ChargeReference,
    /// The shop's own reference: a ticket, a table.
    pub reference: Option<String>,
}

impl ChargeRequest {
    /// Signs the request.
    pub fn sign(&self, ledger: &LedgerId, key: &SigningKey) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(4 + usize::from(self.reference.is_some())).uint(1).bytes(&self.payee.0).uint(2).uint(self.amount.cents());
        out.uint(3).bytes(&self.charge.id).uint(4).uint(self.charge.expires);
        if let Some(reference) = &self.reference {
            out.uint(5).text(reference);
        }
        sign(Purpose::Charge, ledger, &out.into_bytes(), key)
    }

    /// Reads a request and verifies its signature; gives the till's key too.
    pub fn decode(bytes: &[u8], ledger: &LedgerId) -> Result<(ChargeRequest, PublicKey), DecodeError> {
        let envelope = Envelope::decode(bytes)?;
        let mut reader = Reader::new(envelope.payload());
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let payee = AccountId(r.fixed()?);
        map.required(r, 2)?;
        let amount = Amount::from_cents(r.uint()?).ok_or(DecodeError::OutOfBounds("the amount is out of bounds"))?;
        map.required(r, 3)?;
        let id = r.fixed()?;
        map.required(r, 4)?;
        let expires = r.uint()?;
        let reference = if map.optional(r, 5)? { Some(r.text(MAX_REFERENCE_BYTES)?.to_owned()) } else { None };
        map.end()?;
        reader.end()?;
        let (key, _) = envelope.verify(Purpose::Charge, ledger)?;
        Ok((ChargeRequest { payee, amount, charge: ChargeReference { id, expires }, reference }, key))
    }
}

/// The longest label of a stall, in bytes: with the signs of a payment it makes a charge's reference.
pub const MAX_STALL_LABEL_BYTES: usize = 30;
/// Bytes of a stall's id: with as many that the payer draws they are a charge's id.
pub const STALL_BYTES: usize = 8;

/// A sign on a market stall, signed by a till: whoever scans it says how much. Each payment names a charge of its own, whose id begins
/// with the stall's and ends as the payer drew it, so that the ledger takes it once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stall {
    /// Who is to be paid.
    pub payee: AccountId,
    /// The stall.
    pub id: [u8; STALL_BYTES],
    /// What the shop calls it.
    pub label: String,
}

impl Stall {
    /// Signs the sign.
    pub fn sign(&self, ledger: &LedgerId, key: &SigningKey) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(3).uint(1).bytes(&self.payee.0).uint(2).bytes(&self.id).uint(3).text(&self.label);
        sign(Purpose::Stall, ledger, &out.into_bytes(), key)
    }

    /// Reads a sign and verifies its signature; gives the till's key too.
    pub fn decode(bytes: &[u8], ledger: &LedgerId) -> Result<(Stall, PublicKey), DecodeError> {
        let envelope = Envelope::decode(bytes)?;
        let mut reader = Reader::new(envelope.payload());
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let payee = AccountId(r.fixed()?);
        map.required(r, 2)?;
        let id = r.fixed()?;
        map.required(r, 3)?;
        let label = r.text(MAX_STALL_LABEL_BYTES)?.to_owned();
        if label.is_empty() {
            return Err(DecodeError::OutOfBounds("a stall has a label"));
        }
        map.end()?;
        reader.end()?;
        let (key, _) = envelope.verify(Purpose::Stall, ledger)?;
        Ok((Stall { payee, id, label }, key))
    }
}

/// The association says: this key asks for payments in the name of this account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// The account.
    pub account: AccountId,
    /// A key of it.
    pub key: PublicKey,
    /// The account's public name.
    pub name: String,
    /// The word is good until this time.
    pub valid_until: u64,
}

impl Certificate {
    /// Signs the certificate with the checkpoint key.
    pub fn sign(&self, ledger: &LedgerId, key: &SigningKey) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(4).uint(1).bytes(&self.account.0).uint(2).bytes(self.key.as_bytes());
        out.uint(3).text(&self.name).uint(4).uint(self.valid_until);
        sign(Purpose::Certificate, ledger, &out.into_bytes(), key)
    }

    /// Reads a certificate and verifies that one of these keys signed it.
    pub fn decode(bytes: &[u8], ledger: &LedgerId, issuers: &[PublicKey]) -> Result<Certificate, DecodeError> {
        let envelope = Envelope::decode(bytes)?;
        let mut reader = Reader::new(envelope.payload());
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let account = AccountId(r.fixed()?);
        map.required(r, 2)?;
        let key = r.key()?;
        map.required(r, 3)?;
        let name = r.text(MAX_SHOP_NAME_BYTES)?.to_owned();
        map.required(r, 4)?;
        let valid_until = r.uint()?;
        map.end()?;
        reader.end()?;
        let (signer, _) = envelope.verify(Purpose::Certificate, ledger)?;
        if !issuers.contains(&signer) {
            return Err(DecodeError::BadSignature);
        }
        Ok(Certificate { account, key, name, valid_until })
    }
}

/// The association says: this key may sign orders of this account, and shops without network may take orders of so much from it. No
/// promise that they are covered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpendingCertificate {
    /// The account.
    pub account: AccountId,
    /// A key of it.
    pub key: PublicKey,
    /// All orders that wait for the network together, in cents; at most [`MAX_AMOUNT`], and 0 where there is nothing to pay with.
    pub cap: u64,
    /// The word is good until this time.
    pub valid_until: u64,
}

impl SpendingCertificate {
    /// Signs the certificate with the checkpoint key.
    pub fn sign(&self, ledger: &LedgerId, key: &SigningKey) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(4).uint(1).bytes(&self.account.0).uint(2).bytes(self.key.as_bytes());
        out.uint(3).uint(self.cap).uint(4).uint(self.valid_until);
        sign(Purpose::Spending, ledger, &out.into_bytes(), key)
    }

    /// Reads a certificate and verifies that one of these keys signed it.
    pub fn decode(bytes: &[u8], ledger: &LedgerId, issuers: &[PublicKey]) -> Result<SpendingCertificate, DecodeError> {
        let envelope = Envelope::decode(bytes)?;
        let mut reader = Reader::new(envelope.payload());
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let account = AccountId(r.fixed()?);
        map.required(r, 2)?;
        let key = r.key()?;
        map.required(r, 3)?;
        let cap = r.uint()?;
        if cap > MAX_AMOUNT {
            return Err(DecodeError::OutOfBounds("a cap is at most 10^12 cents"));
        }
        map.required(r, 4)?;
        let valid_until = r.uint()?;
        map.end()?;
        reader.end()?;
        let (signer, _) = envelope.verify(Purpose::Spending, ledger)?;
        if !issuers.contains(&signer) {
            return Err(DecodeError::BadSignature);
        }
        Ok(SpendingCertificate { account, key, cap, valid_until })
    }
}

/// A member says: this creditor may collect so much from my bank account each month, until I revoke it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MandateStatement {
    /// Who gets the units.
    pub account: AccountId,
    /// Whose bank account it is.
    pub holder: String,
    /// SHA-256 of its IBAN, in capitals and without spaces.
    pub iban: Hash32,
    /// The creditor identifier (ICS) of who may collect.
    pub creditor: String,
    /// How much each month, in cents.
    pub amount: Amount,
    /// On this day of the month.
    pub day: u8,
    /// When it was signed.
    pub time: u64,
}

impl MandateStatement {
    /// Signs the statement.
    pub fn sign(&self, ledger: &LedgerId, key: &SigningKey) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(7).uint(1).bytes(&self.account.0).uint(2).text(&self.holder).uint(3).bytes(&self.iban.0);
        out.uint(4).text(&self.creditor).uint(5).uint(self.amount.cents()).uint(6).uint(self.day.into()).uint(7).uint(self.time);
        sign(Purpose::Mandate, ledger, &out.into_bytes(), key)
    }

    /// Reads a statement and verifies its signature; gives the member's key too.
    pub fn decode(bytes: &[u8], ledger: &LedgerId) -> Result<(MandateStatement, PublicKey), DecodeError> {
        let envelope = Envelope::decode(bytes)?;
        let mut reader = Reader::new(envelope.payload());
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let account = AccountId(r.fixed()?);
        map.required(r, 2)?;
        let holder = r.text(MAX_SHOP_NAME_BYTES)?.to_owned();
        map.required(r, 3)?;
        let iban = r.hash()?;
        map.required(r, 4)?;
        let creditor = r.text(MAX_REFERENCE_BYTES)?.to_owned();
        map.required(r, 5)?;
        let amount = Amount::from_cents(r.uint()?).ok_or(DecodeError::OutOfBounds("the amount is out of bounds"))?;
        map.required(r, 6)?;
        let day = u8::try_from(r.uint()?).map_err(|_| DecodeError::OutOfBounds("a month has no such day"))?;
        map.required(r, 7)?;
        let time = r.uint()?;
        map.end()?;
        reader.end()?;
        let (key, _) = envelope.verify(Purpose::Mandate, ledger)?;
        Ok((MandateStatement { account, holder, iban, creditor, amount, day, time }, key))
    }
}

/// Signs the server's challenge: a proof of holding a key.
pub fn sign_in(challenge: &[u8; 32], ledger: &LedgerId, key: &SigningKey) -> Vec<u8> {
    let mut out = Writer::new();
    out.map(1).uint(1).bytes(challenge);
    sign(Purpose::SignIn, ledger, &out.into_bytes(), key)
}

/// The challenge that was signed, and by whom.
pub fn decode_sign_in(bytes: &[u8], ledger: &LedgerId) -> Result<([u8; 32], PublicKey), DecodeError> {
    let envelope = Envelope::decode(bytes)?;
    let mut reader = Reader::new(envelope.payload());
    let mut map = reader.map()?;
    map.required(&mut reader, 1)?;
    let challenge = reader.fixed()?;
    map.end()?;
    reader.end()?;
    let (key, _) = envelope.verify(Purpose::SignIn, ledger)?;
    Ok((challenge, key))
}
