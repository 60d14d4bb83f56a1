//! What two files of a bank say of one payment is issued once: what they leave open is a question, and nothing is dropped without one.
#![allow(clippy::unwrap_used)]

#[path = "../../ledger/tests/common/dice.rs"]
mod dice;
mod town;

use fund_office::intake::{Choice, Source, Undecided};
use ledger::account::*;
use ledger::key::Hash32;
use ledger::orders::reference;
use ledger::transaction::Act;
use serde_json::Value;
use town::camt::{Frame, Movement};
use town::*;

fn ofx(id: &str, memo: &str) -> Vec<u8> {
    format!("OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>30006<BRANCHID>00001<ACCTID>12345678901<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20261101<DTEND>20261120<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261118<TRNAMT>50.00<FITID>{id}<NAME>VIR ANNA<MEMO>{memo}</STMTTRN></BANKTRANLIST><LEDGERBAL><BALAMT>50.00<DTASOF>20261120</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>").into_bytes()
}

/// The same payment as camt has it, with the reference as its end-to-end id.
fn camt_of(reference: &str) -> Vec<u8> {
    let paid = Movement {
        end_to_end: Some(reference.to_owned()),
        servicer: Some("BK1".into()),
        iban: Some(PAYER_IBAN.into()),
        ..movement("Anna", "2026-11-18", 5_000)
    };
    camt::statement(&frame("S1", "2026-11-18", 0, 5_000), &[paid])
}

#[test]
fn what_ofx_brings_again_under_a_new_number_is_issued_once() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let r = reference(&anna);
    town.import("a.ofx", &ofx("F1", &r));
    town.import("b.ofx", &ofx("F2", &r));
    town.clerk();
    assert_eq!(town.circulation(), 5_000, "{:#?}", town.lines(None));
}

#[test]
fn what_camt_names_by_end_to_end_id_and_a_table_in_its_text_is_issued_once() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let r = reference(&anna);
    town.import("a.xml", &camt_of(&r));
    town.import("b.csv", format!("Date;Libellé;Montant\n18/11/2026;VIR SEPA ANNA {r};50,00\n").as_bytes());
    town.clerk();
    assert_eq!(town.circulation(), 5_000, "{:#?}", town.lines(None));
}

#[test]
fn what_ofx_and_then_camt_bring_is_issued_once() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let r = reference(&anna);
    town.import("b.ofx", &ofx("F2", &r));
    town.import("a.xml", &camt_of(&r));
    town.clerk();
    assert_eq!(town.circulation(), 5_000, "{:#?}", town.lines(None));
}

#[test]
fn a_label_that_grew_between_two_tables_is_issued_once() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let r = reference(&anna);
    town.import("a.csv", format!("Date;Libellé;Montant\n18/11/2026;VIR ANNA {r};50,00\n").as_bytes());
    town.import("b.csv", format!("Date;Libellé;Montant\n18/11/2026;VIR ANNA {r} .;50,00\n19/11/2026;X;1,00\n").as_bytes());
    town.clerk();
    assert_eq!(town.circulation(), 5_000, "{:#?}", town.lines(None));
}

#[test]
fn a_corrected_statement_that_has_the_banks_reference_now_is_issued_once() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let paid =
        Movement { reference: Some(reference(&anna)), end_to_end: Some("E2E-1".into()), ..movement("Anna", "2026-11-18", 5_000) };
    town.import("a.xml", &camt::statement(&frame("S1", "2026-11-18", 0, 5_000), std::slice::from_ref(&paid)));
    let corrected = Movement { servicer: Some("BK1".into()), ..paid };
    town.import("b.xml", &camt::statement(&frame("S1-corrected", "2026-11-18", 0, 5_000), &[corrected]));
    town.clerk();
    assert_eq!(town.circulation(), 5_000, "{:#?}", town.lines(None));
}

#[test]
fn a_reference_that_the_bank_uses_again_is_another_line_each_time() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let paid = |date: &str| Movement {
        reference: Some(reference(&anna)),
        end_to_end: Some(format!("E-{date}")),
        servicer: Some("0000017".into()),
        ..movement("Anna", date, 2_000)
    };
    let one = town.import("a.xml", &camt::statement(&frame("S1", "2026-10-05", 0, 2_000), &[paid("2026-10-05")]));
    let two = town.import("b.xml", &camt::statement(&frame("S2", "2026-11-05", 2_000, 4_000), &[paid("2026-11-05")]));
    let three = town.import("c.xml", &camt::statement(&frame("S3", "2026-12-05", 4_000, 6_000), &[paid("2026-12-05")]));
    assert_eq!((one.new, two.new, three.new), (1, 1, 1), "a payment is nowhere: {:#?}", town.lines(None));
    assert_eq!(town.lines(Some("question")).len(), 2, "{:#?}", town.lines(None));
    let months = Frame { id: "M", iban: IBAN, from: "2026-10-01", to: "2026-12-31", opening: 0, closing: 6_000 };
    let all = ["2026-12-05", "2026-10-05", "2026-11-05"].map(paid);
    let whole = town.import("m.xml", &camt::statement(&months, &all));
    assert_eq!((whole.new, whole.known), (0, 3), "{:#?}", town.lines(None));
}

#[test]
fn a_balance_in_another_currency_confirms_no_euros() {
    let town = town();
    let file = String::from_utf8(camt::statement(&frame("S1", "2026-11-18", 1_000_000, 1_000_000), &[]))
        .unwrap()
        .replace("Ccy=\"EUR\"", "Ccy=\"XOF\"")
        .replace("<Ccy>EUR", "<Ccy>XOF");
    town.import("a.xml", file.as_bytes());
    let said = town.ledger.publication().confirmations().unwrap();
    assert!(said.is_empty(), "{:?}", said);
}

#[test]
fn two_notifications_of_equal_payments_are_a_question() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let paid = Movement { reference: Some(reference(&anna)), ..movement("Anna", "2026-11-18", 2_000) };
    let one = town.import("a.xml", &camt::notification("N1", IBAN, std::slice::from_ref(&paid)));
    let two = town.import("b.xml", &camt::notification("N2", IBAN, std::slice::from_ref(&paid)));
    let again = ["N1", "N2"].map(|id| town.import("c.xml", &camt::notification(id, IBAN, std::slice::from_ref(&paid))).new);
    assert_eq!(again, [0, 0], "a notification that comes again brings nothing");
    assert_eq!((one.new, two.new), (1, 1), "another notification of another payment, silently dropped");
    assert_eq!((town.lines(Some("ready")).len(), town.lines(Some("question")).len()), (1, 1), "{:#?}", town.lines(None));
}

#[test]
fn of_several_lines_that_a_line_may_be_each_is_shown_the_likeliest_first_and_each_is_taken_once() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    // Two equal halves, days apart, under one reference: told by notifications without the bank's own reference, then by the statement.
    let half = |date: &str, words: &str| Movement {
        reference: Some(reference(&anna)),
        iban: Some(PAYER_IBAN.into()),
        text: words.into(),
        ..movement("Anna", date, 2_500)
    };
    let halves = [half("2026-11-16", "first half"), half("2026-11-20", "second half")];
    for (number, half) in halves.iter().enumerate() {
        town.import("a.xml", &camt::notification(&format!("N{number}"), IBAN, std::slice::from_ref(half)));
    }
    let told: Vec<Value> = town.lines(None);
    let notice = |words: &str| told.iter().find(|line| line["text"] == words).unwrap()["line"].clone();
    let booked = halves.clone().map(|half| Movement { servicer: Some(format!("BK {}", half.text)), ..half });
    let days = Frame { id: "S1", iban: IBAN, from: "2026-11-16", to: "2026-11-20", opening: 0, closing: 5_000 };
    town.import("b.xml", &camt::statement(&days, &booked));
    let known = |line: &Value| told.iter().any(|before| before["line"] == line["line"]);
    let questions: Vec<Value> = town.lines(None).into_iter().filter(|line| !known(line)).collect();
    assert_eq!(questions.len(), 2, "{questions:#?}");
    let offered = |line: &Value| {
        let suggestions = line["suggestions"].as_array().unwrap().iter();
        suggestions.filter(|one| one["why"] == "may_be_the_same").map(|one| one["line"].clone()).collect::<Vec<_>>()
    };
    let (first, second) = (notice("first half"), notice("second half"));
    for line in &questions {
        assert_eq!(line["state"], "question", "{line:#}");
        let likeliest = if line["text"] == "first half" { [&first, &second] } else { [&second, &first] };
        assert_eq!(offered(line).iter().collect::<Vec<_>>(), likeliest, "{line:#}");
    }
    // Whoever takes one line for two of a statement is told.
    let id = |value: &Value| Hash32::from_hex(value.as_str().unwrap()).unwrap();
    let same_as = |line: &Value, other: &Value| town.intake.decide(&id(&line["line"]), Some(Choice::SameAs(id(other))), 1, None);
    same_as(&questions[0], &first).unwrap();
    assert!(matches!(same_as(&questions[1], &first), Err(Undecided::Not("taken_by_another", _))));
    same_as(&questions[1], &second).unwrap();
}

#[test]
fn a_return_is_not_taken_from_the_credit_of_another_payer() {
    let mut town = town();
    let boris = town.open("boris", AccountKind::Resident);
    let paid = Movement {
        reference: Some(reference(&boris)),
        end_to_end: Some("1".into()),
        servicer: Some("B1".into()),
        iban: Some(PAYER_IBAN.into()),
        ..movement("Boris", "2026-11-10", 2_000)
    };
    town.import("a.xml", &camt::statement(&frame("S1", "2026-11-10", 0, 2_000), std::slice::from_ref(&paid)));
    town.clerk();
    assert_eq!(town.circulation(), 2_000);
    // Anna's payment (another IBAN, a statement that was never imported) comes back; her bank writes the end-to-end id "1" too.
    let back = Movement {
        end_to_end: paid.end_to_end,
        servicer: Some("B7".into()),
        iban: Some("BE68539007547034".into()),
        return_code: Some("AC04".into()),
        ..movement("Anna", "2026-11-18", -2_000)
    };
    town.import("b.xml", &camt::statement(&frame("S2", "2026-11-18", 50_000, 48_000), &[back]));
    town.clerk();
    assert_eq!(town.circulation(), 2_000, "Boris's units were taken for Anna's return: {:?}", town.lines(None)[0]["match"]);
}

#[test]
fn what_the_bank_took_back_from_a_payment_to_a_suspended_account_asks_nobody() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    town.act(Act::SuspendAccount { account: anna, reason: 1 }).unwrap();
    let paid = Movement {
        reference: Some(reference(&anna)),
        end_to_end: Some("E-7".into()),
        servicer: Some("BK1".into()),
        iban: Some(PAYER_IBAN.into()),
        ..movement("Anna", "2026-11-16", 2_500)
    };
    let back = Movement {
        cents: -2_500,
        reference: None,
        servicer: Some("BK2".into()),
        return_code: Some("MD06".into()),
        date: "2026-11-20".into(),
        ..paid.clone()
    };
    let days = Frame { id: "S1", iban: IBAN, from: "2026-11-16", to: "2026-11-20", opening: 0, closing: 0 };
    town.import("a.xml", &camt::statement(&days, &[paid, back]));
    town.clerk();
    town.clerk();
    assert_eq!(town.lines(Some("booked")).len(), 2, "{:#?}", town.lines(None));
    assert_eq!((town.circulation(), town.intake.reconcile(1).unwrap().unexplained), (0, 0));
}

#[test]
fn a_rejected_direct_debit_is_told_as_ours() {
    let town = town();
    let done = town.import("p.xml", &pain("DD-1-1795357628000", "DD-1-1"));
    assert!(!done.refused.iter().any(|said| said.contains("none of this office")), "{:?}", done.refused);
}

#[test]
fn a_pending_line_that_is_booked_is_compared_like_a_new_one() {
    // A booked line of another kind is there; the pending line of this kind gets booked under its own reference.
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let r = reference(&anna);
    let paid = Movement {
        text: "VIR".into(),
        end_to_end: Some("E9".into()),
        servicer: Some("BK1".into()),
        ..movement("Anna", "2026-11-18", 5_000)
    };
    let pending = Movement { pending: true, ..paid.clone() };
    town.import("n.xml", &camt::notification("N1", IBAN, &[pending]));
    town.import("b.csv", format!("Date;Libellé;Montant\n18/11/2026;VIR SEPA {r};50,00\n").as_bytes());
    town.clerk();
    let booked = Movement { text: format!("VIR SEPA {r}"), ..paid };
    town.import("a.xml", &camt::statement(&frame("S1", "2026-11-18", 0, 5_000), &[booked]));
    town.clerk();
    assert_eq!(
        town.circulation(),
        5_000,
        "{:?}",
        town.lines(None).iter().map(|l| (l["state"].to_string(), l["doubt"].to_string())).collect::<Vec<_>>()
    );
}

#[test]
fn statements_that_follow_each_other_raise_no_doubt() {
    let mut town = town();
    let anna = town.open("anna", AccountKind::Resident);
    let paid = |date: &str, servicer: &str| Movement {
        reference: Some(reference(&anna)),
        iban: Some(PAYER_IBAN.into()),
        servicer: Some(servicer.into()),
        ..movement("Anna", date, 2_000)
    };
    let days = [("S1", "2026-11-18", 0, "B1"), ("S2", "2026-11-19", 2_000, "B2"), ("S3", "2026-11-20", 4_000, "B3")];
    for (id, date, opening, servicer) in days {
        town.import("a.xml", &camt::notification(&format!("N{id}"), IBAN, &[paid(date, servicer)]));
        town.import("b.xml", &camt::statement(&frame(id, date, opening, opening + 2_000), &[paid(date, servicer)]));
    }
    town.clerk();
    assert_eq!(town.lines(Some("booked")).len(), 3, "{:#?}", town.lines(None));
}

#[test]
fn a_file_says_at_most_some_fifty_sentences_of_what_it_does_not_take() {
    let town = town();
    let table = |accounts: usize| {
        let rows = (0..accounts).map(|number| format!("18/11/2026;ACC{number:09};X;10,00\n"));
        format!("Date;Compte;Libellé;Montant\n{}", rows.collect::<String>())
    };
    let done = town.import("a.csv", table(1_000).as_bytes());
    assert_eq!((done.refused.len(), done.refused.last().unwrap().as_str()), (51, "There are 950 more sentences like these."));
    let source = Source { name: "b.csv", bank: Some(1), by: 1 };
    let refused = town.intake.import(&source, table(1_001).as_bytes()).unwrap_err().to_string();
    assert!(refused.contains("more than 1000 statements"), "{refused}");
    assert!(town.ledger.failure().is_none());
}
