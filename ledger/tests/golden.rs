//! Golden vectors: the bytes of `golden.txt`, made again and compared, and read by two libraries that are not ours.
//!
//! After a deliberate change of the format: `GOLDEN=write cargo test -p ledger --test golden`, and read the difference.

#![allow(clippy::unwrap_used)]

mod common;

use ciborium::Value;
use common::{DAY, HOUR, START, cap, cents, hash};
use coset::{CborSerializable, CoseSign1};
use ledger::SigningKey;
use ledger::account::{
    AccountKind, Bank, Campaign, FeeRule, GiftRule, Limits, LiquidityClass, Medium, Operator, Quorum, Role, Roles, Scope, Step,
};
use ledger::amount::Rate;
use ledger::encoding::Envelope;
use ledger::key::{AccountId, Hash32, LedgerId, Prefix, PublicKey};
use ledger::ledger::{Ledger, Settings};
use ledger::message::{Certificate, ChargeRequest, MandateStatement, SpendingCertificate, Stall, decode_sign_in, sign_in};
use ledger::outcome::{Given, Outcome};
use ledger::receipt::Receipt;
use ledger::transaction::{
    Act, Body, ChargeReference, Genesis, NO_LEDGER, OpenAccount, Purse, SignedTransaction, Transaction, Transfer,
};
use std::fmt::Write;
use std::sync::Arc;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden.txt");

/// The persons of the vectors: each secret is one byte, 32 times.
const PERSONS: [(&str, u8); 6] = [("issuer", 1), ("operator", 2), ("checkpoint", 3), ("anna", 4), ("shop", 5), ("till", 6)];

fn key(name: &str) -> SigningKey {
    let (_, byte) = PERSONS.iter().find(|(person, _)| *person == name).unwrap();
    SigningKey::from_bytes(&[*byte; 32])
}

fn public(name: &str) -> PublicKey {
    key(name).verifying_key().into()
}

/// The file while it is written, and what its names stand for.
#[derive(Default)]
struct Golden {
    text: String,
    nonce: u64,
    ledger: Option<LedgerId>,
    /// Kind of message, ledger in its AAD, COSE bytes: for the checks by other libraries.
    messages: Vec<(&'static str, LedgerId, Vec<u8>)>,
    /// Whatever is one CBOR item.
    items: Vec<Vec<u8>>,
}

impl Golden {
    fn comment(&mut self, text: &str) {
        writeln!(self.text, "\n# {}", text.replace('\n', "\n# ")).unwrap();
    }

    fn value(&mut self, name: &str, bytes: &[u8]) {
        writeln!(self.text, "{name} = {}", hex(bytes)).unwrap();
    }

    fn item(&mut self, name: &str, bytes: &[u8]) {
        self.value(name, bytes);
        self.items.push(bytes.to_vec());
    }

    /// An order: its payload, the signed message and the id.
    fn order(&mut self, name: &str, body: Body, person: &str) -> SignedTransaction {
        self.nonce += 1;
        let ledger = self.ledger.unwrap_or(NO_LEDGER);
        let transaction = Transaction { nonce: self.nonce.to_be_bytes(), valid_until: START + HOUR, body };
        let bytes = transaction.sign(&ledger, &key(person));
        let order = SignedTransaction::decode(&bytes, &ledger).unwrap();
        assert_eq!(order.transaction(), &transaction);
        self.item(&format!("{name}.payload"), &transaction.encode());
        self.item(&format!("{name}.cose"), &bytes);
        self.value(&format!("{name}.id"), &order.id().0);
        self.messages.push(("transaction", ledger, bytes));
        order
    }

    fn act(&mut self, name: &str, act: Act) -> SignedTransaction {
        self.order(&format!("act.{name}"), Body::Propose(act), "operator")
    }

    fn message(&mut self, name: &str, purpose: &'static str, bytes: Vec<u8>) {
        self.item(&format!("{name}.payload"), Envelope::decode(&bytes).unwrap().payload());
        self.item(&format!("{name}.cose"), &bytes);
        self.messages.push((purpose, self.ledger.unwrap(), bytes));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn genesis() -> Genesis {
    let bank = |number, medium, class| Bank { number, medium, class, iban: hash("FR7630006000011234567890189") };
    Genesis {
        name: "Liard d'essai".into(),
        symbol: "Ł".into(),
        prefix: "liard".into(),
        checkpoint_key: public("checkpoint"),
        time: START,
        operators: vec![Operator { number: 1, key: public("operator"), roles: Roles::of(&[Role::Operator, Role::Treasurer]) }],
        quorums: vec![Quorum { act: 0, persons: 1, roles: Roles::ACTING }],
        limits: vec![
            Limits { level: 0, per_payment: Some(cents(300_000)), held: Some(cents(15_000)), paid_30_days: Some(cents(15_000)) },
            Limits { level: 1, per_payment: None, held: None, paid_30_days: None },
        ],
        banks: vec![bank(1, Medium::Digital, LiquidityClass::Sight), bank(2, Medium::Paper, LiquidityClass::Savings)],
        self_opening: true,
        rule_set: 1,
        recovery_delay_ms: 0,
    }
}

fn campaign() -> Campaign {
    Campaign {
        number: 1,
        version: 1,
        bank: 1,
        rate: Rate::new(1, 5).unwrap(),
        start: START,
        end: START + 90 * DAY,
        budget: cents(100_000),
        cap: cents(2_000),
        periods: vec![START, START + 31 * DAY, START + 59 * DAY],
        groups: vec![],
        order: 1,
        least: cents(500),
        most: cents(10_000),
        steps: vec![],
        sponsor: None,
    }
}

/// The vectors, all of them, in order.
fn golden() -> Golden {
    let mut g = Golden::default();
    g.text.push_str(HEADER);
    g.comment("Keys. The secret is one byte, 32 times (RFC 8032 seed); the public key follows from it.");
    for (name, byte) in PERSONS {
        g.value(&format!("key.{name}.secret"), &[byte; 32]);
        g.value(&format!("key.{name}.public"), public(name).as_bytes());
    }
    g.comment("The genesis, signed by the issuer under a ledger of 32 zero bytes. Its id is the ledger id.");
    let genesis = g.order("genesis", Body::Genesis(Box::new(genesis())), "issuer");
    g.ledger = Some(genesis.id());
    let ledger = genesis.id();
    g.comment("The external AAD of each kind of message in this ledger.");
    for purpose in ["transaction", "charge", "certificate", "sign-in", "mandate", "spending", "stall"] {
        g.item(&format!("aad.{purpose}"), &external_aad(purpose, &ledger));
    }
    g.comment("Accounts: anna opens her own, the association opens the shop's. An account is the first 16 bytes of that\ntransaction's id; `text` is UTF-8: bech32m with the currency's prefix.");
    let open = |kind, key, level, groups| OpenAccount { kind, key, level, groups };
    let resident = open(AccountKind::Resident, public("anna"), 0, vec![]);
    let anna_opens = g.order("open_account", Body::OpenAccount(resident), "anna");
    let shop = open(AccountKind::Professional, public("shop"), 1, vec![3, 300]);
    let shop_opens = g.act("open_account", Act::OpenAccount(shop));
    let (anna_id, shop_id) = (AccountId::opened_by(&anna_opens.id()), AccountId::opened_by(&shop_opens.id()));
    let prefix = Prefix::new("liard").unwrap();
    for (name, account) in [("anna", anna_id), ("shop", shop_id)] {
        g.value(&format!("account.{name}"), &account.0);
        g.value(&format!("account.{name}.text"), account.to_text(&prefix).as_bytes());
    }
    let orders = members_orders(&mut g, anna_id, shop_id);
    g.comment("Acts of the association, each proposed by the operator. Evidence and credits are SHA-256 of a word.");
    let acts = acts(&mut g, anna_id, shop_id);
    g.comment("Messages that are no orders.");
    let charge = ChargeReference { id: [0xc1; 16], expires: START + HOUR };
    let request = ChargeRequest { payee: shop_id, amount: cents(450), charge, reference: Some("Table 4 – été".into()) };
    let certificate =
        Certificate { account: shop_id, key: public("till"), name: "Épicerie du Pont".into(), valid_until: START + DAY };
    g.message("charge_request", "charge", request.sign(&ledger, &key("till")));
    let plain = ChargeRequest { reference: None, ..request };
    g.message("charge_request.without_reference", "charge", plain.sign(&ledger, &key("till")));
    g.message("certificate", "certificate", certificate.sign(&ledger, &key("checkpoint")));
    g.message("sign_in", "sign-in", sign_in(&[0x5c; 32], &ledger, &key("anna")));
    let mandate = MandateStatement {
        account: anna_id,
        holder: "Anna Müller".into(),
        iban: Hash32::of(b"FR1420041010050500013M02606"),
        creditor: "FR72ZZZ123456".into(),
        amount: cents(4_000),
        day: 12,
        time: START,
    };
    g.message("mandate", "mandate", mandate.sign(&ledger, &key("anna")));
    let spending = SpendingCertificate { account: anna_id, key: public("anna"), cap: 5_000, valid_until: START + 7 * DAY };
    g.message("spending_certificate", "spending", spending.sign(&ledger, &key("checkpoint")));
    let stall = Stall { payee: shop_id, id: [0x57; 8], label: "Marché du samedi".into() };
    g.message("stall", "stall", stall.sign(&ledger, &key("till")));
    let [publish, sponsor, convert] = acts;
    journal(&mut g, &[genesis, anna_opens, shop_opens, publish, sponsor, convert, orders]);
    refused(&mut g);
    g.comment("A genesis with a recovery delay of three days, signed like the first one under a ledger of 32 zero bytes.");
    g.ledger = None;
    let delayed = Genesis { recovery_delay_ms: 3 * DAY, ..self::genesis() };
    g.order("genesis.with_a_recovery_delay", Body::Genesis(Box::new(delayed)), "issuer");
    g.ledger = Some(ledger);
    g
}

const HEADER: &str = "\
# Golden vectors of the formats, version 1 (see ../FORMATS.md). Lines are `name = hexadecimal bytes`.
#
# Order n of this file has the nonce n (8 bytes, big-endian) and is valid until 2026-01-01T01:00:00Z (1767229200000 ms).
# `payload` is the CBOR that is signed, `cose` the whole COSE_Sign1 message, `id` SHA-256 of its Sig_structure.
# Ed25519 signatures are deterministic: whoever signs the payload with the secret gets the same bytes.
";

fn members_orders(g: &mut Golden, anna: AccountId, shop: AccountId) -> SignedTransaction {
    g.comment("What members sign.");
    let charge = Some(ChargeReference { id: [0xc1; 16], expires: START + HOUR });
    let pay = |charge, memo| Body::Transfer(Transfer { payer: anna, payee: shop, amount: cents(450), charge, memo });
    g.order("transfer", pay(None, None), "anna");
    let answers = g.order("transfer.of_charge_with_memo", pay(charge, Some(hash("memo"))), "anna");
    g.order(
        "transfers",
        Body::Transfers { payer: anna, payments: vec![(shop, cents(1)), (shop, cents(1_000_000_000_000))] },
        "anna",
    );
    g.order("refund", Body::Refund { account: shop, original: 6, item: 0, amount: cents(100) }, "shop");
    g.order("redeem", Body::Redeem { account: shop, amount: cents(65_536) }, "shop");
    let scopes = [
        ("full", Scope::Full),
        ("limited", Scope::Limited(cap(2_000, 5_000))),
        ("till", Scope::Till { per_day: cents(10_000) }),
        ("card_service", Scope::CardService(cap(2_000, 5_000))),
        ("collect", Scope::Collect(cap(2_000, 5_000), shop)),
        ("read", Scope::Read),
    ];
    for (name, scope) in scopes {
        g.order(&format!("add_key.{name}"), Body::AddKey { account: shop, key: public("till"), scope }, "shop");
    }
    g.order("revoke_key", Body::RevokeKey { account: shop, key: public("till") }, "shop");
    g.order("close_account", Body::CloseAccount { account: anna }, "anna");
    g.comment("What operators sign besides proposals. The proposal here is SHA-256 of a word.");
    g.order("approve", Body::Approve { proposal: hash("proposal") }, "operator");
    g.order("refuse", Body::Refuse { proposal: hash("proposal") }, "operator");
    answers
}

fn acts(g: &mut Golden, anna: AccountId, shop: AccountId) -> [SignedTransaction; 3] {
    let (credit, evidence, amount, bank) = (hash("credit"), hash("evidence"), cents(1_000), 1);
    let publish = g.act("publish_campaign", Act::PublishCampaign(Box::new(campaign())));
    let sponsor = g.act("sponsor_deposit", Act::SponsorDeposit { bank, campaign: 1, amount: cents(50_000), evidence });
    let convert = g.act("convert", Act::Convert { bank, credit, amount, account: anna });
    g.act("add_key", Act::AddKey { account: shop, key: public("till"), scope: Scope::Till { per_day: cents(1) } });
    g.act("revoke_key", Act::RevokeKey { account: shop, key: public("till") });
    g.act("close_account", Act::CloseAccount { account: anna });
    g.act("classify_account", Act::ClassifyAccount { account: anna, level: 1, groups: vec![1, 2, 65_535] });
    g.act("suspend_account", Act::SuspendAccount { account: anna, reason: 3 });
    g.act("resume_account", Act::ResumeAccount { account: anna });
    g.act("record_credit", Act::RecordCredit { bank, credit, amount });
    g.act("return_credit", Act::ReturnCredit { credit, amount, evidence });
    let cover = Purse::Cover;
    g.act("fund_deposit", Act::FundDeposit { bank, amount, purse: Purse::Own, evidence, settles: None });
    g.act("fund_deposit.settles", Act::FundDeposit { bank, amount, purse: cover, evidence, settles: Some(anna) });
    g.act("fund_withdrawal", Act::FundWithdrawal { bank, amount, purse: Purse::FeesDue, evidence });
    g.act("bank_return", Act::BankReturn { credit, amount, evidence });
    g.act("bank_fee", Act::BankFee { bank, amount, evidence });
    let exempt = vec![7];
    let rate = Rate::new(1, 20).unwrap();
    let fee = FeeRule { version: 1, rate, least: 0, from: START, exempt, given: None, beneficiary: None };
    g.act("publish_fee", Act::PublishFee(fee.clone()));
    g.act("redemption_paid", Act::RedemptionPaid { redemption: 9, bank, evidence });
    g.act("redemption_returned", Act::RedemptionReturned { redemption: 9, evidence });
    g.act("issue_notes", Act::IssueNotes { amount, evidence });
    g.act("retire_notes", Act::RetireNotes { amount, evidence });
    g.act("fund_move", Act::FundMove { bank_out: 1, bank_in: 2, amount, evidence });
    g.act("correct", Act::Correct { sequence: 5, reason: 2 });
    g.act("rotate_checkpoint_key", Act::RotateCheckpointKey { key: public("till") });
    g.act("upgrade", Act::Upgrade { rule_set: 2 });
    let roles = Roles::of(&[Role::Board, Role::Auditor]);
    g.act("appoint_operator", Act::AppointOperator(Operator { number: 2, key: public("anna"), roles }));
    g.act("dismiss_operator", Act::DismissOperator { operator: 2 });
    g.act("set_quorum", Act::SetQuorum(Quorum { act: 44, persons: 2, roles }));
    g.act("set_limits", Act::SetLimits(Limits { level: 2, per_payment: None, held: Some(amount), paid_30_days: None }));
    let new_bank = Bank { number: 3, medium: Medium::Digital, class: LiquidityClass::Term, iban: hash("iban") };
    g.act("add_bank", Act::AddBank(new_bank));
    g.act("pledge", Act::Pledge { medium: Medium::Paper, amount, evidence });
    g.act("release_pledge", Act::ReleasePledge { medium: Medium::Paper, amount, evidence });
    g.act("sponsor_return", Act::SponsorReturn { campaign: 1, amount, evidence });
    g.comment("What associations get, and redemptions by instruction and in one file. `choose` and `redeem_above` are orders of members.");
    g.order("choose", Body::Choose { account: anna, associations: vec![shop, AccountId([7; 16])] }, "anna");
    g.order("choose.nobody", Body::Choose { account: anna, associations: vec![] }, "anna");
    g.order("redeem_above", Body::RedeemAbove { account: shop, keep: Some(50_000) }, "shop");
    g.order("redeem_above.ends", Body::RedeemAbove { account: shop, keep: None }, "shop");
    let step = |from, part| Step { from: cents(from), rate: Rate::new(part, 100).unwrap() };
    let table = Campaign { steps: vec![step(5_000, 10), step(8_000, 0)], sponsor: Some(9), ..campaign() };
    g.act("publish_campaign.with_steps_and_sponsor", Act::PublishCampaign(Box::new(table)));
    let shared = FeeRule { given: Rate::new(3, 100), beneficiary: Some(shop), ..fee };
    g.act("publish_fee.with_a_share_given", Act::PublishFee(shared));
    let periods = vec![START, START + 31 * DAY, START + 59 * DAY];
    let rate = Rate::new(3, 100).unwrap();
    g.act(
        "publish_gift",
        Act::PublishGift(GiftRule { number: 1, version: 1, bank: 1, rate, periods, least_members: 30, budget: amount }),
    );
    g.act("give_gifts", Act::GiveGifts { gift: 1, period: START, evidence });
    g.act("redeem_standing", Act::RedeemStanding { account: shop });
    g.act("order_redemptions", Act::OrderRedemptions { bank, redemptions: vec![9, 12, 300], evidence });
    g.act("pass_on", Act::PassOn { account: anna, heir: shop, evidence });
    g.comment("What the rules made of a giving: the outcome alone, as it stands in an entry.");
    let given = |account, cents, members| Given { account, cents, members };
    let mut rows = vec![given(anna, 12, 0), given(shop, 65_536, 30)];
    rows.sort_by_key(|row| row.account);
    let outcome = Outcome { fee: Some(50), net: Some(950), fee_version: Some(1), given: rows, ..Outcome::default() };
    let mut bytes = ledger::encoding::Writer::new();
    outcome.write(&mut bytes);
    g.item("outcome.given", &bytes.into_bytes());
    [publish, sponsor, convert]
}

/// Some of the orders accepted at `START`, one after the other: their entries, and what proves the last one.
fn journal(g: &mut Golden, orders: &[SignedTransaction; 7]) {
    let folder = tempfile::tempdir().unwrap();
    let (data, key_file) = (folder.path().join("data"), folder.path().join("key"));
    let settings = Settings::at(&data, key_file, vec![key("checkpoint")], Arc::new(|| START));
    let ledger = Ledger::create(settings, orders[0].bytes()).unwrap();
    for order in &orders[1..] {
        ledger.submit_and_wait(order.clone()).unwrap().unwrap();
    }
    g.comment("A journal: the genesis, both accounts, the campaign, the sponsor's euros, a conversion (10 euros, 2 of bonus) and the\npayment that answers the charge, each accepted at 2026-01-01T00:00:00Z. The receipt is that of the payment; `text` is UTF-8.");
    for sequence in 0..7 {
        let receipt = ledger.receipt(sequence).unwrap().unwrap();
        g.item(&format!("entry.{sequence}"), receipt.entry());
        g.value(&format!("entry.{sequence}.leaf_hash"), &ledger::merkle::leaf_hash(receipt.entry()));
    }
    let receipt = ledger.receipt(6).unwrap().unwrap();
    receipt.verify(&ledger.id(), &[public("checkpoint")]).unwrap();
    g.item("receipt", &receipt.encode());
    assert_eq!(Receipt::decode(&receipt.encode()).as_ref(), Ok(&receipt));
    g.value("checkpoint.text", receipt.checkpoint().as_bytes());
}

/// Messages that a decoder has to refuse, each under the code of its refusal.
fn refused(g: &mut Golden) {
    g.comment("What a decoder refuses: `refused.<code>.<why>`. All are orders of anna's in this ledger, signed by her where that is possible.");
    let ledger = g.ledger.unwrap();
    let good = Transaction { nonce: [0; 8], valid_until: 23, body: Body::Approve { proposal: hash("proposal") } };
    let payload = good.encode();
    let sign = |payload: &[u8]| ledger::encoding::sign(ledger::encoding::Purpose::Transaction, &ledger, payload, &key("anna"));
    let replaced = |from: &[u8], to: &[u8]| {
        let at = payload.windows(from.len()).position(|window| window == from).unwrap();
        sign(&[&payload[..at], to, &payload[at + from.len()..]].concat())
    };
    let mut high_s = sign(&payload);
    let signature = high_s.len() - 32;
    add_group_order((&mut high_s[signature..]).try_into().unwrap());
    let mut small_order = sign(&payload);
    let at = small_order.windows(32).position(|window| window == public("anna").as_bytes()).unwrap();
    small_order[at..at + 32].copy_from_slice(&{
        let mut identity = [0; 32];
        identity[0] = 1;
        identity
    });
    let elsewhere = good.sign(&Hash32([9; 32]), &key("anna"));
    let as_charge = ledger::encoding::sign(ledger::encoding::Purpose::Charge, &ledger, &payload, &key("anna"));
    let cases = [
        ("not_canonical.longer_number", replaced(&[0x03, 0x17], &[0x03, 0x18, 0x17])),
        ("not_canonical.keys_out_of_order", replaced(&[0x03, 0x17], &[0x01, 0x17])),
        ("not_canonical.indefinite_length", replaced(&payload[..1], &[0xbf])),
        ("malformed.float", replaced(&[0x03, 0x17], &[0x03, 0xf9, 0x3c, 0x00])),
        ("malformed.bytes_left_over", [sign(&payload), vec![0]].concat()),
        ("out_of_bounds.unknown_kind", replaced(&[0x01, 0x03, 0x02], &[0x01, 0x05, 0x02])),
        ("weak_key.small_order", small_order),
        ("bad_signature.s_above_the_group_order", high_s),
        ("bad_signature.another_ledger", elsewhere),
        ("bad_signature.another_kind_of_message", as_charge),
    ];
    for (name, bytes) in cases {
        let code = SignedTransaction::decode(&bytes, &ledger).unwrap_err().code();
        assert!(name.starts_with(code), "{name}: {code}");
        g.value(&format!("refused.{name}"), &bytes);
    }
}

/// Adds the order of the group to a little-endian scalar: another number, the same scalar.
fn add_group_order(scalar: &mut [u8; 32]) {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, add) in scalar.iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry as u8;
        carry >>= 8;
    }
}

/// The AAD as another library writes it.
fn external_aad(purpose: &str, ledger: &LedgerId) -> Vec<u8> {
    let words = vec![Value::from("liard"), Value::from(1), Value::from(purpose), Value::Bytes(ledger.0.to_vec())];
    written(&Value::Array(words))
}

fn written(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

#[test]
fn the_bytes_are_those_of_golden_txt() {
    let made = golden().text;
    if std::env::var("GOLDEN").is_ok_and(|what| what == "write") {
        std::fs::write(GOLDEN, &made).unwrap();
    }
    let kept = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    for (number, (kept, made)) in kept.lines().zip(made.lines()).enumerate() {
        assert_eq!(kept, made, "line {}", number + 1);
    }
    assert!(kept == made, "golden.txt has another length");
}

#[test]
fn ciborium_reads_every_item_and_writes_the_same_bytes() {
    for item in golden().items {
        let value: Value = ciborium::from_reader(&item[..]).unwrap();
        assert_eq!(hex(&written(&value)), hex(&item));
    }
}

#[test]
fn coset_reads_every_message_and_its_sig_structure_verifies_and_gives_the_id() {
    for (purpose, ledger, bytes) in golden().messages {
        let message = CoseSign1::from_slice(&bytes).unwrap();
        let algorithm = coset::RegisteredLabelWithPrivate::Assigned(coset::iana::Algorithm::EdDSA);
        assert_eq!(message.protected.header.alg, Some(algorithm));
        assert!(message.unprotected.is_empty());
        let signer = PublicKey::from_bytes(message.protected.header.key_id[..].try_into().unwrap()).unwrap();
        let aad = external_aad(purpose, &ledger);
        let verify = |signature: &[u8], signed: &[u8]| {
            if signer.verify(signed, signature.try_into().unwrap()) { Ok(Hash32::of(signed)) } else { Err(()) }
        };
        let mut id = None;
        message.verify_signature(&aad, |signature, signed| verify(signature, signed).map(|hash| id = Some(hash))).unwrap();
        assert!(message.verify_signature(b"another AAD", |signature, signed| verify(signature, signed).map(drop)).is_err());
        if purpose == "transaction" {
            assert_eq!(id, Some(SignedTransaction::decode(&bytes, &ledger).unwrap().id()));
        }
        assert_eq!(message.to_vec().unwrap(), bytes);
    }
}

#[test]
fn every_kind_of_order_and_act_has_a_vector() {
    use ledger::transaction::Kind;
    let mut seen = std::collections::BTreeSet::new();
    for (purpose, ledger, bytes) in golden().messages {
        if purpose == "transaction" {
            let order = SignedTransaction::decode(&bytes, &ledger).unwrap();
            seen.insert(order.body().kind());
            if let Body::Propose(act) = order.body() {
                seen.insert(act.kind());
            }
        }
    }
    let missing: Vec<_> = Kind::ALL.iter().filter(|kind| !seen.contains(kind)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_other_messages_of_the_vectors_read_back() {
    let golden = golden();
    let ledger = golden.ledger.unwrap();
    for (purpose, _, bytes) in &golden.messages {
        match *purpose {
            "charge" => assert_eq!(ChargeRequest::decode(bytes, &ledger).unwrap().1, public("till")),
            "stall" => {
                let (stall, signer) = Stall::decode(bytes, &ledger).unwrap();
                assert_eq!((stall.label.as_str(), signer), ("Marché du samedi", public("till")));
            }
            "certificate" => {
                Certificate::decode(bytes, &ledger, &[public("checkpoint")]).unwrap();
                assert!(Certificate::decode(bytes, &ledger, &[public("shop")]).is_err(), "only the association certifies");
            }
            "spending" => {
                let said = SpendingCertificate::decode(bytes, &ledger, &[public("checkpoint")]).unwrap();
                assert_eq!((said.key, said.cap, said.valid_until), (public("anna"), 5_000, START + 7 * DAY));
                assert!(SpendingCertificate::decode(bytes, &ledger, &[public("anna")]).is_err(), "nobody vouches for themselves");
                assert!(Certificate::decode(bytes, &ledger, &[public("checkpoint")]).is_err(), "it names nobody");
            }
            "mandate" => {
                let (mandate, signer) = MandateStatement::decode(bytes, &ledger).unwrap();
                assert_eq!((mandate.day, mandate.holder.as_str(), signer), (12, "Anna Müller", public("anna")));
            }
            "sign-in" => assert_eq!(decode_sign_in(bytes, &ledger).unwrap(), ([0x5c; 32], public("anna"))),
            _ => {}
        }
    }
}
