//! A small town with a real ledger on a simulated disk and the intake of its bank's files.

#![allow(clippy::unwrap_used, dead_code)]

#[path = "../../../tests/common/camt.rs"]
pub mod camt;
#[path = "../../../ledger/tests/common/disk.rs"]
mod disk;

use camt::{Frame, Movement};
use disk::SimDisk;
use fund_office::BankSettings;
use fund_office::intake::{Asked, Intake, Reader, Source};
use ledger::SigningKey;
use ledger::account::*;
use ledger::key::{AccountId, Hash32, PublicKey};
use ledger::ledger::{Ledger, Settings};
use ledger::rejection::Rejection;
use ledger::rules::DAY_MS;
use ledger::transaction::*;
use ledger::writer::Pace;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub const IBAN: &str = "FR7630006000011234567890189";
/// Of a payer, where it matters which, and of the bank account for paper.
pub const PAYER_IBAN: &str = "FR1420041010050500013M02606";
pub const NOW: u64 = 1_795_357_628_000; // 2026-11-22

pub fn key(name: &str) -> SigningKey {
    SigningKey::from_bytes(&Hash32::of(name.as_bytes()).0)
}
pub fn public(name: &str) -> PublicKey {
    key(name).verifying_key().into()
}

pub struct Town {
    pub ledger: Arc<Ledger>,
    pub intake: Intake,
    _folder: tempfile::TempDir,
    nonce: u64,
}

pub fn town() -> Town {
    let folder = tempfile::tempdir().unwrap();
    let quorum = |act: u64, persons: u8| Quorum { act, persons, roles: Roles::ACTING };
    let bank =
        |number, medium, iban: &str| Bank { number, medium, class: LiquidityClass::Sight, iban: Hash32::of(iban.as_bytes()) };
    let genesis = Genesis {
        name: "Year".into(),
        symbol: "Y".into(),
        prefix: "liard".into(),
        checkpoint_key: public("checkpoint"),
        time: NOW,
        operators: vec![Operator { number: 1, key: public("op 1"), roles: Roles::of(&[Role::Operator, Role::Treasurer]) }],
        quorums: vec![quorum(0, 1)],
        limits: vec![Limits { level: 0, per_payment: None, held: None, paid_30_days: None }],
        banks: vec![bank(1, Medium::Digital, IBAN), bank(2, Medium::Paper, PAYER_IBAN)],
        self_opening: true,
        rule_set: 1,
        recovery_delay_ms: 0,
    };
    let clock = Arc::new(AtomicU64::new(NOW));
    let settings = || {
        let clock = clock.clone();
        Settings {
            disk: Arc::new(DISK.with(|d| d.borrow().clone())),
            views: folder.path().join("views"),
            key_file: folder.path().join("key"),
            signers: vec![key("checkpoint")],
            clock: Arc::new(move || clock.load(Ordering::SeqCst)),
            pace: Pace::default(),
            threads: 1,
            segment_bytes: 1 << 20,
        }
    };
    DISK.with(|d| *d.borrow_mut() = SimDisk::new(1));
    let order = Transaction { nonce: [0; 8], valid_until: NOW + 1_000, body: Body::Genesis(Box::new(genesis)) };
    drop(Ledger::create(settings(), &order.sign(&NO_LEDGER, &key("issuer"))).unwrap());
    let ledger = Arc::new(Ledger::open(settings()).unwrap());
    let bank = BankSettings {
        holder: "Year".into(),
        iban: IBAN.into(),
        bic: None,
        creditor_id: None,
        credit_secret: vec![7; 32],
        older_pain: vec![],
    };
    let intake = Intake::open(ledger.clone(), Arc::new(bank), Arc::new(move || clock.load(Ordering::SeqCst))).unwrap();
    Town { ledger, intake, _folder: folder, nonce: 0 }
}
thread_local! { static DISK: std::cell::RefCell<SimDisk> = std::cell::RefCell::new(SimDisk::new(1)); }

impl Town {
    pub fn submit(&mut self, who: &SigningKey, body: Body) -> Result<u64, Rejection> {
        self.nonce += 1;
        let order = Transaction { nonce: self.nonce.to_be_bytes(), valid_until: NOW + DAY_MS, body };
        let order = self.ledger.decode(&order.sign(&self.ledger.id(), who)).unwrap();
        self.ledger.submit_and_wait(order).unwrap()
    }
    pub fn act(&mut self, act: Act) -> Result<u64, Rejection> {
        self.submit(&key("op 1"), Body::Propose(act))
    }
    pub fn open(&mut self, name: &str, kind: AccountKind) -> AccountId {
        self.act(Act::OpenAccount(OpenAccount { kind, key: public(name), level: 0, groups: vec![] })).unwrap();
        self.ledger.durable().state.accounts().last().unwrap().id
    }
    pub fn import(&self, name: &str, bytes: &[u8]) -> fund_office::intake::Imported {
        self.intake.import(&Source { name, bank: Some(1), by: 1 }, bytes).unwrap()
    }
    pub fn lines(&self, state: Option<&str>) -> Vec<Value> {
        let asked = Asked { state: state.map(str::to_owned), bank: None, query: None, before: None, limit: 200 };
        let reader = Reader { prefix: self.ledger.durable().state.prefix().unwrap(), sees_names: true };
        self.intake.page(&asked, &reader).unwrap()["lines"].as_array().unwrap().clone()
    }
    pub fn clerk(&self) -> usize {
        self.intake.propose(&key("op 1")).unwrap()
    }
    pub fn circulation(&self) -> i64 {
        self.ledger.durable().state.books().circulation(Medium::Digital).get()
    }
}

pub fn frame<'f>(id: &'f str, day: &'f str, opening: i64, closing: i64) -> Frame<'f> {
    Frame { id, iban: IBAN, from: day, to: day, opening, closing }
}

/// A line of a statement: whose, when, and how many cents; the rest is for the test to say.
pub fn movement(name: &str, date: &str, cents: i64) -> Movement {
    Movement { date: date.into(), cents, name: name.into(), ..Movement::default() }
}

/// The bank's word that a payment of ours was refused.
pub fn pain(message: &str, e2e: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt><GrpHdr><MsgId>X</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.03</OrgnlMsgNmId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>P</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>{e2e}</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>").into_bytes()
}
