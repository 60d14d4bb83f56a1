//! Coverage statements of a real node, and everybody who holds it to them: a member with an answer, an auditor with the journal.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/dice.rs"]
mod dice;

use common::node::{Node, balance, transfer};
use common::{
    DAY, DIGITAL_BANK, PAPER_BANK, SAVINGS_BANK, START, cents, deposit, document, fund_move, hash, issue_notes, key, public,
};
use dice::Dice;
use ledger::account::{AccountKind, Medium};
use ledger::amount::Cents;
use ledger::audit::{Audit, AuditReport, audit};
use ledger::backup::{Beside, backup};
use ledger::coverage::{CoverageError, Date, NO_STATEMENT, SignedStatement, Statement};
use ledger::encoding::Writer;
use ledger::inspection::{Judgment, Verdict};
use ledger::key::{AccountId, Hash32};
use ledger::ledger::Ledger;
use ledger::liability::{Answer, AnswerError, Complaint, LiabilityTree, Node as Sum, Reason, Seed, encode_paths};
use ledger::log::{Log, LogKind, LogSettings, SEGMENT_BYTES};
use ledger::memory::Memory;
use ledger::publication::{Confirmation, Kept, confirmed_at};
use ledger::records::{Change, Records, Table};
use ledger::storage::{DiskFolder, DiskStorage, Folder, LookedAt};
use ledger::transaction::{Act, Body, Purse};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const CONFIRMATIONS: Table = Table(5);
const STATEMENTS: Table = Table(6);

fn seed(number: u8) -> Seed {
    Seed([number; 32])
}

fn now(node: &Node) -> u64 {
    node.clock.load(Ordering::SeqCst)
}

/// A town with digital units, notes, three bank accounts and one redemption to be paid.
fn town() -> (Node, Ledger, AccountId, AccountId) {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    node.pay(&ledger, anna, shop, 2_500);
    node.act(&ledger, deposit(PAPER_BANK, 1_000, Purse::Cover));
    node.act(&ledger, issue_notes(700));
    node.act(&ledger, fund_move(DIGITAL_BANK, SAVINGS_BANK, 4_000));
    node.act(&ledger, deposit(DIGITAL_BANK, 60, Purse::Own));
    node.does(&ledger, Body::Redeem { account: shop, amount: cents(200) }, "shop");
    (node, ledger, anna, shop)
}

fn state(node: &Node, ledger: &Ledger, number: u8) -> Arc<SignedStatement> {
    ledger.state_coverage(now(node), seed(number)).unwrap()
}

fn verified(ledger: &Ledger, statement: &Statement, account: &AccountId) -> Result<u64, AnswerError> {
    let answer = ledger.liability_answer(account).unwrap().expect("there is a tree");
    let answer = Answer::decode(&answer, &ledger.id(), &[public("checkpoint")]).unwrap();
    answer.verify(&ledger.id(), &statement.stated(), account)
}

#[test]
fn a_statement_says_what_the_rules_give_and_every_member_finds_their_balance_in_it() {
    let (node, ledger, anna, shop) = town();
    let signed = state(&node, &ledger, 1);
    let statement = signed.statement();
    let [digital, paper] = &statement.media;
    assert_eq!((digital.circulation, digital.cover, digital.payable), (Cents::new(9_800), Cents::new(9_800), Cents::new(200)));
    assert_eq!((paper.circulation, paper.cover, paper.surplus()), (Cents::new(700), Cents::new(1_000), Some(Cents::new(300))));
    let banks: Vec<_> = statement.banks.iter().map(|bank| (bank.bank, bank.booked.get(), bank.fund.get())).collect();
    assert_eq!(banks, [(DIGITAL_BANK, 6_060, 6_000), (PAPER_BANK, 1_000, 1_000), (SAVINGS_BANK, 4_000, 4_000)]);
    assert_eq!((statement.number, statement.previous, statement.time), (1, NO_STATEMENT, START));
    let checkpoint = ledger.checkpoint().unwrap();
    assert!(checkpoint.as_str().contains(&format!("\n{}\n", statement.size)));
    assert_eq!(statement.root, ledger.durable().tree.root());
    assert_eq!(verified(&ledger, statement, &anna), Ok(7_500));
    assert_eq!(verified(&ledger, statement, &shop), Ok(2_300));
    assert_eq!(verified(&ledger, statement, &AccountId([9; 16])), Ok(0));
    assert_eq!(
        audit(
            &{
                drop(ledger);
                node.data()
            },
            1,
            |_| ()
        )
        .unwrap()
        .statements
        .sound
        .last(),
        Some(statement)
    );
}

#[test]
fn a_statement_is_believed_under_a_key_in_force_only_and_no_changed_byte_leaves_it_valid() {
    let (node, ledger, ..) = town();
    let signed = state(&node, &ledger, 1);
    let open = |text: &str, name: &str| SignedStatement::open(text, &ledger.id(), &[public(name)]);
    assert_eq!(open(signed.as_str(), "checkpoint").as_ref(), Ok(&*signed));
    assert_eq!(open(signed.as_str(), "anna"), Err(CoverageError::Unsigned));
    assert_eq!(SignedStatement::open(signed.as_str(), &hash("x"), &[public("checkpoint")]), Err(CoverageError::OtherLedger));
    for at in 0..signed.as_str().len() {
        for bit in [1, 4] {
            let mut changed = signed.as_str().as_bytes().to_vec();
            changed[at] ^= bit;
            let opened = String::from_utf8(changed).ok().and_then(|text| open(&text, "checkpoint").ok());
            assert_eq!(opened, None, "byte {at}");
        }
    }
    let checkpoint = ledger.checkpoint().unwrap();
    assert!(matches!(open(checkpoint.as_str(), "checkpoint"), Err(CoverageError::Malformed(_))), "a checkpoint is no statement");
}

#[test]
fn a_shortfall_is_said_and_no_other_word_can_stand_for_it() {
    let (node, ledger, ..) = town();
    node.act(&ledger, Act::BankFee { bank: DIGITAL_BANK, amount: cents(160), evidence: document() });
    let signed = state(&node, &ledger, 1);
    let body = signed.statement().encode_body();
    assert!(body.contains("\ndigital circulation 9800 cover 9700 in-transit 0 pledged 0 payable 200 fees-due 0 shortfall 100\n"));
    let wrong = [
        ("shortfall 100", "surplus 100"),
        ("shortfall 100", "surplus 0"),
        ("shortfall 100", "shortfall 99"),
        ("shortfall 100", "surplus -100"),
        ("cover 9700", "cover 9800"),
        ("circulation 9800", "circulation 9700"),
        ("in-transit 0", "in-transit 100"),
        ("payable 200 fees-due 0", "payable 300 fees-due -100"),
        ("cover 9700 in-transit 0 pledged 0", "cover 9800 in-transit 0 pledged -100"),
        (" shortfall 100", ""),
        ("fund 5900", "fund 6000"),
        ("fund 5900", "fund 05900"),
    ];
    for (said, instead) in wrong {
        let changed = body.replacen(said, instead, 1);
        assert_ne!(changed, body, "{said}");
        assert!(Statement::parse(&changed).is_err(), "{instead}");
    }
    let hidden = body.replacen("cover 9700", "cover 9800", 1).replacen("shortfall 100", "surplus 0", 1);
    let said = Statement::parse(&hidden).unwrap_err();
    assert_eq!(said, CoverageError::Contradiction("the fund at the banks is not cover, pledged, payable and fees due together"));
}

#[test]
fn what_is_out_of_its_bounds_or_form_is_no_statement() {
    let (node, ledger, ..) = town();
    let body = state(&node, &ledger, 1).statement().encode_body();
    assert_eq!(Statement::parse(&body).unwrap().encode_body(), body);
    let wrong = [
        ("/coverage\n", "/coverage2\n"),
        ("liard/", "liard/A"),
        ("statement 1\n", "statement 0\n"),
        ("statement 1\n", "statement 2\n"),
        ("statement 1\n", "statement +1\n"),
        ("statement 1\n", "statement  1\n"),
        ("statement 1\n", "statement 1 \n"),
        ("statement 1\n", "statement 1\r\n"),
        ("statement 1\n", "statement 18446744073709551616\n"),
        ("previous AAAA", "previous AAAB"),
        ("bank 1 digital", "bank 3 digital"),
        ("bank 1 digital", "bank 0 digital"),
        ("bank 1 digital", "bank 1 gold"),
        ("sight", "someday"),
        ("unconfirmed", "confirmed"),
        ("unconfirmed", "confirmed 5 2026-02-30 00"),
        ("liabilities 1024", "liabilities 1000"),
        ("liabilities 1024", "liabilities 512"),
        ("liabilities 1024 9800", "liabilities 1024 9801"),
        ("liabilities 1024 9800", "liabilities 1024 -9800"),
        ("circulation 9800", "circulation 9223372036854775808"),
        ("digital circulation", "paper circulation"),
    ];
    for (said, instead) in wrong {
        let changed = body.replacen(said, instead, 1);
        assert_ne!(changed, body, "{said}");
        assert!(Statement::parse(&changed).is_err(), "{instead}");
    }
    for line in 0..body.lines().count() {
        let without: String =
            body.lines().enumerate().filter(|(at, _)| *at != line).map(|(_, text)| format!("{text}\n")).collect();
        assert!(Statement::parse(&without).is_err(), "without line {line}");
        let twice: String =
            body.lines().enumerate().map(|(at, l)| format!("{l}\n").repeat(1 + usize::from(at == line))).collect();
        assert!(Statement::parse(&twice).is_err(), "line {line} twice");
    }
    let overflow =
        body.replacen("cover 9800", "cover 9223372036854775807", 1).replacen("surplus 0", "surplus 9223372036854766007", 1);
    assert!(matches!(Statement::parse(&overflow), Err(CoverageError::Contradiction(_))));
}

#[test]
fn no_bank_account_holds_more_of_the_fund_than_is_booked_there() {
    let (node, ledger, ..) = town();
    let body = state(&node, &ledger, 1).statement().encode_body();
    let said = CoverageError::Contradiction("a bank account holds more of the fund than is booked there");
    let lines = [
        ("booked 6060 fund 6000", "booked 5999 fund 6000"),
        ("booked 6060 fund 6000", "booked 0 fund 6000"),
        ("booked 6060 fund 6000", "booked -99999 fund 6000"),
        ("booked 1000 fund 1000", "booked 999 fund 1000"),
    ];
    for (line, instead) in lines {
        let changed = body.replacen(line, instead, 1);
        assert_ne!(changed, body, "{line}");
        assert_eq!(Statement::parse(&changed), Err(said), "{instead}");
    }
    let two = body.replacen("booked 6060 fund 6000", "booked 6060 fund -6000", 1);
    let two = two.replacen("booked 4000 fund 4000", "booked 4000 fund 16000", 1);
    assert_eq!(Statement::parse(&two), Err(said), "one bank's fund behind another's");
}

#[test]
fn a_bank_account_from_which_the_fund_had_moved_when_a_fee_came_is_said_as_it_is() {
    let (node, ledger, ..) = town();
    node.act(&ledger, fund_move(DIGITAL_BANK, SAVINGS_BANK, 6_000));
    node.act(&ledger, Act::BankFee { bank: DIGITAL_BANK, amount: cents(160), evidence: document() });
    let signed = state(&node, &ledger, 1);
    let line = signed.statement().banks.iter().find(|line| line.bank == DIGITAL_BANK).unwrap();
    assert_eq!((line.booked, line.fund), (Cents::new(-100), Cents::new(-100)));
}

#[test]
fn statements_follow_each_other_without_gap_and_never_go_back_in_time() {
    let (node, ledger, anna, shop) = town();
    let first = state(&node, &ledger, 1);
    let same_time = ledger.state_coverage(START - DAY, seed(2)).unwrap();
    node.pay(&ledger, anna, shop, 5);
    node.clock.fetch_add(DAY, Ordering::SeqCst);
    let third = state(&node, &ledger, 3);
    assert_eq!(same_time.statement().time, first.statement().time);
    assert_eq!(third.statement().time, START + DAY);
    assert_eq!(
        (same_time.statement().previous, third.statement().previous),
        (first.statement().hash(), same_time.statement().hash())
    );
    let publication = ledger.publication();
    assert_eq!(publication.latest(), Some(third.clone()));
    assert_eq!(publication.statement(2).unwrap(), Some(same_time.clone()));
    assert_eq!(publication.statement(4).unwrap(), None);
    assert_eq!(publication.statements(None, 2).unwrap(), [third, same_time.clone()]);
    assert_eq!(publication.statements(Some(2), 9).unwrap(), [same_time, first.clone()]);
    assert_eq!(publication.statements(Some(u64::MAX), 9).unwrap().len(), 3);
    drop(ledger);
    let ledger = node.reopened();
    assert_eq!(ledger.publication().statement(1).unwrap(), Some(first));
    assert_eq!(state(&node, &ledger, 4).statement().number, 4);
    drop(ledger);
    let found = audit(&node.data(), 1, |_| ()).unwrap().statements;
    assert_eq!((found.checked, found.wrong), (4, vec![]));
}

#[test]
fn two_who_state_at_once_make_two_statements_one_after_the_other() {
    let (node, ledger, anna, shop) = town();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (node, ledger) = (&node, &ledger);
            scope.spawn(move || {
                for round in 0..5 {
                    state(node, ledger, thread * 5 + round);
                    node.pay(ledger, anna, shop, 1);
                }
            });
        }
    });
    drop(ledger);
    let found = audit(&node.data(), 1, |_| ()).unwrap().statements;
    assert_eq!((found.checked, found.wrong), (20, vec![]));
}

fn confirmation(bank: u16, amount: i64, day: u8, time: u64) -> Confirmation {
    let (date, file) = (Date::new(2026, 1, day).unwrap(), hash(&format!("file {bank} {day} {time}")));
    Confirmation { bank, amount: Cents::new(amount), date, file, by: 1, time }
}

#[test]
fn a_statement_has_of_each_bank_the_newest_day_that_was_entered_by_then() {
    let (node, ledger, ..) = town();
    let publication = ledger.publication();
    let newest = publication.confirm(confirmation(DIGITAL_BANK, 6_060, 9, START)).unwrap();
    publication.confirm(confirmation(DIGITAL_BANK, 1, 8, START + 7)).unwrap();
    publication.confirm(confirmation(PAPER_BANK, -3, 2, START)).unwrap();
    assert_eq!(
        publication.confirmations().unwrap().iter().map(|c| (c.bank, c.amount.get())).collect::<Vec<_>>(),
        [(1, 6_060), (2, -3)]
    );
    let first = state(&node, &ledger, 1);
    let line = first.statement().banks[0].confirmed.unwrap();
    assert_eq!((line.amount, line.date, line.file), (newest.amount, newest.date, newest.file));
    assert!(
        first.as_str().contains(&format!("booked 1000 fund 1000 confirmed -3 2026-01-02 {}\n", hash("file 2 2 1767225600000")))
    );
    assert_eq!(first.statement().banks[2].confirmed, None);
    // Entered in the very millisecond of the statement: it is of the next one.
    let late = publication.confirm(confirmation(DIGITAL_BANK, 6_000, 10, first.statement().time)).unwrap();
    assert_eq!(late.time, first.statement().time + 1);
    assert_eq!(confirmed_at(&[newest, late], DIGITAL_BANK, first.statement().time).unwrap().amount, newest.amount);
    assert_eq!(state(&node, &ledger, 2).statement().banks[0].confirmed.unwrap().amount, Cents::new(6_000));
    drop(ledger);
    let found = audit(&node.data(), 1, |_| ()).unwrap().statements;
    assert_eq!((found.checked, found.wrong), (2, vec![]));
}

/// What the newest statement's tree says after a start, once it is made again.
fn waits_for_answer(ledger: &Ledger, account: &AccountId) -> Vec<u8> {
    loop {
        if let Some(answer) = ledger.liability_answer(account).unwrap() {
            return answer;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_start_makes_the_tree_again_from_the_journal_whatever_came_after_the_statement() {
    let (node, ledger, anna, shop) = town();
    assert_eq!(ledger.liability_answer(&anna).unwrap(), None, "there is no statement yet");
    ledger.snapshot().unwrap();
    state(&node, &ledger, 1);
    let answer = waits_for_answer(&ledger, &anna);
    drop(ledger);
    let ledger = node.reopened();
    assert_eq!(waits_for_answer(&ledger, &anna), answer, "out of memory");
    node.pay(&ledger, anna, shop, 40);
    drop(ledger);
    let ledger = node.reopened();
    assert_eq!(waits_for_answer(&ledger, &anna), answer, "from the snapshot before it");
    node.pay(&ledger, anna, shop, 40);
    ledger.snapshot().unwrap();
    node.pay(&ledger, anna, shop, 40);
    ledger.snapshot().unwrap();
    drop(ledger);
    let ledger = node.reopened();
    assert_eq!(waits_for_answer(&ledger, &anna), answer, "both snapshots are beyond it: from the first entry");
    let second = state(&node, &ledger, 2);
    assert_eq!(verified(&ledger, second.statement(), &anna), Ok(balance(&ledger, &anna) as u64));
}

#[test]
fn a_tree_that_the_journal_does_not_give_is_answered_to_nobody() {
    let (node, ledger, anna, _) = town();
    state(&node, &ledger, 1);
    drop(ledger);
    forge(&node, 1, |statement, _| statement.liabilities.root.hash[0] ^= 1);
    let (ledger, _steps) = Ledger::open_stepped(node.settings_for(node.data(), "key")).unwrap();
    ledger.count_liabilities();
    assert!(ledger.liability_answer(&anna).unwrap_err().to_string().contains("statement 1 are not those of the journal"));
}

/// Writes another text in place of a statement, signed by the association: what somebody with its keys can do.
fn forge(node: &Node, number: u64, change: impl FnOnce(&mut Statement, &mut Seed)) {
    let kept = kept(node).statements.into_iter().find(|kept| kept.number == number).unwrap();
    let keys = [public("checkpoint")];
    let id = Ledger::id_in(&node.data()).unwrap();
    let mut statement = SignedStatement::open(&kept.note, &id, &keys).unwrap().statement().clone();
    let mut seed = kept.seed;
    change(&mut statement, &mut seed);
    let note = SignedStatement::sign(&statement, &key("checkpoint")).unwrap();
    write_statement(node, number, note.as_str(), &seed);
}

fn records(node: &Node) -> Records {
    let storage = Arc::new(DiskStorage::open(&node.data().join("records")).unwrap());
    Records::open(storage, Ledger::id_in(&node.data()).unwrap().0, &node.data().join("views")).unwrap()
}

fn write_statement(node: &Node, number: u64, note: &str, seed: &Seed) {
    let mut value = Writer::new();
    value.map(2).uint(1).text(note).uint(2).bytes(&seed.0);
    let key = number.to_be_bytes().to_vec();
    records(node).write(&[Change::Put { table: STATEMENTS, key, value: value.into_bytes() }]).unwrap();
}

fn kept(node: &Node) -> Kept {
    Kept::read(LookedAt::new(&node.data()).open("records").unwrap(), &Ledger::id_in(&node.data()).unwrap()).unwrap()
}

/// The findings of an audit, as text.
fn findings(node: &Node) -> Vec<String> {
    audit(&node.data(), 1, |_| ()).unwrap().statements.wrong.iter().map(ToString::to_string).collect()
}

/// A town with three statements; only what was changed in the second may be found wrong.
fn three_statements() -> Node {
    let (node, ledger, anna, shop) = town();
    ledger.publication().confirm(confirmation(DIGITAL_BANK, 6_060, 9, START)).unwrap();
    for number in 1..=3 {
        state(&node, &ledger, number);
        node.pay(&ledger, anna, shop, 10);
        node.clock.fetch_add(1_000, Ordering::SeqCst);
    }
    node
}

#[test]
fn every_figure_that_lies_is_named_with_the_number_of_its_statement() {
    let node = three_statements();
    assert_eq!(findings(&node), Vec::<String>::new());
    let honest = kept(&node).statements[1].clone();
    let more = |cents: &mut Cents, by: i64| *cents = cents.plus(Cents::new(by)).unwrap();
    type Lie<'l> = (&'l str, &'l dyn Fn(&mut Statement));
    let lies: [Lie; 14] = [
        ("its digital circulation is 98.10, and the journal gives 98.00 after 11 entries", &|s| {
            more(&mut s.media[0].circulation, 10);
            s.liabilities.root.sum += 10;
        }),
        ("its digital cover is 198.00", &|s| {
            more(&mut s.media[0].cover, 10_000);
            more(&mut s.banks[0].fund, 10_000);
            more(&mut s.banks[0].booked, 10_000);
        }),
        ("its paper circulation is 6.00", &|s| more(&mut s.media[1].circulation, -100)),
        ("its digital cover is 100.00, and the journal gives 98.00", &|s| {
            more(&mut s.media[0].payable, -200);
            more(&mut s.media[0].cover, 200);
        }),
        ("its paper cover is 9.00", &|s| {
            more(&mut s.media[1].pledged, 100);
            more(&mut s.media[1].cover, -100);
        }),
        ("bank 1 is booked with 61.60", &|s| more(&mut s.banks[0].booked, 100)),
        ("bank 1 is said to hold 60.60 of the fund", &|s| {
            more(&mut s.banks[0].fund, 60);
            more(&mut s.banks[2].fund, -60);
        }),
        ("the banks are not those of the funds", &|s| s.banks[2].bank = 7),
        ("what bank 1 has confirmed is not what was entered by then", &|s| {
            s.banks[0].confirmed.as_mut().unwrap().amount = Cents::new(9_999);
        }),
        ("what bank 1 has confirmed is not what was entered by then", &|s| s.banks[0].confirmed = None),
        ("its root is not that of the journal's first 11 entries", &|s| s.root[0] ^= 1),
        ("the tree of its liabilities is not the one", &|s| s.liabilities.root.hash[5] ^= 1),
        ("the tree of its liabilities is not the one", &|s| s.liabilities.leaves *= 2),
        ("it is older than the one before it", &|s| s.time = START - 1),
    ];
    for (words, lie) in lies {
        forge(&node, 2, |statement, _| lie(statement));
        let found = findings(&node);
        assert!(found[0].starts_with("coverage statement 2 is wrong: ") && found[0].contains(words), "{words}: {found:?}");
        // The third holds on to a second that is no longer there.
        assert_eq!(found[1..], ["coverage statement 3 is wrong: it does not hold on to the one before it"], "{words}");
        write_statement(&node, 2, &honest.note, &honest.seed);
    }
    assert_eq!(findings(&node), Vec::<String>::new());
}

#[test]
fn another_size_seed_number_or_key_a_gap_and_a_text_that_is_none_are_found() {
    let node = three_statements();
    let honest = kept(&node).statements;
    let restore = || honest.iter().for_each(|kept| write_statement(&node, kept.number, &kept.note, &kept.seed));
    let first = |words: &str| {
        let found = findings(&node);
        assert!(found[0].contains(words), "{found:?}");
        restore();
    };
    forge(&node, 3, |statement, _| statement.size -= 1);
    first("statement 3 is wrong: its root is not that of the journal's first 11 entries");
    forge(&node, 3, |statement, _| statement.size = 99);
    first("statement 3 is wrong: it speaks of 99 entries, and the journal has 13");
    forge(&node, 3, |statement, _| statement.size = 2);
    first("statement 3 is wrong: it is older than the one before it");
    forge(&node, 3, |_, seed| seed.0[0] ^= 1);
    first("statement 3 is wrong: the tree of its liabilities");
    forge(&node, 3, |statement, _| statement.number = 5);
    first("statement 3 is wrong: it calls itself 5");
    forge(&node, 3, |statement, _| statement.previous = hash("another"));
    first("statement 3 is wrong: it does not hold on to the one before it");
    let other = Ledger::id_in(&node.data()).unwrap();
    let statement = SignedStatement::open(&honest[2].note, &other, &[public("checkpoint")]).unwrap().statement().clone();
    let note = SignedStatement::sign(&statement, &key("next checkpoint")).unwrap();
    write_statement(&node, 3, note.as_str(), &honest[2].seed);
    first("statement 3 is wrong: the coverage statement is not signed by a known key");
    write_statement(&node, 3, &honest[2].note.replacen("surplus 0", "surplus 1", 1), &honest[2].seed);
    first("statement 3 is wrong: the coverage statement contradicts itself");
    write_statement(&node, 3, &honest[2].note.replacen("time 17", "time 18", 1), &honest[2].seed);
    first("statement 3 is wrong: a signature of the note is wrong");
    records(&node).write(&[Change::Delete { table: STATEMENTS, key: 2u64.to_be_bytes().to_vec() }]).unwrap();
    assert_eq!(
        findings(&node),
        [
            "coverage statement 2 is wrong: it is missing",
            "coverage statement 3 is wrong: the one before it, to which it holds on, cannot be read"
        ]
    );
    restore();
    assert_eq!(findings(&node), Vec::<String>::new());
}

/// A statement over a tree that the node has made up, and the paths that it would show of it.
fn made_up(ledger: &Ledger, statement: &Statement, balances: &[(AccountId, u64)]) -> (Statement, LiabilityTree) {
    let tree = LiabilityTree::grow(&ledger.id(), statement.number, balances, &seed(1), None);
    let mut lying = statement.clone();
    lying.liabilities.leaves = tree.leaves();
    lying.liabilities.root = Sum { sum: statement.liabilities.root.sum, hash: tree.root().hash };
    (lying, tree)
}

#[test]
fn a_node_that_leaves_a_member_out_or_counts_less_is_caught_by_that_member_and_by_the_auditor() {
    let (node, ledger, anna, shop) = town();
    let signed = state(&node, &ledger, 1);
    let lies = [vec![(shop, 2_300)], vec![(anna, 7_499), (shop, 2_300)], vec![(anna, 7_500), (shop, 2_301)], vec![(shop, 9_800)]];
    for balances in lies {
        let (lying, tree) = made_up(&ledger, signed.statement(), &balances);
        let paths = encode_paths(&tree.paths(&anna));
        for said in [7_500, balances.iter().find(|(account, _)| *account == anna).map_or(0, |(_, cents)| *cents)] {
            let stated = lying.stated();
            let answer = Answer { statement: 1, hash: stated.hash, account: anna, balance: said, parts: paths.clone() };
            // Anna knows what she has: either the answer does not hold, or its balance is another.
            let verified = answer.verify(&ledger.id(), &stated, &anna);
            let counts_her = balances.contains(&(anna, 7_500)) && tree.root().sum == lying.liabilities.root.sum;
            assert!(counts_her || verified != Ok(7_500), "{balances:?} {said}: {verified:?}");
        }
    }
    drop(ledger);
    let ledger = node.reopened();
    let (lying, _) = made_up(&ledger, signed.statement(), &[(shop, 9_800)]);
    drop(ledger);
    forge(&node, 1, |statement, _| *statement = lying);
    assert_eq!(findings(&node).len(), 1);
}

fn judged(node: &Node, complaint: &Complaint, signer: &str) -> Judgment {
    let id = Ledger::id_in(&node.data()).unwrap();
    let signed = complaint.sign(&id, &key(signer)).unwrap();
    let report = Audit { directory: &node.data(), threads: 1, complaints: &[signed], memory: None }.run(|_| ()).unwrap();
    report.judgments.into_iter().next().unwrap()
}

#[test]
fn a_complaint_is_judged_by_what_the_association_signed_and_the_journal_has() {
    let (node, ledger, anna, shop) = town();
    let signed = state(&node, &ledger, 1);
    let id = ledger.id();
    let answer = ledger.liability_answer(&anna).unwrap();
    let receipt = ledger.receipt(5).unwrap().unwrap().encode();
    node.pay(&ledger, anna, shop, 100);
    drop(ledger);
    let note = signed.as_str().to_owned();
    let complaint = Complaint {
        statement: 1,
        account: anna,
        balance: 7_500,
        reason: Reason::NoAnswer,
        time: START,
        note,
        answer: None,
        receipts: vec![receipt],
    };
    // The journal has what Anna says, and nothing that was signed is wrong: whether she was answered cannot be seen.
    let found = judged(&node, &complaint, "anna");
    assert_eq!((found.verdict(), found.balance, found.by_member, found.lost.len()), (Verdict::NotProven, Some(7_500), true, 0));
    let found = judged(&node, &complaint, "shop");
    assert_eq!((found.verdict(), found.by_member), (Verdict::Unfounded, false));
    // She is answered with what the journal has, and holds more to be right.
    let more = Complaint { balance: 7_600, reason: Reason::OtherBalance, answer: answer.clone(), ..complaint.clone() };
    let found = judged(&node, &more, "anna");
    assert_eq!((found.verdict(), found.balance, found.answer), (Verdict::Unfounded, Some(7_500), Some(Ok(7_500))));
    // The association signed an answer with another balance, without a part, or about a leaf that is not there.
    let good = Answer::decode(&answer.unwrap(), &id, &[public("checkpoint")]).unwrap();
    let mut paths = good.paths().unwrap();
    paths[0].salt[0] ^= 1;
    for wrong in [
        Answer { balance: 7_499, ..good.clone() },
        Answer { parts: encode_paths(&good.paths().unwrap()[1..]), ..good.clone() },
        Answer { parts: encode_paths(&paths), ..good.clone() },
        Answer { parts: vec![1, 2, 3], ..good.clone() },
    ] {
        let evidence = Complaint { answer: Some(wrong.sign(&id, &key("checkpoint"))), ..complaint.clone() };
        assert_eq!(judged(&node, &evidence, "anna").verdict(), Verdict::Founded, "{wrong:?}");
        let of_her_own = Complaint { answer: Some(wrong.sign(&id, &key("anna"))), ..complaint.clone() };
        let found = judged(&node, &of_her_own, "anna");
        assert_eq!((found.verdict(), found.answer), (Verdict::NotProven, None), "anybody signs something wrong");
    }
    // Another statement of the same number, signed; and one that speaks of entries which the journal no longer has.
    let mut second = signed.statement().clone();
    second.time += 1;
    let second = SignedStatement::sign(&second, &key("checkpoint")).unwrap().as_str().to_owned();
    let found = judged(&node, &Complaint { note: second, ..complaint.clone() }, "anna");
    assert_eq!((found.verdict(), found.signed, found.kept), (Verdict::Founded, true, false));
    let mut cut = signed.statement().clone();
    cut.size = 99;
    let cut = SignedStatement::sign(&cut, &key("checkpoint")).unwrap().as_str().to_owned();
    let found = judged(&node, &Complaint { note: cut, ..complaint.clone() }, "anna");
    assert_eq!((found.verdict(), found.balance), (Verdict::Founded, None));
    let forged = SignedStatement::sign(signed.statement(), &key("anna")).unwrap().as_str().to_owned();
    assert_eq!(judged(&node, &Complaint { note: forged, ..complaint }, "anna").verdict(), Verdict::Unfounded);
}

#[test]
fn a_receipt_for_an_entry_that_the_journal_has_not_makes_a_complaint_founded() {
    let (node, ledger, anna, shop) = town();
    let signed = state(&node, &ledger, 1);
    let copy = node.copy("before");
    let entry = node.pay(&ledger, anna, shop, 100);
    let receipt = ledger.receipt(entry).unwrap().unwrap().encode();
    let id = ledger.id();
    drop(ledger);
    let complaint = Complaint {
        statement: 1,
        account: anna,
        balance: 7_500,
        reason: Reason::OtherBalance,
        time: START,
        note: signed.as_str().to_owned(),
        answer: None,
        receipts: vec![receipt],
    };
    let complaints = [complaint.sign(&id, &key("anna")).unwrap()];
    for (directory, lost, verdict) in [(node.data(), vec![], Verdict::NotProven), (copy, vec![entry], Verdict::Founded)] {
        let report = Audit { directory: &directory, threads: 1, complaints: &complaints, memory: None }.run(|_| ()).unwrap();
        assert_eq!((&report.judgments[0].lost, report.judgments[0].verdict()), (&lost, verdict));
    }
    let none = [vec![1, 2, 3]];
    let refused = Audit { directory: &node.data(), threads: 1, complaints: &none, memory: None }.run(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("a complaint is not one of a member of this ledger"));
}

/// A complaint of Anna's that nothing is wrong with.
fn complaint_of(signed: &SignedStatement, account: AccountId, balance: u64) -> Complaint {
    let (statement, note) = (signed.statement().number, signed.as_str().to_owned());
    Complaint { statement, account, balance, reason: Reason::NoAnswer, time: START, note, answer: None, receipts: Vec::new() }
}

#[test]
fn a_stranger_convicts_nobody_with_a_true_statement_under_another_number() {
    let (node, ledger, anna, _) = town();
    let (id, first, second) = (ledger.id(), state(&node, &ledger, 1), state(&node, &ledger, 2));
    drop(ledger);
    let complaint = complaint_of(&second, anna, 7_500);
    let found = judged(&node, &complaint, "stranger");
    assert_eq!((found.verdict(), found.kept, found.by_member), (Verdict::Unfounded, true, false));
    for (statement, signed) in [(1, &second), (2, &first), (3, &second)] {
        let other = complaint_of(signed, anna, 7_500);
        let complaints = [Complaint { statement, ..other }.sign(&id, &key("stranger")).unwrap()];
        let audit = Audit { directory: &node.data(), threads: 1, complaints: &complaints, memory: None };
        assert!(audit.run(|_| ()).unwrap_err().to_string().contains("the enclosed statement has another number"));
    }
}

#[test]
fn what_the_association_signed_wrongly_convicts_it_whoever_sends_it() {
    let (node, ledger, anna, _) = town();
    let signed = state(&node, &ledger, 1);
    let id = ledger.id();
    let answer = Answer::decode(&ledger.liability_answer(&anna).unwrap().unwrap(), &id, &[public("checkpoint")]).unwrap();
    drop(ledger);
    let complaint = complaint_of(&signed, anna, 7_500);
    let wrong = Answer { balance: 7_499, ..answer }.sign(&id, &key("checkpoint"));
    let second = Statement { time: signed.statement().time + 1, ..signed.statement().clone() };
    let second = SignedStatement::sign(&second, &key("checkpoint")).unwrap();
    let evidence =
        [Complaint { answer: Some(wrong), ..complaint.clone() }, Complaint { note: second.as_str().into(), ..complaint }];
    for complaint in evidence {
        let found = judged(&node, &complaint, "stranger");
        assert_eq!((found.verdict(), found.by_member), (Verdict::Founded, false));
    }
}

#[test]
fn a_replaced_key_that_answers_wrongly_about_a_later_statement_convicts_nobody() {
    let (node, ledger, anna, _) = town();
    let before = state(&node, &ledger, 1);
    let of = |signed: &SignedStatement| Answer {
        statement: signed.statement().number,
        hash: signed.statement().hash(),
        account: anna,
        balance: 7_499,
        parts: encode_paths(&[]),
    };
    node.act(&ledger, Act::RotateCheckpointKey { key: public("next checkpoint") });
    let after = state(&node, &ledger, 2);
    let id = ledger.id();
    drop(ledger);
    let cases = [
        (&before, "checkpoint", Verdict::Founded),
        (&before, "next checkpoint", Verdict::Founded),
        (&after, "next checkpoint", Verdict::Founded),
        (&after, "checkpoint", Verdict::NotProven),
    ];
    for (signed, signer, verdict) in cases {
        let answer = Some(of(signed).sign(&id, &key(signer)));
        let found = judged(&node, &Complaint { answer, ..complaint_of(signed, anna, 7_500) }, "anna");
        assert_eq!(found.verdict(), verdict, "statement {} by {signer}", signed.statement().number);
    }
}

#[test]
fn an_answer_about_another_statement_or_account_is_none_and_leaves_a_complaint_unproved() {
    let (node, ledger, anna, shop) = town();
    let first = state(&node, &ledger, 1);
    let about_shop = ledger.liability_answer(&shop).unwrap();
    state(&node, &ledger, 2);
    let about_second = ledger.liability_answer(&anna).unwrap();
    drop(ledger);
    let cases = [(about_shop, AnswerError::OtherAccount), (about_second, AnswerError::OtherStatement)];
    for (answer, error) in cases {
        let found = judged(&node, &Complaint { answer, ..complaint_of(&first, anna, 7_500) }, "anna");
        assert_eq!((found.verdict(), found.answer), (Verdict::NotProven, Some(Err(error))));
    }
}

/// What a folder's audit says of a complaint.
fn verdict_in(directory: &std::path::Path, complaint: &Complaint, signer: &str) -> Verdict {
    let signed = complaint.sign(&Ledger::id_in(directory).unwrap(), &key(signer)).unwrap();
    Audit { directory, threads: 1, complaints: &[signed], memory: None }.run(|_| ()).unwrap().judgments[0].verdict()
}

#[test]
fn a_backup_that_ends_before_a_statement_or_a_receipt_convicts_nobody_and_one_that_holds_another_entry_does() {
    let (node, ledger, anna, shop) = town();
    let first = state(&node, &ledger, 1);
    let (own, copy) = (node.copy("own"), node.folder.path().join("backup"));
    backup(&LookedAt::new(&node.data()), &DiskFolder::new(&copy), &Beside { records: &[], files: &[] }, &mut |_| ()).unwrap();
    // Nothing came in between, and all the same the backup does not know it.
    let same_size = state(&node, &ledger, 2);
    let entry = node.pay(&ledger, anna, shop, 100);
    let receipt = ledger.receipt(entry).unwrap().unwrap().encode();
    let later = state(&node, &ledger, 3);
    drop(ledger);
    let lacking = Complaint { receipts: vec![receipt], ..complaint_of(&first, anna, 7_500) };
    for complaint in [complaint_of(&same_size, anna, 7_500), complaint_of(&later, anna, 7_400), lacking.clone()] {
        assert_eq!(verdict_in(&node.data(), &complaint, "anna"), Verdict::NotProven);
        assert_eq!(verdict_in(&copy, &complaint, "anna"), Verdict::NotProven, "the backup ends before");
        assert_eq!(verdict_in(&own, &complaint, "anna"), Verdict::Founded, "the node has lost it");
    }
    // Another payment in the same place, in a second history: within the backup it convicts.
    let other = node.opened(&own).unwrap();
    node.pay(&other, anna, shop, 50);
    drop(other);
    let copy = node.folder.path().join("second backup");
    backup(&LookedAt::new(&own), &DiskFolder::new(&copy), &Beside { records: &[], files: &[] }, &mut |_| ()).unwrap();
    assert_eq!(verdict_in(&copy, &lacking, "anna"), Verdict::Founded);
    // So does another statement under a number that the backup has.
    let second = Statement { time: first.statement().time + 1, ..first.statement().clone() };
    let second = SignedStatement::sign(&second, &key("checkpoint")).unwrap();
    assert_eq!(verdict_in(&copy, &complaint_of(&second, anna, 7_500), "anna"), Verdict::Founded);
}

#[test]
fn a_backup_has_the_statements_and_their_seeds_and_is_audited_like_the_folder() {
    let node = three_statements();
    let copy = node.folder.path().join("backup");
    let beside = Beside { records: &[], files: &[] };
    backup(&LookedAt::new(&node.data()), &DiskFolder::new(&copy), &beside, &mut |_| ()).unwrap();
    let id = Ledger::id_in(&node.data()).unwrap();
    let there = Kept::read(LookedAt::new(&copy).open("records").unwrap(), &id).unwrap();
    assert_eq!((&there.statements, there.confirmations), (&kept(&node).statements, kept(&node).confirmations));
    assert_eq!(there.statements.iter().map(|kept| kept.seed).collect::<Vec<_>>(), [seed(1), seed(2), seed(3)]);
    let found = audit(&copy, 1, |_| ()).unwrap().statements;
    assert_eq!((found.checked, found.wrong), (3, vec![]));
}

#[test]
fn a_seed_is_in_the_records_alone() {
    let (node, ledger, ..) = town();
    let secret = Hash32::of(b"a seed that stands nowhere else").0;
    ledger.state_coverage(START, Seed(secret)).unwrap();
    drop(ledger);
    let holds = |path: &std::path::Path| std::fs::read(path).unwrap().windows(32).any(|bytes| bytes == secret);
    let files = common::node::snapshot(&node.data());
    let found: Vec<_> = files.keys().filter(|path| holds(path)).map(|path| path.parent().unwrap().file_name().unwrap()).collect();
    assert_eq!(found, ["records"]);
    assert_eq!(format!("{:?}", Seed(secret)), "Seed(…)");
}

/// The roots of a node's own journal.
fn root_of(ledger: &Ledger) -> impl Fn(u64) -> Option<[u8; 32]> {
    |size| ledger.durable().tree.root_at(size)
}

#[test]
fn a_journal_that_was_cut_and_grew_again_is_not_published_over_what_was() {
    let (node, ledger, anna, shop) = town();
    let cut = node.copy("cut");
    node.pay(&ledger, anna, shop, 1);
    let published = ledger.checkpoint().unwrap();
    ledger.publication().publish(published.as_str(), root_of(&ledger)).unwrap();
    assert_eq!(ledger.publication().contradicted(root_of(&ledger)), None);
    drop(ledger);
    // The journal is older than the records, as after a repair from a backup.
    common::node::copy_folder(&node.data().join("records"), &cut.join("records"));
    let ledger = node.opened(&cut).unwrap();
    let size = ledger.publication().published_size();
    assert_eq!(ledger.publication().contradicted(root_of(&ledger)), Some(size), "shorter than what was published");
    for amount in [2, 3] {
        node.pay(&ledger, anna, shop, amount);
        assert!(ledger.durable().state.size() >= size);
        let refused = ledger.publication().publish(ledger.checkpoint().unwrap().as_str(), root_of(&ledger)).unwrap_err();
        assert!(refused.to_string().contains("does not "), "{refused}");
        assert_eq!(ledger.publication().contradicted(root_of(&ledger)), Some(size));
    }
    let refused = ledger.publication().publish(ledger.checkpoint().unwrap().as_str(), root_of(&ledger)).unwrap_err();
    assert!(refused.to_string().contains(&format!("does not go on from the {size} entries that were published")), "{refused}");
    assert_eq!(ledger.publication().checkpoint().as_deref(), Some(published.as_str()));
}

#[test]
fn a_published_checkpoint_is_never_followed_by_a_smaller_or_another_one() {
    let (node, ledger, anna, shop) = town();
    let publication = ledger.publication();
    let publish = |note: &str| publication.publish(note, root_of(&ledger));
    assert_eq!((publication.checkpoint(), publication.published_size()), (None, 0));
    let older = ledger.checkpoint().unwrap();
    node.pay(&ledger, anna, shop, 1);
    let newer = ledger.checkpoint().unwrap();
    publish(newer.as_str()).unwrap();
    publish(&format!("{}— witness.example AAAAAAAA\n", newer.as_str())).unwrap();
    assert!(publish(older.as_str()).unwrap_err().to_string().contains("does not follow"));
    let root = newer.as_str().lines().nth(2).unwrap();
    let another = newer.as_str().replacen(root, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 1);
    assert!(publish(&another).unwrap_err().to_string().contains("does not follow"));
    assert!(publish(&newer.as_str().replace("liard/", "other/")).unwrap_err().to_string().contains("another ledger"));
    assert!(publish("words").is_err());
    drop(ledger);
    let ledger = node.reopened();
    assert!(ledger.publication().checkpoint().unwrap().ends_with("— witness.example AAAAAAAA\n"));
    assert_eq!(ledger.publication().published_size(), ledger.durable().state.size());
}

#[test]
fn an_audit_of_records_that_a_compaction_left_behind_changes_nothing() {
    let node = three_statements();
    let id = Ledger::id_in(&node.data()).unwrap();
    let folder = node.data().join("records");
    let old: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|p| p.ends_with("00000000000000000000.seg"))
        .collect();
    let bytes = std::fs::read(&old[0]).unwrap();
    let settings = LogSettings { kind: LogKind::Records, ledger_id: id.0, segment_bytes: SEGMENT_BYTES };
    let storage = Arc::new(DiskStorage::open(&folder).unwrap());
    let mut leaves = Vec::new();
    let keep = |_: u64, leaf: &[u8], _: &[u8]| -> Result<(), ledger::fault::Fault> {
        leaves.push(Ok(leaf.to_vec()));
        Ok(())
    };
    let mut log = Log::open(storage, settings, None, keep).unwrap();
    log.replace_all(&mut leaves.into_iter()).unwrap();
    drop(log);
    // As if the machine had stopped before the old segment was removed.
    std::fs::write(&old[0], bytes).unwrap();
    let before = common::node::snapshot(&folder);
    assert_eq!(findings(&node), Vec::<String>::new());
    assert_eq!(common::node::snapshot(&folder), before);
}

/// Any week of a town: whatever happens between the statements, the auditor agrees with each, and every member finds their balance.
#[test]
fn in_any_story_every_statement_holds_and_counts_everybody() {
    let number = std::env::var("SEED").map_or(1, |seed| seed.parse().expect("SEED is a number"));
    println!("SEED={number}");
    for round in 0..3 {
        let mut dice = Dice(number * 1_000 + round);
        let node = Node::new();
        let ledger = node.create();
        let names = ["anna", "bob", "carl", "dora"];
        let members = names.map(|name| (name, node.account(&ledger, name, AccountKind::Professional)));
        for (name, account) in members {
            let (credit, amount) = (hash(&format!("{round} {name}")), cents(1 + dice.below(50_000)));
            node.act(&ledger, Act::Convert { bank: DIGITAL_BANK, credit, amount, account });
        }
        for statement in 1..=8 {
            for _ in 0..dice.below(6) {
                let ((name, payer), (_, payee)) = (dice.pick(&members).unwrap(), dice.pick(&members).unwrap());
                let most = balance(&ledger, &payer) as u64;
                if payer != payee && most > 0 {
                    node.does(&ledger, transfer(payer, payee, 1 + dice.below(most)), name);
                }
            }
            if dice.chance(30) {
                node.act(&ledger, Act::BankFee { bank: DIGITAL_BANK, amount: cents(1 + dice.below(300)), evidence: document() });
            }
            node.clock.fetch_add(dice.below(DAY), Ordering::SeqCst);
            let signed = ledger.state_coverage(now(&node), Seed(Hash32::of(&dice.roll().to_be_bytes()).0)).unwrap();
            let shortfall = signed.statement().medium(Medium::Digital).surplus().unwrap() < Cents::ZERO;
            assert_eq!(signed.as_str().contains("shortfall"), shortfall);
            for (_, account) in members {
                assert_eq!(verified(&ledger, signed.statement(), &account), Ok(balance(&ledger, &account) as u64));
            }
            assert_eq!(signed.statement().number, statement);
        }
        drop(ledger);
        let found = audit(&node.data(), 2, |_| ()).unwrap().statements;
        assert_eq!((found.checked, found.wrong), (8, vec![]), "round {round}");
    }
}

/// An audit with a memory of the auditor's own, and with complaints.
fn remembering(node: &Node, complaints: &[Vec<u8>]) -> AuditReport {
    let storage = Arc::new(DiskStorage::open(&node.folder.path().join("memory")).unwrap());
    let memory = Memory::new(storage, key("auditor"), START);
    Audit { directory: &node.data(), threads: 1, complaints, memory: Some(&memory) }.run(|_| ()).unwrap()
}

/// Where an audit with a memory began, and what it found wrong.
fn later_findings(node: &Node) -> (u64, Vec<String>) {
    let found = remembering(node, &[]);
    (found.resumed_from, found.statements.wrong.iter().map(ToString::to_string).collect())
}

#[test]
fn a_statement_that_is_another_one_or_gone_since_the_last_audit_is_named() {
    let node = three_statements();
    let first = remembering(&node, &[]);
    assert_eq!((first.resumed_from, first.statements.sound.len()), (0, 3));
    let honest = kept(&node).statements[2].clone();
    assert_eq!(later_findings(&node), (first.entries, vec![]));
    // Another time is as true as the one before, and no audit that begins with the first entry minds.
    forge(&node, 3, |statement, _| statement.time += 1);
    assert_eq!(findings(&node), Vec::<String>::new());
    let other = "coverage statement 3 is wrong: it is not the one that an earlier audit verified".to_owned();
    for _ in 0..2 {
        assert_eq!(later_findings(&node), (first.entries, vec![other.clone()]), "it is found each time");
    }
    write_statement(&node, 3, &honest.note, &seed(77));
    assert_eq!(later_findings(&node).1, [other]);
    let number = 3_u64.to_be_bytes().to_vec();
    records(&node).write(&[Change::Delete { table: STATEMENTS, key: number }]).unwrap();
    assert_eq!(findings(&node), Vec::<String>::new());
    assert_eq!(later_findings(&node).1, ["coverage statement 3 is wrong: it is missing"]);
    write_statement(&node, 3, &honest.note, &honest.seed);
    assert_eq!(later_findings(&node), (first.entries, vec![]));
}

#[test]
fn what_a_bank_confirmed_is_held_to_old_statements_by_every_audit() {
    let node = three_statements();
    let first = remembering(&node, &[]);
    let gone = confirmation(DIGITAL_BANK, 6_060, 9, START);
    let number = [&gone.bank.to_be_bytes()[..], &20_260_109_u32.to_be_bytes(), &gone.time.to_be_bytes(), &gone.file.0].concat();
    records(&node).write(&[Change::Delete { table: CONFIRMATIONS, key: number }]).unwrap();
    assert_eq!(findings(&node).len(), 3);
    assert_eq!(later_findings(&node), (first.entries, findings(&node)));
}

#[test]
fn a_wrong_statement_is_found_each_time_and_nothing_beyond_it_is_remembered() {
    let node = three_statements();
    forge(&node, 3, |statement, _| statement.liabilities.root.hash[5] ^= 1);
    let found = findings(&node);
    assert_eq!((later_findings(&node), found.len()), ((0, found.clone()), 1));
    assert_eq!(later_findings(&node), (0, found));
}

#[test]
fn a_statement_of_old_entries_that_came_later_is_held_to_the_journal_from_its_first_entry() {
    let node = three_statements();
    remembering(&node, &[]);
    let third = kept(&node).statements[2].clone();
    let id = Ledger::id_in(&node.data()).unwrap();
    let last = SignedStatement::open(&third.note, &id, &[public("checkpoint")]).unwrap();
    forge_next(&node, last.statement());
    let (from, wrong) = later_findings(&node);
    assert_eq!((from, &wrong), (0, &findings(&node)));
    assert!(wrong[0].starts_with("coverage statement 4 is wrong"), "{wrong:?}");
}

/// Keeps a fourth statement that speaks of the entries of the third.
fn forge_next(node: &Node, third: &Statement) {
    let fourth = Statement { number: 4, previous: third.hash(), ..third.clone() };
    let note = SignedStatement::sign(&fourth, &key("checkpoint")).unwrap();
    write_statement(node, 4, note.as_str(), &seed(4));
}

#[test]
fn a_complaint_is_judged_by_the_whole_journal_whatever_is_remembered() {
    let (node, ledger, anna, _) = town();
    let signed = state(&node, &ledger, 1);
    let (id, note) = (ledger.id(), signed.as_str().to_owned());
    drop(ledger);
    remembering(&node, &[]);
    let (balance, reason) = (7_500, Reason::NoAnswer);
    let complaint =
        Complaint { statement: 1, account: anna, balance, reason, time: START, note, answer: None, receipts: Vec::new() };
    let found = remembering(&node, &[complaint.sign(&id, &key("anna")).unwrap()]);
    assert_eq!((found.resumed_from, found.judgments[0].balance), (0, Some(7_500)));
    assert_eq!(found.earlier.unwrap().entries, found.entries);
}
